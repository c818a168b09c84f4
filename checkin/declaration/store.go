package declaration

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

// Migrations returns the tables of declarations, for store.DB.Migrate("declaration", …).
func Migrations() fs.FS { return store.MigrationFiles(files) }

// row is a declaration as stored.
type row struct {
	Declaration
	wrapped, sealed []byte
}

const columns = `id, person, device, account, kind, form, rule, grade, area, made_ms, until_ms, changed_ms, withdrawn_ms, dies_ms, version, short, key_wrapped, sealed`

var insertColumns = strings.Split("province, "+columns, ", ")

func scanRow(s store.Scan) (r row, err error) {
	var made, until, changed, withdrawn, dies int64
	err = s(&r.ID, &r.Person, &r.Device, &r.Account, &r.Kind, &r.Form, &r.Rule, &r.Grade, &r.Area, &made, &until, &changed, &withdrawn, &dies,
		&r.Version, &r.Short, &r.wrapped, &r.sealed)
	r.Made, r.Until, r.Changed, r.Withdrawn, r.Dies = store.Time(made), store.Time(until), store.Time(changed), store.Time(withdrawn), store.Time(dies)
	return r, err
}

func insertDeclarations(tx *store.Tx, sc auth.Scope, rows []row) error {
	b := store.Bulk{Table: "declaration_declaration", Columns: insertColumns}
	_, err := b.Insert(tx, func(yield func([]any) bool) {
		for _, r := range rows {
			if !yield([]any{sc.Province(), r.ID, r.Person, r.Device, r.Account, string(r.Kind), r.Form, r.Rule, string(r.Grade), int64(r.Area),
				store.Millis(r.Made), store.Millis(r.Until), store.Millis(r.Changed), store.Millis(r.Withdrawn), store.Millis(r.Dies),
				r.Version, r.Short, r.wrapped, r.sealed}) {
				return
			}
		}
	})
	return err
}

func selectDeclaration(ctx context.Context, q store.Querier, sc auth.Scope, i id.ID) (row, error) {
	return store.One(ctx, q, scanRow, "select "+columns+" from declaration_declaration where province = $1 and id = $2", sc.Province(), i)
}

// selectMany returns those of the ids that stand.
func selectMany(ctx context.Context, q store.Querier, sc auth.Scope, ids []id.ID) (map[id.ID]Declaration, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	found := map[id.ID]Declaration{}
	marks, args := marksOf(2, ids)
	err := store.Each(ctx, q, func(s store.Scan) error {
		r, err := scanRow(s)
		found[r.ID] = r.Declaration
		return err
	}, "select "+columns+" from declaration_declaration where province = $1 and id in ("+marks+")", append([]any{sc.Province()}, args...)...)
	return found, err
}

// marksOf returns "$first, $first+1, …" for ids, and them as arguments.
func marksOf(first int, ids []id.ID) (string, []any) {
	marks, args := make([]string, len(ids)), make([]any, len(ids))
	for n, i := range ids {
		marks[n], args[n] = fmt.Sprintf("$%d", first+n), i
	}
	return strings.Join(marks, ", "), args
}

func selectOfDevice(ctx context.Context, q store.Querier, sc auth.Scope, device id.ID, most int) ([]row, error) {
	return store.All(ctx, q, scanRow, "select "+columns+" from declaration_declaration where province = $1 and device = $2 order by made_ms desc, id desc limit $3", sc.Province(), device, most)
}

// askedAtOnce bounds the people of one statement: engines bound its parameters.
const askedAtOnce = 500

// selectOfPeople returns the declarations of people that lie in scope, the newest first.
func selectOfPeople(ctx context.Context, q store.Querier, sc auth.Scope, people []id.ID, most int) (all []row, err error) {
	for part := range slices.Chunk(people, askedAtOnce) {
		marks, who := marksOf(3, part)
		inside, more := sc.Where("area", 3+len(who))
		args := append(append([]any{sc.Province(), most}, who...), more...)
		some, err := store.All(ctx, q, scanRow, "select "+columns+" from declaration_declaration where province = $1 and person in ("+marks+") and "+inside+" order by made_ms desc, id desc limit $2", args...)
		if err != nil {
			return nil, err
		}
		all = append(all, some...)
	}
	slices.SortStableFunc(all, func(a, b row) int { return b.Made.Compare(a.Made) })
	return all[:min(len(all), most)], nil
}

// selectPeopleInUse returns which of the people a declaration stands of.
func selectPeopleInUse(ctx context.Context, q store.Querier, sc auth.Scope, people []id.ID) (map[id.ID]bool, error) {
	used := map[id.ID]bool{}
	for part := range slices.Chunk(people, askedAtOnce) {
		marks, args := marksOf(2, part)
		err := store.Each(ctx, q, func(s store.Scan) error {
			var i id.ID
			err := s(&i)
			used[i] = true
			return err
		}, "select distinct person from declaration_declaration where province = $1 and person in ("+marks+")", append([]any{sc.Province()}, args...)...)
		if err != nil {
			return nil, err
		}
	}
	return used, nil
}

func selectShort(ctx context.Context, q store.Querier, sc auth.Scope, short string) (row, error) {
	return store.One(ctx, q, scanRow, "select "+columns+" from declaration_declaration where province = $1 and short = $2 order by made_ms desc", sc.Province(), short)
}

// selectList returns the declarations of a filter that lie in scope, the newest first.
func selectList(ctx context.Context, q store.Querier, sc auth.Scope, f Filter, most int) ([]row, error) {
	args := []any{sc.Province(), most}
	inside, more := sc.Where("area", 3)
	args = append(args, more...)
	where := []string{inside}
	add := func(condition string, values ...any) {
		for _, v := range values {
			args = append(args, v)
			condition = strings.Replace(condition, "?", fmt.Sprintf("$%d", len(args)), 1)
		}
		where = append(where, condition)
	}
	if !f.Area.IsZero() {
		lo, hi := f.Area.Range()
		add("area >= ? and area < ?", int64(lo), int64(hi))
	}
	if f.Kind != "" {
		add("kind = ?", string(f.Kind))
	}
	if f.Grade != "" {
		add("grade = ?", string(f.Grade))
	}
	if f.From != 0 {
		add("made_ms >= ?", store.Millis(start(f.From)))
	}
	if f.To != 0 {
		add("made_ms < ?", store.Millis(start(f.To+1)))
	}
	if f.After != nil {
		add("(made_ms, id) < (?, ?)", store.Millis(f.After.Made), f.After.ID)
	}
	return store.All(ctx, q, scanRow, "select "+columns+" from declaration_declaration where province = $1 and "+strings.Join(where, " and ")+" order by made_ms desc, id desc limit $2", args...)
}

func insertPast(tx *store.Tx, sc auth.Scope, r row) error {
	_, err := tx.Exec(`insert into declaration_past (province, declaration, version, form, rule, grade, changed_ms, until_ms, sealed) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		sc.Province(), r.ID, r.Version, r.Form, r.Rule, string(r.Grade), store.Millis(r.Changed), store.Millis(r.Until), r.sealed)
	return err
}

// past is an earlier version of a declaration.
type past struct {
	Declaration // Version, Form, Rule, Grade, Changed, Until
	sealed      []byte
}

func selectPast(ctx context.Context, q store.Querier, sc auth.Scope, i id.ID) ([]past, error) {
	return store.All(ctx, q, func(s store.Scan) (p past, err error) {
		var changed, until int64
		err = s(&p.Version, &p.Form, &p.Rule, &p.Grade, &changed, &until, &p.sealed)
		p.ID, p.Changed, p.Until = i, store.Time(changed), store.Time(until)
		return p, err
	}, "select version, form, rule, grade, changed_ms, until_ms, sealed from declaration_past where province = $1 and declaration = $2 order by version", sc.Province(), i)
}

// updateDeclaration writes a corrected declaration over the version before it; false when that no longer stands.
func updateDeclaration(tx *store.Tx, sc auth.Scope, r row) (bool, error) {
	n, err := tx.Exec(`update declaration_declaration set form = $3, rule = $4, grade = $5, until_ms = $6, changed_ms = $7, dies_ms = $8, version = $9, sealed = $10
where province = $1 and id = $2 and version = $11 and withdrawn_ms = 0`, sc.Province(), r.ID, r.Form, r.Rule, string(r.Grade), store.Millis(r.Until), store.Millis(r.Changed),
		store.Millis(r.Dies), r.Version, r.sealed, r.Version-1)
	return n == 1, err
}

func withdrawDeclaration(tx *store.Tx, sc auth.Scope, i id.ID, now time.Time) error {
	_, err := tx.Exec("update declaration_declaration set withdrawn_ms = $3 where province = $1 and id = $2 and withdrawn_ms = 0", sc.Province(), i, store.Millis(now))
	return err
}

// selectDead returns declarations whose day has come, the oldest first.
func selectDead(ctx context.Context, q store.Querier, sc auth.Scope, now time.Time, most int) ([]row, error) {
	return store.All(ctx, q, scanRow, "select "+columns+" from declaration_declaration where province = $1 and dies_ms < $2 order by dies_ms limit $3", sc.Province(), store.Millis(now), most)
}

func deleteDeclaration(tx *store.Tx, sc auth.Scope, i id.ID) error {
	if _, err := tx.Exec("delete from declaration_past where province = $1 and declaration = $2", sc.Province(), i); err != nil {
		return err
	}
	_, err := tx.Exec("delete from declaration_declaration where province = $1 and id = $2", sc.Province(), i)
	return err
}

func postponeDeath(tx *store.Tx, sc auth.Scope, i id.ID, dies time.Time) error {
	_, err := tx.Exec("update declaration_declaration set dies_ms = $3 where province = $1 and id = $2", sc.Province(), i, store.Millis(dies))
	return err
}

func selectDefinitions(ctx context.Context, q store.Querier, province int) ([]string, error) {
	return store.All(ctx, q, store.Text, "select body from declaration_definition where province = $1 order by what, version", province)
}

func insertDefinition(tx *store.Tx, province int, what string, version int, body, actor string, now time.Time) error {
	_, err := tx.Exec("insert into declaration_definition (province, what, version, body, actor, made_ms) values ($1, $2, $3, $4, $5, $6)",
		province, what, version, body, actor, store.Millis(now))
	return err
}
