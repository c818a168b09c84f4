package store

import (
	"context"
	"database/sql"
)

// SQLite keeps what is committed in a log beside the table file, and somebody must
// fold it in now and then: at 8,000 pages some 100 ms. By itself it does so inside
// the commit that fills the log, while those wait whose work is durable already.
// Here a connection of its own does it beside the work.
const (
	foldBusy = 8_000  // pages of the log at which folding begins, after a commit
	foldIdle = 1_000  // the same, when nothing was to be done for a while
	foldRest = 500    // so few are folded by the writer itself: while it writes on, the log has no end at which to begin anew
	foldMost = 32_000 // pages of the log at which the work waits until all is folded in
)

// folder folds the log in.
type folder struct {
	conn *sql.Conn
	done chan struct{} // closed when nothing is under way
}

func newFolder(conn *sql.Conn) *folder {
	f := &folder{conn: conn, done: make(chan struct{})}
	close(f.done)
	return f
}

// begin folds beside the work, unless that is under way.
func (f *folder) begin() {
	select {
	case <-f.done:
	default:
		return
	}
	done := make(chan struct{})
	f.done = done
	go func() {
		defer close(done)
		_, _ = f.conn.ExecContext(context.Background(), foldText)
	}()
}

// What a reader still sees as it was stays for the next time, and so does what
// fails: the log holds it.
const foldText = "pragma wal_checkpoint(passive)"

// fold sees to a log of so many pages or more.
func (g *group) fold(least int64) {
	written, left := g.log()
	if left == 0 || written < least {
		return
	}
	if written < foldMost && left > foldRest {
		g.folder.begin()
		return
	}
	if written >= foldMost {
		<-g.folder.done
	}
	_ = Each(context.Background(), g, func(Scan) error { return nil }, foldText)
}

// log returns how many pages the log has, and how many of them are not folded in.
func (g *group) log() (written, left int64) {
	err := Each(context.Background(), g, func(scan Scan) error {
		var busy, folded int64
		err := scan(&busy, &written, &folded)
		left = written - folded
		return err
	}, "pragma wal_checkpoint(noop)")
	if err != nil {
		return 0, 0
	}
	return written, left
}

// Query lets the writer ask outside of transactions, with Each and One.
func (g *group) Query(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	return g.query(ctx, text, args)
}
