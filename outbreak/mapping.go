package outbreak

import (
	"encoding/json"
	"io/fs"
	"slices"
	"strings"
	"time"
	"unicode"

	"khien/kernel/area"
	"khien/kernel/day"
	"khien/kernel/fault"
)

// Mapping says how the columns of somebody's list are read. In JSON it is what
// `khien import linelist --map FILE` takes and what a saved template holds.
type Mapping struct {
	Name    string                       `json:"name,omitempty"`
	Columns map[string]string            `json:"columns"`          // field of LineFields → their heading; of a JSON list their key, "a.b" for b inside a
	Values  map[string]map[string]string `json:"values,omitempty"` // field → their word → ours; "#" is any number, "*" any other word
	Dates   DateOrder                    `json:"dates,omitempty"`
	Prefix  string                       `json:"prefix,omitempty"` // before a case's number that is digits only: "BN"
}

// DateOrder says what comes first in 03/04/2021; "" is DayFirst, as Vietnam writes.
type DateOrder string

// The orders. yyyy-mm-dd is read in all of them.
const (
	DayFirst   DateOrder = "dmy"
	MonthFirst DateOrder = "mdy"
	YearFirst  DateOrder = "ymd"
)

// DateOrders lists them in the order in which a form shows them.
var DateOrders = []DateOrder{DayFirst, MonthFirst, YearFirst}

// LineFields are the fields that a list may give, in the order of our exports.
var LineFields = []string{"id", "version", "number", "name", "phone", "sex", "birth", "age", "classification",
	"area", "province", "district", "commune", "stay", "stay_province", "stay_district", "stay_commune", "source", "investigation",
	"onset", "specimen", "confirmed", "reported", "outcome", "outcome_on", "symptoms", "tests", "hospital_stays", "exposures", "sources"}

// Bounds of a mapping.
const (
	mappingNameRunes = 80
	mappingBytes     = 64 << 10
)

// KnownMappings are those of lists that many have, in data/templates.
var KnownMappings = knownMappings()

func knownMappings() (all []Mapping) {
	names, err := fs.Glob(data, "data/templates/*.json")
	if err != nil {
		panic("outbreak: " + err.Error())
	}
	for _, n := range names {
		var m Mapping
		mustRead(n, &m)
		all = append(all, m)
	}
	return all
}

// ReadMapping reads a mapping's JSON; unknown fields are fault.Invalid.
func ReadMapping(b []byte) (m Mapping, err error) {
	if len(b) > mappingBytes {
		return m, fault.New(fault.Invalid, "outbreak.mapping").At("map", "")
	}
	dec := json.NewDecoder(strings.NewReader(string(b)))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&m); err != nil {
		return m, fault.New(fault.Invalid, "outbreak.mapping").At("map", "").Because(err)
	}
	return m, m.check()
}

func (m Mapping) check() error {
	for f := range m.Columns {
		if !slices.Contains(LineFields, f) {
			return fault.New(fault.Invalid, "outbreak.mapping_field").At("map", fault.Cut(f, 80))
		}
	}
	for f := range m.Values {
		if !slices.Contains(LineFields, f) {
			return fault.New(fault.Invalid, "outbreak.mapping_field").At("map", fault.Cut(f, 80))
		}
	}
	if m.Dates != "" && !slices.Contains(DateOrders, m.Dates) {
		return fault.New(fault.Invalid, "outbreak.choice").At("dates", fault.Cut(string(m.Dates), 80))
	}
	if m.Prefix != "" && (len(m.Prefix) > 10 || !numberForm.MatchString(m.Prefix)) {
		return fault.New(fault.Invalid, "outbreak.number").At("prefix", fault.Cut(m.Prefix, 80))
	}
	return nil
}

// Guess finds out how a list's columns are to be read: by our own headings, or by
// the template that finds more of its columns there.
func Guess(header []string, templates []Mapping) Mapping {
	best := guessed(header)
	for _, m := range templates {
		if m.fits(header) && len(m.Columns) > len(best.Columns) {
			best = m
		}
	}
	return best
}

func guessed(header []string) Mapping {
	m := Mapping{Columns: map[string]string{}}
	for _, f := range LineFields {
		if i := column(header, f); i >= 0 && !m.takes(header[i]) {
			m.Columns[f] = header[i]
		}
	}
	return m
}

func (m Mapping) takes(heading string) bool {
	for _, h := range m.Columns {
		if h == heading {
			return true
		}
	}
	return false
}

// fits reports whether the list has every column that the mapping names.
func (m Mapping) fits(header []string) bool {
	for _, h := range m.Columns {
		if !slices.Contains(header, h) {
			return false
		}
	}
	return len(m.Columns) > 0
}

// enough reports which field a list must give and does not: who answers for the
// case, and when it was told; "" for none.
func (m Mapping) enough() string {
	has := func(fields ...string) bool {
		return slices.ContainsFunc(fields, func(f string) bool { return m.Columns[f] != "" })
	}
	switch {
	case !has("area", "province", "district", "commune"):
		return "commune"
	case !has("reported", "confirmed"):
		return "reported"
	}
	return ""
}

// lineReader reads the cells of a list's rows by a mapping.
type lineReader struct {
	m      Mapping
	at     map[string]int               // field → column
	values map[string]map[string]string // field → folded word → ours
}

func newLineReader(header []string, m Mapping) lineReader {
	r := lineReader{m: m, at: map[string]int{}, values: map[string]map[string]string{}}
	for f, h := range m.Columns {
		if i := slices.Index(header, h); i >= 0 {
			r.at[f] = i
		}
	}
	for f, words := range m.Values {
		r.values[f] = map[string]string{}
		for theirs, ours := range words {
			r.values[f][wordKey(theirs)] = ours
		}
	}
	return r
}

func (r lineReader) has(field string) bool { _, ok := r.at[field]; return ok }

// cell returns what a row says of a field, in our words where the mapping has them.
func (r lineReader) cell(row []string, field string) string {
	i, ok := r.at[field]
	if !ok || i >= len(row) {
		return ""
	}
	words := r.values[field]
	if words == nil || row[i] == "" {
		return row[i]
	}
	if ours, ok := words[wordKey(row[i])]; ok {
		return ours
	}
	for word := range strings.SplitSeq(row[i], ",") {
		if ours, ok := translated(words, strings.TrimSpace(word)); ok {
			return ours
		}
	}
	return row[i]
}

// wordKey is a word without marks and capitals; what has no letter is as it
// stands, for -1 is not 1.
func wordKey(word string) string {
	if !strings.ContainsFunc(word, unicode.IsLetter) {
		return word
	}
	return area.Fold(word)
}

func translated(words map[string]string, word string) (string, bool) {
	if ours, ok := words[wordKey(word)]; ok {
		return ours, true
	}
	if isDigits(word) {
		if ours, ok := words["#"]; ok {
			return ours, true
		}
	}
	ours, ok := words["*"]
	return ours, ok
}

func isDigits(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
}

// number is a case's number as the province writes it.
func (r lineReader) number(text string) string {
	n := normalNumber(text)
	if isDigits(n) {
		n = r.m.Prefix + n
	}
	return n
}

// sources are the numbers of the cases that a row names as its source; words
// without a digit (IMPORT, GB) name no case.
func (r lineReader) sources(row []string) (all []string) {
	i, ok := r.at["sources"]
	if !ok || i >= len(row) {
		return nil
	}
	for _, word := range strings.FieldsFunc(row[i], func(c rune) bool { return strings.ContainsRune(",;|", c) }) {
		if n := r.number(word); strings.ContainsFunc(n, unicode.IsDigit) {
			all = append(all, n)
		}
	}
	return all
}

// day reads a date in the list's order; the time of day after it is left out.
func (r lineReader) day(text string) (day.Day, error) {
	if r.m.Dates == MonthFirst || r.m.Dates == YearFirst {
		layout := map[DateOrder]string{MonthFirst: "1/2/2006", YearFirst: "2006/1/2"}[r.m.Dates]
		if t, err := time.Parse(layout, text); err == nil && t.Year() >= 1900 && t.Year() < 2200 {
			return day.On(t.Date()), nil
		}
	}
	if date, _, cut := strings.Cut(strings.Replace(text, "T", " ", 1), " "); cut {
		text = date
	}
	return dayOf(text)
}
