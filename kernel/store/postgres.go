package store

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// Bounds of a PostgreSQL transaction.
const (
	txTime  = time.Minute // longest life of one
	txTries = 6           // after deadlocks
)

func openPostgres(ctx context.Context, c Config) (*DB, error) {
	db, err := sql.Open("pgx", c.URL)
	if err != nil {
		return nil, fmt.Errorf("store: open postgres: %w", err)
	}
	n := cmp.Or(c.Readers, 16)
	db.SetMaxOpenConns(n)
	db.SetMaxIdleConns(n)
	if err := db.PingContext(ctx); err != nil {
		_ = db.Close()
		return nil, fmt.Errorf("store: reach postgres: %w", err)
	}
	d := &DB{engine: Postgres, url: c.URL, read: db}
	run, stop := context.WithCancel(context.Background())
	d.stop = stop
	d.done.Go(func() { d.listen(run) })
	return d, nil
}

// txPostgres runs fn, again after a deadlock or a serialization failure.
func (d *DB) txPostgres(ctx context.Context, fn func(*Tx) error) error {
	for try := 1; ; try++ {
		err := d.tryPostgres(ctx, fn)
		if err == nil || !again(err) || try == txTries {
			return kind(err)
		}
		pause := time.Duration(rand.Int64N(int64(10 * time.Millisecond << try)))
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return kind(err)
		}
	}
}

func (d *DB) tryPostgres(ctx context.Context, fn func(*Tx) error) error {
	conn, err := d.read.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	own, cancel := context.WithTimeout(context.WithoutCancel(ctx), txTime)
	defer cancel()
	begun, err := conn.BeginTx(own, nil)
	if err != nil {
		return err
	}
	defer func() { _ = begun.Rollback() }() // does nothing after a commit
	tx := &Tx{ctx: own, engine: Postgres, run: pgRunner{conn, begun}, grown: &d.grown}
	if err := fn(tx); err != nil {
		return err
	}
	if err := tx.finish(); err != nil {
		return err
	}
	for _, topic := range tx.topics {
		if _, err := begun.ExecContext(own, "select pg_notify('khien', $1)", topic); err != nil {
			return err
		}
	}
	if err := begun.Commit(); err != nil {
		return err
	}
	d.wakes.wake(tx.topics)
	for _, after := range tx.after {
		after()
	}
	return nil
}

type pgRunner struct {
	conn *sql.Conn
	tx   *sql.Tx
}

func (r pgRunner) exec(ctx context.Context, text string, args []any) (sql.Result, error) {
	return r.tx.ExecContext(ctx, text, args...)
}

func (r pgRunner) query(ctx context.Context, text string, args []any) (*sql.Rows, error) {
	return r.tx.QueryContext(ctx, text, args...)
}

func (r pgRunner) copyRows(ctx context.Context, table string, columns []string, rows [][]any) (n int64, err error) {
	if err := plainValues(rows); err != nil {
		return 0, err
	}
	err = r.conn.Raw(func(c any) error {
		sc, ok := c.(*stdlib.Conn)
		if !ok {
			return errors.New("store: not a pgx connection")
		}
		n, err = sc.Conn().CopyFrom(ctx, pgx.Identifier{table}, columns, pgx.CopyFromRows(rows))
		return err
	})
	return n, err
}

// plainValues replaces driver.Valuers in place; COPY encodes only plain values.
func plainValues(rows [][]any) error {
	for _, row := range rows {
		for i, v := range row {
			dv, ok := v.(driver.Valuer)
			if !ok {
				continue
			}
			plain, err := dv.Value()
			if err != nil {
				return err
			}
			row[i] = plain
		}
	}
	return nil
}

// listen wakes the topics that other nodes wake. While the connection is
// down it wakes everyone at each try, so that nothing waits for a lost word.
func (d *DB) listen(ctx context.Context) {
	for ctx.Err() == nil {
		d.wakes.all()
		_ = d.listenOnce(ctx)
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
}

func (d *DB) listenOnce(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, d.url)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, "listen khien"); err != nil {
		return err
	}
	d.wakes.all()
	for {
		n, err := conn.WaitForNotification(ctx)
		if err != nil {
			return err
		}
		d.wakes.wake([]string{n.Payload})
	}
}
