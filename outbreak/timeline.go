package outbreak

import (
	"slices"

	"khien/kernel/day"
)

// The picture's measures, in its own units; as wide as a phone.
const (
	lineWidth  = 360
	lineMargin = 10
	laneHeight = 22
	barHeight  = 34 // of a lane whose bar stands under its text
	lineOpen   = 7  // days that a stay without an end is drawn beyond the last known day
)

// timeline is a case's days on a line, a lane each, as the page draws them.
type timeline struct {
	Width, Height, Axis int
	First, Last         day.Day
	Lanes               []lane
}

// lane is one day, or the days from one to another.
type lane struct {
	Key    string // of the catalog
	Kind   string // a word of the stylesheet
	Text   string // beside the key's; "" nothing
	On, To day.Day
	Y      int
	X, End int // End > X: a bar
	TextX  int
	Right  bool // the text stands before the mark
	Open   bool // it lasts
}

// Base is where the lane's text stands.
func (l lane) Base() int { return l.Y + 4 }

// Day is the lane's day as a picture has room for.
func (l lane) Day() string { return l.On.Time().Format("02/01") }

// Length of a bar.
func (l lane) Length() int { return l.End - l.X }

// timelineOf draws what a case tells with a day; nil when that is one day only.
func timelineOf(w Whole, today day.Day) *timeline {
	lanes := lanesOf(w)
	if len(lanes) == 0 {
		return nil
	}
	t := &timeline{Width: lineWidth, First: lanes[0].On, Last: lanes[0].On}
	for _, l := range lanes {
		t.First, t.Last = min(t.First, l.On), max(t.Last, l.On, l.To)
	}
	if slices.ContainsFunc(lanes, func(l lane) bool { return l.Open }) {
		t.Last = max(t.Last, min(today, t.Last+lineOpen))
	}
	span := max(int(t.Last-t.First), 1)
	at := func(d day.Day) int { return lineMargin + int(d-t.First)*(lineWidth-2*lineMargin)/span }
	for i := range lanes {
		l := &lanes[i]
		l.Y, l.X = t.Axis+laneHeight/2, at(l.On)
		t.Axis += laneHeight
		l.End = l.X
		if l.To != 0 {
			l.End = max(at(min(l.To, t.Last)), l.X+2)
		}
		if l.Open {
			l.End = lineWidth
		}
		l.TextX, l.Right = l.X+9, l.X > lineWidth/2
		if l.Right {
			l.TextX = l.X - 9
		}
		if l.Length() == 0 {
			continue
		}
		if t.Axis += barHeight - laneHeight; l.Right {
			l.TextX = l.End
		} else {
			l.TextX = l.X
		}
	}
	t.Height, t.Lanes = t.Axis+18, lanes
	return t
}

func lanesOf(w Whole) (lanes []lane) {
	add := func(key, kind, text string, on, to day.Day) {
		if on != 0 {
			lanes = append(lanes, lane{Key: key, Kind: kind, Text: text, On: on, To: to})
		}
	}
	c := w.Case
	for _, p := range w.Live(ExposurePart) {
		to := dayAt(p.Exposure.To)
		if to == p.when() {
			to = 0
		}
		add("outbreak.line.exposure", "warn", "", p.when(), to)
	}
	add("outbreak.line.onset", "bad", "", c.Onset, 0)
	add("outbreak.line.specimen", "info", "", c.Specimen, 0)
	for _, p := range w.Live(TestPart) {
		if p.Test.Result != "" {
			add("outbreak.result."+string(p.Test.Result), "info", string(p.Test.Type), p.Test.known(), 0)
		}
	}
	add("outbreak.line.confirmed", "bad", "", c.ConfirmedOn, 0)
	add("outbreak.line.reported", "muted", "", c.Reported, 0)
	for _, p := range w.Live(HospitalPart) {
		n := len(lanes)
		add("outbreak.ward."+string(p.Hospital.Ward), "good", "", p.Hospital.From, p.Hospital.To)
		lanes[n].Open = p.Hospital.To == 0 && c.Outcome == ""
	}
	if c.Outcome != "" {
		add("outbreak.outcome."+string(c.Outcome), "good", "", c.OutcomeOn, 0)
	}
	slices.SortStableFunc(lanes, func(a, b lane) int { return int(a.On - b.On) })
	return lanes
}
