package person

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
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
where n.province = $1 and n.number_index = $2 and `+inside+" order by p.id limit $3", append([]any{sc.Province(), index, found}, args...)...)
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
