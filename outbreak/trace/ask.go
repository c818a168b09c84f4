package trace

// Asker asks one question after another; it reuses its memory and is not for two
// goroutines at once.
type Asker struct {
	view
	gather
	kinds []Kind
}

// NewAsker takes what its largest answer takes.
func NewAsker(x *Index) *Asker {
	a := &Asker{view: view{x: x}, kinds: x.kinds}
	a.grow(x.Persons())
	return a
}

// First returns the F1 of a case in its window, in no order.
func (a *Asker) First(person uint32, w Window, r *Rule) []Contact {
	a.clear()
	a.whoMet(person, w, r)
	return a.contacts()
}

// Second returns the F2: who met one of the F1 before end, at or after that F1's
// first exposure; not the case, nor the F1. In no order.
func (a *Asker) Second(person uint32, f1 []Contact, end Minute, r *Rule) []Contact {
	a.clear()
	for _, c := range f1 {
		a.whoMet(c.Person, Window{c.First, end}, r)
	}
	a.drop(person)
	for _, c := range f1 {
		a.drop(c.Person)
	}
	return a.contacts()
}

func (a *Asker) whoMet(person uint32, w Window, r *Rule) {
	var room [64]Presence
	for _, p := range a.presences(room[:0], person, w) {
		a.meet(p, r.MinOverlap[a.kinds[p.Locus]], func(other uint32, from, _ Minute) { a.put(other, from) })
	}
}

// Meetings explains: every meeting of a person with any of the others, each in
// the window that with gives.
func (a *Asker) Meetings(person uint32, with map[uint32]Window, r *Rule) []Meeting {
	return a.meetings(nil, person, with, a.kinds, r)
}
