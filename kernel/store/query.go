package store

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"khien/kernel/fault"
	"khien/kernel/id"
)

// Querier reads: a DB outside a transaction, a Tx inside one.
type Querier interface {
	Query(ctx context.Context, text string, args ...any) (*sql.Rows, error)
}

// Planned asks PostgreSQL for a plan made for the values of each query, which it
// otherwise makes once for any values: for lists with filters, of which one value
// picks ten rows and another a hundred thousand. SQLite has one plan for any.
func Planned(q Querier) Querier {
	if e, ok := q.(interface{ Engine() Engine }); ok && e.Engine() == Postgres {
		return planned{q}
	}
	return q
}

type planned struct{ Querier }

func (p planned) Query(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	return p.Querier.Query(ctx, text, append([]any{pgx.QueryExecModeCacheDescribe}, args...)...)
}

// partMost is how many values one statement is asked for.
const partMost = 200

// EachPart calls do for parts of all, with the province as $1 and the parameters of a
// part as marks, "$2, $3, …", for an "in (…)".
func EachPart[T any](province int, all []T, do func(marks string, args []any) error) error {
	for part := range slices.Chunk(all, partMost) {
		if err := do(Marks(part, []any{province}, Same)); err != nil {
			return err
		}
	}
	return nil
}

// Same is the value of what is one.
func Same[T any](v T) any { return v }

// Marks adds a value for each of all to the arguments of a statement, and returns the
// parameters that stand for them. The last is said again until there are 1, 4, 16, 64
// or 200 (of more, as many as there are): texts recur, and an engine that knows one
// need not read and plan it anew.
// Of none it is null, which nothing is in.
func Marks[T any](all []T, args []any, value func(T) any) (marks string, _ []any) {
	if len(all) == 0 {
		return "null", args
	}
	size := 1
	for size < len(all) {
		size *= 4
	}
	if size > partMost {
		size = max(partMost, len(all))
	}
	names := make([]string, size)
	for i := range size {
		args = append(args, value(all[min(i, len(all)-1)]))
		names[i] = fmt.Sprintf("$%d", len(args))
	}
	return strings.Join(names, ", "), args
}

// Scan reads one row's columns into dest, as sql.Rows.Scan does.
type Scan func(dest ...any) error

// Each calls row for every row in turn, in constant memory, and stops at its first error.
func Each(ctx context.Context, q Querier, row func(Scan) error, text string, args ...any) error {
	rows, err := q.Query(ctx, text, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			return err
		}
	}
	return kind(rows.Err())
}

// All returns every row as read by scan; nil when there is none.
func All[T any](ctx context.Context, q Querier, scan func(Scan) (T, error), text string, args ...any) ([]T, error) {
	var all []T
	err := Each(ctx, q, func(s Scan) error {
		v, err := scan(s)
		all = append(all, v)
		return err
	}, text, args...)
	if err != nil {
		return nil, err
	}
	return all, nil
}

// One returns the first row; fault.NotFound when there is none.
func One[T any](ctx context.Context, q Querier, scan func(Scan) (T, error), text string, args ...any) (T, error) {
	var zero T
	all, err := All(ctx, q, scan, text, args...)
	if err != nil {
		return zero, err
	}
	if len(all) == 0 {
		return zero, fault.New(fault.NotFound, "store.row")
	}
	return all[0], nil
}

// Int scans a row of one integer.
func Int(s Scan) (n int64, err error) {
	err = s(&n)
	return n, err
}

// ID scans a row of one id.
func ID(s Scan) (i id.ID, err error) {
	err = s(&i)
	return i, err
}

// Text scans a row of one text.
func Text(s Scan) (v string, err error) {
	err = s(&v)
	return v, err
}

// Bulk is an insert of many rows at once.
type Bulk struct {
	Table   string
	Columns []string
	// OnConflict is the text after the values, such as "on conflict do nothing";
	// "" lets PostgreSQL COPY.
	OnConflict string
}

// bulkParams bounds the parameters of one statement; PostgreSQL's limit is 65,535.
const bulkParams = 1200

// copyLeast is from how many rows on COPY, which asks PostgreSQL three times,
// beats a statement, which asks once.
const copyLeast = 8

// Insert writes rows, each as long as b.Columns, and returns how many were written.
func (b Bulk) Insert(t *Tx, rows iter.Seq[[]any]) (int64, error) {
	if t.engine == SQLite {
		return b.each(t, rows)
	}
	size := max(1, bulkParams/len(b.Columns))
	if b.OnConflict == "" {
		size = 10_000
	}
	var total int64
	batch := make([][]any, 0, min(size, 1024))
	flush := func() error {
		n, err := b.write(t, batch)
		total += n
		batch = batch[:0]
		if err != nil {
			return err
		}
		return t.count(b.Table, n)
	}
	for row := range rows {
		if len(row) != len(b.Columns) {
			return total, b.misfit(row)
		}
		batch = append(batch, row)
		if len(batch) == size {
			if err := flush(); err != nil {
				return total, err
			}
		}
	}
	if len(batch) == 0 {
		return total, nil
	}
	return total, flush()
}

// each runs one statement a row, as SQLite likes it: one of many rows opens a
// journal of its own, and closing that walks all that the transaction has
// written, which was half of an import's time.
func (b Bulk) each(t *Tx, rows iter.Seq[[]any]) (total int64, err error) {
	text := b.text(1)
	for row := range rows {
		if len(row) != len(b.Columns) {
			return total, b.misfit(row)
		}
		n, err := t.Exec(text, row...)
		if err != nil {
			return total, err
		}
		total += n
	}
	return total, nil
}

func (b Bulk) misfit(row []any) error {
	return fmt.Errorf("store: bulk %s: %d values for %d columns", b.Table, len(row), len(b.Columns))
}

func (b Bulk) write(t *Tx, batch [][]any) (int64, error) {
	if b.OnConflict == "" && (len(batch) >= copyLeast || len(batch)*len(b.Columns) > bulkParams) {
		n, err := t.run.copyRows(t.ctx, b.Table, b.Columns, batch)
		return n, kind(err)
	}
	args := make([]any, 0, len(batch)*len(b.Columns))
	for _, row := range batch {
		args = append(args, row...)
	}
	return t.Exec(b.text(len(batch)), args...)
}

func (b Bulk) text(rows int) string {
	var s strings.Builder
	fmt.Fprintf(&s, "insert into %s (%s) values ", b.Table, strings.Join(b.Columns, ", "))
	n := 0
	for i := range rows {
		if i > 0 {
			s.WriteString(", ")
		}
		s.WriteByte('(')
		for j := range b.Columns {
			if j > 0 {
				s.WriteString(", ")
			}
			n++
			fmt.Fprintf(&s, "$%d", n)
		}
		s.WriteByte(')')
	}
	s.WriteByte(' ')
	s.WriteString(b.OnConflict)
	return s.String()
}
