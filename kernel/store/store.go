// Package store keeps Khiên's rows, in an embedded SQLite or in PostgreSQL,
// with one SQL text for both.
//
// An answer of success means that the commit is on disk. On SQLite one writer
// goroutine gathers the transactions that wait, runs each (but the first) in a
// savepoint and syncs once for all of them; a transaction that fails leaves its neighbours
// alone. On PostgreSQL every transaction is one of the engine's own, which
// gathers their log writes itself. See docs/adr/002-store.md.
//
// What the two engines share is written by capabilities: lower-case SQL with
// $1…$n. What only one has stays in this package or in a migration file named
// NAME.sqlite.sql or NAME.postgres.sql.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"
)

// Engine is one of the two databases.
type Engine string

// The engines.
const (
	SQLite   Engine = "sqlite"
	Postgres Engine = "postgres"
)

// Config says where the rows live.
type Config struct {
	Dir     string // folder of the embedded database; made with mode 0700
	URL     string // postgres://… instead of the embedded database; "" is SQLite
	Readers int    // SQLite read connections, PostgreSQL pool; 0: 4 and 16
}

// DB is an open database. It is safe for many goroutines.
type DB struct {
	engine Engine
	url    string // PostgreSQL's, for the listener
	path   string // SQLite's file
	read   *sql.DB
	group  *group // SQLite's writer; nil on PostgreSQL
	wakes  wakes
	grown  growth
	stop   context.CancelFunc
	done   sync.WaitGroup

	mu    sync.Mutex
	stmts map[string]*sql.Stmt // SQLite's readers': the texts that were asked first
}

// Open opens or makes the database and starts its writer and its wake-ups.
// The caller must Close it.
func Open(ctx context.Context, c Config) (*DB, error) {
	if c.URL == "" {
		return openSQLite(ctx, c)
	}
	if !strings.HasPrefix(c.URL, "postgres://") && !strings.HasPrefix(c.URL, "postgresql://") {
		return nil, errors.New("store: the database URL must begin with postgres://")
	}
	return openPostgres(ctx, c)
}

// Engine says which database this is.
func (d *DB) Engine() Engine { return d.engine }

// Path returns the file of the embedded database, "" on PostgreSQL.
func (d *DB) Path() string { return d.path }

// Close waits for the transactions at work, then closes every connection.
func (d *DB) Close() error {
	d.stop()
	d.done.Wait()
	return d.read.Close()
}

// Tx runs fn in one transaction and returns nil only when it is durable.
//
// fn may run more than once (PostgreSQL, after a deadlock), so it changes
// nothing but rows. When fn fails or panics, its rows are undone and its error
// or panic reaches the caller. Once fn has begun, the end of ctx no longer
// stops it: an answer may go unheard, but a row is never half-written.
func (d *DB) Tx(ctx context.Context, fn func(*Tx) error) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("store: not begun: %w", err)
	}
	if d.group != nil {
		return d.group.do(ctx, fn)
	}
	return d.txPostgres(ctx, fn)
}

// Query reads rows outside a transaction. The caller closes them; most callers
// want All, One or Each.
func (d *DB) Query(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	ask := d.read.QueryContext
	if s, err := d.prepared(ctx, text); err != nil {
		return nil, kind(err)
	} else if s != nil {
		ask = func(ctx context.Context, _ string, args ...any) (*sql.Rows, error) {
			return s.QueryContext(ctx, args...)
		}
	} else if d.engine == SQLite {
		text = unnamed(text)
	}
	rows, err := ask(ctx, text, args...)
	if err != nil {
		return nil, kind(err)
	}
	return rows, nil
}

// preparedMost bounds the statements that SQLite's readers keep prepared: to
// parse a text can cost more than to run it. Texts are constants, so that those
// of a day's work fit; what does not is parsed each time. PostgreSQL's driver
// keeps its own.
const preparedMost = 200

// prepared returns the statement of a text, nil when it is not kept.
func (d *DB) prepared(ctx context.Context, text string) (*sql.Stmt, error) {
	if d.engine != SQLite {
		return nil, nil
	}
	d.mu.Lock()
	s, full := d.stmts[text], len(d.stmts) >= preparedMost
	d.mu.Unlock()
	if s != nil || full {
		return s, nil
	}
	s, err := d.read.PrepareContext(ctx, unnamed(text))
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if first := d.stmts[text]; first != nil {
		_ = s.Close() // another was faster
		return first, nil
	}
	if d.stmts == nil {
		d.stmts = map[string]*sql.Stmt{}
	}
	d.stmts[text] = s
	return s, nil
}

// Ping writes and undoes a row's worth of work, to learn whether a commit could
// succeed now. It is the readiness check.
func (d *DB) Ping(ctx context.Context) error {
	if err := d.room(); err != nil {
		return err
	}
	errUndo := errors.New("undo")
	err := d.Tx(ctx, func(tx *Tx) error {
		if _, err := tx.Exec("create table store_probe (n bigint)"); err != nil {
			return err
		}
		return errUndo
	})
	if errors.Is(err, errUndo) {
		return nil
	}
	return err
}

// Millis is t as tables keep it: Unix milliseconds, 0 for the zero time.
func Millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// Time reads what Millis wrote, in UTC.
func Time(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
