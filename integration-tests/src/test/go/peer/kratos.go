package main

import (
	"context"
	"net/http"
	"sort"

	"github.com/go-kratos/kratos/contrib/registry/etcd/v2"
	kratosregistry "github.com/go-kratos/kratos/v2/registry"
	transport "github.com/go-kratos/kratos/v2/transport/http"
)

// kratos is kratos' registry, and its HTTP client that finds the other service there.
type kratos struct {
	settings
	registry  *etcd.Registry
	service   *kratosregistry.ServiceInstance
	otherName string
	client    *transport.Client
}

func newKratos(s settings) registry {
	namespace, name := split(s.own)
	_, other := split(s.other)
	k := &kratos{settings: s, registry: etcd.New(s.client(), etcd.Namespace(namespace), etcd.RegisterTTL(s.ttl)),
		service:   &kratosregistry.ServiceInstance{ID: "4f3ac0a5", Name: name, Version: "v1.2.0"},
		otherName: other}
	var err error
	k.client, err = transport.NewClient(context.Background(), transport.WithEndpoint("discovery:///"+other),
		transport.WithDiscovery(k.registry))
	check(err)
	return k
}

// register also advertises a gRPC port, since most services of kratos have one.
func (k *kratos) register(address string) error {
	k.service.Metadata = map[string]string{"zone": "eu-1"}
	k.service.Endpoints = []string{"grpc://127.0.0.1:9090?isSecure=false", "http://" + address + "?isSecure=false"}
	return k.registry.Register(context.Background(), k.service)
}

func (k *kratos) change() error {
	k.service.Metadata = map[string]string{"zone": "eu-2"}
	return k.registry.Register(context.Background(), k.service)
}

func (k *kratos) deregister() error {
	return k.registry.Deregister(context.Background(), k.service)
}

func (k *kratos) instances() []string {
	found, err := k.registry.GetService(context.Background(), k.otherName)
	check(err)
	endpoints := []string{}
	for _, instance := range found {
		endpoints = append(endpoints, instance.Endpoints...)
	}
	sort.Strings(endpoints)
	return endpoints
}

func (k *kratos) call(ctx context.Context, path string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+k.otherName+path, nil)
	if err != nil {
		return "", err
	}
	return text(k.client.Do(request))
}
