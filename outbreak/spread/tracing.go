package spread

import (
	"khien/kernel/day"
	"khien/outbreak/chain"
)

// The windows of the indicators, as Go.Data's outbreaks set them by default where
// they do (reference outbreak.md 2).
const (
	newDays    = 14 // what counts as a new case
	activeDays = 14 // a chain lives as long after its last case: one follow-up
	gapDays    = 14 // a longer time between two onsets is worth a second look
)

// Tracing are the indicators of how well cases are traced that cases and links
// tell alone.
type Tracing struct {
	New          int            `json:"new_cases"`       // in the last 14 days, by report
	NewSourced   int            `json:"new_with_source"` // a link says who infected them
	NewInChains  int            `json:"new_in_chains"`   // their chain has an earlier case
	Active       int            `json:"active_chains"`   // chains with a case in the last 14 days
	Sourceless   int            `json:"without_source"`  // all picked cases of which nobody says who infected them
	LongGaps     int            `json:"long_gaps"`       // pairs whose onsets lie more than 14 days apart
	Backwards    int            `json:"backwards"`       // pairs of which the infected fell ill first
	ToReport     chain.Interval `json:"onset_to_report"`
	ToSpecimen   chain.Interval `json:"onset_to_specimen"`
	ToConfirmed  chain.Interval `json:"onset_to_confirmation"`
	WithoutOnset int            `json:"without_onset"`
}

// tracing counts over the picked cases.
func (w *world) tracing(picked []bool, today day.Day) (t Tracing) {
	sourced := w.sources()
	var report, specimen, confirmed []int
	days := func(to *[]int, from, until day.Day) {
		if from != 0 && until != 0 {
			*to = append(*to, int(until-from))
		}
	}
	for i, c := range w.cases {
		if !picked[i] {
			continue
		}
		if !sourced[i] {
			t.Sourceless++
		}
		if c.Onset == 0 {
			t.WithoutOnset++
		}
		if c.Reported > today-newDays && c.Reported <= today {
			t.New++
			if sourced[i] {
				t.NewSourced++
			}
		}
		days(&report, c.Onset, c.Reported)
		days(&specimen, c.Onset, c.Specimen)
		days(&confirmed, c.Onset, c.Confirmed)
	}
	t.ToReport, t.ToSpecimen, t.ToConfirmed = chain.Describe(report), chain.Describe(specimen), chain.Describe(confirmed)
	w.gaps(&t, picked)
	w.living(&t, picked, today)
	return t
}

// gaps counts the pairs whose onsets do not fit.
func (w *world) gaps(t *Tracing, picked []bool) {
	for _, l := range w.links {
		if l.from == nobody || l.to == nobody || !picked[l.to] {
			continue
		}
		a, b := w.cases[l.from].Onset, w.cases[l.to].Onset
		switch {
		case a == 0 || b == 0:
		case b < a:
			t.Backwards++
		case b-a > gapDays:
			t.LongGaps++
		}
	}
}

// living counts the chains with a case in the last days, and the new cases whose
// chain has an earlier one.
func (w *world) living(t *Tracing, picked []bool, today day.Day) {
	for _, cluster := range w.graph.Clusters() {
		first, last, touched := day.Day(0), day.Day(0), false
		var fresh []day.Day
		for _, name := range cluster {
			n := w.caseOf(name)
			if n == nobody {
				continue
			}
			d := w.cases[n].Reported
			if first == 0 || d < first {
				first = d
			}
			last = max(last, d)
			touched = touched || picked[n]
			if picked[n] && d > today-newDays && d <= today {
				fresh = append(fresh, d)
			}
		}
		if touched && last > today-activeDays {
			t.Active++
		}
		for _, d := range fresh {
			if d > first {
				t.NewInChains++
			}
		}
	}
}

// intervals are the days from exposure to onset, and from the exposure of a source
// to that of whom it infected, where links tell them.
func (w *world) intervals(picked []bool) (incubation, generation chain.Interval) {
	exposed := make([]day.Day, len(w.cases))
	for _, l := range w.links {
		if l.On != 0 && l.to != nobody && (exposed[l.to] == 0 || l.On < exposed[l.to]) {
			exposed[l.to] = l.On
		}
	}
	var onset, next []int
	for i, c := range w.cases {
		if picked[i] && exposed[i] != 0 && c.Onset != 0 {
			onset = append(onset, int(c.Onset-exposed[i]))
		}
	}
	for _, l := range w.links {
		if l.from != nobody && l.to != nobody && l.from != l.to && picked[l.to] && exposed[l.from] != 0 && exposed[l.to] != 0 {
			next = append(next, int(exposed[l.to]-exposed[l.from]))
		}
	}
	return chain.Describe(onset), chain.Describe(next)
}
