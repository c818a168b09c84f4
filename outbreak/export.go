package outbreak

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"khien/kernel/area"
	"khien/kernel/audit"
	"khien/kernel/auth"
	"khien/kernel/day"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/store"
	"khien/wire/sheet"
)

// JSON is the format of an export beside sheet.CSV and sheet.XLSX.
const JSON sheet.Format = "json"

// ExportOptions say what an export holds.
type ExportOptions struct {
	Filter
	People bool // names and telephone numbers too, for roles that may read people
}

// LinkTeller is a LinkKeeper that tells again what it keeps, for exports.
type LinkTeller interface {
	// LinksTo returns the links to cases, by number or by id where a case has none.
	LinksTo(ctx context.Context, q store.Querier, sc auth.Scope, to []string) ([]Link, error)
}

// exportPage is how many cases an export reads at once.
const exportPage = 500

// Export calls row for every case of the filter with its parts, in constant
// memory, after it has written that and what is exported. It reads page by page:
// whoever takes the rows slowly holds none of the database's connections meanwhile.
func (s *Service) Export(ctx context.Context, sc auth.Scope, o ExportOptions, row func(Whole) error) error {
	if !sc.Allows(auth.Export) || !sc.Allows(auth.ReadCases) || o.People && !sc.Allows(auth.ReadPeople) {
		return fault.New(fault.Forbidden, "auth.act")
	}
	f := o.Filter
	err := s.db.Tx(ctx, func(tx *store.Tx) (err error) {
		if f, err = s.resolve(ctx, tx, sc, o.Filter); err != nil {
			return err
		}
		return audit.Append(tx, sc.Entry("case.export", "case", "", f.Area, map[string]any{"from": f.From, "to": f.To, "people": o.People}))
	})
	if err != nil {
		return err
	}
	for {
		page, err := listCases(ctx, s.db, sc, f, exportPage)
		if err != nil {
			return err
		}
		all, err := s.wholeOf(ctx, sc, page, o.People)
		if err != nil {
			return err
		}
		for _, w := range all {
			if err := row(w); err != nil {
				return err
			}
		}
		if len(page) < exportPage {
			return nil
		}
		last := page[len(page)-1]
		f.After = &Cursor{last.Reported, last.ID}
	}
}

// wholeOf reads what is exported of some cases.
func (s *Service) wholeOf(ctx context.Context, sc auth.Scope, cases []Case, people bool) ([]Whole, error) {
	ids := make([]id.ID, len(cases))
	for i, c := range cases {
		ids[i] = c.ID
	}
	parts, err := partsOf(ctx, s.db, sc, ids, true)
	if err != nil {
		return nil, err
	}
	own := auth.System(s.province, "case_export").WithClock(s.now) // the export is one look, and audited as one
	all := make([]Whole, len(cases))
	for i, c := range cases {
		all[i] = Whole{Case: c, Parts: parts[c.ID]}
		if !people || c.Person.IsZero() {
			continue
		}
		who, err := s.people.Get(ctx, s.db, own, c.Person)
		if err != nil && !fault.Is(err, fault.NotFound) { // erased
			return nil, err
		}
		all[i].Who = shown(sc, who)
	}
	return all, s.tellLinks(ctx, sc, all)
}

// tellLinks gives the cases the sources that somebody keeps of them.
func (s *Service) tellLinks(ctx context.Context, sc auth.Scope, all []Whole) error {
	teller, ok := s.links.(LinkTeller)
	if !ok {
		return nil
	}
	at, to := map[string]int{}, make([]string, len(all))
	for i, w := range all {
		to[i] = w.Case.name()
		at[to[i]] = i
	}
	links, err := teller.LinksTo(ctx, s.db, sc, to)
	for _, l := range links {
		if i, ok := at[l.To]; ok {
			all[i].Sources = append(all[i].Sources, l.From)
		}
	}
	return err
}

// name is what a link calls the case.
func (c Case) name() string {
	if c.Number != "" {
		return c.Number
	}
	return c.ID.String()
}

// Words answers texts of the catalog in the language of an export.
type Words func(key string, args ...any) string

// ExportTo writes an export as a file that ImportList reads back as it was. Cells
// are harmless to spreadsheets; texts too long for a cell of an XLSX are refused
// there (fault.Invalid), never cut.
func (s *Service) ExportTo(ctx context.Context, sc auth.Scope, o ExportOptions, f sheet.Format, t Words, w io.Writer) error {
	var out exporter = &listWriter{s: s, w: w, format: f, t: t, people: o.People}
	if f == JSON {
		out = &jsonWriter{w: w, people: o.People}
	}
	err := s.Export(ctx, sc, o, out.row)
	if err == nil {
		err = out.close()
	}
	return errors.Join(err, out.drop())
}

type exporter interface {
	row(Whole) error
	close() error
	drop() error // what is left of a file that was not closed
}

// listWriter writes a table; nothing before its first row, so that a refusal
// is answered as one.
type listWriter struct {
	s      *Service
	w      io.Writer
	format sheet.Format
	t      Words
	people bool
	out    *sheet.Writer
}

// exportFields are the columns of an export.
func exportFields(people bool) (fields []string) {
	for _, f := range LineFields {
		if f == "age" || !people && (f == "name" || f == "phone") {
			continue
		}
		fields = append(fields, f)
	}
	return fields
}

func (l *listWriter) begin() (err error) {
	if l.out != nil {
		return nil
	}
	if l.out, err = sheet.NewWriter(l.w, l.format); err != nil {
		return err
	}
	var head []string
	for _, f := range exportFields(l.people) {
		head = append(head, l.t("outbreak.column."+f))
	}
	return l.out.Write(head...)
}

// cellMost is how many characters a cell of an XLSX holds.
const cellMost = 32_767

func (l *listWriter) row(w Whole) error {
	if err := l.begin(); err != nil {
		return err
	}
	cells, err := l.cells(w)
	if err != nil {
		return err
	}
	for i, c := range cells {
		if l.format == sheet.XLSX && len(c) > cellMost && utf8.RuneCountInString(c) > cellMost {
			return fault.New(fault.Invalid, "outbreak.long_cell").At(exportFields(l.people)[i], w.Case.name())
		}
	}
	return l.out.Write(cells...)
}

func (l *listWriter) close() error {
	if err := l.begin(); err != nil {
		return err
	}
	out := l.out
	l.out = nil
	return out.Close()
}

func (l *listWriter) drop() error {
	if l.out == nil || l.format != sheet.XLSX {
		return nil
	}
	return l.out.Drop()
}

func (l *listWriter) cells(w Whole) (cells []string, err error) {
	c := w.Case
	say := func(prefix, value string) string {
		if value == "" {
			return ""
		}
		return l.t(prefix + value)
	}
	at, stay := l.s.namesOf(c.Area), l.s.namesOf(c.Stay)
	by := map[string]string{
		"id": c.ID.String(), "version": strconv.Itoa(w.Revision()), "number": c.Number, "name": w.Who.Name, "phone": w.Who.Phone,
		"sex": say("outbreak.sex.", c.Sex), "birth": year(c.BirthYear), "classification": say("outbreak.classification.", string(c.Classification)),
		"area": c.Area.String(), "province": at[0], "district": at[1], "commune": at[2],
		"stay": c.Stay.String(), "stay_province": stay[0], "stay_district": stay[1], "stay_commune": stay[2],
		"source": say("outbreak.source.", string(c.Source)), "investigation": say("outbreak.investigation.", string(c.Investigation)),
		"onset": vn(c.Onset), "specimen": vn(c.Specimen), "confirmed": vn(c.ConfirmedOn), "reported": vn(c.Reported),
		"outcome": say("outbreak.outcome.", string(c.Outcome)), "outcome_on": vn(c.OutcomeOn), "sources": strings.Join(w.Sources, ", "),
	}
	for _, f := range partFields {
		if by[f.field], err = partsCell(w.Live(f.kind)); err != nil {
			return nil, err
		}
	}
	for _, f := range exportFields(l.people) {
		cells = append(cells, by[f])
	}
	return cells, nil
}

// partsCell is the parts of one kind in a cell: JSON, in which no semicolon stands,
// because a spreadsheet of another country ends a cell there.
func partsCell(parts []Part) (string, error) {
	if len(parts) == 0 {
		return "", nil
	}
	b, err := json.Marshal(parts)
	if err != nil {
		return "", fmt.Errorf("outbreak: export: %w", err)
	}
	return strings.ReplaceAll(string(b), ";", `\u003b`), nil
}

// namesOf are the names of a unit's province, district and commune, as lists have them.
func (s *Service) namesOf(c area.Code) (names [3]string) {
	for _, u := range s.gazetteer.Path(c) {
		switch u.Code.Level() {
		case area.Province:
			names[0] = u.Name
		case area.District:
			names[1] = u.FullName
		case area.Commune:
			names[2] = u.FullName
		}
	}
	return names
}

func year(y int) string {
	if y == 0 {
		return ""
	}
	return strconv.Itoa(y)
}

// vn writes a day as Vietnam does, "" for none.
func vn(d day.Day) string {
	if d == 0 {
		return ""
	}
	return d.Time().Format("02/01/2006")
}

// jsonWriter writes {"cases": [...]}, every key in every row: a list's headings
// are those of its first rows.
type jsonWriter struct {
	w      io.Writer
	people bool
	rows   int
}

// exportJSON is a case of an export in JSON.
type exportJSON struct {
	ID             id.ID          `json:"id"`
	Version        int            `json:"version"`
	Number         string         `json:"number"`
	Name           *string        `json:"name,omitempty"`
	Phone          *string        `json:"phone,omitempty"`
	Sex            string         `json:"sex"`
	BirthYear      string         `json:"birth_year"`
	Classification Classification `json:"classification"`
	Area           area.Code      `json:"area"`
	Stay           area.Code      `json:"stay"`
	Source         Source         `json:"source"`
	Investigation  Investigation  `json:"investigation"`
	Onset          day.Day        `json:"onset"`
	Specimen       day.Day        `json:"specimen"`
	Confirmed      day.Day        `json:"confirmed"`
	Reported       day.Day        `json:"reported"`
	Outcome        Outcome        `json:"outcome"`
	OutcomeOn      day.Day        `json:"outcome_on"`
	Symptoms       []Part         `json:"symptoms"`
	Tests          []Part         `json:"tests"`
	HospitalStays  []Part         `json:"hospital_stays"`
	Exposures      []Part         `json:"exposures"`
	Sources        []string       `json:"sources"`
}

func (j *jsonWriter) row(w Whole) error {
	c := w.Case
	e := exportJSON{ID: c.ID, Version: w.Revision(), Number: c.Number, Sex: c.Sex, BirthYear: year(c.BirthYear), Classification: c.Classification,
		Area: c.Area, Stay: c.Stay, Source: c.Source, Investigation: c.Investigation, Onset: c.Onset, Specimen: c.Specimen, Confirmed: c.ConfirmedOn,
		Reported: c.Reported, Outcome: c.Outcome, OutcomeOn: c.OutcomeOn, Symptoms: w.Live(SymptomPart), Tests: w.Live(TestPart),
		HospitalStays: w.Live(HospitalPart), Exposures: w.Live(ExposurePart), Sources: w.Sources}
	if j.people {
		e.Name, e.Phone = &w.Who.Name, &w.Who.Phone
	}
	b, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("outbreak: export: %w", err)
	}
	before := ",\n"
	if j.rows == 0 {
		before = "{\"cases\": [\n"
	}
	j.rows++
	_, err = j.w.Write(append([]byte(before), b...))
	return err
}

func (j *jsonWriter) close() error {
	end := "\n]}\n"
	if j.rows == 0 {
		end = "{\"cases\": []}\n"
	}
	_, err := io.WriteString(j.w, end)
	return err
}

func (j *jsonWriter) drop() error { return nil }
