package outbreak

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"

	"khien/kernel/area"
	"khien/kernel/auth"
	"khien/kernel/fault"
	"khien/kernel/garbage"
	"khien/kernel/id"
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
	"investigation": {
		"dang dieu tra": string(Pending), "chua dieu tra": string(Pending), "pending": string(Pending),
		"da dieu tra": string(Done), "done": string(Done), "khong dieu tra": string(GivenUp), "discarded": string(GivenUp),
	},
	"symptom": {
		"sot": "fever", "ho": "cough", "dau hong": "sore_throat", "dau rat hong": "sore_throat", "so mui": "runny_nose", "chay mui": "runny_nose",
		"kho tho": "breathless", "dau nguc": "chest_pain", "mat vi giac": "no_smell_or_taste", "mat khuu giac": "no_smell_or_taste",
		"met moi": "tired", "met": "tired", "dau dau": "headache", "dau co": "muscle_pain", "dau nguoi": "muscle_pain", "tieu chay": "diarrhoea",
		"non": "vomiting", "buon non": "vomiting", "lu lan": "confused", "viem phoi": "pneumonia",
	},
	"sex": {"nam": "male", "male": "male", "nu": "female", "female": "female", "khac": "other", "other": "other"},
}

// words is choices with its words folded.
var words = foldChoices()

func foldChoices() map[string]map[string]string {
	all := map[string]map[string]string{}
	for field, of := range choices {
		all[field] = map[string]string{}
		for word, v := range of {
			all[field][area.Fold(word)] = v
		}
	}
	for _, code := range SymptomCodes {
		all["symptom"][area.Fold(code)] = code
	}
	return all
}

// ListOptions say how a list is read.
type ListOptions struct {
	Mapping *Mapping // nil: guessed from the headings
	Try     bool     // report what would be, and write nothing
}

// ImportCases reads a list of cases whose columns are guessed from its headings.
func (s *Service) ImportCases(ctx context.Context, sc auth.Scope, r io.Reader) (Report, error) {
	return s.ImportList(ctx, sc, r, ListOptions{})
}

// ImportList reads a list of cases (CSV, XLSX or JSON) and enters those whose
// place and fields are certain. Each row ends in one of the four verdicts; a row
// that was entered before is not entered again, and one of our own exports whose
// case has not changed since changes what it says otherwise. A file that cannot be
// read to its end enters nothing; one that can is entered in parts, each whole, so
// that a list which was cut off is sent again whole.
func (s *Service) ImportList(ctx context.Context, sc auth.Scope, r io.Reader, o ListOptions) (Report, error) {
	if !sc.Allows(auth.Import) || !sc.Allows(auth.WriteCases) {
		return Report{}, fault.New(fault.Forbidden, "auth.act")
	}
	defer garbage.Rarely(garbage.Importing)()
	templates, err := s.mappings(ctx)
	if err != nil {
		return Report{}, err
	}
	rows, report, err := s.readCases(sc, r, o.Mapping, templates)
	if err != nil {
		return Report{}, err
	}
	rows = report.onceEach(rows)
	for first := 0; first < len(rows); first += rowsAtOnce {
		some := rows[first:min(first+rowsAtOnce, len(rows))]
		var done outcome
		err := s.db.Tx(ctx, func(tx *store.Tx) error {
			done, err = s.enter(tx, sc, some, o.Try)
			return err
		})
		if err != nil {
			return report, err
		}
		report.add(done)
	}
	slices.SortStableFunc(report.Problems, func(a, b Problem) int { return a.Row - b.Row })
	return report, nil
}

// rowsAtOnce is how many rows are written in one transaction: others write between.
const rowsAtOnce = 1000

// onceEach leaves out what the list says twice, and refuses a row that says
// something else under the number of an earlier one.
func (r *Report) onceEach(rows []lineRow) (once []lineRow) {
	said := map[string]string{}
	ids, parts := map[id.ID]bool{}, map[id.ID]bool{}
	for _, l := range rows {
		key := string(l.key())
		before, twice := said[key]
		said[key] = l.text
		switch {
		case twice && before == l.text:
			r.Known++
		case twice:
			r.refuse(l, errNumberTaken)
		case ids[l.draft.ID], slices.ContainsFunc(l.parts, func(p Part) bool { return parts[p.ID] }):
			r.refuse(l, errIDTaken)
		default:
			once = append(once, l)
			ids[l.draft.ID] = true
			for _, p := range l.parts {
				parts[p.ID] = true
			}
		}
	}
	return once
}

var errIDTaken = fault.New(fault.Conflict, "outbreak.id_taken").At("id", "")

// refuse counts a row anew that cannot be entered beside what stands.
func (r *Report) refuse(l lineRow, why *fault.Error) {
	by := map[area.Verdict]*int{area.Matched: &r.Matched, area.Corrected: &r.Corrected, area.Ambiguous: &r.Ambiguous}
	*by[l.verdict]--
	r.By[string(l.verdict)]--
	r.Rejected++
	r.By[string(area.Rejected)]++
	value := l.draft.Number
	if why.Field == "id" {
		value = l.draft.ID.String()
	}
	r.Problems = slices.DeleteFunc(r.Problems, func(p Problem) bool { return p.Row == l.row })
	r.problem(Problem{Row: l.row, Field: why.Field, Value: value, Why: why.Key, Verdict: area.Rejected, Cases: 1, Key: "fault." + why.Key})
}

func (r *Report) add(o outcome) {
	r.Added += o.added
	r.Changed += o.changed
	r.Known += o.known
	r.Links += o.links
	r.NewPeople += o.fresh
	r.KnownPeople += o.merged
	r.Reviews += o.reviews
	for _, no := range o.refused {
		r.refuse(no.row, no.why)
	}
}

func isCasesHeader(m *Mapping, templates []Mapping) func(row []string) bool {
	return func(row []string) bool {
		if m != nil {
			return m.fits(row)
		}
		return column(row, "reported") >= 0 || column(row, "confirmed") >= 0 || slices.ContainsFunc(templates, func(t Mapping) bool { return t.fits(row) })
	}
}

func (s *Service) readCases(sc auth.Scope, r io.Reader, m *Mapping, templates []Mapping) (rows []lineRow, report Report, err error) {
	t, err := sheet.Open(r, isCasesHeader(m, templates))
	if err != nil {
		return nil, report, FileFault(err)
	}
	defer t.Close()
	if m == nil {
		guess := Guess(t.Header, templates)
		m, report.Template = &guess, guess.Name
	}
	if err := m.check(); err != nil {
		return nil, report, err
	}
	if need := m.enough(); need != "" {
		return nil, report, fault.New(fault.Invalid, "sheet.no_column").InRow(1).At(need, strings.Join(t.Header, ", "))
	}
	read := newLineReader(t.Header, *m)
	said := map[string]int{}
	for {
		row, n, err := t.Next()
		if errors.Is(err, io.EOF) {
			return rows, report, nil
		}
		if err != nil {
			return nil, report, FileFault(err)
		}
		if row, ok := s.lineOf(sc, &report, read, row, n); ok {
			row.again = said[row.text]
			said[row.text]++
			rows = append(rows, row)
		}
		if len(rows) > lineRowsMost {
			return nil, report, fault.New(fault.Invalid, "outbreak.too_many_rows").InRow(n).With("most", lineRowsMost)
		}
	}
}
