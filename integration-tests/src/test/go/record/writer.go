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
	revision int64 // of the key as this process has written it, 0 before that
}

// write registers an instance until SIGTERM, and then takes it out.
func write(client *clientv3.Client, service string, listener net.Listener) {
	address := listener.Addr().(*net.TCPAddr)
	id := address.String()
	w := &writer{client: client, key: "/services/" + service + "/" + id, record: record{
		ServiceID: service, InstanceID: id, Host: "127.0.0.1", Port: address.Port, Metadata: map[string]string{"zone": "eu-1"}}}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	for {
		ended, err := w.register()
		if err != nil {
			log.Print(err)
		} else {
			fmt.Printf("listening on %d\n", address.Port)
		}
		select {
		case <-stop:
			check(w.leave())
			return
		case <-ended:
		}
		time.Sleep(time.Duration(rand.Intn(1000)) * time.Millisecond)
	}
}

// register writes the record under a new lease, and returns what ends with that lease, or at once.
func (w *writer) register() (<-chan struct{}, error) {
	ended := make(chan struct{})
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	w.revision = 0
	lease, err := w.client.Grant(ctx, ttl)
	if err == nil {
		w.lease = lease.ID
		err = w.put(ctx, "UP")
	}
	if err != nil {
		close(ended)
		return ended, err
	}
	renewals, err := w.client.KeepAlive(context.Background(), w.lease)
	go func() {
		for range renewals {
		}
		close(ended)
	}()
	return ended, err
}

// put writes the record if the key is absent, or as this process has left it.
func (w *writer) put(ctx context.Context, status string) error {
	w.record.Status = status
	value, err := json.Marshal(w.record)
	if err != nil {
		return err
	}
	answer, err := w.client.Txn(ctx).If(clientv3.Compare(clientv3.ModRevision(w.key), "=", w.revision)).
		Then(clientv3.OpPut(w.key, string(value), clientv3.WithLease(w.lease))).Commit()
	if err == nil && !answer.Succeeded {
		return fmt.Errorf("%s is another process's, or was changed", w.key)
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
