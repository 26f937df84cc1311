package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"math/rand"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

const ttl = 3

// writer keeps one record in etcd.
type writer struct {
	client   *clientv3.Client
	key      string
	record   record
	lease    clientv3.LeaseID
	revision int64 // of the key as it was last seen, 0 if it is absent
}

// write registers an instance until SIGTERM, takes it out, and serves on for a while.
func write(client *clientv3.Client, service string, listener net.Listener) {
	address := listener.Addr().(*net.TCPAddr)
	id := address.String()
	w := &writer{client: client, key: "/services/" + service + "/" + id, record: record{
		ServiceID: service, InstanceID: id, Host: "127.0.0.1", Port: address.Port, Metadata: map[string]string{"zone": "eu-1"}}}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	for {
		ctx, cancel := context.WithCancel(context.Background())
		lost, err := w.register(ctx)
		if err == nil {
			fmt.Printf("listening on %d\n", address.Port)
		} else {
			log.Print(err)
		}
		select {
		case <-stop:
			cancel()
			check(w.leave())
			time.Sleep(time.Second) // Callers may have an older list.
			return
		case <-lost:
		}
		cancel()
		time.Sleep(time.Duration(rand.Intn(1000)) * time.Millisecond)
	}
}

// register writes the record under a new lease. What it returns is closed when lease or key are lost, at
// once if there is an error.
func (w *writer) register(ctx context.Context) (<-chan struct{}, error) {
	lost := make(chan struct{})
	lease, err := w.client.Grant(ctx, ttl)
	if err == nil {
		w.lease = lease.ID
		err = w.look(ctx)
	}
	if err == nil {
		err = w.put(ctx, "UP")
	}
	var renewals <-chan *clientv3.LeaseKeepAliveResponse
	if err == nil {
		renewals, err = w.client.KeepAlive(ctx, w.lease)
	}
	if err != nil {
		close(lost)
		return lost, err
	}
	changes := w.client.Watch(ctx, w.key, clientv3.WithRev(w.revision+1), clientv3.WithFilterPut())
	go func() {
		defer close(lost)
		for {
			select {
			case change, open := <-changes:
				if !open || change.Err() != nil || len(change.Events) > 0 {
					return // Deleted by another process, or not watched any more.
				}
			case _, renewed := <-renewals:
				if !renewed {
					return
				}
			}
		}
	}()
	return lost, nil
}

// look finds out whether the key is absent, or from an earlier run of this instance.
func (w *writer) look(ctx context.Context) error {
	w.revision = 0
	answer, err := w.client.Get(ctx, w.key)
	if err != nil || len(answer.Kvs) == 0 {
		return err
	}
	var found record
	if json.Unmarshal(answer.Kvs[0].Value, &found) != nil || found.Host != w.record.Host || found.Port != w.record.Port {
		return fmt.Errorf("%s belongs to another process", w.key)
	}
	w.revision = answer.Kvs[0].ModRevision
	return nil
}

// put writes the record if the key is as it was last seen.
func (w *writer) put(ctx context.Context, status string) error {
	w.record.Status = status
	value, err := json.Marshal(w.record)
	if err != nil {
		return err
	}
	answer, err := w.client.Txn(ctx).If(clientv3.Compare(clientv3.ModRevision(w.key), "=", w.revision)).
		Then(clientv3.OpPut(w.key, string(value), clientv3.WithLease(w.lease))).Commit()
	if err == nil && !answer.Succeeded {
		err = fmt.Errorf("%s has been changed by another process", w.key)
	}
	if err == nil {
		w.revision = answer.Header.Revision
	}
	return err
}

// leave marks the record, deletes it, and revokes the lease, so that nothing can come back.
func (w *writer) leave() error {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	if err := w.put(ctx, "OUT_OF_SERVICE"); err != nil {
		return err
	}
	if _, err := w.client.Delete(ctx, w.key); err != nil {
		return err
	}
	_, err := w.client.Revoke(ctx, w.lease)
	return err
}
