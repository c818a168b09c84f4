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
	err = store.EachPart(sc.Province(), ids, func(marks string, args []any) error {
		rows, err := store.All(ctx, q, scanRow, "select id, area, key_wrapped, sealed from person_person where province = $1 and id in ("+marks+")", args...)
		all = append(all, rows...)
		return err
	})
	return all, err
}

// selectStanding returns which of the ids have a row, or went by a merge.
func selectStanding(ctx context.Context, q store.Querier, sc auth.Scope, ids []id.ID) (all []id.ID, err error) {
	for _, text := range []string{"select id from person_person where province = $1 and id in (", "select gone from person_merge where province = $1 and undone_ms = 0 and gone in ("} {
		err = store.EachPart(sc.Province(), ids, func(marks string, args []any) error {
			there, err := store.All(ctx, q, store.ID, text+marks+")", args...)
			all = append(all, there...)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return all, nil
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

func insertAll[T any](tx *store.Tx, table, columns, onConflict string, all []T, values func(T) []any) error {
	b := store.Bulk{Table: table, Columns: strings.Split(columns, ", "), OnConflict: onConflict}
	_, err := b.Insert(tx, func(yield func([]any) bool) {
		for _, v := range all {
			if !yield(values(v)) {
				return
			}
		}
	})
	return err
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

// outdatedSlot stands while the blocks are those of a version before: see 00007_near.sql.
const outdatedSlot = -2

func isOutdated(ctx context.Context, q store.Querier, sc auth.Scope) (bool, error) {
	n, err := store.One(ctx, q, store.Int, "select count(*) from person_slot where province = $1 and slot = $2", sc.Province(), outdatedSlot)
	return n > 0, err
}

func deleteOutdated(tx *store.Tx, sc auth.Scope) error {
	_, err := tx.Exec("delete from person_slot where province = $1 and slot = $2", sc.Province(), outdatedSlot)
	return err
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
	marks, args := store.Marks(keys, []any{sc.Province(), int(keys[0].kind), membersAnswer}, func(k blockKey) any { return k.key })
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

// selectBlock returns the first of those who stand in a block.
func selectBlock(ctx context.Context, q store.Querier, sc auth.Scope, k blockKey, limit int) ([]id.ID, error) {
	return store.All(ctx, q, store.ID, "select person from person_block where province = $1 and kind = $2 and key = $3 order by person limit $4",
		sc.Province(), int(k.kind), k.key, limit)
}
