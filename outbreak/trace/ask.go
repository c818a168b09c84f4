package trace

// Asker asks one index, one question after another; it reuses its memory and
// is not for two goroutines at once.
type Asker struct {
	x     *Index
	first []Minute // by person: first exposure in the question being asked
	round []uint32 // by person: the question in which first was set
	now   uint32
	found []uint32
}

// NewAsker takes 8 bytes a person.
func NewAsker(x *Index) *Asker {
	return &Asker{x: x, first: make([]Minute, x.Persons()), round: make([]uint32, x.Persons())}
}

// Presences appends what is known of a person within the window, cut to it.
func (x *Index) Presences(to []Presence, person uint32, w Window) []Presence {
	if int(person) >= x.Persons() {
		return to
	}
	for _, pos := range x.of[x.ofStart[person]:x.ofStart[person+1]] {
		p := x.read(pos)
		p.From, p.To = max(p.From, w.From), min(p.To, w.To)
		if p.From < p.To {
			to = append(to, p)
		}
	}
	return to
}

// meet calls hit for each presence of others that overlaps p for at least
// least minutes; from and to are the overlap.
func (x *Index) meet(p Presence, least Minute, hit func(person uint32, from, to Minute)) {
	if least <= 0 || p.To-p.From < least {
		return
	}
	for c := range classes {
		s := int(p.Locus)*classes + c
		run := x.rows[x.starts[s]:x.starts[s+1]]
		last := p.To - least - x.base // nobody who came later met them long enough
		if len(run) == 0 || last < 0 {
			continue
		}
		stop := uint64(last+1) << inShift
		for _, r := range run[search(run, p.From+least-classMost[c]-x.base):] {
			if r >= stop {
				break
			}
			in := x.base + Minute(r>>inShift)
			from, to := max(p.From, in), min(p.To, in+Minute(r>>durShift&durMask))
			if person := uint32(r & personMask); to-from >= least && person != p.Person {
				hit(person, from, to)
			}
		}
	}
}

// search finds the first row that began at since (minutes after base) or later.
func search(run []uint64, since Minute) int {
	if since <= 0 {
		return 0
	}
	key := uint64(since) << inShift
	lo, hi := 0, len(run)
	for lo < hi {
		if mid := int(uint(lo+hi) >> 1); run[mid] < key {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
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

func (a *Asker) contacts() []Contact {
	all := make([]Contact, len(a.found))
	for i, p := range a.found {
		all[i] = Contact{Person: p, First: a.first[p]}
	}
	return all
}

// First returns the F1 of a case in its window, in no order.
func (a *Asker) First(person uint32, w Window, r *Rule) []Contact {
	a.begin()
	var mine [64]Presence
	for _, p := range a.x.Presences(mine[:0], person, w) {
		a.x.meet(p, r.MinOverlap[a.x.kinds[p.Locus]], func(other uint32, from, _ Minute) { a.note(other, from) })
	}
	return a.contacts()
}

// Second returns the F2: who met one of the F1 before end, at or after that F1's
// first exposure; not the case, nor the F1. In no order.
func (a *Asker) Second(person uint32, f1 []Contact, end Minute, r *Rule) []Contact {
	a.begin()
	var mine [64]Presence
	for _, c := range f1 {
		for _, p := range a.x.Presences(mine[:0], c.Person, Window{c.First, end}) {
			a.x.meet(p, r.MinOverlap[a.x.kinds[p.Locus]], func(other uint32, from, _ Minute) { a.note(other, from) })
		}
	}
	return a.without(person, f1)
}

// without drops the case and its F1 from what was found.
func (a *Asker) without(person uint32, f1 []Contact) []Contact {
	const dropped = noMinute
	if a.round[person] == a.now {
		a.first[person] = dropped
	}
	for _, c := range f1 {
		if a.round[c.Person] == a.now {
			a.first[c.Person] = dropped
		}
	}
	all := make([]Contact, 0, len(a.found))
	for _, p := range a.found {
		if a.first[p] != dropped {
			all = append(all, Contact{Person: p, First: a.first[p]})
		}
	}
	return all
}

// Meetings explains: every meeting of a person with any of the others, each in
// the window that with gives.
func (x *Index) Meetings(person uint32, with map[uint32]Window, r *Rule) (all []Meeting) {
	for _, p := range x.Presences(nil, person, Window{noMinute, -noMinute}) {
		least := r.MinOverlap[x.kinds[p.Locus]]
		x.meet(p, least, func(other uint32, from, to Minute) {
			w, asked := with[other]
			from, to = max(from, w.From), min(to, w.To)
			if asked && to-from >= least {
				all = append(all, Meeting{Of: person, With: other, Locus: p.Locus, From: from, To: to})
			}
		})
	}
	return all
}
