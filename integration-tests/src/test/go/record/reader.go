package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"math/rand"
	"sort"
	"strings"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

const largest = 64 * 1024

// reader holds what stands under a prefix, by instance id.
type reader struct {
	prefix string
	found  map[string]record
}

// read follows a prefix, and prints the instances that may be called: one line for each change.
func read(client *clientv3.Client, prefix string) {
	for {
		if err := (&reader{prefix: prefix, found: map[string]record{}}).follow(client); err != nil {
			log.Print(err) // What was printed last stays true as far as anybody knows.
		}
		time.Sleep(time.Duration(rand.Intn(500)) * time.Millisecond)
	}
}

// follow lists the prefix, and then applies every change after that, until the watch ends.
func (r *reader) follow(client *clientv3.Client) error {
	ctx, cancel := context.WithCancel(clientv3.WithRequireLeader(context.Background()))
	defer cancel()
	list, err := client.Get(ctx, r.prefix, clientv3.WithPrefix())
	if err != nil {
		return err
	}
	for _, entry := range list.Kvs {
		r.set(string(entry.Key), entry.Value)
	}
	r.print()
	changes := client.Watch(ctx, r.prefix, clientv3.WithPrefix(), clientv3.WithRev(list.Header.Revision+1))
	for change := range changes {
		if err := change.Err(); err != nil {
			return err // Also if the revision was compacted: everything is listed again.
		}
		for _, event := range change.Events {
			if event.Type == clientv3.EventTypeDelete {
				delete(r.found, strings.TrimPrefix(string(event.Kv.Key), r.prefix))
			} else {
				r.set(string(event.Kv.Key), event.Kv.Value)
			}
		}
		r.print()
	}
	return errors.New("the watch ended")
}

// set takes over a value. One that is invalid harms only its own instance.
func (r *reader) set(key string, value []byte) {
	id := strings.TrimPrefix(key, r.prefix)
	found, err := decode(strings.Split(r.prefix, "/")[2], id, value)
	if err != nil {
		log.Printf("ignoring %q: %v", key, err)
		delete(r.found, id)
		return
	}
	r.found[id] = found
}

func decode(service, id string, value []byte) (record, error) {
	var found record
	if len(value) > largest {
		return found, errors.New("too large")
	}
	if err := json.Unmarshal(value, &found); err != nil {
		return found, err
	}
	contradicts := found.ServiceID != "" && found.ServiceID != service || found.InstanceID != "" && found.InstanceID != id
	if contradicts || found.Host == "" || strings.ContainsAny(found.Host, "/@?# ") || found.Port < 1 || found.Port > 65535 {
		return found, errors.New("not a record of this key")
	}
	return found, nil
}

// print prints the instances whose status is UP. A status that is missing is UP.
func (r *reader) print() {
	up := []string{}
	for id, found := range r.found {
		if found.Status == "" || strings.EqualFold(found.Status, "UP") {
			up = append(up, fmt.Sprintf("%s=%s:%d/%s", id, found.Host, found.Port, found.Metadata["zone"]))
		}
	}
	sort.Strings(up)
	fmt.Printf("instances: [%s]\n", strings.Join(up, " "))
}
