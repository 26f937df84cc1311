package main

import (
	"context"

	"github.com/go-kratos/kratos/contrib/registry/etcd/v2"
	kratosregistry "github.com/go-kratos/kratos/v2/registry"
)

// kratos is kratos' registry, which reads its own format only.
type kratos struct {
	findsOnlyItsOwn
	settings
	registry *etcd.Registry
	service  *kratosregistry.ServiceInstance
}

func newKratos(s settings) registry {
	namespace, name := split(s.own)
	return &kratos{settings: s, registry: etcd.New(s.client(), etcd.Namespace(namespace), etcd.RegisterTTL(s.ttl)),
		service: &kratosregistry.ServiceInstance{ID: "4f3ac0a5", Name: name, Version: "v1.2.0"}}
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
