// Package sseload loads a live stream with many readers and measures how late
// they hear and what they cost. `khien bench sse` is this.
//
// Readers run in processes of their own: one process may hold 20,000 files on
// the machine where this was measured, and a reader is a file on either side.
// Both sides are on one machine, so one clock tells how long an event took from
// Publish to the reader's hand; and both share its processors, so the figures
// are on the slow side.
package sseload

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"

	"khien/kernel/i18n"
	"khien/kernel/web"
)

// Options are the size of a run. The zero value of a field takes the default beside it.
type Options struct {
	Clients    int           // 10,000
	Seconds    int           // 15 of measuring, once all are connected
	Every      time.Duration // 1 s between events
	EventBytes int           // 300 bytes of data an event
	Settle     time.Duration // 3 s of quiet before and after
}

// Result is what a run measured.
type Result struct {
	Clients      int     `json:"clients"`
	Events       int     `json:"events"`
	Delivered    int     `json:"delivered"`
	Missed       int     `json:"missed"`        // events times readers, less what arrived
	Dropped      int     `json:"dropped"`       // readers closed for being slow
	P50Ms        float64 `json:"p50_ms"`        // from Publish to the reader's hand
	P99Ms        float64 `json:"p99_ms"`        //
	MaxMs        float64 `json:"max_ms"`        //
	ProcessKB    float64 `json:"process_kb"`    // resident memory a reader, in the server
	KernelKB     float64 `json:"kernel_kb"`     // sockets and their buffers a reader, both ends of the connection
	MemoryKB     float64 `json:"memory_kb"`     // the two together: all in
	ConnectPerS  float64 `json:"connect_per_s"` // readers taken in a second
	CPUMicros    float64 `json:"cpu_us"`        // processor time of the server a delivery
	IdleCPUShare float64 `json:"idle_cpu"`      // share of one processor while nothing is published
}

// Child makes the command of a process that runs Clients against url with n
// readers and prints its answer on standard output.
type Child func(ctx context.Context, url string, n int) *exec.Cmd

// Bench serves a Hub behind a whole Router, starts child for its readers,
// publishes, and measures.
func Bench(ctx context.Context, o Options, child Child) (Result, error) {
	o = o.filled()
	hub := web.NewHub(web.HubConfig{MaxClients: o.Clients + 10})
	srv, url, err := serve(hub)
	if err != nil {
		return Result{}, err
	}
	defer srv.Close()
	defer hub.Close(ctx)

	before := usage()
	cmd := child(ctx, url, o.Clients)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return Result{}, fmt.Errorf("sseload: child: %w", err)
	}
	in, err := cmd.StdinPipe() // its end tells the readers to stop
	if err != nil {
		return Result{}, fmt.Errorf("sseload: child: %w", err)
	}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return Result{}, fmt.Errorf("sseload: child: %w", err)
	}
	lines := bufio.NewReader(out)
	if line, err := lines.ReadString('\n'); err != nil || line != "connected\n" {
		return Result{}, errors.Join(fmt.Errorf("sseload: child said %q: %w", line, err), cmd.Wait())
	}
	r := Result{Clients: hub.Clients(), ConnectPerS: float64(o.Clients) / time.Since(began).Seconds()}
	measure(ctx, &r, o, hub, before)
	_ = in.Close()
	var heard Heard
	if err := json.NewDecoder(lines).Decode(&heard); err != nil {
		return Result{}, errors.Join(fmt.Errorf("sseload: child: %w", err), cmd.Wait())
	}
	r.hear(heard)
	return r, cmd.Wait()
}

func (o Options) filled() Options {
	if o.Clients == 0 {
		o.Clients = 10_000
	}
	if o.Seconds == 0 {
		o.Seconds = 15
	}
	if o.Every == 0 {
		o.Every = time.Second
	}
	if o.EventBytes == 0 {
		o.EventBytes = 300
	}
	if o.Settle == 0 {
		o.Settle = 3 * time.Second
	}
	return o
}

// serve puts hub behind a Router with everything that a real one has, but a log.
func serve(hub *web.Hub) (*http.Server, string, error) {
	cat, err := i18n.New(web.Texts)
	if err != nil {
		return nil, "", err
	}
	views, err := web.NewViews(cat, nil)
	if err != nil {
		return nil, "", err
	}
	rt, err := web.NewRouter(web.Config{Catalog: cat, Views: views, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, "", err
	}
	rt.Get("/stream", func(w http.ResponseWriter, r *http.Request) error {
		return hub.Serve(w, r, "map", web.Since(r), nil)
	}, web.Stream())
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, "", fmt.Errorf("sseload: %w", err)
	}
	srv := &http.Server{Handler: rt, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = srv.Serve(ln) }() // ends with srv.Close
	return srv, "http://" + ln.Addr().String() + "/stream", nil
}

// measure takes the memory and idle processor time of connected readers, then publishes.
func measure(ctx context.Context, r *Result, o Options, hub *web.Hub, before use) {
	quiet := usage()
	wait(ctx, o.Settle)
	settled := usage()
	r.IdleCPUShare = (settled.cpu - quiet.cpu).Seconds() / o.Settle.Seconds()

	busy := settled
	for end := time.Now().Add(time.Duration(o.Seconds) * time.Second); time.Now().Before(end) && ctx.Err() == nil; {
		r.Events++
		hub.Publish("map", uint64(r.Events), "delta", event(o.EventBytes))
		wait(ctx, o.Every)
		if u := usage(); u.resident > busy.resident {
			busy.resident, busy.sockets = u.resident, max(busy.sockets, u.sockets)
		}
	}
	wait(ctx, o.Settle)
	after := usage()
	n := float64(r.Clients)
	r.ProcessKB = float64(busy.resident-before.resident) / 1024 / n
	r.KernelKB = float64(busy.sockets-before.sockets) / 1024 / n
	r.MemoryKB = r.ProcessKB + r.KernelKB
	r.CPUMicros = float64((after.cpu - settled.cpu).Microseconds()) / (n * float64(r.Events))
	r.Dropped = hub.Dropped()
}

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// event is a delta of n bytes that says when it was published.
func event(n int) []byte {
	stamp := fmt.Sprintf(`{"at":%d,"pad":"`, time.Now().UnixNano())
	return []byte(stamp + strings.Repeat("x", max(0, n-len(stamp)-2)) + `"}`)
}

func (r *Result) hear(h Heard) {
	r.Delivered = h.Count
	r.Missed = r.Clients*r.Events - h.Count
	r.P50Ms, r.P99Ms, r.MaxMs = h.at(0.50), h.at(0.99), h.MaxMs
}

// drain reads until w's end; it is how a child learns that all is published.
func drain(r io.Reader) <-chan struct{} {
	ended := make(chan struct{})
	go func() { _, _ = io.Copy(io.Discard, r); close(ended) }()
	return ended
}
