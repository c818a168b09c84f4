package trace

import "slices"

// Asker asks one question after another; it reuses its memory and is not for two
// goroutines at once.
type Asker struct {
	view
	gather
	search
	kinds  []Kind
	f1, f2 []Contact // the memory of the last answers
}

// NewAsker takes what its largest answer takes.
func NewAsker(x *Index) *Asker {
	a := &Asker{view: view{x: x}, kinds: x.kinds}
	a.grow(x.Persons())
	return a
}

// First returns the F1 of a case in its window, in no order. They hold until First
// is asked again.
func (a *Asker) First(person uint32, w Window, r *Rule) []Contact {
	a.clear(a.f1)
	a.whoMet(person, w, r)
	a.f1 = a.contacts()
	return a.f1
}

// Second returns the F2: who met one of the F1 before end, at or after that F1's
// first exposure; not the case, nor the F1. In no order; they hold until Second is
// asked again.
func (a *Asker) Second(person uint32, f1 []Contact, end Minute, r *Rule) []Contact {
	a.clear(a.f2)
	for _, c := range f1 {
		a.whoMet(c.Person, Window{c.First, end}, r)
	}
	a.drop(person)
	for _, c := range f1 {
		a.drop(c.Person)
	}
	a.f2 = a.contacts()
	return a.f2
}

func (a *Asker) whoMet(person uint32, w Window, r *Rule) {
	var room [64]Presence
	a.meet(a.presences(room[:0], person, w), r, func(_ *Presence, other uint32, from, _ Minute) { a.put(other, from) })
}

// Meetings explains: every meeting of a person with any of the others, each in
// the window that with gives.
func (a *Asker) Meetings(person uint32, with map[uint32]Window, r *Rule) (all []Meeting) {
	a.meet(a.presences(nil, person, Window{noMinute, -noMinute}), r, func(p *Presence, other uint32, from, to Minute) {
		w, asked := with[other]
		from, to = max(from, w.From), min(to, w.To)
		if asked && to-from >= a.least(p, r) {
			all = append(all, Meeting{Of: person, With: other, Locus: p.Locus, From: from, To: to})
		}
	})
	return all
}

// least is for how long others have to overlap a presence.
func (a *Asker) least(p *Presence, r *Rule) Minute { return r.MinOverlap[a.kinds[p.Locus]] }

// meet calls hit for each presence of others that overlaps p, one of all, for as
// long as the rule asks; from and to are the overlap.
func (a *Asker) meet(all []Presence, r *Rule, hit func(p *Presence, person uint32, from, to Minute)) {
	all = slices.DeleteFunc(all, func(p Presence) bool { l := a.least(&p, r); return l <= 0 || p.To-p.From < l })
	for part := range slices.Chunk(all, aside) {
		a.meetSealed(part, r, hit)
	}
	for i := range all {
		a.meetTail(&all[i], r, hit)
	}
}

func (a *Asker) meetTail(p *Presence, r *Rule, hit func(p *Presence, person uint32, from, to Minute)) {
	for _, i := range a.atLocus[p.Locus] {
		t := &a.tail[i]
		from, to := max(p.From, t.From), min(p.To, t.To)
		if to-from >= a.least(p, r) && t.Person != p.Person {
			hit(p, t.Person, from, to)
		}
	}
}

func (a *Asker) meetSealed(part []Presence, r *Rule, hit func(p *Presence, person uint32, from, to Minute)) {
	a.lanes = 0
	for i := range part {
		a.seek(&part[i], r)
	}
	a.run(a.x)
	for i := range part {
		p := &part[i]
		least := a.least(p, r)
		stop := uint64(max(0, p.To-least-a.x.base+1)) << inShift // nobody who came later met them long enough
		for lane := i * classes; lane < (i+1)*classes; lane++ {
			a.look(lane, stop, p, least, hit)
		}
	}
}

// look goes over the rows of a lane that began before stop.
func (a *Asker) look(lane int, stop uint64, p *Presence, least Minute, hit func(p *Presence, person uint32, from, to Minute)) {
	first := a.lo[lane]
	for i, row := range a.x.rows[first:a.end[lane]] {
		if row >= stop {
			return
		}
		in, other := a.x.base+Minute(row>>inShift), uint32(row&personMask)
		from, to := max(p.From, in), min(p.To, in+Minute(row>>durShift&durMask))
		if to-from >= least && other != p.Person && (len(a.gone) == 0 || !a.gone[first+uint32(i)]) {
			hit(p, other, from, to)
		}
	}
}

// seek takes up lanes for a presence.
func (a *Asker) seek(p *Presence, r *Rule) {
	slot := int(p.Locus) * classes
	if slot+classes >= len(a.x.starts) {
		a.search.skip()
		return
	}
	var since [classes]Minute
	for c := range classes {
		since[c] = p.From + a.least(p, r) - classMost[c] - a.x.base
	}
	a.search.add(a.x, slot, &since)
}
