package main

import (
	"context"
	"fmt"
	"net"
	"strings"

	"go.etcd.io/etcd/client/v3/naming/resolver"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/peer"
)

// grpcNaming registers a port that speaks gRPC, and calls over gRPC with etcd's own resolver.
type grpcNaming struct {
	*naming
	connection *grpc.ClientConn
}

// The target is the prefix after "etcd:///", including the slash that it begins with.
func newGrpc(s settings) registry {
	n := newNaming(s).(*naming)
	builder, err := resolver.NewBuilder(n.etcdClient)
	check(err)
	connection, err := grpc.NewClient("etcd:///"+strings.TrimSuffix(s.other, "/"),
		grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithResolvers(builder),
		grpc.WithDefaultServiceConfig(`{"loadBalancingConfig": [{"round_robin":{}}]}`))
	check(err)
	return &grpcNaming{n, connection}
}

// register serves gRPC's health service, which knows a service "go", and registers its address.
func (g *grpcNaming) register(string) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	status := health.NewServer()
	status.SetServingStatus("go", grpc_health_v1.HealthCheckResponse_SERVING)
	server := grpc.NewServer()
	grpc_health_v1.RegisterHealthServer(server, status)
	go func() { check(server.Serve(listener)) }()
	return g.naming.register(listener.Addr().String())
}

// call asks for the health of the service "spring", whatever the path.
func (g *grpcNaming) call(ctx context.Context, _ string) (string, error) {
	var answering peer.Peer
	answer, err := grpc_health_v1.NewHealthClient(g.connection).Check(ctx,
		&grpc_health_v1.HealthCheckRequest{Service: "spring"}, grpc.Peer(&answering))
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%s@%s", answer.Status, answering.Addr), nil
}
