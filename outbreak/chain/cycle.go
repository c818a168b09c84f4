package chain

import "slices"

// Cycles are the rings: groups of two cases and more in which each leads to each
// of the others, in the order of the cases.
func (g *Graph) Cycles() [][]string {
	var all [][]string
	for _, ring := range g.cycles() {
		all = append(all, g.names(ring))
	}
	return all
}

func (g *Graph) findCycles() [][]int32 {
	w := tarjan{g: g, index: make([]int32, len(g.ids)), low: make([]int32, len(g.ids)), on: make([]bool, len(g.ids))}
	for i := range g.ids {
		if w.index[i] == 0 {
			w.walk(int32(i))
		}
	}
	slices.SortFunc(w.found, func(a, b []int32) int { return int(a[0] - b[0]) })
	return w.found
}

// tarjan finds strongly connected components (Tarjan 1972) with a stack of its
// own: a chain of a million cases is no deeper than any other.
type tarjan struct {
	g          *Graph
	index, low []int32 // from 1; 0 is unseen
	on         []bool
	next       int32
	stack      []int32
	calls      []call
	found      [][]int32
}

type call struct {
	node int32
	edge int
}

func (w *tarjan) enter(n int32) {
	w.next++
	w.index[n], w.low[n], w.on[n] = w.next, w.next, true
	w.stack = append(w.stack, n)
	w.calls = append(w.calls, call{node: n})
}

func (w *tarjan) walk(start int32) {
	w.enter(start)
	for len(w.calls) > 0 {
		c := &w.calls[len(w.calls)-1]
		next := w.g.out.of(c.node)
		if c.edge == len(next) {
			w.leave(c.node)
			continue
		}
		o := next[c.edge]
		c.edge++
		switch {
		case w.index[o] == 0:
			w.enter(o)
		case w.on[o]:
			w.low[c.node] = min(w.low[c.node], w.index[o])
		}
	}
}

func (w *tarjan) leave(n int32) {
	w.calls = w.calls[:len(w.calls)-1]
	if len(w.calls) > 0 {
		up := w.calls[len(w.calls)-1].node
		w.low[up] = min(w.low[up], w.low[n])
	}
	if w.low[n] != w.index[n] {
		return
	}
	at := len(w.stack) - 1
	for w.stack[at] != n {
		at--
	}
	ring := slices.Clone(w.stack[at:])
	w.stack = w.stack[:at]
	for _, m := range ring {
		w.on[m] = false
	}
	if len(ring) > 1 {
		slices.Sort(ring)
		w.found = append(w.found, ring)
	}
}
