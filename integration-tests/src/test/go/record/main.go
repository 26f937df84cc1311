// The record format, docs/record-format.md, implemented from that page: a writer and a reader.
//
//	record write -etcd <endpoint> -service <service id>                 registers, until SIGTERM
//	record read  -etcd <endpoint> -service <service id>                 prints the instances whenever they change
package main

import (
	"flag"
	"log"
	"net"
	"os"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

// record is the value of a key. Fields of later versions are ignored.
type record struct {
	ServiceID  string            `json:"serviceId,omitempty"`
	InstanceID string            `json:"instanceId,omitempty"`
	Host       string            `json:"host"`
	Port       int               `json:"port"`
	Secure     bool              `json:"secure"`
	Status     string            `json:"status,omitempty"`
	Metadata   map[string]string `json:"metadata,omitempty"`
}

func main() {
	flags := flag.NewFlagSet(os.Args[0], flag.ExitOnError)
	etcd := flags.String("etcd", "http://127.0.0.1:2379", "where etcd is")
	service := flags.String("service", "", "service id")
	check(flags.Parse(os.Args[2:]))
	client, err := clientv3.New(clientv3.Config{Endpoints: []string{*etcd}, DialTimeout: 3 * time.Second})
	check(err)
	if os.Args[1] == "read" {
		read(client, "/services/"+*service+"/")
		return
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	write(client, *service, listener)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
