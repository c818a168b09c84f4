// Package chain says who infected whom: generations, clusters, the offspring
// distribution and the intervals between one case and the next.
//
// A Graph keeps whatever it is told. A case that is its own source, a ring of
// cases, a source that nobody knows and a second source of one case are kept and
// named, never dropped, and hang nothing: every walk here is a loop over arrays.
package chain

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"khien/kernel/day"
)

// Edge is one case infecting another, as their ids. Onset and the like stand
// with the cases.
type Edge struct{ From, To string }

// Case is a case with the day from which intervals count; 0 is unknown.
type Case struct {
	ID    string
	Onset day.Day
}

// Graph holds cases by number, in the order they were told, those that only an
// edge names behind them.
type Graph struct {
	ids      []string
	onsets   []day.Day
	number   map[string]int32
	known    int // cases told as such; the rest dangle
	from, to []int32
	out      lists // of distinct edges, self-loops left out
	in       lists
	loops    []int32
	repeated int
	walked   struct {
		sync.Once
		clusters, cycles [][]int32
		generations      []int
	}
}

// lists are slices of one array: list i is all[start[i]:start[i+1]].
type lists struct {
	start []int32
	all   []int32
}

func (l lists) of(i int32) []int32 { return l.all[l.start[i]:l.start[i+1]] }

// New takes cases and edges. A case told twice is the first one; an edge told
// twice counts once.
func New(cases []Case, edges []Edge) *Graph {
	g := &Graph{number: make(map[string]int32, len(cases)), ids: make([]string, 0, len(cases)), onsets: make([]day.Day, 0, len(cases)),
		from: make([]int32, 0, len(edges)), to: make([]int32, 0, len(edges))}
	for _, c := range cases {
		if _, ok := g.number[c.ID]; !ok {
			g.add(c)
		}
	}
	g.known = len(g.ids)
	for _, e := range edges {
		g.from = append(g.from, g.numberOf(e.From))
		g.to = append(g.to, g.numberOf(e.To))
	}
	g.distinct()
	g.out, g.in = group(len(g.ids), g.from, g.to), group(len(g.ids), g.to, g.from)
	return g
}

func (g *Graph) add(c Case) int32 {
	n := int32(len(g.ids))
	g.number[c.ID] = n
	g.ids = append(g.ids, c.ID)
	g.onsets = append(g.onsets, c.Onset)
	return n
}

func (g *Graph) numberOf(id string) int32 {
	if n, ok := g.number[id]; ok {
		return n
	}
	return g.add(Case{ID: id})
}

// distinct sorts the edges, takes repeated ones together and sets self-loops apart.
func (g *Graph) distinct() {
	all := make([]int64, 0, len(g.from))
	for i := range g.from {
		if g.from[i] == g.to[i] {
			g.loops = append(g.loops, g.from[i])
			continue
		}
		all = append(all, int64(g.from[i])<<32|int64(g.to[i]))
	}
	told := len(all)
	slices.Sort(all)
	all = slices.Compact(all)
	g.repeated = told - len(all)
	g.from, g.to = g.from[:0], g.to[:0]
	for _, e := range all {
		g.from, g.to = append(g.from, int32(e>>32)), append(g.to, int32(e&(1<<31-1)))
	}
	slices.Sort(g.loops)
	g.loops = slices.Compact(g.loops)
}

// group lists, for each of n, the others of its edges.
func group(n int, by, other []int32) lists {
	l := lists{start: make([]int32, n+1), all: make([]int32, len(by))}
	for _, b := range by {
		l.start[b+1]++
	}
	for i := range n {
		l.start[i+1] += l.start[i]
	}
	next := slices.Clone(l.start[:n])
	for i, b := range by {
		l.all[next[b]] = other[i]
		next[b]++
	}
	return l
}

// Dangling are the ids that edges name and no case has, in their order.
func (g *Graph) Dangling() []string { return slices.Clone(g.ids[g.known:]) }

// Loops are the cases told as their own source.
func (g *Graph) Loops() []string { return g.names(g.loops) }

func (g *Graph) names(ns []int32) []string {
	all := make([]string, len(ns))
	for i, n := range ns {
		all[i] = g.ids[n]
	}
	return all
}

// Unrooted is the generation of who is reached from no case without a source:
// members of a ring that nobody outside infected, and those behind it.
const Unrooted = -1

// walk finds, once, what takes a walk over the whole graph.
func (g *Graph) walk() {
	g.walked.Do(func() {
		g.walked.clusters, g.walked.cycles, g.walked.generations = g.findClusters(), g.findCycles(), g.findGenerations()
	})
}

func (g *Graph) clusters() [][]int32 {
	g.walk()
	return g.walked.clusters
}

func (g *Graph) cycles() [][]int32 {
	g.walk()
	return g.walked.cycles
}

// Generations gives each case, by number, the least number of steps from a case
// without a known source.
func (g *Graph) Generations() []int {
	g.walk()
	return g.walked.generations
}

func (g *Graph) findGenerations() []int {
	gen := make([]int, len(g.ids))
	queue := make([]int32, 0, len(g.ids))
	for i := range gen {
		gen[i] = Unrooted
		if len(g.in.of(int32(i))) == 0 {
			gen[i] = 0
			queue = append(queue, int32(i))
		}
	}
	for next := 0; next < len(queue); next++ {
		c := queue[next]
		for _, o := range g.out.of(c) {
			if gen[o] == Unrooted {
				gen[o] = gen[c] + 1
				queue = append(queue, o)
			}
		}
	}
	return gen
}

// Clusters are the groups of cases that edges connect, two cases at least each, the
// largest first.
func (g *Graph) Clusters() [][]string {
	all := make([][]string, len(g.clusters()))
	for i, c := range g.clusters() {
		all[i] = g.names(c)
	}
	return all
}

// ClusterOf is the cluster that a case stands in, itself alone where no edge
// touches it; nil for an id that the graph does not have.
func (g *Graph) ClusterOf(id string) []string {
	n, ok := g.number[id]
	if !ok {
		return nil
	}
	for _, c := range g.clusters() {
		if slices.Contains(c, n) {
			return g.names(c)
		}
	}
	return []string{id}
}

func (g *Graph) findClusters() [][]int32 {
	root := make([]int32, len(g.ids))
	for i := range root {
		root[i] = int32(i)
	}
	for i := range g.from {
		root[find(root, g.from[i])] = find(root, g.to[i])
	}
	by, member := make([]int32, 0, len(root)), make([]int32, 0, len(root))
	for i := range root {
		n := int32(i)
		if r := find(root, n); r != n || len(g.in.of(n))+len(g.out.of(n)) > 0 {
			by, member = append(by, r), append(member, n)
		}
	}
	members := group(len(root), by, member)
	var all [][]int32
	for i := range root {
		if m := members.of(int32(i)); len(m) > 0 {
			all = append(all, m)
		}
	}
	slices.SortFunc(all, func(a, b []int32) int {
		return cmp.Or(cmp.Compare(len(b), len(a)), strings.Compare(g.ids[a[0]], g.ids[b[0]]))
	})
	return all
}

// find follows roots, halving the way.
func find(root []int32, i int32) int32 {
	for root[i] != i {
		root[i] = root[root[i]]
		i = root[i]
	}
	return i
}
