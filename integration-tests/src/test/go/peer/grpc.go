package main

import (
	"context"
	"fmt"
	"net"
	"strings"

	"github.com/go-kit/kit/endpoint"
	"go.etcd.io/etcd/clientv3"
	"go.etcd.io/etcd/clientv3/naming/resolver"
	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/peer"
)

// serveGrpc serves gRPC's health service, which knows of a service "go", and returns where.
func serveGrpc() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	status := health.NewServer()
	status.SetServingStatus("go", grpc_health_v1.HealthCheckResponse_SERVING)
	server := grpc.NewServer()
	grpc_health_v1.RegisterHealthServer(server, status)
	go func() { check(server.Serve(listener)) }()
	return listener.Addr().String(), nil
}

// callGrpc asks whoever etcd's own resolver finds under a prefix for the health of the service
// "spring". The target is the prefix after "etcd:///", its slashes at the beginning included.
func callGrpc(client *clientv3.Client, prefix string) (endpoint.Endpoint, error) {
	builder, err := resolver.NewBuilder(client)
	if err != nil {
		return nil, err
	}
	connection, err := grpc.Dial("etcd:///"+strings.TrimSuffix(prefix, "/"), grpc.WithInsecure(), grpc.WithResolvers(builder),
		grpc.WithDefaultServiceConfig(`{"loadBalancingConfig": [{"round_robin":{}}]}`))
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, _ interface{}) (interface{}, error) {
		var answering peer.Peer
		answer, err := grpc_health_v1.NewHealthClient(connection).Check(ctx,
			&grpc_health_v1.HealthCheckRequest{Service: "spring"}, grpc.Peer(&answering))
		if err != nil {
			return nil, err
		}
		return fmt.Sprintf("%s@%s", answer.Status, answering.Addr), nil
	}, nil
}
