package contact

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"khien/kernel/area"
	"khien/kernel/auth"
	"khien/kernel/day"
	"khien/kernel/fault"
	"khien/kernel/garbage"
	"khien/kernel/id"
	"khien/kernel/person"
	"khien/kernel/store"
	"khien/outbreak"
	"khien/wire/sheet"
)

// listMost bounds a list of contacts: it is one transaction.
const listMost = 5_000

// Numbers answers which cases lists mean by their numbers.
type Numbers interface {
	CasesNumbered(ctx context.Context, sc auth.Scope, numbers []string) (map[string]id.ID, error)
}

// headings are the names under which lists give a column, folded by area.Fold.
var headings = map[string][]string{
	"case":      {"ma ca benh", "case", "ma benh nhan", "ma bn", "f0", "ca benh", "nguon lay"},
	"name":      {"ho va ten", "name", "ho ten", "ten", "nguoi tiep xuc"},
	"birth":     {"ngay sinh", "birth", "nam sinh"},
	"phone":     {"dien thoai", "phone", "so dien thoai", "sdt"},
	"province":  {"tinh", "province", "tinh/thanh pho"},
	"district":  {"huyen", "district", "quan/huyen"},
	"commune":   {"xa", "commune", "xa/phuong", "phuong/xa"},
	"address":   {"dia chi", "address"},
	"met_from":  {"tiep xuc tu", "from", "bat dau tiep xuc", "ngay tiep xuc", "thoi gian tiep xuc"},
	"met_to":    {"tiep xuc den", "to", "ket thuc tiep xuc", "tiep xuc lan cuoi"},
	"kind":      {"loai noi", "kind", "noi tiep xuc"},
	"certainty": {"muc do chac chan", "certainty", "muc do"},
}

// words are what lists write for a kind or a certainty, folded.
var words = map[string]string{
	"ho gia dinh": Household, "gia dinh": Household, "cung nha": Household, "household": Household,
	"chac chan": string(Certain), "nhieu kha nang": string(Probable), "co kha nang": string(Probable), "co the": string(Possible),
}

// Report is what became of a list, the contract of import contacts --json.
type Report struct {
	Rows     int       `json:"rows"`
	Added    int       `json:"added"` // exposures that were not known
	Known    int       `json:"known"`
	Contacts int       `json:"contacts"` // people whom the rows name
	Rejected int       `json:"rejected"`
	Problems []Problem `json:"problems"`
}

// Problem says why a row was not entered.
type Problem struct {
	Row   int          `json:"row"` // as a spreadsheet counts
	Field string       `json:"field"`
	Value string       `json:"value"`
	Why   string       `json:"why"`
	Fault *fault.Error `json:"-"`
}

func (r *Report) reject(row int, f *fault.Error) {
	r.Rejected++
	r.Problems = append(r.Problems, Problem{Row: row, Field: f.Field, Value: fault.Cut(f.Value, 80), Fault: f})
}

// listed is a row that can be read.
type listed struct {
	row    int
	number string
	told   Told
}

// Import enters the contacts of a list, each an exposure that somebody told of a
// case in scope; the people are found in the registry or added to it. Rows stand
// for themselves: what is wrong with one is reported and changes nothing of the
// others. The same list a second time adds nothing. All is durable at once.
func (s *Service) Import(ctx context.Context, sc auth.Scope, r io.Reader) (report Report, err error) {
	if !sc.Allows(auth.WriteContacts) || !sc.Allows(auth.Import) {
		return report, errAct
	}
	defer garbage.Rarely(garbage.Importing)()
	rows, report, err := s.readList(sc, r)
	if err != nil {
		return report, err
	}
	if rows, err = s.ofCases(ctx, sc, rows, &report); err != nil {
		return report, err
	}
	read := report
	err = s.DB.Tx(ctx, func(tx *store.Tx) error {
		report = read // the transaction may run again
		report.Problems = slices.Clone(read.Problems)
		return s.enter(tx, sc, slices.Clone(rows), &report)
	})
	slices.SortStableFunc(report.Problems, func(a, b Problem) int { return a.Row - b.Row })
	return report, err
}

func columnAt(header []string, field string) int {
	return slices.IndexFunc(header, func(h string) bool {
		h, _, _ = strings.Cut(h, "(")
		return slices.Contains(headings[field], strings.TrimSpace(area.Fold(strings.Trim(h, " *:"))))
	})
}

func (s *Service) readList(sc auth.Scope, r io.Reader) (rows []listed, report Report, err error) {
	report.Problems = []Problem{}
	t, err := sheet.Open(r, func(row []string) bool { return columnAt(row, "case") >= 0 && columnAt(row, "name") >= 0 })
	if err != nil {
		return nil, report, outbreak.FileFault(err)
	}
	defer t.Close()
	if columnAt(t.Header, "met_from") < 0 {
		return nil, report, fault.New(fault.Invalid, "sheet.no_column").InRow(1).At("met_from", strings.Join(t.Header, ", "))
	}
	columns := make(map[string]int, len(headings))
	for field := range headings {
		columns[field] = columnAt(t.Header, field)
	}
	for {
		row, n, err := t.Next()
		if errors.Is(err, io.EOF) {
			return rows, report, nil
		}
		if err != nil {
			return nil, report, outbreak.FileFault(err)
		}
		if report.Rows++; report.Rows > listMost {
			return nil, report, fault.New(fault.Invalid, "contact.too_many_rows").InRow(n).With("most", listMost)
		}
		l, bad := s.lineOf(sc, columns, row)
		if bad != nil {
			report.reject(n, bad)
			continue
		}
		l.row = n
		rows = append(rows, l)
	}
}

// lineOf reads one row; who and when must be plain, where may be left out.
func (s *Service) lineOf(sc auth.Scope, columns map[string]int, row []string) (l listed, bad *fault.Error) {
	cell := func(field string) string {
		if i := columns[field]; i >= 0 && i < len(row) {
			return strings.TrimSpace(row[i])
		}
		return ""
	}
	t := Told{ID: rowID(sc, row), Who: person.Person{Name: cell("name"), Birth: cell("birth"), Phone: cell("phone"), Address: cell("address")},
		Kind: orWord(cell("kind")), Certainty: Certainty(orWord(cell("certainty")))}
	if d, ok := sheet.Date(t.Who.Birth); ok {
		t.Who.Birth = d.Format("2006-01-02")
	}
	if bad = fault.Of(t.Who.Check()); bad != nil {
		return l, bad
	}
	if cell("commune")+cell("district") != "" {
		home, _ := s.Gazetteer.Unit(s.Home)
		m := s.Gazetteer.Match(area.Names{Edition: s.Home.Edition(), Province: or(cell("province"), home.Name), District: cell("district"), Commune: cell("commune")})
		if t.Who.Area = m.Code; m.Code == 0 {
			return l, fault.New(fault.Invalid, "contact.area").At("commune", strings.Trim(cell("commune")+", "+cell("district"), ", "))
		}
	}
	var whole bool
	if t.From, whole, bad = moment("met_from", cell("met_from")); bad != nil {
		return l, bad
	}
	t.To = t.From.Add(time.Hour)
	if whole {
		t.To = earliest(t.From.Add(24*time.Hour), s.now().Truncate(time.Minute))
	}
	if text := cell("met_to"); text != "" {
		if t.To, whole, bad = moment("met_to", text); bad != nil {
			return l, bad
		}
		if whole {
			t.To = earliest(t.To.Add(24*time.Hour), s.now().Truncate(time.Minute))
		}
	}
	return listed{number: cell("case"), told: t}, nil
}

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

func orWord(text string) string { return or(words[area.Fold(text)], text) }

func earliest(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// moment reads a moment in Vietnam, or a whole day.
func moment(field, text string) (at time.Time, whole bool, bad *fault.Error) {
	for _, layout := range []string{"2/1/2006 15:04", "2006-01-02 15:04", localForm, "15:04 2/1/2006"} {
		if at, err := time.ParseInLocation(layout, text, zone); err == nil {
			return at.UTC(), false, nil
		}
	}
	if d, ok := sheet.Date(text); ok { // a spreadsheet's own
		text = d.Format(time.DateOnly)
	}
	if d, err := day.Parse(text); err == nil {
		return midnight(d), true, nil
	}
	return at, false, errWhen.At(field, text)
}

// rowID is the same for the same words of the same teller: told again, an
// exposure is known.
func rowID(sc auth.Scope, row []string) (i id.ID) {
	sum := sha256.Sum256([]byte("khien contact\x00" + sc.Actor() + "\x00" + strings.Join(row, "\x00")))
	copy(i[:], sum[:16])
	i[6], i[8] = 0x80|i[6]&0x0f, 0x80|i[8]&0x3f // UUID version 8: what it is made of is our own
	return i
}

// ofCases finds the cases of the rows; a row of a case out of scope, or of none,
// is rejected alike.
func (s *Service) ofCases(ctx context.Context, sc auth.Scope, rows []listed, report *Report) (kept []listed, err error) {
	numbers := map[string]bool{}
	for _, l := range rows {
		numbers[outbreak.NumberOf(l.number)] = true
	}
	all := make([]string, 0, len(numbers))
	for n := range numbers {
		all = append(all, n)
	}
	of, err := s.Numbers.CasesNumbered(ctx, sc, all)
	if err != nil {
		return nil, err
	}
	for _, l := range rows {
		l.told.Case = of[outbreak.NumberOf(l.number)]
		if l.told.Case.IsZero() {
			report.reject(l.row, errCase.At("case", l.number))
			continue
		}
		kept = append(kept, l)
	}
	return kept, nil
}

// enter registers the people of the rows and writes their exposures.
func (s *Service) enter(tx *store.Tx, sc auth.Scope, rows []listed, report *Report) error {
	rows, err := s.unknown(tx, sc, rows, report)
	if err != nil {
		return err
	}
	cases, err := casesByID(tx.Context(), tx, sc, column(rows, func(l listed) id.ID { return l.told.Case }))
	if err != nil {
		return err
	}
	fresh := rows[:0]
	for _, l := range rows {
		if f := s.checkIn(sc, &l.told, cases); f != nil {
			report.reject(l.row, f)
			continue
		}
		fresh = append(fresh, l)
	}
	if err := s.register(tx, sc, fresh); err != nil {
		return err
	}
	takings, err := s.takings(tx, sc, fresh, cases, report)
	if err != nil {
		return err
	}
	taken, err := s.takeAll(tx, sc, takings)
	report.Added, report.Contacts = len(takings), len(taken)
	return err
}

// unknown leaves out the rows whose exposures stand already.
func (s *Service) unknown(tx *store.Tx, sc auth.Scope, rows []listed, report *Report) ([]listed, error) {
	stand, err := exposuresStanding(tx.Context(), tx, sc, column(rows, func(l listed) id.ID { return l.told.ID }))
	if err != nil {
		return nil, err
	}
	fresh := rows[:0]
	twice := map[id.ID]bool{}
	for _, l := range rows {
		e, stands := stand[l.told.ID]
		switch {
		case stands && e != (origin{l.told.Case, sc.Actor()}):
			report.reject(l.row, errTaken.At("id", l.told.ID.String()))
		case stands || twice[l.told.ID]: // the list may say the same twice
			report.Known++
		default:
			fresh = append(fresh, l)
		}
		twice[l.told.ID] = true
	}
	return fresh, nil
}

func column(rows []listed, of func(listed) id.ID) []id.ID {
	seen, all := map[id.ID]bool{}, []id.ID(nil)
	for _, l := range rows {
		if i := of(l); !seen[i] {
			seen[i] = true
			all = append(all, i)
		}
	}
	return all
}

// checkIn checks what a row tells against its case.
func (s *Service) checkIn(sc auth.Scope, t *Told, cases map[id.ID]kase) *fault.Error {
	k, stands := cases[t.Case]
	if !stands || !sc.Covers(k.Area) {
		return errCase.At("case", t.Case.String())
	}
	return fault.Of(s.check(t, k))
}

// register finds the people of the rows in the registry or adds them to it.
func (s *Service) register(tx *store.Tx, sc auth.Scope, rows []listed) error {
	people := make([]person.Person, len(rows))
	for i, l := range rows {
		people[i] = l.told.Who
		if people[i].Area == 0 {
			people[i].Area = s.Home
		}
	}
	registered, err := s.People.RegisterAll(tx, sc, people)
	for i := range registered {
		rows[i].told.Person = registered[i].ID
	}
	return err
}

// takings are the exposures of rows whose people stand; nobody meets themselves.
func (s *Service) takings(tx *store.Tx, sc auth.Scope, rows []listed, cases map[id.ID]kase, report *Report) (all []taking, err error) {
	people := column(rows, func(l listed) id.ID { return l.told.Person })
	for _, k := range cases {
		people = append(people, k.Person)
	}
	now, _, err := s.People.Aliases(tx.Context(), tx, sc, people)
	if err != nil {
		return nil, err
	}
	for _, l := range rows {
		k := cases[l.told.Case]
		if now[l.told.Person] == now[k.Person] {
			report.reject(l.row, errSelf.At("name", ""))
			continue
		}
		all = append(all, taking{k, now[l.told.Person], []Exposure{l.told.exposure()}})
	}
	return all, nil
}
