package epimap

import (
	"bytes"
	"cmp"
	"encoding/json"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"khien/kernel/area"
	"khien/kernel/day"
	"khien/kernel/i18n"
	"khien/kernel/web"
	assets "khien/web"
)

// mapPage is what pages/map.html shows.
type mapPage struct {
	Where    area.Unit // what the map shows the units of; the zero Unit is the country
	Edition  int
	Level    string
	Parent   string // "" for the usual one
	Levels   []string
	Window   string
	Column   string // of the window
	Day      time.Time
	DayText  string
	First    time.Time
	Last     time.Time
	Offset   int
	Most     int
	AsOf     time.Time
	Sources  []string
	K        int
	Empty    bool
	Unproven bool          // some number shown is not announced
	Guessed  bool          // some number shown came in from the other edition
	Figures  []shownFigure // of Where
	Rows     []shownRow
	Map      shownMap
	Inset    inset
	Legend   []legendEntry
	Series   string
	Shapes   string
	Country  string
	Stream   string
	CSV      string
	GeoJSON  string
	Texts    string
	Scale    string
	Visits   int64
}

// shownRow is one unit in a table.
type shownRow struct {
	Code      area.Code
	Name      string
	Sort      string // the name without its kind
	Parent    string
	Estimated bool
	Zero      bool // no number in any window
	Level     int  // epidemic level in force; 0 none decided
	Cells     []shownCell
}

// shownFigure is one of the large numbers at the top: a window's, and how it has
// moved against the window before.
type shownFigure struct {
	shownCell
	Trend string // "up", "down", "same"; "" where it cannot be said
	Say   string
}

type shownCell struct {
	Column string
	Text   string
	Chosen bool
}

// shownMap is the inline SVG.
type shownMap struct {
	Width, Height int
	Bounds        string
	Approximate   bool
	Sources       []string
	Patterns      template.HTML
	Shapes        []shownShape
}

type shownShape struct {
	Code              area.Code
	Class, D          string
	Name, Text, Extra string
	Label             *[2]int // where the name is written; nil: nowhere
}

type legendEntry struct{ Class, Text string }

// getMap shows the map: "/" and its form.
func (s *Service) getMap(w http.ResponseWriter, r *http.Request) error {
	values := r.URL.Query()
	if values.Get(paramEdition) == "2025" && values.Get(paramLevel) == string(area.District) {
		values.Set(paramLevel, string(area.Commune)) // the form's other field was still at districts
	}
	q, err := s.parse(values)
	if err != nil {
		return err
	}
	v, err := s.current(r.Context())
	if err != nil {
		return err
	}
	if n, err := strconv.Atoi(values.Get(paramOffset)); err == nil && q.day == 0 && n >= 0 && n <= int(v.last-v.first) {
		q.day = v.first + day.Day(n)
	}
	if q.day, err = q.on(v, s.now()); err != nil {
		return err
	}
	s.visits.count(r)
	return s.serve(w, r, v, "epimap/map.html", func() any { return s.mapPage(r, v, q) })
}

// serve renders a page, or answers from memory: a plain address, asked by
// somebody who is not signed in, shows everybody of one language and theme the
// same until numbers or visits have moved.
func (s *Service) serve(w http.ResponseWriter, r *http.Request, v *view, name string, data func() any) error {
	viewer := web.ViewerOf(r.Context())
	if r.URL.RawQuery != "" || viewer.Name+viewer.Role != "" || len(viewer.Menu) > 0 {
		return s.views.Render(w, r, http.StatusOK, name, data())
	}
	k := pageKey{path: r.URL.Path, theme: web.Theme(r.Context()), lang: web.Lang(r.Context()), visits: s.visits.written.Load(), outlines: s.outlines.made.Load(), today: day.Today(s.now())}
	page, err := v.page(k, func(kept *keptPage) error { return s.views.Render(kept, r, http.StatusOK, name, data()) })
	if err != nil {
		return err
	}
	for _, header := range []string{"Content-Language", "Vary"} {
		w.Header()[header] = page.header[header]
	}
	page.snapshot.ServeHTTP(w, r)
	return nil
}

// pageKey is what a kept page depends on, beside the view.
type pageKey struct {
	path, theme string
	lang        i18n.Lang
	visits      int64
	outlines    int64
	today       day.Day // levels may begin by the calendar
}

// keptPage is a rendered page.
type keptPage struct {
	header   http.Header
	body     bytes.Buffer
	snapshot *web.Snapshot
}

func (k *keptPage) Header() http.Header         { return k.header }
func (k *keptPage) Write(b []byte) (int, error) { return k.body.Write(b) }
func (k *keptPage) WriteHeader(int)             {}

func (v *view) page(k pageKey, render func(*keptPage) error) (*keptPage, error) {
	return v.pages.get(k, func() (*keptPage, int, error) {
		p := &keptPage{header: http.Header{}}
		if err := render(p); err != nil {
			return nil, 0, err
		}
		p.snapshot = web.NewSnapshot(p.body.Bytes(), p.header.Get("Content-Type"), "private, no-cache")
		return p, p.body.Cap() + len(p.snapshot.Gzip), nil
	})
}

func (s *Service) mapPage(r *http.Request, v *view, q query) mapPage {
	lang := web.Lang(r.Context())
	o := s.outline(r.Context(), q.layer)
	rows := s.rows(v, q.layer, q.day)
	where, _ := s.gazetteer.Unit(q.parent)
	c := s.country(q.edition)
	p := mapPage{
		Where: where, Edition: int(q.edition), Level: string(q.level), Window: windowText(q.window), Column: q.window.Column(),
		Day: shownDay(q.day), DayText: q.day.String(), First: shownDay(v.first), Last: shownDay(v.last),
		Offset: int(q.day - v.first), Most: int(v.last - v.first), AsOf: v.at, Sources: v.sources, K: v.k, Empty: v.empty,
		Figures: s.figures(r, v, q.parent, q.day, q.window), Rows: s.leveled(v, q.day, shownRows(lang, byNumber(rows, q.window), q.parent, q.window)), Map: s.shownMap(r, o, rows, q.window), Legend: s.legend(r, q.layer),
		Visits: s.visits.total(), Scale: scaleText(), Texts: s.scriptTexts(r, q.level),
		Country: "/map/shapes/" + strconv.Itoa(int(q.edition)) + "/country.json?v=" + countryVersion,
	}
	for _, l := range levelsOf(q.edition) {
		p.Levels = append(p.Levels, string(l))
	}
	if q.level != area.Province {
		p.Inset = c.inset
	} else {
		p.Map.Bounds = "" // the script is to load the outlines with their names, which the archipelagos need
		p.Country = ""
	}
	for _, row := range rows {
		p.Unproven = p.Unproven || !row.Announced && (row.Total.Hidden || row.Total.Cases > 0)
		p.Guessed = p.Guessed || row.Estimated && row.Total.Cases > 0
	}
	s.addresses(&p, q, o)
	return p
}

// addresses fills in where the script and the reader find the same numbers.
func (s *Service) addresses(p *mapPage, q query, o *outline) {
	ask := url.Values{paramEdition: {strconv.Itoa(int(q.edition))}, paramLevel: {string(q.level)}}
	usual := s.layer(q.edition, q.level) == q.layer
	if !usual {
		p.Parent = q.parent.String()
		ask.Set(paramParent, p.Parent)
	} else if s.hub != nil {
		p.Stream = apiPrefix + pathStream + "?" + ask.Encode()
	}
	p.Series = apiPrefix + pathSeries + "?" + ask.Encode()
	if len(o.drawing.Paths) > 0 {
		outlines := url.Values{"v": {o.version}}
		if !usual {
			outlines.Set(paramParent, p.Parent)
		}
		p.Shapes = "/map/shapes/" + strconv.Itoa(int(q.edition)) + "/" + string(q.level) + ".json?" + outlines.Encode()
	}
	ask.Set(paramDay, q.day.String())
	p.CSV = "/map.csv?" + ask.Encode()
	p.GeoJSON = "/map.geojson?" + ask.Encode()
}

func windowText(w Window) string {
	if w == Total {
		return "total"
	}
	return strconv.Itoa(int(w))
}

// shownDay is the day's noon in Vietnam: any zone shows the right date.
func shownDay(d day.Day) time.Time { return d.Time().Add(5 * time.Hour) }

// byNumber puts the units in the order of a table: the highest number of a window
// first, then those that hide cases, then those with cases in another window,
// then the rest; among equals by name, as they come.
func byNumber(rows []areaRow, w Window) []areaRow {
	at := slices.Index(Windows[:], w)
	slices.SortStableFunc(rows, func(a, b areaRow) int {
		x, y := a.counts()[at], b.counts()[at]
		return cmp.Or(cmp.Compare(y.Cases, x.Cases), first(x.Hidden, y.Hidden), first(a.some(), b.some()))
	})
	return rows
}

// first orders what is true before what is not.
func first(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

// figures are the large numbers of one unit.
func (s *Service) figures(r *http.Request, v *view, a area.Code, d day.Day, chosen Window) (fs []shownFigure) {
	lang := web.Lang(r.Context())
	for _, w := range Windows {
		f := shownFigure{shownCell: shownCell{w.Column(), shown(lang, v.count(a, d, w)), w == chosen}}
		by, ok := v.trend(a, d, w)
		switch before := "epimap.js.before_" + w.Column(); {
		case w == Total:
			f.Say = web.T(r.Context(), "epimap.js.since", "day", i18n.Date(lang, shownDay(v.first)))
		case !ok:
			f.Say = web.T(r.Context(), "epimap.js.trend_none")
		case by > 0:
			f.Trend, f.Say = "up", web.T(r.Context(), "epimap.js.trend_up", "n", i18n.Number(lang, by), "before", web.T(r.Context(), before))
		case by < 0:
			f.Trend, f.Say = "down", web.T(r.Context(), "epimap.js.trend_down", "n", i18n.Number(lang, -by), "before", web.T(r.Context(), before))
		default:
			f.Trend, f.Say = "same", web.T(r.Context(), "epimap.js.trend_same", "before", web.T(r.Context(), before))
		}
		fs = append(fs, f)
	}
	return fs
}

// shownRows makes a table's rows; the unit above is named where it is not that of the table.
func shownRows(lang i18n.Lang, rows []areaRow, parent area.Code, chosen Window) []shownRow {
	out := make([]shownRow, len(rows))
	for i, r := range rows {
		out[i] = shownRow{Code: r.Code, Name: r.Name, Sort: r.short, Zero: !r.some(), Estimated: r.Estimated && (r.Total.Cases > 0 || r.Total.Hidden)}
		if r.Parent != parent {
			out[i].Parent = r.ParentName
		}
		for j, c := range r.counts() {
			out[i].Cells = append(out[i].Cells, shownCell{Windows[j].Column(), shown(lang, c), Windows[j] == chosen})
		}
	}
	return out
}

// leveled sets the epidemic levels of a table's rows.
func (s *Service) leveled(v *view, d day.Day, rows []shownRow) []shownRow {
	for i := range rows {
		rows[i].Level, _ = v.levelOn(rows[i].Code, s.levelDay(v, d))
	}
	return rows
}

// shown writes a number as the reader's language groups it.
func shown(lang i18n.Lang, c Count) string {
	if c.Cases < 1000 {
		return c.Text
	}
	return i18n.Number(lang, c.Cases) + c.Text[len(strconv.Itoa(c.Cases)):]
}

// shownMap paints the drawing with the numbers of a window.
func (s *Service) shownMap(r *http.Request, o *outline, rows []areaRow, w Window) shownMap {
	m := shownMap{
		Width: drawnWidth, Height: o.drawing.Height, Bounds: o.drawing.Bounds, Approximate: o.approximate, Sources: o.sources,
		Patterns: assets.Patterns(drawnWidth),
	}
	byCode := make(map[area.Code]areaRow, len(rows))
	for _, row := range rows {
		byCode[row.Code] = row
	}
	for _, p := range o.drawing.Paths {
		row, ok := byCode[p.Code]
		if !ok {
			m.Shapes = append(m.Shapes, shownShape{Code: p.Code, Class: assets.Class(0, false), D: p.D, Name: s.nameOf(p.Code), Label: p.Label})
			continue
		}
		c := row.counts()[slices.Index(Windows[:], w)]
		m.Shapes = append(m.Shapes, shownShape{Code: p.Code, Class: assets.Class(c.Cases, c.Hidden), D: p.D, Name: row.Name, Text: shown(web.Lang(r.Context()), c)})
	}
	return m
}

func (s *Service) legend(r *http.Request, la layer) []legendEntry {
	floor := "≥1"
	if la.level == area.Commune {
		floor = "<" + strconv.Itoa(s.k)
	}
	entries := []legendEntry{{"l0", "0"}, {"lh", web.T(r.Context(), "epimap.legend.hidden", "floor", floor)}}
	for i, low := range assets.Scale {
		text := "≥" + strconv.Itoa(low)
		if i+1 < len(assets.Scale) {
			text = strconv.Itoa(low) + "–" + strconv.Itoa(assets.Scale[i+1]-1)
		}
		entries = append(entries, legendEntry{assets.Class(low, false), text})
	}
	return entries
}

func scaleText() string {
	var parts []string
	for _, low := range assets.Scale {
		parts = append(parts, strconv.Itoa(low))
	}
	return strings.Join(parts, ",")
}

// scriptKeys are the sentences that the script says; "epimap.js.<key>" in the catalogs.
var scriptKeys = []string{
	"map_label", "new_1", "new_7", "new_14", "total", "play", "pause", "speed", "live", "poll", "off", "as_of",
	"change_one", "change_fix", "change_many", "search", "no_match", "country", "province", "zoom_in", "zoom_out",
	"selected", "close", "open_area", "approximate", "earlier", "later", "fold", "since",
	"trend_up", "trend_down", "trend_same", "trend_none", "before_new_1", "before_new_7", "before_new_14",
}

func (s *Service) scriptTexts(r *http.Request, level area.Level) string {
	texts := make(map[string]string, len(scriptKeys))
	for _, k := range scriptKeys {
		texts[k] = web.T(r.Context(), "epimap.js."+k)
	}
	texts["unfold"] = web.T(r.Context(), "epimap.js.unfold."+string(level))
	b, err := json.Marshal(texts)
	if err != nil {
		panic(err) // a map of texts
	}
	return string(b)
}
