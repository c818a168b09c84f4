// Package job runs work that waits: a retry, a schedule, an effect on the
// outside world. A run is a row with a lease. A node that dies loses its lease
// and another takes the run over, so that two never do one run at once as long
// as a lease outlives a pause of its holder; a run that must not happen twice
// even then guards itself with the same key in its own rows.
package job

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"khien/kernel/id"
	"khien/kernel/store"
)

// Topic is what a transaction that enqueues a run wakes.
const Topic = "job"

// Job is a kind of work.
type Job struct {
	Name  string
	Every time.Duration // its schedule; 0: only when enqueued
	Tries int           // bound of attempts; 0: 5
	Lease time.Duration // renewed while Do runs; 0: one minute
	// Do does one run. Its ctx ends when the lease is lost or the node stops.
	Do func(ctx context.Context, r Run) error
}

// Run is one piece of work, as its Do sees it. Try counts from 1.
type Run struct {
	Name    string
	Key     string
	Payload json.RawMessage
	Try     int
}

// State of a run, as stored.
const (
	Ready   = "ready"
	Running = "running"
	Done    = "done"
	Dead    = "dead" // tried as often as allowed; somebody has to look
)

// Enqueue adds a run in tx, to begin at or after at. The key is the idempotency
// key: a second run of that name and key, whatever its state, is not added.
func Enqueue(tx *store.Tx, province int, name, key string, payload any, at time.Time) error {
	p, err := json.Marshal(payload)
	if err != nil {
		return fmt.Errorf("job: %s %s: %w", name, key, err)
	}
	tx.Wake(Topic)
	return insertRun(tx, province, name, key, p, at)
}

// Runner does the runs of one province on this node.
type Runner struct {
	DB       *store.DB
	Province int
	Jobs     []Job
	Now      func() time.Time
	Log      *slog.Logger
	node     id.ID
}

// lookEvery bounds how late a run begins when no wake-up came.
const lookEvery = 5 * time.Second

// Run works until ctx ends and every run at work has stopped: one run at a time
// of each job.
func (r *Runner) Run(ctx context.Context) {
	r.node = id.New()
	var all sync.WaitGroup
	for _, j := range r.Jobs {
		all.Go(func() { r.serve(ctx, j) })
	}
	all.Wait()
}

func (r *Runner) serve(ctx context.Context, j Job) {
	woken, stop := r.DB.Watch(Topic)
	defer stop()
	for ctx.Err() == nil {
		if err := r.Drain(ctx, j); err != nil && ctx.Err() == nil {
			r.Log.Error("jobs cannot be read", "job", j.Name, "err", err)
		}
		wait := lookEvery
		if j.Every > 0 {
			wait = min(wait, j.Every)
		}
		select {
		case <-ctx.Done():
		case <-woken:
		case <-time.After(wait):
		}
	}
}

// Drain does the runs of j that are due, and returns when none is.
func (r *Runner) Drain(ctx context.Context, j Job) error {
	if r.node.IsZero() {
		r.node = id.New()
	}
	if err := r.schedule(ctx, j); err != nil {
		return err
	}
	for ctx.Err() == nil {
		run, err := r.claim(ctx, j)
		if err != nil || run == nil {
			return err
		}
		if err := r.do(ctx, j, *run); err != nil {
			return err
		}
	}
	return nil
}

// schedule adds the run of the current slot; the slot is its key, so that many
// nodes add it once and a slot that was slept through is not made up for.
func (r *Runner) schedule(ctx context.Context, j Job) error {
	if j.Every == 0 {
		return nil
	}
	slot := r.Now().UTC().Truncate(j.Every)
	key := slot.Format(time.RFC3339Nano)
	if stands, err := runStands(ctx, r.DB, r.Province, j.Name, key); err != nil || stands {
		return err
	}
	return r.DB.Tx(ctx, func(tx *store.Tx) error {
		return insertRun(tx, r.Province, j.Name, key, []byte("null"), slot)
	})
}

func (r *Runner) claim(ctx context.Context, j Job) (run *Run, err error) {
	now := r.Now()
	if due, err := anyDue(ctx, r.DB, r.Province, j.Name, now); err != nil || !due {
		return nil, err
	}
	err = r.DB.Tx(ctx, func(tx *store.Tx) error {
		run, err = claimRun(tx, r.Province, j.Name, r.node, now, now.Add(j.lease()))
		return err
	})
	return run, err
}

func (j Job) lease() time.Duration {
	if j.Lease > 0 {
		return j.Lease
	}
	return time.Minute
}

func (j Job) tries() int {
	if j.Tries > 0 {
		return j.Tries
	}
	return 5
}

// do runs Do under a lease that is renewed, and writes what came of it.
func (r *Runner) do(ctx context.Context, j Job, run Run) error {
	work, cancel := context.WithCancel(ctx)
	var keeper sync.WaitGroup
	keeper.Go(func() { r.keep(work, cancel, j, run) })
	err := safely(work, j, run)
	cancel()
	keeper.Wait()
	return r.settle(context.WithoutCancel(ctx), j, run, err)
}

func safely(ctx context.Context, j Job, run Run) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return j.Do(ctx, run)
}

// keep renews the lease and ends the work when it cannot.
func (r *Runner) keep(ctx context.Context, lost context.CancelFunc, j Job, run Run) {
	tick := time.NewTicker(j.lease() / 3)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		held := false
		err := r.DB.Tx(ctx, func(tx *store.Tx) (err error) {
			held, err = renewLease(tx, r.Province, run, r.node, r.Now().Add(j.lease()))
			return err
		})
		if err != nil || !held {
			lost()
			return
		}
	}
}

func (r *Runner) settle(ctx context.Context, j Job, run Run, err error) error {
	state, at, why := Done, r.Now(), ""
	if err != nil {
		state, why = Ready, err.Error()
		at = at.Add(backoff(run.Try))
		if run.Try >= j.tries() {
			state = Dead
			r.Log.Error("a job has failed for good", "job", run.Name, "key", run.Key, "tries", run.Try, "err", err)
		}
	}
	return r.DB.Tx(ctx, func(tx *store.Tx) error {
		return settleRun(tx, r.Province, run, r.node, state, at, why)
	})
}

// backoff doubles from one second to ten minutes, with jitter of a half.
func backoff(try int) time.Duration {
	d := min(time.Second<<min(try, 20), 10*time.Minute)
	return d/2 + time.Duration(rand.Int64N(int64(d/2)))
}

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations returns the table of runs, for line "job".
func Migrations() fs.FS { return store.MigrationFiles(migrations) }
