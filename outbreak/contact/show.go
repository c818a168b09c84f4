package contact

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"khien/kernel/auth"
	"khien/kernel/i18n"
	"khien/kernel/id"
	"khien/kernel/web"
)

// choicesOf are the options of constants, named by the catalog; the first has
// the text of key none, "" leaves it out.
func choicesOf[T ~string](r *http.Request, prefix string, all []T, none string) []web.Choice {
	var cs []web.Choice
	if none != "" {
		cs = append(cs, web.Choice{Text: web.T(r.Context(), none)})
	}
	for _, v := range all {
		cs = append(cs, web.Choice{Value: string(v), Text: web.T(r.Context(), prefix+string(v))})
	}
	return cs
}

// Badge is the stylesheet's word for the status.
func (x Status) Badge() string {
	switch x {
	case Found:
		return "warn"
	case Confirmed:
		return "info"
	case BecameCase:
		return "bad"
	case Released:
		return "good"
	}
	return "muted"
}

type listPage struct {
	Form                           web.Form
	Rows                           []listRow
	Pager                          web.Pager
	Areas, Statuses, Kinds, Degree []web.Choice
	MayWrite, MayTrace, Filtered   bool
}

// listRow is a contact as the list shows it.
type listRow struct {
	Contact
	Name, Phone, AreaName string
	Ago                   int  // days since the last exposure
	Still                 bool // they are together yet, as far as is known
}

func (s *Service) listPage(r *http.Request, sc auth.Scope, page Page) listPage {
	q := without(r.URL.Query())
	statuses := append(choicesOf(r, "contact.status.", Statuses, "contact.to_call"), web.Choice{Value: allStatuses, Text: web.T(r.Context(), "contact.all")})
	degrees := []web.Choice{{Text: web.T(r.Context(), "contact.all")}, {Value: "1", Text: "F1"}, {Value: "2", Text: "F2"}}
	p := listPage{Form: web.FormOf(r, nil), Areas: sc.AreaChoices(r, s.Gazetteer, s.Home, "contact.all"), Statuses: statuses, Kinds: choicesOf(r, "contact.kind.", kinds, "contact.all"),
		Degree: degrees, MayWrite: sc.Allows(auth.WriteContacts), MayTrace: sc.Allows(auth.Trace), Filtered: len(q) > 0}
	for _, c := range page.Contacts {
		who := page.Names[c.Person]
		p.Rows = append(p.Rows, listRow{c, who.Name, who.Phone, s.Gazetteer.Short(c.Area), max(0, int(dayOf(s.now())-dayOf(c.Last))), c.Last.After(s.now())})
	}
	if page.Next != nil {
		q.Set("after", page.Next.String())
		p.Pager.Next = "/contacts?" + q.Encode()
		q.Del("after")
	}
	if r.URL.Query().Get("after") != "" {
		p.Pager.First = "/contacts?" + q.Encode()
	}
	return p
}

type filePage struct {
	Form      web.Form
	File      File
	Facts     []web.Cell
	Exposures []exposureRow
	Reasons   []web.Choice
	MayWrite  bool
	Verified  bool
	Source    string
}

// exposureRow is an exposure in the reader's words.
type exposureRow struct {
	Exposure
	Where    string
	CaseHref string // "": the case is not theirs to see
}

func (s *Service) filePage(r *http.Request, sc auth.Scope, f File, form web.Form) filePage {
	p := filePage{Form: form, File: f, MayWrite: sc.Allows(auth.WriteContacts), Reasons: choicesOf(r, "contact.reason.", Reasons, "contact.reason.choose")}
	for _, rule := range s.rules {
		if rule.ID == f.Rule {
			p.Source, p.Verified = rule.Source, rule.Verified
		}
	}
	add := func(key, text string) {
		if text != "" {
			p.Facts = append(p.Facts, web.Cell{Name: web.T(r.Context(), key), Text: text})
		}
	}
	add("field.phone", f.Who.Phone)
	add("field.birth_year", f.Who.Birth)
	add("field.area", s.Gazetteer.Title(f.Area))
	add("contact.address", f.Who.Address)
	add("contact.first", s.local(f.First))
	if f.Last.After(s.now()) {
		add("contact.last", web.T(r.Context(), "contact.still"))
	} else {
		add("contact.last", s.local(f.Last))
	}
	add("contact.called", s.local(f.Called))
	if f.Follow != "" {
		add("contact.follow", web.T(r.Context(), "contact.follow."+f.Follow))
		add("contact.follow_until", i18n.Date(web.Lang(r.Context()), f.Until.Time()))
	}
	for _, e := range f.Exposures {
		row := exposureRow{Exposure: e, Where: s.where(r, e.Locus, e.Kind)}
		if f.Cases[e.Case] {
			row.CaseHref = "/cases/" + e.Case.String()
		}
		p.Exposures = append(p.Exposures, row)
	}
	return p
}

func (s *Service) local(t time.Time) string {
	if t.IsZero() || t.UnixMilli() <= 0 {
		return ""
	}
	return t.In(zone).Format("15:04 02/01/2006")
}

func (s *Service) where(r *http.Request, locus id.ID, kind string) string {
	if p, ok := s.Places.Book().Any(locus); ok {
		return p.Name
	}
	return web.T(r.Context(), "contact.kind."+kind)
}

type newPage struct {
	Form                      web.Form
	Areas, Kinds, Certainties []web.Choice
	Back                      string
}

func (s *Service) newPage(r *http.Request, sc auth.Scope, f web.Form) newPage {
	p := newPage{Form: f, Areas: sc.AreaChoices(r, s.Gazetteer, s.Home, "contact.case_area"), Kinds: choicesOf(r, "contact.kind.", kinds, "contact.kind.choose"),
		Certainties: choicesOf(r, "contact.certainty.", certainties, ""), Back: "/contacts"}
	if i, err := s.caseMeant(r.Context(), sc, f.Value("case")); err == nil && !i.IsZero() {
		p.Back = "/cases/" + i.String()
	}
	return p
}

type tracePage struct {
	Form    web.Form
	Asked   bool
	MayTake bool
	Answer  Answer
	Case    bool // a case was asked about
	Micros  string
	F1, F2  []traceRow
	Next    string
	From    string
	To      string
}

// traceRow is one person of an answer in the reader's words.
type traceRow struct {
	Line
	AreaName string
	Met      []metRow
	More     int // meetings beside those shown
}

type metRow struct {
	Hit
	Where, From, To, By string // By: the F1 whom an F2 met, by name
}

// metShown bounds the meetings that one row shows.
const metShown = 4

func (s *Service) tracePage(r *http.Request, sc auth.Scope, f web.Form, a Answer) tracePage {
	p := tracePage{Form: f, Asked: true, Answer: a, MayTake: sc.Allows(auth.WriteContacts), Case: f.Value("case") != "",
		Micros: strconv.FormatFloat(float64(a.Took.Microseconds())/1000, 'f', 1, 64), From: s.local(a.Window.From), To: s.local(a.Window.To)}
	by := map[id.ID]string{}
	for _, l := range a.F1 {
		by[l.Person] = l.Who.Name
	}
	p.F1, p.F2 = s.traceRows(r, a.F1, by), s.traceRows(r, a.F2, by)
	if web.Lang(r.Context()) == i18n.VI {
		p.Micros = strings.Replace(p.Micros, ".", ",", 1)
	}
	if a.Next != nil {
		p.Next = a.Next.String()
	}
	return p
}

func (s *Service) traceRows(r *http.Request, lines []Line, by map[id.ID]string) (rows []traceRow) {
	for _, l := range lines[:min(len(lines), namedMost)] {
		row := traceRow{Line: l, AreaName: s.Gazetteer.Short(l.Area), More: max(0, len(l.Hits)-metShown)}
		for _, h := range l.Hits[:min(len(l.Hits), metShown)] {
			row.Met = append(row.Met, metRow{h, s.where(r, h.Locus, h.Kind), s.local(h.From), h.To.In(zone).Format("15:04"), by[h.Via]})
		}
		rows = append(rows, row)
	}
	return rows
}
