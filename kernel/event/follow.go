package event

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"khien/kernel/store"
)

// Heads are the numbers of the last facts told, by part; 0 for none.
type Heads [Parts]int64

// Follower hears facts for what a node holds in memory: every node hears them
// all, from where At stands on, in order within a part. It keeps no durable
// cursor: whoever starts reads the rows first. Hear sees a fact once. Missed is
// called where facts were pruned before this node heard them, because it stood
// still for long: it must read the rows anew.
type Follower struct {
	DB       *store.DB
	Province int
	Kinds    []string
	Hear     func(context.Context, Fact) error
	Missed   func() // nil: nobody minds
	Log      *slog.Logger

	mu sync.Mutex // one Drain at a time
	at Heads
}

// Start sets the position after which the follower hears.
func (f *Follower) Start(at Heads) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.at = at
}

// At is the position up to which everything was heard.
func (f *Follower) At() Heads {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.at
}

// Drain hears everything told before it was called and returns how many facts
// those were. Whoever must see what another has committed calls it first.
func (f *Follower) Drain(ctx context.Context) (heard int, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	heads, err := HeadsOf(ctx, f.DB, f.Province)
	if err != nil {
		return 0, err
	}
	for part := range Parts {
		for f.at[part] < heads[part] {
			n, err := f.step(ctx, part)
			heard += n
			if err != nil {
				return heard, err
			}
			if n == 0 { // pruned: nobody told them to us, and nobody will
				f.at[part] = heads[part]
				f.missed()
			}
		}
	}
	return heard, nil
}

func (f *Follower) missed() {
	if f.Missed != nil {
		f.Missed()
	}
}

func (f *Follower) step(ctx context.Context, part int) (heard int, err error) {
	facts, err := factsAfter(ctx, f.DB, f.Province, Listener{Kinds: f.Kinds}, part, f.at[part])
	if err != nil {
		return 0, err
	}
	wants := Listener{Kinds: f.Kinds}
	if len(facts) > 0 && facts[0].Seq != f.at[part]+1 {
		f.missed()
	}
	for _, fact := range facts {
		if wants.wants(fact) {
			if err := f.Hear(ctx, fact); err != nil {
				return heard, fmt.Errorf("event: follower of part %d at %d: %w", part, fact.Seq, err)
			}
		}
		f.at[part] = fact.Seq
		heard++
	}
	return heard, nil
}

// Run follows until ctx ends.
func (f *Follower) Run(ctx context.Context) {
	woken, stop := f.DB.Watch(Topic)
	defer stop()
	pause := time.Duration(0)
	for ctx.Err() == nil {
		_, err := f.Drain(ctx)
		wait, heed := lookEvery, woken
		if err != nil && ctx.Err() == nil {
			pause = min(max(2*pause, 100*time.Millisecond), pauseMost)
			wait, heed = pause, nil
			f.Log.Error("a follower refuses a fact", "err", err, "again_in", pause)
		} else {
			pause = 0
		}
		select {
		case <-ctx.Done():
		case <-heed:
		case <-time.After(wait):
		}
	}
}
