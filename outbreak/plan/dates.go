package plan

import (
	"errors"

	"khien/kernel/day"
)

// ErrDays is a plan that cannot be: no day to count from, or a change that
// contradicts it.
var ErrDays = errors.New("plan: days")

// Dates counts the rule from p's days. The first stay begins on p.Begin, or the
// day after day 0 when nobody has begun; days already passed since the last
// exposure are not served again, and a stay that would be over is left out.
func (r Rule) Dates(p Person) (Dates, error) {
	zero := p.Begin
	if r.Count == LastExposure {
		zero = p.LastExposure
	}
	if zero == 0 || p.Begin != 0 && p.LastExposure == 0 && r.Count == LastExposure {
		return Dates{}, ErrDays
	}
	d := Dates{Rule: r.Name, Source: r.Source}
	from, end := p.Begin, zero
	if from == 0 {
		from = zero + 1
	}
	for _, s := range r.Phases {
		end += day.Day(s.Days)
		if end >= from {
			d.Stays = append(d.Stays, Stay{s.Phase, from, end})
			from = end + 1
		}
	}
	d.End = end
	for _, t := range r.Tests {
		d.Tests = append(d.Tests, zero+day.Day(t))
	}
	return d, nil
}

// Change moves the last day of one stay; what follows keeps its length, and tests
// after the new end of all fall away. A stay may end before it began only by
// Release.
type Change struct {
	Stay   int // of Dates.Stays
	To     day.Day
	Reason string // of the officer; never empty
}

// Changed returns the dates after an extension or a reduction.
func (d Dates) Changed(c Change) (Dates, error) {
	if c.Stay < 0 || c.Stay >= len(d.Stays) || c.Reason == "" || c.To < d.Stays[c.Stay].From {
		return d, ErrDays
	}
	by := c.To - d.Stays[c.Stay].To
	d.Stays = append([]Stay(nil), d.Stays...)
	d.Stays[c.Stay].To = c.To
	for i := c.Stay + 1; i < len(d.Stays); i++ {
		d.Stays[i].From += by
		d.Stays[i].To += by
	}
	d.End = d.Stays[len(d.Stays)-1].To
	return d.cut(), nil
}

// Released returns the dates of who is let go on a day, that day the last.
func (d Dates) Released(on day.Day, reason string) (Dates, error) {
	if reason == "" || len(d.Stays) == 0 || on < d.Stays[0].From {
		return d, ErrDays
	}
	var stays []Stay
	for _, s := range d.Stays {
		if s.From <= on {
			s.To = min(s.To, on)
			stays = append(stays, s)
		}
	}
	d.Stays, d.End = stays, min(d.End, on)
	return d.cut(), nil
}

func (d Dates) cut() Dates {
	var tests []day.Day
	for _, t := range d.Tests {
		if t <= d.End {
			tests = append(tests, t)
		}
	}
	d.Tests = tests
	return d
}

// On says in which stay somebody is on a day; ok is false before and after.
func (d Dates) On(on day.Day) (s Stay, ok bool) {
	for _, s := range d.Stays {
		if s.From <= on && on <= s.To {
			return s, true
		}
	}
	return Stay{}, false
}
