package spread

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"

	"khien/kernel/area"
	"khien/kernel/auth"
	"khien/kernel/day"
	"khien/kernel/fault"
	"khien/kernel/store"
	"khien/outbreak"
	"khien/wire/sheet"
)

// edgeRowsMost bounds a list of links.
const edgeRowsMost = 1_000_000

// problemsMost bounds the rows that a report names; its sums are of all.
const problemsMost = 20_000

// headings are the names under which lists give a column, folded by area.Fold.
var headings = map[string][]string{
	"from":      {"nguon lay", "from", "source", "infector", "nguoi lay", "lay tu", "ma nguon lay", "nguon", "ca nguon", "tu"},
	"to":        {"nguoi bi lay", "to", "target", "infectee", "ma benh nhan", "ca bi lay", "bi lay", "ca benh", "den"},
	"on":        {"ngay tiep xuc", "date", "on", "ngay", "ngay phoi nhiem", "ngay lay", "exposure", "exposure date"},
	"certainty": {"muc do chac chan", "certainty", "do chac chan", "muc do", "confidence"},
	"note":      {"ghi chu", "note", "ly do", "reason", "can cu"},
}

// words are what lists write for a certainty, folded.
var words = map[string]outbreak.Certainty{
	"": outbreak.Probably, "chac chan": outbreak.Certain, "certain": outbreak.Certain, "cao": outbreak.Certain, "high": outbreak.Certain, "3": outbreak.Certain,
	"nhieu kha nang": outbreak.Probably, "co kha nang": outbreak.Probably, "probable": outbreak.Probably, "trung binh": outbreak.Probably, "medium": outbreak.Probably, "2": outbreak.Probably,
	"co the": outbreak.Possibly, "possible": outbreak.Possibly, "nghi ngo": outbreak.Possibly, "thap": outbreak.Possibly, "low": outbreak.Possibly, "1": outbreak.Possibly,
}

// Report says how every row of a list of links ended: Rows = Added + Known +
// Rejected. The rest speaks of the rows that were not rejected.
type Report struct {
	Rows      int       `json:"rows"`
	Added     int       `json:"added"`
	Known     int       `json:"known"` // told before, by an earlier row, or taken back by somebody since
	Rejected  int       `json:"rejected"`
	SelfLoops int       `json:"self_loops"` // rows that name a case as its own source
	Dangling  []string  `json:"dangling"`   // names that no case has yet
	Problems  []Problem `json:"problems"`   // of every rejected row
}

// Problem names a row that was refused, and why.
type Problem struct {
	Row   int          `json:"row"` // as a spreadsheet counts
	Field string       `json:"field"`
	Value string       `json:"value"`
	Why   string       `json:"why"` // the key, until a command says the sentence
	Fault *fault.Error `json:"-"`
}

// ImportEdges reads a list of links with the columns from and to, Vietnamese or
// English, and where it has them a date, a certainty and a note. It writes all
// that can be read, or, where the file cannot be read to its end, nothing. The
// same list again changes nothing.
func (s *Service) ImportEdges(ctx context.Context, sc auth.Scope, r io.Reader) (Report, error) {
	if !sc.Allows(auth.Import) || !sc.Allows(auth.WriteCases) || !sc.Whole() {
		return Report{}, fault.New(fault.Forbidden, "auth.area")
	}
	links, report, err := s.readEdges(r)
	if err != nil {
		return Report{}, err
	}
	err = s.db.Tx(ctx, func(tx *store.Tx) error {
		report.Added, err = s.keep(tx, sc, links)
		return err
	})
	if err != nil {
		return Report{}, err
	}
	report.Known = len(links) - report.Added
	w, err := s.refresh(ctx)
	if err != nil {
		return report, err
	}
	report.Dangling = w.unknown(links)
	return report, nil
}

// unknown are the names among the links that no case has, in order.
func (w *world) unknown(links []outbreak.Link) []string {
	names := []string{}
	for _, l := range links {
		for _, name := range []string{nameOf(l.From), nameOf(l.To)} {
			if w.caseOf(name) == nobody {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func (s *Service) readEdges(r io.Reader) (links []outbreak.Link, report Report, err error) {
	report = Report{Dangling: []string{}, Problems: []Problem{}}
	t, err := sheet.Open(r, func(row []string) bool { return column(row, "from") >= 0 && column(row, "to") >= 0 })
	if err != nil {
		return nil, report, fileFault(err)
	}
	defer t.Close()
	for {
		row, n, err := t.Next()
		if errors.Is(err, io.EOF) {
			return links, report, nil
		}
		if err != nil {
			return nil, report, fileFault(err)
		}
		if report.Rows++; report.Rows > edgeRowsMost {
			return nil, report, fault.New(fault.Invalid, "outbreak.too_many_rows").InRow(n).With("most", edgeRowsMost)
		}
		l, bad := s.edgeOf(t.Header, row)
		if bad != nil {
			report.refuse(bad.InRow(n))
			continue
		}
		if nameOf(l.From) == nameOf(l.To) {
			report.SelfLoops++
		}
		links = append(links, l)
	}
}

func (r *Report) refuse(f *fault.Error) {
	r.Rejected++
	if len(r.Problems) < problemsMost {
		r.Problems = append(r.Problems, Problem{Row: f.Row, Field: f.Field, Value: f.Value, Why: f.Key, Fault: f})
	}
}

// edgeOf reads one row.
func (s *Service) edgeOf(header, row []string) (l outbreak.Link, bad *fault.Error) {
	cell := func(field string) string {
		if i := column(header, field); i >= 0 && i < len(row) {
			return strings.TrimSpace(row[i])
		}
		return ""
	}
	l = outbreak.Link{From: cell("from"), To: cell("to"), Note: cell("note")}
	for _, e := range []struct{ field, name string }{{"from", l.From}, {"to", l.To}} {
		if name := nameOf(e.name); name == "" || fault.Cut(name, nameRunes) != name {
			return l, fault.New(fault.Invalid, "spread.name").At(e.field, e.name)
		}
	}
	certainty, ok := words[area.Fold(cell("certainty"))]
	if !ok {
		return l, fault.New(fault.Invalid, "outbreak.choice").At("certainty", cell("certainty"))
	}
	l.Certainty = certainty
	if text := cell("on"); text != "" {
		d, ok := dateOf(text)
		if !ok {
			return l, fault.New(fault.Invalid, "day.format").At("on", text)
		}
		l.On = d
	}
	return l, fault.Of(s.checkDay("on", l.On))
}

// dateOf reads a day as lists write it, a spreadsheet's number too.
func dateOf(text string) (day.Day, bool) {
	if d, err := day.Parse(text); err == nil {
		return d, true
	}
	t, ok := sheet.Date(text)
	return day.On(t.Date()), ok
}

func column(header []string, field string) int {
	return slices.IndexFunc(header, func(h string) bool {
		h, _, _ = strings.Cut(h, "(")
		return slices.Contains(headings[field], strings.TrimSpace(area.Fold(strings.Trim(h, " *:"))))
	})
}

// fileFault says in the user's terms why a file cannot be read.
func fileFault(err error) error {
	var e *sheet.Error
	if errors.As(err, &e) && e.Why == sheet.NoHeader {
		return fault.New(fault.Invalid, "spread.no_header").Because(err)
	}
	return outbreak.FileFault(err)
}
