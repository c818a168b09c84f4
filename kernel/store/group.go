package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime/debug"
	"time"
)

// Bounds of one group: what waits longer than this for its turn is in the next.
const (
	groupMost = 256
	groupTime = 50 * time.Millisecond
)

// group is SQLite's writer: it owns the one connection that may write, gathers
// the transactions that wait and syncs once for all of them.
type group struct {
	conn   *sql.Conn
	stmts  map[string]*sql.Stmt
	queue  chan *waiting
	quit   chan struct{}
	folder *folder
	seen   int64 // what foreign said last
}

// waiting is a transaction in the queue. done is closed once outcome and after are set.
type waiting struct {
	ctx     context.Context
	fn      func(*Tx) error
	tx      *Tx
	outcome error
	panic   any
	done    chan struct{}
}

// panicked carries a panic of fn, with its stack, to the goroutine that called Tx.
type panicked struct {
	value any
	stack []byte
}

func (p panicked) String() string { return fmt.Sprintf("%v\n%s", p.value, p.stack) }

func (g *group) do(ctx context.Context, fn func(*Tx) error) error {
	w := &waiting{ctx: ctx, fn: fn, done: make(chan struct{})}
	select {
	case g.queue <- w:
	case <-ctx.Done():
		return fmt.Errorf("store: not begun: %w", ctx.Err())
	case <-g.quit:
		return errClosed
	}
	select {
	case <-w.done:
	case <-g.quit:
		select {
		case <-w.done:
		case <-time.After(30 * time.Second):
			return errClosed
		}
	}
	if w.panic != nil {
		panic(w.panic)
	}
	return w.outcome
}

var errClosed = errors.New("store: closed")

// serve runs groups until ctx ends and the queue is empty. When another process
// has written to the file it wakes all.
func (g *group) serve(ctx context.Context, wake func([]string), all func()) {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	g.seen = g.foreign()
	for {
		select {
		case w := <-g.queue:
			g.commit(g.gather(w), wake)
			g.fold(foldBusy)
		case <-tick.C:
			g.fold(foldIdle)
			if now := g.foreign(); now != g.seen {
				g.seen = now
				all()
			}
		case <-ctx.Done():
			g.drain(wake)
			return
		}
	}
}

// settle takes what other connections have committed so far for this process's
// own: migrations run on a connection of their own and wake nobody.
func (g *group) settle(ctx context.Context) error {
	return g.do(ctx, func(*Tx) error {
		g.seen = g.foreign()
		return nil
	})
}

// foreign returns a number that changes with the commits of other connections
// than this one, which is the only one of this process that writes.
func (g *group) foreign() int64 {
	version, err := One(context.Background(), g, Int, "pragma data_version")
	if err != nil {
		return 0
	}
	return version
}

func (g *group) drain(wake func([]string)) {
	close(g.quit)
	for {
		select {
		case w := <-g.queue:
			g.commit(g.gather(w), wake)
		default:
			return
		}
	}
}

// gather begins a transaction and runs what waits in it, w first.
func (g *group) gather(w *waiting) []*waiting {
	all := []*waiting{w}
	if err := g.plain("begin immediate"); err != nil {
		g.fail(all, err)
		return nil
	}
	deadline := time.Now().Add(groupTime)
	written := false
	for {
		last := all[len(all)-1]
		if broken := g.one(last, written); broken != nil {
			g.fail(all, broken)
			return nil
		}
		written = written || last.outcome == nil
		if len(all) == groupMost || time.Now().After(deadline) {
			return all
		}
		select {
		case next := <-g.queue:
			all = append(all, next)
		default:
			return all
		}
	}
}

// one runs a transaction, in a savepoint when the group has written already. The
// first needs none: nobody is lost with it, and SQLite need not keep a copy of
// every page that it changes. The returned error says that the whole group is
// lost, because the engine has undone it.
func (g *group) one(w *waiting, written bool) error {
	if err := w.ctx.Err(); err != nil {
		w.outcome = fmt.Errorf("store: not begun: %w", err)
		return nil
	}
	keep, undo := []string{"savepoint one"}, []string{"rollback to one", "release one"}
	if !written {
		keep, undo = nil, []string{"rollback", "begin immediate"}
	}
	if err := g.plain(keep...); err != nil {
		return err
	}
	w.tx = &Tx{ctx: context.WithoutCancel(w.ctx), engine: SQLite, run: g}
	if w.outcome = w.run(); w.outcome != nil {
		if err := g.plain(undo...); err != nil {
			return errors.Join(w.outcome, err)
		}
		return nil
	}
	if written {
		return g.plain("release one")
	}
	return nil
}

func (w *waiting) run() (err error) {
	defer func() {
		if p := recover(); p != nil {
			w.panic = panicked{p, debug.Stack()}
			err = errors.New("store: panic in a transaction")
		}
	}()
	if err := w.fn(w.tx); err != nil {
		return err
	}
	return w.tx.finish()
}

// commit makes the group durable and tells each caller its own outcome.
func (g *group) commit(all []*waiting, wake func([]string)) {
	if len(all) == 0 {
		return
	}
	if err := g.plain("commit"); err != nil {
		g.fail(all, err)
		return
	}
	for _, w := range all {
		if w.outcome == nil {
			wake(w.tx.topics)
			for _, fn := range w.tx.after {
				fn()
			}
		}
		close(w.done)
	}
}

func (g *group) fail(all []*waiting, err error) {
	_ = g.plain("rollback") // fails when the engine has done it already
	for _, w := range all {
		if w.outcome == nil {
			w.outcome = kind(err)
		}
		close(w.done)
	}
}

func (g *group) plain(texts ...string) error {
	for _, text := range texts {
		if _, err := g.exec(context.Background(), text, nil); err != nil {
			return err
		}
	}
	return nil
}

// exec and query ignore the context they are given: a statement that is
// interrupted inside a transaction would undo its neighbours.

func (g *group) exec(_ context.Context, text string, args []any) (sql.Result, error) {
	s, err := g.prepare(text)
	if err != nil {
		return nil, err
	}
	return s.ExecContext(context.Background(), args...)
}

func (g *group) query(_ context.Context, text string, args []any) (*sql.Rows, error) {
	s, err := g.prepare(text)
	if err != nil {
		return nil, err
	}
	return s.QueryContext(context.Background(), args...)
}

func (g *group) copyRows(context.Context, string, []string, [][]any) (int64, error) {
	return 0, errors.New("store: sqlite has no copy")
}

// stmtMost bounds the prepared statements; texts are constants, so that they fit.
const stmtMost = 500

func (g *group) prepare(text string) (*sql.Stmt, error) {
	if s, ok := g.stmts[text]; ok {
		return s, nil
	}
	s, err := g.conn.PrepareContext(context.Background(), unnamed(text))
	if err != nil {
		return nil, err
	}
	if len(g.stmts) >= stmtMost {
		for _, old := range g.stmts {
			_ = old.Close()
		}
		clear(g.stmts)
	}
	g.stmts[text] = s
	return s, nil
}
