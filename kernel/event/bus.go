package event

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"khien/kernel/store"
)

// Bounds of a delivery.
const (
	batchMost  = 200                    // facts in one transaction
	batchBytes = 256 << 10              // of payload in one transaction, or one fact: SQLite's other writers wait for it
	pauseMost  = time.Minute            // between tries of a fact that a listener refuses
	lookEvery  = 30 * time.Second       // even when nobody woke us
	gatherFor  = 100 * time.Millisecond // between two drains of a listener that hears in batches
)

// Bus delivers one province's facts to the listeners of this node. Several
// nodes may run the same listeners: the cursor's row lets one of them through.
type Bus struct {
	DB        *store.DB
	Province  int
	Listeners []Listener
	Log       *slog.Logger
}

// Run delivers until ctx ends and every delivery at work has stopped.
func (b *Bus) Run(ctx context.Context) {
	var all sync.WaitGroup
	for _, l := range b.Listeners {
		all.Go(func() { b.serve(ctx, l) })
	}
	all.Wait()
}

func (b *Bus) serve(ctx context.Context, l Listener) {
	woken, stop := b.DB.Watch(Topic)
	defer stop()
	pause := time.Duration(0)
	for ctx.Err() == nil {
		err := b.Drain(ctx, l)
		wait := lookEvery
		if err != nil && ctx.Err() == nil {
			pause = min(max(2*pause, 100*time.Millisecond), pauseMost)
			wait = pause
			b.Log.Error("a listener refuses a fact", "listener", l.Name, "err", err, "again_in", pause)
		} else {
			pause = 0
		}
		heed := woken
		if err != nil {
			heed = nil // a wake-up does not shorten the pause
		} else if l.HearAll != nil && !gather(ctx) {
			return
		}
		select {
		case <-ctx.Done():
		case <-heed:
		case <-time.After(wait):
		}
	}
}

// gather lets facts come together for a listener that hears in batches, and
// reports whether ctx goes on.
func gather(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(gatherFor):
		return true
	}
}

// Drain delivers everything that l has not heard, and returns when nothing is
// left or a fact was refused. A refused fact holds back its own part only.
func (b *Bus) Drain(ctx context.Context, l Listener) error {
	parts, err := partsWithNews(ctx, b.DB, b.Province, l.Name)
	if err != nil {
		return err
	}
	var refused error
	for _, part := range parts {
		for ctx.Err() == nil {
			n, err := b.step(ctx, l, part)
			if err != nil {
				refused = errors.Join(refused, err)
			}
			if err != nil || n < batchMost {
				break
			}
		}
	}
	return refused
}

// step delivers one batch of a part; when the batch fails, the facts before the
// one that is refused still go through, each alone.
func (b *Bus) step(ctx context.Context, l Listener, part int) (heard int, err error) {
	seq, err := cursor(ctx, b.DB, b.Province, l.Name, part)
	if err != nil {
		return 0, err
	}
	facts, err := factsAfter(ctx, b.DB, b.Province, l, part, seq)
	if err != nil || len(facts) == 0 {
		return 0, err
	}
	for len(facts) > 0 {
		n := fits(facts)
		err := b.deliver(ctx, l, seq, facts[:n])
		if errors.Is(err, errMoved) {
			return heard + n, nil
		}
		if err != nil {
			alone, err := b.deliverEach(ctx, l, seq, facts[:n])
			return heard + alone, err
		}
		heard, seq, facts = heard+n, facts[n-1].Seq, facts[n:]
	}
	return heard, nil
}

// fits returns how many of the facts go into one transaction, at least 1.
func fits(facts []Fact) int {
	bytes := 0
	for i, f := range facts {
		if bytes += len(f.Payload); i > 0 && bytes > batchBytes {
			return i
		}
	}
	return len(facts)
}

// deliverEach delivers facts each alone, up to the one that is refused.
func (b *Bus) deliverEach(ctx context.Context, l Listener, seq int64, facts []Fact) (heard int, err error) {
	for _, f := range facts {
		if err := b.deliver(ctx, l, seq, []Fact{f}); err != nil {
			return heard, err
		}
		heard, seq = heard+1, f.Seq
	}
	return heard, nil
}

// errMoved says that another node has moved the cursor.
var errMoved = errors.New("event: cursor moved")

func (b *Bus) deliver(ctx context.Context, l Listener, from int64, facts []Fact) error {
	last := facts[len(facts)-1]
	return b.DB.Tx(ctx, func(tx *store.Tx) error {
		moved, err := moveCursor(tx, b.Province, l.Name, last.Part, from, last.Seq)
		if err != nil {
			return err
		}
		if !moved {
			return errMoved
		}
		return l.hear(tx, facts)
	})
}
