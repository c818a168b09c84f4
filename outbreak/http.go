package outbreak

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"khien/kernel/area"
	"khien/kernel/auth"
	"khien/kernel/day"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/person"
	"khien/kernel/web"
	"khien/wire/sheet"
)

// uploadBytes bounds a list sent by form.
const uploadBytes = 32 << 20

// Routes registers the pages and the API.
func (s *Service) Routes(rt *web.Router) {
	read, write := rt.With(auth.Require(auth.ReadCases)), rt.With(auth.Require(auth.WriteCases))
	read.Get("/cases", s.getCases)
	write.Get("/cases/new", s.getNewCase)
	write.Post("/cases", s.postCase)
	read.Get("/cases/{id}", s.getCase)
	write.Get("/cases/{id}/edit", s.getEditCase)
	write.Post("/cases/{id}", s.postEditCase)
	s.partRoutes(write)
	rt.With(auth.Require(auth.Export)).Get("/cases/export", s.getExport, web.Timeout(0), web.NoGzip())
	imports := rt.With(auth.Require(auth.Import))
	imports.Get("/cases/import", s.getImport)
	imports.Post("/cases/import", s.postImport, web.MaxBody(uploadBytes+64<<10), web.Timeout(10*time.Minute))
	imports.Get("/lists/{id}", s.getMap)
	imports.Post("/lists/{id}", s.postMap, web.Timeout(10*time.Minute))
	imports.Post("/lists/templates/{id}/remove", s.postRemoveTemplate)
	read.Get("/announcements", s.getAnnouncements)
	rt.With(auth.Require(auth.Announce)).Post("/announcements", s.postAnnouncement)
	s.api(rt)
}

// filterForm is the query of the list.
type filterForm struct {
	Classification string    `form:"classification"`
	Source         string    `form:"source"`
	Area           area.Code `form:"area"`
	From           day.Day   `form:"from"`
	To             day.Day   `form:"to"`
	Search         string    `form:"q,max=80"`
	After          *Cursor   `form:"after"`
}

func (f filterForm) filter() Filter {
	return Filter{Classification: Classification(f.Classification), Source: Source(f.Source), Area: f.Area,
		From: f.From, To: f.To, Search: f.Search, After: f.After}
}

type casesPage struct {
	Form                    web.Form
	Tabs                    []web.Choice
	Cases                   []caseRow
	Pager                   web.Pager
	Areas, Sources, Classes []web.Choice
	MayWrite, MayImport     bool
	MayExport, Filtered     bool
	MayPeople               bool // take names out, too
	ExportHref              string
}

// caseRow is a case as a list shows it.
type caseRow struct {
	Case
	AreaName string
}

// Badge is the stylesheet's word for the classification.
func (c Case) Badge() string {
	switch c.Classification {
	case Confirmed:
		return "bad"
	case Probable:
		return "warn"
	case Suspected:
		return "info"
	}
	return "muted"
}

func (s *Service) getCases(w http.ResponseWriter, r *http.Request) error {
	sc, err := auth.ScopeOf(r.Context(), auth.ReadCases, "case_list")
	if err != nil {
		return err
	}
	var f filterForm
	if err := web.Decode(r, &f); err != nil {
		return err
	}
	page, err := s.List(r.Context(), sc, f.filter())
	if err != nil {
		return err
	}
	q := r.URL.Query()
	for _, name := range []string{"after", "lang", "theme", "_done"} { // no filters
		q.Del(name)
	}
	p := casesPage{Form: web.FormOf(r, nil), Tabs: Tabs(r), MayWrite: sc.Allows(auth.WriteCases), MayImport: sc.Allows(auth.Import),
		MayExport: sc.Allows(auth.Export), MayPeople: sc.Allows(auth.ReadPeople), Filtered: len(q) > 0, ExportHref: "/cases/export?" + q.Encode(),
		Areas: s.areaChoices(r, sc, "outbreak.all"), Sources: choicesOf(r, "outbreak.source.", Sources, "outbreak.all"),
		Classes: choicesOf(r, "outbreak.classification.", Classifications, "outbreak.all")}
	for _, c := range page.Cases {
		p.Cases = append(p.Cases, caseRow{c, s.gazetteer.Short(c.Area)})
	}
	if page.Next != nil {
		p.Pager.Next = "/cases?" + with(q, "after", page.Next.String())
	}
	if f.After != nil {
		p.Pager.First = "/cases?" + q.Encode()
	}
	return s.views.Render(w, r, http.StatusOK, "outbreak/cases.html", p)
}

func with(q url.Values, key, value string) string {
	q.Set(key, value)
	return q.Encode()
}

type casePage struct {
	Whole
	Facts    []web.Cell
	MayWrite bool
	MayTrace bool // and keep contacts
	Reviews  int  // open ones about the person, for whoever may decide them
	Waits    Waits
	Line     *timeline
	Sections []partSection
	Gone     []partRow // that were taken away, and can be put back
	Judged   []historyRow
	Classes  []web.Choice
	Form     web.Form
}

func (s *Service) getCase(w http.ResponseWriter, r *http.Request) error {
	sc, err := auth.ScopeOf(r.Context(), auth.ReadCases, "case_page")
	if err != nil {
		return err
	}
	i, err := id.Parse(r.PathValue("id"))
	if err != nil {
		return fault.New(fault.NotFound, "outbreak.case")
	}
	whole, err := s.ReadWhole(r.Context(), sc, i)
	if fault.Is(err, fault.NotFound) {
		err = fault.New(fault.NotFound, "outbreak.case")
	}
	if err != nil {
		return err
	}
	p := s.casePage(r, sc, whole)
	p.MayTrace = sc.Check(auth.Trace, whole.Case.Area) == nil && sc.Allows(auth.WriteContacts)
	if p.Waits, err = s.TracingWaits(r.Context(), sc, whole.Case); err != nil {
		return err
	}
	if !whole.Who.ID.IsZero() && sc.Allows(auth.WritePeople) {
		if p.Reviews, err = s.people.OpenReviews(r.Context(), s.db, sc, whole.Who.ID); err != nil {
			return err
		}
	}
	return s.views.Render(w, r, http.StatusOK, "outbreak/case.html", p)
}

func (s *Service) casePage(r *http.Request, sc auth.Scope, w Whole) casePage {
	p := casePage{Whole: w, Facts: s.factsOf(r, w.Case, w.Who), MayWrite: sc.Check(auth.WriteCases, w.Case.Area) == nil, Line: timelineOf(w, s.today()),
		Classes: choicesOf(r, "outbreak.classification.", Classifications, ""), Form: web.NewForm("classification", string(w.Case.Classification))}
	for _, k := range PartKinds {
		section := partSection{Kind: k}
		for _, part := range w.Live(k) {
			section.Rows = append(section.Rows, s.partRow(r, part))
		}
		p.Sections = append(p.Sections, section)
	}
	for _, part := range w.Parts {
		if part.Removed {
			p.Gone = append(p.Gone, s.partRow(r, part))
		}
	}
	for _, j := range w.History {
		p.Judged = append(p.Judged, historyRow{j, s.who(r, j.Actor)})
	}
	return p
}

// readFor reads the case that the path names, for a page of the given act.
func (s *Service) readFor(r *http.Request, act auth.Act, purpose string) (Case, person.Person, auth.Scope, error) {
	sc, err := auth.ScopeOf(r.Context(), act, purpose)
	if err != nil {
		return Case{}, person.Person{}, sc, err
	}
	i, err := id.Parse(r.PathValue("id"))
	if err != nil {
		return Case{}, person.Person{}, sc, fault.New(fault.NotFound, "outbreak.case")
	}
	c, who, err := s.Read(r.Context(), sc, i)
	if fault.Is(err, fault.NotFound) {
		err = fault.New(fault.NotFound, "outbreak.case")
	}
	return c, who, sc, err
}

// caseForm is the form of a case, and its JSON.
type caseForm struct {
	ID             id.ID     `form:"id"`
	Version        int       `form:"version"`
	Number         string    `form:"number,max=40"`
	Name           string    `form:"name,max=120"`
	Phone          string    `form:"phone,max=20"`
	Sex            string    `form:"sex"`
	BirthYear      int       `form:"birth_year"`
	Classification string    `form:"classification,required"`
	Area           area.Code `form:"area,required"`
	Stay           area.Code `form:"stay"`
	Source         string    `form:"source"`
	Investigation  string    `form:"investigation"`
	Why            string    `form:"class_why,max=200"`
	Onset          day.Day   `form:"onset"`
	Specimen       day.Day   `form:"specimen"`
	Confirmed      day.Day   `form:"confirmed"`
	Reported       day.Day   `form:"reported,required"`
	Outcome        string    `form:"outcome"`
	OutcomeOn      day.Day   `form:"outcome_on"`
}

func (f caseForm) draft() Draft {
	return Draft{Case: Case{ID: f.ID, Number: f.Number, Sex: f.Sex, BirthYear: f.BirthYear, Classification: Classification(f.Classification),
		Area: f.Area, Stay: f.Stay, Source: Source(f.Source), Investigation: Investigation(f.Investigation), Onset: f.Onset, Specimen: f.Specimen, ConfirmedOn: f.Confirmed,
		Reported: f.Reported, Outcome: Outcome(f.Outcome), OutcomeOn: f.OutcomeOn, Version: f.Version},
		Who: person.Person{Name: f.Name, Phone: f.Phone}, Why: f.Why}
}

type formPage struct {
	Form                     web.Form
	Action                   string
	Version                  int
	Areas, Stays, Sources    []web.Choice
	Classes, Outcomes, Sexes []web.Choice
	States                   []web.Choice
	New                      bool
}

func (s *Service) formPage(r *http.Request, sc auth.Scope, f web.Form, action string) formPage {
	return formPage{Form: f, Action: action, New: action == "/cases",
		Areas: s.withUnit(s.areaChoices(r, sc, "outbreak.choose_area"), f.Value("area")), Stays: s.withUnit(s.stayChoices(r), f.Value("stay")),
		States: choicesOf(r, "outbreak.investigation.", Investigations, ""), Sources: choicesOf(r, "outbreak.source.", Sources, "outbreak.none"),
		Classes: choicesOf(r, "outbreak.classification.", Classifications, ""), Outcomes: choicesOf(r, "outbreak.outcome.", Outcomes, "outbreak.not_yet"),
		Sexes: choicesOf(r, "outbreak.sex.", Sexes, "outbreak.none")}
}

func (s *Service) getNewCase(w http.ResponseWriter, r *http.Request) error {
	sc, err := auth.ScopeOf(r.Context(), auth.WriteCases, "case_form")
	if err != nil {
		return err
	}
	f := web.NewForm("classification", string(Confirmed), "reported", s.today().String(), "confirmed", s.today().String(), "investigation", string(Pending))
	return s.views.Render(w, r, http.StatusOK, "outbreak/form.html", s.formPage(r, sc, f, "/cases"))
}

func (s *Service) postCase(w http.ResponseWriter, r *http.Request) error {
	return s.postForm(w, r, "/cases", func(sc auth.Scope, d Draft) (Case, error) { return s.Create(r.Context(), sc, d) })
}

// postForm decodes the form, does the act, and shows the form again when the
// fields, not the act, are refused.
func (s *Service) postForm(w http.ResponseWriter, r *http.Request, action string, act func(auth.Scope, Draft) (Case, error)) error {
	sc, err := auth.ScopeOf(r.Context(), auth.WriteCases, "case_form")
	if err != nil {
		return err
	}
	var f caseForm
	err = web.Decode(r, &f)
	var c Case
	if err == nil {
		c, err = act(sc, f.draft())
	}
	if err == nil {
		http.Redirect(w, r, "/cases/"+c.ID.String()+"?_done=outbreak.case", http.StatusSeeOther)
		return nil
	}
	if len(web.Refused(err)) == 0 {
		return err
	}
	return s.views.Render(w, r, http.StatusUnprocessableEntity, "outbreak/form.html", s.formPage(r, sc, web.FormOf(r, err), action))
}

func (s *Service) getEditCase(w http.ResponseWriter, r *http.Request) error {
	c, who, sc, err := s.readFor(r, auth.WriteCases, "case_form")
	if err != nil {
		return err
	}
	year := ""
	if c.BirthYear != 0 {
		year = strconv.Itoa(c.BirthYear)
	}
	f := web.NewForm("version", strconv.Itoa(c.Version), "number", c.Number, "name", who.Name, "phone", who.Phone, "sex", c.Sex,
		"birth_year", year, "classification", string(c.Classification), "area", c.Area.String(), "stay", c.Stay.String(),
		"source", string(c.Source), "investigation", string(c.Investigation), "onset", c.Onset.String(), "specimen", c.Specimen.String(), "confirmed", c.ConfirmedOn.String(),
		"reported", c.Reported.String(), "outcome", string(c.Outcome), "outcome_on", c.OutcomeOn.String())
	return s.views.Render(w, r, http.StatusOK, "outbreak/form.html", s.formPage(r, sc, f, "/cases/"+c.ID.String()))
}

func (s *Service) postEditCase(w http.ResponseWriter, r *http.Request) error {
	i, err := id.Parse(r.PathValue("id"))
	if err != nil {
		return fault.New(fault.NotFound, "outbreak.case")
	}
	return s.postForm(w, r, "/cases/"+i.String(), func(sc auth.Scope, d Draft) (Case, error) {
		d.ID = i
		return s.Change(r.Context(), sc, d)
	})
}

// exportForm is the query of an export: the list's, the format, and whether the
// people's names go with it.
type exportForm struct {
	filterForm
	As     string `form:"as"`
	People bool   `form:"people"`
}

// exportWait is how long an export waits for its taker without a row going out.
const exportWait = time.Minute

func (s *Service) getExport(w http.ResponseWriter, r *http.Request) error {
	sc, err := auth.ScopeOf(r.Context(), auth.Export, "case_export")
	if err != nil {
		return err
	}
	var f exportForm
	if err := web.Decode(r, &f); err != nil {
		return err
	}
	format := sheet.Format(f.As)
	if format != sheet.XLSX && format != JSON {
		format = sheet.CSV
	}
	out := &download{w: w, line: http.NewResponseController(w), format: format}
	t := func(key string, args ...any) string { return web.T(r.Context(), key, args...) }
	return s.ExportTo(r.Context(), sc, ExportOptions{f.filter(), f.People}, format, t, out)
}

// download is an answer whose head goes out with its first byte, and whose taker
// may be slow but not still.
type download struct {
	w      http.ResponseWriter
	line   *http.ResponseController
	format sheet.Format
	begun  bool
}

// Write sends on, with the head before the first.
func (d *download) Write(b []byte) (int, error) {
	if !d.begun {
		d.begun = true
		kind := d.format.ContentType()
		if d.format == JSON {
			kind = "application/json"
		}
		d.w.Header().Set("Content-Type", kind)
		d.w.Header().Set("Content-Disposition", `attachment; filename="khien-ca-benh.`+string(d.format)+`"`)
	}
	_ = d.line.SetWriteDeadline(time.Now().Add(exportWait)) // a writer without deadlines, as in tests, goes without
	return d.w.Write(b)
}
