package store_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/fstest"

	"khien/kernel/area"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/store"
	"khien/kernel/store/storetest"
)

var lines = []storetest.Line{{Name: "thing", Files: fstest.MapFS{
	"00001_thing.sql": {Data: []byte(`-- +goose Up
create table thing_row (
	province smallint not null,
	id uuid not null,
	area bigint not null default 0,
	name text not null check (name <> ''),
	ok boolean not null default false,
	weight double precision,
	sealed bytea,
	primary key (province, id)
);
`)},
	"00002_only.sqlite.sql":   {Data: []byte("-- +goose Up\ncreate table thing_lite (province smallint primary key);\n")},
	"00002_only.postgres.sql": {Data: []byte("-- +goose Up\ncreate table thing_pg (province smallint primary key);\n")},
}}}

const insertThing = "insert into thing_row (province, id, name) values (20, $1, $2)"

func count(t *testing.T, q store.Querier) int64 {
	t.Helper()
	n, err := store.One(t.Context(), q, store.Int, "select count(*) from thing_row where province = 20")
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestTypesRoundTrip(t *testing.T) {
	type thing struct {
		id     id.ID
		area   area.Code
		name   string
		ok     bool
		weight float64
		sealed []byte
	}
	storetest.Each(t, lines, func(t *testing.T, db *store.DB) {
		want := thing{id.New(), 20212018606412000, "Hữu Lũng", true, 1.5, []byte{0, 255}}
		bulk := store.Bulk{Table: "thing_row", Columns: []string{"province", "id", "area", "name", "ok", "weight", "sealed"}}
		err := db.Tx(t.Context(), func(tx *store.Tx) error {
			_, err := bulk.Insert(tx, slices.Values([][]any{{20, want.id, want.area, want.name, want.ok, want.weight, want.sealed}}))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		got, err := store.One(t.Context(), db, func(s store.Scan) (v thing, err error) {
			err = s(&v.id, &v.area, &v.name, &v.ok, &v.weight, &v.sealed)
			return v, err
		}, "select id, area, name, ok, weight, sealed from thing_row where $2 <> '' and id = $1 and province = 20", want.id, "x")
		if err != nil {
			t.Fatal(err)
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}

// One bad row in a group leaves its neighbours, and each caller hears its own answer.
func TestNeighboursOfABadRow(t *testing.T) {
	storetest.Each(t, lines, func(t *testing.T, db *store.DB) {
		const callers = 200
		errs := make([]error, callers)
		var wg sync.WaitGroup
		for i := range callers {
			wg.Go(func() {
				errs[i] = db.Tx(context.Background(), func(tx *store.Tx) error {
					if _, err := tx.Exec(insertThing, id.New(), "kept"); err != nil {
						return err
					}
					name := "good"
					if i%5 == 0 {
						name = "" // refused by the check; the row before it must go too
					}
					_, err := tx.Exec(insertThing, id.New(), name)
					return err
				})
			})
		}
		wg.Wait()
		for i, err := range errs {
			if bad := i%5 == 0; bad != fault.Is(err, fault.Invalid) || !bad && err != nil {
				t.Errorf("caller %d: got %v", i, err)
			}
		}
		if got, want := count(t, db), int64(callers*4/5*2); got != want {
			t.Errorf("got %d rows, want %d", got, want)
		}
	})
}

// In one group of SQLite's: whoever fails first, later or last, or panics, leaves
// those beside them, and nothing of their own.
func TestGroupWithBadRows(t *testing.T) {
	for _, bad := range []string{"b...", ".b..", "...b", "bb..", "b.b.", ".bb.", "bbbb", "p...", ".p..", "p.b."} {
		t.Run(bad, func(t *testing.T) {
			db := storetest.Open(t, store.Config{Dir: t.TempDir()}, lines)
			errs, want := make([]error, len(bad)), int64(0)
			var wg sync.WaitGroup
			var put func(i int)
			put = func(i int) {
				defer func() {
					if p := recover(); p != nil {
						errs[i] = errors.New("panic")
					}
				}()
				errs[i] = db.Tx(context.Background(), func(tx *store.Tx) error {
					if i == 0 { // the others come while the first is at work
						for next := 1; next < len(bad); next++ {
							wg.Go(func() { put(next) })
							for db.Queued() < next {
								runtime.Gosched()
							}
						}
					}
					if _, err := tx.Exec(insertThing, id.New(), "kept"); err != nil || bad[i] == '.' {
						return err
					}
					if bad[i] == 'p' {
						panic("bug")
					}
					_, err := tx.Exec(insertThing, id.New(), "")
					return err
				})
			}
			put(0)
			wg.Wait()
			for i, err := range errs {
				if good := bad[i] == '.'; good != (err == nil) {
					t.Errorf("transaction %d: %v", i, err)
				} else if good {
					want++
				}
			}
			if got := count(t, db); got != want {
				t.Errorf("%d rows, want %d", got, want)
			}
		})
	}
}

func TestDuplicateIsConflict(t *testing.T) {
	storetest.Each(t, lines, func(t *testing.T, db *store.DB) {
		same := id.New()
		add := func(tx *store.Tx) error { _, err := tx.Exec(insertThing, same, "a"); return err }
		if err := db.Tx(t.Context(), add); err != nil {
			t.Fatal(err)
		}
		if err := db.Tx(t.Context(), add); !store.IsDuplicate(err) || !fault.Is(err, fault.Conflict) {
			t.Errorf("got %v, want a duplicate", err)
		}
	})
}

// A caller that goes away once its transaction has begun does not undo it.
func TestCallerGoesAway(t *testing.T) {
	storetest.Each(t, lines, func(t *testing.T, db *store.DB) {
		ctx, cancel := context.WithCancel(t.Context())
		err := db.Tx(ctx, func(tx *store.Tx) error {
			if _, err := tx.Exec(insertThing, id.New(), "a"); err != nil {
				return err
			}
			cancel()
			_, err := tx.Exec(insertThing, id.New(), "b")
			return err
		})
		if err != nil || count(t, db) != 2 {
			t.Errorf("got %v and %d rows, want 2", err, count(t, db))
		}
		if err := db.Tx(ctx, func(*store.Tx) error { t.Error("begun for a caller that had gone"); return nil }); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want canceled", err)
		}
	})
}

func TestPanicReachesTheCaller(t *testing.T) {
	storetest.Each(t, lines, func(t *testing.T, db *store.DB) {
		func() {
			defer func() {
				if recover() == nil {
					t.Error("the panic was swallowed")
				}
			}()
			_ = db.Tx(t.Context(), func(tx *store.Tx) error {
				_, _ = tx.Exec(insertThing, id.New(), "a")
				panic("bug")
			})
		}()
		if got := count(t, db); got != 0 {
			t.Errorf("got %d rows, want none", got)
		}
		if err := db.Ping(t.Context()); err != nil {
			t.Errorf("after a panic: %v", err)
		}
	})
}

func TestEndsRunInOrder(t *testing.T) {
	storetest.Each(t, lines, func(t *testing.T, db *store.DB) {
		var got []int
		err := db.Tx(t.Context(), func(tx *store.Tx) error {
			got = nil
			tx.AtEnd(20, func() error { got = append(got, 20); return nil })
			tx.AtEnd(10, func() error {
				got = append(got, 10)
				tx.AtEnd(15, func() error { got = append(got, 15); return nil })
				return nil
			})
			return nil
		})
		if want := []int{10, 15, 20}; err != nil || !slices.Equal(got, want) {
			t.Errorf("got %v, %v, want %v", got, err, want)
		}
	})
}

func TestBulk(t *testing.T) {
	storetest.Each(t, lines, func(t *testing.T, db *store.DB) {
		const rows = 3500
		ids := make([]id.ID, rows)
		for i := range ids {
			ids[i] = id.New()
		}
		insert := func(onConflict string) (n int64, err error) {
			b := store.Bulk{Table: "thing_row", Columns: []string{"province", "id", "name"}, OnConflict: onConflict}
			err = db.Tx(t.Context(), func(tx *store.Tx) error {
				n, err = b.Insert(tx, func(yield func([]any) bool) {
					for _, i := range ids {
						if !yield([]any{20, i, "x"}) {
							return
						}
					}
				})
				return err
			})
			return n, err
		}
		if n, err := insert(""); err != nil || n != rows {
			t.Fatalf("got %d, %v, want %d", n, err, rows)
		}
		if _, err := insert(""); !store.IsDuplicate(err) {
			t.Errorf("again: got %v, want a duplicate", err)
		}
		if n, err := insert("on conflict do nothing"); err != nil || n != 0 {
			t.Errorf("ignored: got %d, %v, want 0", n, err)
		}
		if got := count(t, db); got != rows {
			t.Errorf("got %d rows, want %d", got, rows)
		}
	})
}

// A table that an import fills is counted while it grows: PostgreSQL would
// otherwise plan, until the import has ended, as if the table were empty.
func TestGrownTableIsCounted(t *testing.T) {
	db := storetest.Open(t, store.Config{URL: storetest.PostgresURL(t)}, lines) // SQLite plans without counting
	b := store.Bulk{Table: "thing_row", Columns: []string{"province", "id", "name"}, OnConflict: "on conflict do nothing"}
	known := func(tx *store.Tx) (n int64) {
		n, err := store.One(t.Context(), tx, store.Int, "select cast(reltuples as bigint) from pg_class where oid = to_regclass('thing_row')")
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	err := db.Tx(t.Context(), func(tx *store.Tx) error {
		for _, rows := range []int{900, 300, 5000} {
			_, err := b.Insert(tx, func(yield func([]any) bool) {
				for range rows {
					if !yield([]any{20, id.New(), "x"}) {
						return
					}
				}
			})
			if err != nil {
				return err
			}
			if n := known(tx); rows == 900 && n > 0 || rows == 300 && n < 1000 || rows == 5000 && n < 4000 {
				t.Errorf("after %d rows PostgreSQL knows of %d", rows, n)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// A wake-up reaches a second handle on the same data: another process on
// SQLite, another node on PostgreSQL.
func TestWakeReachesAnotherNode(t *testing.T) {
	each := func(t *testing.T, c store.Config) {
		a, b := storetest.Open(t, c, lines), storetest.Open(t, c, nil)
		woken, stop := b.Watch("things")
		defer stop()
		for try := 0; ; try++ { // the listener may still be connecting: a hint may be lost then, so tell again
			err := a.Tx(t.Context(), func(tx *store.Tx) error {
				tx.Wake("things")
				_, err := tx.Exec(insertThing, id.New(), "x")
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			select {
			case <-woken:
				return
			case <-t.Context().Done():
				t.Fatal("never woken")
			default:
				if try > 100_000 {
					t.Fatal("never woken")
				}
			}
		}
	}
	t.Run("sqlite", func(t *testing.T) { each(t, store.Config{Dir: t.TempDir()}) })
	t.Run("postgres", func(t *testing.T) { each(t, store.Config{URL: storetest.PostgresURL(t)}) })
}

func TestSecondServerIsRefused(t *testing.T) {
	dir := t.TempDir()
	unlock, err := store.LockFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.LockFolder(dir); !fault.Is(err, fault.Conflict) {
		t.Errorf("got %v, want conflict", err)
	}
	unlock()
	again, err := store.LockFolder(dir)
	if err != nil {
		t.Fatalf("after the first ended: %v", err)
	}
	again()
}

// The database grows into a page limit as into a full disk: the one who asks
// hears it, what stood stays, and room makes it work again.
func TestFullDisk(t *testing.T) {
	db := storetest.Open(t, store.Config{Dir: t.TempDir()}, lines)
	limit := func(pages int) {
		err := db.Tx(t.Context(), func(tx *store.Tx) error {
			_, err := store.One(t.Context(), tx, store.Int, fmt.Sprintf("pragma max_page_count = %d", pages))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	add := func() error {
		return db.Tx(t.Context(), func(tx *store.Tx) error {
			for range 50 {
				if _, err := tx.Exec("insert into thing_row (province, id, name, sealed) values (20, $1, 'x', $2)", id.New(), make([]byte, 4000)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := add(); err != nil {
		t.Fatal(err)
	}
	limit(1)
	err := add()
	if f := fault.Of(err); f == nil || f.Key != "store.full" {
		t.Fatalf("got %v, want store.full", err)
	}
	if got := count(t, db); got != 50 {
		t.Errorf("got %d rows, want the 50 that were acknowledged", got)
	}
	limit(1_000_000)
	if err := add(); err != nil {
		t.Errorf("with room again: %v", err)
	}
}

// Work that is undone never reaches the disk: a node on a full one said that it
// was ready. What cannot be written here is a file where a folder stands.
func TestPingWritesToTheDisk(t *testing.T) {
	db := storetest.Open(t, store.Config{Dir: t.TempDir()}, nil)
	if err := db.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(db.Path()+".probe", 0o700); err != nil {
		t.Fatal(err)
	}
	if err := db.Ping(t.Context()); !fault.Is(err, fault.Busy) {
		t.Errorf("got %v, want busy", err)
	}
}
