package declaration

import (
	"net/http"
	"net/url"
	"strings"

	"khien/kernel/area"
	"khien/kernel/auth"
	"khien/kernel/day"
	"khien/kernel/fault"
	"khien/kernel/i18n"
	"khien/kernel/id"
	"khien/kernel/person"
	"khien/kernel/web"
	"khien/wire/qr"
)

func (s *Service) officerRoutes(rt *web.Router) {
	read, write := rt.With(auth.Require(auth.ReadDeclarations)), rt.With(auth.Require(auth.WriteDeclarations))
	read.Get("/declarations", s.getList)
	read.Post("/declarations", s.postSearch)
	rt.With(auth.Require(auth.ReadPeople)).Get("/declarations/{id}", s.getRead)
	rt.With(auth.Require(auth.Export)).Get("/declarations/export", s.getExport, web.Timeout(0), web.NoGzip())
	write.Get("/declarations/new", s.getNew)
	write.Post("/declarations/new", s.postNew, web.MaxBody(formBytes))
}

// filterForm is the query of the list: nothing in it is of a person.
type filterForm struct {
	Kind   Kind      `form:"kind"`
	Grade  qr.Grade  `form:"grade"`
	Area   area.Code `form:"area"`
	From   day.Day   `form:"from"`
	To     day.Day   `form:"to"`
	After  *Cursor   `form:"after"`
	Format string    `form:"format"`
}

func (f filterForm) filter() Filter { return Filter{f.Kind, f.Grade, f.Area, f.From, f.To, f.After} }

// listPage is list.html.
type listPage struct {
	Form                       web.Form
	Search                     web.Form
	Rows                       []listRow
	Found                      bool // the rows are those of a search
	Checked                    *checkedRow
	Err                        error
	Pager                      web.Pager
	Areas, Kinds, Grades       []web.Choice
	MayWrite, MayExport, MayOf bool // MayOf: search by whom
	CSV, XLSX                  string
}

type listRow struct {
	Declaration
	AreaName, Name string
	Valid          bool
}

type checkedRow struct {
	Checked
	AreaName string
}

func (s *Service) listPage(r *http.Request, sc auth.Scope, f web.Form) listPage {
	p := listPage{Form: f, Search: web.NewForm(), MayWrite: sc.Allows(auth.WriteDeclarations), MayExport: sc.Allows(auth.Export), MayOf: sc.Allows(auth.ReadPeople),
		Areas: s.areaChoices(r, sc.Covers, "declaration.all"), Kinds: kindChoices(r, "declaration.all"), Grades: []web.Choice{{Text: web.T(r.Context(), "declaration.all")}}}
	for _, g := range []qr.Grade{qr.Green, qr.Yellow, qr.Red} {
		p.Grades = append(p.Grades, web.Choice{Value: string(g), Text: web.T(r.Context(), "declaration.grade."+string(g))})
	}
	return p
}

func (s *Service) getList(w http.ResponseWriter, r *http.Request) error {
	sc, err := auth.ScopeOf(r.Context(), auth.ReadDeclarations, "declaration_list")
	if err != nil {
		return err
	}
	var f filterForm
	if err := web.Decode(r, &f); err != nil {
		return err
	}
	ds, next, err := s.List(r.Context(), sc, f.filter())
	if err != nil {
		return err
	}
	p := s.listPage(r, sc, web.FormOf(r, nil))
	for _, d := range ds {
		p.Rows = append(p.Rows, listRow{d, s.Gazetteer.Title(d.Area), "", d.Valid(s.now())})
	}
	q := r.URL.Query()
	for _, name := range []string{"after", "lang", "theme", "format", "_done"} { // no filters
		q.Del(name)
	}
	if f.After != nil {
		p.Pager.First = "/declarations?" + q.Encode()
	}
	p.CSV, p.XLSX = "/declarations/export?"+with(q, "format", "csv"), "/declarations/export?"+with(q, "format", "xlsx")
	if next != nil {
		q.Del("format")
		p.Pager.Next = "/declarations?" + with(q, "after", next.String())
	}
	return s.Views.Render(w, r, http.StatusOK, "declaration/list.html", p)
}

func with(q url.Values, key, value string) string {
	q.Set(key, value)
	return q.Encode()
}

// postSearch looks for a person's declarations or reads a code: what is typed is
// of a person, and stands in no address.
func (s *Service) postSearch(w http.ResponseWriter, r *http.Request) error {
	sc, err := auth.ScopeOf(r.Context(), auth.ReadDeclarations, "declaration_search")
	if err != nil {
		return err
	}
	var in struct {
		Who  string `form:"who,max=200"`
		Code string `form:"code,max=4000"`
	}
	if err := web.Decode(r, &in); err != nil {
		return err
	}
	p, status := s.listPage(r, sc, web.NewForm()), http.StatusOK
	p.Search, p.Found = web.FormOf(r, nil), true
	if in.Code != "" {
		var c Checked
		if c, err = s.Check(r.Context(), sc, in.Code); err == nil {
			p.Checked = &checkedRow{c, s.Gazetteer.Title(c.Area)}
		}
	} else if in.Who != "" {
		var vs []Version
		vs, err = s.Search(r.Context(), sc, in.Who)
		for _, v := range vs {
			p.Rows = append(p.Rows, listRow{v.Declaration, s.Gazetteer.Title(v.Area), v.Content.Who.Name, v.Valid(s.now())})
		}
	}
	if f := fault.Of(err); f != nil && (f.Kind == fault.Invalid || f.Kind == fault.NotFound) {
		p.Err, status = err, http.StatusUnprocessableEntity
	} else if err != nil {
		return err
	}
	return s.Views.Render(w, r, status, "declaration/list.html", p)
}

// readPage is read.html: a declaration with its history, for officers.
type readPage struct {
	Versions []onePage
}

func (s *Service) getRead(w http.ResponseWriter, r *http.Request) error {
	sc, err := auth.ScopeOf(r.Context(), auth.ReadDeclarations, "declaration_page")
	if err != nil {
		return err
	}
	i, err := pathID(r)
	if err != nil {
		return err
	}
	vs, err := s.Read(r.Context(), sc, i)
	if err != nil {
		return err
	}
	var p readPage
	for _, v := range vs {
		v.Short = vs[0].Short
		p.Versions = append(p.Versions, s.onePage(web.Lang(r.Context()), v.Declaration, v.Content))
	}
	return s.Views.Render(w, r, http.StatusOK, "declaration/read.html", p)
}

// officerPage is the form with the person's part.
func (s *Service) officerPage(r *http.Request, sc auth.Scope, who web.Form, i id.ID) formPage {
	return formPage{Action: "/declarations/new", ID: i.String(), Officer: true, Who: who, Areas: s.areaChoices(r, func(area.Code) bool { return true }, "phone.elsewhere"),
		Sexes: sexChoices(r), Kinds: kindChoices(r, "")}
}

func (s *Service) getNew(w http.ResponseWriter, r *http.Request) error {
	sc, err := auth.ScopeOf(r.Context(), auth.WriteDeclarations, "declaration_form")
	if err != nil {
		return err
	}
	var in struct {
		Kind Kind `form:"kind"`
	}
	if err := web.Decode(r, &in); err != nil {
		return err
	}
	if in.Kind == "" {
		in.Kind = Everyone
	}
	form, err := s.Form(r.Context(), in.Kind)
	if err != nil {
		return err
	}
	p := s.officerPage(r, sc, web.NewForm(), id.New())
	p.fill(web.Lang(r.Context()), form, nil, nil)
	return s.Views.Render(w, r, http.StatusOK, "declaration/form.html", p)
}

func (s *Service) postNew(w http.ResponseWriter, r *http.Request) error {
	sc, err := auth.ScopeOf(r.Context(), auth.WriteDeclarations, "declaration_form")
	if err != nil {
		return err
	}
	var in struct {
		sent
		officerWho
	}
	if in.answers, err = readForm(r, &in); err != nil && len(web.Refused(err)) == 0 {
		return err
	}
	if err == nil && r.PostForm.Has("_read") {
		err = in.officerWho.read()
		p := s.officerPage(r, sc, web.Form{Values: in.values(), Errors: web.Refused(err)}, in.ID)
		form, formErr := s.Form(r.Context(), in.Kind)
		if formErr != nil {
			return formErr
		}
		p.fill(web.Lang(r.Context()), form, in.answers, web.Refused(err))
		return s.Views.Render(w, r, http.StatusOK, "declaration/form.html", p)
	}
	var made Declaration
	if err == nil {
		made, err = s.Declare(r.Context(), By{Scope: sc}, Draft{ID: in.ID, Kind: in.Kind, Form: in.Form, Lang: web.Lang(r.Context()), Content: Content{in.who(), in.answers}})
	}
	if err != nil {
		return s.again(w, r, s.officerPage(r, sc, web.Form{Values: in.values(), Errors: web.Refused(err)}, in.ID), in.sent, err)
	}
	return s.Views.Render(w, r, http.StatusOK, "declaration/made.html", s.officerMade(web.Lang(r.Context()), made, in.who(), in.answers))
}

// officerMade shows the officer who took a declaration down its code, to be printed or photographed.
func (s *Service) officerMade(l i18n.Lang, d Declaration, w Who, a Answers) onePage {
	p := s.onePage(l, d, Content{w, a})
	if text, err := s.Code(d); err == nil {
		p.Code, _ = picture(text)
	}
	return p
}

// read fills the person's part from the text of a scanned citizen card or
// insurance card; what was typed stays where the card says nothing.
func (o *officerWho) read() error {
	c, err := qr.Read(strings.TrimSpace(o.Scan))
	switch {
	case err != nil:
		return codeFault(err).(*fault.Error).At("scan", "")
	case c.Citizen != nil:
		o.Name, o.Birth, o.Sex, o.Paper, o.Address = c.Citizen.Name, c.Citizen.Birth, c.Citizen.Sex, c.Citizen.Number, c.Citizen.Address
	case c.Insurance != nil:
		o.Name, o.Birth, o.Sex, o.Paper, o.Address = c.Insurance.Name, c.Insurance.Birth, c.Insurance.Sex, c.Insurance.Number, c.Insurance.Address
	default:
		return fault.New(fault.Invalid, "declaration.not_a_card").At("scan", "")
	}
	o.Scan = ""
	return nil
}

func (s *Service) areaChoices(r *http.Request, in func(area.Code) bool, none string) []web.Choice {
	all := []web.Choice{{Text: web.T(r.Context(), none)}}
	add := func(c area.Code) {
		if in(c) {
			all = append(all, web.Choice{Value: c.String(), Text: s.Gazetteer.Title(c)})
		}
	}
	for _, u := range s.Gazetteer.Children(s.Home) {
		add(u.Code)
		for _, c := range s.Gazetteer.Children(u.Code) {
			add(c.Code)
		}
	}
	return all
}

func sexChoices(r *http.Request) (all []web.Choice) {
	for _, v := range append([]string{""}, person.Sexes...) {
		all = append(all, web.Choice{Value: v, Text: web.T(r.Context(), "phone.sex."+v)})
	}
	return all
}

func kindChoices(r *http.Request, none string) (all []web.Choice) {
	if none != "" {
		all = append(all, web.Choice{Text: web.T(r.Context(), none)})
	}
	for _, k := range Kinds {
		all = append(all, web.Choice{Value: string(k), Text: web.T(r.Context(), "declaration.kind."+string(k))})
	}
	return all
}

// officerWho is the person's part of an officer's form.
type officerWho struct {
	Name        string    `form:"name,max=200"`
	Birth       string    `form:"birth,max=10"`
	Sex         string    `form:"sex"`
	Nationality string    `form:"nationality,max=2"`
	Paper       string    `form:"paper,max=20"`
	Phone       string    `form:"phone,max=30"`
	Area        area.Code `form:"area"`
	Address     string    `form:"address,max=300"`
	Scan        string    `form:"scan,max=4000"`
}

func (o officerWho) who() Who {
	return Who{o.Name, o.Birth, o.Sex, o.Nationality, o.Paper, o.Phone, o.Area, o.Address}
}

// values are the fields of the form again.
func (o officerWho) values() url.Values {
	return url.Values{"name": {o.Name}, "birth": {o.Birth}, "sex": {o.Sex}, "nationality": {o.Nationality}, "paper": {o.Paper}, "phone": {o.Phone},
		"area": {o.Area.String()}, "address": {o.Address}, "scan": {o.Scan}}
}
