package outbreak

import (
	"bytes"
	"net/http"
	"slices"
	"strings"

	"khien/kernel/auth"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/web"
)

// mapForm is what the mapping page sends beside map_FIELD, one per field of LineFields.
type mapForm struct {
	Step     string `form:"step"`
	Base     string `form:"base,max=120"` // name of the template whose words are kept
	Template string `form:"template,max=120"`
	Dates    string `form:"dates"`
	Prefix   string `form:"prefix,max=10"`
	Name     string `form:"template_name,max=80"`
}

type mapPage struct {
	reportView
	ID        string
	Form      web.Form
	Header    []string
	Rows      [][]string
	Main      []mapField
	More      []mapField
	Templates []web.Choice
	Dates     []web.Choice
	Saved     []Template
}

// mapField is one of our fields and the columns that it may be.
type mapField struct {
	Name  string
	Label string
	Cols  []web.Choice
}

// moreFields are those that only our own exports have.
var moreFields = []string{"id", "version", "area", "stay", "investigation", "symptoms", "tests", "hospital_stays", "exposures"}

func (s *Service) mapPage(r *http.Request, sc auth.Scope, i id.ID, m Mapping, f web.Form) (p mapPage, text []byte, err error) {
	name, text, err := s.OpenList(r.Context(), sc, i)
	if err != nil {
		return p, nil, err
	}
	sm, err := sampleOf(bytes.NewReader(text))
	if err != nil {
		return p, nil, err
	}
	saved, err := s.Templates(r.Context(), sc)
	if err != nil {
		return p, nil, err
	}
	if m.Columns == nil {
		all, err := s.mappings(r.Context())
		if err != nil {
			return p, nil, err
		}
		m = Guess(sm.header, all)
	}
	f.Values.Set("base", m.Name)
	f.Values.Set("template", m.Name)
	f.Values.Set("dates", string(m.Dates))
	f.Values.Set("prefix", m.Prefix)
	p = mapPage{ID: i.String(), Form: f, Header: sm.header, Rows: sm.rows, Saved: saved, Dates: choicesOf(r, "outbreak.dates.", DateOrders, "")}
	p.Name, p.Kind = name, "cases"
	p.Templates = templateChoices(r, saved)
	p.mapFields(r, m)
	return p, text, nil
}

func templateChoices(r *http.Request, saved []Template) []web.Choice {
	cs := []web.Choice{{Value: "", Text: web.T(r.Context(), "outbreak.template.none")}}
	for _, t := range saved {
		cs = append(cs, web.Choice{Value: t.Name, Text: t.Name})
	}
	for _, k := range KnownMappings {
		cs = append(cs, web.Choice{Value: k.Name, Text: k.Name})
	}
	return cs
}

// mapFields offers the list's columns for each of our fields.
func (p *mapPage) mapFields(r *http.Request, m Mapping) {
	cols := []web.Choice{{Value: "", Text: web.T(r.Context(), "outbreak.map.none")}}
	for _, h := range p.Header {
		if h != "" {
			cols = append(cols, web.Choice{Value: h, Text: h})
		}
	}
	for _, field := range LineFields {
		p.Form.Values.Set("map_"+field, m.Columns[field])
		mf := mapField{Name: "map_" + field, Label: web.T(r.Context(), "outbreak.map."+field), Cols: cols}
		if slices.Contains(moreFields, field) {
			p.More = append(p.More, mf)
		} else {
			p.Main = append(p.Main, mf)
		}
	}
}

func (s *Service) getMap(w http.ResponseWriter, r *http.Request) error {
	sc, i, err := importScope(r)
	if err != nil {
		return err
	}
	p, _, err := s.mapPage(r, sc, i, Mapping{}, web.NewForm())
	if err != nil {
		return err
	}
	return s.views.Render(w, r, http.StatusOK, "outbreak/map.html", p)
}

func importScope(r *http.Request) (auth.Scope, id.ID, error) {
	sc, err := auth.ScopeOf(r.Context(), auth.Import, "import_page")
	if err != nil {
		return sc, id.ID{}, err
	}
	i, err := id.Parse(r.PathValue("id"))
	if err != nil {
		return sc, i, fault.New(fault.NotFound, "outbreak.upload")
	}
	return sc, i, nil
}

// readMap reads the page's form: the mapping that it shows, and what to do with it.
func (s *Service) readMap(r *http.Request) (m Mapping, f mapForm, err error) {
	if err := r.ParseForm(); err != nil {
		return m, f, fault.New(fault.Invalid, "form.body").Because(err)
	}
	m.Columns = map[string]string{}
	for name, values := range r.PostForm {
		if field, ok := strings.CutPrefix(name, "map_"); ok && slices.Contains(LineFields, field) {
			if values[0] != "" {
				m.Columns[field] = values[0]
			}
			delete(r.PostForm, name)
		}
	}
	if err := web.DecodeValues(r.PostForm, &f); err != nil {
		return m, f, err
	}
	all, err := s.mappings(r.Context())
	if err != nil {
		return m, f, err
	}
	named := func(name string) Mapping {
		if i := slices.IndexFunc(all, func(t Mapping) bool { return name != "" && t.Name == name }); i >= 0 {
			return all[i]
		}
		return Mapping{}
	}
	if f.Step == "load" {
		return named(f.Template), f, nil
	}
	m.Name, m.Values, m.Dates, m.Prefix = f.Base, named(f.Base).Values, DateOrder(f.Dates), f.Prefix
	return m, f, nil
}

func (s *Service) postMap(w http.ResponseWriter, r *http.Request) error {
	sc, i, err := importScope(r)
	if err != nil {
		return err
	}
	m, f, err := s.readMap(r)
	if err != nil {
		return err
	}
	if f.Step == "save" {
		m.Name = f.Name
		if _, err = s.SaveTemplate(r.Context(), sc, m); err == nil {
			return web.Redirect(w, r, "/lists/"+i.String(), "outbreak.template")
		}
	}
	form := web.NewForm("template_name", f.Name)
	form.Errors = web.Refused(err)
	if err != nil && len(form.Errors) == 0 {
		return err
	}
	p, text, perr := s.mapPage(r, sc, i, m, form)
	if perr != nil {
		return perr
	}
	status := http.StatusOK
	switch {
	case err != nil:
		status = http.StatusUnprocessableEntity
	case f.Step == "try", f.Step == "import":
		if status, err = s.runList(r, sc, &p, m, text, f.Step == "try"); err != nil {
			return err
		}
		if f.Step == "import" && status == http.StatusOK {
			return s.importedList(w, r, sc, i, p)
		}
	}
	return s.views.Render(w, r, status, "outbreak/map.html", p)
}

// runList tries or imports a list and shows what became of it.
func (s *Service) runList(r *http.Request, sc auth.Scope, p *mapPage, m Mapping, text []byte, try bool) (int, error) {
	report, err := s.ImportList(r.Context(), sc, bytes.NewReader(text), ListOptions{Mapping: &m, Try: try})
	if f := fault.Of(err); f != nil && f.Kind == fault.Invalid {
		if slices.Contains(LineFields, f.Field) {
			f = f.At("map_"+f.Field, f.Value)
		}
		p.Form.Errors = web.FieldErrors{f.Field: f}
		return http.StatusUnprocessableEntity, nil
	}
	if err != nil {
		return 0, err
	}
	p.show(r, &report)
	p.Tried = try
	return http.StatusOK, nil
}

// importedList shows the report of a list that has been imported, and forgets the list.
func (s *Service) importedList(w http.ResponseWriter, r *http.Request, sc auth.Scope, i id.ID, m mapPage) error {
	if err := s.DropList(r.Context(), sc, i); err != nil {
		return err
	}
	p := s.importPage(r, web.NewForm("kind", "cases"))
	p.reportView = m.reportView
	return s.views.Render(w, r, http.StatusOK, "outbreak/import.html", p)
}

func (s *Service) postRemoveTemplate(w http.ResponseWriter, r *http.Request) error {
	sc, i, err := importScope(r)
	if err != nil {
		return err
	}
	if err := s.RemoveTemplate(r.Context(), sc, i); err != nil {
		return err
	}
	return web.Redirect(w, r, "/cases/import", "outbreak.template_removed")
}
