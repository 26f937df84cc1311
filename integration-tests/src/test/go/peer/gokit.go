package main

import (
	"context"
	"log"

	"go.etcd.io/etcd/clientv3"
)

// goKit registers and discovers as go-kit's sd/etcdv3 does, which Debian's package of
// go-kit leaves out: the key is prefix and address, the value a URL, and after every
// change all entries are read again.
type goKit struct {
	client *clientv3.Client
}

func (g goKit) register(ctx context.Context, prefix, address string, lease clientv3.LeaseID) error {
	_, err := g.client.Put(ctx, prefix+address, "http://"+address, clientv3.WithLease(lease))
	return err
}

func (g goKit) deregister(ctx context.Context, prefix, address string) error {
	_, err := g.client.Delete(ctx, prefix+address)
	return err
}

func (g goKit) follow(ctx context.Context, prefix string, tell func([]string)) error {
	changes := g.client.Watch(ctx, prefix, clientv3.WithPrefix())
	entries, err := g.entries(ctx, prefix)
	if err != nil {
		return err
	}
	tell(entries)
	go func() {
		for range changes {
			entries, err := g.entries(ctx, prefix)
			if err != nil {
				log.Print(err)
				continue
			}
			tell(entries)
		}
	}()
	return nil
}

func (g goKit) entries(ctx context.Context, prefix string) ([]string, error) {
	response, err := g.client.Get(ctx, prefix, clientv3.WithPrefix())
	if err != nil {
		return nil, err
	}
	entries := []string{}
	for _, found := range response.Kvs {
		entries = append(entries, string(found.Value))
	}
	return entries, nil
}
