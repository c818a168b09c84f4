package trace_test

import (
	"encoding/binary"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"khien/kernel/id"
	"khien/outbreak/trace"
)

func idOf(kind byte, n uint32) (i id.ID) {
	i[0] = kind
	binary.BigEndian.PutUint32(i[12:], n)
	return i
}

// model keeps stays in a list, as the database does.
type model struct{ plain }

func (m *model) at(p trace.Presence) int {
	for i, q := range m.ps {
		if q.Person == p.Person && q.Locus == p.Locus && q.From == p.From {
			return i
		}
	}
	return -1
}

func (m *model) remove(p trace.Presence) {
	if i := m.at(p); i >= 0 {
		m.ps = append(m.ps[:i:i], m.ps[i+1:]...)
	}
}

func (m *model) expire(since trace.Minute) {
	var kept []trace.Presence
	for _, p := range m.ps {
		if p.From >= since {
			kept = append(kept, p)
		}
	}
	m.ps = kept
}

func stayOf(p trace.Presence, kinds []trace.Kind) trace.Stay {
	return trace.Stay{Person: idOf('p', p.Person), Locus: idOf('l', p.Locus), Kind: kinds[p.Locus], From: p.From.Time(), To: p.To.Time()}
}

func asIDs(m map[uint32]trace.Minute) map[id.ID]time.Time {
	all := map[id.ID]time.Time{}
	for p, at := range m {
		all[idOf('p', p)] = at.Time()
	}
	return all
}

func exposed(es []trace.Exposed) map[id.ID]time.Time {
	all := map[id.ID]time.Time{}
	for _, e := range es {
		all[e.Person] = e.First
	}
	return all
}

// Whatever order visits come in, end, are deleted, are sealed and grow old, the
// answer is that of a list.
func TestLiveSameAsPlain(t *testing.T) {
	for seed := range uint64(150) {
		r := rand.New(rand.NewPCG(seed, 7))
		w, persons := world(r)
		m := model{plain: plain{kinds: w.kinds}}
		l := trace.NewLive(epoch.Time())
		rule := trace.Same(trace.Minute(1 + r.IntN(20)))
		for _, p := range w.ps {
			switch r.IntN(12) {
			case 0:
				since := epoch + trace.Minute(r.IntN(400))
				l.Seal(since.Time())
				m.expire(since)
			case 1, 2:
				if len(m.ps) > 0 {
					old := m.ps[r.IntN(len(m.ps))]
					m.remove(old)
					l.Remove(stayOf(old, m.kinds))
				}
			case 3, 4:
				if len(m.ps) > 0 {
					old := m.ps[r.IntN(len(m.ps))]
					m.remove(old)
					old.To = old.From + trace.Minute(1+r.IntN(300))
					m.ps = append(m.ps, old)
					l.Change(stayOf(old, m.kinds))
				}
			}
			if m.at(p) < 0 {
				m.ps = append(m.ps, p)
				l.Add(stayOf(p, m.kinds))
			}
		}
		for p := range uint32(persons) {
			m.compare(t, seed, l, p, rule)
		}
	}
}

func (m *model) compare(t *testing.T, seed uint64, l *trace.Live, p uint32, rule trace.Rule) {
	t.Helper()
	w := trace.Window{From: epoch, To: epoch + 2000}
	got := l.Ask(trace.Question{Person: idOf('p', p), From: w.From.Time(), To: w.To.Time(), Until: w.To.Time(), Rule: rule})
	f1 := m.met(p, w, &rule)
	if d := cmp.Diff(asIDs(f1), exposed(got.F1)); d != "" {
		t.Fatalf("seed %d, F1 of %d: -want +got\n%s", seed, p, d)
	}
	if d := cmp.Diff(asIDs(m.second(p, f1, w.To, &rule)), exposed(got.F2)); d != "" {
		t.Fatalf("seed %d, F2 of %d: -want +got\n%s", seed, p, d)
	}
	for _, e := range got.F1 {
		if len(e.Meetings) == 0 || !e.Meetings[0].From.Equal(e.First) || e.Meetings[0].Minutes() < int(rule.MinOverlap[0]) {
			t.Fatalf("seed %d: %+v does not explain itself", seed, e)
		}
	}
}

// Of several presences of one minute each stands, told twice it is one; which of them
// ended is not guessed, and a sealing confuses none.
func TestLiveTwins(t *testing.T) {
	l := trace.NewLive(epoch.Time())
	stay := func(to trace.Minute) trace.Stay {
		return trace.Stay{Person: idOf('p', 1), Locus: idOf('l', 1), From: epoch.Time(), To: (epoch + to).Time()}
	}
	for range 2 {
		l.Begin(stay(30))
	}
	if !l.End(stay(20)) {
		t.Error("one that stands alone: its end is not taken")
	}
	l.Seal(epoch.Time())
	l.Begin(stay(50))
	if l.End(stay(40)) {
		t.Error("of two that stand one was said to have ended")
	}
	l.Seal(epoch.Time())
	got := l.Of(idOf('p', 1), epoch.Time(), (epoch + 100).Time())
	if len(got) != 2 || got[0].To.Equal(got[1].To) {
		t.Errorf("got %+v", got)
	}
	if !l.End(trace.Stay{Person: idOf('p', 2), Locus: idOf('l', 1), From: epoch.Time(), To: (epoch + 9).Time()}) || len(l.Of(idOf('p', 2), epoch.Time(), (epoch+9).Time())) != 1 {
		t.Error("an end that is told alone is not taken in")
	}
}

// Facts, questions and sealings at once lose nothing.
func TestLiveTogether(t *testing.T) {
	const writers, each = 4, 2000
	l := trace.NewLive(epoch.Time())
	var wg sync.WaitGroup
	for w := range uint32(writers) {
		wg.Go(func() {
			for i := range uint32(each) {
				from := epoch + trace.Minute(i)
				s := trace.Stay{Person: idOf('p', w*each+i), Locus: idOf('l', i%7), From: from.Time(), To: (from + 5).Time()}
				l.Add(s)
				if i%3 == 0 {
					s.To = (from + 9).Time()
					l.Change(s)
				}
				if i%5 == 0 {
					l.Remove(s)
				}
			}
		})
	}
	wg.Go(func() {
		for range 50 {
			l.Seal(epoch.Time())
			l.Ask(trace.Question{Person: idOf('p', 1), From: epoch.Time(), To: (epoch + 5000).Time(), Until: (epoch + 5000).Time(), Rule: trace.Same(1)})
		}
	})
	wg.Wait()
	if all, _ := l.Len(); all != writers*each*4/5 {
		t.Errorf("got %d presences, want %d", all, writers*each*4/5)
	}
	l.Seal(epoch.Time())
	if all, tail := l.Len(); all != writers*each*4/5 || tail != 0 {
		t.Errorf("sealed: got %d presences, %d in the tail", all, tail)
	}
}
