package main

import (
	"net"
	"os"
	"strconv"

	kitexregistry "github.com/cloudwego/kitex/pkg/registry"
	etcd "github.com/kitex-contrib/registry-etcd"
)

// kitex is Kitex's registry, which reads its own format only.
type kitex struct {
	findsOnlyItsOwn
	settings
	registry kitexregistry.Registry
	info     *kitexregistry.Info
}

func newKitex(s settings) registry {
	check(os.Setenv("KITEX_ETCD_REGISTRY_LEASE_TTL", strconv.Itoa(int(s.ttl.Seconds()))))
	namespace, name := split(s.own)
	registry, err := etcd.NewEtcdRegistry([]string{s.etcd}, etcd.WithEtcdServicePrefix(namespace))
	check(err)
	return &kitex{settings: s, registry: registry,
		info: &kitexregistry.Info{ServiceName: name, Weight: 20, Tags: map[string]string{"zone": "eu-1"}}}
}

func (k *kitex) register(address string) error {
	var err error
	if k.info.Addr, err = net.ResolveTCPAddr("tcp", address); err != nil {
		return err
	}
	return k.registry.Register(k.info)
}

func (k *kitex) change() error {
	return errUnchangeable
}

func (k *kitex) deregister() error {
	return k.registry.Deregister(k.info)
}
