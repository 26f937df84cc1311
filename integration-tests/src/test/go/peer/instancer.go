package main

import (
	"sync"

	"github.com/go-kit/kit/sd"
)

// instancer hands what is known on to go-kit's endpointers.
type instancer struct {
	mutex     sync.Mutex
	instances []string
	channels  map[chan<- sd.Event]struct{}
}

func newInstancer() *instancer {
	return &instancer{channels: map[chan<- sd.Event]struct{}{}}
}

func (i *instancer) set(instances []string) {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	i.instances = instances
	for channel := range i.channels {
		channel <- sd.Event{Instances: instances}
	}
}

func (i *instancer) get() []string {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	return i.instances
}

// Register implements sd.Instancer.
func (i *instancer) Register(channel chan<- sd.Event) {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	i.channels[channel] = struct{}{}
	channel <- sd.Event{Instances: i.instances}
}

// Deregister implements sd.Instancer.
func (i *instancer) Deregister(channel chan<- sd.Event) {
	i.mutex.Lock()
	defer i.mutex.Unlock()
	delete(i.channels, channel)
}

// Stop implements sd.Instancer.
func (i *instancer) Stop() {}
