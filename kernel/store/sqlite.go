package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"

	_ "modernc.org/sqlite" // registers the driver

	"khien/kernel/fault"
)

// pollEvery is how often another process's commits are looked for. A look costs
// a few microseconds: the engine keeps the number in shared memory.
const pollEvery = 200 * time.Millisecond

func openSQLite(ctx context.Context, c Config) (*DB, error) {
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("store: data folder: %w", err)
	}
	path := filepath.Join(c.Dir, "khien.db")
	if err := touch(path); err != nil {
		return nil, err
	}
	writer, err := sql.Open("sqlite", dsn(path, "_pragma=journal_mode(wal)", "_pragma=synchronous(full)", "_pragma=wal_autocheckpoint(0)"))
	if err != nil {
		return nil, fmt.Errorf("store: open %s: %w", path, err)
	}
	conn, err1 := writer.Conn(ctx)
	beside, err2 := writer.Conn(ctx)
	if err := cmp.Or(err1, err2); err != nil {
		return nil, fmt.Errorf("store: open %s: %w", path, err)
	}
	read, err := sql.Open("sqlite", dsn(path, "_pragma=query_only(1)"))
	if err != nil {
		return nil, fmt.Errorf("store: open %s: %w", path, err)
	}
	n := cmp.Or(c.Readers, 4)
	read.SetMaxOpenConns(n)
	read.SetMaxIdleConns(n)
	d := &DB{engine: SQLite, path: path, read: read}
	d.group = &group{conn: conn, stmts: map[string]*sql.Stmt{}, queue: make(chan *waiting, groupMost), quit: make(chan struct{}), folder: newFolder(beside)}
	run, stop := context.WithCancel(context.Background())
	d.stop = stop
	d.done.Go(func() {
		d.group.serve(run, d.wakes.wake, d.wakes.all)
		<-d.group.folder.done
		_ = beside.Close()
		_ = conn.Close()
		_ = writer.Close()
	})
	return d, nil
}

// touch makes the file readable by its owner alone.
func touch(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return fmt.Errorf("store: database file: %w", err)
	}
	return f.Close()
}

func dsn(path string, pragmas ...string) string {
	q := "?_pragma=busy_timeout(15000)&_pragma=foreign_keys(1)&_pragma=temp_store(memory)&_pragma=cache_size(-32768)&_pragma=mmap_size(2147418112)"
	for _, p := range pragmas {
		q += "&" + p
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + q
}

// probeBytes is more than a commit of a form's rows takes.
const probeBytes = 128 << 10

// room writes a small file beside SQLite's and takes it away: work that is undone
// never reaches the disk, and would not learn that it is full.
func (d *DB) room() error {
	if d.path == "" {
		return nil
	}
	probe := d.path + ".probe"
	err := os.WriteFile(probe, make([]byte, probeBytes), 0o600)
	if gone := os.Remove(probe); err == nil && !errors.Is(gone, fs.ErrNotExist) { // another prober's
		err = gone
	}
	if err != nil {
		return fault.New(fault.Busy, "store.full").Because(err)
	}
	return nil
}
