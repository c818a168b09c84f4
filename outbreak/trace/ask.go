package trace

// Asker asks one question after another; it reuses its memory and is not for two
// goroutines at once.
type Asker struct {
	view
	kinds []Kind
	first []Minute // by person: first exposure in the question being asked
	round []uint32 // by person: the question in which first was set
	now   uint32
	found []uint32
}

// NewAsker takes 8 bytes a person.
func NewAsker(x *Index) *Asker {
	a := &Asker{view: view{x: x}, kinds: x.kinds}
	a.grow(x.Persons())
	return a
}

func (a *Asker) grow(persons int) {
	if more := persons - len(a.first); more > 0 {
		a.first = append(a.first, make([]Minute, more)...)
		a.round = append(a.round, make([]uint32, more)...)
	}
}

func (a *Asker) begin() {
	a.found = a.found[:0]
	a.now++
	if a.now == 0 {
		clear(a.round)
		a.now = 1
	}
}

func (a *Asker) note(person uint32, at Minute) {
	if a.round[person] != a.now {
		a.round[person] = a.now
		a.first[person] = at
		a.found = append(a.found, person)
	} else if at < a.first[person] {
		a.first[person] = at
	}
}

// First returns the F1 of a case in its window, in no order.
func (a *Asker) First(person uint32, w Window, r *Rule) []Contact {
	a.begin()
	a.whoMet(person, w, r)
	return a.contacts()
}

// Second returns the F2: who met one of the F1 before end, at or after that F1's
// first exposure; not the case, nor the F1. In no order.
func (a *Asker) Second(person uint32, f1 []Contact, end Minute, r *Rule) []Contact {
	a.begin()
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
		a.meet(p, r.MinOverlap[a.kinds[p.Locus]], func(other uint32, from, _ Minute) { a.note(other, from) })
	}
}

func (a *Asker) drop(person uint32) {
	if a.round[person] == a.now {
		a.first[person] = noMinute
	}
}

// contacts are those found and not dropped.
func (a *Asker) contacts() []Contact {
	all := make([]Contact, 0, len(a.found))
	for _, p := range a.found {
		if a.first[p] != noMinute {
			all = append(all, Contact{Person: p, First: a.first[p]})
		}
	}
	return all
}

// Meetings explains: every meeting of a person with any of the others, each in
// the window that with gives.
func (a *Asker) Meetings(person uint32, with map[uint32]Window, r *Rule) []Meeting {
	return a.meetings(nil, person, with, a.kinds, r)
}
