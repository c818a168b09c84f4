package store_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"khien/kernel/store"
)

// TestLogIsFoldedIn writes more than the log may hold and looks at the files: the
// table file gets it although no connection folds by itself, in a burst and in rest.
func TestLogIsFoldedIn(t *testing.T) {
	dir := t.TempDir()
	db, err := store.Open(t.Context(), store.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	write := func(rows int) {
		t.Helper()
		err := db.Tx(t.Context(), func(tx *store.Tx) error {
			for range rows {
				if _, err := tx.Exec("insert into fold_try (bytes) values (zeroblob(4000))"); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := db.Tx(t.Context(), func(tx *store.Tx) error {
		_, err := tx.Exec("create table fold_try (bytes bytea)")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	for range 25 { // each less than the log may hold, together half as much again
		write(2_000)
	}
	log := size(t, dir, "khien.db-wal")
	if most := int64(145 << 20); log > most { // 32,000 pages and a commit
		t.Errorf("the log swells to %d bytes, more than %d", log, most)
	}
	write(2_000)
	holds(t, dir, 200<<20) // in rest
}

// holds waits until the table file is as large.
func holds(t *testing.T, dir string, least int64) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for size(t, dir, "khien.db") < least {
		select {
		case <-ctx.Done():
			t.Fatalf("the table file holds %d bytes, not %d", size(t, dir, "khien.db"), least)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func size(t *testing.T, dir, name string) int64 {
	t.Helper()
	i, err := os.Stat(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return i.Size()
}
