package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"khien/kernel/config"
	"khien/kernel/web/sseload"
)

// Promises of the live stream.
const (
	streamMs = 1000.0 // 99 of 100, from the commit of an act to the reader
	streamKB = 40.0   // memory a reader, all in
)

// How the stream's benchmark goes.
const (
	streamPath   = "/api/v1/map/stream?edition=2021&level=commune"
	streamSettle = 3 * time.Second // of quiet before the first act and after the last, at most
	streamSpare  = 200             // files of a node beside its readers
)

// benchStream lets readers watch the live map of a whole node, listeners and
// jobs at work, while an officer's acts are committed, one every second: a case
// entered, a number announced, in turn. A reader is late by the time from the
// act's answer (its commit) to the last byte of the first event that shows it.
// Its peer is a bare loop that writes as much to as many plain sockets.
//
//	p50_ms, p99_ms, max_ms  from commit to reader, over all readers and acts
//	first_ms, first_max_ms  from commit to the first reader: the way through outbox, listener and map
//	fanout_ms               99 of 100, from the first reader to each
//	floor_p99_ms            the peer
//	memory_kb               process_kb and kernel_kb, both ends of the connections, a reader
//	cpu_us, idle_cpu        processor time an event and reader; share of one processor with no act
//	missed, dropped, left   readings that never came; readers closed for being slow; readers gone
//	screen_ms, screen_max_ms, screens   with --screen: from commit to the number in a browser's page
func benchStream(ctx context.Context, c *config.Config, o benchOptions) (f *figures, err error) {
	if most := sseload.Files() - streamSpare; o.clients > most {
		return nil, fmt.Errorf("bench: this process may hold %d readers' files, not %d: raise ulimit -n", most, o.clients)
	}
	n, err := openFilled(ctx, c, o)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, n.close()) }()
	if err := n.serve(ctx); err != nil {
		return nil, err
	}
	r := &streamRun{node: n, options: o}
	if o.screen {
		if r.screen, err = openScreen(ctx, "http://"+n.addr+"/"); err != nil {
			return nil, err
		}
		defer r.screen.close()
	}
	if err := r.measure(ctx); err != nil {
		return nil, err
	}
	if err := n.close(); err != nil { // its files are needed now
		return nil, err
	}
	floor, err := sseload.Floor(ctx, sseload.Load{Readers: o.clients, Events: max(1, int(o.seconds/2)), Bytes: r.bytes()}, benchReaders)
	if err != nil {
		return nil, err
	}
	return r.figures(floor), nil
}

// benchReaders makes the command of a process of readers: this program.
func benchReaders(ctx context.Context, url string, n int) *exec.Cmd {
	exe, err := os.Executable()
	if err != nil {
		exe = os.Args[0]
	}
	cmd := exec.CommandContext(ctx, exe, "bench", "--child", url, "--clients", strconv.Itoa(n))
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "KHIEN_") {
			cmd.Env = append(cmd.Env, e)
		}
	}
	return cmd
}

// streamRun is one run of the stream's benchmark.
type streamRun struct {
	node    *benchNode
	options benchOptions
	screen  *screen // nil: none

	acts                               []act
	heard                              *sseload.Heard
	connect, settle                    time.Duration
	dropped                            int
	before, calm, settled, busy, after sseload.Use
}

// measure gathers the readers, acts, and lets them go.
func (r *streamRun) measure(ctx context.Context) error {
	version, err := r.node.version(ctx)
	if err != nil {
		return err
	}
	debug.FreeOSMemory() // what the import left behind is not to hold the readers
	r.before = sseload.Usage()
	began := time.Now()
	crowd, err := sseload.Gather(ctx, fmt.Sprintf("http://%s%s&since=%d", r.node.addr, streamPath, version), r.options.clients, benchReaders)
	if err != nil {
		return err
	}
	r.connect = time.Since(began)
	r.calm = sseload.Usage()
	r.settle = min(streamSettle, time.Duration(r.options.seconds*float64(streamSettle)/10))
	if err := pause(ctx, r.settle); err != nil {
		return err
	}
	r.settled = sseload.Usage()
	r.busy = r.settled
	err = r.act(ctx)
	if err == nil {
		err = pause(ctx, r.settle)
	}
	r.after = sseload.Usage()
	r.dropped = r.node.Hub.Dropped()
	var left error
	r.heard, left = crowd.Leave()
	return errors.Join(err, left)
}

// act commits an act at every tick, whatever became of the one before.
func (r *streamRun) act(ctx context.Context) error {
	tick := time.NewTicker(r.options.every)
	defer tick.Stop()
	for i := range max(1, int(r.options.long()/r.options.every)) {
		a, err := r.node.act(ctx, i)
		if err != nil {
			return err
		}
		r.acts = append(r.acts, a)
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
		if u := sseload.Usage(); u.Resident+u.Kernel > r.busy.Resident+r.busy.Kernel {
			r.busy = u
		}
	}
	return nil
}

// bytes is the middle size of an event.
func (r *streamRun) bytes() int {
	size, events := 0, 0
	for _, id := range r.heard.IDs() {
		size, events = size+len(r.heard.Data(id)), events+1
	}
	return size / max(events, 1)
}

// figures finds the event that shows each act, and reckons.
func (r *streamRun) figures(floor *sseload.Lateness) *figures {
	var all, first, fanout sseload.Lateness
	for _, a := range r.acts {
		id, shown := a.eventOf(r.heard)
		if !shown {
			all.Miss(r.heard.Readers)
			first.Miss(1)
			continue
		}
		began := r.heard.First(id)
		r.heard.Late(&all, id, a.committed)
		r.heard.Late(&fanout, id, began)
		first.Add(began.Sub(a.committed), 1)
	}
	readers, acts := float64(r.heard.Readers), float64(len(r.acts))
	process := float64(r.busy.Resident-r.before.Resident) / 1024 / readers
	kernel := float64(r.busy.Kernel-r.before.Kernel) / 1024 / readers
	memory := round(process + max(0, kernel))
	f := &figures{values: map[string]any{
		"clients": r.heard.Readers, "acts": len(r.acts), "events": len(r.heard.IDs()), "bytes": r.bytes(), "processors": runtime.GOMAXPROCS(0),
		"p50_ms": all.At(0.5), "p99_ms": all.At(0.99), "max_ms": all.At(1), "first_ms": first.At(0.5), "first_max_ms": first.At(1),
		"fanout_ms": fanout.At(0.99), "floor_p50_ms": floor.At(0.5), "floor_p99_ms": floor.At(0.99),
		"memory_kb": memory, "process_kb": round(process), "kernel_kb": round(kernel), "connect_per_s": int(readers / r.connect.Seconds()),
		"cpu_us":   round(float64((r.after.CPU - r.settled.CPU).Microseconds()) / (readers * acts)),
		"idle_cpu": round((r.settled.CPU - r.calm.CPU).Seconds() / r.settle.Seconds()),
		"missed":   all.Missed, "dropped": r.dropped, "left": r.heard.Left,
	}}
	f.atMost(streamMs, promise{What: fmt.Sprintf("live map: %d readers, p99 from commit to reader", r.heard.Readers), Unit: "ms",
		Measured: all.At(0.99), Peer: "a bare loop to as many sockets, p99", PeerIs: floor.At(0.99)})
	f.atMost(streamKB, promise{What: "live map: memory a reader", Unit: "KB", Measured: memory, Peer: "of it sockets, both ends", PeerIs: round(kernel)})
	if r.screen != nil {
		r.screen.figures(f, r.acts)
	}
	return f
}
