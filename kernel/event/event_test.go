package event_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"khien/kernel/event"
	"khien/kernel/store"
	"khien/kernel/store/storetest"
)

var lines = []storetest.Line{
	{Name: "event", Files: event.Migrations()},
	{Name: "heard", Files: fstest.MapFS{"00001_heard.sql": {Data: []byte(`-- +goose Up
create table heard_row (province smallint not null, n bigint not null, who text not null, times bigint not null, place bigint not null, primary key (province, n, who));
`)}}},
}

type numbered struct {
	N   int    `json:"n"`
	Key string `json:"key"`
}

func (numbered) FactKind() string  { return "Numbered" }
func (f numbered) FactKey() string { return f.Key }

func bus(db *store.DB, ls ...event.Listener) *event.Bus {
	return &event.Bus{DB: db, Province: 20, Listeners: ls, Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
}

// recorder writes what it hears into a table, in the order of hearing.
func recorder(name string) event.Listener {
	return event.Listener{Name: name, Kinds: []string{"Numbered"}, Hear: func(ctx context.Context, tx *store.Tx, f event.Fact) error {
		b, err := event.Decode[numbered](f)
		if err != nil {
			return err
		}
		_, err = tx.Exec(`insert into heard_row (province, n, who, times, place) values (20, $1, $2, 1,
			(select coalesce(max(place), 0) + 1 from heard_row where province = 20 and who = $2))
			on conflict (province, n, who) do update set times = heard_row.times + 1`, b.N, name)
		return err
	}}
}

func tell(t *testing.T, db *store.DB, n int, key string) {
	t.Helper()
	err := db.Tx(t.Context(), func(tx *store.Tx) error { return event.Tell(tx, 20, numbered{n, key}) })
	if err != nil {
		t.Fatal(err)
	}
}

func heard(t *testing.T, db *store.DB, who string) (ns []int64) {
	t.Helper()
	ns, err := store.All(t.Context(), db, store.Int, "select n from heard_row where province = 20 and who = $1 and times = 1 order by place", who)
	if err != nil {
		t.Fatal(err)
	}
	return ns
}

func TestInOrderAndOnce(t *testing.T) {
	storetest.Each(t, lines, func(t *testing.T, db *store.DB) {
		const facts = 450
		for n := range facts {
			tell(t, db, n, "same")
		}
		l := recorder("a")
		for range 3 {
			if err := bus(db).Drain(t.Context(), l); err != nil {
				t.Fatal(err)
			}
		}
		got := heard(t, db, "a")
		if len(got) != facts || !slices.IsSorted(got) {
			t.Errorf("got %d facts, sorted %v, want %d in order", len(got), slices.IsSorted(got), facts)
		}
	})
}

// A transaction that tells and is undone has told nothing.
func TestUndoneIsUntold(t *testing.T) {
	storetest.Each(t, lines, func(t *testing.T, db *store.DB) {
		_ = db.Tx(t.Context(), func(tx *store.Tx) error {
			_ = event.Tell(tx, 20, numbered{1, "k"})
			return errors.New("no")
		})
		tell(t, db, 2, "k")
		if err := bus(db).Drain(t.Context(), recorder("a")); err != nil {
			t.Fatal(err)
		}
		if got := heard(t, db, "a"); !slices.Equal(got, []int64{2}) {
			t.Errorf("got %v, want only 2", got)
		}
	})
}

// A fact whose transaction is held open while others commit is heard all the
// same, whatever its part: no cursor runs past it.
func TestLateCommitIsHeard(t *testing.T) {
	url := storetest.PostgresURL(t) // SQLite has one writer: nothing can be held open there
	db := storetest.Open(t, store.Config{URL: url}, lines)
	inside, release := make(chan struct{}), make(chan struct{})
	var held sync.WaitGroup
	held.Go(func() {
		err := db.Tx(context.Background(), func(tx *store.Tx) error {
			tx.AtEnd(15, func() error { close(inside); <-release; return nil }) // after the fact has its number
			return event.Tell(tx, 20, numbered{1000, "held"})
		})
		if err != nil {
			t.Error(err)
		}
	})
	<-inside
	free := 0
	var waiting sync.WaitGroup
	for n := range 40 { // some keys share the held part and wait; the others commit now
		waiting.Go(func() {
			if err := db.Tx(context.Background(), func(tx *store.Tx) error { return event.Tell(tx, 20, numbered{n, fmt.Sprint(n)}) }); err != nil {
				t.Error(err)
			}
		})
	}
	for free < 30 && t.Context().Err() == nil {
		if err := bus(db).Drain(t.Context(), recorder("a")); err != nil {
			t.Fatal(err)
		}
		free = len(heard(t, db, "a"))
	}
	close(release)
	held.Wait()
	waiting.Wait()
	if err := bus(db).Drain(t.Context(), recorder("a")); err != nil {
		t.Fatal(err)
	}
	got := heard(t, db, "a")
	if len(got) != 41 || !slices.Contains(got, 1000) {
		t.Errorf("got %d facts, the held one: %v; want 41 and it", len(got), slices.Contains(got, 1000))
	}
}

// Two nodes run one listener; each fact is heard once.
func TestTwoNodes(t *testing.T) {
	storetest.Each(t, lines, func(t *testing.T, db *store.DB) {
		const facts = 300
		for n := range facts {
			tell(t, db, n, fmt.Sprint(n))
		}
		var nodes sync.WaitGroup
		for range 2 {
			nodes.Go(func() {
				if err := bus(db).Drain(context.Background(), recorder("a")); err != nil {
					t.Error(err)
				}
			})
		}
		nodes.Wait()
		if got := heard(t, db, "a"); len(got) != facts {
			t.Errorf("got %d facts heard once, want %d", len(got), facts)
		}
	})
}

// A refused fact holds back what follows in its part and nothing else, and is
// heard when the listener takes it.
func TestRefusedFactComesAgain(t *testing.T) {
	storetest.Each(t, lines, func(t *testing.T, db *store.DB) {
		for n := range 20 {
			tell(t, db, n, "k")
		}
		l := recorder("a")
		hear, refuse := l.Hear, true
		l.Hear = func(ctx context.Context, tx *store.Tx, f event.Fact) error {
			if b, _ := event.Decode[numbered](f); b.N == 10 && refuse {
				return errors.New("not now")
			}
			return hear(ctx, tx, f)
		}
		if err := bus(db).Drain(t.Context(), l); err == nil {
			t.Error("the refusal was not reported")
		}
		if got := heard(t, db, "a"); len(got) != 10 {
			t.Errorf("got %d before the refused one, want 10", len(got))
		}
		refuse = false
		if err := bus(db).Drain(t.Context(), l); err != nil {
			t.Fatal(err)
		}
		if got := heard(t, db, "a"); len(got) != 20 || !slices.IsSorted(got) {
			t.Errorf("got %v, want 20 in order", got)
		}
	})
}

func TestPruneKeepsTheUnheard(t *testing.T) {
	storetest.Each(t, lines, func(t *testing.T, db *store.DB) {
		a, b := recorder("a"), recorder("b")
		tell(t, db, 1, "k")
		for _, l := range []event.Listener{a, b} {
			if err := bus(db).Drain(t.Context(), l); err != nil {
				t.Fatal(err)
			}
		}
		tell(t, db, 2, "k")
		if err := bus(db).Drain(t.Context(), a); err != nil {
			t.Fatal(err)
		}
		n, err := event.Prune(t.Context(), db, 20, []event.Listener{a, b}, time.Now().Add(time.Hour))
		if err != nil || n != 1 {
			t.Errorf("pruned %d, %v, want 1", n, err)
		}
		if err := bus(db).Drain(t.Context(), b); err != nil {
			t.Fatal(err)
		}
		if got := heard(t, db, "b"); !slices.Equal(got, []int64{1, 2}) {
			t.Errorf("b heard %v, want 1 and 2", got)
		}
	})
}
