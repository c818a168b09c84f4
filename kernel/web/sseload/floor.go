package sseload

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"runtime"
	"strings"
	"sync"
	"time"
)

// Load is the size of a Floor. The zero value of a field takes the default beside it.
type Load struct {
	Readers int           // 10,000
	Events  int           // 5
	Bytes   int           // 300 of data in an event
	Every   time.Duration // 1 s between events
}

// Floor measures the machine itself: a loop that writes the same bytes to as
// many plain sockets, with nothing between. It returns how late readers heard
// from the moment the loop began: no server can be earlier here.
func Floor(ctx context.Context, o Load, child Child) (*Lateness, error) {
	o = o.filled()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("sseload: %w", err)
	}
	defer ln.Close()
	taken := make(chan []net.Conn, 1)
	go func() { taken <- accept(ln, o.Readers) }()
	crowd, err := Gather(ctx, "http://"+ln.Addr().String()+"/", o.Readers, child)
	if err != nil {
		return nil, err
	}
	conns := <-taken
	defer closeAll(conns)
	began := make([]time.Time, o.Events)
	for i := range o.Events {
		wait(ctx, o.Every)
		began[i] = time.Now()
		writeAll(conns, fmt.Appendf(nil, "id: %d\ndata: %s\n\n", i+1, strings.Repeat("x", o.Bytes)))
	}
	wait(ctx, o.Every)
	heard, err := crowd.Leave()
	if err = errors.Join(err, ctx.Err()); err != nil {
		return nil, err
	}
	late := &Lateness{}
	for i, at := range began {
		heard.Late(late, uint64(i+1), at)
	}
	return late, nil
}

func (o Load) filled() Load {
	if o.Readers == 0 {
		o.Readers = 10_000
	}
	if o.Events == 0 {
		o.Events = 5
	}
	if o.Bytes == 0 {
		o.Bytes = 300
	}
	if o.Every == 0 {
		o.Every = time.Second
	}
	return o
}

// accept takes n connections, reads their requests and answers that a stream follows.
func accept(ln net.Listener, n int) (conns []net.Conn) {
	for range n {
		c, err := ln.Accept()
		if err != nil { // no file left: who still waits shall not wait for ever
			closeAll(conns)
			_ = ln.Close()
			return nil
		}
		conns = append(conns, c)
		b := bufio.NewReaderSize(c, 512)
		for line := ""; line != "\r\n"; {
			if line, err = b.ReadString('\n'); err != nil {
				break
			}
		}
		_, _ = c.Write([]byte("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")) // a reader that has left hears nothing
	}
	return conns
}

// writeAll writes b to every connection, on as many processors as there are.
func writeAll(conns []net.Conn, b []byte) {
	var all sync.WaitGroup
	parts := runtime.GOMAXPROCS(0)
	for i := range parts {
		all.Go(func() {
			for _, c := range conns[len(conns)*i/parts : len(conns)*(i+1)/parts] {
				_ = c.SetWriteDeadline(time.Now().Add(10 * time.Second))
				_, _ = c.Write(b) // who does not hear is counted by the readers
			}
		})
	}
	all.Wait()
}

func closeAll(conns []net.Conn) {
	for _, c := range conns {
		_ = c.Close()
	}
}

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
