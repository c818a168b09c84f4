package web

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// HubConfig bounds a Hub. The zero value of each field takes the default beside it.
type HubConfig struct {
	MaxClients int           // 12,000; a reader above it is refused with fault.Busy
	PerAddr    int           // 2,000 of them from one address (AddrKey), this machine's aside: a mobile network's many, not one's all
	Ring       int           // 256 events a topic that a reader may be behind
	Heartbeat  time.Duration // 20 s between signs of life on a quiet stream
	WriteLimit time.Duration // 10 s in which a reader must take what is sent
	Retry      time.Duration // 3 s, and up to as much again at random, before a reader comes back
}

// Hub sends events to everyone who watches a topic (server-sent events, WHATWG
// HTML section 9.2). An event is encoded once and shared by all readers; of a
// reader the Hub holds the connection and the version it has, nothing else. A
// reader that takes longer than WriteLimit, or falls out of the ring, is closed:
// its browser comes back with Last-Event-ID and gets what it missed, or an event
// "reset" that tells it to fetch the whole again.
type Hub struct {
	cfg     HubConfig
	clients atomic.Int64
	dropped atomic.Int64
	done    chan struct{}
	wait    sync.WaitGroup

	mu     sync.Mutex
	topics map[string]*topic
	addrs  map[string]int // readers by address, while they are connected
	closed bool
}

// topic is a ring of the newest events and a bell that rings when one comes.
type topic struct {
	mu     sync.RWMutex
	ring   []published
	next   int    // where the next event goes
	floor  uint64 // the version before the oldest event of the ring
	latest uint64
	bell   chan struct{}
}

// published is one event as it stands on the wire.
type published struct {
	version uint64
	frame   []byte
}

// NewHub returns a Hub without topics; a topic begins when it is first named.
func NewHub(c HubConfig) *Hub {
	c.MaxClients = or(c.MaxClients, 12_000)
	c.PerAddr = or(c.PerAddr, 2000)
	c.Ring = or(c.Ring, 256)
	c.Heartbeat = or(c.Heartbeat, 20*time.Second)
	c.WriteLimit = or(c.WriteLimit, 10*time.Second)
	c.Retry = or(c.Retry, 3*time.Second)
	return &Hub{cfg: c, done: make(chan struct{}), topics: map[string]*topic{}, addrs: map[string]int{}}
}

func or[T ~int | ~int64](v, fallback T) T {
	if v > 0 {
		return v
	}
	return fallback
}

// Start says that the topic stands at version: a reader who has it has missed
// nothing. Call it once, when the snapshot is loaded and before anything is
// published; it does nothing to a topic that has moved on.
func (h *Hub) Start(name string, version uint64) {
	t := h.topic(name)
	t.mu.Lock()
	defer t.mu.Unlock()
	if version > t.latest {
		t.floor, t.latest, t.next = version, version, 0
		clear(t.ring)
	}
}

// Publish sends an event to all who watch the topic and returns at once. event
// is its name ("" for none), data its text: one line of JSON as a rule. Versions
// rise, not necessarily by one; one that is not above the topic's latest is left
// out, so that a fact heard twice is told once.
func (h *Hub) Publish(name string, version uint64, event string, data []byte) {
	t := h.topic(name)
	frame := encode(version, event, data)
	t.mu.Lock()
	defer t.mu.Unlock()
	if version <= t.latest {
		return
	}
	slot := &t.ring[t.next]
	if slot.frame != nil {
		t.floor = slot.version
	}
	*slot = published{version, frame}
	t.next = (t.next + 1) % len(t.ring)
	t.latest = version
	close(t.bell)
	t.bell = make(chan struct{})
}

// Register counts the Hub's readers in reg.
func (h *Hub) Register(reg prometheus.Registerer) error {
	clients := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "khien_stream_clients", Help: "Readers of live streams now connected.",
	}, func() float64 { return float64(h.Clients()) })
	dropped := prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: "khien_stream_dropped_total", Help: "Readers closed for being too slow.",
	}, func() float64 { return float64(h.Dropped()) })
	return errors.Join(reg.Register(clients), reg.Register(dropped))
}

// Clients returns how many readers are connected.
func (h *Hub) Clients() int { return int(h.clients.Load()) }

// Dropped returns how many readers were closed for being too slow.
func (h *Hub) Dropped() int { return int(h.dropped.Load()) }

// Close ends every stream and waits until the last is gone, or until ctx ends.
// Who connects later is refused.
func (h *Hub) Close(ctx context.Context) error {
	h.mu.Lock()
	if !h.closed {
		h.closed = true
		close(h.done)
	}
	h.mu.Unlock()
	gone := make(chan struct{})
	go func() { h.wait.Wait(); close(gone) }()
	select {
	case <-gone:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("web: hub: %d streams left: %w", h.Clients(), ctx.Err())
	}
}

func (h *Hub) topic(name string) *topic {
	h.mu.Lock()
	defer h.mu.Unlock()
	t := h.topics[name]
	if t == nil {
		t = &topic{ring: make([]published, h.cfg.Ring), bell: make(chan struct{})}
		h.topics[name] = t
	}
	return t
}

// after returns the oldest event that follows version have, or nil and the bell
// to wait for; lost when events between are no longer there.
func (t *topic) after(have uint64) (frame []byte, version uint64, bell <-chan struct{}, lost bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	switch {
	case have == t.latest:
		return nil, have, t.bell, false
	case have < t.floor || have > t.latest:
		return nil, t.latest, nil, true
	}
	n := len(t.ring)
	var found published
	for i := 1; i <= n; i++ { // back from the newest: most readers miss one event only
		p := t.ring[(t.next+n-i)%n]
		if p.version <= have {
			break
		}
		found = p
	}
	return found.frame, found.version, nil, false
}

// encode writes an event as it goes over the wire. A line end inside data
// begins a new "data:" line, as the format has it.
func encode(version uint64, event string, data []byte) []byte {
	var b bytes.Buffer
	b.Grow(len(data) + len(event) + 48)
	b.WriteString("id: " + strconv.FormatUint(version, 10) + "\n")
	if event != "" {
		b.WriteString("event: " + event + "\n")
	}
	for line := range bytes.SplitSeq(data, []byte{'\n'}) {
		b.WriteString("data: ")
		b.Write(line)
		b.WriteByte('\n')
	}
	b.WriteByte('\n')
	return b.Bytes()
}
