// A service that registers itself in etcd and calls another one found there. It does both with the
// library that -format names: go-kit, etcd's naming for gRPC, go-zero, kratos or kitex.
//
// It prints "using <modules with versions>", "registering at <time> ms" before it registers, and
// "listening on <port>" when it can be called. It answers
//
//	GET /hello      with its name and address
//	GET /call       with the other service's answer to /hello
//	GET /instances  with the known instances of the other service, one a line
//	GET /change     after it has registered again with something else in its entry
//
// SIGTERM deregisters it. Any other end leaves its entry to its lease.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// registry is how a library registers a service and finds another one.
type registry interface {
	register(address string) error
	// change registers again, with something else in the entry.
	change() error
	deregister() error
	// instances returns the known instances of the other service.
	instances() []string
	// call asks one instance of the other service for a path.
	call(ctx context.Context, path string) (string, error)
}

// errUnchangeable is returned by libraries that have no way to change what is registered.
var errUnchangeable = errors.New("this library cannot change what is registered")

// settings say where etcd is, what to register under, and whom to call.
type settings struct {
	etcd, own, other string
	ttl              time.Duration
}

// client returns an etcd client for the libraries that take one.
func (s settings) client() *clientv3.Client {
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{s.etcd}, DialTimeout: 3 * time.Second})
	check(err)
	return client
}

// split returns what comes before the last part of a prefix such as /services/stock/, and that part.
func split(prefix string) (namespace, service string) {
	prefix = strings.TrimSuffix(prefix, "/")
	slash := strings.LastIndex(prefix, "/")
	return prefix[:slash], prefix[slash+1:]
}

var formats = map[string]func(settings) registry{
	"go-kit": newGoKit, "naming": newNaming, "grpc": newGrpc, "go-zero": newGoZero, "kratos": newKratos, "kitex": newKitex,
}

func main() {
	var s settings
	flag.StringVar(&s.etcd, "etcd", "http://127.0.0.1:2379", "where etcd is")
	flag.StringVar(&s.own, "own", "", "prefix to register under, such as /services/stock/")
	flag.StringVar(&s.other, "other", "", "prefix of the service to call")
	flag.DurationVar(&s.ttl, "ttl", 3*time.Second, "how long the entry outlives this process")
	format := flag.String("format", "go-kit", "go-kit, naming, grpc, go-zero, kratos or kitex")
	flag.Parse()

	newRegistry, known := formats[*format]
	if !known {
		log.Fatalf("-format is %q, expected go-kit, naming, grpc, go-zero, kratos or kitex", *format)
	}
	printVersions()
	registry := newRegistry(s)

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	address := listener.Addr().String()
	mux := http.NewServeMux()
	mux.HandleFunc("/hello", func(w http.ResponseWriter, r *http.Request) { fmt.Fprintf(w, "go@%s", address) })
	mux.HandleFunc("/instances", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, strings.Join(registry.instances(), "\n"))
	})
	mux.HandleFunc("/call", func(w http.ResponseWriter, r *http.Request) {
		answer, err := registry.call(r.Context(), "/hello")
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		fmt.Fprint(w, answer)
	})
	mux.HandleFunc("/change", func(w http.ResponseWriter, r *http.Request) {
		if err := registry.change(); err != nil {
			http.Error(w, err.Error(), http.StatusNotImplemented)
		}
	})
	go func() { check(http.Serve(listener, mux)) }()

	fmt.Printf("registering at %d ms\n", time.Now().UnixMilli())
	check(registry.register(address))
	fmt.Printf("listening on %d\n", listener.Addr().(*net.TCPAddr).Port)

	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGTERM)
	<-asked
	check(registry.deregister())
}

// printVersions prints the modules whose behaviour matters here, as they were built in.
func printVersions() {
	info, _ := debug.ReadBuildInfo()
	using := "using " + info.GoVersion
	for _, module := range info.Deps {
		for _, prefix := range []string{"github.com/go-kit/kit", "go.etcd.io/etcd/client/v3", "google.golang.org/grpc",
			"github.com/zeromicro/go-zero", "github.com/go-kratos/kratos", "github.com/kitex-contrib", "github.com/cloudwego/kitex"} {
			if strings.HasPrefix(module.Path, prefix) {
				using += fmt.Sprintf(", %s %s", module.Path, module.Version)
			}
		}
	}
	fmt.Println(using)
}

// findsOnlyItsOwn is part of a library that reads its own format only, and so does not find Spring.
type findsOnlyItsOwn struct{}

func (findsOnlyItsOwn) instances() []string {
	return nil
}

func (findsOnlyItsOwn) call(context.Context, string) (string, error) {
	return "", errors.New("this library reads its own format only")
}

// firstByHTTP calls the first of some addresses.
func firstByHTTP(ctx context.Context, addresses []string, path string) (string, error) {
	if len(addresses) == 0 {
		return "", fmt.Errorf("no instances")
	}
	return get(ctx, "http://"+addresses[0]+path)
}

func get(ctx context.Context, url string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	return text(http.DefaultClient.Do(request))
}

// text returns the body of a response with status 200.
func text(response *http.Response, err error) (string, error) {
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s", response.Status)
	}
	return string(body), err
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
