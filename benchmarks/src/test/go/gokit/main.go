// Follows a prefix as go-kit's sd/etcdv3 does: after every change it reads all entries again.
//
// It prints "reading <entries>" when it has read them at first, and "<unix time in ns> <value>"
// whenever the entry at -key has changed, the value empty once the entry has gone.
package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

func main() {
	endpoints := flag.String("etcd", "http://127.0.0.1:2379", "where etcd is")
	prefix := flag.String("prefix", "", "prefix to follow")
	key := flag.String("key", "", "key to tell of")
	flag.Parse()

	client, err := clientv3.New(clientv3.Config{Endpoints: []string{*endpoints}, DialTimeout: 3 * time.Second,
		MaxCallRecvMsgSize: 1 << 30})
	check(err)
	ctx := context.Background()
	changes := client.Watch(ctx, *prefix, clientv3.WithPrefix())
	entries, _ := read(ctx, client, *prefix, *key)
	out := bufio.NewWriter(os.Stdout)
	tell := func(format string, values ...any) {
		fmt.Fprintf(out, format, values...)
		check(out.Flush())
	}
	tell("reading %d\n", entries)
	last := ""
	for range changes {
		_, value := read(ctx, client, *prefix, *key)
		if value != last {
			tell("%d %s\n", time.Now().UnixNano(), value)
			last = value
		}
	}
}

func read(ctx context.Context, client *clientv3.Client, prefix, key string) (int, string) {
	response, err := client.Get(ctx, prefix, clientv3.WithPrefix())
	check(err)
	entries := make([]string, 0, len(response.Kvs))
	value := ""
	for _, found := range response.Kvs {
		entries = append(entries, string(found.Value))
		if string(found.Key) == key {
			value = string(found.Value)
		}
	}
	return len(entries), value
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
