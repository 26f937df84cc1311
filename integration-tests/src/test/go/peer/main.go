// A service that registers itself in etcd and calls another one found there, by go-kit's
// endpointer, round robin and retry. What it writes and reads is chosen by -format; "grpc" is
// "naming" for a port that speaks gRPC, and calls over gRPC, by etcd's resolver.
//
// It prints "registering at <time> ms" before it does, "listening on <port>" when it can be
// called, and answers
//
//	GET /hello      with its name and address
//	GET /call       with what the other service says to /hello
//	GET /instances  with what it knows of the other service, one instance a line
//
// SIGTERM deregisters it; whatever else ends it leaves its entry to its lease.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/ioutil"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/go-kit/kit/endpoint"
	kitlog "github.com/go-kit/kit/log"
	"github.com/go-kit/kit/sd"
	"github.com/go-kit/kit/sd/lb"
	"go.etcd.io/etcd/clientv3"
)

// registry is how a format registers an address and follows those of others.
type registry interface {
	register(ctx context.Context, prefix, address string, lease clientv3.LeaseID) error
	deregister(ctx context.Context, prefix, address string) error
	// follow tells of all instances under a prefix: now, and at every change.
	follow(ctx context.Context, prefix string, tell func([]string)) error
}

func main() {
	endpoints := flag.String("etcd", "http://127.0.0.1:2379", "where etcd is")
	format := flag.String("format", "go-kit", "go-kit, naming or grpc")
	own := flag.String("own", "", "prefix to register under, such as /services/stock/")
	other := flag.String("other", "", "prefix of the service to call")
	ttl := flag.Int64("ttl", 3, "seconds that the entry outlives this process")
	flag.Parse()

	client, err := clientv3.New(clientv3.Config{Endpoints: []string{*endpoints}, DialTimeout: 3 * time.Second})
	check(err)
	registries := map[string]registry{"go-kit": goKit{client}, "naming": naming{client}, "grpc": naming{client}}
	chosen, known := registries[*format]
	if !known {
		log.Fatalf("-format is %q, expected go-kit, naming or grpc", *format)
	}

	ctx := context.Background()
	instancer := newInstancer()
	check(chosen.follow(ctx, *other, instancer.set))
	balanced := balance(instancer)

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	address := listener.Addr().String()
	http.HandleFunc("/hello", func(w http.ResponseWriter, r *http.Request) { fmt.Fprintf(w, "go@%s", address) })
	http.HandleFunc("/instances", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, strings.Join(instancer.get(), "\n"))
	})
	http.HandleFunc("/call", func(w http.ResponseWriter, r *http.Request) {
		answer, err := balanced(r.Context(), "/hello")
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		fmt.Fprint(w, answer)
	})
	go func() { check(http.Serve(listener, nil)) }()
	if *format == "grpc" {
		address, err = serveGrpc()
		check(err)
		balanced, err = callGrpc(client, *other)
		check(err)
	}

	lease, err := client.Grant(ctx, *ttl)
	check(err)
	fmt.Printf("registering at %d ms\n", time.Now().UnixNano()/int64(time.Millisecond))
	check(chosen.register(ctx, *own, address, lease.ID))
	renewals, err := client.KeepAlive(ctx, lease.ID)
	check(err)
	go func() {
		for range renewals {
		}
	}()
	fmt.Printf("listening on %d\n", listener.Addr().(*net.TCPAddr).Port)

	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGTERM)
	<-asked
	check(chosen.deregister(ctx, *own, address))
	_, err = client.Revoke(ctx, lease.ID)
	check(err)
}

// balance calls what an instancer knows as go-kit's documentation has it.
func balance(instancer sd.Instancer) endpoint.Endpoint {
	factory := func(instance string) (endpoint.Endpoint, io.Closer, error) {
		if !strings.Contains(instance, "://") {
			instance = "http://" + instance
		}
		return func(ctx context.Context, path interface{}) (interface{}, error) {
			return get(ctx, instance+path.(string))
		}, nil, nil
	}
	endpointer := sd.NewEndpointer(instancer, factory, kitlog.NewNopLogger())
	return lb.Retry(3, 3*time.Second, lb.NewRoundRobin(endpointer))
}

func get(ctx context.Context, url string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := ioutil.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = errors.New(response.Status)
	}
	return string(body), err
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
