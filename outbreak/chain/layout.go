package chain

import (
	"cmp"
	"slices"

	"khien/kernel/day"
)

// Layout places every case that an edge touches, a self-loop too: X is the day of onset counted
// from the first, Y a row from 0. The first case that somebody infected shares
// their row if it fell ill later, the next ones stand below, so that rows are as many as the ends of
// chains. Clusters follow each other, the largest first, a free row between.
type Layout struct {
	Nodes []Node // by row, then by day
	Links []Link
	First day.Day // the day of X 0; 0 where no case has one
	Days  int     // X is below it
	Rows  int     // Y is below it
	Alone int     // cases without any edge, which are not placed
}

// Node is a placed case.
type Node struct {
	ID   string // "" for a case that the reader may not know
	X, Y int32
	Out  int32 // cases it infected
	Ring bool  // stands in a ring, or is told as its own source
	Loop bool  // is told as its own source
	Told bool  // false: only an edge names it
}

// Link is an edge between places. Second is true for the further sources of a
// case that has several, and for what closes a ring.
type Link struct {
	FromX, FromY, ToX, ToY int32
	Second                 bool
}

// layout is the work in progress.
type layout struct {
	g        *Graph
	parent   []int32 // the first source, -1 none
	children lists
	x, y     []int32
}

// Layout walks each case and edge a few times.
func (g *Graph) Layout() *Layout {
	w := layout{g: g, parent: g.firstSources(), x: make([]int32, len(g.ids)), y: make([]int32, len(g.ids))}
	w.children = w.forest()
	first, days := w.days()
	l := &Layout{First: day.Day(first), Days: days, Rows: w.rows()}
	w.nodes(l)
	w.links(l)
	return l
}

// firstSources picks one source of each case, the one that fell ill first, so
// that following it never leads in a circle.
func (g *Graph) firstSources() []int32 {
	parent := make([]int32, len(g.ids))
	root := make([]int32, len(g.ids))
	for i := range parent {
		parent[i], root[i] = -1, int32(i)
	}
	for i := range parent {
		sources := slices.Clone(g.in.of(int32(i)))
		slices.SortFunc(sources, func(a, b int32) int { return cmp.Or(cmp.Compare(g.onsets[a], g.onsets[b]), cmp.Compare(a, b)) })
		for _, s := range sources {
			if find(root, s) != int32(i) { // s is not below i
				parent[i] = s
				root[i] = find(root, s)
				break
			}
		}
	}
	return parent
}

// forest lists the children of each by day of onset.
func (w *layout) forest() lists {
	var by, other []int32
	for i, p := range w.parent {
		if p >= 0 {
			by, other = append(by, p), append(other, int32(i))
		}
	}
	l := group(len(w.parent), by, other)
	for i := range w.parent {
		slices.SortFunc(l.of(int32(i)), func(a, b int32) int {
			return cmp.Or(cmp.Compare(w.g.onsets[a], w.g.onsets[b]), cmp.Compare(a, b))
		})
	}
	return l
}

// gapDays stands between a case and those it infected whose onset is unknown.
const gapDays = 3

// days sets X. Who has no onset stands a gap behind their source.
func (w *layout) days() (first int32, days int) {
	most := int32(0)
	for _, o := range w.g.onsets {
		if o != 0 && (first == 0 || int32(o) < first) {
			first = int32(o)
		}
	}
	w.walk(func(i int32) {
		switch p := w.parent[i]; {
		case w.g.onsets[i] != 0:
			w.x[i] = int32(w.g.onsets[i]) - first
		case p >= 0:
			w.x[i] = w.x[p] + gapDays
		}
		most = max(most, w.x[i])
	})
	return first, int(most) + 1
}

// walk visits every case after its first source, each tree at once.
func (w *layout) walk(visit func(int32)) {
	var stack []int32
	for i, p := range w.parent {
		if p >= 0 {
			continue
		}
		stack = append(stack[:0], int32(i))
		for len(stack) > 0 {
			n := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			visit(n)
			for _, c := range slices.Backward(w.children.of(n)) {
				stack = append(stack, c)
			}
		}
	}
}

// rows sets Y, cluster by cluster, and returns how many there are.
func (w *layout) rows() int {
	next := int32(0)
	for n, cluster := range w.g.clusters() {
		if n > 0 {
			next++
		}
		for _, member := range cluster {
			if w.parent[member] < 0 {
				next = w.tree(member, next)
			}
		}
	}
	for _, l := range w.g.loops {
		if w.alone(l) {
			next++
			w.y[l] = next
			next++
		}
	}
	return int(next)
}

// alone reports whether no edge joins a case to another.
func (w *layout) alone(n int32) bool { return len(w.g.in.of(n)) == 0 && len(w.g.out.of(n)) == 0 }

// tree sets the rows of one tree from next on and returns the next free one.
func (w *layout) tree(root, next int32) int32 {
	type step struct {
		node int32
		row  int32 // -1: the next free one
	}
	stack := []step{{root, -1}}
	for len(stack) > 0 {
		s := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		w.y[s.node] = s.row
		if s.row < 0 {
			w.y[s.node] = next
			next++
		}
		children := w.children.of(s.node)
		for i, c := range slices.Backward(children) {
			row := int32(-1)
			if i == 0 && w.x[c] > w.x[s.node] {
				row = w.y[s.node]
			}
			stack = append(stack, step{c, row})
		}
	}
	return next
}

func (w *layout) nodes(l *Layout) {
	ring, loop := make([]bool, len(w.g.ids)), make([]bool, len(w.g.ids))
	for _, n := range w.g.loops {
		loop[n] = true
	}
	for _, c := range append(slices.Clone(w.g.cycles()), w.g.loops) {
		for _, n := range c {
			ring[n] = true
		}
	}
	for i, id := range w.g.ids {
		n := int32(i)
		if w.alone(n) && !loop[n] {
			l.Alone++
			continue
		}
		l.Nodes = append(l.Nodes, Node{ID: id, X: w.x[i], Y: w.y[i], Out: int32(len(w.g.out.of(n))), Ring: ring[n], Loop: loop[n], Told: i < w.g.known})
	}
	slices.SortFunc(l.Nodes, func(a, b Node) int { return cmp.Or(cmp.Compare(a.Y, b.Y), cmp.Compare(a.X, b.X)) })
}

func (w *layout) links(l *Layout) {
	for i := range w.g.from {
		a, b := w.g.from[i], w.g.to[i]
		l.Links = append(l.Links, Link{w.x[a], w.y[a], w.x[b], w.y[b], w.parent[b] != a})
	}
}
