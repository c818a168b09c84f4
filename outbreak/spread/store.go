package spread

import (
	"context"
	"iter"

	"khien/kernel/auth"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/store"
)

const linkColumns = "id, source, target, certainty, exposed_on, note, actor, created_ms, removed_ms"

func scanLink(s store.Scan) (l Link, err error) {
	var created, removed int64
	err = s(&l.ID, &l.From, &l.To, &l.Certainty, &l.On, &l.Note, &l.Actor, &created, &removed)
	l.Created = store.Time(created)
	if removed != 0 {
		l.Removed = store.Time(removed)
	}
	return l, err
}

// whole holds for a scope of the whole province, which alone reads and writes
// links by themselves: who may touch which is decided by the cases that they name.
func whole(sc auth.Scope, first int) (string, []any) { return sc.Where("cast(0 as bigint)", first) }

func standingLinks(ctx context.Context, q store.Querier, sc auth.Scope) ([]Link, error) {
	may, args := whole(sc, 2)
	return store.All(ctx, q, scanLink, "select "+linkColumns+" from spread_link where province = $1 and removed_ms = 0 and "+may+" order by id",
		append([]any{sc.Province()}, args...)...)
}

func linkByID(ctx context.Context, q store.Querier, sc auth.Scope, i id.ID) (Link, error) {
	may, args := whole(sc, 3)
	return store.One(ctx, q, scanLink, "select "+linkColumns+" from spread_link where province = $1 and id = $2 and "+may,
		append([]any{sc.Province(), i}, args...)...)
}

func linkByPair(ctx context.Context, q store.Querier, sc auth.Scope, from, to string) (Link, error) {
	may, args := whole(sc, 4)
	return store.One(ctx, q, scanLink, "select "+linkColumns+" from spread_link where province = $1 and target = $2 and source = $3 and "+may,
		append([]any{sc.Province(), to, from}, args...)...)
}

// insertLinks writes the links whose pair was not told before, and returns how
// many those are.
func insertLinks(tx *store.Tx, sc auth.Scope, links iter.Seq[Link]) (int64, error) {
	b := store.Bulk{Table: "spread_link", OnConflict: "on conflict (province, target, source) do nothing",
		Columns: []string{"province", "id", "source", "target", "certainty", "exposed_on", "note", "actor", "created_ms", "removed_ms", "removed_by"}}
	return b.Insert(tx, func(yield func([]any) bool) {
		for l := range links {
			if !yield([]any{sc.Province(), l.ID, l.From, l.To, string(l.Certainty), l.On, l.Note, l.Actor, store.Millis(l.Created), 0, ""}) {
				return
			}
		}
	})
}

// rewriteLink lets a removed link stand again as it is now told, with its first id.
func rewriteLink(tx *store.Tx, sc auth.Scope, l Link) error {
	_, err := tx.Exec(`update spread_link set certainty = $3, exposed_on = $4, note = $5, actor = $6, removed_ms = 0, removed_by = ''
		where province = $1 and id = $2`, sc.Province(), l.ID, string(l.Certainty), l.On, l.Note, l.Actor)
	return err
}

// setRemoved removes a link, or lets it stand again at 0; it reports whether that
// was something new.
func setRemoved(tx *store.Tx, sc auth.Scope, i id.ID, ms int64) (bool, error) {
	n, err := tx.Exec(`update spread_link set removed_ms = cast($3 as bigint), removed_by = $4
		where province = $1 and id = $2 and (removed_ms = 0) <> (cast($3 as bigint) = 0)`, sc.Province(), i, ms, sc.Actor())
	return n == 1, err
}

// versions say how often cases and links have changed.
type versions struct{ cases, links int64 }

func versionsOf(ctx context.Context, q store.Querier, province int) (v versions, err error) {
	v, err = store.One(ctx, q, func(s store.Scan) (v versions, err error) {
		return v, s(&v.cases, &v.links)
	}, "select cases, links from spread_version where province = $1", province)
	if fault.Is(err, fault.NotFound) {
		err = nil
	}
	return v, err
}

func raiseVersions(tx *store.Tx, province int, by versions) error {
	_, err := tx.Exec(`insert into spread_version (province, cases, links) values ($1, $2, $3)
		on conflict (province) do update set cases = spread_version.cases + excluded.cases, links = spread_version.links + excluded.links`,
		province, by.cases, by.links)
	return err
}
