package trace

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"
)

// What is gathered is what a map would hold, for few and many, again and again
// with the same memory, and while the people become more.
func TestGather(t *testing.T) {
	var g gather
	var all []Contact
	for round, persons := range []int{1, 2, 128, 129, 1000, 100_000, 800_000, 800_001} {
		g.grow(persons)
		for _, puts := range []int{0, 1, 30, fewMost - 1, fewMost, fewMost + 1, 5 * fewMost, 300_000} {
			t.Run(fmt.Sprintf("%d of %d", puts, persons), func(t *testing.T) {
				r := rand.New(rand.NewPCG(uint64(round), uint64(puts)))
				g.clear(all)
				want := map[uint32]Minute{}
				for range puts {
					p, at := uint32(r.IntN(persons)), Minute(r.IntN(1000))
					g.put(p, at)
					if was, met := want[p]; !met || at < was {
						want[p] = at
					}
				}
				for range min(puts, 40) {
					p := uint32(r.IntN(persons))
					g.drop(p)
					delete(want, p)
				}
				got := map[uint32]Minute{}
				all = g.contacts()
				for _, c := range all {
					got[c.Person] = c.First
				}
				if len(all) != len(got) || !maps.Equal(got, want) {
					t.Errorf("%d contacts of %d people, want %d", len(all), len(got), len(want))
				}
			})
		}
	}
}
