package level

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"khien/kernel/area"
	"khien/kernel/auth"
	"khien/kernel/day"
	"khien/kernel/fault"
	"khien/kernel/i18n"
	"khien/kernel/id"
	"khien/kernel/web"
	"khien/outbreak"
)

// Routes registers the pages and the API.
func (s *Service) Routes(rt *web.Router) {
	read := rt.With(auth.Require(auth.ReadCases))
	decide := rt.With(auth.Require(auth.DecideLevel))
	read.Get("/levels", s.getLevels)
	read.Get("/levels/of/{code...}", s.getLevel)
	decide.Post("/levels", s.postDecision)
	decide.Post("/levels/{id}/undo", s.postUndo)
	rt.With(auth.Require(auth.WriteCases)).Post("/levels/standing", s.postStanding)
	s.api(rt)
}

// pageSize is the number of communes on a page.
const pageSize = 50

type listForm struct {
	Area  area.Code `form:"area"`
	After area.Code `form:"after"`
	Only  bool      `form:"only"` // those with cases, or with something to decide
}

type levelsPage struct {
	Form  web.Form
	Tabs  []web.Choice
	Areas []web.Choice
	Rows  []shownRow
	Pager web.Pager
	Rule  Rule
	From  string
}

// shownRow is a commune in the reader's words.
type shownRow struct {
	Name, Href               string
	Cases, Per100k, Band     string
	Proposed, InForce        int
	From                     string
	Differs                  bool
	Population, Older, Doses string
}

func (s *Service) getLevels(w http.ResponseWriter, r *http.Request) error {
	sc, err := auth.ScopeOf(r.Context(), auth.ReadCases, "levels")
	if err != nil {
		return err
	}
	var f listForm
	if err := web.Decode(r, &f); err != nil {
		return err
	}
	all, err := s.rows(r.Context(), s.units(sc, f.Area))
	if err != nil {
		return err
	}
	if f.Only {
		all = slices.DeleteFunc(all, func(r Row) bool { return r.Standing.Cases == 0 && !r.differs() })
	}
	rows, next := pageOf(all, f.After)
	p := levelsPage{Form: web.FormOf(r, nil), Tabs: outbreak.Tabs(r), Areas: s.cases.AreaChoices(r, sc, "outbreak.all"), Rule: RuleOn(s.today())}
	p.From = i18n.Date(web.Lang(r.Context()), p.Rule.From.Time())
	for _, row := range rows {
		p.Rows = append(p.Rows, s.shown(r, row))
	}
	q := url.Values{}
	if f.Area != 0 {
		q.Set("area", f.Area.String())
	}
	if f.Only {
		q.Set("only", "1")
	}
	if f.After != 0 {
		p.Pager.First = "/levels?" + q.Encode()
	}
	if next != 0 {
		q.Set("after", next.String())
		p.Pager.Next = "/levels?" + q.Encode()
	}
	return s.views.Render(w, r, http.StatusOK, "level/levels.html", p)
}

// units are the communes that the scope covers, in the order of their codes.
func (s *Service) units(sc auth.Scope, in area.Code) (us []area.Unit) {
	for _, u := range s.gazetteer.Communes(s.home) {
		if sc.Covers(u.Code) && (in == 0 || in.Contains(u.Code)) {
			us = append(us, u)
		}
	}
	slices.SortFunc(us, func(a, b area.Unit) int { return int(a.Code - b.Code) })
	return us
}

// pageOf returns the rows after a code, and the last one's where more follow.
func pageOf(all []Row, after area.Code) (page []Row, next area.Code) {
	for _, r := range all {
		if r.Unit.Code <= after {
			continue
		}
		if len(page) == pageSize {
			return page, page[pageSize-1].Unit.Code
		}
		page = append(page, r)
	}
	return page, 0
}

// differs reports whether the committee has something to decide: no decision at
// all is as good as level 1.
func (r Row) differs() bool {
	return r.Proposal.Level != 0 && r.Proposal.Level != max(1, r.InForce.Level)
}

func (s *Service) shown(r *http.Request, row Row) shownRow {
	lang := web.Lang(r.Context())
	unknown := web.T(r.Context(), "level.unknown")
	out := shownRow{Name: s.cases.AreaName(row.Unit.Code), Href: "/levels/of/" + row.Unit.Code.String(), Cases: i18n.Number(lang, row.Standing.Cases),
		Per100k: unknown, Band: unknown, Proposed: row.Proposal.Level, InForce: row.InForce.Level, Population: unknown,
		Older: share(lang, row.Standing.FullOlder, unknown), Doses: share(lang, row.Standing.OneDose, unknown),
		Differs: row.differs()}
	if row.Proposal.Per100k >= 0 {
		out.Per100k = i18n.Number(lang, float64(int(row.Proposal.Per100k*10+0.5))/10)
		out.Band = strconv.Itoa(row.Proposal.Band)
	}
	if row.Standing.Population > 0 {
		out.Population = i18n.Number(lang, row.Standing.Population)
	}
	if row.InForce.From != 0 {
		out.From = i18n.Date(lang, row.InForce.From.Time())
	}
	return out
}

func share(lang i18n.Lang, percent float64, unknown string) string {
	if percent < 0 {
		return unknown
	}
	return i18n.Number(lang, percent) + "%"
}

type levelPage struct {
	Tabs                []web.Choice
	Row                 shownRow
	Code                area.Code
	Why                 []string
	Cells               []web.Cell
	History             []historyRow
	MayDecide, MayWrite bool
	Decide, Enter       web.Form
	Levels, Capacity    []web.Choice
	Rule                Rule
}

type historyRow struct {
	ID                 string
	Level, Proposed    int
	From, Reason, Rule string
	At                 string
	Undone, Undoable   bool
}

func (s *Service) getLevel(w http.ResponseWriter, r *http.Request) error {
	c, err := area.Parse(r.PathValue("code"))
	if err != nil {
		return fault.New(fault.NotFound, "level.area")
	}
	return s.showLevel(w, r, http.StatusOK, c, web.Form{}, web.Form{})
}

// showLevel shows a commune with its forms; one that is zero is filled with what holds.
func (s *Service) showLevel(w http.ResponseWriter, r *http.Request, status int, c area.Code, decide, enter web.Form) error {
	sc, err := auth.ScopeOf(r.Context(), auth.ReadCases, "levels")
	if err != nil {
		return err
	}
	if !sc.Covers(c) {
		return fault.New(fault.NotFound, "level.area")
	}
	row, err := s.one(r.Context(), c)
	if err != nil {
		return err
	}
	history, err := decisionsOf(r.Context(), s.db, s.province, c)
	if err != nil {
		return err
	}
	p := levelPage{Tabs: outbreak.Tabs(r), Row: s.shown(r, row), Code: c, Rule: RuleOn(s.today()), Decide: decide, Enter: enter,
		MayDecide: sc.Check(auth.DecideLevel, c) == nil, MayWrite: sc.Check(auth.WriteCases, c) == nil}
	for _, why := range row.Proposal.Why {
		p.Why = append(p.Why, web.T(r.Context(), "level.why."+why, "line", p.Rule.OneDoseLine, "older", p.Rule.OlderLine, "age", p.Rule.OlderAge))
	}
	s.fill(r, &p, row)
	for _, d := range history {
		p.History = append(p.History, historyRow{ID: d.ID.String(), Level: d.Level, Proposed: d.Proposed, From: i18n.Date(web.Lang(r.Context()), d.From.Time()),
			Reason: d.Reason, Rule: d.Rule, At: i18n.DateTime(web.Lang(r.Context()), d.At), Undone: !d.Undone.IsZero(), Undoable: p.MayDecide && d.Undone.IsZero()})
	}
	return s.views.Render(w, r, status, "level/level.html", p)
}

// fill sets what the page's forms and figures show.
func (s *Service) fill(r *http.Request, p *levelPage, row Row) {
	t := func(key string) string { return web.T(r.Context(), key) }
	known := func(x float64) string {
		if x < 0 {
			return ""
		}
		return strconv.FormatFloat(x, 'f', -1, 64)
	}
	e := row.Entered
	if p.Decide.Values == nil {
		p.Decide = web.NewForm("level", strconv.Itoa(row.Proposal.Level), "from_day", s.today().String())
	}
	if p.Enter.Values == nil {
		people := ""
		if e.Population > 0 {
			people = strconv.Itoa(e.Population)
		}
		p.Enter = web.NewForm("people", people, "one_dose", known(e.OneDose), "full_older", known(e.FullOlder), "capacity", strconv.Itoa(int(e.Capacity)),
			"as_of", s.today().String(), "data_source", e.Source)
	}
	for l := 1; l <= 4; l++ {
		p.Levels = append(p.Levels, web.Choice{Value: strconv.Itoa(l), Text: t("level.name." + strconv.Itoa(l))})
	}
	for _, m := range []Met{Unknown, IsMet, Unmet} {
		p.Capacity = append(p.Capacity, web.Choice{Value: strconv.Itoa(int(m)), Text: t("level.met." + strconv.Itoa(int(m)))})
	}
	p.Cells = []web.Cell{{Name: t("level.cases"), Text: p.Row.Cases}, {Name: t("level.population"), Text: p.Row.Population},
		{Name: t("level.per_100k"), Text: p.Row.Per100k}, {Name: t("level.band"), Text: p.Row.Band}, {Name: t("level.one_dose"), Text: p.Row.Doses},
		{Name: t("level.full_older"), Text: p.Row.Older}, {Name: t("level.capacity"), Text: t("level.met." + strconv.Itoa(int(e.Capacity)))}}
	if e.AsOf != 0 {
		p.Cells = append(p.Cells, web.Cell{Name: t("level.entered"), Text: i18n.Date(web.Lang(r.Context()), e.AsOf.Time()) + " · " + e.Source})
	}
}

type decisionForm struct {
	ID     id.ID     `form:"id"`
	Area   area.Code `form:"area,required"`
	Level  int       `form:"level,required"`
	From   day.Day   `form:"from_day,required"`
	Reason string    `form:"reason_given,required"`
}

func (s *Service) postDecision(w http.ResponseWriter, r *http.Request) error {
	sc, err := auth.ScopeOf(r.Context(), auth.DecideLevel, "level_decision")
	if err != nil {
		return err
	}
	var f decisionForm
	if err = web.Decode(r, &f); err == nil {
		_, err = s.Decide(r.Context(), sc, Decision{ID: f.ID, Area: f.Area, Level: f.Level, From: f.From, Reason: f.Reason})
	}
	if err != nil && (f.Area == 0 || len(web.Refused(err)) == 0) {
		return err
	}
	if err != nil {
		return s.showLevel(w, r, http.StatusUnprocessableEntity, f.Area, web.FormOf(r, err), web.Form{})
	}
	http.Redirect(w, r, "/levels/of/"+f.Area.String()+"?_done=level.decided", http.StatusSeeOther)
	return nil
}

type standingForm struct {
	ID       id.ID     `form:"id"`
	Area     area.Code `form:"area,required"`
	AsOf     day.Day   `form:"as_of,required"`
	People   int       `form:"people"`
	OneDose  *float64  `form:"one_dose"`
	Older    *float64  `form:"full_older"`
	Capacity int       `form:"capacity"`
	Source   string    `form:"data_source,required"`
}

func (f standingForm) entered() Entered {
	or := func(x *float64) float64 {
		if x == nil {
			return -1
		}
		return *x
	}
	m := Unknown
	if f.Capacity == int(IsMet) || f.Capacity == int(Unmet) {
		m = Met(f.Capacity)
	}
	return Entered{Area: f.Area, AsOf: f.AsOf, Population: f.People, OneDose: or(f.OneDose), FullOlder: or(f.Older), Capacity: m, Source: f.Source}
}

func (s *Service) postStanding(w http.ResponseWriter, r *http.Request) error {
	sc, err := auth.ScopeOf(r.Context(), auth.WriteCases, "level_standing")
	if err != nil {
		return err
	}
	var f standingForm
	if err = web.Decode(r, &f); err == nil {
		err = s.Enter(r.Context(), sc, f.entered())
	}
	if err != nil && (f.Area == 0 || len(web.Refused(err)) == 0) {
		return err
	}
	if err != nil {
		return s.showLevel(w, r, http.StatusUnprocessableEntity, f.Area, web.Form{}, web.FormOf(r, err))
	}
	http.Redirect(w, r, "/levels/of/"+f.Area.String()+"?_done=level.entered", http.StatusSeeOther)
	return nil
}

func (s *Service) postUndo(w http.ResponseWriter, r *http.Request) error {
	sc, err := auth.ScopeOf(r.Context(), auth.DecideLevel, "level_decision")
	if err != nil {
		return err
	}
	i, err := id.Parse(r.PathValue("id"))
	if err != nil {
		return fault.New(fault.NotFound, "level.decision")
	}
	d, err := s.Undo(r.Context(), sc, i)
	if err != nil {
		return err
	}
	http.Redirect(w, r, "/levels/of/"+d.Area.String()+"?_done=level.undone", http.StatusSeeOther)
	return nil
}

// levelJSON is a commune on the wire.
type levelJSON struct {
	Area       string   `json:"area" example:"2021/20/186/06412"`
	Name       string   `json:"name"`
	Level      int      `json:"level" doc:"in force by the committee's decision; 0 none"`
	From       string   `json:"from,omitempty" doc:"first day in force"`
	Proposed   int      `json:"proposed" doc:"by the rule, not announced; 0 where too little is known"`
	Band       int      `json:"band"`
	Cases      int      `json:"cases" doc:"new ones of the community, over the rule's days"`
	Population int      `json:"population" doc:"0 not known"`
	Per100k    float64  `json:"per_100k" doc:"-1 not known"`
	Why        []string `json:"why"`
}

type levelsOut struct {
	Body struct {
		Rule   Rule        `json:"rule"`
		Levels []levelJSON `json:"levels"`
	}
}

func (s *Service) api(rt *web.Router) {
	huma.Register(rt.API(), huma.Operation{OperationID: "list-levels", Method: "GET", Path: "/levels", Security: []map[string][]string{{"session": {}}},
		Summary: "Epidemic levels of the communes that the account covers: in force, and as the rule proposes"}, s.levelsAPI)
}

func (s *Service) levelsAPI(ctx context.Context, _ *struct{}) (*levelsOut, error) {
	sc, err := auth.ScopeOf(ctx, auth.ReadCases, "levels")
	if err != nil {
		return nil, err
	}
	rows, err := s.rows(ctx, s.units(sc, 0))
	if err != nil {
		return nil, err
	}
	out := &levelsOut{}
	out.Body.Rule, out.Body.Levels = RuleOn(s.today()), []levelJSON{}
	for _, r := range rows {
		out.Body.Levels = append(out.Body.Levels, levelJSON{Area: r.Unit.Code.String(), Name: s.cases.AreaName(r.Unit.Code), Level: r.InForce.Level,
			From: r.InForce.From.String(), Proposed: r.Proposal.Level, Band: r.Proposal.Band, Cases: r.Standing.Cases, Population: r.Standing.Population,
			Per100k: r.Proposal.Per100k, Why: append([]string{}, r.Proposal.Why...)})
	}
	return out, nil
}
