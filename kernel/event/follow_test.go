package event_test

import (
	"context"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"khien/kernel/event"
	"khien/kernel/store"
	"khien/kernel/store/storetest"
)

func tellAll(t *testing.T, db *store.DB, all ...numbered) {
	t.Helper()
	err := db.Tx(context.Background(), func(tx *store.Tx) error {
		for _, n := range all {
			if err := event.Tell(tx, 20, n); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A follower hears what was told after it started, in the order of its key, once.
func TestFollowerHearsWhatCameAfter(t *testing.T) {
	storetest.Each(t, lines, func(t *testing.T, db *store.DB) {
		ctx := context.Background()
		tellAll(t, db, numbered{N: 1, Key: "a"}, numbered{N: 2, Key: "b"})
		heads, err := event.HeadsOf(ctx, db, 20)
		if err != nil {
			t.Fatal(err)
		}
		heard := map[string][]int{}
		f := &event.Follower{DB: db, Province: 20, Kinds: []string{"Numbered"}, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Hear: func(_ context.Context, f event.Fact) error {
			n, err := event.Decode[numbered](f)
			heard[n.Key] = append(heard[n.Key], n.N)
			return err
		}}
		f.Start(heads)
		for n := range 450 { // more than one batch
			tellAll(t, db, numbered{N: 10 + n, Key: "a"})
		}
		tellAll(t, db, numbered{N: 5, Key: "b"})
		for range 2 {
			if _, err := f.Drain(ctx); err != nil {
				t.Fatal(err)
			}
		}
		if d := cmp.Diff([]int{5}, heard["b"]); d != "" {
			t.Errorf("b: -want +got\n%s", d)
		}
		if got := heard["a"]; len(got) != 450 || got[0] != 10 || got[449] != 459 {
			t.Errorf("a: got %d facts", len(got))
		}
	})
}

// Run hears without being asked, and stops.
func TestFollowerRuns(t *testing.T) {
	storetest.Each(t, lines, func(t *testing.T, db *store.DB) {
		ctx, stop := context.WithCancel(context.Background())
		got := make(chan event.Fact, 8)
		f := &event.Follower{DB: db, Province: 20, Kinds: []string{"Numbered"}, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
			Hear: func(_ context.Context, f event.Fact) error { got <- f; return nil }}
		ended := make(chan struct{})
		go func() { f.Run(ctx); close(ended) }()
		tellAll(t, db, numbered{N: 1, Key: "a"})
		if f := <-got; f.Kind != "Numbered" {
			t.Errorf("got %+v", f)
		}
		stop()
		<-ended
	})
}

// A follower that stood still until facts were pruned is told so, once.
func TestFollowerMissesThePruned(t *testing.T) {
	storetest.Each(t, lines, func(t *testing.T, db *store.DB) {
		ctx, missed := context.Background(), 0
		f := &event.Follower{DB: db, Province: 20, Kinds: []string{"Numbered"}, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
			Hear: func(context.Context, event.Fact) error { return nil }, Missed: func() { missed++ }}
		drain := func(want int) {
			t.Helper()
			if _, err := f.Drain(ctx); err != nil || missed != want {
				t.Errorf("missed %d times, want %d: %v", missed, want, err)
			}
		}
		tellAll(t, db, numbered{N: 1, Key: "a"})
		drain(0)
		other := recorder("other")
		prune := func() {
			if err := bus(db).Drain(ctx, other); err != nil {
				t.Fatal(err)
			}
			if _, err := event.Prune(ctx, db, 20, []event.Listener{other}, time.Now().Add(time.Hour)); err != nil {
				t.Fatal(err)
			}
		}
		tellAll(t, db, numbered{N: 2, Key: "a"})
		prune()
		drain(1) // nothing is left
		tellAll(t, db, numbered{N: 3, Key: "a"})
		prune()
		tellAll(t, db, numbered{N: 4, Key: "a"})
		drain(2) // something is
		tellAll(t, db, numbered{N: 5, Key: "a"})
		drain(2)
	})
}
