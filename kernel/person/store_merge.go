package person

import (
	"context"
	"time"

	"khien/kernel/auth"
	"khien/kernel/id"
	"khien/kernel/store"
)

// merge is one person's end in another, as stored.
type merge struct {
	gone, kept id.ID
	tenths     int64 // of a bit; 0 by hand
	wrapped    []byte
	sealed     []byte
	merged     time.Time
}

const mergeColumns = "gone, kept, score_tenths, key_wrapped, sealed, merged_ms"

func scanMerge(s store.Scan) (m merge, err error) {
	var ms int64
	err = s(&m.gone, &m.kept, &m.tenths, &m.wrapped, &m.sealed, &ms)
	m.merged = store.Time(ms)
	return m, err
}

func insertMerge(tx *store.Tx, sc auth.Scope, m merge) error {
	if err := touch(tx, sc); err != nil {
		return err
	}
	_, err := tx.Exec(`insert into person_merge (province, gone, kept, score_tenths, key_wrapped, sealed, merged_ms, undone_ms) values ($1, $2, $3, $4, $5, $6, $7, 0)
on conflict (province, gone) do update set kept = excluded.kept, score_tenths = excluded.score_tenths, key_wrapped = excluded.key_wrapped,
sealed = excluded.sealed, merged_ms = excluded.merged_ms, undone_ms = 0`, sc.Province(), m.gone, m.kept, m.tenths, m.wrapped, m.sealed, store.Millis(m.merged))
	return err
}

// selectMerge returns the merge in force by which somebody went.
func selectMerge(ctx context.Context, q store.Querier, sc auth.Scope, gone id.ID) (merge, error) {
	return store.One(ctx, q, scanMerge, "select "+mergeColumns+" from person_merge where province = $1 and gone = $2 and undone_ms = 0", sc.Province(), gone)
}

// selectMerged returns who went into somebody by a merge in force.
func selectMerged(ctx context.Context, q store.Querier, sc auth.Scope, kept id.ID) ([]merge, error) {
	return store.All(ctx, q, scanMerge, "select "+mergeColumns+" from person_merge where province = $1 and kept = $2 and undone_ms = 0 order by gone", sc.Province(), kept)
}

// selectMergesOf returns who went and into whom, of the merges in force from or
// into any of the ids.
func selectMergesOf(ctx context.Context, q store.Querier, sc auth.Scope, ids []id.ID) (pairs [][2]id.ID, err error) {
	for _, text := range []string{"select gone, kept from person_merge where province = $1 and undone_ms = 0 and gone in (", "select gone, kept from person_merge where province = $1 and undone_ms = 0 and kept in ("} {
		err = store.EachPart(sc.Province(), ids, func(marks string, args []any) error {
			more, err := store.All(ctx, q, func(s store.Scan) (p [2]id.ID, err error) {
				err = s(&p[0], &p[1])
				return p, err
			}, text+marks+")", args...)
			pairs = append(pairs, more...)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return pairs, nil
}

// closeMerge marks a merge as undone and destroys its copies.
func closeMerge(tx *store.Tx, sc auth.Scope, gone id.ID, now time.Time) error {
	if err := touch(tx, sc); err != nil {
		return err
	}
	_, err := tx.Exec("update person_merge set undone_ms = $3, key_wrapped = null, sealed = null where province = $1 and gone = $2", sc.Province(), gone, store.Millis(now))
	return err
}

// eraseMerge destroys the copies of the merges into somebody; the ids still lead there.
func eraseMerge(tx *store.Tx, sc auth.Scope, kept id.ID) error {
	_, err := tx.Exec("update person_merge set key_wrapped = null, sealed = null where province = $1 and kept = $2", sc.Province(), kept)
	return err
}

func scanReview(s store.Scan) (r Review, err error) {
	var ms, tenths int64
	err = s(&r.A, &r.B, &tenths, &r.State, &ms)
	r.Filed, r.Score = store.Time(ms), float64(tenths)/10
	return r, err
}

// insertReviews files pairs that nobody has filed before.
func insertReviews(tx *store.Tx, sc auth.Scope, all []Review) error {
	now := store.Millis(sc.Now())
	return insertAll(tx, "person_review", "province, a, b, score_tenths, state, filed_ms, decided_ms", "on conflict (province, a, b) do nothing", all, func(r Review) []any {
		return []any{sc.Province(), r.A, r.B, tenthsOf(r.Score), ReviewOpen, now, 0}
	})
}

func updateReview(tx *store.Tx, sc auth.Scope, a, b id.ID, state ReviewState, now time.Time) error {
	_, err := tx.Exec("update person_review set state = $4, decided_ms = $5 where province = $1 and a = $2 and b = $3", sc.Province(), a, b, state, store.Millis(now))
	return err
}

// selectReviews returns open reviews of which one side at least lies in scope, in the order of their ids.
func selectReviews(ctx context.Context, q store.Querier, sc auth.Scope, a, b id.ID, limit int) ([]Review, error) {
	inA, args := sc.Where("x.area", 6)
	inB, more := sc.Where("y.area", 6+len(args))
	return store.All(ctx, q, scanReview, `select r.a, r.b, r.score_tenths, r.state, r.filed_ms from person_review r
join person_person x on x.province = r.province and x.id = r.a join person_person y on y.province = r.province and y.id = r.b
where r.province = $1 and r.state = $2 and (r.a > $3 or r.a = $3 and r.b > $4) and (`+inA+" or "+inB+") order by r.a, r.b limit $5",
		append(append([]any{sc.Province(), ReviewOpen, a[:], b[:], limit}, args...), more...)...)
}

func selectReviewsOf(ctx context.Context, q store.Querier, sc auth.Scope, i id.ID) ([]Review, error) {
	return store.All(ctx, q, scanReview, `select a, b, score_tenths, state, filed_ms from person_review where province = $1 and a = $2
union all select a, b, score_tenths, state, filed_ms from person_review where province = $1 and b = $2`, sc.Province(), i)
}

func deleteReviews(tx *store.Tx, sc auth.Scope, i id.ID) error {
	if _, err := tx.Exec("delete from person_review where province = $1 and a = $2", sc.Province(), i); err != nil {
		return err
	}
	_, err := tx.Exec("delete from person_review where province = $1 and b = $2", sc.Province(), i)
	return err
}

func insertDistinct(tx *store.Tx, sc auth.Scope, a, b id.ID, now time.Time) error {
	_, err := tx.Exec("insert into person_distinct (province, a, b, said_ms) values ($1, $2, $3, $4) on conflict (province, a, b) do nothing",
		sc.Province(), a, b, store.Millis(now))
	return err
}

// selectDistinct returns who was told apart from somebody.
func selectDistinct(ctx context.Context, q store.Querier, sc auth.Scope, i id.ID) ([]id.ID, error) {
	return store.All(ctx, q, func(s store.Scan) (other id.ID, err error) {
		err = s(&other)
		return other, err
	}, `select b from person_distinct where province = $1 and a = $2 union all select a from person_distinct where province = $1 and b = $2`, sc.Province(), i)
}

func deleteDistinct(tx *store.Tx, sc auth.Scope, a, b id.ID) error {
	_, err := tx.Exec("delete from person_distinct where province = $1 and a = $2 and b = $3", sc.Province(), a, b)
	return err
}

// countReviews counts the reviews of which both sides lie in scope.
func countReviews(ctx context.Context, q store.Querier, sc auth.Scope, since time.Time) (open, decided int, err error) {
	inA, args := sc.Where("x.area", 4)
	inB, more := sc.Where("y.area", 4+len(args))
	err = store.Each(ctx, q, func(s store.Scan) error {
		var state ReviewState
		var n int
		err := s(&state, &n)
		if state == ReviewOpen {
			open = n
		} else {
			decided += n
		}
		return err
	}, `select r.state, count(*) from person_review r
join person_person x on x.province = r.province and x.id = r.a join person_person y on y.province = r.province and y.id = r.b
where r.province = $1 and (r.state = $2 or r.decided_ms >= $3) and `+inA+" and "+inB+" group by r.state",
		append(append([]any{sc.Province(), ReviewOpen, store.Millis(since)}, args...), more...)...)
	return open, decided, err
}
