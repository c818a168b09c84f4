// Package sseload loads a live stream with many readers and measures when they
// hear and what they cost. `khien bench sse` is made of it.
//
// Readers run in processes of their own (Clients, started by Gather): a process
// may hold 20,000 files on the machine where this was measured, and a reader is
// a file on either side. They report, for every event by its id, how many heard
// it in which millisecond; whoever published it knows when. Both sides are on
// one machine, so one clock serves both; and both share its processors, so the
// figures are on the slow side.
package sseload

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
)

// perProcess is how many readers a process holds at most; two processes at least
// share the work of hearing.
const perProcess = 6000

// Child makes the command of a process that runs Clients against url with n
// readers, its standard input and output being theirs.
type Child func(ctx context.Context, url string, n int) *exec.Cmd

// Crowd is the readers of a run.
type Crowd struct {
	Readers   int
	processes []*process
}

type process struct {
	cmd     *exec.Cmd
	in      io.Closer // its end tells the readers to leave
	out     *bufio.Reader
	readers int
}

// Gather starts n readers of the stream at url and returns when all are
// connected. The caller must call Leave.
func Gather(ctx context.Context, url string, n int, child Child) (*Crowd, error) {
	c := &Crowd{Readers: n}
	processes := max(2, (n+perProcess-1)/perProcess)
	for i := range processes {
		p, err := start(child(ctx, url, share(n, processes, i)), share(n, processes, i))
		if err != nil {
			c.stop()
			return nil, err
		}
		c.processes = append(c.processes, p)
	}
	for _, p := range c.processes {
		if line, err := p.out.ReadString('\n'); err != nil || line != connected+"\n" {
			c.stop()
			return nil, fmt.Errorf("sseload: readers said %q: %w", line, err)
		}
	}
	return c, nil
}

// share is the ith of parts nearly equal parts of n.
func share(n, parts, i int) int { return n*(i+1)/parts - n*i/parts }

func start(cmd *exec.Cmd, readers int) (*process, error) {
	cmd.Stderr = os.Stderr
	out, err1 := cmd.StdoutPipe()
	in, err2 := cmd.StdinPipe()
	if err := errors.Join(err1, err2); err != nil {
		return nil, fmt.Errorf("sseload: readers: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("sseload: readers: %w", err)
	}
	return &process{cmd: cmd, in: in, out: bufio.NewReaderSize(out, 1<<16), readers: readers}, nil
}

// Leave tells the readers to go and returns what they heard.
func (c *Crowd) Leave() (*Heard, error) {
	all := &Heard{Readers: c.Readers, events: map[uint64][]arrivals{}}
	var errs []error
	for _, p := range c.processes {
		_ = p.in.Close()
	}
	for _, p := range c.processes {
		var r report
		err := json.NewDecoder(p.out).Decode(&r)
		if errs = append(errs, err, p.cmd.Wait()); err == nil {
			all.add(r)
		}
	}
	c.processes = nil
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("sseload: readers: %w", err)
	}
	return all, nil
}

// stop ends the processes without asking what they heard.
func (c *Crowd) stop() {
	for _, p := range c.processes {
		_ = p.in.Close()
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
	}
}
