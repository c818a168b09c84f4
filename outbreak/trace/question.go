package trace

import (
	"cmp"
	"slices"
	"time"

	"khien/kernel/id"
)

// Question asks whom a person met.
type Question struct {
	Person   id.ID
	From, To time.Time // their infectious window, half-open
	Until    time.Time // F2 count up to here; zero: no F2
	Rule     Rule
}

// Exposed is one contact of an answer. Meetings of an F1 are with the case.
type Exposed struct {
	Person   id.ID
	First    time.Time // beginning of the first meeting
	Meetings []Met
}

// Met is one meeting with its length in whole minutes.
type Met struct {
	With     id.ID
	Locus    id.ID
	From, To time.Time
}

// Minutes is the overlap.
func (m Met) Minutes() int { return int(m.To.Sub(m.From) / time.Minute) }

// Answer lists contacts by first exposure, then by id. F2 carry no meetings:
// Explain gives them, one by one.
type Answer struct{ F1, F2 []Exposed }

// Ask answers from what is known now. A person of whom nothing is known met nobody.
func (l *Live) Ask(q Question) Answer {
	a := l.asker()
	defer l.giveBack(a)
	l.mu.RLock()
	defer l.mu.RUnlock()
	person, known := l.people.of[q.Person]
	if !known {
		return Answer{}
	}
	l.show(a)
	w := Window{MinuteOf(q.From), MinuteOf(q.To)}
	f1 := a.First(person, w, &q.Rule)
	answer := Answer{F1: l.exposed(f1)}
	if !q.Until.IsZero() {
		answer.F2 = l.exposed(a.Second(person, f1, MinuteOf(q.Until), &q.Rule))
	}
	for i := range answer.F1 {
		e := &answer.F1[i]
		e.Meetings = l.mets(a.Meetings(l.people.of[e.Person], map[uint32]Window{person: w}, &q.Rule))
	}
	return answer
}

// Explain returns the meetings of a person with others, each within the window
// given from its moment to until.
func (l *Live) Explain(person id.ID, with map[id.ID]time.Time, until time.Time, r Rule) []Met {
	a := l.asker()
	defer l.giveBack(a)
	l.mu.RLock()
	defer l.mu.RUnlock()
	n, known := l.people.of[person]
	if !known {
		return nil
	}
	l.show(a)
	windows := map[uint32]Window{}
	for other, since := range with {
		if o, ok := l.people.of[other]; ok {
			windows[o] = Window{MinuteOf(since), MinuteOf(until)}
		}
	}
	return l.mets(a.Meetings(n, windows, &r))
}

// asker lends scratch memory; show points it at what is known now.
func (l *Live) asker() *Asker {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n := len(l.askers); n > 0 {
		a := l.askers[n-1]
		l.askers = l.askers[:n-1]
		return a
	}
	return &Asker{}
}

// askersKept bounds the scratch memory that is kept for the next question.
const askersKept = 4

func (l *Live) giveBack(a *Asker) {
	a.view = view{}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.askers) < askersKept {
		l.askers = append(l.askers, a)
	}
}

func (l *Live) show(a *Asker) {
	a.view = view{x: l.sealed, gone: l.gone, tail: l.tail, atLocus: l.atLocus, ofWhom: l.ofWhom}
	a.kinds = l.kinds
	a.grow(len(l.people.ids))
}

func (l *Live) exposed(cs []Contact) []Exposed {
	slices.SortFunc(cs, func(a, b Contact) int {
		return cmp.Or(cmp.Compare(a.First, b.First), slices.Compare(l.people.ids[a.Person][:], l.people.ids[b.Person][:]))
	})
	all := make([]Exposed, len(cs))
	for i, c := range cs {
		all[i] = Exposed{Person: l.people.ids[c.Person], First: c.First.Time()}
	}
	return all
}

func (l *Live) mets(ms []Meeting) []Met {
	slices.SortFunc(ms, func(a, b Meeting) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.Locus, b.Locus), cmp.Compare(a.With, b.With))
	})
	all := make([]Met, len(ms))
	for i, m := range ms {
		all[i] = Met{With: l.people.ids[m.With], Locus: l.loci.ids[m.Locus], From: m.From.Time(), To: m.To.Time()}
	}
	return all
}

// Of returns the presences of a person that overlap [from, to), whole, by their
// beginning.
func (l *Live) Of(person id.ID, from, to time.Time) []Stay {
	l.mu.RLock()
	defer l.mu.RUnlock()
	n, known := l.people.of[person]
	if !known {
		return nil
	}
	v := view{x: l.sealed, gone: l.gone, tail: l.tail, atLocus: l.atLocus, ofWhom: l.ofWhom}
	var all []Stay
	for _, p := range v.presences(nil, n, Window{noMinute, -noMinute}) {
		if p.From < MinuteOf(to) && p.To > MinuteOf(from) {
			all = append(all, Stay{Person: person, Locus: l.loci.ids[p.Locus], Kind: l.kinds[p.Locus], From: p.From.Time(), To: p.To.Time()})
		}
	}
	slices.SortFunc(all, func(a, b Stay) int { return cmp.Or(a.From.Compare(b.From), slices.Compare(a.Locus[:], b.Locus[:])) })
	return all
}

// Next returns who met any of the given people at or after the moment given for
// each and before until, these themselves left out: the F2 of whoever they are
// the F1 of. By first exposure, then by id.
func (l *Live) Next(of map[id.ID]time.Time, until time.Time, r Rule) []Exposed {
	a := l.asker()
	defer l.giveBack(a)
	l.mu.RLock()
	defer l.mu.RUnlock()
	l.show(a)
	var f1 []Contact
	for who, since := range of {
		if n, known := l.people.of[who]; known {
			f1 = append(f1, Contact{Person: n, First: MinuteOf(since)})
		}
	}
	if len(f1) == 0 {
		return nil
	}
	return l.exposed(a.Second(f1[0].Person, f1, MinuteOf(until), &r))
}
