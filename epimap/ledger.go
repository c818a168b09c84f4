package epimap

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"khien/kernel/area"
	"khien/kernel/day"
)

// line is all that is public of one area: what every page, file and stream is
// made of. It does not change once it is in a view.
type line struct {
	days      []count // in their order, days without cases left out
	sums      []int   // sums[i] is the total up to and with days[i]
	marks     []span  // days on which unannounced cases may stand behind the numbers
	marked    int     // recording units with a mark
	doubt     day.Day // the first day with a mark or a batch; 0: all is announced
	estimated bool    // counts of the other edition came in by successor, not exactly
}

type count struct {
	day   day.Day
	cases int
}

// span is a run of days; to 0 has no end.
type span struct{ from, to day.Day }

func (s span) meets(from, to day.Day) bool { return s.from <= to && (s.to == 0 || s.to >= from) }

// upTo returns the total up to and with a day.
func (l *line) upTo(d day.Day) int {
	if l == nil {
		return 0
	}
	i, found := slices.BinarySearchFunc(l.days, d, func(c count, d day.Day) int { return cmp.Compare(c.day, d) })
	if found {
		i++
	}
	if i == 0 {
		return 0
	}
	return l.sums[i-1]
}

// hiddenDays lists the days of the marks up to last, which bounds those without end.
func (l *line) hiddenDays(last day.Day) []day.Day {
	if l == nil {
		return nil
	}
	var days []day.Day
	for _, s := range l.marks {
		to := s.to
		if to == 0 {
			to = last
		}
		for d := s.from; d <= to; d++ {
			days = append(days, d)
		}
	}
	slices.Sort(days)
	return slices.Compact(days)
}

// announcedDay is a day's announced number: the whole of the area, or its rest.
type announcedDay struct {
	day  day.Day
	rest bool
}

// ledger is a node's copy of the public rows, and the lines made of them. It is
// brought forward by one goroutine at a time and holds nothing that cannot be
// read again.
type ledger struct {
	gazetteer *area.Gazetteer
	version   int64
	at        time.Time

	announced map[area.Code]map[announcedDay]int
	batches   map[area.Code]map[day.Day]int
	marks     map[area.Code]mark
	levels    map[area.Code][]levelFrom // by first day
	sources   map[string]bool
	told      span // the days of announced numbers

	children map[area.Code]map[area.Code]bool // units with rows, by the unit above
	origins  map[area.Code][]area.Code        // units with rows in the other edition, by where their counts go
	target   map[area.Code]area.Code          // the reverse; 0: nowhere
	exact    map[area.Code]bool

	native map[area.Code]*line // by the area's own edition alone
	shown  map[area.Code]*line // with what the other edition has
	dirty  map[area.Code]bool
}

func newLedger(g *area.Gazetteer) *ledger {
	return &ledger{
		gazetteer: g,
		announced: map[area.Code]map[announcedDay]int{}, batches: map[area.Code]map[day.Day]int{}, marks: map[area.Code]mark{}, levels: map[area.Code][]levelFrom{},
		sources: map[string]bool{}, children: map[area.Code]map[area.Code]bool{}, origins: map[area.Code][]area.Code{},
		target: map[area.Code]area.Code{}, exact: map[area.Code]bool{},
		native: map[area.Code]*line{}, shown: map[area.Code]*line{}, dirty: map[area.Code]bool{},
	}
}

func (l *ledger) putAnnounced(k announcedKey, a announced) {
	l.touch(k.area)
	put(l.announced, k.area, announcedDay{k.day, k.rest}, a.cases)
	if a.source != "" {
		l.sources[a.source] = true
	}
	if l.told.from == 0 || k.day < l.told.from {
		l.told.from = k.day
	}
	l.told.to = max(l.told.to, k.day)
}

func (l *ledger) putBatch(k cellKey, cases int) {
	l.touch(k.area)
	put(l.batches, k.area, k.day, cases)
	if cases == 0 {
		delete(l.batches[k.area], k.day)
	}
}

func (l *ledger) putMark(a area.Code, m mark) {
	l.touch(a)
	l.marks[a] = m
	if m == (mark{}) {
		delete(l.marks, a)
	}
}

func put[K comparable](m map[area.Code]map[K]int, a area.Code, k K, n int) {
	if m[a] == nil {
		m[a] = map[K]int{}
	}
	m[a][k] = n
}

// touch marks the lines of an area and of those above as to be made anew.
func (l *ledger) touch(a area.Code) {
	for ; a != 0; a = a.Parent() {
		l.dirty[a] = true
		if _, known := l.target[a]; known {
			continue
		}
		l.enter(a)
	}
}

// enter registers an area that has rows for the first time: with the unit above
// it, and with where its counts go in the other edition. Districts go nowhere by
// themselves: their communes do.
func (l *ledger) enter(a area.Code) {
	if a.Level() == area.Country {
		to := countryOf(otherEdition(a.Edition()))
		l.target[a], l.exact[a] = to, true
		l.origins[to] = append(l.origins[to], a)
		return
	}
	if p := a.Parent(); l.children[p] == nil {
		l.children[p] = map[area.Code]bool{a: true}
	} else {
		l.children[p][a] = true
	}
	l.target[a] = 0
	if a.Level() == area.District {
		return
	}
	cs, exact := l.gazetteer.In(a, otherEdition(a.Edition()))
	if len(cs) == 0 || cs[0].Level() != a.Level() {
		return
	}
	to := cs[0]
	l.target[a], l.exact[a] = to, exact && len(cs) == 1
	l.origins[to] = append(l.origins[to], a)
	if d := to.District(); to.Level() == area.Commune && d != 0 {
		l.origins[d] = append(l.origins[d], a)
	}
}

// settle makes the dirty lines anew and returns the areas whose shown line changed.
func (l *ledger) settle() map[area.Code]bool {
	dirty := slices.SortedFunc(maps.Keys(l.dirty), func(a, b area.Code) int {
		return cmp.Or(cmp.Compare(depth(b), depth(a)), cmp.Compare(a, b))
	})
	clear(l.dirty)
	changed := map[area.Code]bool{}
	for _, a := range dirty {
		l.native[a] = l.own(a)
		changed[a] = true
		if to := l.target[a]; to != 0 {
			changed[to] = true
			if d := to.District(); to.Level() == area.Commune && d != 0 {
				changed[d] = true
			}
		}
	}
	for a := range changed {
		l.shown[a] = l.whole(a)
	}
	return changed
}

// depth puts communes after districts after provinces.
func depth(a area.Code) int {
	n := 0
	for ; a != 0; a = a.Parent() {
		n++
	}
	return n
}

// draft is a line in the making.
type draft struct {
	line
	byDay map[day.Day]int
}

func (d *draft) add(l *line) {
	if l == nil {
		return
	}
	for _, c := range l.days {
		d.byDay[c.day] += c.cases
	}
	d.marks = append(d.marks, l.marks...)
	d.marked += l.marked
	d.estimated = d.estimated || l.estimated
	d.doubted(l.doubt)
}

func (d *draft) doubted(on day.Day) {
	if on != 0 && (d.doubt == 0 || on < d.doubt) {
		d.doubt = on
	}
}

func (d *draft) done() *line {
	l := d.line
	for on, n := range d.byDay {
		if n != 0 {
			l.days = append(l.days, count{on, n})
		}
	}
	slices.SortFunc(l.days, func(a, b count) int { return cmp.Compare(a.day, b.day) })
	sum := 0
	for _, c := range l.days {
		sum += c.cases
		l.sums = append(l.sums, sum)
	}
	slices.SortFunc(l.marks, func(a, b span) int {
		return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to))
	})
	l.marks = slices.Compact(l.marks)
	return &l
}

// own makes the line of an area in its own edition: its units, its rest and its
// batches; on a day for which the whole is announced, that number.
func (l *ledger) own(a area.Code) *line {
	d := &draft{byDay: map[day.Day]int{}}
	for child := range l.children[a] {
		d.add(l.native[child])
	}
	for on, n := range l.batches[a] {
		d.byDay[on] += n
		d.doubted(on)
	}
	for k, n := range l.announced[a] {
		if k.rest {
			d.byDay[k.day] += n
		}
	}
	for k, n := range l.announced[a] {
		if !k.rest {
			d.byDay[k.day] = n
		}
	}
	if m := l.marks[a]; m.since != 0 {
		d.marked++
		d.marks = append(d.marks, span{m.since, m.since + tail - 1})
		if m.again != 0 {
			d.marks = append(d.marks, span{m.again, 0})
		}
		d.doubted(m.since)
	}
	return d.done()
}

// whole adds what the other edition has on the same ground.
func (l *ledger) whole(a area.Code) *line {
	from := l.origins[a]
	if len(from) == 0 {
		return l.native[a]
	}
	d := &draft{byDay: map[day.Day]int{}}
	d.add(l.native[a])
	for _, o := range from {
		d.add(l.native[o])
		d.estimated = d.estimated || !l.exact[o]
	}
	return d.done()
}

// span returns the first and the last day with anything to show; 0, 0 for none.
func (l *ledger) span() span {
	s := l.told
	add := func(d day.Day) {
		if d == 0 {
			return
		}
		if s.from == 0 || d < s.from {
			s.from = d
		}
		s.to = max(s.to, d)
	}
	for _, days := range l.batches {
		for d := range days {
			add(d)
		}
	}
	for _, m := range l.marks {
		add(m.since)
		add(m.again)
	}
	return s
}

func otherEdition(e area.Edition) area.Edition {
	if e == area.Edition2021 {
		return area.Edition2025
	}
	return area.Edition2021
}

func countryOf(e area.Edition) area.Code {
	c, err := area.Of(e, "", "", "")
	if err != nil {
		panic(err) // no part can be wrong
	}
	return c
}
