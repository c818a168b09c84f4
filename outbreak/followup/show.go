package followup

import (
	"slices"

	"khien/kernel/day"
	"khien/outbreak/plan"
)

// dayCell is one day of a calendar.
type dayCell struct {
	Day    day.Day
	Number int // of the month
	Month  int // shown on the first of the plan and of a month; else 0
	Phase  plan.Phase
	Test   bool
	Done   bool
	Ill    bool
	Missed bool // no answer
	Today  bool
}

// week is a row of a calendar, Monday first; a Phase of "" is outside the plan.
type week [7]dayCell

// calendar lays a plan out in weeks, with the checks that were made.
func calendar(d plan.Dates, checks []Check, today day.Day) (weeks []week) {
	if len(d.Stays) == 0 {
		return nil
	}
	first, last := d.Stays[0].From, d.End
	for at := first - day.Day((int(first.Time().Weekday())+6)%7); at <= last; at += 7 {
		var w week
		for n := range w {
			on := at + day.Day(n)
			w[n] = dayCell{Day: on, Number: on.Time().Day(), Test: slices.Contains(d.Tests, on), Today: on == today}
			if st, ok := d.On(on); ok {
				w[n].Phase = st.Phase
			}
			if on == first || w[n].Number == 1 {
				w[n].Month = int(on.Time().Month())
			}
			for _, c := range checks {
				if c.Day == on {
					w[n].Done, w[n].Ill, w[n].Missed = w[n].Done || c.Answered, w[n].Ill || c.Ill(), w[n].Missed || !c.Answered
				}
			}
		}
		weeks = append(weeks, w)
	}
	return weeks
}

// progressBar is one day of the picture of progress, in units of the drawing.
type progressBar struct {
	Progress
	X, Height, DoneHeight, Y, DoneY, TextX int
}

// Sizes of the picture.
const (
	barWide = 40
	barGap  = 8
	barHigh = 70
)

// bars draws the week up to a day; days of which nothing is known are empty.
func bars(days []Progress, last day.Day) (all []progressBar) {
	most := 1
	for _, p := range days {
		most = max(most, p.Due)
	}
	for n := range progressDays {
		b := progressBar{Progress: Progress{Day: last - progressDays + 1 + day.Day(n)}, X: n * (barWide + barGap)}
		for _, p := range days {
			if p.Day == b.Day {
				b.Progress = p
			}
		}
		b.Height, b.DoneHeight = b.Due*barHigh/most, min(b.Done, b.Due)*barHigh/most
		b.Y, b.DoneY, b.TextX = barHigh-b.Height, barHigh-b.DoneHeight, b.X+barWide/2
		all = append(all, b)
	}
	return all
}
