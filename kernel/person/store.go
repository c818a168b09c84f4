package person

import (
	"cmp"
	"context"
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"khien/kernel/auth"
	"khien/kernel/fault"
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

// selectInBlocks returns who stands in any of the blocks, in scope.
func selectInBlocks(ctx context.Context, q store.Querier, sc auth.Scope, keys []blockKey) (all []row, err error) {
	inside, args := sc.Where("p.area", 5)
	for _, k := range keys {
		rows, err := store.All(ctx, q, scanRow, `select p.id, p.area, p.key_wrapped, p.sealed from person_block b join person_person p on p.province = b.province and p.id = b.person
where b.province = $1 and b.kind = $2 and b.key = $3 and `+inside+" order by b.person limit $4", append([]any{sc.Province(), int(k.kind), k.key, found}, args...)...)
		if err != nil {
			return nil, err
		}
		all = append(all, rows...)
	}
	return all, nil
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

// selectRows returns the rows of ids, whatever their areas, as selectAnywhere.
func selectRows(ctx context.Context, q store.Querier, sc auth.Scope, ids []id.ID) (all []row, err error) {
	err = eachPart(sc, ids, func(marks string, args []any) error {
		rows, err := store.All(ctx, q, scanRow, "select id, area, key_wrapped, sealed from person_person where province = $1 and id in ("+marks+")", args...)
		all = append(all, rows...)
		return err
	})
	return all, err
}

// selectStanding returns which of the ids have a row, or went by a merge.
func selectStanding(ctx context.Context, q store.Querier, sc auth.Scope, ids []id.ID) (all []id.ID, err error) {
	for _, text := range []string{"select id from person_person where province = $1 and id in (", "select gone from person_merge where province = $1 and undone_ms = 0 and gone in ("} {
		err = eachPart(sc, ids, func(marks string, args []any) error {
			there, err := store.All(ctx, q, scanID, text+marks+")", args...)
			all = append(all, there...)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

func scanID(s store.Scan) (i id.ID, err error) {
	err = s(&i)
	return i, err
}

// eachPart calls do for the ids part by part.
func eachPart(sc auth.Scope, ids []id.ID, do func(marks string, args []any) error) error {
	for part := range slices.Chunk(ids, 200) {
		marks, args := marked(part, []any{sc.Province()}, func(i id.ID) any { return i })
		if err := do(marks, args); err != nil {
			return err
		}
	}
	return nil
}

// insertPeople writes new rows, in the order of their ids.
func insertPeople(tx *store.Tx, sc auth.Scope, rows []row, now time.Time) error {
	if err := touch(tx, sc); err != nil {
		return err
	}
	slices.SortFunc(rows, func(a, b row) int { return compareIDs(a.id, b.id) })
	return insertAll(tx, "person_person", "province, id, area, key_wrapped, sealed, name_index, phone_index, created_ms, changed_ms, erased_ms", "", rows, func(r row) []any {
		return []any{sc.Province(), r.id, r.area, r.wrapped, r.sealed, r.nameIndex, r.phoneIndex, store.Millis(now), store.Millis(now), 0}
	})
}

// insertAll writes one statement a row on SQLite: one of many rows opens a
// journal of its own, and closing that walks all that the transaction has
// written, which was half of an import's time. On PostgreSQL the way to the
// server counts.
func insertAll[T any](tx *store.Tx, table, columns, onConflict string, all []T, values func(T) []any) error {
	b := store.Bulk{Table: table, Columns: strings.Split(columns, ", "), OnConflict: onConflict}
	if tx.Engine() != store.SQLite {
		_, err := b.Insert(tx, func(yield func([]any) bool) {
			for _, v := range all {
				if !yield(values(v)) {
					return
				}
			}
		})
		return err
	}
	marks := make([]string, len(b.Columns))
	for i := range marks {
		marks[i] = fmt.Sprintf("$%d", i+1)
	}
	text := "insert into " + table + " (" + columns + ") values (" + strings.Join(marks, ", ") + ") " + onConflict
	for _, v := range all {
		if _, err := tx.Exec(text, values(v)...); err != nil {
			return err
		}
	}
	return nil
}

// updatePerson writes a row that selectPerson has found in scope. found says
// that its name and phone are found as before: their indexes are left alone, for
// SQLite writes them anew even when nothing changed.
func updatePerson(tx *store.Tx, sc auth.Scope, r row, found bool, now time.Time) error {
	if err := touch(tx, sc); err != nil {
		return err
	}
	args := []any{sc.Province(), r.id, r.area, r.wrapped, r.sealed, store.Millis(now)}
	text := "update person_person set area = $3, key_wrapped = $4, sealed = $5, changed_ms = $6 where province = $1 and id = $2 and erased_ms = 0"
	if !found {
		args = append(args, r.nameIndex, r.phoneIndex)
		text = `update person_person set area = $3, key_wrapped = $4, sealed = $5, changed_ms = $6, name_index = $7, phone_index = $8
where province = $1 and id = $2 and erased_ms = 0`
	}
	n, err := tx.Exec(text, args...)
	if err == nil && n != 1 {
		return fmt.Errorf("person: %s: %d rows changed", r.id, n)
	}
	return err
}

func erasePerson(tx *store.Tx, sc auth.Scope, i id.ID, now time.Time) error {
	if err := touch(tx, sc); err != nil {
		return err
	}
	inside, args := sc.Where("area", 4)
	_, err := tx.Exec(`update person_person set key_wrapped = null, sealed = null, name_index = null, phone_index = null, changed_ms = $3, erased_ms = $3
where province = $1 and id = $2 and `+inside, append([]any{sc.Province(), i, store.Millis(now)}, args...)...)
	return err
}

// revivePerson fills a row that a merge had emptied.
func revivePerson(tx *store.Tx, sc auth.Scope, r row, now time.Time) (found bool, err error) {
	if err := touch(tx, sc); err != nil {
		return false, err
	}
	n, err := tx.Exec(`update person_person set area = $3, key_wrapped = $4, sealed = $5, name_index = $6, phone_index = $7, changed_ms = $8, erased_ms = 0
where province = $1 and id = $2`, sc.Province(), r.id, r.area, r.wrapped, r.sealed, r.nameIndex, r.phoneIndex, store.Millis(now))
	return n == 1, err
}

// versionSlot is the slot that counts, on SQLite, the transactions that changed
// the registry, from 1.
const versionSlot = -1

// selectVersion returns a number that rises whenever the registry changes, on
// SQLite; elsewhere it says nothing.
func selectVersion(ctx context.Context, q store.Querier, sc auth.Scope) (int64, error) {
	n, err := store.One(ctx, q, store.Int, "select n from person_slot where province = $1 and slot = $2", sc.Province(), versionSlot)
	if fault.Is(err, fault.NotFound) {
		return 0, nil
	}
	return n, err
}

type touchedKey struct{ province int }

// touch raises the version, once in a transaction. Who writes people, blocks or
// merges calls it first.
func touch(tx *store.Tx, sc auth.Scope) error {
	if tx.Engine() != store.SQLite {
		return nil
	}
	first := tx.Value(touchedKey{sc.Province()}, func() any { return new(bool) }).(*bool)
	if *first {
		return nil
	}
	*first = true
	_, err := tx.Exec("insert into person_slot (province, slot, n) values ($1, $2, 1) on conflict (province, slot) do update set n = person_slot.n + 1",
		sc.Province(), versionSlot)
	return err
}

// slots is how many locks the blocks of a province share.
const slots = 4096

// lockBlocks makes whoever writes into the same blocks wait for this
// transaction's end, so that two who bring the same human being at once find
// one another. SQLite has one writer anyway.
func lockBlocks(tx *store.Tx, sc auth.Scope, ids []id.ID, keys []blockKey) error {
	if tx.Engine() == store.SQLite {
		return nil
	}
	var all []int
	for _, i := range ids {
		all = append(all, int(i[14])<<4&(slots-1)|int(i[15])&15)
	}
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

func insertBlocks(tx *store.Tx, sc auth.Scope, all []standing) error {
	if err := touch(tx, sc); err != nil {
		return err
	}
	slices.SortFunc(all, standing.compare)
	return insertAll(tx, "person_block", "province, kind, key, person", "on conflict do nothing", all, func(b standing) []any {
		return []any{sc.Province(), int(b.kind), b.key, b.person}
	})
}

func deleteBlocks(tx *store.Tx, sc auth.Scope, all []standing) error {
	if err := touch(tx, sc); err != nil {
		return err
	}
	slices.SortFunc(all, standing.compare)
	for _, b := range all {
		if _, err := tx.Exec("delete from person_block where province = $1 and kind = $2 and key = $3 and person = $4", sc.Province(), int(b.kind), b.key, b.person); err != nil {
			return err
		}
	}
	return nil
}

func (k blockKey) compare(l blockKey) int {
	return cmp.Or(cmp.Compare(k.kind, l.kind), cmp.Compare(k.key, l.key))
}

func (a standing) compare(b standing) int {
	return cmp.Or(a.blockKey.compare(b.blockKey), compareIDs(a.person, b.person))
}

// How many blocks one statement asks for, and how many rows it may answer with
// before its blocks are asked for one by one: blocks of a province rarely hold
// more than a handful.
const (
	blocksAsked   = 200
	membersAnswer = 4_000
)

// selectMembers calls in with a block and who stands in it, for at most one more
// than blockMost of each; in few statements, for a network lies between.
func selectMembers(ctx context.Context, q store.Querier, sc auth.Scope, keys []blockKey, in func(k blockKey, person id.ID)) error {
	byKind := map[blockKind][]blockKey{}
	for _, k := range keys {
		byKind[k.kind] = append(byKind[k.kind], k)
	}
	for _, of := range byKind {
		slices.SortFunc(of, func(a, b blockKey) int { return cmp.Compare(a.key, b.key) })
		for part := range slices.Chunk(of, blocksAsked) {
			if err := selectMembersOf(ctx, q, sc, part, in); err != nil {
				return err
			}
		}
	}
	return nil
}

// selectMembersOf answers for blocks of one kind.
func selectMembersOf(ctx context.Context, q store.Querier, sc auth.Scope, keys []blockKey, in func(k blockKey, person id.ID)) error {
	type row struct {
		key    int64
		person id.ID
	}
	marks, args := marked(keys, []any{sc.Province(), int(keys[0].kind), membersAnswer}, func(k blockKey) any { return k.key })
	rows, err := store.All(ctx, q, func(s store.Scan) (r row, err error) {
		err = s(&r.key, &r.person)
		return r, err
	}, "select key, person from person_block where province = $1 and kind = $2 and key in ("+marks+") limit $3", args...)
	if err != nil {
		return err
	}
	if len(rows) < membersAnswer {
		for _, r := range rows {
			in(blockKey{keys[0].kind, r.key}, r.person)
		}
		return nil
	}
	for _, k := range keys {
		ids, err := selectBlock(ctx, q, sc, k, blockMost+1)
		if err != nil {
			return err
		}
		for _, i := range ids {
			in(k, i)
		}
	}
	return nil
}

// marked returns the parameters' names and all arguments of a statement that
// asks for each of all, after those that args has. They are filled up with the
// last of all to one of a few numbers, so that few texts are prepared.
func marked[T any](all []T, args []any, value func(T) any) (marks string, _ []any) {
	size := 1
	for size < len(all) {
		size *= 4
	}
	if size > 200 {
		size = max(200, len(all))
	}
	names := make([]string, size)
	for i := range size {
		args = append(args, value(all[min(i, len(all)-1)]))
		names[i] = fmt.Sprintf("$%d", len(args))
	}
	return strings.Join(names, ", "), args
}

// selectBlock returns the first of those who stand in a block.
func selectBlock(ctx context.Context, q store.Querier, sc auth.Scope, k blockKey, limit int) ([]id.ID, error) {
	return store.All(ctx, q, scanID, "select person from person_block where province = $1 and kind = $2 and key = $3 order by person limit $4",
		sc.Province(), int(k.kind), k.key, limit)
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
		err = eachPart(sc, ids, func(marks string, args []any) error {
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

const challengeColumns = "id, person, device, area, about, text_sealed, filed_ms, answer_sealed, answered_ms, answered_by"

func scanChallenge(s store.Scan) (c challengeRow, err error) {
	var filed, answered int64
	err = s(&c.ID, &c.Person, &c.Device, &c.Area, &c.About, &c.text, &filed, &c.answer, &answered, &c.By)
	c.Filed, c.Answered = store.Time(filed), store.Time(answered)
	return c, err
}

func insertChallenge(tx *store.Tx, sc auth.Scope, c Challenge, sealed []byte) error {
	_, err := tx.Exec(`insert into person_challenge (province, id, person, device, area, about, text_sealed, filed_ms, answered_ms, answered_by)
values ($1, $2, $3, $4, $5, $6, $7, $8, 0, '')`, sc.Province(), c.ID, c.Person, c.Device, c.Area, c.About, sealed, store.Millis(c.Filed))
	return err
}

func answerChallenge(tx *store.Tx, sc auth.Scope, i id.ID, sealed []byte) error {
	_, err := tx.Exec("update person_challenge set answer_sealed = $3, answered_ms = $4, answered_by = $5 where province = $1 and id = $2",
		sc.Province(), i, sealed, store.Millis(sc.Now()), sc.Actor())
	return err
}

func selectChallenge(ctx context.Context, q store.Querier, sc auth.Scope, i id.ID) (challengeRow, error) {
	inside, args := sc.Where("area", 3)
	return store.One(ctx, q, scanChallenge, "select "+challengeColumns+" from person_challenge where province = $1 and id = $2 and "+inside,
		append([]any{sc.Province(), i}, args...)...)
}

func selectChallenges(ctx context.Context, q store.Querier, sc auth.Scope) ([]challengeRow, error) {
	inside, args := sc.Where("area", 3)
	return store.All(ctx, q, scanChallenge, "select "+challengeColumns+" from person_challenge where province = $1 and answered_ms = 0 and "+inside+" order by filed_ms limit $2",
		append([]any{sc.Province(), found}, args...)...)
}

// selectChallengesOf returns what came from the asker's phone and, when they are
// confirmed, what the person filed from another.
func selectChallengesOf(ctx context.Context, q store.Querier, sc auth.Scope, a Asker) ([]challengeRow, error) {
	who := a.Device // a person's id is no device's: nothing more is found by it
	if a.Confirmed && !a.Person.IsZero() {
		who = a.Person
	}
	return store.All(ctx, q, scanChallenge, "select "+challengeColumns+" from person_challenge where province = $1 and (device = $2 or person = $3) order by filed_ms desc limit $4",
		sc.Province(), a.Device, who, found)
}

// eraseChallenges takes the texts that speak of somebody with them.
func eraseChallenges(tx *store.Tx, sc auth.Scope, i id.ID) error {
	_, err := tx.Exec("delete from person_challenge where province = $1 and person = $2", sc.Province(), i)
	return err
}

// selectIdle returns people written before and not since, after an id.
func selectIdle(ctx context.Context, q store.Querier, sc auth.Scope, before time.Time, after id.ID, limit int) ([]id.ID, error) {
	inside, args := sc.Where("area", 5)
	return store.All(ctx, q, scanID, "select id from person_person where province = $1 and erased_ms = 0 and changed_ms < $2 and id > $3 and "+inside+" order by id limit $4",
		append([]any{sc.Province(), store.Millis(before), after[:], limit}, args...)...)
}

// selectChallenged returns which of the people have an unanswered challenge.
func selectChallenged(ctx context.Context, q store.Querier, sc auth.Scope, people []id.ID) (all []id.ID, err error) {
	err = eachPart(sc, people, func(marks string, args []any) error {
		some, err := store.All(ctx, q, scanID, "select person from person_challenge where province = $1 and answered_ms = 0 and person in ("+marks+")", args...)
		all = append(all, some...)
		return err
	})
	return all, err
}

func selectCreated(ctx context.Context, q store.Querier, sc auth.Scope, i id.ID) (time.Time, error) {
	ms, err := store.One(ctx, q, store.Int, "select created_ms from person_person where province = $1 and id = $2", sc.Province(), i)
	return store.Time(ms), err
}

// isIdle reports whether somebody stands who was not written since, and into
// whom nobody was merged since.
func isIdle(tx *store.Tx, sc auth.Scope, i id.ID, since time.Time) (bool, error) {
	idle, err := store.All(tx.Context(), tx, scanID, `select id from person_person p where p.province = $1 and p.id = $2 and p.erased_ms = 0 and p.changed_ms < $3
and not exists (select 1 from person_merge m where m.province = p.province and m.kept = p.id and m.merged_ms >= $3)`, sc.Province(), i, store.Millis(since))
	return len(idle) == 1, err
}
