package peer

import (
	"context"

	"khien/kernel/store"
	"khien/outbreak/trace"
)

const (
	// mine are the case's presences cut to the window, met who was there with them.
	mineText = `with mine as (
	select p.locus, l.least,
		case when p.begun < $3 then $3 else p.begun end as begun,
		case when p.ended > $4 then $4 else p.ended end as ended
	from peer_presence p join peer_locus l on l.province = p.province and l.locus = p.locus
	where p.province = $1 and p.person = $2 and p.begun < $4 and p.ended > $3 and l.least > 0
), met as (
	select o.person, min(case when o.begun > m.begun then o.begun else m.begun end) as first
	from mine m join peer_presence o on o.province = $1 and o.locus = m.locus
		and o.begun >= m.begun + m.least - $5 and o.begun <= m.ended - m.least
	where o.person <> $2
		and (case when o.ended < m.ended then o.ended else m.ended end) - (case when o.begun > m.begun then o.begun else m.begun end) >= m.least
	group by o.person
)`
	firstText = mineText + ` select person, first from met`

	secondText = mineText + `, theirs as (
	select p.person, p.locus, l.least,
		case when p.begun < f.first then f.first else p.begun end as begun,
		case when p.ended > $4 then $4 else p.ended end as ended
	from met f join peer_presence p on p.province = $1 and p.person = f.person and p.begun < $4 and p.ended > f.first
		join peer_locus l on l.province = p.province and l.locus = p.locus
	where l.least > 0
) select o.person, min(case when o.begun > m.begun then o.begun else m.begun end) as first
	from theirs m join peer_presence o on o.province = $1 and o.locus = m.locus
		and o.begun >= m.begun + m.least - $5 and o.begun <= m.ended - m.least
	where o.person <> m.person and o.person <> $2
		and (case when o.ended < m.ended then o.ended else m.ended end) - (case when o.begun > m.begun then o.begun else m.begun end) >= m.least
		and o.person not in (select person from met)
	group by o.person`
)

func (p Peer) contacts(ctx context.Context, text string, args ...any) ([]trace.Contact, error) {
	for i, a := range args {
		switch a := a.(type) {
		case uint32:
			args[i] = int64(a)
		case trace.Minute:
			args[i] = int64(a)
		}
	}
	return store.All(ctx, p.DB, func(s store.Scan) (c trace.Contact, err error) {
		var person, first int64
		err = s(&person, &first)
		return trace.Contact{Person: uint32(person), First: trace.Minute(first)}, err
	}, text, args...)
}

func (p Peer) insertLoci(ctx context.Context, kinds []trace.Kind, r *trace.Rule) error {
	return p.DB.Tx(ctx, func(tx *store.Tx) error {
		_, err := store.Bulk{Table: "peer_locus", Columns: []string{"province", "locus", "least"}}.Insert(tx, func(yield func([]any) bool) {
			for l, k := range kinds {
				if !yield([]any{p.Province, l, int64(r.MinOverlap[k])}) {
					return
				}
			}
		})
		return err
	})
}

func (p Peer) insertPresences(ctx context.Context, from int, ps []trace.Presence) error {
	return p.DB.Tx(ctx, func(tx *store.Tx) error {
		b := store.Bulk{Table: "peer_presence", Columns: []string{"province", "n", "person", "locus", "begun", "ended"}}
		_, err := b.Insert(tx, func(yield func([]any) bool) {
			for i, q := range ps {
				if !yield([]any{p.Province, from + i, int64(q.Person), int64(q.Locus), int64(q.From), int64(q.To)}) {
					return
				}
			}
		})
		return err
	})
}

// Analyze tells the engine what it has, when much was loaded.
func (p Peer) Analyze(ctx context.Context) error {
	return p.DB.Tx(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec("analyze peer_presence")
		return err
	})
}
