package job_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"khien/kernel/job"
	"khien/kernel/store"
	"khien/kernel/store/storetest"
)

var lines = []storetest.Line{{Name: "job", Files: job.Migrations()}}

// clock is a settable now.
type clock struct{ ms atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.ms.Store(time.Date(2021, 5, 14, 3, 0, 0, 0, time.UTC).UnixMilli())
	return c
}
func (c *clock) now() time.Time          { return time.UnixMilli(c.ms.Load()) }
func (c *clock) advance(d time.Duration) { c.ms.Add(d.Milliseconds()) }
func runner(db *store.DB, c *clock) *job.Runner {
	return &job.Runner{DB: db, Province: 20, Now: c.now, Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
}

func enqueue(t *testing.T, db *store.DB, key string, at time.Time) {
	t.Helper()
	err := db.Tx(t.Context(), func(tx *store.Tx) error { return job.Enqueue(tx, 20, "send", key, map[string]int{"n": 1}, at) })
	if err != nil {
		t.Fatal(err)
	}
}

// Two nodes share the runs; none is done twice.
func TestEachRunOnce(t *testing.T) {
	storetest.Each(t, lines, func(t *testing.T, db *store.DB) {
		c := newClock()
		const runs = 60
		for n := range runs {
			enqueue(t, db, fmt.Sprint(n), c.now())
			enqueue(t, db, fmt.Sprint(n), c.now()) // the same key is the same run
		}
		var mu sync.Mutex
		done := map[string]int{}
		j := job.Job{Name: "send", Do: func(_ context.Context, r job.Run) error {
			mu.Lock()
			defer mu.Unlock()
			done[r.Key]++
			return nil
		}}
		var nodes sync.WaitGroup
		for range 2 {
			nodes.Go(func() {
				if err := runner(db, c).Drain(context.Background(), j); err != nil {
					t.Error(err)
				}
			})
		}
		nodes.Wait()
		for k, n := range done {
			if n != 1 {
				t.Errorf("run %s: done %d times, want once", k, n)
			}
		}
		if len(done) != runs {
			t.Errorf("got %d runs, want %d", len(done), runs)
		}
	})
}

// A node that died in a run holds its lease until it ends; then another takes it.
func TestLeaseOfADeadNode(t *testing.T) {
	storetest.Each(t, lines, func(t *testing.T, db *store.DB) {
		c := newClock()
		enqueue(t, db, "a", c.now())
		begun := make(chan struct{})
		dead, kill := context.WithCancel(t.Context())
		died := make(chan struct{})
		go func() { // this node begins the run and never settles it
			defer close(died)
			_ = runner(db, c).Drain(dead, job.Job{Name: "send", Lease: time.Hour, Do: func(ctx context.Context, _ job.Run) error {
				close(begun)
				<-ctx.Done()
				select {}
			}})
		}()
		<-begun
		tries := 0
		take := job.Job{Name: "send", Do: func(_ context.Context, r job.Run) error { tries = r.Try; return nil }}
		if err := runner(db, c).Drain(t.Context(), take); err != nil || tries != 0 {
			t.Fatalf("the lease was not kept: try %d, %v", tries, err)
		}
		c.advance(2 * time.Hour)
		if err := runner(db, c).Drain(t.Context(), take); err != nil || tries != 2 {
			t.Errorf("got try %d, %v, want the second try by another node", tries, err)
		}
		kill()
	})
}

func TestRetriesAreBounded(t *testing.T) {
	storetest.Each(t, lines, func(t *testing.T, db *store.DB) {
		c := newClock()
		enqueue(t, db, "a", c.now())
		tries := 0
		j := job.Job{Name: "send", Tries: 3, Do: func(context.Context, job.Run) error {
			tries++
			if tries == 2 {
				panic("a panic is a failure like any other")
			}
			return errors.New("no")
		}}
		for range 10 {
			if err := runner(db, c).Drain(t.Context(), j); err != nil {
				t.Fatal(err)
			}
			c.advance(time.Hour)
		}
		dead, err := job.DeadRuns(t.Context(), db, 20)
		if tries != 3 || dead != 1 || err != nil {
			t.Errorf("got %d tries and %d dead runs, %v; want 3 and 1", tries, dead, err)
		}
	})
}

func TestScheduleOncePerSlot(t *testing.T) {
	storetest.Each(t, lines, func(t *testing.T, db *store.DB) {
		c := newClock()
		runs := 0
		j := job.Job{Name: "hourly", Every: time.Hour, Do: func(context.Context, job.Run) error { runs++; return nil }}
		for _, step := range []struct {
			wait time.Duration
			want int
		}{{0, 1}, {10 * time.Minute, 1}, {time.Hour, 2}, {5 * time.Hour, 3}} {
			c.advance(step.wait)
			for range 2 { // two nodes
				if err := runner(db, c).Drain(t.Context(), j); err != nil {
					t.Fatal(err)
				}
			}
			if runs != step.want {
				t.Errorf("after %v more: %d runs, want %d", step.wait, runs, step.want)
			}
		}
	})
}
