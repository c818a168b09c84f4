package trace_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"khien/outbreak/trace"
)

// plain answers by looking at every pair.
type plain struct {
	ps    []trace.Presence
	kinds []trace.Kind
}

func (q plain) met(person uint32, w trace.Window, r *trace.Rule) map[uint32]trace.Minute {
	first := map[uint32]trace.Minute{}
	for _, a := range q.ps {
		if a.Person != person {
			continue
		}
		a.From, a.To = max(a.From, w.From), min(a.To, w.To)
		for _, b := range q.ps {
			from, to := max(a.From, b.From), min(a.To, b.To)
			least := r.MinOverlap[q.kinds[a.Locus]]
			if b.Person == person || b.Locus != a.Locus || least == 0 || to-from < least {
				continue
			}
			if at, ok := first[b.Person]; !ok || from < at {
				first[b.Person] = from
			}
		}
	}
	return first
}

func (q plain) second(person uint32, f1 map[uint32]trace.Minute, end trace.Minute, r *trace.Rule) map[uint32]trace.Minute {
	first := map[uint32]trace.Minute{}
	for p, since := range f1 {
		for o, at := range q.met(p, trace.Window{From: since, To: end}, r) {
			if was, ok := first[o]; !ok || at < was {
				first[o] = at
			}
		}
	}
	delete(first, person)
	for p := range f1 {
		delete(first, p)
	}
	return first
}

func asMap(cs []trace.Contact) map[uint32]trace.Minute {
	m := map[uint32]trace.Minute{}
	for _, c := range cs {
		m[c.Person] = c.First
	}
	return m
}

var epoch = trace.MinuteOf(time.Date(2021, 5, 1, 0, 0, 0, 0, time.UTC))

func world(r *rand.Rand) (q plain, persons int) {
	persons, loci := 2+r.IntN(40), 1+r.IntN(6)
	for range loci {
		q.kinds = append(q.kinds, trace.Kind(r.IntN(3)))
	}
	longest := []int{1, 20, 200, 3000, int(trace.MaxStay)}[r.IntN(5)]
	for range r.IntN(150) {
		from := epoch + trace.Minute(r.IntN(1500))
		q.ps = append(q.ps, trace.Presence{Person: uint32(r.IntN(persons)), Locus: uint32(r.IntN(loci)), From: from, To: from + trace.Minute(1+r.IntN(longest))})
	}
	return q, persons
}

// Whatever the world, the index answers as one who looks at every pair.
func TestSameAsPlain(t *testing.T) {
	for seed := range uint64(400) {
		r := rand.New(rand.NewPCG(seed, 1))
		q, persons := world(r)
		x, err := trace.Build(q.ps, persons, q.kinds)
		if err != nil {
			t.Fatal(err)
		}
		a := trace.NewAsker(x)
		rule := trace.Rule{}
		rule.MinOverlap[0], rule.MinOverlap[1] = 1, trace.Minute(1+r.IntN(30))
		for p := range uint32(persons) {
			w := trace.Window{From: epoch + trace.Minute(r.IntN(800)), To: epoch + trace.Minute(800+r.IntN(2000))}
			f1 := a.First(p, w, &rule)
			want := q.met(p, w, &rule)
			if d := cmp.Diff(want, asMap(f1)); d != "" {
				t.Fatalf("seed %d, F1 of %d: -want +got\n%s", seed, p, d)
			}
			f2 := a.Second(p, f1, w.To, &rule)
			if d := cmp.Diff(q.second(p, want, w.To, &rule), asMap(f2)); d != "" {
				t.Fatalf("seed %d, F2 of %d: -want +got\n%s", seed, p, d)
			}
			explained(t, x, p, w, f1, &rule)
		}
	}
}

// explained holds that every F1 has a meeting that says why, the earliest at First.
func explained(t *testing.T, x *trace.Index, p uint32, w trace.Window, f1 []trace.Contact, rule *trace.Rule) {
	t.Helper()
	for _, c := range f1 {
		ms := trace.NewAsker(x).Meetings(c.Person, map[uint32]trace.Window{p: w}, rule)
		if len(ms) == 0 {
			t.Fatalf("no meeting of %d with %d", c.Person, p)
		}
		first := slices.MinFunc(ms, func(a, b trace.Meeting) int { return int(a.From - b.From) })
		if first.From != c.First || first.With != p || first.Of != c.Person {
			t.Fatalf("got %+v, want %+v", first, c)
		}
	}
}

func TestBuildRefuses(t *testing.T) {
	good := trace.Presence{From: epoch, To: epoch + 1}
	for name, bad := range map[string]func(*trace.Presence){
		"a person beyond": func(p *trace.Presence) { p.Person = 1 },
		"a locus beyond":  func(p *trace.Presence) { p.Locus = 1 },
		"no length":       func(p *trace.Presence) { p.To = p.From },
		"backwards":       func(p *trace.Presence) { p.To = p.From - 1 },
		"too long":        func(p *trace.Presence) { p.To = p.From + trace.MaxStay + 1 },
		"four years on":   func(p *trace.Presence) { p.From += trace.MaxSpan + 1; p.To = p.From + 1 },
	} {
		p := good
		bad(&p)
		if _, err := trace.Build([]trace.Presence{good, p}, 1, make([]trace.Kind, 1)); err == nil {
			t.Errorf("%s: got no error", name)
		}
	}
	if x, err := trace.Build(nil, 0, nil); err != nil || x.Persons() != 0 {
		t.Errorf("empty: got %v, %v", x, err)
	}
}

func BenchmarkTenMillion(b *testing.B) {
	const persons, loci, rows = 800_000, 4293, 10_000_000
	r := rand.New(rand.NewPCG(1, 2))
	z := rand.NewZipf(r, 1.2, 8, loci-1)
	favourite := make([][5]uint32, persons)
	for i := range favourite {
		for k := range favourite[i] {
			favourite[i][k] = uint32(z.Uint64())
		}
	}
	ps := make([]trace.Presence, rows)
	for i := range ps {
		p := uint32(r.IntN(persons))
		l := uint32(z.Uint64())
		if r.IntN(10) < 7 {
			l = favourite[p][r.IntN(5)]
		}
		from := epoch + trace.Minute(r.IntN(14*1440))
		ps[i] = trace.Presence{Person: p, Locus: l, From: from, To: from + trace.Minute(10+r.IntN(110))}
	}
	kinds := make([]trace.Kind, loci)
	var x *trace.Index
	b.Run("build", func(b *testing.B) {
		for b.Loop() {
			x, _ = trace.Build(ps, persons, kinds)
		}
	})
	fmt.Println(x.Bytes()>>20, "MiB")
	a := trace.NewAsker(x)
	rule := trace.Same(15)
	w := trace.Window{From: epoch, To: epoch + 15*1440}
	b.Run("f1", func(b *testing.B) {
		n, k := 0, 0
		for b.Loop() {
			n += len(a.First(uint32(k*7919%persons), w, &rule))
			k++
		}
		b.ReportMetric(float64(n)/float64(k), "f1")
	})
	b.Run("f2", func(b *testing.B) {
		n, k := 0, 0
		for b.Loop() {
			p := uint32(k * 7919 % persons)
			n += len(a.Second(p, a.First(p, w, &rule), w.To, &rule))
			k++
		}
		b.ReportMetric(float64(n)/float64(k), "f2")
	})
	_ = maps.Keys(map[int]int{})
}
