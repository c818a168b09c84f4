package audit

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"unicode/utf8"

	"khien/kernel/area"
	"khien/kernel/id"
	"khien/kernel/store"
)

// takeHead moves the head's number by n and holds its lock until the commit;
// the hash is still that of the row before.
func takeHead(tx *store.Tx, province, n int) (Head, error) {
	return store.One(tx.Context(), tx, func(s store.Scan) (h Head, err error) {
		err = s(&h.Seq, &h.Hash)
		return h, err
	}, `insert into audit_head (province, seq, hash) values ($1, $2, $3)
on conflict (province) do update set seq = audit_head.seq + excluded.seq
returning seq, hash`, province, n, genesis)
}

func moveHead(tx *store.Tx, province int, hash []byte) error {
	_, err := tx.Exec("update audit_head set hash = $2 where province = $1", province, hash)
	return err
}

var entryBulk = store.Bulk{Table: "audit_entry", Columns: []string{"province", "seq", "id", "at_ms", "actor", "actor_kind",
	"act", "object_kind", "object_id", "area", "purpose", "detail", "hash"}}

func insertRows(tx *store.Tx, rows []Row) error {
	_, err := entryBulk.Insert(tx, func(yield func([]any) bool) {
		for _, r := range rows {
			if !yield([]any{r.Province, r.Seq, r.ID, store.Millis(r.At), r.Actor, r.ActorKind,
				r.Act, r.ObjectKind, r.ObjectID, r.Area, r.Purpose, r.Text, r.Hash}) {
				return
			}
		}
	})
	return err
}

// eachLinked gives every row in the order of the chain beside the head, in one
// statement and so as of one moment; the row is nil when the head stands alone.
func eachLinked(ctx context.Context, q store.Querier, province int, row func(Head, *Row) error) error {
	return store.Each(ctx, q, func(s store.Scan) error {
		var h Head
		var n nullRow
		if err := s(append([]any{&h.Seq, &h.Hash}, n.dest()...)...); err != nil {
			return err
		}
		return row(h, n.row())
	}, `select h.seq, h.hash, e.province, e.seq, e.id, e.at_ms, e.actor, e.actor_kind, e.act, e.object_kind, e.object_id, e.area, e.purpose, e.detail, e.hash
from audit_head h left join audit_entry e on e.province = h.province
where h.province = $1 order by e.seq`, province)
}

func countRows(ctx context.Context, q store.Querier, province int) (int64, error) {
	return store.One(ctx, q, store.Int, "select count(*) from audit_entry where province = $1", province)
}

// selectRows reads one page, newest first.
func selectRows(ctx context.Context, q store.Querier, sc Scope, f Filter) ([]Row, error) {
	inside, args := sc.Where("e.area", 2)
	w := &conditions{texts: []string{"e.province = $1", inside}, args: append([]any{sc.Province()}, args...)}
	w.filter(f)
	limit := w.bind(f.Limit)
	return store.All(ctx, q, func(s store.Scan) (Row, error) {
		var n nullRow
		if err := s(n.dest()...); err != nil {
			return Row{}, err
		}
		return *n.row(), nil
	}, `select e.province, e.seq, e.id, e.at_ms, e.actor, e.actor_kind, e.act, e.object_kind, e.object_id, e.area, e.purpose, e.detail, e.hash
from audit_entry e where `+strings.Join(w.texts, " and ")+" order by e.seq desc limit "+limit, w.args...)
}

// conditions gathers a predicate and its parameters.
type conditions struct {
	texts []string
	args  []any
}

// bind adds a parameter and returns its name.
func (w *conditions) bind(v any) string {
	w.args = append(w.args, v)
	return fmt.Sprintf("$%d", len(w.args))
}

func (w *conditions) filter(f Filter) {
	add := func(use bool, before string, v any) {
		if use {
			w.texts = append(w.texts, before+w.bind(v))
		}
	}
	add(!f.Actor.IsZero(), "e.actor = ", f.Actor)
	add(f.ActorKind != "", "e.actor_kind = ", f.ActorKind)
	add(f.ObjectKind != "", "e.object_kind = ", f.ObjectKind)
	add(f.ObjectID != "", "e.object_id = ", f.ObjectID)
	if strings.HasSuffix(f.Act, ".") { // no range: a locale may sort dots as it likes
		w.texts = append(w.texts, "substr(e.act, 1, "+w.bind(utf8.RuneCountInString(f.Act))+") = "+w.bind(f.Act))
	} else {
		add(f.Act != "", "e.act = ", f.Act)
	}
	add(!f.From.IsZero(), "e.at_ms >= ", store.Millis(f.From))
	add(!f.To.IsZero(), "e.at_ms < ", store.Millis(f.To))
	add(f.Before > 0, "e.seq < ", f.Before)
}

// nullRow scans a row whose columns may all be null.
type nullRow struct {
	province, seq, atMs, area                             sql.NullInt64
	id, actor                                             sql.Null[id.ID]
	actorKind, act, objectKind, objectID, purpose, detail sql.NullString
	hash                                                  []byte
}

func (n *nullRow) dest() []any {
	return []any{&n.province, &n.seq, &n.id, &n.atMs, &n.actor, &n.actorKind, &n.act, &n.objectKind, &n.objectID,
		&n.area, &n.purpose, &n.detail, &n.hash}
}

func (n *nullRow) row() *Row {
	if !n.seq.Valid {
		return nil
	}
	return &Row{
		Entry: Entry{
			Province: int(n.province.Int64), At: store.Time(n.atMs.Int64), Actor: n.actor.V, ActorKind: n.actorKind.String,
			Act: n.act.String, ObjectKind: n.objectKind.String, ObjectID: n.objectID.String, Area: area.Code(n.area.Int64), Purpose: n.purpose.String,
		},
		Seq: n.seq.Int64, ID: n.id.V, Text: n.detail.String, Hash: n.hash, linked: n.actor.Valid,
	}
}
