package spread

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"khien/kernel/area"
	"khien/kernel/auth"
	"khien/kernel/day"
	"khien/outbreak/chain"
)

// Filter picks cases of a scope. The zero Filter picks them all.
type Filter struct {
	Area     area.Code // responsible area: it and everything below
	From, To day.Day   // of onset, else of the next day known; both included
	Case     string    // a number or an id: the whole chain of that case
}

func (f Filter) key() string {
	return fmt.Sprintf("%d|%d|%d|%s", f.Area, f.From, f.To, f.Case)
}

// view is what a filter shows one kind of reader.
type view struct {
	Figures    chain.Figures
	Tracing    Tracing
	Incubation chain.Interval // exposure to onset
	Generation chain.Interval // exposure to exposure
	Layout     *chain.Layout  // of the picked cases and those next to them; IDs of cases out of scope are ""
	Focus      int32          // the case of the filter; nobody for none

	alone  int              // picked cases that no link touches
	hidden int              // nodes of the layout without a name
	picked []bool           // by number of the case
	shown  map[string]int32 // of the layout's names in scope, the number
}

// keepMost is how many views a world keeps.
const keepMost = 48

// keep holds the views of one world, those asked for last.
type keep struct {
	mu    sync.Mutex
	made  map[string]*making
	order []string
}

type making struct {
	once sync.Once
	view *view
	any  any
}

// get returns what make makes for a key, once, whoever asks meanwhile waits.
func (k *keep) get(key string, do func(*making)) *making {
	k.mu.Lock()
	if k.made == nil {
		k.made = map[string]*making{}
	}
	m := k.made[key]
	if m == nil {
		m = &making{}
		k.made[key] = m
	}
	k.order = append(slices.DeleteFunc(k.order, func(o string) bool { return o == key }), key)
	if len(k.order) > keepMost {
		delete(k.made, k.order[0])
		k.order = k.order[1:]
	}
	k.mu.Unlock()
	m.once.Do(func() { do(m) })
	return m
}

// readerKey is the same for readers who see the same.
func readerKey(sc auth.Scope) string {
	if sc.Whole() {
		return "whole"
	}
	var parts []string
	for _, a := range sc.Areas() {
		parts = append(parts, a.String())
	}
	return strings.Join(parts, ",")
}

// view returns what a filter shows a reader.
func (w *world) view(sc auth.Scope, f Filter, today day.Day) *view {
	m := w.kept.get("view|"+readerKey(sc)+"|"+f.key()+"|"+today.String(), func(m *making) { m.view = w.makeView(sc, f, today) })
	return m.view
}

func (w *world) makeView(sc auth.Scope, f Filter, today day.Day) *view {
	v := &view{Focus: nobody}
	drawn := w.pick(v, sc, f)
	pick := func(name string) bool {
		n := w.caseOf(name)
		return n != nobody && v.picked[n]
	}
	if sc.Whole() && f == (Filter{}) {
		v.Figures = w.graph.Figures()
	} else {
		v.Figures = w.graph.FiguresOf(pick)
	}
	v.Tracing = w.tracing(v.picked, today)
	v.Incubation, v.Generation = w.intervals(v.picked)
	v.Layout = w.layout(drawn)
	v.hide(w, sc)
	return v
}

// pick says which cases the filter picks, and which it draws: in a chain of one
// case, those out of scope too.
func (w *world) pick(v *view, sc auth.Scope, f Filter) (drawn []bool) {
	v.picked = make([]bool, len(w.cases))
	var in []bool
	if f.Case != "" {
		v.Focus = w.caseOf(f.Case)
		if !w.covers(sc, v.Focus) {
			v.Focus = nobody
			return v.picked
		}
		in = w.cluster(v.Focus)
	}
	for i, c := range w.cases {
		d := dayOf(c)
		v.picked[i] = (in == nil || in[i]) && (f.Area == 0 || f.Area.Contains(c.Area)) && (f.From == 0 || d >= f.From) &&
			(f.To == 0 || d <= f.To) && w.covers(sc, int32(i))
	}
	if in != nil && f.Area == 0 && f.From == 0 && f.To == 0 {
		return in
	}
	return v.picked
}

// layout draws the cases and what links join to them.
func (w *world) layout(drawn []bool) *chain.Layout {
	var edges []chain.Edge
	beside := make([]bool, len(w.cases))
	for _, l := range w.links {
		if !(l.from != nobody && drawn[l.from] || l.to != nobody && drawn[l.to]) {
			continue
		}
		for _, n := range []int32{l.from, l.to} {
			if n != nobody {
				beside[n] = true
			}
		}
		edges = append(edges, chain.Edge{From: w.nameOf(l.from, l.From), To: w.nameOf(l.to, l.To)})
	}
	var told []chain.Case
	for i, c := range w.cases {
		if beside[i] {
			told = append(told, chain.Case{ID: w.names[i], Onset: dayOf(c)})
		}
	}
	return chain.New(told, edges).Layout()
}

// hide takes the names out of the layout that the reader may not see: of a case
// out of scope, and of a name without a case that stands only beside such.
func (v *view) hide(w *world, sc auth.Scope) {
	v.shown = map[string]int32{}
	seen := w.namesSeen(sc)
	for i := range v.Layout.Nodes {
		n := &v.Layout.Nodes[i]
		at := w.caseOf(n.ID)
		switch {
		case w.covers(sc, at):
			v.shown[n.ID] = at
		case at != nobody || !seen[n.ID]:
			n.ID = ""
			v.hidden++
		}
	}
	for i, name := range w.names {
		if _, drawn := v.shown[name]; v.picked[i] && !drawn {
			v.alone++
		}
	}
	visible := func(name string) bool { at := w.caseOf(name); return w.covers(sc, at) || at == nobody && seen[name] }
	v.Figures.Dangling = slices.DeleteFunc(v.Figures.Dangling, func(name string) bool { return !visible(name) })
	for _, ring := range v.Figures.Cycles {
		for i, name := range ring {
			if !visible(name) {
				ring[i] = ""
			}
		}
	}
}

// namesSeen are the names without a case that a link joins to a case in scope.
func (w *world) namesSeen(sc auth.Scope) map[string]bool {
	seen := map[string]bool{}
	for _, l := range w.links {
		if l.from == nobody && (w.covers(sc, l.to) || sc.Whole()) {
			seen[l.From] = true
		}
		if l.to == nobody && (w.covers(sc, l.from) || sc.Whole()) {
			seen[l.To] = true
		}
	}
	return seen
}
