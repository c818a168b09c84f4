package spread

import (
	"net/http"
	"net/url"
	"strconv"

	"khien/kernel/area"
	"khien/kernel/auth"
	"khien/kernel/day"
	"khien/kernel/fault"
	"khien/kernel/web"
	"khien/outbreak"
	"khien/outbreak/chain"
)

// Routes registers the pages and the API.
func (s *Service) Routes(rt *web.Router) {
	read, write := rt.With(auth.Require(auth.ReadCases)), rt.With(auth.Require(auth.WriteCases))
	read.Get("/chains", s.getChains)
	read.Get("/chains/tiles/{level}/{x}/{y}", s.getTile, web.Quiet())
	read.Get("/chains/drawing", s.getDrawing, web.Quiet())
	read.Get("/chains/at", s.getAt)
	write.Post("/chains/links", s.postLink)
	write.Post("/chains/links/{id}/remove", s.postRemove)
	write.Post("/chains/links/{id}/restore", s.postRestore)
	read.Get("/curves", s.getCurves)
	s.api(rt)
}

// filterForm is the query that says whose chains.
type filterForm struct {
	Area area.Code `form:"area"`
	From day.Day   `form:"from"`
	To   day.Day   `form:"to"`
	Case string    `form:"case,max=80"`
}

func (f filterForm) filter() Filter {
	return Filter{Area: f.Area, From: f.From, To: f.To, Case: nameOf(f.Case)}
}

// query writes the filter for a link.
func (f filterForm) query() url.Values {
	q := url.Values{}
	for name, text := range map[string]string{"area": f.Area.String(), "from": f.From.String(), "to": f.To.String(), "case": f.Case} {
		if text != "" {
			q.Set(name, text)
		}
	}
	return q
}

// chainsForm is the query of the page: a filter, and where its drawing stands.
type chainsForm struct {
	filterForm
	Level *int `form:"level"`
	Left  int  `form:"left"`
	Top   int  `form:"top"`
}

type chainsPage struct {
	Form        web.Form
	Tabs        []web.Choice
	Areas       []web.Choice
	Filtered    bool
	Strange     bool // the case of the filter is not the reader's to see
	Numbers     []web.Cell
	Generations []int
	Unrooted    int
	Quality     []qualityRow
	Top         []spreadRow
	SelfLoops   []string
	Cycles      [][]string
	Dangling    []string
	Picture     *picturePage
	Focus       *focusPage
	MayWrite    bool
	Link        web.Form
	Certain     []web.Choice
	Undo        string // id of the link that was just removed
}

// spreadRow is a case with the cases it infected.
type spreadRow struct {
	Name, Href, Chain string
	Out               int
}

// picturePage is the drawing.
type picturePage struct {
	Level, Left, Top    int
	Days, Rows          int
	First               string
	Version             int64
	Query, Src          string
	Alone, Hidden       int
	Up, Down, West, Far string
	In, Out             string
	Hide                []web.Choice // name and value of hidden fields
}

func (s *Service) getChains(w http.ResponseWriter, r *http.Request) error {
	return s.showChains(w, r, http.StatusOK, web.NewForm("link_certainty", string(outbreak.Probably)))
}

// showChains shows the page, with the form of a new link as it is.
func (s *Service) showChains(w http.ResponseWriter, r *http.Request, status int, link web.Form) error {
	sc, err := auth.ScopeOf(r.Context(), auth.ReadCases, "chains")
	if err != nil {
		return err
	}
	var f chainsForm
	if r.Method == http.MethodGet {
		if err := web.Decode(r, &f); err != nil {
			return err
		}
	}
	now, err := s.current(r.Context())
	if err != nil {
		return err
	}
	if n := now.caseOf(nameOf(link.Value("infectee"))); r.Method != http.MethodGet && now.covers(sc, n) {
		f.Case = now.names[n]
	}
	if err := s.look(r.Context(), sc, "chain.look", f.filter()); err != nil {
		return err
	}
	v := now.view(sc, f.filter(), s.today())
	p := chainsPage{Form: web.NewForm("area", f.Area.String(), "from", f.From.String(), "to", f.To.String(), "case", s.typed(now, f.Case)), Tabs: outbreak.Tabs(r),
		Areas: s.cases.AreaChoices(r, sc, "outbreak.all"), Filtered: f.filter() != Filter{}, Strange: f.Case != "" && v.Focus == nobody,
		Numbers: numbersOf(r, v), Generations: v.Figures.Generations, Unrooted: v.Figures.Unrooted, Quality: qualityOf(r, v), SelfLoops: v.Figures.SelfLoops, Cycles: v.Figures.Cycles, Dangling: v.Figures.Dangling,
		MayWrite: sc.Allows(auth.WriteCases), Link: link, Certain: certaintyChoices(r), Undo: r.URL.Query().Get("_undo")}
	p.Top = now.topOf(v)
	if len(v.Layout.Nodes) > 0 {
		p.Picture = pictureOf(now, v, f)
	}
	if v.Focus != nobody {
		p.Focus = s.focusOf(r, now, sc, v)
		if link.Value("infectee") == "" && link.Value("infector") == "" {
			p.Link.Values.Set("infectee", now.names[v.Focus])
		}
	}
	return s.views.Render(w, r, status, "spread/chains.html", p)
}

// typed is a case of the filter as its reader knows it.
func (s *Service) typed(w *world, text string) string {
	if n := w.caseOf(nameOf(text)); n != nobody {
		return w.names[n]
	}
	return text
}

// topOf are the cases that infected most, with their pages.
func (w *world) topOf(v *view) (rows []spreadRow) {
	for _, t := range v.Figures.Top {
		row := spreadRow{Name: t.ID, Out: t.Out}
		if n := w.caseOf(t.ID); n != nobody {
			row.Href = "/cases/" + w.cases[n].ID.String()
			row.Chain = "/chains?" + url.Values{"case": {t.ID}}.Encode()
		}
		rows = append(rows, row)
	}
	return rows
}

// Steps of the drawing that needs no script.
const (
	stepX = pictureWidth * 3 / 4
	stepY = pictureHeight * 3 / 4
)

func pictureOf(w *world, v *view, f chainsForm) *picturePage {
	l := v.Layout
	p := &picturePage{Level: levelOf(l, pictureWidth, pictureHeight), Days: l.Days, Rows: l.Rows, First: l.First.String(), Version: w.number,
		Alone: v.alone, Hidden: v.hidden}
	if f.Level != nil {
		p.Level = min(max(*f.Level, 0), chain.LevelMost)
	}
	at := chain.Level(p.Level, 0, 0)
	wide, high := int(float64(l.Days)*at.DayPx), int(float64(l.Rows)*at.RowPx)
	p.Left, p.Top = within(f.Left, wide-pictureWidth), within(f.Top, high-pictureHeight)
	q := f.query()
	p.Query = q.Encode()
	address := func(path string, level, left, top int) string {
		q := f.query()
		q.Set("level", strconv.Itoa(level))
		q.Set("left", strconv.Itoa(left))
		q.Set("top", strconv.Itoa(top))
		return path + "?" + q.Encode()
	}
	p.Src = address("/chains/drawing", p.Level, p.Left, p.Top)
	move := func(dx, dy int) string {
		x, y := within(p.Left+dx, wide-pictureWidth), within(p.Top+dy, high-pictureHeight)
		if x == p.Left && y == p.Top {
			return ""
		}
		return address("/chains", p.Level, x, y) + "#h-drawing"
	}
	p.Up, p.Down, p.West, p.Far = move(0, -stepY), move(0, stepY), move(-stepX, 0), move(stepX, 0)
	p.zoom(address)
	for name := range q {
		p.Hide = append(p.Hide, web.Choice{Value: name, Text: q.Get(name)})
	}
	return p
}

// zoom sets the links to the next levels, around the middle of the picture.
func (p *picturePage) zoom(address func(path string, level, left, top int) string) {
	to := func(level int) string {
		was, is := chain.Level(p.Level, 0, 0), chain.Level(level, 0, 0)
		x := int((float64(p.Left)+pictureWidth/2)*is.DayPx/was.DayPx) - pictureWidth/2
		y := int((float64(p.Top)+pictureHeight/2)*is.RowPx/was.RowPx) - pictureHeight/2
		return address("/chains", level, max(0, x), max(0, y)) + "#h-drawing"
	}
	if p.Level < chain.LevelMost {
		p.In = to(p.Level + 1)
	}
	if p.Level > 0 {
		p.Out = to(p.Level - 1)
	}
}

// within keeps a corner where there is something to see.
func within(n, most int) int { return max(0, min(n, most)) }

// tileForm is the query of a part of the drawing.
type tileForm struct {
	filterForm
	Version string `form:"v"`
	Ink     string `form:"ink"`
}

func (s *Service) getTile(w http.ResponseWriter, r *http.Request) error {
	sc, err := auth.ScopeOf(r.Context(), auth.ReadCases, "chains")
	if err != nil {
		return err
	}
	var f tileForm
	if err := web.Decode(r, &f); err != nil {
		return err
	}
	level, errL := strconv.Atoi(r.PathValue("level"))
	x, errX := strconv.Atoi(r.PathValue("x"))
	y, errY := strconv.Atoi(r.PathValue("y"))
	if errL != nil || errX != nil || errY != nil || level < 0 || level > chain.LevelMost || x < 0 || y < 0 || x > tilesMost || y > tilesMost {
		return fault.New(fault.NotFound, "web.page")
	}
	v, err := s.viewFor(r, sc, f.filterForm)
	if err != nil {
		return err
	}
	drawnHead(w)
	return v.Layout.Draw(w, chain.Level(level, x, y), inkOf(f.Ink))
}

// tilesMost bounds a tile's number: a million cases are not wider or higher.
const tilesMost = 1 << 17

func inkOf(name string) chain.Ink {
	if ink, ok := inks[name]; ok {
		return ink
	}
	return inks["light"]
}

func drawnHead(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "image/svg+xml")
	w.Header().Set("Cache-Control", "private, max-age="+strconv.Itoa(int(tileLife.Seconds())))
}

// viewFor returns what the filter shows the reader, after it was written down
// that they look.
func (s *Service) viewFor(r *http.Request, sc auth.Scope, f filterForm) (*view, error) {
	now, err := s.current(r.Context())
	if err != nil {
		return nil, err
	}
	if err := s.lookAgain(r.Context(), sc, f.filter()); err != nil {
		return nil, err
	}
	return now.view(sc, f.filter(), s.today()), nil
}

type drawingForm struct {
	filterForm
	Level int `form:"level"`
	Left  int `form:"left"`
	Top   int `form:"top"`
}

func (s *Service) getDrawing(w http.ResponseWriter, r *http.Request) error {
	sc, err := auth.ScopeOf(r.Context(), auth.ReadCases, "chains")
	if err != nil {
		return err
	}
	var f drawingForm
	if err := web.Decode(r, &f); err != nil {
		return err
	}
	v, err := s.viewFor(r, sc, f.filterForm)
	if err != nil {
		return err
	}
	b, err := drawPicture(v.Layout, picture(min(max(f.Level, 0), chain.LevelMost), f.Left, f.Top), inks["light"])
	if err != nil {
		return err
	}
	drawnHead(w)
	_, _ = w.Write(b)
	return nil
}
