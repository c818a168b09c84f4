package outbreak

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"

	"khien/kernel/area"
	"khien/kernel/auth"
	"khien/kernel/day"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/person"
	"khien/kernel/store"
	"khien/wire/sheet"
)

// lineRowsMost bounds a list of cases.
const lineRowsMost = 100_000

// choices are the words with which lists say a classification, a source, an
// outcome or a sex, folded by area.Fold.
var choices = map[string]map[string]string{
	"classification": {
		"nghi ngo": string(Suspected), "suspected": string(Suspected), "nghi nhiem": string(Suspected),
		"co the": string(Probable), "probable": string(Probable),
		"xac dinh": string(Confirmed), "confirmed": string(Confirmed), "khang dinh": string(Confirmed), "f0": string(Confirmed), "duong tinh": string(Confirmed),
		"loai tru": string(Discarded), "discarded": string(Discarded), "am tinh": string(Discarded),
	},
	"source": {
		"cong dong": string(Community), "community": string(Community),
		"cach ly": string(Quarantine), "quarantine": string(Quarantine), "khu cach ly": string(Quarantine),
		"phong toa": string(LockdownZone), "lockdown_zone": string(LockdownZone), "khu phong toa": string(LockdownZone),
		"sang loc": string(Screening), "screening": string(Screening), "sang loc benh vien": string(Screening),
		"nhap canh": string(Imported), "imported": string(Imported),
	},
	"outcome": {
		"khoi": string(Recovered), "khoi benh": string(Recovered), "recovered": string(Recovered), "ra vien": string(Recovered),
		"tu vong": string(Died), "died": string(Died),
		"mat dau": string(Lost), "lost": string(Lost), "dang dieu tri": "", "": "",
	},
	"sex": {"nam": "male", "male": "male", "nu": "female", "female": "female", "khac": "other", "other": "other"},
}

// ImportCases reads a list of cases with Vietnamese or English headings and
// enters those whose place and fields are certain. Each row ends in one of the
// four verdicts; a row that was entered before is not entered again. The list
// is entered whole or, when the file cannot be read, not at all.
func (s *Service) ImportCases(ctx context.Context, sc auth.Scope, r io.Reader) (Report, error) {
	if !sc.Allows(auth.Import) || !sc.Allows(auth.WriteCases) {
		return Report{}, fault.New(fault.Forbidden, "auth.act")
	}
	rows, report, err := s.readCases(sc, r)
	if err != nil {
		return Report{}, err
	}
	var refused []lineRow
	err = s.db.Tx(ctx, func(tx *store.Tx) error {
		report.Added, refused, err = s.enterAll(tx, sc, rows)
		return err
	})
	for _, r := range refused {
		report.refuse(r)
	}
	return report, err
}

// lineRow is a row that will be entered if its number is free.
type lineRow struct {
	row     int
	draft   Draft
	text    string // all that the row says
	again   int    // how many rows before it say the same
	verdict area.Verdict
}

// key knows a row again: by its number, else by everything it says. Two people
// without a number of whom a list says the same are two rows of the list.
func (r lineRow) key() []byte {
	text := "number\x00" + r.draft.Number
	if r.draft.Number == "" {
		text = "row\x00" + r.text
		if r.again > 0 {
			text += "\x00again " + strconv.Itoa(r.again)
		}
	}
	sum := sha256.Sum256([]byte(text))
	return sum[:]
}

// refuse counts a row anew whose number another case or an earlier row has.
func (r *Report) refuse(l lineRow) {
	by := map[area.Verdict]*int{area.Matched: &r.Matched, area.Corrected: &r.Corrected, area.Ambiguous: &r.Ambiguous}
	*by[l.verdict]--
	r.By[string(l.verdict)]--
	r.Rejected++
	r.By[string(area.Rejected)]++
	r.Problems = slices.DeleteFunc(r.Problems, func(p Problem) bool { return p.Row == l.row })
	r.problem(Problem{Row: l.row, Field: "number", Value: l.draft.Number, Why: errNumberTaken.Key, Verdict: area.Rejected, Cases: 1, Key: "fault." + errNumberTaken.Key})
	slices.SortStableFunc(r.Problems, func(a, b Problem) int { return a.Row - b.Row })
}

func isCasesHeader(row []string) bool {
	return column(row, "reported") >= 0 || column(row, "confirmed") >= 0
}

func (s *Service) readCases(sc auth.Scope, r io.Reader) (rows []lineRow, report Report, err error) {
	t, err := sheet.Open(r, isCasesHeader)
	if err != nil {
		return nil, report, fileFault(err)
	}
	defer t.Close()
	for _, need := range []string{"commune", "reported"} {
		if column(t.Header, need) < 0 {
			return nil, report, fault.New(fault.Invalid, "sheet.no_column").InRow(1).At(need, strings.Join(t.Header, ", "))
		}
	}
	said := map[string]int{}
	for {
		row, n, err := t.Next()
		if errors.Is(err, io.EOF) {
			return rows, report, nil
		}
		if err != nil {
			return nil, report, fileFault(err)
		}
		if row, ok := s.lineOf(sc, &report, t.Header, row, n); ok {
			row.again = said[row.text]
			said[row.text]++
			rows = append(rows, row)
		}
		if len(rows) > lineRowsMost {
			return nil, report, fault.New(fault.Invalid, "outbreak.too_many_rows").InRow(n).With("most", lineRowsMost)
		}
	}
}

// lineOf decides one row and reports it; false when it is not to be entered.
func (s *Service) lineOf(sc auth.Scope, report *Report, header, row []string, n int) (lineRow, bool) {
	cell := func(field string) string {
		if i := column(header, field); i >= 0 {
			return row[i]
		}
		return ""
	}
	l := listed{province: cell("province"), district: cell("district"), commune: cell("commune")}
	if home, ok := s.gazetteer.Official(s.edition, twoDigits(s.province)); ok && l.province == "" {
		l.province = home.Name
	}
	m := s.gazetteer.Match(area.Names{Edition: s.edition, Province: l.province, District: l.district, Commune: l.commune})
	verdict := m.Verdict
	draft, bad := s.draftOf(cell, m.Code)
	if m.Code != 0 && bad == nil {
		bad = firstOf(s.check(draft.Case))
	}
	if bad == nil && draft.Who.Name != "" {
		bad = fault.Of(draft.Who.Check())
	}
	if m.Code != 0 && bad == nil && !sc.Covers(m.Code) {
		bad = fault.New(fault.Forbidden, "auth.area").At("commune", l.text())
	}
	if bad != nil {
		verdict = area.Rejected
		report.problem(Problem{Row: n, Field: bad.Field, Value: bad.Value, Why: bad.Key, Verdict: verdict, Cases: 1, Key: "fault." + bad.Key, Args: bad.Args})
	} else if verdict != area.Matched {
		report.problem(Problem{Row: n, Field: l.field(), Value: l.text(), Why: m.Why, Verdict: verdict, Cases: 1, Area: m.Code, Between: m.Between, Key: m.Why, Args: m.Args})
	}
	report.count(verdict, 1)
	return lineRow{row: n, draft: draft, text: strings.Join(row, "\x00"), verdict: verdict}, bad == nil && m.Code != 0
}

func twoDigits(n int) string { return string(rune('0'+n/10)) + string(rune('0'+n%10)) }

func firstOf(bad []*fault.Error) *fault.Error {
	if len(bad) == 0 {
		return nil
	}
	return bad[0]
}

// draftOf reads the fields of a row.
func (s *Service) draftOf(cell func(string) string, at area.Code) (d Draft, bad *fault.Error) {
	d.Case = Case{ID: id.New(), Number: normalNumber(cell("number")), Area: at, Stay: at, Classification: Confirmed}
	for _, f := range []struct {
		field string
		to    *day.Day
	}{{"onset", &d.Onset}, {"specimen", &d.Specimen}, {"confirmed", &d.ConfirmedOn}, {"reported", &d.Reported}, {"outcome_on", &d.OutcomeOn}} {
		if text := cell(f.field); text != "" {
			v, err := dayOf(text)
			if err != nil {
				return d, fault.New(fault.Invalid, "day.format").At(f.field, text)
			}
			*f.to = v
		}
	}
	for _, f := range []struct {
		field string
		set   func(string)
	}{
		{"classification", func(v string) { d.Classification = Classification(v) }},
		{"source", func(v string) { d.Source = Source(v) }},
		{"outcome", func(v string) { d.Outcome = Outcome(v) }},
		{"sex", func(v string) { d.Sex = v }},
	} {
		if text := cell(f.field); text != "" {
			v, ok := choices[f.field][area.Fold(text)]
			if !ok {
				return d, fault.New(fault.Invalid, "outbreak.choice").At(f.field, text)
			}
			f.set(v)
		}
	}
	if d.Classification == Confirmed && d.ConfirmedOn == 0 {
		d.ConfirmedOn = d.Reported
	}
	d.Who = person.Person{Name: cell("name"), Phone: cell("phone")}
	return d, birthOf(cell("birth"), &d)
}

// birthOf reads a year of birth, or the year of a whole date.
func birthOf(text string, d *Draft) *fault.Error {
	if text == "" {
		return nil
	}
	if y, err := strconv.Atoi(text); err == nil && y > 1000 && y < 3000 {
		d.BirthYear = y
		return nil
	}
	v, err := dayOf(text)
	if err != nil {
		return fault.New(fault.Invalid, "outbreak.birth_year").At("birth", text)
	}
	d.BirthYear = v.Time().Year()
	return nil
}

// enterAll creates the cases that were not entered before, and returns the rows
// whose number another case has, or an earlier row that says something else.
func (s *Service) enterAll(tx *store.Tx, sc auth.Scope, rows []lineRow) (added int, refused []lineRow, err error) {
	var keys [][]byte
	var numbers []string
	for _, r := range rows {
		keys = append(keys, r.key())
		if r.draft.Number != "" {
			numbers = append(numbers, r.draft.Number)
		}
	}
	stands, err := importKeys(tx, sc, keys)
	if err != nil {
		return 0, nil, err
	}
	taken, err := numbersTaken(tx, sc, numbers)
	if err != nil {
		return 0, nil, err
	}
	var enter []int
	var drafts []*Draft
	listed := map[string]string{} // what the row of a key said
	for i, r := range rows {
		before, twice := listed[string(keys[i])]
		listed[string(keys[i])] = r.text
		switch {
		case twice && before != r.text, !twice && !stands[string(keys[i])] && taken[r.draft.Number]:
			refused = append(refused, r)
		case twice, stands[string(keys[i])]:
		default:
			d := r.draft // the transaction may run again: rows stay as they are
			enter, drafts = append(enter, i), append(drafts, &d)
		}
	}
	if err := s.registerAll(tx, sc, drafts); err != nil {
		return 0, nil, err
	}
	for n, i := range enter {
		c, err := s.create(tx, sc, *drafts[n])
		if err != nil {
			return 0, nil, err
		}
		if err := markImported(tx, sc, c.ID, keys[i]); err != nil {
			return 0, nil, err
		}
	}
	return len(enter), refused, nil
}
