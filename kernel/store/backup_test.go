package store_test

import (
	"os"
	"path/filepath"
	"testing"

	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/store"
	"khien/kernel/store/storetest"
)

// A backup taken between two commits holds the first and not the second, and
// opens as a data folder of its own.
func TestBackup(t *testing.T) {
	db := storetest.Open(t, store.Config{Dir: t.TempDir()}, lines)
	add := func() {
		t.Helper()
		if err := db.Tx(t.Context(), func(tx *store.Tx) error { _, err := tx.Exec(insertThing, id.New(), "x"); return err }); err != nil {
			t.Fatal(err)
		}
	}
	add()
	dir := t.TempDir()
	path := filepath.Join(dir, "khien.db")
	if err := db.Backup(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	add()
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got %v, %v, want mode 0600", info.Mode(), err)
	}
	if got := count(t, storetest.Open(t, store.Config{Dir: dir}, nil)); got != 1 {
		t.Errorf("the backup has %d rows, want 1", got)
	}
	if err := db.Backup(t.Context(), path); !fault.Is(err, fault.Conflict) {
		t.Errorf("over a file that is there: got %v, want conflict", err)
	}
}
