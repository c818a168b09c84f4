package followup

import (
	"net/http"
	"net/url"

	"khien/kernel/area"
	"khien/kernel/auth"
	"khien/kernel/day"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/web"
	"khien/outbreak/plan"
)

// Routes registers the pages and the API.
func (s *Service) Routes(rt *web.Router) {
	read, write := rt.With(auth.Require(auth.ReadContacts)), rt.With(auth.Require(auth.WriteContacts))
	read.Get("/followups", s.getList)
	read.Get("/followups/{id}", s.getWatch)
	write.Get("/followups/{id}/days", s.getDays)
	write.Post("/followups/{id}/days", s.postDays)
	write.Post("/followups/{id}/checks", s.postCheck)
	write.Get("/followups/{id}/call", s.getCall)
	write.Post("/followups/{id}/call", s.postCall)
	write.Post("/followups/{id}/link", s.postLink, web.NoGzip())
	for _, a := range []struct {
		path string
		act  func(*http.Request, auth.Scope, id.ID, actForm) error
		done string
	}{{"change", s.actChange, "followup.changed"}, {"proposal", s.actProposal, "followup.changed"}, {"release", s.actRelease, "followup.released"},
		{"resume", s.actResume, "followup.resumed"}, {"handled", s.actHandled, "followup.handled"}} {
		write.Post("/followups/{id}/"+a.path, s.postAct(a.act, a.done))
	}
	write.Post("/checks/{id}/undo", s.postUndo)
	rt.Get("/f/{token}", s.getOwn, web.NoGzip())
	rt.Post("/f/{token}", s.postOwn, web.NoGzip())
	rt.Post("/f/{token}/undo", s.postUndoOwn, web.NoGzip())
	s.orderRoutes(rt)
	s.zoneRoutes(rt)
	s.api(rt)
}

// filterForm is the query of the list: nothing in it is of a person.
type filterForm struct {
	Day   day.Day   `form:"day"`
	Area  area.Code `form:"area"`
	Show  Show      `form:"show"`
	After *Cursor   `form:"after"`
}

// link leads to another list of the same day and area.
func (f filterForm) link(show Show, after string) string {
	q := url.Values{"day": {f.Day.String()}, "show": {string(show)}}
	if f.Area != 0 {
		q.Set("area", f.Area.String())
	}
	if after != "" {
		q.Set("after", after)
	}
	return "/followups?" + q.Encode()
}

type listPage struct {
	Tabs     []web.Choice
	Path     string
	Form     web.Form
	Areas    []web.Choice
	Shows    []web.Choice
	ShowPath string
	Rows     []listRow
	Pager    web.Pager
	Day      day.Day
	Today    bool
	Bars     []progressBar
	Now      Progress
	MayWrite bool
	Show     Show
}

// listRow is a watch as a line of a list.
type listRow struct {
	Row
	AreaName string
	Number   int // of the day; the first is 0, as the rule counts
	Of       int
}

// Badge is the stylesheet's word for the state.
func (w Watch) Badge() string {
	switch w.State {
	case Symptoms:
		return "bad"
	case Silent, Waiting:
		return "warn"
	case Completed:
		return "good"
	case Running:
		return "info"
	}
	return "muted"
}

// tabs lead between the parts of the follow-up.
func tabs(r *http.Request) []web.Choice {
	return []web.Choice{{Value: "/followups", Text: web.T(r.Context(), "followup.title")}, {Value: "/orders", Text: web.T(r.Context(), "followup.orders")},
		{Value: "/zones", Text: web.T(r.Context(), "followup.zones")}}
}

func (s *Service) getList(w http.ResponseWriter, r *http.Request) error {
	sc, err := auth.ScopeOf(r.Context(), auth.ReadContacts, "followup_list")
	if err != nil {
		return err
	}
	var f filterForm
	if err := web.Decode(r, &f); err != nil {
		return err
	}
	if f.Show == "" {
		f.Show = ShowDue
	}
	if f.Day == 0 {
		f.Day = s.today()
	}
	page, err := s.List(r.Context(), sc, Filter(f))
	if err != nil {
		return err
	}
	form := web.NewForm("day", f.Day.String(), "area", f.Area.String(), "show", string(f.Show))
	p := listPage{Tabs: tabs(r), Path: "/followups", Form: form, Areas: sc.AreaChoices(r, s.Gazetteer, s.Home, "followup.all_areas"), Day: f.Day, Today: f.Day == s.today(), Show: f.Show,
		MayWrite: sc.Allows(auth.WriteContacts), Bars: bars(page.Days, f.Day)}
	p.Now = p.Bars[len(p.Bars)-1].Progress
	for _, show := range Shows {
		p.Shows = append(p.Shows, web.Choice{Value: f.link(show, ""), Text: web.T(r.Context(), "followup.show."+string(show))})
	}
	p.ShowPath = f.link(f.Show, "")
	for _, row := range page.Rows {
		p.Rows = append(p.Rows, listRow{row, s.Gazetteer.Short(row.Area), int(f.Day - row.From), int(row.Until - row.From)})
	}
	if page.Next != nil {
		p.Pager.Next = f.link(f.Show, page.Next.String())
	}
	if f.After != nil {
		p.Pager.First = f.link(f.Show, "")
	}
	return s.Views.Render(w, r, http.StatusOK, "followup/list.html", p)
}

// watchPage is watch.html.
type watchPage struct {
	Record
	Tabs      []web.Choice
	AreaName  string
	HomeName  string
	Calendar  []week
	Proposal  []week
	Form      web.Form
	Err       error
	Symptoms  []web.Choice
	MayWrite  bool
	MayOrder  bool
	MayResume bool // an officer released it, and days are left
	Due       bool
	Undo      id.ID // the check that may still be taken back
	Phases    []web.Choice
	StayTos   []web.Choice
	OrderKind []web.Choice
	Today     day.Day
}

func pathID(r *http.Request) (id.ID, error) {
	i, err := id.Parse(r.PathValue("id"))
	if err != nil {
		return i, errNone
	}
	return i, nil
}

func (s *Service) getWatch(w http.ResponseWriter, r *http.Request) error {
	return s.showWatch(w, r, http.StatusOK, web.NewForm("release_on", s.today().String()), nil)
}

// showWatch shows a watch, with the form and the refusal of what was tried on it.
func (s *Service) showWatch(w http.ResponseWriter, r *http.Request, status int, f web.Form, refusal error) error {
	sc, err := auth.ScopeOf(r.Context(), auth.ReadContacts, "followup_page")
	if err != nil {
		return err
	}
	i, err := pathID(r)
	if err != nil {
		return err
	}
	rec, err := s.Open(r.Context(), sc, i)
	if err != nil {
		return err
	}
	p := watchPage{Record: rec, Tabs: tabs(r), AreaName: s.Gazetteer.Title(rec.Area), HomeName: s.Gazetteer.Title(rec.Who.Area), Form: f, Err: refusal,
		Symptoms: symptomChoices(r), MayWrite: sc.Allows(auth.WriteContacts), MayOrder: sc.Allows(auth.Order) && sc.Allows(auth.ReadPeople),
		Due: rec.State.Open() && rec.Due(s.today()) && rec.Checked < s.today(), Today: s.today()}
	p.Calendar = calendar(rec.Dates, rec.Checks, s.today())
	if rec.Proposed.End != 0 {
		p.Proposal = calendar(rec.Proposed, nil, s.today())
	}
	if b := rec.Before; b != nil && rec.State == Completed {
		p.MayResume = b.Dates.End == 0 || b.Dates.End >= s.today()
	}
	for n, st := range rec.Dates.Stays {
		p.Phases = append(p.Phases, web.Choice{Value: string(rune('0' + n)), Text: web.T(r.Context(), "followup.phase."+string(st.Phase)) + ": " + vn(st.From) + " – " + vn(st.To)})
	}
	for _, k := range OrderKinds {
		if (Ready{Kind: k, Place: "-"}).fits(rec.Watch) == nil {
			p.OrderKind = append(p.OrderKind, web.Choice{Value: string(k), Text: web.T(r.Context(), "followup.order.kind."+string(k))})
		}
	}
	if len(rec.Checks) > 0 {
		if c := rec.Checks[0]; c.Actor == sc.Actor() && c.version == rec.Version && sc.Now().Sub(c.At) <= UndoFor {
			p.Undo = c.ID
		}
	}
	return s.Views.Render(w, r, status, "followup/watch.html", p)
}

// actForm is the form of every act on a watch.
type actForm struct {
	ID      id.ID   `form:"id"`
	Version int     `form:"version,required"`
	Stay    int     `form:"stay_part"`
	To      day.Day `form:"stay_to"`
	On      day.Day `form:"release_on"`
	Accept  bool    `form:"accept"`
	Reason  string  `form:"watch_reason,max=500"`
}

// postAct does one act and shows the page again, with what was refused.
func (s *Service) postAct(act func(*http.Request, auth.Scope, id.ID, actForm) error, done string) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		sc, err := auth.ScopeOf(r.Context(), auth.WriteContacts, "followup_page")
		if err != nil {
			return err
		}
		i, err := pathID(r)
		if err != nil {
			return err
		}
		var f actForm
		if err = web.Decode(r, &f); err == nil {
			err = act(r, sc, i, f)
		}
		if err == nil {
			return web.Redirect(w, r, "/followups/"+i.String(), done)
		}
		return s.refuse(w, r, err)
	}
}

// refuse shows the watch with the refusal of a field or of the act; any other error
// goes on.
func (s *Service) refuse(w http.ResponseWriter, r *http.Request, err error) error {
	f := fault.Of(err)
	if f == nil || f.Kind != fault.Invalid && f.Kind != fault.Conflict {
		return err
	}
	form, status := web.FormOf(r, err), http.StatusUnprocessableEntity
	if f.Kind == fault.Conflict {
		status = http.StatusConflict
	}
	if len(form.Errors) > 0 {
		err = nil
	}
	return s.showWatch(w, r, status, form, err)
}

func (s *Service) actChange(r *http.Request, sc auth.Scope, i id.ID, f actForm) error {
	_, err := s.Change(r.Context(), sc, i, f.Version, plan.Change{Stay: f.Stay, To: f.To, Reason: f.Reason})
	return err
}

func (s *Service) actProposal(r *http.Request, sc auth.Scope, i id.ID, f actForm) error {
	_, err := s.Answer(r.Context(), sc, i, f.Version, f.Accept, f.Reason)
	return err
}

func (s *Service) actRelease(r *http.Request, sc auth.Scope, i id.ID, f actForm) error {
	_, err := s.Release(r.Context(), sc, i, f.Version, f.On, f.Reason)
	return err
}

func (s *Service) actResume(r *http.Request, sc auth.Scope, i id.ID, f actForm) error {
	_, err := s.Resume(r.Context(), sc, i, f.Version, f.Reason)
	return err
}

func (s *Service) actHandled(r *http.Request, sc auth.Scope, i id.ID, f actForm) error {
	_, err := s.Handled(r.Context(), sc, i, f.Version, f.Reason)
	return err
}
