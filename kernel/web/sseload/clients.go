package sseload

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"time"
)

// connected is the line that says that all readers are.
const connected = "connected"

// Bounds of the readers.
const (
	opening    = 64       // connections opened at once
	lineBuffer = 1 << 10  // of a reader: longer lines are read in pieces
	dataBuffer = 1 << 20  // of the one that keeps what the events say
	eventsMost = 10_000   // kept
	millisMost = slots    // after the first reader
	idLine     = "id: "   // of an event
	dataLine   = "data: " // of an event
	lastLook   = 200 * time.Millisecond
)

// Clients opens n readers of the stream at address, says "connected" on out when
// all are, reads until in ends, and writes what they heard to out as JSON. It is
// what a Child runs.
func Clients(ctx context.Context, address string, n int, in io.Reader, out io.Writer) error {
	u, err := url.Parse(address)
	if err != nil {
		return fmt.Errorf("sseload: %w", err)
	}
	r := &readers{host: u.Host, path: u.RequestURI(), events: map[uint64]*arrivals{}}
	defer r.close()
	if err := r.connect(ctx, n); err != nil {
		return err
	}
	fmt.Fprintln(out, connected)
	select {
	case <-drain(in):
	case <-ctx.Done():
	}
	r.lastLook()
	return json.NewEncoder(out).Encode(r.report())
}

// drain reads to the end of r.
func drain(r io.Reader) <-chan struct{} {
	ended := make(chan struct{})
	go func() { _, _ = io.Copy(io.Discard, r); close(ended) }()
	return ended
}

// readers are the connections of one process.
type readers struct {
	host, path string
	wait       sync.WaitGroup

	mu     sync.Mutex
	conns  []net.Conn
	going  bool // told to leave
	left   int
	events map[uint64]*arrivals
}

// connect opens n readers; the first of them keeps what the events say.
func (r *readers) connect(ctx context.Context, n int) error {
	places := make(chan struct{}, opening)
	errs := make(chan error, n)
	for i := range n {
		places <- struct{}{}
		go func() {
			errs <- r.open(ctx, i == 0)
			<-places
		}()
	}
	for range n {
		if err := <-errs; err != nil {
			return fmt.Errorf("sseload: connect: %w", err)
		}
	}
	return nil
}

// open opens one reader and waits for the stream's first line.
func (r *readers) open(ctx context.Context, keeps bool) error {
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", r.host)
	if err != nil {
		return err
	}
	r.mu.Lock()
	r.conns = append(r.conns, c)
	r.mu.Unlock()
	if _, err := fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: %s\r\nAccept: text/event-stream\r\n\r\n", r.path, r.host); err != nil {
		return err
	}
	size := lineBuffer
	if keeps {
		size = dataBuffer
	}
	b := bufio.NewReaderSize(c, size)
	line, err := b.ReadString('\n')
	if err != nil || line != "HTTP/1.1 200 OK\r\n" {
		return fmt.Errorf("answer %q: %w", line, err)
	}
	r.wait.Go(func() { r.read(b, keeps) })
	return nil
}

// read hears events until the stream ends. An event has come when its empty line has.
func (r *readers) read(b *bufio.Reader, keeps bool) {
	var id uint64
	var data string
	for {
		line, err := b.ReadSlice('\n')
		if err != nil && err != bufio.ErrBufferFull {
			r.leave()
			return
		}
		if digits, ok := bytes.CutPrefix(line, []byte(idLine)); ok {
			id, _ = strconv.ParseUint(string(bytes.TrimSpace(digits)), 10, 64)
		} else if text, ok := bytes.CutPrefix(line, []byte(dataLine)); ok && keeps {
			data = string(bytes.TrimSpace(text))
		} else if len(line) == 1 && id != 0 {
			r.hear(id, time.Now().UnixMilli(), data)
			id, data = 0, ""
		}
	}
}

func (r *readers) hear(id uint64, atMs int64, data string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	a := r.events[id]
	if a == nil {
		if len(r.events) == eventsMost {
			return
		}
		a = &arrivals{ID: id, FirstMs: atMs}
		r.events[id] = a
	}
	after := int(min(max(0, atMs-a.FirstMs), millisMost-1))
	for len(a.Counts) <= after {
		a.Counts = append(a.Counts, 0)
	}
	a.Counts[after]++
	if data != "" {
		a.Data = data
	}
}

func (r *readers) leave() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.going {
		r.left++
	}
}

// lastLook hears what has come already, and ends the readers.
func (r *readers) lastLook() {
	r.mu.Lock()
	r.going = true
	for _, c := range r.conns {
		_ = c.SetReadDeadline(time.Now().Add(lastLook))
	}
	r.mu.Unlock()
	r.wait.Wait()
}

func (r *readers) report() report {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := report{Left: r.left, Events: []arrivals{}}
	for _, id := range slices.Sorted(maps.Keys(r.events)) {
		a := *r.events[id]
		a.Counts = slices.Clone(a.Counts)
		all.Events = append(all.Events, a)
	}
	return all
}

func (r *readers) close() {
	r.mu.Lock()
	for _, c := range r.conns {
		_ = c.Close()
	}
	r.mu.Unlock()
	r.wait.Wait()
}
