package store

import (
	"context"
	"database/sql"
	"errors"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"khien/kernel/fault"
)

// kind turns what an engine says into the faults that callers know; what it
// does not know it leaves as it is.
func kind(err error) error {
	if err == nil || fault.Of(err) != nil {
		return err
	}
	if errors.Is(err, sql.ErrNoRows) {
		return fault.New(fault.NotFound, "store.row")
	}
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		return kindSQLite(lite)
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return kindPostgres(pg)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return fault.New(fault.Busy, "store.slow").Because(err)
	}
	return err
}

func kindSQLite(err *sqlite.Error) error {
	switch code := err.Code(); {
	case code == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY || code == sqlite3.SQLITE_CONSTRAINT_UNIQUE:
		return fault.New(fault.Conflict, "store.duplicate").Because(err)
	case code&0xff == sqlite3.SQLITE_CONSTRAINT:
		return fault.New(fault.Invalid, "store.constraint").Because(err)
	case code&0xff == sqlite3.SQLITE_BUSY || code&0xff == sqlite3.SQLITE_LOCKED:
		return fault.New(fault.Busy, "store.busy").Because(err)
	case code&0xff == sqlite3.SQLITE_FULL || code == sqlite3.SQLITE_IOERR_WRITE:
		return fault.New(fault.Busy, "store.full").Because(err)
	case code&0xff == sqlite3.SQLITE_READONLY:
		return fault.New(fault.Busy, "store.readonly").Because(err)
	}
	return err
}

func kindPostgres(err *pgconn.PgError) error {
	switch err.Code {
	case "23505": // unique_violation
		return fault.New(fault.Conflict, "store.duplicate").Because(err)
	case "23502", "23514", "22001", "22003": // not null, check, too long, out of range
		return fault.New(fault.Invalid, "store.constraint").Because(err)
	case "40001", "40P01", "55P03", "53300", "57P03": // serialization, deadlock, lock, connections, starting
		return fault.New(fault.Busy, "store.busy").Because(err)
	case "53100": // disk_full
		return fault.New(fault.Busy, "store.full").Because(err)
	case "25006": // read_only_sql_transaction
		return fault.New(fault.Busy, "store.readonly").Because(err)
	}
	return err
}

// again reports whether PostgreSQL asks for the transaction to be run once more.
func again(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.Code == "40001" || pg.Code == "40P01")
}

// IsDuplicate reports whether err says that a row with that key stands already.
func IsDuplicate(err error) bool {
	f := fault.Of(err)
	return f != nil && f.Key == "store.duplicate"
}
