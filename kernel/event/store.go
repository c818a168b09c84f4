package event

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"khien/kernel/fault"
	"khien/kernel/store"
)

// advanceHead moves the part's head by n and returns its new number. The row
// stays locked until the transaction ends.
func advanceHead(tx *store.Tx, province, part, n int) (int64, error) {
	return store.One(tx.Context(), tx, store.Int,
		`insert into event_head (province, part, seq) values ($1, $2, $3)
		on conflict (province, part) do update set seq = event_head.seq + $3
		returning seq`, province, part, n)
}

// HeadsOf returns where a province's outbox stands: whoever reads rows after it
// and then follows from it misses nothing.
func HeadsOf(ctx context.Context, q store.Querier, province int) (h Heads, err error) {
	err = store.Each(ctx, q, func(s store.Scan) error {
		var part int
		var seq int64
		if err := s(&part, &seq); err != nil {
			return err
		}
		if part >= 0 && part < Parts {
			h[part] = seq
		}
		return nil
	}, "select part, seq from event_head where province = $1", province)
	return h, err
}

func insertFacts(tx *store.Tx, facts []Fact) error {
	b := store.Bulk{Table: "event_fact", Columns: []string{"province", "part", "seq", "id", "kind", "at_ms", "payload"}}
	_, err := b.Insert(tx, func(yield func([]any) bool) {
		for _, f := range facts {
			if !yield([]any{f.Province, f.Part, f.Seq, f.ID, f.Kind, store.Millis(f.At), string(f.Payload)}) {
				return
			}
		}
	})
	return err
}

// factsAfter returns the next facts of a part, those that l does not want without
// their payload: it may be large, and all of it another listener's.
func factsAfter(ctx context.Context, q store.Querier, province int, l Listener, part int, seq int64) ([]Fact, error) {
	args := []any{province, part, seq}
	marks := make([]string, len(l.Kinds))
	for i, k := range l.Kinds {
		args = append(args, k)
		marks[i] = fmt.Sprintf("$%d", len(args))
	}
	return store.All(ctx, q, func(s store.Scan) (Fact, error) {
		f := Fact{Province: province, Part: part}
		var ms int64
		var payload string
		err := s(&f.Seq, &f.ID, &f.Kind, &ms, &payload)
		f.At, f.Payload = store.Time(ms), []byte(payload)
		return f, err
	}, `select seq, id, kind, at_ms, case when kind in (`+strings.Join(marks, ", ")+`) then payload else '' end from event_fact
		where province = $1 and part = $2 and seq > $3 order by seq limit `+strconv.Itoa(batchMost), args...)
}

// partsWithNews returns the parts that have facts the listener has not heard.
func partsWithNews(ctx context.Context, q store.Querier, province int, listener string) ([]int, error) {
	return store.All(ctx, q, func(s store.Scan) (part int, err error) {
		err = s(&part)
		return part, err
	}, `select h.part from event_head h left join event_cursor c
		on c.province = h.province and c.listener = $2 and c.part = h.part
		where h.province = $1 and h.seq > coalesce(c.seq, 0) order by h.part`, province, listener)
}

// cursor returns the number of the last fact heard, 0 for none.
func cursor(ctx context.Context, q store.Querier, province int, listener string, part int) (int64, error) {
	seq, err := store.One(ctx, q, store.Int,
		"select seq from event_cursor where province = $1 and listener = $2 and part = $3", province, listener, part)
	if fault.Is(err, fault.NotFound) {
		return 0, nil
	}
	return seq, err
}

// moveCursor moves the cursor if it still stands at from, and locks its row.
func moveCursor(tx *store.Tx, province int, listener string, part int, from, to int64) (bool, error) {
	if from == 0 {
		_, err := tx.Exec(`insert into event_cursor (province, listener, part, seq) values ($1, $2, $3, 0)
			on conflict (province, listener, part) do nothing`, province, listener, part)
		if err != nil {
			return false, err
		}
	}
	n, err := tx.Exec(`update event_cursor set seq = $5
		where province = $1 and listener = $2 and part = $3 and seq = $4`, province, listener, part, from, to)
	return n == 1, err
}

func oldestUnheard(ctx context.Context, q store.Querier, province int, listener string) (time.Time, error) {
	ms, err := store.One(ctx, q, store.Int,
		`select coalesce(min(first.at_ms), 0) from (select (select f.at_ms from event_fact f
				where f.province = h.province and f.part = h.part and f.seq > coalesce((select c.seq from event_cursor c
					where c.province = h.province and c.listener = $2 and c.part = h.part), 0)
				order by f.seq limit 1) as at_ms
			from event_head h where h.province = $1) first`, province, listener)
	return store.Time(ms), err
}

// Prune deletes the facts told before a moment that every named listener has
// heard, and returns how many there were.
func Prune(ctx context.Context, db *store.DB, province int, listeners []Listener, before time.Time) (pruned int64, err error) {
	for part := range Parts {
		upTo := int64(-1)
		for _, l := range listeners {
			seq, err := cursor(ctx, db, province, l.Name, part)
			if err != nil {
				return pruned, err
			}
			if upTo < 0 || seq < upTo {
				upTo = seq
			}
		}
		err := db.Tx(ctx, func(tx *store.Tx) error {
			n, err := tx.Exec("delete from event_fact where province = $1 and part = $2 and seq <= $3 and at_ms < $4",
				province, part, upTo, store.Millis(before))
			pruned += n
			return err
		})
		if err != nil {
			return pruned, err
		}
	}
	return pruned, nil
}
