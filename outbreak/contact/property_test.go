package contact_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"khien/kernel/event"
	"khien/kernel/id"
	"khien/kernel/place"
	"khien/kernel/store"
	"khien/outbreak/contact"
)

// chance plays a province at random: visits in any order, late ones, ends, cases
// that move, merges, restarts.
type chance struct {
	*world
	r      *rand.Rand
	people []id.ID
	places []id.ID
	cases  []event.CaseChanged
	open   []id.ID // visits with an assumed end
	taken  map[string]bool
}

func (c *chance) one(all []id.ID) id.ID { return all[c.r.IntN(len(all))] }

func (c *chance) comes(t *testing.T) {
	from := c.r.IntN(4000) - 2000
	s := stay(c.one(c.people), c.one(c.places), from, from+1+c.r.IntN(200))
	key := fmt.Sprint(s.Person, s.Place, s.From)
	if c.taken[key] { // one presence of one person at one place in one minute
		return
	}
	c.taken[key], s.Assumed = true, c.r.IntN(2) == 0
	v := c.visit(t, id.ID{}, s)
	if s.Assumed {
		c.open = append(c.open, v)
	}
}

func (c *chance) leaves(t *testing.T) {
	if len(c.open) == 0 {
		return
	}
	n := c.r.IntN(len(c.open))
	v := c.open[n]
	c.open = slices.Delete(c.open, n, n+1)
	s := c.visits.all[v]
	s.To, s.Assumed = s.From.Add(time.Duration(1+c.r.IntN(300))*time.Minute), false
	c.visit(t, v, s)
}

func (c *chance) falls(t *testing.T) {
	n := c.r.IntN(3)
	if n >= len(c.cases) {
		k := c.reported(t, c.one(c.people))
		c.cases, n = append(c.cases, k), len(c.cases)
	}
	k := &c.cases[n]
	k.Version += c.r.IntN(2) // told again, or changed
	k.Onset = on(t, "2022-01-13")
	if c.r.IntN(2) == 0 {
		k.Version++
		k.Onset -= 1
		k.Classification = []string{"confirmed", "probable", "discarded"}[c.r.IntN(3)]
	}
	c.tx(t, func(tx *store.Tx) error { return event.Tell(tx, 20, *k) })
}

func (c *chance) merges(t *testing.T) {
	if len(c.people) < 5 {
		return
	}
	a, b := c.people[0], c.people[len(c.people)-1]
	c.people = c.people[:len(c.people)-1]
	c.tx(t, func(tx *store.Tx) error { return c.world.people.Merge(tx, c.scope(), a, b) })
}

// fresh is what another node, which starts now, answers of every open case.
func (c *chance) fresh(t *testing.T) map[string]bool {
	all := map[string]bool{}
	c.restart(t)
	for _, k := range c.cases {
		known, err := c.Ask(t.Context(), c.scope(), contact.Query{Case: k.Case})
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range known.F1 {
			for _, h := range l.Hits {
				all[fmt.Sprint(k.Case, l.Person, h.Locus, h.From.Unix(), h.To.Unix(), h.Minutes, h.Certainty)] = true
			}
		}
	}
	return all
}

func (c *chance) stored(t *testing.T) map[string]bool {
	all := map[string]bool{}
	for _, x := range c.list(t, contact.Filter{}) {
		f, err := c.Read(t.Context(), c.scope(), x.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range f.Exposures {
			if e.Held && e.Via.IsZero() {
				all[fmt.Sprint(e.Case, f.Person, e.Locus, e.From.Unix(), e.To.Unix(), e.Minutes, e.Certainty)] = true
			}
		}
	}
	return all
}

// After whatever order of visits, ends, changes, merges and restarts, what is
// stored of the open cases is what tracing them anew says.
func TestStoredIsFreshTrace(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		var places []id.ID
		for _, k := range []place.Kind{place.Market, place.Office, place.Restaurant} {
			places = append(places, w.place(t, k, minhHoa))
		}
		for seed := range uint64(4) {
			c := &chance{world: w, r: rand.New(rand.NewPCG(seed, 3)), places: places, taken: map[string]bool{}}
			for n := range 12 {
				c.people = append(c.people, w.somebody(t, fmt.Sprintf("Người %d %d", seed, n)))
			}
			for range 70 {
				switch n := c.r.IntN(100); {
				case n < 60:
					c.comes(t)
				case n < 75:
					c.leaves(t)
				case n < 90:
					c.falls(t)
				case n < 93:
					c.merges(t)
				case n < 95:
					w.restart(t)
				default:
					w.settle(t)
				}
			}
			c.agree(t, seed)
		}
	})
}

func (c *chance) agree(t *testing.T, seed uint64) {
	t.Helper()
	if err := c.Retrace(t.Context()); err != nil { // the job's, for merges
		t.Fatal(err)
	}
	c.settle(t)
	got, all := c.stored(t), c.fresh(t)
	open := map[string]bool{}
	for _, k := range c.cases {
		if k.Classification != "discarded" {
			open[k.Case.String()] = true
		}
	}
	want := map[string]bool{}
	for key := range all {
		if open[key[:36]] {
			want[key] = true
		}
	}
	mine := map[string]bool{}
	for _, k := range c.cases {
		mine[k.Case.String()] = true
	}
	for key := range got {
		if !mine[key[:36]] {
			delete(got, key)
		}
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Fatalf("seed %d: -fresh +stored\n%s", seed, d)
	}
}
