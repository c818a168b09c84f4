package epimap

import (
	"math"
	"net/http"
	"strings"
	"time"

	"khien/kernel/area"
	"khien/kernel/day"
	"khien/kernel/fault"
	"khien/kernel/i18n"
	"khien/kernel/web"
)

// areaPage is what pages/area.html shows.
type areaPage struct {
	Unit      area.Unit
	Path      []area.Unit // from the province down, without the unit
	Day       time.Time
	Last      bool // the day is the last with numbers
	AsOf      time.Time
	Sources   []string
	K         int
	Empty     bool
	Row       shownRow
	Figures   []shownFigure
	Announced bool
	Incidence string // of 14 days, for 100,000 people; "" when the population is not known
	Curve     curve
	Epidemic  int       // level in force; 0 none decided
	Since     time.Time // its first day
	Level     string    // of the units below; "" for none
	Rows      []shownRow
	Map       shownMap
	Other     []otherUnit // the same ground in the other edition
	Newer     bool        // Other are successors
	CSV       string
	Visits    int64
}

// otherUnit is a unit of the other edition that shares ground with the page's.
type otherUnit struct {
	Unit  area.Unit
	Title string
}

// curve is the epidemic curve: a bar a day.
type curve struct {
	Width, Height int
	Most          int
	Any           bool // some day has cases, or hidden ones
	Bars          []bar
	From, To      time.Time
}

type bar struct {
	X, Y, W, H float64
	Class      string
	Day        time.Time
	Text       string
	Some       bool // cases, or hidden ones
}

// getArea shows one unit: "/area/2021/20/186/06412".
func (s *Service) getArea(w http.ResponseWriter, r *http.Request) error {
	c, err := area.Parse(r.PathValue("code"))
	u, ok := s.gazetteer.Unit(c)
	if err != nil || !ok {
		return fault.New(fault.NotFound, "epimap.area_page").At("code", r.PathValue("code"))
	}
	v, err := s.current(r.Context())
	if err != nil {
		return err
	}
	q := query{}
	if text := r.URL.Query().Get(paramDay); text != "" {
		if q.day, err = day.Parse(text); err != nil {
			return err
		}
	}
	if q.day, err = q.on(v, s.now()); err != nil {
		return err
	}
	s.visits.count(r)
	return s.serve(w, r, v, "epimap/area.html", func() any { return s.areaPage(r, v, u, q.day) })
}

func (s *Service) areaPage(r *http.Request, v *view, u area.Unit, d day.Day) areaPage {
	lang := web.Lang(r.Context())
	row := s.row(v, u, d)
	path := s.gazetteer.Path(u.Code)
	p := areaPage{
		Unit: u, Path: path[:len(path)-1], Day: shownDay(d), Last: d == v.last, AsOf: v.at, Sources: v.sources, K: v.k, Empty: v.empty,
		Row: shownRows(lang, []areaRow{row}, row.Parent, New7)[0], Figures: s.figures(r, v, u.Code, d, New7), Announced: row.Announced, Incidence: incidence(lang, row),
		Curve: curveOf(lang, v, u.Code, d), Visits: s.visits.total(),
	}
	level, since := v.levelOn(u.Code, s.levelDay(v, d))
	if p.Epidemic = level; level != 0 {
		p.Since = shownDay(since)
	}
	s.place(r, &p, v, u, d)
	other := otherEdition(u.Code.Edition())
	cs, _ := s.gazetteer.In(u.Code, other)
	for _, c := range cs {
		if o, ok := s.gazetteer.Unit(c); ok {
			p.Other = append(p.Other, otherUnit{o, s.titleIn(s.home[other], c)})
		}
	}
	p.Newer = other > u.Code.Edition()
	return p
}

// titleIn says the path of a unit as far as it is not within home, which the
// reader knows.
func (s *Service) titleIn(home, c area.Code) string {
	var names []string
	for _, u := range s.gazetteer.Path(c) {
		if u.Code != home || u.Code == c {
			names = append([]string{u.FullName}, names...)
		}
	}
	return strings.Join(names, ", ")
}

// place shows the units below with their map; of a commune, its place among its neighbours.
func (s *Service) place(r *http.Request, p *areaPage, v *view, u area.Unit, d day.Day) {
	e := u.Code.Edition()
	la := layer{e, area.Commune, u.Code}
	switch u.Code.Level() {
	case area.Province:
		la.level = levelsOf(e)[len(levelsOf(e))-2] // districts where there are any
	case area.Commune:
		la.parent = u.Code.Parent()
	}
	rows := s.rows(v, la, d)
	p.Map = s.shownMap(r, s.outline(r.Context(), la), rows, New7)
	for i := range p.Map.Shapes {
		if p.Map.Shapes[i].Code == u.Code {
			p.Map.Shapes[i].Extra = " area-selected"
		}
	}
	if u.Code.Level() == area.Commune {
		return
	}
	p.Level = string(la.level)
	p.Rows = s.leveled(v, d, shownRows(web.Lang(r.Context()), byNumber(rows, New7), la.parent, New7))
	p.CSV = "/map.csv?" + paramParent + "=" + la.parent.String() + "&" + paramLevel + "=" + string(la.level) + "&" + paramDay + "=" + d.String()
}

// incidence is the cases of 14 days for 100,000 people, to one decimal.
func incidence(lang i18n.Lang, row areaRow) string {
	if row.Population == 0 || row.New14.Hidden && row.New14.Cases == 0 {
		return ""
	}
	n := math.Round(float64(row.New14.Cases)*1e6/float64(row.Population)) / 10
	text := i18n.Number(lang, n)
	if row.New14.Hidden {
		text = "≥" + text
	}
	return text
}

// Sizes of the curve, in its viewBox.
const (
	curveDays   = 60
	curveWidth  = 600
	curveHeight = 160
	widestBar   = 40
	hiddenBar   = 10 // height of a day that has hidden cases only
)

// curveOf draws the last days up to d.
func curveOf(lang i18n.Lang, v *view, a area.Code, d day.Day) curve {
	c := curve{Width: curveWidth, Height: curveHeight, To: shownDay(d)}
	from := max(d-curveDays+1, min(v.first, d))
	c.From = shownDay(from)
	counts := make([]Count, 0, curveDays)
	for on := from; on <= d; on++ {
		n := v.count(a, on, New1)
		counts = append(counts, n)
		c.Most = max(c.Most, n.Cases)
	}
	step := float64(curveWidth) / float64(len(counts))
	width := min(step*0.86, widestBar)
	for i, n := range counts {
		b := bar{
			X: tenth(float64(i)*step + (step-width)/2), W: tenth(width),
			Day: shownDay(from + day.Day(i)), Text: shown(lang, n), Some: n.Cases > 0 || n.Hidden,
		}
		if n.Cases > 0 {
			b.H = tenth(float64(n.Cases) / float64(c.Most) * curveHeight)
		} else if n.Hidden {
			b.H, b.Class = hiddenBar, " is-hidden"
		}
		c.Any = c.Any || b.Some
		b.Y = tenth(curveHeight - b.H)
		c.Bars = append(c.Bars, b)
	}
	return c
}

func tenth(x float64) float64 { return math.Round(x*10) / 10 }
