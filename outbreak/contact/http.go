package contact

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"khien/kernel/area"
	"khien/kernel/auth"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/person"
	"khien/kernel/web"
	"khien/outbreak"
)

// Routes registers the pages and the API.
func (s *Service) Routes(rt *web.Router) {
	read, write := rt.With(auth.Require(auth.ReadContacts)), rt.With(auth.Require(auth.WriteContacts))
	read.Get("/contacts", s.getContacts)
	write.Get("/contacts/new", s.getNew)
	write.Post("/contacts", s.postNew)
	read.Get("/contacts/{id}", s.getContact)
	write.Post("/contacts/{id}", s.postDecision)
	trace := rt.With(auth.Require(auth.Trace))
	trace.Get("/trace", s.getTrace)
	trace.Post("/trace", s.postTrace)
	trace.With(auth.Require(auth.WriteContacts)).Post("/trace/take", s.postTake)
	s.api(rt)
}

// filterForm is the query of the list.
type filterForm struct {
	Status   string    `form:"status"`
	Degree   int       `form:"degree"`
	Kind     string    `form:"kind"`
	Area     area.Code `form:"area"`
	Case     id.ID     `form:"case"`
	Uncalled bool      `form:"uncalled"`
	Search   string    `form:"q,max=80"`
	After    *Cursor   `form:"after"`
}

// allStatuses asks for every status; a list without one shows whom to call.
const allStatuses = "all"

func (f filterForm) filter() Filter {
	status := Status(f.Status)
	switch {
	case f.Status == allStatuses:
		status = ""
	case f.Status == "" && f.Search == "" && f.Case.IsZero():
		status = Found
	}
	return Filter{Status: status, Degree: f.Degree, Kind: f.Kind, Area: f.Area, Case: f.Case, Uncalled: f.Uncalled, Search: f.Search, After: f.After}
}

func (s *Service) getContacts(w http.ResponseWriter, r *http.Request) error {
	sc, err := auth.ScopeOf(r.Context(), auth.ReadContacts, "contact_list")
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
	return s.Views.Render(w, r, http.StatusOK, "contact/list.html", s.listPage(r, sc, page))
}

func (s *Service) getContact(w http.ResponseWriter, r *http.Request) error {
	sc, err := auth.ScopeOf(r.Context(), auth.ReadContacts, "contact_page")
	if err != nil {
		return err
	}
	i, err := pathID(r)
	if err != nil {
		return err
	}
	return s.showContact(w, r, sc, i, http.StatusOK, web.NewForm())
}

func (s *Service) showContact(w http.ResponseWriter, r *http.Request, sc auth.Scope, i id.ID, status int, f web.Form) error {
	file, err := s.Read(r.Context(), sc, i)
	if err != nil {
		return err
	}
	return s.Views.Render(w, r, status, "contact/contact.html", s.filePage(r, sc, file, f))
}

func pathID(r *http.Request) (id.ID, error) {
	i, err := id.Parse(r.PathValue("id"))
	if err != nil {
		return i, errNone
	}
	return i, nil
}

type decisionForm struct {
	Act     string `form:"act,required"`
	Reason  string `form:"reason"`
	Version int    `form:"version,required"`
}

func (s *Service) postDecision(w http.ResponseWriter, r *http.Request) error {
	sc, err := auth.ScopeOf(r.Context(), auth.WriteContacts, "contact_page")
	if err != nil {
		return err
	}
	i, err := pathID(r)
	if err != nil {
		return err
	}
	var f decisionForm
	if err = web.Decode(r, &f); err == nil {
		_, err = s.Decide(r.Context(), sc, Decision{Contact: i, Version: f.Version, Act: DecisionAct(f.Act), Reason: Reason(f.Reason)})
	}
	if len(web.Refused(err)) > 0 {
		return s.showContact(w, r, sc, i, http.StatusUnprocessableEntity, web.FormOf(r, err))
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/contacts/"+i.String(), "contact."+string(f.Act))
}

type newForm struct {
	ID        id.ID     `form:"id"`
	Case      string    `form:"case,required"` // its number, or its id
	Person    id.ID     `form:"person"`
	Name      string    `form:"name,max=120"`
	Phone     string    `form:"phone,max=20"`
	BirthYear string    `form:"birth_year,max=4"`
	Kind      string    `form:"kind"`
	Area      area.Code `form:"area"`
	From      string    `form:"met_from,required"`
	To        string    `form:"met_to,required"`
	Certainty string    `form:"certainty"`
}

// told reads the form; times are Vietnam's, as a browser's field writes them.
func (f newForm) told() (Told, error) {
	t := Told{ID: f.ID, Person: f.Person, Who: person.Person{Name: f.Name, Phone: f.Phone, Birth: f.BirthYear}, Kind: f.Kind, Area: f.Area,
		Certainty: Certainty(f.Certainty)}
	errs := web.FieldErrors{}
	for _, x := range []struct {
		name, text string
		to         *time.Time
	}{{"met_from", f.From, &t.From}, {"met_to", f.To, &t.To}} {
		at, err := time.ParseInLocation(localForm, x.text, zone)
		if err != nil {
			errs[x.name] = errWhen.At(x.name, x.text)
		}
		*x.to = at.UTC()
	}
	if len(errs) > 0 {
		return t, errs
	}
	return t, nil
}

const localForm = "2006-01-02T15:04"

var zone = time.FixedZone("ICT", 7*60*60)

func (s *Service) getNew(w http.ResponseWriter, r *http.Request) error {
	sc, err := auth.ScopeOf(r.Context(), auth.WriteContacts, "contact_form")
	if err != nil {
		return err
	}
	f := web.NewForm("case", r.URL.Query().Get("case"), "certainty", string(Probable))
	return s.Views.Render(w, r, http.StatusOK, "contact/new.html", s.newPage(r, sc, f))
}

func (s *Service) postNew(w http.ResponseWriter, r *http.Request) error {
	sc, err := auth.ScopeOf(r.Context(), auth.WriteContacts, "contact_form")
	if err != nil {
		return err
	}
	var f newForm
	var t Told
	if err = web.Decode(r, &f); err == nil {
		t, err = f.told()
	}
	if err == nil {
		t.Case, err = s.caseMeant(r.Context(), sc, f.Case)
	}
	var c Contact
	if err == nil {
		c, err = s.Add(r.Context(), sc, t)
	}
	if len(web.Refused(err)) > 0 {
		return s.Views.Render(w, r, http.StatusUnprocessableEntity, "contact/new.html", s.newPage(r, sc, web.FormOf(r, err)))
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/contacts/"+c.ID.String(), "contact.add")
}

// traceForm is a question. Its purpose comes in the body: the answer is never a
// page that a link opens.
type traceForm struct {
	Case    string    `form:"case"` // its number, or its id
	Person  id.ID     `form:"person"`
	From    string    `form:"met_from"`
	To      string    `form:"met_to"`
	Purpose string    `form:"purpose,max=200"`
	Second  bool      `form:"second"`
	After   *F2Cursor `form:"after"`
}

func (f traceForm) query(now time.Time) (Query, error) {
	q := Query{Person: f.Person, Second: f.Second, After: f.After, From: now.Add(-Kept / 2), To: now}
	if f.Case == "" && f.Person.IsZero() {
		return q, errCase.At("case", "")
	}
	for _, x := range []struct {
		name, text string
		to         *time.Time
	}{{"met_from", f.From, &q.From}, {"met_to", f.To, &q.To}} {
		if x.text == "" {
			continue
		}
		at, err := time.ParseInLocation(localForm, x.text, zone)
		if err != nil {
			return q, errWhen.At(x.name, x.text)
		}
		*x.to = at.UTC()
	}
	return q, nil
}

// caseMeant is the case that somebody names by its number, as lists and people do,
// or by its id, as links do. One out of scope is not found, as one that is none.
func (s *Service) caseMeant(ctx context.Context, sc auth.Scope, text string) (id.ID, error) {
	if i, err := id.Parse(text); err == nil || text == "" {
		return i, nil
	}
	number := outbreak.NumberOf(text)
	written := []string{number, strings.ToUpper(number)} // who types does not always shift
	if s.Numbers == nil || number == "" {
		return id.ID{}, errCase.At("case", text)
	}
	of, err := s.Numbers.CasesNumbered(ctx, sc, written)
	i := cmp.Or(of[written[0]], of[written[1]])
	if err == nil && i.IsZero() {
		err = errCase.At("case", text)
	}
	return i, err
}

func (s *Service) getTrace(w http.ResponseWriter, r *http.Request) error {
	sc, err := auth.ScopeOf(r.Context(), auth.Trace, "trace_form")
	if err != nil {
		return err
	}
	q := r.URL.Query()
	f := web.NewForm("case", q.Get("case"), "person", q.Get("person"), "second", "1")
	return s.Views.Render(w, r, http.StatusOK, "contact/trace.html", tracePage{Form: f, MayTake: sc.Allows(auth.WriteContacts)})
}

func (s *Service) postTrace(w http.ResponseWriter, r *http.Request) error {
	var f traceForm
	err := web.Decode(r, &f)
	sc, denied := auth.ScopeOf(r.Context(), auth.Trace, f.Purpose)
	if denied != nil {
		return denied
	}
	var q Query
	if err == nil {
		q, err = f.query(s.now())
	}
	if err == nil {
		q.Case, err = s.caseMeant(r.Context(), sc, f.Case)
	}
	var a Answer
	if err == nil {
		a, err = s.Ask(r.Context(), sc, q)
	}
	if fault.Is(err, fault.NotFound) {
		err = fault.New(fault.Invalid, "contact.case").At("case", f.Case)
	}
	if len(web.Refused(err)) > 0 {
		return s.Views.Render(w, r, http.StatusUnprocessableEntity, "contact/trace.html", tracePage{Form: web.FormOf(r, err)})
	}
	if err != nil {
		return err
	}
	return s.Views.Render(w, r, http.StatusOK, "contact/trace.html", s.tracePage(r, sc, web.FormOf(r, nil), a))
}

func (s *Service) postTake(w http.ResponseWriter, r *http.Request) error {
	var f struct {
		ID      id.ID  `form:"id"`
		Case    string `form:"case,required"`
		Person  id.ID  `form:"person,required"`
		Purpose string `form:"purpose,max=200"`
	}
	if err := web.Decode(r, &f); err != nil {
		return err
	}
	sc, err := auth.ScopeOf(r.Context(), auth.Trace, f.Purpose)
	if err != nil {
		return err
	}
	kase, err := s.caseMeant(r.Context(), sc, f.Case)
	if err != nil {
		return err
	}
	c, err := s.Take(r.Context(), sc, kase, f.Person)
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/contacts/"+c.ID.String(), "contact.add")
}

// without is a query without what is no filter.
func without(q url.Values) url.Values {
	for _, name := range []string{"after", "lang", "theme", "_done"} {
		q.Del(name)
	}
	return q
}
