package web

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"time"

	"khien/kernel/fault"
)

// sendBuffer bounds what the kernel holds for a reader that does not read.
const sendBuffer = 16 << 10

// Since returns the version that the reader has: Last-Event-ID, which browsers
// send when they come back, else the query's "since", else 0 for none.
func Since(r *http.Request) uint64 {
	s := r.Header.Get("Last-Event-ID")
	if s == "" {
		s = r.URL.Query().Get("since")
	}
	n, _ := strconv.ParseUint(s, 10, 64)
	return n
}

// Serve streams the topic to the reader of r, who has version since: first what
// was missed, then every event as it is published. When the ring no longer holds
// what was missed, hello (which may be nil) may give one event "hello" that
// brings the reader up to date: it is asked after the topic's version was taken,
// so that what it tells may come again in an event, but nothing is left out.
// Otherwise the reader gets the event "reset".
//
// On HTTP/1.1 the connection is taken from net/http and Serve returns at once,
// so that a reader costs a few KB; on HTTP/2 it returns when the reader leaves.
// Register the route with the option Stream. Too many readers are fault.Busy.
func (h *Hub) Serve(w http.ResponseWriter, r *http.Request, name string, since uint64, hello func(since uint64) ([]byte, bool)) error {
	head := w.Header()
	head.Set("Content-Type", "text/event-stream")
	head.Set("Cache-Control", "no-cache")
	head.Set("X-Accel-Buffering", "no") // nginx would gather the events
	if r.Method == http.MethodHead {
		return nil
	}
	from := AddrKey(r)
	if a := Addr(r); a.IsLoopback() || !a.IsValid() {
		from = "" // this machine, or a proxy on it that nobody has named
	}
	if err := h.enter(from); err != nil {
		return err
	}
	t := h.topic(name)
	first := h.welcome(t, &since, hello)

	conn, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		defer h.leave(from)
		s := &stream{hub: h, topic: t, have: since, out: flusher{w, http.NewResponseController(w)}, gone: r.Context().Done()}
		if s.send(first) {
			s.run()
		}
		return nil
	}
	first = append(responseHead(head), first...)
	s := &stream{hub: h, topic: t, have: since, out: conn, from: from}
	if c, ok := conn.(interface{ SetWriteBuffer(int) error }); ok {
		_ = c.SetWriteBuffer(sendBuffer) // a kernel that will not is a kernel with more memory
	}
	_, _ = rw.Discard(rw.Reader.Buffered()) // nothing more is expected of the reader
	go s.own(conn, first)
	return nil
}

// enter counts a reader in, unless there are too many, or too many of that
// address ("" is not counted), or the Hub is closing.
func (h *Hub) enter(from string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed || h.clients.Load() >= int64(h.cfg.MaxClients) || h.addrs[from] >= h.cfg.PerAddr {
		wait := h.cfg.Retry + rand.N(10*h.cfg.Retry)
		return fault.New(fault.Busy, "web.streams").With("seconds", int(wait.Seconds())+1)
	}
	if from != "" {
		h.addrs[from]++
	}
	h.clients.Add(1)
	h.wait.Add(1)
	return nil
}

func (h *Hub) leave(from string) {
	h.mu.Lock()
	if h.addrs[from]--; h.addrs[from] <= 0 {
		delete(h.addrs, from)
	}
	h.mu.Unlock()
	h.clients.Add(-1)
	h.wait.Done()
}

// welcome returns the first bytes of a stream and brings since up to the version
// that the reader has when it has read them.
func (h *Hub) welcome(t *topic, since *uint64, hello func(uint64) ([]byte, bool)) []byte {
	retry := h.cfg.Retry + rand.N(h.cfg.Retry)
	first := fmt.Appendf(nil, "retry: %d\n\n", retry.Milliseconds())
	_, latest, _, lost := t.after(*since)
	if !lost {
		return first
	}
	missed := *since
	*since = latest
	if hello != nil {
		if data, ok := hello(missed); ok {
			return append(first, encode(latest, "hello", data)...)
		}
	}
	return append(first, encode(latest, "reset", fmt.Appendf(nil, `{"version":%d}`, latest))...)
}

// responseHead writes the head of an answer without length: the stream ends
// with the connection.
func responseHead(h http.Header) []byte {
	var b bytes.Buffer
	b.WriteString("HTTP/1.1 200 OK\r\nConnection: close\r\n")
	_ = h.Write(&b) // a Buffer takes everything
	b.WriteString("\r\n")
	return b.Bytes()
}

// stream is one reader.
type stream struct {
	hub   *Hub
	topic *topic
	have  uint64
	out   writer
	from  string          // the reader's address, as it was counted
	gone  <-chan struct{} // nil: the reader's leaving shows when writing
}

// writer is a connection, or a flusher.
type writer interface {
	io.Writer
	SetWriteDeadline(time.Time) error
}

// own runs a stream that has its connection for itself.
func (s *stream) own(c net.Conn, first []byte) {
	defer s.hub.leave(s.from)
	defer c.Close()
	if s.send(first) {
		first = nil
		s.run()
	}
}

// run sends what comes until the reader leaves, is too slow, or the Hub closes.
func (s *stream) run() {
	// At first a random part of a heartbeat: ten thousand readers who came at
	// once shall not be called at once.
	beat := time.NewTimer(s.hub.cfg.Heartbeat/2 + rand.N(s.hub.cfg.Heartbeat/2))
	defer beat.Stop()
	for {
		frame, version, bell, lost := s.topic.after(s.have)
		switch {
		case lost:
			s.hub.dropped.Add(1)
			return
		case frame != nil:
			if !s.send(frame) {
				return
			}
			s.have = version
			continue
		}
		select {
		case <-bell:
		case <-beat.C:
			if !s.send(heartbeat) {
				return
			}
			beat.Reset(s.hub.cfg.Heartbeat)
		case <-s.gone:
			return
		case <-s.hub.done:
			return
		}
	}
}

var heartbeat = []byte(":\n\n")

// send writes b within the limit; false when the stream is over.
func (s *stream) send(b []byte) bool {
	_ = s.out.SetWriteDeadline(time.Now().Add(s.hub.cfg.WriteLimit))
	_, err := s.out.Write(b)
	if e, ok := err.(net.Error); ok && e.Timeout() {
		s.hub.dropped.Add(1)
	}
	return err == nil
}

// flusher writes through net/http, for HTTP/2 and for writers without a connection.
type flusher struct {
	http.ResponseWriter
	c *http.ResponseController
}

func (f flusher) SetWriteDeadline(t time.Time) error { return f.c.SetWriteDeadline(t) }

func (f flusher) Write(b []byte) (int, error) {
	n, err := f.ResponseWriter.Write(b)
	if err != nil {
		return n, err
	}
	return n, f.c.Flush()
}
