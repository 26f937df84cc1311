package main

import (
	"context"
	"strings"

	"github.com/zeromicro/go-zero/core/discov"
	"github.com/zeromicro/go-zero/core/logx"
	clientv3 "go.etcd.io/etcd/client/v3"
)

// goZero is go-zero's publisher and subscriber. Its keys end without a slash.
type goZero struct {
	settings
	publisher  *discov.Publisher
	subscriber *discov.Subscriber
}

func newGoZero(s settings) registry {
	logx.Disable()
	discov.TimeToLive = int64(s.ttl.Seconds())
	subscriber, err := discov.NewSubscriber(s.hosts(), strings.TrimSuffix(s.other, "/"))
	check(err)
	return &goZero{settings: s, subscriber: subscriber}
}

// hosts returns where etcd is as go-zero takes it, without a scheme.
func (s settings) hosts() []string {
	return []string{strings.TrimPrefix(s.etcd, "http://")}
}

func (g *goZero) register(address string) error {
	g.publisher = discov.NewPublisher(g.hosts(), strings.TrimSuffix(g.own, "/"), address)
	return g.publisher.KeepAlive()
}

func (g *goZero) change() error {
	return errUnchangeable
}

func (g *goZero) deregister() error {
	// Stop only asks a goroutine to revoke the lease, so wait for it
	client := g.client()
	defer client.Close()
	gone := client.Watch(context.Background(), g.own, clientv3.WithPrefix())
	g.publisher.Stop()
	<-gone
	return nil
}

func (g *goZero) instances() []string {
	return g.subscriber.Values()
}

func (g *goZero) call(ctx context.Context, path string) (string, error) {
	return firstByHTTP(ctx, g.instances(), path)
}
