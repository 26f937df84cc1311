package main

import (
	"context"
	"sort"
	"strings"

	"go.etcd.io/etcd/clientv3"
	"go.etcd.io/etcd/clientv3/naming/endpoints"
)

// naming registers and discovers by etcd's own naming for gRPC clients.
type naming struct {
	client *clientv3.Client
}

// manager takes the prefix without the slash, which it appends itself.
func (n naming) manager(prefix string) (endpoints.Manager, error) {
	return endpoints.NewManager(n.client, strings.TrimSuffix(prefix, "/"))
}

func (n naming) register(ctx context.Context, prefix, address string, lease clientv3.LeaseID) error {
	manager, err := n.manager(prefix)
	if err != nil {
		return err
	}
	return manager.AddEndpoint(ctx, prefix+address, endpoints.Endpoint{Addr: address}, clientv3.WithLease(lease))
}

func (n naming) deregister(ctx context.Context, prefix, address string) error {
	manager, err := n.manager(prefix)
	if err != nil {
		return err
	}
	return manager.DeleteEndpoint(ctx, prefix+address)
}

func (n naming) follow(ctx context.Context, prefix string, tell func([]string)) error {
	manager, err := n.manager(prefix)
	if err != nil {
		return err
	}
	changes, err := manager.NewWatchChannel(ctx)
	if err != nil {
		return err
	}
	tell([]string{})
	go func() {
		known := map[string]string{}
		for updates := range changes {
			for _, update := range updates {
				if update.Op == endpoints.Add {
					known[update.Key] = update.Endpoint.Addr
				} else {
					delete(known, update.Key)
				}
			}
			tell(values(known))
		}
	}()
	return nil
}

func values(known map[string]string) []string {
	addresses := []string{}
	for _, address := range known {
		addresses = append(addresses, address)
	}
	sort.Strings(addresses)
	return addresses
}
