package outbreak

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"khien/kernel/area"
	"khien/kernel/auth"
	"khien/kernel/day"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/store"
	"khien/wire/sheet"
)

// Bounds of a list of published counts.
const (
	countRowsMost = 500_000
	problemsMost  = 20_000 // rows that a report names; the sums are of all
	casesMost     = 1_000_000
)

// Report says how every row of a list ended. Rows is the sum of the four
// verdicts, Cases that of By.
type Report struct {
	Rows      int            `json:"rows"`
	Cases     int            `json:"cases"`
	Matched   int            `json:"matched"`
	Corrected int            `json:"corrected"`
	Ambiguous int            `json:"ambiguous"`
	Rejected  int            `json:"rejected"`
	Added     int            `json:"added"`   // rows that say something not known before
	Changed   int            `json:"changed"` // rows among them that put another number in the place of one
	By        map[string]int `json:"cases_by"`
	Known     int            `json:"known,omitempty"` // rows that stand already, as they are
	Template  string         `json:"template,omitempty"`
	Links     int            `json:"links,omitempty"` // sources of infection that the rows name

	NewPeople   int `json:"new_people,omitempty"`
	KnownPeople int `json:"known_people,omitempty"`     // merged into somebody who stood
	Reviews     int `json:"people_to_review,omitempty"` // stand beside somebody they may be

	Problems []Problem `json:"problems"` // of every row that is not plainly matched
}

// Problem names a row that was not plainly matched: what stood there, what was
// made of it and why. Args fill the catalog entry Key.
type Problem struct {
	Row     int            `json:"row"` // as a spreadsheet counts
	Field   string         `json:"field"`
	Value   string         `json:"value"`
	Why     string         `json:"why"`
	Verdict area.Verdict   `json:"verdict"`
	Cases   int            `json:"cases"`
	Area    area.Code      `json:"area,omitzero"`
	Between []area.Code    `json:"between,omitempty"`
	Key     string         `json:"-"`
	Args    map[string]any `json:"-"`
}

func (r *Report) count(v area.Verdict, cases int) {
	if r.By == nil {
		r.By = map[string]int{}
		for _, v := range []area.Verdict{area.Matched, area.Corrected, area.Ambiguous, area.Rejected} {
			r.By[string(v)] = 0
		}
	}
	r.Rows++
	r.Cases += cases
	r.By[string(v)] += cases
	switch v {
	case area.Matched:
		r.Matched++
	case area.Corrected:
		r.Corrected++
	case area.Ambiguous:
		r.Ambiguous++
	default:
		r.Rejected++
	}
}

func (r *Report) problem(p Problem) {
	if len(r.Problems) < problemsMost {
		r.Problems = append(r.Problems, p)
	}
}

// ImportCounts reads counts that the authority has published, by day and area:
// a list (date, province, district, commune, new_cases) or a table with a day a
// row and a province a column. Headings may be Vietnamese. The import is an act
// of announcement; it is done whole or not at all, and twice is as once.
//
// A row that names no area for certain is kept aside and reported. A number
// for an area and day that has one already takes its place.
func (s *Service) ImportCounts(ctx context.Context, sc auth.Scope, name string, r io.Reader) (Report, error) {
	if err := sc.Check(auth.Import, area.Code(0)); err != nil {
		return Report{}, err
	}
	in, err := s.readCounts(r)
	if err != nil {
		return Report{}, err
	}
	err = s.db.Tx(ctx, func(tx *store.Tx) error {
		in.report.Added, in.report.Changed = 0, 0
		return s.writeImport(tx, sc, name, in)
	})
	return in.report, err
}

// intake is a list of counts as read and matched.
type intake struct {
	report Report
	sums   map[cellKey]*sum
	order  []cellKey
	held   []held
	digest []byte
	days   []day.Day
}

// sum is the number of an area on a day and how many rows make it.
type sum struct{ cases, rows int }

func (s *Service) readCounts(r io.Reader) (*intake, error) {
	digest := sha256.New()
	t, err := sheet.Open(io.TeeReader(r, digest), isCountsHeader)
	if err != nil {
		return nil, FileFault(err)
	}
	defer t.Close()
	cols, err := countsColumns(t.Header)
	if err != nil {
		return nil, err
	}
	in := &intake{sums: map[cellKey]*sum{}}
	for {
		row, n, err := t.Next()
		if errors.Is(err, io.EOF) {
			return in, in.finish(digest, r)
		}
		if err != nil {
			return nil, FileFault(err)
		}
		for _, l := range cols.rows(row) {
			s.take(in, n, l)
		}
		if in.report.Rows > countRowsMost {
			return nil, fault.New(fault.Invalid, "outbreak.too_many_rows").InRow(n).With("most", countRowsMost)
		}
	}
}

func (in *intake) finish(digest hash.Hash, rest io.Reader) error {
	if in.report.Rows == 0 {
		return fault.New(fault.Invalid, "sheet.empty")
	}
	if _, err := io.Copy(digest, rest); err != nil {
		return fmt.Errorf("outbreak: read list: %w", err)
	}
	in.digest = digest.Sum(nil)
	slices.Sort(in.days)
	return nil
}

// take decides one row. Its number is checked before its place, so that a row
// whose number cannot be read counts no case.
func (s *Service) take(in *intake, n int, l listed) {
	d, cases, bad := s.readNumbers(l)
	if bad != nil {
		in.report.count(area.Rejected, 0)
		in.report.problem(Problem{Row: n, Field: bad.Field, Value: bad.Value, Why: bad.Key, Verdict: area.Rejected, Key: "fault." + bad.Key, Args: bad.Args})
		return
	}
	m := s.gazetteer.Match(area.Names{Edition: s.edition, Province: l.province, District: l.district, Commune: l.commune})
	in.report.count(m.Verdict, cases)
	if m.Verdict != area.Matched {
		in.report.problem(Problem{Row: n, Field: l.field(), Value: l.text(), Why: m.Why, Verdict: m.Verdict, Cases: cases,
			Area: m.Code, Between: m.Between, Key: m.Why, Args: m.Args})
	}
	if in.days = append(in.days, d); m.Code == 0 {
		in.held = append(in.held, held{d, l.text(), cases, m.Verdict, m.Why})
		return
	}
	k := cellKey{m.Code, d, l.commune != "" && m.Code.Level() != area.Commune || l.district != "" && m.Code.Level() == area.Province}
	if in.sums[k] == nil {
		in.sums[k] = &sum{}
		in.order = append(in.order, k)
	}
	in.sums[k].cases += cases
	in.sums[k].rows++
}

func (s *Service) readNumbers(l listed) (day.Day, int, *fault.Error) {
	d, err := dayOf(l.day)
	if err != nil {
		return 0, 0, fault.Of(err)
	}
	if d > s.today() {
		return 0, 0, fault.New(fault.Invalid, "outbreak.future").At("date", l.day)
	}
	if d < s.today()-daysBack {
		return 0, 0, fault.New(fault.Invalid, "outbreak.past").At("date", l.day)
	}
	n, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(l.cases), ".0"))
	if err != nil {
		return 0, 0, fault.New(fault.Invalid, "outbreak.number_wanted").At("new_cases", l.cases)
	}
	if n < 0 || n > casesMost {
		return 0, 0, fault.New(fault.Invalid, "outbreak.negative").At("new_cases", l.cases)
	}
	return d, n, nil
}

// dayOf reads a date as text or as Excel's number.
func dayOf(cell string) (day.Day, error) {
	if t, ok := sheet.Date(cell); ok {
		return day.On(t.Date()), nil
	}
	d, err := day.Parse(cell)
	if err != nil {
		return 0, fault.New(fault.Invalid, "day.format").At("date", cell)
	}
	return d, nil
}

// writeImport writes what the list says beyond what is known; nothing at all
// when that is nothing.
func (s *Service) writeImport(tx *store.Tx, sc auth.Scope, name string, in *intake) error {
	known := map[cellKey]int{}
	if len(in.days) > 0 {
		var err error
		if known, err = announcedBetween(tx.Context(), tx, s.province, in.days[0], in.days[len(in.days)-1]); err != nil {
			return err
		}
	}
	a := Announcement{ID: id.New(), Kind: Publication, Source: sourceName(name), Actor: sc.Actor(), At: sc.Now(), digest: in.digest}
	var cells []cell
	for _, k := range in.order {
		now := in.sums[k]
		was, stands := known[k]
		if stands && was == now.cases {
			continue
		}
		in.report.Added += now.rows
		if stands {
			in.report.Changed += now.rows
		}
		a.Cases += now.cases
		a.Through = max(a.Through, k.day)
		cells = append(cells, cell{k.area, k.day, k.rest, now.cases})
	}
	if err := writeHeld(tx, s.province, a.ID, in.heldOnce()); err != nil || len(cells) == 0 {
		return err
	}
	a.Rows = in.report.Added
	return s.announce(tx, sc, a, cells)
}

// sourceName is the name of a publication as the public reads it, in pages and
// in files that spreadsheets open: what is no plain text becomes a space.
func sourceName(name string) string {
	plain := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsNumber(r) || strings.ContainsRune("./_:#()-", r) {
			return r
		}
		return ' '
	}, norm.NFC.String(name))
	return fault.Cut(strings.TrimLeft(strings.Join(strings.Fields(plain), " "), "-"), 120)
}

// heldOnce sums the held rows of one day and text.
func (in *intake) heldOnce() []held {
	type key struct {
		day    day.Day
		listed string
	}
	at := map[key]int{}
	var all []held
	for _, h := range in.held {
		k := key{h.day, h.listed}
		if i, ok := at[k]; ok {
			all[i].cases += h.cases
			continue
		}
		at[k] = len(all)
		all = append(all, h)
	}
	return all
}

// FileFault says in the user's terms why a file cannot be read: fault.Invalid with the
// row, for an error of wire/sheet; any other error as it is.
func FileFault(err error) error {
	var e *sheet.Error
	if !errors.As(err, &e) {
		return err
	}
	return fault.New(fault.Invalid, "sheet."+e.Why).InRow(e.Row).Because(err)
}

// listed is one number of a list, as it stands there.
type listed struct{ day, province, district, commune, cases string }

func (l listed) text() string {
	var b bytes.Buffer
	for i, p := range []string{l.province, l.district, l.commune} {
		if i > 0 && p != "" {
			b.WriteString(" / ")
		}
		b.WriteString(p)
	}
	return fault.Cut(b.String(), 200)
}

func (l listed) field() string {
	switch {
	case l.commune != "":
		return "commune"
	case l.district != "":
		return "district"
	}
	return "province"
}
