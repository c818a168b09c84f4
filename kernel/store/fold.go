package store

import (
	"context"
	"database/sql"
)

// SQLite keeps what is committed in a log beside the table file, and somebody must
// fold it in now and then: at 8,000 pages some 100 ms. By itself it does so inside
// the commit that fills the log, while those wait whose work is durable already;
// the writer does it after it has answered them.
const (
	foldBusy = 8_000 // pages that are not folded in, after a commit
	foldIdle = 1_000 // the same, when nothing was to be done for a while
)

// fold folds the log in when so many pages or more wait for it. What a reader still
// sees as it was stays for the next time, and so does what fails: the log holds it.
func (g *group) fold(least int64) {
	if g.unfolded() >= least {
		_ = Each(context.Background(), g, func(Scan) error { return nil }, "pragma wal_checkpoint(passive)")
	}
}

// unfolded is how many pages of the log are not folded in.
func (g *group) unfolded() int64 {
	n, err := One(context.Background(), g, func(scan Scan) (n int64, err error) {
		var busy, written, folded int64
		err = scan(&busy, &written, &folded)
		return written - folded, err
	}, "pragma wal_checkpoint(noop)")
	if err != nil {
		return 0
	}
	return n
}

// Query lets the writer ask outside of transactions, with Each and One.
func (g *group) Query(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	return g.query(ctx, text, args)
}
