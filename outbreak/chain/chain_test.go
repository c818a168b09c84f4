package chain_test

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"khien/kernel/day"
	"khien/outbreak/chain"
)

func edges(pairs ...string) (es []chain.Edge) {
	for _, p := range pairs {
		from, to, _ := strings.Cut(p, ">")
		es = append(es, chain.Edge{From: from, To: to})
	}
	return es
}

func cases(ids string) (cs []chain.Case) {
	for _, id := range strings.Fields(ids) {
		cs = append(cs, chain.Case{ID: id})
	}
	return cs
}

func TestOddities(t *testing.T) {
	for _, tt := range []struct {
		name, cases string
		edges       []chain.Edge
		want        chain.Figures
	}{
		{"nothing", "", nil, chain.Figures{}},
		{"itself", "a b", edges("a>a", "a>b", "a>a"), chain.Figures{Cases: 2, Edges: 1, Generations: []int{1, 1}, Clusters: 1, LargestCluster: 2, SelfLoops: []string{"a"}, R: 0.5}},
		{"a ring with a tail", "a b c", edges("a>b", "b>a", "b>c"), chain.Figures{Cases: 3, Edges: 3, Unrooted: 3, Clusters: 1, LargestCluster: 3, Cycles: [][]string{{"a", "b"}}, R: 1}},
		{"a ring infected from outside", "a b c", edges("a>b", "b>c", "c>b"), chain.Figures{Cases: 3, Edges: 3, Generations: []int{1, 1, 1}, Clusters: 1, LargestCluster: 3, Cycles: [][]string{{"b", "c"}}, R: 1}},
		{"a source nobody knows", "b", edges("x>b"), chain.Figures{Cases: 1, Edges: 1, Generations: []int{0, 1}, Clusters: 1, LargestCluster: 2, Dangling: []string{"x"}}},
		{"two sources, one told twice", "a b c", edges("a>c", "b>c", "a>c"), chain.Figures{Cases: 3, Edges: 2, Generations: []int{2, 1}, Clusters: 1, LargestCluster: 3, Repeated: 1, R: 2.0 / 3}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := chain.New(cases(tt.cases), tt.edges).Figures()
			got.Top, got.K = nil, nil
			if d := cmp.Diff(tt.want, got, cmp.Transformer("empty", func(s []string) string { return strings.Join(s, " ") })); d != "" {
				t.Errorf("-want +got\n%s", d)
			}
		})
	}
}

// A line of many cases, closed to a ring or not, is walked without a stack of
// calls and in a time that grows with its length.
func TestLongLine(t *testing.T) {
	var es []chain.Edge
	for i := range 1_000_000 {
		es = append(es, chain.Edge{From: fmt.Sprint(i), To: fmt.Sprint(i + 1)})
	}
	if got := chain.New(nil, es).Cycles(); len(got) != 0 {
		t.Errorf("got %d rings in a line", len(got))
	}
	es = append(es, chain.Edge{From: "1000000", To: "0"})
	g := chain.New(nil, es)
	if got := g.Cycles(); len(got) != 1 || len(got[0]) != 1_000_001 {
		t.Errorf("got %d rings", len(got))
	}
}

// The k of a sample drawn with a known k comes back.
func TestDispersion(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, k := range []float64{0.1, 0.5, 2} {
		got, ok := chain.Dispersion(draw(r, 1.5, k, 200_000))
		if !ok || math.Abs(got-k) > k/10 {
			t.Errorf("got %v, %v, want %v", got, ok, k)
		}
	}
	for _, none := range [][]int{nil, {0, 0}, {1, 1, 1}} {
		if k, ok := chain.Dispersion(none); ok {
			t.Errorf("%v: got %v", none, k)
		}
	}
}

// draw makes negative binomial numbers by inverting their distribution.
func draw(r *rand.Rand, mean, k float64, n int) []int {
	all := make([]int, n)
	for i := range all {
		u, x := r.Float64(), 0
		p := math.Pow(k/(k+mean), k)
		for u > p && x < 10_000 {
			u -= p
			p *= (k + float64(x)) / float64(x+1) * mean / (k + mean)
			x++
		}
		all[i] = x
	}
	return all
}

func TestDescribe(t *testing.T) {
	got := chain.Describe([]int{5, 1, 3, -1})
	if d := cmp.Diff(chain.Interval{N: 4, Mean: 2, SD: math.Sqrt(20.0 / 3), Median: 2}, got); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}

// The first 288 cases of Vietnam, as published in spring 2020.
func TestVietnam2020(t *testing.T) {
	text, err := os.ReadFile("../../../shared/data/epi/linelist-vietnam-2020.json")
	if os.IsNotExist(err) {
		t.Skip("the shared data are not here")
	}
	var list struct {
		Data []struct {
			ID           string   `json:"id"`
			PositiveDate string   `json:"positiveDate"`
			Source       []string `json:"source"`
		} `json:"data"`
	}
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	var cs []chain.Case
	known := map[string]bool{}
	for _, c := range list.Data {
		at, err := day.Parse(c.PositiveDate)
		if err != nil {
			t.Fatal(err)
		}
		cs = append(cs, chain.Case{ID: c.ID, Onset: at})
		known[c.ID] = true
	}
	var es []chain.Edge
	for _, c := range list.Data {
		for _, s := range c.Source {
			if known[s] {
				es = append(es, chain.Edge{From: s, To: c.ID})
			}
		}
	}
	f := chain.New(cs, es).Figures()
	if d := cmp.Diff([]int{214, 56, 16, 1, 1}, f.Generations); d != "" || f.Cases != 288 || f.Edges != 85 {
		t.Errorf("%d cases, %d edges, generations -want +got\n%s", f.Cases, f.Edges, d)
	}
	if d := cmp.Diff([]chain.Spread{{"243", 10}, {"91", 9}, {"34", 8}}, f.Top[:3]); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	t.Logf("R %.3f, k %v, %+v, %d clusters, largest %d", f.R, *f.K, f.SerialInterval, f.Clusters, f.LargestCluster)
}

func BenchmarkEdges(b *testing.B) {
	for _, n := range []int{98_800, 380_000} {
		r := rand.New(rand.NewPCG(3, 4))
		var cs []chain.Case
		var es []chain.Edge
		for i := range n {
			cs = append(cs, chain.Case{ID: fmt.Sprint(i), Onset: day.Day(40000 + i/1000)})
			if i > 100 {
				es = append(es, chain.Edge{From: fmt.Sprint(i - 1 - r.IntN(100)), To: fmt.Sprint(i)})
			}
		}
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				chain.New(cs, es).Figures()
			}
		})
	}
}
