package spread

import (
	"cmp"
	"fmt"
	"slices"

	"khien/kernel/area"
	"khien/kernel/auth"
	"khien/kernel/day"
	"khien/outbreak"
)

// By is the day that a curve counts a case on.
type By string

// The days of a curve.
const (
	ByOnset     By = "onset"
	ByConfirmed By = "confirmed"
	ByReported  By = "reported"
)

// Bys lists them in the order of a form.
var Bys = []By{ByOnset, ByConfirmed, ByReported}

// Step is the time that one column of a curve has.
type Step string

// The steps; a week begins on Monday (ISO 8601).
const (
	Daily  Step = "day"
	Weekly Step = "week"
)

// Steps lists them in the order of a form.
var Steps = []Step{Daily, Weekly}

// CurveFilter picks what a curve counts. Zero days are the last that have cases.
type CurveFilter struct {
	By       By        // "" is ByOnset
	Step     Step      // "" is Daily
	Area     area.Code // responsible area: it and everything below
	From, To day.Day
}

// sources are the stacks of a column, from below; "" is not known.
var sources = append(append([]outbreak.Source{}, outbreak.Sources...), "")

// Column is one day or week of a curve.
type Column struct {
	From, To day.Day
	Of       []int // by source, in the order of sources
	Sum      int
}

// Curve counts confirmed cases by day and source.
type Curve struct {
	Columns []Column
	Most    int   // of one column
	Sum     int   // of all columns
	Totals  []int // by source
	Undated int   // cases in the area without the day that is asked for
	Earlier int   // cases before the first column
	Later   int   // cases after the last one
}

// Bounds of a curve; columnsLeast where no days are asked for.
const (
	columnsMost  = 400
	columnsLeast = 14
)

// usually is how many columns a curve has where no days are asked for.
var usually = map[Step]day.Day{Daily: 60, Weekly: 26 * 7}

func (f CurveFilter) dayOf(c outbreak.Brief) day.Day {
	switch f.By {
	case ByConfirmed:
		return c.Confirmed
	case ByReported:
		return c.Reported
	}
	return c.Onset
}

func (f CurveFilter) width() day.Day {
	if f.Step == Weekly {
		return 7
	}
	return 1
}

// monday is the first day of a day's week.
func monday(d day.Day) day.Day { return d - day.Day((int(d.Time().Weekday())+6)%7) }

// curve returns the curve of a filter for a reader, kept.
func (w *world) curve(sc auth.Scope, f CurveFilter, today day.Day) *Curve {
	key := fmt.Sprintf("curve|%s|%+v|%d", readerKey(sc), f, today)
	m := w.kept.get(key, func(m *making) { m.any = w.makeCurve(sc, f, today) })
	return m.any.(*Curve)
}

func (w *world) makeCurve(sc auth.Scope, f CurveFilter, today day.Day) *Curve {
	var mine []int32
	first, last := day.Day(0), day.Day(0)
	for i, c := range w.cases {
		if c.Classification == outbreak.Confirmed && (f.Area == 0 || f.Area.Contains(c.Area)) && w.covers(sc, int32(i)) {
			mine = append(mine, int32(i))
			if d := f.dayOf(c); d != 0 {
				first, last = min(cmp.Or(first, d), d), max(last, d)
			}
		}
	}
	if f.To == 0 {
		f.To = min(today, max(last, f.From))
	}
	if f.To == 0 {
		f.To = today
	}
	if f.From == 0 {
		usual := f.To - usually[f.Step] + 1
		f.From = min(max(usual, first), max(usual, f.To-columnsLeast*f.width()+1))
	}
	if f.Step == Weekly {
		f.From = monday(f.From)
	}
	c := newCurve(f)
	for _, n := range mine {
		c.count(f, w.cases[n])
	}
	return c
}

func newCurve(f CurveFilter) *Curve {
	c := &Curve{Totals: make([]int, len(sources))}
	for d := f.From; d <= f.To && len(c.Columns) < columnsMost; d += f.width() {
		c.Columns = append(c.Columns, Column{From: d, To: d + f.width() - 1, Of: make([]int, len(sources))})
	}
	return c
}

func (c *Curve) count(f CurveFilter, b outbreak.Brief) {
	d := f.dayOf(b)
	at := int((d - f.From) / f.width())
	switch {
	case d == 0:
		c.Undated++
		return
	case d < f.From:
		c.Earlier++
		return
	case d > f.To || at >= len(c.Columns):
		c.Later++
		return
	}
	col := &c.Columns[at]
	for i, s := range sources {
		if s == b.Source {
			col.Of[i]++
			c.Totals[i]++
		}
	}
	col.Sum++
	c.Sum++
	c.Most = max(c.Most, col.Sum)
}

// newCases counts confirmed cases by responsible area, of the days and sources.
func (w *world) newCases(from, to day.Day, of []string) map[area.Code]int {
	counts := map[area.Code]int{}
	for _, c := range w.cases {
		if c.Classification == outbreak.Confirmed && c.Confirmed >= from && c.Confirmed <= to && slices.Contains(of, string(c.Source)) {
			counts[c.Area]++
		}
	}
	return counts
}
