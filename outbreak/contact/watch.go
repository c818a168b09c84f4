package contact

import (
	"time"

	"khien/kernel/event"
	"khien/kernel/id"
)

// watch knows which visits touch a case that is traced: those of its people,
// and those to the loci where they were. Asking it costs the same however many
// cases there are.
type watch struct {
	people map[id.ID][]span
	loci   map[id.ID][]span
	of     map[id.ID]touching
}

// span is when a visit of somebody, or at some locus, touches a case.
type span struct {
	kase     id.ID
	from, to time.Time
}

// touching is what a case put into a watch, by key.
type touching struct{ people, loci map[id.ID][]Window }

func newWatch() *watch {
	return &watch{people: map[id.ID][]span{}, loci: map[id.ID][]span{}, of: map[id.ID]touching{}}
}

// set replaces what touches a case; the zero touching forgets it.
func (w *watch) set(kase id.ID, t touching) {
	was := w.of[kase]
	forget(w.people, was.people, kase)
	forget(w.loci, was.loci, kase)
	delete(w.of, kase)
	if t.people == nil {
		return
	}
	w.of[kase] = t
	add(w.people, t.people, kase)
	add(w.loci, t.loci, kase)
}

func forget(from map[id.ID][]span, keys map[id.ID][]Window, kase id.ID) {
	for key := range keys {
		var rest []span
		for _, s := range from[key] {
			if s.kase != kase {
				rest = append(rest, s)
			}
		}
		if from[key] = rest; rest == nil {
			delete(from, key)
		}
	}
}

func add(to map[id.ID][]span, keys map[id.ID][]Window, kase id.ID) {
	for key, windows := range keys {
		for _, x := range windows {
			to[key] = append(to[key], span{kase, x.From, x.To})
		}
	}
}

// assumedMost is the longest stay that a place may assume: a visit that ended
// early may have lasted so long until now.
const assumedMost = 24 * time.Hour

// touched calls hit with each case that a visit touches, some twice.
func (w *watch) touched(v event.Visited, hit func(kase id.ID)) {
	to := v.To
	if most := v.From.Add(assumedMost); v.Left && to.Before(most) {
		to = most
	}
	for _, spans := range [][]span{w.people[v.Person], w.loci[v.Place]} {
		for _, s := range spans {
			if v.From.Before(s.to) && to.After(s.from) {
				hit(s.kase)
			}
		}
	}
}
