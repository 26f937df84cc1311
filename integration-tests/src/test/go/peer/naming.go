package main

import (
	"context"
	"sort"
	"strings"
	"sync"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/naming/endpoints"
)

// naming is etcd's own registry for gRPC clients.
type naming struct {
	settings
	etcdClient *clientv3.Client
	lease      clientv3.LeaseID
	address    string

	mutex sync.Mutex
	known map[string]string
}

func newNaming(s settings) registry {
	n := &naming{settings: s, etcdClient: s.client(), known: map[string]string{}}
	changes, err := n.manager(s.other).NewWatchChannel(context.Background())
	check(err)
	go func() {
		for updates := range changes {
			n.mutex.Lock()
			for _, update := range updates {
				if update.Op == endpoints.Add {
					n.known[update.Key] = update.Endpoint.Addr
				} else {
					delete(n.known, update.Key)
				}
			}
			n.mutex.Unlock()
		}
	}()
	return n
}

// manager takes the prefix without the slash, which it appends itself.
func (n *naming) manager(prefix string) endpoints.Manager {
	manager, err := endpoints.NewManager(n.etcdClient, strings.TrimSuffix(prefix, "/"))
	check(err)
	return manager
}

func (n *naming) register(address string) error {
	ctx := context.Background()
	lease, err := n.etcdClient.Grant(ctx, int64(n.ttl.Seconds()))
	if err != nil {
		return err
	}
	renewals, err := n.etcdClient.KeepAlive(ctx, lease.ID)
	if err != nil {
		return err
	}
	go func() {
		for range renewals {
		}
	}()
	n.lease = lease.ID
	n.address = address
	return n.add(endpoints.Endpoint{Addr: address})
}

func (n *naming) change() error {
	return n.add(endpoints.Endpoint{Addr: n.address, Metadata: map[string]string{"zone": "eu-1"}})
}

func (n *naming) add(endpoint endpoints.Endpoint) error {
	return n.manager(n.own).AddEndpoint(context.Background(), n.own+n.address, endpoint, clientv3.WithLease(n.lease))
}

func (n *naming) deregister() error {
	ctx := context.Background()
	if err := n.manager(n.own).DeleteEndpoint(ctx, n.own+n.address); err != nil {
		return err
	}
	_, err := n.etcdClient.Revoke(ctx, n.lease)
	return err
}

func (n *naming) instances() []string {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	addresses := []string{}
	for _, address := range n.known {
		addresses = append(addresses, address)
	}
	sort.Strings(addresses)
	return addresses
}

func (n *naming) call(ctx context.Context, path string) (string, error) {
	return firstByHTTP(ctx, n.instances(), path)
}
