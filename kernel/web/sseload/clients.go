package sseload

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/url"
	"strconv"
	"sync"
	"time"
)

// buckets are how finely lateness is kept: one a millisecond, the last for all above.
const buckets = 20_000

// Heard is what the readers of one process heard.
type Heard struct {
	Count  int     `json:"count"`
	MaxMs  float64 `json:"max_ms"`
	Counts []int   `json:"counts"` // by lateness in whole milliseconds; zeros at the end are left out
}

// at returns the lateness within which the share q of all events came, in milliseconds.
func (h Heard) at(q float64) float64 {
	left := int(q * float64(h.Count))
	for ms, n := range h.Counts {
		if left -= n; left < 0 {
			return float64(ms + 1)
		}
	}
	return h.MaxMs
}

// Clients opens n readers of the stream at address, says "connected" on out when
// all are, reads until in ends, and writes what they heard to out as JSON. It is
// what the Child of Bench runs.
func Clients(ctx context.Context, address string, n int, in io.Reader, out io.Writer) error {
	u, err := url.Parse(address)
	if err != nil {
		return fmt.Errorf("sseload: %w", err)
	}
	r := &readers{host: u.Host, path: u.RequestURI()}
	r.counts = make([]int, buckets)
	defer r.close()
	if err := r.connect(ctx, n); err != nil {
		return err
	}
	fmt.Fprintln(out, "connected")
	select {
	case <-drain(in):
	case <-ctx.Done():
	}
	return json.NewEncoder(out).Encode(r.heard())
}

// readers are the connections of one process.
type readers struct {
	host, path string
	wait       sync.WaitGroup

	mu     sync.Mutex
	conns  []net.Conn
	counts []int
	count  int
	max    time.Duration
}

// connect opens n readers, 64 at a time.
func (r *readers) connect(ctx context.Context, n int) error {
	places := make(chan struct{}, 64)
	errs := make(chan error, n)
	for range n {
		places <- struct{}{}
		go func() {
			errs <- r.open(ctx)
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

// open opens one reader and waits for the stream's first bytes.
func (r *readers) open(ctx context.Context) error {
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
	b := bufio.NewReaderSize(c, 1024)
	line, err := b.ReadString('\n')
	if err != nil || line != "HTTP/1.1 200 OK\r\n" {
		return fmt.Errorf("answer %q: %w", line, err)
	}
	r.wait.Go(func() { r.read(b) })
	return nil
}

var stamp = []byte(`data: {"at":`)

func (r *readers) read(b *bufio.Reader) {
	for {
		line, err := b.ReadSlice('\n')
		if err != nil && err != bufio.ErrBufferFull {
			return
		}
		after, ok := bytes.CutPrefix(line, stamp)
		if !ok {
			continue
		}
		digits, _, _ := bytes.Cut(after, []byte{','})
		if at, err := strconv.ParseInt(string(digits), 10, 64); err == nil {
			r.hear(time.Since(time.Unix(0, at)))
		}
	}
}

func (r *readers) hear(late time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.count++
	r.max = max(r.max, late)
	r.counts[min(max(0, int(late.Milliseconds())), buckets-1)]++
}

func (r *readers) heard() Heard {
	r.mu.Lock()
	defer r.mu.Unlock()
	last := len(r.counts)
	for last > 0 && r.counts[last-1] == 0 {
		last--
	}
	return Heard{Count: r.count, MaxMs: float64(r.max.Microseconds()) / 1000, Counts: r.counts[:last]}
}

func (r *readers) close() {
	r.mu.Lock()
	for _, c := range r.conns {
		_ = c.Close()
	}
	r.mu.Unlock()
	r.wait.Wait()
}
