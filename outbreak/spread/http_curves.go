package spread

import (
	"math"
	"net/http"
	"strings"

	"khien/kernel/area"
	"khien/kernel/auth"
	"khien/kernel/day"
	"khien/kernel/fault"
	"khien/kernel/i18n"
	"khien/kernel/web"
	"khien/outbreak"
)

type curveForm struct {
	By   string    `form:"by"`
	Step string    `form:"step"`
	Area area.Code `form:"area"`
	From day.Day   `form:"from"`
	To   day.Day   `form:"to"`
}

// filter reads the form; a choice that is none, and days that end before they
// begin or are too many, are refused by field.
func (f curveForm) filter() (c CurveFilter, err error) {
	c = CurveFilter{By: ByOnset, Step: Daily, Area: f.Area, From: f.From, To: f.To}
	if f.By != "" {
		c.By = By(f.By)
	}
	if f.Step != "" {
		c.Step = Step(f.Step)
	}
	switch {
	case c.By != ByOnset && c.By != ByConfirmed && c.By != ByReported:
		return c, fault.New(fault.Invalid, "outbreak.choice").At("by", f.By)
	case c.Step != Daily && c.Step != Weekly:
		return c, fault.New(fault.Invalid, "outbreak.choice").At("step", f.Step)
	case f.From != 0 && f.To != 0 && f.To < f.From:
		return c, fault.New(fault.Invalid, "spread.days").At("to", f.To.String())
	case f.From != 0 && f.To != 0 && (f.To-f.From)/c.width() >= columnsMost:
		return c, fault.New(fault.Invalid, "spread.columns").At("from", f.From.String()).With("most", columnsMost)
	}
	return c, nil
}

type curvesPage struct {
	Form             web.Form
	Tabs             []web.Choice
	Areas, Bys, Step []web.Choice
	Curve            *Curve
	Drawing          drawing
	Sources          []sourceHead
	Rows             []curveRow
	Sum              []string
	By               string
}

// sourceHead is a source in the legend and over a column of the table.
type sourceHead struct{ Name, Class string }

type curveRow struct {
	Days  string
	Cells []string
}

func (s *Service) getCurves(w http.ResponseWriter, r *http.Request) error {
	sc, err := auth.ScopeOf(r.Context(), auth.ReadCases, "curves")
	if err != nil {
		return err
	}
	var f curveForm
	c := CurveFilter{By: ByOnset, Step: Daily}
	if err = web.Decode(r, &f); err == nil {
		c, err = f.filter()
	}
	if err != nil && len(web.Refused(err)) == 0 {
		return err
	}
	status := http.StatusOK
	form := web.NewForm("by", string(c.By), "step", string(c.Step), "area", f.Area.String(), "from", f.From.String(), "to", f.To.String())
	if err != nil {
		status, form, c = http.StatusUnprocessableEntity, web.FormOf(r, err), CurveFilter{By: ByOnset, Step: Daily}
	}
	now, err := s.current(r.Context())
	if err != nil {
		return err
	}
	if err := s.look(r.Context(), sc, "curve.look", Filter{Area: f.Area, From: f.From, To: f.To}); err != nil {
		return err
	}
	return s.views.Render(w, r, status, "spread/curves.html", s.curvesPage(r, sc, form, now.curve(sc, c, s.today()), c))
}

func (s *Service) curvesPage(r *http.Request, sc auth.Scope, form web.Form, c *Curve, f CurveFilter) curvesPage {
	lang := web.Lang(r.Context())
	p := curvesPage{Form: form, Tabs: outbreak.Tabs(r), Areas: s.cases.AreaChoices(r, sc, "outbreak.all"), Curve: c, By: string(f.By),
		Bys: choices(r, "spread.by.", Bys), Step: choices(r, "spread.step.", Steps), Drawing: drawingOf(lang, c)}
	for i, n := range c.Totals {
		p.Sources = append(p.Sources, sourceHead{sourceName(r, sources[i]), "src-" + num(i)})
		p.Sum = append(p.Sum, i18n.Number(lang, n))
	}
	p.Sum = append(p.Sum, i18n.Number(lang, c.Sum))
	for _, col := range c.Columns {
		if col.Sum == 0 {
			continue
		}
		row := curveRow{Days: columnText(lang, col)}
		for _, n := range append(append([]int{}, col.Of...), col.Sum) {
			row.Cells = append(row.Cells, i18n.Number(lang, n))
		}
		p.Rows = append(p.Rows, row)
	}
	return p
}

func sourceName(r *http.Request, s outbreak.Source) string {
	if s == "" {
		return web.T(r.Context(), "outbreak.none")
	}
	return web.T(r.Context(), "outbreak.source."+string(s))
}

func choices[T ~string](r *http.Request, prefix string, all []T) (cs []web.Choice) {
	for _, v := range all {
		cs = append(cs, web.Choice{Value: string(v), Text: web.T(r.Context(), prefix+string(v))})
	}
	return cs
}

// Size of the curve, in its viewBox.
const (
	curveWidth  = 900
	curveHeight = 280
	widestBar   = 48
)

// drawing is the curve as its SVG has it.
type drawing struct {
	Width, Height int
	Bars          []bar
	Lines         []line
	From, To      string
}

type bar struct {
	X, Y, W, H float64
	Class      string
	Say        string // of the first part of a column: the whole column in words
}

// line is a number on the left and its height.
type line struct {
	Y    float64
	Text string
}

func drawingOf(lang i18n.Lang, c *Curve) drawing {
	d := drawing{Width: curveWidth, Height: curveHeight}
	if len(c.Columns) == 0 {
		return d
	}
	d.From, d.To = i18n.Date(lang, c.Columns[0].From.Time()), i18n.Date(lang, c.Columns[len(c.Columns)-1].To.Time())
	top := niceTop(c.Most)
	for n := top; n >= 0; n -= top / 4 {
		d.Lines = append(d.Lines, line{tenth(curveHeight - float64(n)*curveHeight/float64(top)), i18n.Number(lang, n)})
	}
	step := float64(curveWidth) / float64(len(c.Columns))
	width := min(step*0.86, widestBar)
	for i, col := range c.Columns {
		below, said := 0, false
		for n, count := range col.Of {
			if count == 0 {
				continue
			}
			h := float64(count) / float64(top) * curveHeight
			b := bar{X: tenth(float64(i)*step + (step-width)/2), W: tenth(width), H: tenth(h), Class: "src-" + num(n),
				Y: tenth(curveHeight - float64(below)/float64(top)*curveHeight - h)}
			if !said {
				b.Say, said = columnText(lang, col)+": "+i18n.Number(lang, col.Sum), true
			}
			below += count
			d.Bars = append(d.Bars, b)
		}
	}
	return d
}

// niceTop is the next number above the highest column that four lines divide well.
func niceTop(most int) int {
	for scale := 1; ; scale *= 10 {
		for _, m := range []int{4, 8, 12, 16, 20, 24, 32, 40} {
			if m*scale >= most {
				return m * scale
			}
		}
	}
}

func tenth(x float64) float64 { return math.Round(x*10) / 10 }

// Label says the whole curve in one sentence, for those who do not see it.
func (p curvesPage) Label() string {
	var parts []string
	for i, s := range p.Sources {
		if p.Curve.Totals[i] > 0 {
			parts = append(parts, s.Name+" "+p.Sum[i])
		}
	}
	return strings.Join(parts, ", ")
}
