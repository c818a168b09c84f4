package chain

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// Figures sum a graph up, as `khien chains --json` prints them.
type Figures struct {
	Cases          int        `json:"cases"` // told as cases; dangling ids are not among them
	Edges          int        `json:"edges"` // distinct, self-loops left out
	Generations    []int      `json:"generations"`
	Unrooted       int        `json:"unrooted"`
	Clusters       int        `json:"clusters"`
	LargestCluster int        `json:"largest_cluster"`
	Top            []Spread   `json:"top"`
	SelfLoops      []string   `json:"self_loops"`
	Cycles         [][]string `json:"cycles"`
	Dangling       []string   `json:"dangling"`
	Repeated       int        `json:"repeated_edges"`
	R              float64    `json:"R"`
	K              *float64   `json:"k"` // nil: no more dispersed than Poisson, k has no finite value
	SerialInterval Interval   `json:"serial_interval"`
}

// Spread is a case with the number of cases it infected.
type Spread struct {
	ID  string `json:"id"`
	Out int    `json:"out"`
}

// Interval describes days between two moments of a pair.
type Interval struct {
	N      int     `json:"n"`
	Mean   float64 `json:"mean"`
	SD     float64 `json:"sd"`
	Median float64 `json:"median"`
}

// topMost is how many spreaders are named.
const topMost = 10

// Figures sums up every case.
func (g *Graph) Figures() Figures { return g.FiguresOf(nil) }

// FiguresOf sums up the cases whose ids pick holds; nil picks all. What is said of
// each is by the whole graph: its generation, how many it infected, the size of
// its cluster. An edge counts when one of its ends is picked, an interval when the
// case infected is.
func (g *Graph) FiguresOf(pick func(id string) bool) Figures {
	picked := make([]bool, len(g.ids))
	for i, id := range g.ids {
		picked[i] = pick == nil || pick(id)
	}
	f := Figures{SerialInterval: Describe(g.serial(picked)), Top: g.top(picked), SelfLoops: g.names(only(g.loops, picked))}
	for i := range g.known {
		if picked[i] {
			f.Cases++
		}
	}
	f.Edges = g.edgesOf(picked)
	f.Generations, f.Unrooted = g.perGeneration(picked)
	f.Clusters, f.LargestCluster = g.clustersOf(picked)
	for _, ring := range g.cycles() {
		if len(only(ring, picked)) > 0 {
			f.Cycles = append(f.Cycles, g.names(ring))
		}
	}
	f.Dangling = g.danglingOf(picked)
	if pick == nil {
		f.Repeated = g.repeated
	}
	offspring := g.offspringOf(picked)
	f.R = mean(offspring)
	if k, ok := Dispersion(offspring); ok {
		f.K = &k
	}
	return f
}

// WithLists returns the figures with empty lists in the place of none, as JSON is
// to show them.
func (f Figures) WithLists() Figures {
	f.Generations, f.Top = append([]int{}, f.Generations...), append([]Spread{}, f.Top...)
	f.SelfLoops, f.Dangling = append([]string{}, f.SelfLoops...), append([]string{}, f.Dangling...)
	f.Cycles = append([][]string{}, f.Cycles...)
	return f
}

func only(ns []int32, picked []bool) (some []int32) {
	for _, n := range ns {
		if picked[n] {
			some = append(some, n)
		}
	}
	return some
}

func (g *Graph) edgesOf(picked []bool) (n int) {
	for i := range g.from {
		if picked[g.from[i]] || picked[g.to[i]] {
			n++
		}
	}
	return n
}

// danglingOf are the ids without a case beside a picked one.
func (g *Graph) danglingOf(picked []bool) []string {
	var ns []int32
	for i := g.known; i < len(g.ids); i++ {
		n := int32(i)
		if picked[n] || len(only(g.in.of(n), picked))+len(only(g.out.of(n), picked)) > 0 {
			ns = append(ns, n)
		}
	}
	return g.names(ns)
}

// clustersOf counts the clusters with a picked case, and the cases of the largest.
func (g *Graph) clustersOf(picked []bool) (n, largest int) {
	for _, c := range g.clusters() {
		if len(only(c, picked)) > 0 {
			n, largest = n+1, max(largest, len(c))
		}
	}
	return n, largest
}

// perGeneration counts the cases of each generation; who only an edge names is
// no case.
func (g *Graph) perGeneration(picked []bool) (counts []int, unrooted int) {
	for i, gen := range g.Generations() {
		switch {
		case i >= g.known || !picked[i]:
		case gen == Unrooted:
			unrooted++
		default:
			for len(counts) <= gen {
				counts = append(counts, 0)
			}
			counts[gen]++
		}
	}
	return counts, unrooted
}

// Offspring is the number of cases that each known case infected. A case of two
// sources counts with both.
func (g *Graph) Offspring() []int {
	all := make([]int, g.known)
	for i := range all {
		all[i] = len(g.out.of(int32(i)))
	}
	return all
}

func (g *Graph) offspringOf(picked []bool) (some []int) {
	for i, n := range g.Offspring() {
		if picked[i] {
			some = append(some, n)
		}
	}
	return some
}

func (g *Graph) top(picked []bool) []Spread {
	var all []Spread
	for i := range g.ids {
		if n := len(g.out.of(int32(i))); n > 0 && picked[i] {
			all = append(all, Spread{g.ids[i], n})
		}
	}
	slices.SortFunc(all, func(a, b Spread) int { return cmp.Or(cmp.Compare(b.Out, a.Out), strings.Compare(a.ID, b.ID)) })
	return all[:min(len(all), topMost)]
}

// serial is the days from onset to onset of every pair that has both, of the
// picked cases infected.
func (g *Graph) serial(picked []bool) []int {
	var days []int
	for i := range g.from {
		if a, b := g.onsets[g.from[i]], g.onsets[g.to[i]]; a != 0 && b != 0 && picked[g.to[i]] {
			days = append(days, int(b-a))
		}
	}
	return days
}

// Describe gives the mean, the sample standard deviation (0 under two) and the
// median of whole days.
func Describe(days []int) Interval {
	if len(days) == 0 {
		return Interval{}
	}
	days = slices.Sorted(slices.Values(days))
	n, m := len(days), mean(days)
	squares := 0.0
	for _, d := range days {
		squares += (float64(d) - m) * (float64(d) - m)
	}
	i := Interval{N: n, Mean: m, Median: float64(days[n/2]+days[(n-1)/2]) / 2}
	if n > 1 {
		i.SD = math.Sqrt(squares / float64(n-1))
	}
	return i
}

func mean(ns []int) float64 {
	sum := 0
	for _, n := range ns {
		sum += n
	}
	return float64(sum) / float64(max(1, len(ns)))
}
