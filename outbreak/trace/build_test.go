package trace

import (
	"math/rand/v2"
	"testing"
)

// Searches by milestones find what a walk over the rows finds, and every row knows
// its slot: in runs that are empty, short, and longer than many milestones.
func TestMilestones(t *testing.T) {
	for seed, rows := range []int{0, 1, milestone, milestone + 1, block + 1, 20_000} {
		r := rand.New(rand.NewPCG(uint64(seed), 5))
		ps, kinds := make([]Presence, rows), make([]Kind, 40)
		for i := range ps {
			from := Minute(1_000_000 + r.IntN(500))
			ps[i] = Presence{Person: uint32(r.IntN(50)), Locus: uint32(r.IntN(6) * 7), From: from, To: from + Minute(1+r.IntN(1+r.IntN(2000)))}
		}
		x, err := Build(ps, 50, kinds)
		if err != nil {
			t.Fatal(err)
		}
		x.sameSlots(t)
		for range 300 {
			x.sameSearch(t, r.IntN(len(kinds)), Minute(r.IntN(700)-100))
		}
	}
}

func (x *Index) sameSlots(t *testing.T) {
	t.Helper()
	for s := range len(x.starts) - 1 {
		for pos := x.starts[s]; pos < x.starts[s+1]; pos++ {
			if got := x.slotAt(pos); got != s {
				t.Fatalf("of %d rows, row %d: slot %d, want %d", len(x.rows), pos, got, s)
			}
		}
	}
}

func (x *Index) sameSearch(t *testing.T, locus int, began Minute) {
	t.Helper()
	var since [classes]Minute
	for c := range classes {
		since[c] = began - Minute(c)
	}
	var s search
	s.skip()
	s.add(x, locus*classes, &since)
	s.run(x)
	for c := range classes {
		got := s.lo[classes+c]
		want := x.starts[locus*classes+c]
		for want < x.starts[locus*classes+c+1] && Minute(x.rows[want]>>inShift) < since[c] {
			want++
		}
		if got != want {
			t.Fatalf("of %d rows, locus %d, class %d, since %d: %d, want %d", len(x.rows), locus, c, since[c], got, want)
		}
	}
}
