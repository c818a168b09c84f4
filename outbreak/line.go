package outbreak

import (
	"crypto/sha256"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"

	"khien/kernel/area"
	"khien/kernel/auth"
	"khien/kernel/day"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/person"
	"khien/wire/sheet"
)

// lineRow is a row that will be entered if nothing else stands in its place.
type lineRow struct {
	row     int
	draft   Draft
	own     bool       // it names its case by our id
	parts   []Part     // as it says them
	kinds   []PartKind // of which the list has a column
	sources []string   // numbers of the cases that infected this one
	text    string     // all that the row says
	again   int        // how many rows before it say the same
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

// line is one row as it is read.
type line struct {
	s    *Service
	read lineReader
	row  []string
}

func (l line) cell(field string) string { return sheet.Plain(l.read.cell(l.row, field)) }

// lineOf decides one row and reports it; false when it is not to be entered.
func (s *Service) lineOf(sc auth.Scope, report *Report, read lineReader, row []string, n int) (lineRow, bool) {
	l := line{s, read, row}
	at, m := l.place("area", "province", "district", "commune", true)
	verdict := m.Verdict
	r := lineRow{row: n, text: strings.Join(row, "\x00")}
	bad := l.draft(&r, m.Code)
	stays, sm := l.place("stay", "stay_province", "stay_district", "stay_commune", false)
	if l.saysStay() {
		r.draft.Stay = sm.Code
	}
	if m.Code != 0 && bad == nil {
		bad = firstOf(s.check(r.draft.Case))
	}
	if bad == nil && r.draft.Who.Name != "" {
		bad = fault.Of(r.draft.Who.Check())
	}
	if m.Code != 0 && bad == nil && !sc.Covers(m.Code) {
		bad = fault.New(fault.Forbidden, "auth.area").At("commune", at.text())
	}
	switch {
	case bad != nil:
		verdict = area.Rejected
		report.problem(Problem{Row: n, Field: bad.Field, Value: bad.Value, Why: bad.Key, Verdict: verdict, Cases: 1, Key: "fault." + bad.Key, Args: bad.Args})
	case verdict != area.Matched:
		report.problem(problemOf(n, at.field(), at, m, verdict))
	case sm.Verdict != area.Matched: // the case is entered, of its stay no more than is certain
		verdict = area.Corrected
		report.problem(problemOf(n, "stay_"+stays.field(), stays, sm, verdict))
	}
	report.count(verdict, 1)
	r.verdict = verdict
	return r, bad == nil && m.Code != 0
}

func problemOf(n int, field string, l listed, m area.Match, v area.Verdict) Problem {
	return Problem{Row: n, Field: field, Value: l.text(), Why: m.Why, Verdict: v, Cases: 1, Area: m.Code, Between: m.Between, Key: m.Why, Args: m.Args}
}

// place finds the unit that a row names, by its code or its names. A required
// place without a province lies in the home province; one that is not required
// and says nothing matches nothing.
func (l line) place(code, province, district, commune string, required bool) (listed, area.Match) {
	at := listed{province: l.cell(province), district: l.cell(district), commune: l.cell(commune)}
	if text := l.cell(code); text != "" {
		c, err := area.Parse(text)
		if _, known := l.s.gazetteer.Unit(c); err == nil && known && c.Level() != area.Country {
			return at, area.Match{Verdict: area.Matched, Code: c}
		}
		if at.commune == "" {
			at.commune = text
		}
	}
	if at == (listed{}) && !required {
		return at, area.Match{Verdict: area.Matched}
	}
	if home, ok := l.s.gazetteer.Official(l.s.edition, twoDigits(l.s.province)); ok && at.province == "" {
		at.province = home.Name
	}
	return at, l.s.gazetteer.Match(area.Names{Edition: l.s.edition, Province: at.province, District: at.district, Commune: at.commune})
}

// saysStay reports whether the list tells of the place of stay; else a case stays
// where it is answered for.
func (l line) saysStay() bool {
	return slices.ContainsFunc([]string{"stay", "stay_province", "stay_district", "stay_commune"}, l.read.has)
}

func twoDigits(n int) string { return string(rune('0'+n/10)) + string(rune('0'+n%10)) }

func firstOf(bad []*fault.Error) *fault.Error {
	if len(bad) == 0 {
		return nil
	}
	return bad[0]
}

// draft reads the fields of a row.
func (l line) draft(r *lineRow, at area.Code) *fault.Error {
	d := &r.draft
	d.Case = Case{ID: id.New(), Number: l.read.number(l.cell("number")), Area: at, Stay: at, Classification: Confirmed, Investigation: Pending}
	if text := l.cell("id"); text != "" {
		if i, err := id.Parse(text); err == nil {
			d.ID, r.own = i, true
		} else if d.Number == "" {
			d.Number = l.read.number(text)
		}
	}
	if v := l.cell("version"); isDigits(v) && r.own {
		d.Version, _ = strconv.Atoi(v)
	}
	if bad := l.days(d); bad != nil {
		return bad
	}
	if bad := l.choices(d); bad != nil {
		return bad
	}
	if d.Reported == 0 {
		d.Reported = d.ConfirmedOn
	}
	if d.Classification == Confirmed && d.ConfirmedOn == 0 {
		d.ConfirmedOn = d.Reported
	}
	d.Who = person.Person{Name: l.cell("name"), Phone: l.cell("phone")}
	r.sources = l.read.sources(l.row)
	if bad := l.birth(d); bad != nil {
		return bad
	}
	return l.parts(r)
}

func (l line) days(d *Draft) *fault.Error {
	for _, f := range []struct {
		field string
		to    *day.Day
	}{{"onset", &d.Onset}, {"specimen", &d.Specimen}, {"confirmed", &d.ConfirmedOn}, {"reported", &d.Reported}, {"outcome_on", &d.OutcomeOn}} {
		text := l.cell(f.field)
		if text == "" {
			continue
		}
		v, err := l.read.day(text)
		if err != nil {
			return fault.New(fault.Invalid, "day.format").At(f.field, text)
		}
		*f.to = v
	}
	return nil
}

func (l line) choices(d *Draft) *fault.Error {
	for _, f := range []struct {
		field string
		set   func(string)
	}{
		{"classification", func(v string) { d.Classification = Classification(v) }},
		{"source", func(v string) { d.Source = Source(v) }},
		{"investigation", func(v string) { d.Investigation = Investigation(v) }},
		{"outcome", func(v string) { d.Outcome = Outcome(v) }},
		{"sex", func(v string) { d.Sex = v }},
	} {
		text := l.cell(f.field)
		if text == "" {
			continue
		}
		v, ok := words[f.field][area.Fold(text)]
		if !ok {
			return fault.New(fault.Invalid, "outbreak.choice").At(f.field, text)
		}
		f.set(v)
	}
	return nil
}

// birth reads a year of birth, or the year of a whole date; else an age, which is
// that at the end of the year of reporting.
func (l line) birth(d *Draft) *fault.Error {
	text := l.cell("birth")
	if age := l.cell("age"); text == "" && age != "" && d.Reported != 0 {
		years, err := strconv.ParseFloat(strings.Replace(age, ",", ".", 1), 64)
		if err != nil || years < 0 || years > birthYearMost {
			return fault.New(fault.Invalid, "outbreak.birth_year").At("age", age)
		}
		d.BirthYear = d.Reported.Time().Year() - int(math.Floor(years))
		return nil
	}
	if text == "" {
		return nil
	}
	if y, err := strconv.Atoi(text); err == nil && y > 1000 && y < 3000 {
		d.BirthYear = y
		return nil
	}
	v, err := l.read.day(text)
	if err != nil {
		return fault.New(fault.Invalid, "outbreak.birth_year").At("birth", text)
	}
	d.BirthYear = v.Time().Year()
	return nil
}

// partFields are the columns of parts.
var partFields = []struct {
	field string
	kind  PartKind
}{{"symptoms", SymptomPart}, {"tests", TestPart}, {"hospital_stays", HospitalPart}, {"exposures", ExposurePart}}

// parts reads the columns of parts: our exports' JSON, or for symptoms their names.
func (l line) parts(r *lineRow) *fault.Error {
	for _, f := range partFields {
		if !l.read.has(f.field) {
			continue
		}
		r.kinds = append(r.kinds, f.kind)
		text := l.cell(f.field)
		if text == "" {
			continue
		}
		parts, ok := readParts(f.kind, text)
		if !ok {
			return fault.New(fault.Invalid, "outbreak.parts").At(f.field, fault.Cut(text, 80))
		}
		for _, p := range parts {
			if bad := firstOf(l.s.checkPart(p)); bad != nil {
				return bad.At(f.field, bad.Value)
			}
			r.parts = append(r.parts, p)
		}
	}
	return nil
}

// partsMost bounds the parts of one kind that a row may tell.
const partsMost = 500

func readParts(k PartKind, text string) (parts []Part, ok bool) {
	if !strings.HasPrefix(text, "[") {
		return readSymptoms(k, text)
	}
	dec := json.NewDecoder(strings.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&parts); err != nil || dec.More() || len(parts) > partsMost {
		return nil, false
	}
	for i, p := range parts {
		if p.ID.IsZero() {
			p.ID = id.New()
		}
		if p.Kind = k; !slices.ContainsFunc(PartKinds, func(k PartKind) bool { return k == p.Kind }) {
			return nil, false
		}
		parts[i] = p.normal()
	}
	return parts, true
}

// readSymptoms reads "Sốt, ho khan": each a word that is known.
func readSymptoms(k PartKind, text string) (parts []Part, ok bool) {
	if k != SymptomPart {
		return nil, false
	}
	for _, word := range strings.FieldsFunc(text, func(c rune) bool { return strings.ContainsRune(",;|", c) }) {
		code, known := words["symptom"][area.Fold(word)]
		if !known {
			return nil, false
		}
		parts = append(parts, Part{ID: id.New(), Kind: SymptomPart, Symptom: &Symptom{Code: code}})
	}
	return parts, true
}
