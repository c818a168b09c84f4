package peer_test

import (
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"khien/kernel/store"
	"khien/kernel/store/storetest"
	"khien/outbreak/trace"
	"khien/outbreak/trace/peer"
)

const epoch = 27_000_000

func asMap(cs []trace.Contact) map[uint32]trace.Minute {
	m := map[uint32]trace.Minute{}
	for _, c := range cs {
		m[c.Person] = c.First
	}
	return m
}

// The index, SQLite and PostgreSQL say the same of random worlds: equal times,
// overlaps of a minute, huge loci, very long stays, kinds that never count.
func TestIdentical(t *testing.T) {
	const worlds = 1000
	storetest.Each(t, []storetest.Line{{Name: "peer", Files: peer.Migrations()}}, func(t *testing.T, db *store.DB) {
		for seed := range uint64(worlds) {
			r := rand.New(rand.NewPCG(seed, 3))
			persons, loci := 2+r.IntN(30), 1+r.IntN(4)
			kinds := make([]trace.Kind, loci)
			for i := range kinds {
				kinds[i] = trace.Kind(r.IntN(3))
			}
			most := []int{1, 10, 300, 4000}[r.IntN(4)]
			ps := make([]trace.Presence, r.IntN(90))
			for i := range ps {
				from := epoch + trace.Minute(r.IntN(800))
				ps[i] = trace.Presence{Person: uint32(r.IntN(persons)), Locus: uint32(r.IntN(loci)), From: from, To: from + trace.Minute(1+r.IntN(most))}
			}
			var rule trace.Rule
			rule.MinOverlap[0], rule.MinOverlap[1] = 1, trace.Minute(1+r.IntN(20))
			p := peer.Peer{DB: db, Province: int(seed + 1), MaxStay: 4000}
			if err := p.Load(t.Context(), ps, kinds, &rule); err != nil {
				t.Fatal(err)
			}
			x, err := trace.Build(ps, persons, kinds)
			if err != nil {
				t.Fatal(err)
			}
			a, who := trace.NewAsker(x), uint32(r.IntN(persons))
			w := trace.Window{From: epoch + trace.Minute(r.IntN(300)), To: epoch + trace.Minute(300+r.IntN(900))}
			same(t, p, a, who, w, &rule)
		}
	})
}

func same(t *testing.T, p peer.Peer, a *trace.Asker, who uint32, w trace.Window, rule *trace.Rule) {
	t.Helper()
	f1 := a.First(who, w, rule)
	of, err := p.First(t.Context(), who, w)
	if d := cmp.Diff(asMap(f1), asMap(of)); d != "" || err != nil {
		t.Fatalf("world %d, F1: %v, -index +database\n%s", p.Province, err, d)
	}
	f2 := a.Second(who, f1, w.To, rule)
	of, err = p.Second(t.Context(), who, w)
	if d := cmp.Diff(asMap(f2), asMap(of)); d != "" || err != nil {
		t.Fatalf("world %d, F2: %v, -index +database\n%s", p.Province, err, d)
	}
}
