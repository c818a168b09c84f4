package app

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strconv"
	"time"

	"khien/kernel/config"
	"khien/kernel/day"
	"khien/outbreak/chain"
)

// The speed promises of chains with their statistics, by number of edges.
var chainLimits = []struct {
	edges int
	most  time.Duration
}{{98_800, 200 * time.Millisecond}, {380_000, time.Second}}

// chainRuns is how often each size is measured; the middle counts.
const chainRuns = 5

// benchChains builds the graph of invented chains and sums it up: generations,
// clusters, rings, R, k and intervals. It also lays the drawing out and draws a tile.
func benchChains(ctx context.Context, _ *config.Config, o benchOptions) (*figures, error) {
	f := &figures{values: map[string]any{}}
	for _, l := range chainLimits {
		if o.edges != 0 {
			l.most = time.Duration(float64(l.most) * max(1, float64(o.edges)/float64(l.edges)))
			l.edges = o.edges
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		measureChains(f, l.edges, l.most)
		if o.edges != 0 {
			break
		}
	}
	return f, nil
}

func measureChains(f *figures, edges int, most time.Duration) {
	cases, links := inventChains(edges)
	var took, laid, drawn []float64
	var sums chain.Figures
	for range chainRuns {
		runtime.GC()
		began := time.Now()
		g := chain.New(cases, links)
		sums = g.Figures()
		took = append(took, ms(time.Since(began)))
		began = time.Now()
		layout := g.Layout()
		laid = append(laid, ms(time.Since(began)))
		began = time.Now()
		_ = layout.Draw(nothing{}, chain.Level(chain.LevelMost/2, 0, 0), chain.Ink{})
		drawn = append(drawn, ms(time.Since(began)))
	}
	name := strconv.Itoa(edges)
	f.values["chains_"+name+"_ms"], f.values["layout_"+name+"_ms"], f.values["tile_"+name+"_ms"] = round(middleOf(took)), round(middleOf(laid)), round(middleOf(drawn))
	f.values["clusters_"+name], f.values["largest_"+name], f.values["generations_"+name] = sums.Clusters, sums.LargestCluster, len(sums.Generations)
	f.atMost(ms(most), promise{What: fmt.Sprintf("chains: %d edges with statistics", sums.Edges), Unit: "ms", Measured: round(middleOf(took))})
}

// nothing takes a drawing that nobody looks at.
type nothing struct{}

// Write takes everything.
func (nothing) Write(b []byte) (int, error) { return len(b), nil }

// inventChains gives cases, four of five with a source of the days before, few of
// which infect most, as a negative binomial of small k has it.
func inventChains(edges int) (cases []chain.Case, links []chain.Edge) {
	r := rand.New(rand.NewPCG(4, 4))
	n := edges * 5 / 4
	first := day.On(2021, time.May, 1)
	var spreaders []int
	for i := range n {
		name := "BN" + strconv.Itoa(i)
		cases = append(cases, chain.Case{ID: name, Onset: first + day.Day(i*120/n)})
		if i > 0 && len(links) < edges && r.IntN(5) > 0 {
			from := max(0, i-1-r.IntN(1+i/8))
			if len(spreaders) > 0 && r.IntN(2) == 0 {
				from = spreaders[len(spreaders)-1-r.IntN(min(len(spreaders), 50))]
			}
			links = append(links, chain.Edge{From: "BN" + strconv.Itoa(from), To: name})
		}
		if r.IntN(20) == 0 {
			spreaders = append(spreaders, i)
		}
	}
	for len(links) < edges { // second sources
		links = append(links, chain.Edge{From: cases[r.IntN(n)].ID, To: cases[r.IntN(n)].ID})
	}
	return cases, links
}
