package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"

	"khien/kernel/fault"
)

// Backup writes a whole copy of the embedded database to a new file, as it
// stands at one moment, while everybody goes on working (SQLite, VACUUM INTO).
// The file is readable by its owner alone. A file that is there already is
// fault.Conflict; on PostgreSQL, whose own tools do it, fault.Invalid.
func (d *DB) Backup(ctx context.Context, path string) error {
	if d.engine != SQLite {
		return fault.New(fault.Invalid, "store.backup_postgres")
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if errors.Is(err, os.ErrExist) {
		return fault.New(fault.Conflict, "store.backup_exists").With("file", path)
	}
	if err != nil {
		return fmt.Errorf("store: backup: %w", err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("store: backup: %w", err)
	}
	if err := d.vacuumInto(ctx, path); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

func (d *DB) vacuumInto(ctx context.Context, path string) error {
	db, err := sql.Open("sqlite", dsn(d.path))
	if err != nil {
		return fmt.Errorf("store: backup: %w", err)
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, "vacuum into $1", path); err != nil {
		return fmt.Errorf("store: backup: %w", kind(err))
	}
	return nil
}
