package outbreak

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"

	"khien/kernel/area"
	"khien/kernel/auth"
	"khien/kernel/day"
	"khien/kernel/id"
	"khien/kernel/store"
)

const caseColumns = `id, coalesce(number, ''), person, sex, birth_year, classification, area, stay, source, investigation,
	onset, specimen, confirmed_on, reported, outcome, outcome_on, version, created_ms, changed_ms, actor`

func scanCase(s store.Scan) (c Case, err error) {
	var created, changed int64
	err = s(&c.ID, &c.Number, &c.Person, &c.Sex, &c.BirthYear, &c.Classification, &c.Area, &c.Stay, &c.Source, &c.Investigation,
		&c.Onset, &c.Specimen, &c.ConfirmedOn, &c.Reported, &c.Outcome, &c.OutcomeOn, &c.Version, &created, &changed, &c.Actor)
	c.Created, c.Changed = store.Time(created), store.Time(changed)
	return c, err
}

// readable is the predicate of the cases that a scope may read: those it
// answers for and those that stay in it. The first parameter is $first.
func readable(sc auth.Scope, first int) (string, []any) {
	mine, args := sc.Where("area", first)
	staying, more := sc.Where("stay", first+len(args))
	return "(" + mine + " or " + staying + ")", append(args, more...)
}

func caseByID(ctx context.Context, q store.Querier, sc auth.Scope, i id.ID) (Case, error) {
	may, args := readable(sc, 3)
	return store.One(ctx, q, scanCase,
		"select "+caseColumns+" from outbreak_case where province = $1 and id = $2 and "+may,
		append([]any{sc.Province(), i}, args...)...)
}

// casesOfPeople returns the cases of people, whatever their areas: for the
// program's own questions; the first reported first. They are put in order here:
// asked to, SQLite walks every case in that order and looks for these.
func casesOfPeople(ctx context.Context, q store.Querier, sc auth.Scope, people []id.ID) (all []Case, err error) {
	err = store.EachPart(sc.Province(), people, func(marks string, args []any) error {
		cases, err := store.All(ctx, q, scanCase, "select "+caseColumns+" from outbreak_case where province = $1 and person in ("+marks+")", args...)
		all = append(all, cases...)
		return err
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(all, func(a, b Case) int {
		return cmp.Or(cmp.Compare(a.Reported, b.Reported), bytes.Compare(a.ID[:], b.ID[:]))
	})
	return all, nil
}

func insertCase(tx *store.Tx, sc auth.Scope, c Case) error {
	_, err := tx.Exec(`insert into outbreak_case (province, id, number, person, sex, birth_year, classification, area, stay,
		source, onset, specimen, confirmed_on, reported, outcome, outcome_on, version, created_ms, changed_ms, actor, investigation)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)`,
		sc.Province(), c.ID, orNull(c.Number), c.Person, c.Sex, c.BirthYear, string(c.Classification), c.Area, c.Stay,
		string(c.Source), c.Onset, c.Specimen, c.ConfirmedOn, c.Reported, string(c.Outcome), c.OutcomeOn, c.Version,
		store.Millis(c.Created), store.Millis(c.Changed), c.Actor, string(c.Investigation))
	return err
}

// updateCase writes c over version was and reports whether that still stood.
func updateCase(tx *store.Tx, sc auth.Scope, c Case, was int) (bool, error) {
	n, err := tx.Exec(`update outbreak_case set number = $3, person = $4, sex = $5, birth_year = $6, classification = $7,
		area = $8, stay = $9, source = $10, onset = $11, specimen = $12, confirmed_on = $13, reported = $14, outcome = $15,
		outcome_on = $16, version = $17, changed_ms = $18, actor = $19, investigation = $21
		where province = $1 and id = $2 and version = $20`,
		sc.Province(), c.ID, orNull(c.Number), c.Person, c.Sex, c.BirthYear, string(c.Classification), c.Area, c.Stay,
		string(c.Source), c.Onset, c.Specimen, c.ConfirmedOn, c.Reported, string(c.Outcome), c.OutcomeOn, c.Version,
		store.Millis(c.Changed), c.Actor, was, string(c.Investigation))
	return n == 1, err
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// listCases returns at most most cases after the cursor, the last reported first.
func listCases(ctx context.Context, q store.Querier, sc auth.Scope, f Filter, most int) ([]Case, error) {
	text, args := listQuery(sc, f)
	return store.All(ctx, store.Planned(q), scanCase, fmt.Sprintf("%s limit %d", text, most), args...)
}

func listQuery(sc auth.Scope, f Filter) (string, []any) {
	w := &where{args: []any{sc.Province()}}
	may, args := readable(sc, 2)
	w.args = append(w.args, args...)
	w.add(f.Classification != "", "classification = %s", string(f.Classification))
	w.add(f.Source != "", "source = %s", string(f.Source))
	if f.Area != 0 {
		lo, hi := f.Area.Range()
		w.add(true, "area >= %s and area < %s", lo, hi)
	}
	w.add(f.From != 0, "reported >= %s", f.From)
	w.add(f.To != 0, "reported <= %s", f.To)
	w.add(f.Number != "", "number = %s", f.Number)
	if f.people != nil {
		var marks string
		marks, w.args = store.Marks(f.people, w.args, store.Same)
		w.parts = append(w.parts, "person in ("+marks+")")
	}
	if f.After != nil {
		w.add(true, "(reported, id) < (%s, %s)", f.After.Reported, f.After.ID)
	}
	text := "select " + caseColumns + " from outbreak_case where province = $1 and " + may
	for _, p := range w.parts {
		text += " and " + p
	}
	if f.people != nil { // few rows, found by person: see casesOfPeople
		return text + " order by reported + 0 desc, id desc", w.args
	}
	return text + " order by reported desc, id desc", w.args
}

// where gathers conditions and their arguments.
type where struct {
	parts []string
	args  []any
}

// add adds a condition whose %s are the next parameters, when it is asked for.
func (w *where) add(asked bool, format string, args ...any) {
	if !asked {
		return
	}
	marks := make([]any, len(args))
	for i, a := range args {
		w.args = append(w.args, a)
		marks[i] = fmt.Sprintf("$%d", len(w.args))
	}
	w.parts = append(w.parts, fmt.Sprintf(format, marks...))
}

// importKeys returns which of the keys stand already.
func importKeys(tx *store.Tx, sc auth.Scope, keys [][]byte) (map[string]bool, error) {
	return standing(tx, sc, keys, "select import_key from outbreak_case where province = $1 and import_key in (")
}

// numbersTaken returns which of the numbers some case of the province has, in
// scope or not: a number stands once in the province.
func numbersTaken(tx *store.Tx, sc auth.Scope, numbers []string) (map[string]bool, error) {
	return standing(tx, sc, numbers, "select number from outbreak_case where province = $1 and number in (")
}

// idsTaken returns which ids some case of the province has, in scope or not, by
// their bytes; partsTaken the same of parts.
func idsTaken(tx *store.Tx, sc auth.Scope, ids []id.ID) (map[string]bool, error) {
	return standing(tx, sc, ids, "select id from outbreak_case where province = $1 and id in (")
}

func partsTaken(tx *store.Tx, sc auth.Scope, ids []id.ID) (map[string]bool, error) {
	return standing(tx, sc, ids, "select id from outbreak_part where province = $1 and id in (")
}

// casesByID returns those of the cases that the scope may read.
func casesByID(tx *store.Tx, sc auth.Scope, ids []id.ID) (map[id.ID]Case, error) {
	by := map[id.ID]Case{}
	may, args := readable(sc, 2)
	for part := range slices.Chunk(ids, 500) {
		marks, all := store.Marks(part, append([]any{sc.Province()}, args...), store.Same)
		cases, err := store.All(tx.Context(), tx, scanCase, "select "+caseColumns+" from outbreak_case where province = $1 and "+may+" and id in ("+marks+")", all...)
		if err != nil {
			return nil, err
		}
		for _, c := range cases {
			by[c.ID] = c
		}
	}
	return by, nil
}

// standing returns which of the keys the statement finds; text ends where they begin.
func standing[K string | []byte | id.ID](tx *store.Tx, sc auth.Scope, keys []K, text string) (map[string]bool, error) {
	stands := map[string]bool{}
	return stands, store.EachPart(sc.Province(), keys, func(marks string, args []any) error {
		return store.Each(tx.Context(), tx, func(s store.Scan) error {
			var k K
			err := s(&k)
			stands[keyText(k)] = true
			return err
		}, text+marks+")", args...)
	})
}

func keyText(k any) string {
	switch k := k.(type) {
	case string:
		return k
	case []byte:
		return string(k)
	case id.ID:
		return string(k[:])
	}
	return ""
}

// insertCases writes many cases, each with the key of the list's row that it came
// from; nil for none.
func insertCases(tx *store.Tx, sc auth.Scope, cases []Case, keys [][]byte) error {
	b := store.Bulk{Table: "outbreak_case", Columns: []string{"province", "id", "number", "import_key", "person", "sex", "birth_year", "classification", "area", "stay",
		"source", "onset", "specimen", "confirmed_on", "reported", "outcome", "outcome_on", "version", "created_ms", "changed_ms", "actor", "investigation"}}
	i := -1
	_, err := b.Insert(tx, rowsOf(cases, func(c Case) []any {
		i++
		var key any
		if keys[i] != nil {
			key = keys[i]
		}
		return []any{sc.Province(), c.ID, orNull(c.Number), key, c.Person, c.Sex, c.BirthYear, string(c.Classification), c.Area, c.Stay,
			string(c.Source), c.Onset, c.Specimen, c.ConfirmedOn, c.Reported, string(c.Outcome), c.OutcomeOn, c.Version,
			store.Millis(c.Created), store.Millis(c.Changed), c.Actor, string(c.Investigation)}
	}))
	return err
}

// confirmedCounts returns how many cases were confirmed in the ground, by area
// and day, up to a day; ordered.
func confirmedCounts(ctx context.Context, q store.Querier, sc auth.Scope, ground area.Code, through day.Day) ([]cell, error) {
	lo, hi := ground.Range()
	return store.All(ctx, q, func(s store.Scan) (c cell, err error) {
		err = s(&c.area, &c.day, &c.cases)
		return c, err
	}, `select area, confirmed_on, count(*) from outbreak_case where province = $1 and area >= $2 and area < $3
		and classification = 'confirmed' and confirmed_on <= $4 group by area, confirmed_on order by area, confirmed_on`,
		sc.Province(), lo, hi, through)
}

// cell is one number of one area on one day.
type cell struct {
	area  area.Code
	day   day.Day
	rest  bool
	cases int
}

type cellKey struct {
	area area.Code
	day  day.Day
	rest bool
}

func (c cell) key() cellKey { return cellKey{c.area, c.day, c.rest} }

func restInt(rest bool) int {
	if rest {
		return 1
	}
	return 0
}

// announcedBetween returns the announced numbers of the days from to to.
func announcedBetween(ctx context.Context, q store.Querier, province int, from, to day.Day) (map[cellKey]int, error) {
	m := map[cellKey]int{}
	err := store.Each(ctx, q, func(s store.Scan) error {
		var c cell
		var rest int
		if err := s(&c.area, &c.day, &rest, &c.cases); err != nil {
			return err
		}
		c.rest = rest == 1
		m[c.key()] = c.cases
		return nil
	}, "select area, day, rest, cases from outbreak_count where province = $1 and day >= $2 and day <= $3", province, from, to)
	return m, err
}

// approvedCounts returns the numbers above 0 in the ground, up to a day, that
// stand by an approval.
func approvedCounts(ctx context.Context, q store.Querier, province int, ground area.Code, through day.Day) ([]cell, error) {
	lo, hi := ground.Range()
	return store.All(ctx, q, func(s store.Scan) (c cell, err error) {
		var rest int
		err = s(&c.area, &c.day, &rest, &c.cases)
		c.rest = rest == 1
		return c, err
	}, `select c.area, c.day, c.rest, c.cases from outbreak_count c
		join outbreak_announcement a on a.province = c.province and a.id = c.announcement
		where c.province = $1 and c.area >= $2 and c.area < $3 and c.day <= $4 and c.cases > 0 and a.kind = 'approval'`,
		province, lo, hi, through)
}

// writeCounts sets the announced numbers.
func writeCounts(tx *store.Tx, province int, announcement id.ID, cells []cell) error {
	b := store.Bulk{Table: "outbreak_count", Columns: []string{"province", "area", "day", "rest", "cases", "announcement"},
		OnConflict: "on conflict (province, area, day, rest) do update set cases = excluded.cases, announcement = excluded.announcement"}
	_, err := b.Insert(tx, rowsOf(cells, func(c cell) []any {
		return []any{province, c.area, c.day, restInt(c.rest), c.cases, announcement}
	}))
	return err
}

func rowsOf[T any](all []T, row func(T) []any) iter.Seq[[]any] {
	return func(yield func([]any) bool) {
		for _, v := range all {
			if !yield(row(v)) {
				return
			}
		}
	}
}

// held is a row of a published list that waits for a person.
type held struct {
	day     day.Day
	listed  string
	cases   int
	verdict area.Verdict
	why     string
}

func writeHeld(tx *store.Tx, province int, announcement id.ID, hs []held) error {
	b := store.Bulk{Table: "outbreak_held", Columns: []string{"province", "day", "listed", "cases", "verdict", "why", "announcement"},
		OnConflict: "on conflict (province, day, listed) do update set cases = excluded.cases, verdict = excluded.verdict, why = excluded.why"}
	_, err := b.Insert(tx, rowsOf(hs, func(h held) []any {
		return []any{province, h.day, h.listed, h.cases, string(h.verdict), h.why, announcement}
	}))
	return err
}

func insertAnnouncement(tx *store.Tx, province int, a Announcement) error {
	_, err := tx.Exec(`insert into outbreak_announcement (province, id, kind, source, digest, ground, through, rows_in, cases_in, actor, at_ms)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		province, a.ID, a.Kind, a.Source, a.digest, a.Ground, a.Through, a.Rows, a.Cases, a.Actor, store.Millis(a.At))
	return err
}

// announcements returns the acts before a moment, the last first.
func announcements(ctx context.Context, q store.Querier, province int, beforeMS int64, most int) ([]Announcement, error) {
	return store.All(ctx, q, scanAnnouncement, fmt.Sprintf(`select id, kind, source, ground, through, rows_in, cases_in, actor, at_ms
		from outbreak_announcement where province = $1 and at_ms < $2 order by at_ms desc limit %d`, most), province, beforeMS)
}

func announcementByID(ctx context.Context, q store.Querier, province int, i id.ID) (Announcement, error) {
	return store.One(ctx, q, scanAnnouncement, `select id, kind, source, ground, through, rows_in, cases_in, actor, at_ms
		from outbreak_announcement where province = $1 and id = $2`, province, i)
}

func scanAnnouncement(s store.Scan) (a Announcement, err error) {
	var ms int64
	err = s(&a.ID, &a.Kind, &a.Source, &a.Ground, &a.Through, &a.Rows, &a.Cases, &a.Actor, &ms)
	a.At = store.Time(ms)
	return a, err
}
