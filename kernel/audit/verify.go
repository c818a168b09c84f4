package audit

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"khien/kernel/store"
)

// Flaw is what Verify found wrong at a row.
type Flaw string

// The flaws.
const (
	Changed   Flaw = "changed"   // a column or the hash is not what was written, or the rows were moved
	Removed   Flaw = "removed"   // the row is not there
	Inserted  Flaw = "inserted"  // a row stands after the end of the chain
	Headless  Flaw = "headless"  // the head is gone or says another hash than the last row
	Rewritten Flaw = "rewritten" // the chain is whole but is not the one whose head was noted
)

// Report is the result of Verify. Bad is 0 and Flaw "" for a whole chain.
type Report struct {
	Province int
	Rows     int64 // rows that were read and found good
	Head     Head  // as the database says
	Bad      int64 // seq of the first row that is not as it was written
	Flaw     Flaw
}

// OK reports whether the chain is whole.
func (r Report) OK() bool { return r.Flaw == "" }

// errStop ends the reading at the first flaw.
var errStop = errors.New("stop")

// Verify reads the whole chain of a province in constant memory, as it stood at
// one moment, and reports the first row that is not as it was written. noted is
// a head kept elsewhere, or the zero Head. An error says that the rows could not
// be read, not that they are bad.
func Verify(ctx context.Context, q store.Querier, province int, noted Head) (Report, error) {
	c := check{Report: Report{Province: province, Head: Head{Hash: genesis}}, noted: noted, prev: genesis}
	err := eachLinked(ctx, q, province, c.row)
	if err != nil && !errors.Is(err, errStop) {
		return Report{}, fmt.Errorf("audit: verify province %d: %w", province, err)
	}
	if !c.seen {
		if err := c.headless(ctx, q); err != nil {
			return Report{}, err
		}
	}
	c.end()
	return c.Report, nil
}

type check struct {
	Report
	noted Head
	prev  []byte
	seen  bool
}

// row checks one row against the one before; r is nil for a head without rows.
func (c *check) row(h Head, r *Row) error {
	c.Head, c.seen = h, true
	if r == nil {
		return nil
	}
	want := c.Rows + 1
	switch {
	case want > h.Seq || r.Seq < want:
		return c.bad(r.Seq, Inserted)
	case r.Seq > want:
		return c.bad(want, Removed)
	case !bytes.Equal(r.sum(c.prev), r.Hash):
		return c.bad(want, Changed)
	case want == c.noted.Seq && !bytes.Equal(r.Hash, c.noted.Hash):
		return c.bad(want, Rewritten)
	}
	c.Rows, c.prev = want, r.Hash
	return nil
}

func (c *check) bad(seq int64, f Flaw) error {
	c.Bad, c.Flaw = seq, f
	return errStop
}

// headless tells a chain that has not begun from one whose head was taken away.
func (c *check) headless(ctx context.Context, q store.Querier) error {
	n, err := countRows(ctx, q, c.Province)
	if err != nil {
		return fmt.Errorf("audit: verify province %d: %w", c.Province, err)
	}
	if n > 0 {
		_ = c.bad(1, Headless)
	}
	return nil
}

func (c *check) end() {
	switch {
	case !c.OK():
	case c.Rows < c.Head.Seq:
		_ = c.bad(c.Rows+1, Removed)
	case !bytes.Equal(c.prev, c.Head.Hash):
		_ = c.bad(c.Head.Seq, Headless)
	case c.noted.Seq > c.Head.Seq:
		_ = c.bad(c.Head.Seq+1, Removed)
	}
}
