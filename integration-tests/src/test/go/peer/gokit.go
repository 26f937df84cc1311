package main

import (
	"context"
	"io"
	"sync"
	"time"

	"github.com/go-kit/kit/endpoint"
	"github.com/go-kit/kit/sd"
	"github.com/go-kit/kit/sd/etcdv3"
	"github.com/go-kit/kit/sd/lb"
	"github.com/go-kit/log"
)

// goKit is go-kit's registrar, instancer, endpointer, round robin and retry, put together as its
// documentation does.
type goKit struct {
	settings
	registrar *etcdv3.Registrar
	address   string
	balanced  endpoint.Endpoint

	mutex sync.Mutex
	known []string
}

func newGoKit(s settings) registry {
	instancer, err := etcdv3.NewInstancer(s.goKitClient(), s.other, log.NewNopLogger())
	check(err)
	g := &goKit{settings: s}
	events := make(chan sd.Event)
	go func() {
		for event := range events {
			g.mutex.Lock()
			g.known = event.Instances
			g.mutex.Unlock()
		}
	}()
	instancer.Register(events)
	endpointer := sd.NewEndpointer(instancer, endpointOf, log.NewNopLogger())
	g.balanced = lb.Retry(3, 3*time.Second, lb.NewRoundRobin(endpointer))
	return g
}

// goKitClient returns a client for a registrar or an instancer, not for both: Register closes the
// watch of its client.
func (s settings) goKitClient() etcdv3.Client {
	client, err := etcdv3.NewClient(context.Background(), []string{s.etcd}, etcdv3.ClientOptions{})
	check(err)
	return client
}

func endpointOf(instance string) (endpoint.Endpoint, io.Closer, error) {
	return func(ctx context.Context, path interface{}) (interface{}, error) {
		return get(ctx, instance+path.(string))
	}, nil, nil
}

func (g *goKit) register(address string) error {
	g.address = address
	return g.registerAs("http://")
}

func (g *goKit) change() error {
	return g.registerAs("https://")
}

func (g *goKit) registerAs(scheme string) error {
	g.registrar = etcdv3.NewRegistrar(g.goKitClient(), etcdv3.Service{
		Key:   g.own + g.address,
		Value: scheme + g.address,
		TTL:   etcdv3.NewTTLOption(g.ttl/3, g.ttl),
	}, log.NewNopLogger())
	g.registrar.Register()
	return nil
}

func (g *goKit) deregister() error {
	g.registrar.Deregister()
	return nil
}

func (g *goKit) instances() []string {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	return g.known
}

func (g *goKit) call(ctx context.Context, path string) (string, error) {
	answer, err := g.balanced(ctx, path)
	if err != nil {
		return "", err
	}
	return answer.(string), nil
}
