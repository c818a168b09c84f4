package outbreak

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"khien/kernel/area"
	"khien/kernel/auth"
	"khien/kernel/day"
	"khien/kernel/fault"
	"khien/kernel/i18n"
	"khien/kernel/id"
	"khien/kernel/person"
	"khien/kernel/web"
)

// choicesOf are the options of a list of constants, named by the catalog.
// The first choice has the text of key none; "" leaves it out.
func choicesOf[T ~string](r *http.Request, prefix string, all []T, none string) []web.Choice {
	var cs []web.Choice
	if none != "" {
		cs = append(cs, web.Choice{Value: "", Text: web.T(r.Context(), none)})
	}
	for _, v := range all {
		cs = append(cs, web.Choice{Value: string(v), Text: web.T(r.Context(), prefix+string(v))})
	}
	return cs
}

func (s *Service) areaChoices(r *http.Request, sc auth.Scope, none string) []web.Choice {
	home, _ := s.gazetteer.Official(s.edition, twoDigits(s.province))
	return sc.AreaChoices(r, s.gazetteer, home.Code, none)
}

// stayChoices are all units of the home province, then the other provinces.
func (s *Service) stayChoices(r *http.Request) []web.Choice {
	cs := s.areaChoices(r, auth.System(s.province, "choices"), "outbreak.none")
	for _, p := range s.gazetteer.Provinces(s.edition) {
		if p.Code.Official() != twoDigits(s.province) {
			cs = append(cs, web.Choice{Value: p.Code.String(), Text: p.FullName})
		}
	}
	return cs
}

// factsOf are the lines of a case's page; what is not known is left out.
func (s *Service) factsOf(r *http.Request, c Case, who person.Person) []web.Cell {
	lang := web.Lang(r.Context())
	var cells []web.Cell
	add := func(key, text string) {
		if text != "" {
			cells = append(cells, web.Cell{Name: web.T(r.Context(), key), Text: text})
		}
	}
	choice := func(prefix, value string) string {
		if value == "" {
			return ""
		}
		return web.T(r.Context(), prefix+value)
	}
	date := func(d day.Day) string {
		if d == 0 {
			return ""
		}
		return i18n.Date(lang, d.Time())
	}
	add("outbreak.who", who.Name)
	add("field.phone", who.Phone)
	add("field.sex", choice("outbreak.sex.", c.Sex))
	if c.BirthYear != 0 {
		add("field.birth_year", strconv.Itoa(c.BirthYear))
	}
	add("field.area", s.gazetteer.Title(c.Area))
	add("field.stay", s.gazetteer.Title(c.Stay))
	add("field.source", choice("outbreak.source.", string(c.Source)))
	add("field.investigation", choice("outbreak.investigation.", string(c.Investigation)))
	add("field.onset", date(c.Onset))
	add("field.specimen", date(c.Specimen))
	add("field.confirmed", date(c.ConfirmedOn))
	add("field.reported", date(c.Reported))
	add("field.outcome", choice("outbreak.outcome.", string(c.Outcome)))
	add("field.outcome_on", date(c.OutcomeOn))
	return cells
}

type importPage struct {
	reportView
	Form   web.Form
	Kinds  []web.Choice
	MayMap bool
	Saved  []Template
}

// reportView is what became of a list, as its page shows it.
type reportView struct {
	Report *Report
	Tried  bool // nothing was written
	Name   string
	Kind   string
	Lines  []problemLine
	Over   int // lines that are not shown
}

func (v *reportView) show(r *http.Request, report *Report) {
	v.Report = report
	for i, pr := range report.Problems {
		if i == problemsShown {
			v.Over = len(report.Problems) - i
			break
		}
		v.Lines = append(v.Lines, problemLine{pr.Row, pr.Field, pr.Value, web.T(r.Context(), "outbreak.verdict."+string(pr.Verdict)),
			pr.Sentence(func(key string, args ...any) string { return web.T(r.Context(), key, args...) }), badgeOf(pr.Verdict)})
	}
}

// problemLine is a problem in the reader's words.
type problemLine struct {
	Row                int
	Field, Value       string
	Verdict, Why, Kind string
}

// problemsShown bounds the report's page; the sums are of all.
const problemsShown = 500

// importPage offers announced counts to those only who may import them: they
// speak of the whole province.
func (s *Service) importPage(r *http.Request, f web.Form) importPage {
	p := importPage{Form: f, MayMap: s.keys != nil, Kinds: []web.Choice{{Value: "cases", Text: web.T(r.Context(), "outbreak.import.cases")}}}
	if sc, err := auth.ScopeOf(r.Context(), auth.Import, "import_page"); err == nil && sc.Check(auth.Import, area.Code(0)) == nil {
		p.Kinds = append(p.Kinds, web.Choice{Value: "counts", Text: web.T(r.Context(), "outbreak.import.counts")})
	}
	return p
}

func (s *Service) getImport(w http.ResponseWriter, r *http.Request) error {
	sc, err := auth.ScopeOf(r.Context(), auth.Import, "import_page")
	if err != nil {
		return err
	}
	p := s.importPage(r, web.NewForm("kind", "cases"))
	if p.Saved, err = s.Templates(r.Context(), sc); err != nil {
		return err
	}
	return s.views.Render(w, r, http.StatusOK, "outbreak/import.html", p)
}

func (s *Service) postImport(w http.ResponseWriter, r *http.Request) error {
	sc, err := auth.ScopeOf(r.Context(), auth.Import, "import_page")
	if err != nil {
		return err
	}
	up, err := web.ReadUpload(r, "file", uploadBytes)
	if err != nil {
		return err
	}
	kind := up.Fields.Get("kind")
	if up.Fields.Get("map_first") == "1" && kind != "counts" && s.keys != nil {
		i := id.New()
		err := s.KeepList(r.Context(), sc, i, up.Name, up)
		if err == nil {
			return web.Redirect(w, r, "/lists/"+i.String(), "")
		}
		return s.refuseList(w, r, kind, err)
	}
	var report Report
	if kind == "counts" {
		report, err = s.ImportCounts(r.Context(), sc, fault.Cut(up.Name, 120), up)
	} else {
		report, err = s.ImportCases(r.Context(), sc, up)
	}
	if err != nil {
		return s.refuseList(w, r, kind, err)
	}
	p := s.importPage(r, web.NewForm("kind", kind))
	p.Name, p.Kind = up.Name, kind
	p.show(r, &report)
	return s.views.Render(w, r, http.StatusOK, "outbreak/import.html", p)
}

// refuseList shows the page again with why the file cannot be taken.
func (s *Service) refuseList(w http.ResponseWriter, r *http.Request, kind string, err error) error {
	f := fault.Of(err)
	if f == nil || f.Kind != fault.Invalid {
		return err
	}
	p := s.importPage(r, web.NewForm("kind", kind))
	p.Form.Errors = web.FieldErrors{"file": f}
	return s.views.Render(w, r, http.StatusUnprocessableEntity, "outbreak/import.html", p)
}

func badgeOf(v area.Verdict) string {
	switch v {
	case area.Corrected:
		return "info"
	case area.Ambiguous:
		return "warn"
	}
	return "bad"
}

// Sentence says why, by a catalog's T.
func (p Problem) Sentence(t func(key string, args ...any) string) string {
	args := []any{"row", p.Row, "field", p.Field, "value", p.Value}
	for k, v := range p.Args {
		if many, ok := v.([]string); ok {
			v = strings.Join(many, "; ")
		}
		args = append(args, k, v)
	}
	return t(p.Key, args...)
}

type announcementsPage struct {
	Form        web.Form
	Grounds     []web.Choice
	All         []announcementRow
	MayAnnounce bool
}

type announcementRow struct {
	Announcement
	GroundName string
}

func (s *Service) announcementsPage(r *http.Request, sc auth.Scope, f web.Form) (p announcementsPage, err error) {
	p = announcementsPage{Form: f, Grounds: s.areaChoices(r, sc, "outbreak.choose_area"), MayAnnounce: sc.Allows(auth.Announce)}
	all, err := s.Announcements(r.Context(), s.now().AddDate(1, 0, 0))
	for _, a := range all {
		p.All = append(p.All, announcementRow{a, s.gazetteer.Title(a.Ground)})
	}
	return p, err
}

func (s *Service) getAnnouncements(w http.ResponseWriter, r *http.Request) error {
	sc, err := auth.ScopeOf(r.Context(), auth.ReadCases, "announcements")
	if err != nil {
		return err
	}
	p, err := s.announcementsPage(r, sc, web.NewForm("through", s.today().String()))
	if err != nil {
		return err
	}
	return s.views.Render(w, r, http.StatusOK, "outbreak/announcements.html", p)
}

type announceForm struct {
	ID      id.ID     `form:"id,required"`
	Ground  area.Code `form:"ground,required"`
	Through day.Day   `form:"through,required"`
}

func (s *Service) postAnnouncement(w http.ResponseWriter, r *http.Request) error {
	sc, err := auth.ScopeOf(r.Context(), auth.Announce, "announce_form")
	if err != nil {
		return err
	}
	var f announceForm
	if err = web.Decode(r, &f); err == nil {
		_, err = s.Announce(r.Context(), sc, f.ID, f.Ground, f.Through)
	}
	if err == nil {
		http.Redirect(w, r, "/announcements?_done=outbreak.announce", http.StatusSeeOther)
		return nil
	}
	var fields web.FieldErrors
	if !errors.As(err, &fields) && len(web.Refused(err)) == 0 {
		return err
	}
	p, perr := s.announcementsPage(r, sc, web.FormOf(r, err))
	if perr != nil {
		return perr
	}
	return s.views.Render(w, r, http.StatusUnprocessableEntity, "outbreak/announcements.html", p)
}
