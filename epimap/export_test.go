package epimap

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"khien/kernel/area"
	"khien/kernel/day"
	"khien/kernel/event"
)

// Model is the projection without tables: the same rule and the same ledger, for
// thousands of histories in a test. TestModelIsTheService holds that it says the
// same as the Service.
type Model struct {
	s        *Service
	now      time.Time
	units    map[area.Code]*unit
	horizons map[horizonKey]day.Day
	ledger   *ledger
}

// NewModel returns an empty Model with the rules of s.
func NewModel(s *Service) *Model {
	return &Model{s: s, units: map[area.Code]*unit{}, horizons: map[horizonKey]day.Day{}, ledger: newLedger(s.gazetteer)}
}

// Hear takes in the facts of one transaction.
func (m *Model) Hear(at time.Time, facts ...event.Body) {
	w := &work{20, map[cellKey]int{}, map[announcedKey]announced{}, map[horizonKey]day.Day{}, map[levelKey]int{}}
	for _, f := range facts {
		switch f := f.(type) {
		case event.CaseClassified:
			w.count(f.Was, -1)
			w.count(f.Is, +1)
		case event.CountsAnnounced:
			m.s.announce(w, f, announced{source: f.Source, at: at})
		}
	}
	for k, d := range w.horizons {
		m.horizons[k] = max(m.horizons[k], d)
	}
	areas := map[area.Code]bool{}
	for k, n := range w.recorded {
		areas[k.area] = true
		m.add(k, n)
	}
	for a := range m.units {
		areas[a] = areas[a] || w.covers(a)
	}
	changed := len(w.announced) > 0
	for _, a := range slices.Sorted(maps.Keys(areas)) {
		if areas[a] {
			changed = m.settle(a, day.Today(at)) || changed
		}
	}
	for k, a := range w.announced {
		m.ledger.putAnnounced(k, a)
	}
	if changed {
		m.ledger.version++
		m.ledger.at = at
	}
	m.now = at
}

func (m *Model) add(k cellKey, n int) {
	u := m.units[k.area]
	if u == nil {
		u = &unit{}
		m.units[k.area] = u
	}
	at, found := slices.BinarySearchFunc(u.cells, k.day, func(c cell, d day.Day) int { return int(c.day - d) })
	if !found {
		u.cells = slices.Insert(u.cells, at, cell{day: k.day})
	}
	u.cells[at].cases += n
}

func (m *Model) settle(a area.Code, today day.Day) (changed bool) {
	u := m.units[a]
	was := &unit{slices.Clone(u.cells), slices.Clone(u.batches), u.mark}
	u.settle(m.s.k, m.horizon(a), today)
	u.cells = slices.DeleteFunc(u.cells, func(c cell) bool { return c.cases == 0 && c.released == 0 })
	for _, b := range u.batches {
		if !slices.Contains(was.batches, b) {
			m.ledger.putBatch(cellKey{a, b.day}, b.cases)
			changed = true
		}
	}
	if u.mark != was.mark {
		m.ledger.putMark(a, u.mark)
		changed = true
	}
	u.batches = slices.DeleteFunc(u.batches, func(b batch) bool { return b.cases == 0 })
	return changed
}

func (m *Model) horizon(a area.Code) day.Day {
	h := m.horizons[horizonKey{a, false}]
	for k, d := range m.horizons {
		if k.ground && k.area.Contains(a) {
			h = max(h, d)
		}
	}
	return h
}

// Pending returns the hidden number of every unit that has one.
func (m *Model) Pending() map[area.Code]int {
	all := map[area.Code]int{}
	for a, u := range m.units {
		if p := u.pending(); p != 0 {
			all[a] = p
		}
	}
	return all
}

// Since returns the first day of a unit's mark.
func (m *Model) Since(a area.Code) day.Day { return m.units[a].mark.since }

// Latest returns the last day of a unit with pending cases.
func (m *Model) Latest(a area.Code) (latest day.Day) {
	for _, c := range m.units[a].cells {
		if c.rest() > 0 {
			latest = c.day
		}
	}
	return latest
}

// View returns what the public sees now.
func (m *Model) View() *View {
	m.ledger.settle()
	return &View{viewOf(m.ledger, m.s.k, day.Today(m.now)), m.s}
}

// View is a view with the service that says it.
type View struct {
	v *view
	s *Service
}

// Dump writes everything that an answer can be made of: two views with one dump
// give the same bytes everywhere.
func (v *View) Dump() string {
	var b bytes.Buffer
	fmt.Fprintln(&b, v.v.version, v.v.at, v.v.first, v.v.last, v.v.sources, v.v.k)
	for _, a := range slices.Sorted(maps.Keys(v.v.lines)) {
		fmt.Fprintln(&b, a, *v.v.lines[a])
	}
	return b.String()
}

// Numbers calls f for every number on the map: all layers, days and windows.
func (v *View) Numbers(from, to day.Day, f func(a area.Code, d day.Day, w Window, c Count)) {
	for _, la := range v.s.layers() {
		for a := range v.v.lines {
			if !la.has(a) {
				continue
			}
			for d := from; d <= to; d++ {
				for _, w := range Windows {
					f(a, d, w, v.v.count(a, d, w))
				}
			}
		}
	}
}

// Count returns one number of the map.
func (v *View) Count(a area.Code, d day.Day, w Window) Count { return v.v.count(a, d, w) }

// Series returns the answer of /api/v1/map/series without its version and time:
// all of it for part "", the last days for part "recent".
func (v *View) Series(e area.Edition, level area.Level, part string) string {
	from := v.v.first
	if part == "recent" {
		from = max(from, v.v.last-day.Day(recentDays)+1)
	}
	b, err := v.s.seriesJSON(v.v, v.s.layer(e, level), from)
	if err != nil {
		panic(err)
	}
	var w seriesWire
	if err := json.Unmarshal(b, &w); err != nil {
		panic(err)
	}
	w.AsOf = time.Time{}
	b, _ = json.Marshal(w)
	return string(b)
}
