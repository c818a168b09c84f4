package store

import (
	"database/sql/driver"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgtype"

	"khien/kernel/id"
)

// Column is one column of a Fresh, with its type as the schema has it: uuid,
// smallint, integer, bigint or text.
type Column struct{ Name, Type string }

// Fresh inserts rows whose key does not stand yet and leaves alone those whose
// key does: what phones deliver twice. It is for the few tables that take
// thousands of rows a second: on SQLite one prepared statement is run a row (a
// third of what a statement of many rows costs there), on PostgreSQL one
// statement takes the columns as arrays.
type Fresh struct {
	Table   string
	Columns []Column // the first is province, the second the id of the row
	// Certain says that no row can stand yet, for whoever writes moves a cursor
	// in the same transaction: PostgreSQL copies them.
	Certain bool
}

// Insert writes rows, each as long as f.Columns, and says of each whether it was
// written. Of two rows with one id the first is.
func (f Fresh) Insert(t *Tx, rows [][]any) (fresh []bool, err error) {
	if len(rows) == 0 {
		return nil, nil
	}
	if t.engine == Postgres && f.Certain {
		return f.copy(t, rows)
	}
	if t.engine == Postgres {
		return f.insertArrays(t, rows)
	}
	fresh = make([]bool, len(rows))
	text := f.head() + "values (" + f.marks("") + ") on conflict do nothing"
	for i, row := range rows {
		n, err := t.Exec(text, row...)
		if err != nil {
			return nil, err
		}
		fresh[i] = n == 1
	}
	return fresh, nil
}

func (f Fresh) copy(t *Tx, rows [][]any) ([]bool, error) {
	b := Bulk{Table: f.Table}
	for _, c := range f.Columns {
		b.Columns = append(b.Columns, c.Name)
	}
	_, err := b.Insert(t, slices.Values(rows))
	fresh := make([]bool, len(rows))
	for i := range fresh {
		fresh[i] = true
	}
	return fresh, err
}

func (f Fresh) head() string {
	names := make([]string, len(f.Columns))
	for i, c := range f.Columns {
		names[i] = c.Name
	}
	return "insert into " + f.Table + " (" + strings.Join(names, ", ") + ") "
}

func (f Fresh) marks(suffix string) string {
	marks := make([]string, len(f.Columns))
	for i, c := range f.Columns {
		marks[i] = fmt.Sprintf("$%d", i+1)
		if suffix != "" {
			marks[i] += "::" + c.Type + suffix
		}
	}
	return strings.Join(marks, ", ")
}

// insertArrays sends a column a parameter. Two rows of one id in one statement
// are one to "on conflict do nothing"; the first counts.
func (f Fresh) insertArrays(t *Tx, rows [][]any) ([]bool, error) {
	args := make([]any, len(f.Columns))
	for i, c := range f.Columns {
		array, err := arrayOf(c.Type, rows, i)
		if err != nil {
			return nil, fmt.Errorf("store: %s.%s: %w", f.Table, c.Name, err)
		}
		args[i] = array
	}
	text := f.head() + "select * from unnest(" + f.marks("[]") + ") on conflict do nothing returning " + f.Columns[1].Name
	written := make(map[id.ID]bool, len(rows))
	err := Each(t.ctx, t, func(s Scan) error {
		var i id.ID
		err := s(&i)
		written[i] = true
		return err
	}, text, args...)
	if err != nil {
		return nil, err
	}
	fresh := make([]bool, len(rows))
	for i, row := range rows {
		key, _ := row[1].(id.ID)
		fresh[i] = written[key]
		delete(written, key)
	}
	return fresh, nil
}

// arrayOf gathers column n of the rows in a slice that pgx sends as it is.
func arrayOf(kind string, rows [][]any, n int) (any, error) {
	switch kind {
	case "uuid":
		return gather(rows, n, uuidOf)
	case "text":
		return gather(rows, n, func(v any) (string, error) {
			s, ok := v.(string)
			return s, wrong(ok, v)
		})
	case "smallint", "integer", "bigint":
		return gather(rows, n, intOf)
	}
	return nil, fmt.Errorf("type %s", kind)
}

func gather[T any](rows [][]any, n int, of func(any) (T, error)) ([]T, error) {
	all := make([]T, len(rows))
	for i, row := range rows {
		v, err := of(row[n])
		if err != nil {
			return nil, err
		}
		all[i] = v
	}
	return all, nil
}

func uuidOf(v any) (pgtype.UUID, error) {
	i, ok := v.(id.ID)
	return pgtype.UUID{Bytes: i, Valid: !i.IsZero()}, wrong(ok, v)
}

func intOf(v any) (int64, error) {
	switch v := v.(type) {
	case int:
		return int64(v), nil
	case int64:
		return v, nil
	case driver.Valuer:
		plain, err := v.Value()
		n, ok := plain.(int64)
		if err != nil {
			return 0, err
		}
		return n, wrong(ok, v)
	}
	return 0, wrong(false, v)
}

func wrong(ok bool, v any) error {
	if ok {
		return nil
	}
	return fmt.Errorf("cannot be a %T", v)
}
