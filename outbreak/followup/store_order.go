package followup

import (
	"context"
	"fmt"
	"slices"
	"time"

	"khien/kernel/area"
	"khien/kernel/auth"
	"khien/kernel/day"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/store"
)

const orderColumns = `id, watch, person, area, kind, state, series, year, coalesce(number, 0), from_day, until_day, content, signed_ms, signer, title,
	withdrawn_ms, reason, created_ms, actor, signed_by`

func scanOrder(s store.Scan) (o Order, err error) {
	var signed, withdrawn, created int64
	err = s(&o.ID, &o.Watch, &o.Person, &o.Area, &o.Kind, &o.State, &o.Series, &o.Year, &o.Number, &o.From, &o.Until, &o.sealed, &signed, &o.Signer, &o.Title,
		&withdrawn, &o.Reason, &created, &o.Actor, &o.SignedBy)
	o.Signed, o.Withdrawn, o.Created = store.Time(signed), store.Time(withdrawn), store.Time(created)
	return o, err
}

func insertOrder(tx *store.Tx, sc auth.Scope, o Order) error {
	_, err := tx.Exec(`insert into followup_order (province, id, watch, person, area, kind, state, series, year, from_day, until_day, content, signed_ms,
		signer, title, withdrawn_ms, reason, created_ms, actor, signed_by)
		values ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, $10, $11, 0, '', '', 0, '', $12, $13, '')`,
		sc.Province(), o.ID, o.Watch, o.Person, o.Area, string(o.Kind), string(o.State), o.Series, o.From, o.Until, o.sealed, store.Millis(o.Created), o.Actor)
	return err
}

func orderByID(ctx context.Context, q store.Querier, sc auth.Scope, i id.ID) (Order, error) {
	may, args := sc.Where("area", 3)
	o, err := store.One(ctx, q, scanOrder, "select "+orderColumns+" from followup_order where province = $1 and id = $2 and "+may,
		append([]any{sc.Province(), i}, args...)...)
	if fault.Is(err, fault.NotFound) {
		err = errOrder
	}
	return o, err
}

// ordersOf returns the orders of a watch that the caller has read, the newest first.
func ordersOf(ctx context.Context, q store.Querier, sc auth.Scope, watch id.ID) ([]Order, error) {
	return store.All(ctx, q, scanOrder, "select "+orderColumns+" from followup_order where province = $1 and watch = $2 order by id desc limit 50", sc.Province(), watch)
}

// ordersOfPeople returns the orders of people under any of their ids, the oldest first.
func ordersOfPeople(ctx context.Context, q store.Querier, sc auth.Scope, people []id.ID) (all []Order, err error) {
	for part := range slices.Chunk(people, 500) {
		in, args := store.Marks(part, []any{sc.Province()}, store.Same)
		os, err := store.All(ctx, q, scanOrder, "select "+orderColumns+" from followup_order where province = $1 and person in ("+in+") order by id", args...)
		if err != nil {
			return nil, err
		}
		all = append(all, os...)
	}
	return all, nil
}

// withoutOrder returns open watches of an area that have days and no order of a
// kind that stands or waits for its signature, the oldest first.
func withoutOrder(ctx context.Context, q store.Querier, sc auth.Scope, in area.Code, kind OrderKind, most int) ([]Watch, error) {
	may, args := sc.Where("area", 3)
	args = append([]any{sc.Province(), string(kind)}, args...)
	text := "select " + watchColumns + ` from followup_watch where province = $1 and rank < 4 and until_day > 0
		and not exists (select 1 from followup_order o where o.province = followup_watch.province and o.watch = followup_watch.id and o.kind = $2 and o.state <> 'withdrawn')
		and ` + may
	if in != 0 {
		lo, hi := in.Range()
		args = append(args, lo, hi)
		text += fmt.Sprintf(" and area >= $%d and area < $%d", len(args)-1, len(args))
	}
	return store.All(ctx, q, scanWatch, fmt.Sprintf("%s order by id limit %d", text, most), args...)
}

// listOrders returns at most most orders of a list after the one that it names.
func listOrders(ctx context.Context, q store.Querier, sc auth.Scope, f OrderFilter, most int) ([]Order, error) {
	may, args := sc.Where("area", 2)
	args = append([]any{sc.Province()}, args...)
	text := "select " + orderColumns + " from followup_order where province = $1 and " + may
	add := func(part string, value any) {
		args = append(args, value)
		text += fmt.Sprintf(" and "+part+" $%d", len(args))
	}
	if f.State != "" {
		add("state =", string(f.State))
	}
	if f.Kind != "" {
		add("kind =", string(f.Kind))
	}
	if f.Area != 0 {
		lo, hi := f.Area.Range()
		add("area >=", lo)
		add("area <", hi)
	}
	if !f.After.IsZero() {
		add("id <", f.After)
	}
	return store.All(ctx, q, scanOrder, fmt.Sprintf("%s order by id desc limit %d", text, most), args...)
}

// nextNumber takes the next number of a series in a year. The row is locked until
// the transaction ends, so that a signature that fails leaves no gap.
func nextNumber(tx *store.Tx, sc auth.Scope, series string, year int) (int, error) {
	_, err := tx.Exec(`insert into followup_number (province, series, year, last) values ($1, $2, $3, 1)
		on conflict (province, series, year) do update set last = followup_number.last + 1`, sc.Province(), series, year)
	if err != nil {
		return 0, err
	}
	n, err := store.One(tx.Context(), tx, store.Int, "select last from followup_number where province = $1 and series = $2 and year = $3", sc.Province(), series, year)
	return int(n), err
}

// signOrder writes the signature of a draft and reports whether it still was one.
func signOrder(tx *store.Tx, sc auth.Scope, o Order) (bool, error) {
	n, err := tx.Exec(`update followup_order set state = 'signed', year = $3, number = $4, signed_ms = $5, signer = $6, title = $7, signed_by = $8
		where province = $1 and id = $2 and state = 'draft'`, sc.Province(), o.ID, o.Year, o.Number, store.Millis(o.Signed), o.Signer, o.Title, o.SignedBy)
	return n == 1, err
}

func withdrawOrder(tx *store.Tx, sc auth.Scope, o Order) error {
	_, err := tx.Exec("update followup_order set state = 'withdrawn', withdrawn_ms = $3, reason = $4 where province = $1 and id = $2 and state = 'signed'",
		sc.Province(), o.ID, store.Millis(o.Withdrawn), o.Reason)
	return err
}

func deleteOrder(tx *store.Tx, sc auth.Scope, i id.ID) error {
	_, err := tx.Exec("delete from followup_order where province = $1 and id = $2 and state = 'draft'", sc.Province(), i)
	return err
}

func lastTitle(ctx context.Context, q store.Querier, sc auth.Scope) (string, error) {
	return store.One(ctx, q, store.Text, "select title from followup_order where province = $1 and signed_by = $2 order by signed_ms desc limit 1", sc.Province(), sc.Actor())
}

// emptyOrders takes the person out of the orders that ended before a day.
func emptyOrders(tx *store.Tx, sc auth.Scope, before day.Day) (int64, error) {
	return tx.Exec("update followup_order set person = null, content = null where province = $1 and until_day < $2 and content is not null and state <> 'draft'",
		sc.Province(), before)
}

func deleteDrafts(tx *store.Tx, sc auth.Scope, before time.Time) (int64, error) {
	return tx.Exec("delete from followup_order where province = $1 and state = 'draft' and created_ms < $2", sc.Province(), store.Millis(before))
}
