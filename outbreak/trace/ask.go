package trace

// Asker asks one question after another; it reuses its memory and is not for two
// goroutines at once.
type Asker struct {
	view
	kinds []Kind
	marks []mark // by person
	now   uint32
	found []uint32
}

// mark is a person's first exposure in the question asked as number round: side
// by side, because a question is as slow as the memory it touches.
type mark struct {
	round uint32
	first Minute
}

// NewAsker takes 8 bytes a person.
func NewAsker(x *Index) *Asker {
	a := &Asker{view: view{x: x}, kinds: x.kinds}
	a.grow(x.Persons())
	return a
}

func (a *Asker) grow(persons int) {
	if more := persons - len(a.marks); more > 0 {
		a.marks = append(a.marks, make([]mark, more)...)
	}
}

func (a *Asker) begin() {
	a.found = a.found[:0]
	a.now++
	if a.now == 0 {
		clear(a.marks)
		a.now = 1
	}
}

func (a *Asker) note(person uint32, at Minute) {
	m := &a.marks[person]
	if m.round != a.now {
		*m = mark{a.now, at}
		a.found = append(a.found, person)
	} else if at < m.first {
		m.first = at
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
	if m := &a.marks[person]; m.round == a.now {
		m.first = noMinute
	}
}

// contacts are those found and not dropped.
func (a *Asker) contacts() []Contact {
	all := make([]Contact, 0, len(a.found))
	for _, p := range a.found {
		if first := a.marks[p].first; first != noMinute {
			all = append(all, Contact{Person: p, First: first})
		}
	}
	return all
}

// Meetings explains: every meeting of a person with any of the others, each in
// the window that with gives.
func (a *Asker) Meetings(person uint32, with map[uint32]Window, r *Rule) []Meeting {
	return a.meetings(nil, person, with, a.kinds, r)
}
