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

// Figures walks the graph once for each of its parts.
func (g *Graph) Figures() Figures {
	f := Figures{Cases: g.known, Edges: len(g.from), SelfLoops: g.Loops(), Cycles: g.Cycles(), Dangling: g.Dangling(),
		Repeated: g.repeated, Top: g.top(), SerialInterval: Describe(g.serial())}
	f.Generations, f.Unrooted = g.perGeneration()
	clusters := g.Clusters()
	f.Clusters = len(clusters)
	if len(clusters) > 0 {
		f.LargestCluster = len(clusters[0])
	}
	offspring := g.Offspring()
	f.R = mean(offspring)
	if k, ok := Dispersion(offspring); ok {
		f.K = &k
	}
	return f
}

// perGeneration counts the cases of each generation; who only an edge names is
// no case.
func (g *Graph) perGeneration() (counts []int, unrooted int) {
	for i, gen := range g.Generations() {
		switch {
		case i >= g.known:
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

func (g *Graph) top() []Spread {
	var all []Spread
	for i := range g.ids {
		if n := len(g.out.of(int32(i))); n > 0 {
			all = append(all, Spread{g.ids[i], n})
		}
	}
	slices.SortFunc(all, func(a, b Spread) int { return cmp.Or(cmp.Compare(b.Out, a.Out), strings.Compare(a.ID, b.ID)) })
	return all[:min(len(all), topMost)]
}

// serial is the days from onset to onset of every pair that has both.
func (g *Graph) serial() []int {
	var days []int
	for i := range g.from {
		if a, b := g.onsets[g.from[i]], g.onsets[g.to[i]]; a != 0 && b != 0 {
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
