package epimap

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"time"

	"khien/kernel/area"
	"khien/kernel/day"
	"khien/kernel/web"
)

// Window is how many days a number sums up: the day and those before it.
type Window int

// The windows shown. Total is everything up to the day.
const (
	New1  Window = 1
	New7  Window = 7
	New14 Window = 14
	Total Window = 0
)

// Windows lists them in the order of the columns.
var Windows = [4]Window{New1, New7, New14, Total}

// Column names the window in tables and files: "new_7", "total".
func (w Window) Column() string {
	if w == Total {
		return "total"
	}
	return "new_" + strconv.Itoa(int(w))
}

// Count is one public number. Hidden says that unannounced cases, fewer than k
// in each recording unit, may stand behind it; Text then says so: "<5" or "≥1"
// for none announced, "12+" otherwise.
type Count struct {
	Cases  int    `json:"cases" doc:"announced cases and batches of unannounced ones, never negative"`
	Hidden bool   `json:"hidden" doc:"unannounced cases, fewer than k in each recording unit, may stand behind the number"`
	Text   string `json:"text" example:"<5" doc:"the number as it is shown"`
}

// view is what the public sees at one version. It does not change; the answers
// made of it are kept with it.
type view struct {
	version     int64
	at          time.Time
	first, last day.Day
	empty       bool
	sources     []string
	lines       map[area.Code]*line
	levels      map[area.Code][]levelFrom
	k           int

	answers keep[answerKey, *web.Snapshot]
	pages   keep[pageKey, *keptPage]
}

// viewOf makes the view of a settled ledger. Without any number the days are today.
func viewOf(l *ledger, k int, today day.Day) *view {
	s := l.span()
	v := &view{
		version: l.version, at: l.at, first: s.from, last: s.to, k: k,
		sources: slices.Sorted(maps.Keys(l.sources)), lines: maps.Clone(l.shown), levels: maps.Clone(l.levels),
		answers: keep[answerKey, *web.Snapshot]{turns: newTurns()},
	}
	if s.from == 0 {
		v.first, v.last, v.empty = today, today, true
	}
	return v
}

// count sums the days (d-w, d] of an area.
func (v *view) count(a area.Code, d day.Day, w Window) Count {
	l := v.lines[a]
	if l == nil {
		return Count{Text: "0"}
	}
	from := day.Day(0)
	if w != Total {
		from = d - day.Day(w)
	}
	n := l.upTo(d)
	if w != Total {
		n -= l.upTo(from)
	}
	c := Count{Cases: max(0, n)}
	c.Hidden = slices.ContainsFunc(l.marks, func(s span) bool { return s.meets(from+1, d) })
	c.Text = strconv.Itoa(c.Cases)
	switch {
	case c.Hidden && c.Cases > 0:
		c.Text += "+"
	case c.Hidden:
		c.Text = v.floor(a)
	}
	return c
}

// floor is the text of hidden cases with nothing beside them: "<5" where one
// recording unit has them. Where there are several, "<5" would be untrue, and two
// units of one case each would be known exactly: "≥1".
func (v *view) floor(a area.Code) string {
	if l := v.lines[a]; a.Level() == area.Commune && (l == nil || l.marked <= 1) {
		return "<" + strconv.Itoa(v.k)
	}
	return "≥1"
}

// trend is how many more a window has than the one before it. ok is false where
// the two cannot be compared: cases are hidden in one of them, or the one before
// begins before the first day with numbers.
func (v *view) trend(a area.Code, d day.Day, w Window) (by int, ok bool) {
	if w == Total || d-2*day.Day(w)+1 < v.first {
		return 0, false
	}
	now, before := v.count(a, d, w), v.count(a, d-day.Day(w), w)
	return now.Cases - before.Cases, !now.Hidden && !before.Hidden
}

// announcedOn reports whether every case shown up to day d has been announced.
func (v *view) announcedOn(a area.Code, d day.Day) bool {
	l := v.lines[a]
	return l != nil && len(l.days)+len(l.marks) > 0 && (l.doubt == 0 || l.doubt > d)
}

// delta is what a stream tells: absolute values, upon the version before.
type delta struct {
	V       int64       `json:"v"`
	From    int64       `json:"from"`
	AsOf    time.Time   `json:"as_of"`
	LastDay day.Day     `json:"last_day"`
	Cells   [][3]any    `json:"cells,omitempty"`
	Hidden  []hiddenSet `json:"hidden,omitempty"`
}

// hiddenSet is an area, the whole list of its hidden days, and the text of
// hidden cases alone.
type hiddenSet struct {
	area  area.Code
	days  []day.Day
	floor string
}

// MarshalJSON writes ["2021/20/186/06412",["2021-05-09"],"<5"].
func (h hiddenSet) MarshalJSON() ([]byte, error) {
	if h.days == nil {
		h.days = []day.Day{}
	}
	return json.Marshal([]any{h.area, h.days, h.floor})
}

// since tells what changed in a layer, and in the unit above it, between an older
// view and this one. changed holds at least the areas whose lines differ.
func (v *view) since(old *view, la layer, changed map[area.Code]bool) delta {
	d := delta{V: v.version, From: old.version, AsOf: v.at, LastDay: v.last}
	for a, l := range v.lines {
		if !la.has(a) && a != la.parent || !changed[a] && !(v.last != old.last && openEnded(l)) {
			continue
		}
		before := old.lines[a]
		for _, c := range differences(before, l) {
			d.Cells = append(d.Cells, [3]any{a, c.day, c.cases})
		}
		now, floor := l.hiddenDays(v.last), v.floor(a)
		if !slices.Equal(before.hiddenDays(old.last), now) || len(now) > 0 && old.floor(a) != floor {
			d.Hidden = append(d.Hidden, hiddenSet{a, now, floor})
		}
	}
	slices.SortFunc(d.Cells, func(a, b [3]any) int {
		return cmp.Or(cmp.Compare(a[0].(area.Code), b[0].(area.Code)), cmp.Compare(a[1].(day.Day), b[1].(day.Day)))
	})
	slices.SortFunc(d.Hidden, func(a, b hiddenSet) int { return cmp.Compare(a.area, b.area) })
	return d
}

func openEnded(l *line) bool {
	return slices.ContainsFunc(l.marks, func(s span) bool { return s.to == 0 })
}

// differences returns the days whose numbers changed, with the new ones.
func differences(before, now *line) []count {
	left := map[day.Day]int{}
	if before != nil {
		for _, c := range before.days {
			left[c.day] = c.cases
		}
	}
	var out []count
	for _, c := range now.days {
		if left[c.day] != c.cases {
			out = append(out, c)
		}
		delete(left, c.day)
	}
	for d := range left {
		out = append(out, count{d, 0})
	}
	return out
}
