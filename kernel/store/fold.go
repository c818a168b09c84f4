package store

import "context"

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
		_ = g.pragma("pragma wal_checkpoint(passive)", func(Scan) error { return nil })
	}
}

// unfolded is how many pages of the log are not folded in.
func (g *group) unfolded() (pages int64) {
	_ = g.pragma("pragma wal_checkpoint(noop)", func(scan Scan) error {
		var busy, written, folded int64
		err := scan(&busy, &written, &folded)
		pages = written - folded
		return err
	})
	return pages
}

func (g *group) pragma(text string, row func(Scan) error) error {
	rows, err := g.query(context.Background(), text, nil)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}
