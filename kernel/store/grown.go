package store

import (
	"fmt"
	"sync"
)

// PostgreSQL plans by what it last counted of a table, and counts again about a
// minute after its rows are committed. What a long import has just written into
// an empty table it takes for nothing, and answers look-ups among it by reading
// it all. So tables that grow quickly are counted here.

// growth holds how many rows this node has written into each table with Bulk.
type growth struct {
	mu   sync.Mutex
	rows map[string]int64
}

// The first count of a table follows so many rows, each further one so many
// times as many as stood at the one before; beyond the last PostgreSQL has counted.
const (
	countedFirst = 1_000
	countedTimes = 4
	countedLast  = 1_000_000
)

// add adds rows and says whether a table has passed a size at which it is counted.
func (g *growth) add(table string, rows int64) (size int64, passed bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.rows == nil {
		g.rows = map[string]int64{}
	}
	before, after := g.rows[table], g.rows[table]+rows
	g.rows[table] = after
	for at := int64(countedFirst); at <= countedLast; at *= countedTimes {
		passed = passed || before < at && at <= after
	}
	return after, passed
}

// count lets PostgreSQL count a table of which it knows less than half of
// what was written. Somebody else's count is not waited for.
func (t *Tx) count(table string, written int64) error {
	if t.grown == nil {
		return nil
	}
	size, passed := t.grown.add(table, written)
	if !passed {
		return nil
	}
	known, err := One(t.ctx, t, Int, "select cast(greatest(reltuples, 0) as bigint) from pg_class where oid = to_regclass($1)", table)
	if err != nil || known >= size/2 {
		return err
	}
	if _, err = t.Exec("analyze (skip_locked) " + table); err != nil {
		return fmt.Errorf("store: count %s: %w", table, err)
	}
	return nil
}
