package person

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"khien/kernel/auth"
	"khien/kernel/id"
	"khien/kernel/store"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations returns the tables of people, for store.DB.Migrate("person", …).
func Migrations() fs.FS { return store.MigrationFiles(files) }

func scanRow(s store.Scan) (r row, err error) {
	err = s(&r.id, &r.area, &r.wrapped, &r.sealed)
	return r, err
}

// selectPerson returns a row in scope, erased ones too.
func selectPerson(ctx context.Context, q store.Querier, sc auth.Scope, i id.ID) (row, error) {
	inside, args := sc.Where("area", 3)
	return store.One(ctx, q, scanRow, "select id, area, key_wrapped, sealed from person_person where province = $1 and id = $2 and "+inside,
		append([]any{sc.Province(), i}, args...)...)
}

func selectByName(ctx context.Context, q store.Querier, sc auth.Scope, index []byte) ([]row, error) {
	inside, args := sc.Where("area", 4)
	return store.All(ctx, q, scanRow, "select id, area, key_wrapped, sealed from person_person where province = $1 and name_index = $2 and "+inside+
		" order by id limit $3", append([]any{sc.Province(), index, found}, args...)...)
}

func selectByPhone(ctx context.Context, q store.Querier, sc auth.Scope, index []byte) ([]row, error) {
	inside, args := sc.Where("area", 4)
	return store.All(ctx, q, scanRow, "select id, area, key_wrapped, sealed from person_person where province = $1 and phone_index = $2 and "+inside+
		" order by id limit $3", append([]any{sc.Province(), index, found}, args...)...)
}

func selectByPaper(ctx context.Context, q store.Querier, sc auth.Scope, index []byte) ([]row, error) {
	inside, args := sc.Where("p.area", 4)
	return store.All(ctx, q, scanRow, `select p.id, p.area, p.key_wrapped, p.sealed from person_paper n join person_person p on p.province = n.province and p.id = n.person
where n.province = $1 and n.number_index = $2 and `+inside+" order by n.person limit $3", append([]any{sc.Province(), index, found}, args...)...)
}

// selectAnywhere returns a row whatever its area: one human being has one row in
// the province, and who registers them may not see it.
func selectAnywhere(ctx context.Context, q store.Querier, sc auth.Scope, i id.ID) (row, error) {
	return store.One(ctx, q, scanRow, "select id, area, key_wrapped, sealed from person_person where province = $1 and id = $2", sc.Province(), i)
}

func selectIDs(ctx context.Context, q store.Querier, sc auth.Scope, after id.ID, limit int) ([]row, error) {
	inside, args := sc.Where("area", 4)
	return store.All(ctx, q, scanRow, "select id, area, key_wrapped, sealed from person_person where province = $1 and erased_ms = 0 and id > $2 and "+inside+
		" order by id limit $3", append([]any{sc.Province(), after[:], limit}, args...)...)
}

func insertPerson(tx *store.Tx, sc auth.Scope, r row, now time.Time) error {
	_, err := tx.Exec(`insert into person_person (province, id, area, key_wrapped, sealed, name_index, phone_index, created_ms, changed_ms, erased_ms)
values ($1, $2, $3, $4, $5, $6, $7, $8, $8, 0)`, sc.Province(), r.id, r.area, r.wrapped, r.sealed, r.nameIndex, r.phoneIndex, store.Millis(now))
	return err
}

// updatePerson writes a row that selectPerson has found in scope.
func updatePerson(tx *store.Tx, sc auth.Scope, r row, now time.Time) error {
	n, err := tx.Exec(`update person_person set area = $3, key_wrapped = $4, sealed = $5, name_index = $6, phone_index = $7, changed_ms = $8
where province = $1 and id = $2 and erased_ms = 0`, sc.Province(), r.id, r.area, r.wrapped, r.sealed, r.nameIndex, r.phoneIndex, store.Millis(now))
	if err == nil && n != 1 {
		return fmt.Errorf("person: %s: %d rows changed", r.id, n)
	}
	return err
}

func erasePerson(tx *store.Tx, sc auth.Scope, i id.ID, now time.Time) error {
	inside, args := sc.Where("area", 4)
	_, err := tx.Exec(`update person_person set key_wrapped = null, sealed = null, name_index = null, phone_index = null, changed_ms = $3, erased_ms = $3
where province = $1 and id = $2 and `+inside, append([]any{sc.Province(), i, store.Millis(now)}, args...)...)
	return err
}

func insertPapers(tx *store.Tx, sc auth.Scope, person id.ID, indexes [][]byte) error {
	for _, x := range indexes {
		if _, err := tx.Exec("insert into person_paper (province, person, number_index) values ($1, $2, $3)", sc.Province(), person, x); err != nil {
			return err
		}
	}
	return nil
}

func deletePapers(tx *store.Tx, sc auth.Scope, person id.ID) error {
	_, err := tx.Exec("delete from person_paper where province = $1 and person = $2", sc.Province(), person)
	return err
}

// revivePerson fills a row that a merge had emptied.
func revivePerson(tx *store.Tx, sc auth.Scope, r row, now time.Time) (found bool, err error) {
	n, err := tx.Exec(`update person_person set area = $3, key_wrapped = $4, sealed = $5, name_index = $6, phone_index = $7, changed_ms = $8, erased_ms = 0
where province = $1 and id = $2`, sc.Province(), r.id, r.area, r.wrapped, r.sealed, r.nameIndex, r.phoneIndex, store.Millis(now))
	return n == 1, err
}

// slots is how many locks the blocks of a province share.
const slots = 4096

// lockBlocks makes whoever writes into the same blocks wait for this
// transaction's end, so that two who bring the same human being at once find
// one another. SQLite has one writer anyway.
func lockBlocks(tx *store.Tx, sc auth.Scope, i id.ID, keys []blockKey) error {
	if tx.Engine() == store.SQLite {
		return nil
	}
	all := []int{int(i[14])<<4&(slots-1) | int(i[15])&15}
	for _, k := range keys {
		all = append(all, int(uint64(k.key)%slots))
	}
	slices.Sort(all) // everyone in the same order: nobody waits in a ring
	b := store.Bulk{Table: "person_slot", Columns: []string{"province", "slot", "n"}, OnConflict: "on conflict (province, slot) do update set n = person_slot.n + 1"}
	_, err := b.Insert(tx, func(yield func([]any) bool) {
		for _, slot := range slices.Compact(all) {
			if !yield([]any{sc.Province(), slot, 0}) {
				return
			}
		}
	})
	return err
}

// insertBlocks writes one statement a row on SQLite: one of many rows opens a
// journal of its own, and closing that walks all that the transaction has
// written, which was half of an import's time. On PostgreSQL the way to the
// server counts.
func insertBlocks(tx *store.Tx, sc auth.Scope, person id.ID, keys []blockKey) error {
	if tx.Engine() == store.SQLite {
		for _, k := range keys {
			if _, err := tx.Exec("insert into person_block (province, kind, key, person) values ($1, $2, $3, $4) on conflict do nothing",
				sc.Province(), int(k.kind), k.key, person); err != nil {
				return err
			}
		}
		return nil
	}
	b := store.Bulk{Table: "person_block", Columns: []string{"province", "kind", "key", "person"}, OnConflict: "on conflict do nothing"}
	_, err := b.Insert(tx, func(yield func([]any) bool) {
		for _, k := range keys {
			if !yield([]any{sc.Province(), int(k.kind), k.key, person}) {
				return
			}
		}
	})
	return err
}

func deleteBlocks(tx *store.Tx, sc auth.Scope, person id.ID, keys []blockKey) error {
	for _, k := range keys {
		if _, err := tx.Exec("delete from person_block where province = $1 and kind = $2 and key = $3 and person = $4", sc.Province(), int(k.kind), k.key, person); err != nil {
			return err
		}
	}
	return nil
}

// member is one who stands in block n of those asked for.
type member struct {
	n      int
	person id.ID
}

// selectMembers returns who stands in the blocks, at most one more than
// blockMost of each; in one statement, for a network lies between.
func selectMembers(tx *store.Tx, sc auth.Scope, keys []blockKey) ([]member, error) {
	var text strings.Builder
	args := []any{sc.Province(), blockMost + 1}
	for n, k := range keys {
		if n > 0 {
			text.WriteString(" union all ")
		}
		args = append(args, int(k.kind), k.key)
		fmt.Fprintf(&text, "select n, person from (select %d as n, person from person_block where province = $1 and kind = $%d and key = $%d limit $2) b%d",
			n, len(args)-1, len(args), n)
	}
	if len(keys) == 0 {
		return nil, nil
	}
	return store.All(tx.Context(), tx, func(s store.Scan) (m member, err error) {
		err = s(&m.n, &m.person)
		return m, err
	}, text.String(), args...)
}

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

// closeMerge marks a merge as undone and destroys its copies.
func closeMerge(tx *store.Tx, sc auth.Scope, gone id.ID, now time.Time) error {
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

func insertReview(tx *store.Tx, sc auth.Scope, a, b id.ID, tenths int64, now time.Time) error {
	_, err := tx.Exec(`insert into person_review (province, a, b, score_tenths, state, filed_ms, decided_ms) values ($1, $2, $3, $4, $5, $6, 0)
on conflict (province, a, b) do nothing`, sc.Province(), a, b, tenths, ReviewOpen, store.Millis(now))
	return err
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
