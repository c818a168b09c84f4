package store

import (
	"context"
	"database/sql"
	"slices"
)

// Tx is one transaction. It belongs to the fn that Tx was given and dies with it.
type Tx struct {
	ctx    context.Context // the transaction's own, never the caller's
	engine Engine
	run    runner
	grown  *growth // of the node; nil on SQLite
	values map[any]any
	ends   []end
	topics []string
	after  []func()
}

// runner is what a transaction runs its statements on.
type runner interface {
	exec(ctx context.Context, text string, args []any) (sql.Result, error)
	query(ctx context.Context, text string, args []any) (*sql.Rows, error)
	copyRows(ctx context.Context, table string, columns []string, rows [][]any) (int64, error)
}

type end struct {
	order int
	fn    func() error
}

// Engine says which database the transaction is on.
func (t *Tx) Engine() Engine { return t.engine }

// Context is the transaction's own context, for values; it is not cancelled
// when the caller goes away.
func (t *Tx) Context() context.Context { return t.ctx }

// Exec runs one statement and returns the number of rows it changed.
func (t *Tx) Exec(text string, args ...any) (int64, error) {
	res, err := t.run.exec(t.ctx, text, args)
	if err != nil {
		return 0, kind(err)
	}
	return res.RowsAffected()
}

// Query reads rows inside the transaction; the given context is ignored.
// It has the shape of DB.Query so that a read can run on either.
func (t *Tx) Query(_ context.Context, text string, args ...any) (*sql.Rows, error) {
	rows, err := t.run.query(t.ctx, text, args)
	if err != nil {
		return nil, kind(err)
	}
	return rows, nil
}

// Value returns what make returned at the first call with this key in this
// transaction: a place for a package to gather what it writes at the end.
func (t *Tx) Value(key any, make func() any) any {
	v, ok := t.values[key]
	if !ok {
		v = make()
		if t.values == nil {
			t.values = map[any]any{}
		}
		t.values[key] = v
	}
	return v
}

// AtEnd runs fn in the transaction after everything else in it, lower orders
// first. It is for rows that others wait for, locked as late as can be:
// the outbox (order 10) and the audit chain (order 20).
func (t *Tx) AtEnd(order int, fn func() error) {
	t.ends = append(t.ends, end{order, fn})
}

// Wake wakes the watchers of topic, on every node, once the commit is durable.
func (t *Tx) Wake(topic string) {
	if !slices.Contains(t.topics, topic) {
		t.topics = append(t.topics, topic)
	}
}

// AfterCommit runs fn in this process once the commit is durable.
func (t *Tx) AfterCommit(fn func()) { t.after = append(t.after, fn) }

// finish runs the ends, which may add more.
func (t *Tx) finish() error {
	for len(t.ends) > 0 {
		slices.SortStableFunc(t.ends, func(a, b end) int { return a.order - b.order })
		next := t.ends[0]
		t.ends = t.ends[1:]
		if err := next.fn(); err != nil {
			return err
		}
	}
	return nil
}
