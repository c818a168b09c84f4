package trace

// view is what a question reads: sorted rows, those of them that no longer hold,
// and a tail of what came since.
type view struct {
	x               *Index
	gone            map[uint32]bool
	tail            []Presence
	atLocus, ofWhom map[uint32][]uint32
}

// presences appends what is known of a person within the window, cut to it.
func (v *view) presences(to []Presence, person uint32, w Window) []Presence {
	if int(person) < v.x.Persons() {
		for _, pos := range v.x.of[v.x.ofStart[person]:v.x.ofStart[person+1]] {
			if len(v.gone) == 0 || !v.gone[pos] {
				to = cut(to, v.x.read(pos), w)
			}
		}
	}
	for _, i := range v.ofWhom[person] {
		to = cut(to, v.tail[i], w)
	}
	return to
}

func cut(to []Presence, p Presence, w Window) []Presence {
	p.From, p.To = max(p.From, w.From), min(p.To, w.To)
	if p.From < p.To {
		to = append(to, p)
	}
	return to
}

// meet calls hit for each presence of others that overlaps p for at least
// least minutes; from and to are the overlap.
func (v *view) meet(p Presence, least Minute, hit func(person uint32, from, to Minute)) {
	if least <= 0 || p.To-p.From < least {
		return
	}
	v.meetSealed(p, least, hit)
	for _, i := range v.atLocus[p.Locus] {
		t := &v.tail[i]
		from, to := max(p.From, t.From), min(p.To, t.To)
		if to-from >= least && t.Person != p.Person {
			hit(t.Person, from, to)
		}
	}
}

func (v *view) meetSealed(p Presence, least Minute, hit func(person uint32, from, to Minute)) {
	x := v.x
	last := p.To - least - x.base // nobody who came later met them long enough
	if int(p.Locus)*classes+classes >= len(x.starts) || last < 0 {
		return
	}
	stop, slot := uint64(last+1)<<inShift, int(p.Locus)*classes
	var since [classes]Minute
	for c := range classes {
		since[c] = p.From + least - classMost[c] - x.base
	}
	at := x.search(slot, &since)
	for c, i := range at {
		for end := x.starts[slot+c+1]; i < end && x.rows[i] < stop; i++ {
			r := x.rows[i]
			in := x.base + Minute(r>>inShift)
			from, to := max(p.From, in), min(p.To, in+Minute(r>>durShift&durMask))
			if to-from < least || uint32(r&personMask) == p.Person {
				continue
			}
			if len(v.gone) == 0 || !v.gone[i] {
				hit(uint32(r&personMask), from, to)
			}
		}
	}
}

// meetings appends every meeting of a person with any of the others, each in the
// window that with gives.
func (v *view) meetings(all []Meeting, person uint32, with map[uint32]Window, kinds []Kind, r *Rule) []Meeting {
	for _, p := range v.presences(nil, person, Window{noMinute, -noMinute}) {
		least := r.MinOverlap[kinds[p.Locus]]
		v.meet(p, least, func(other uint32, from, to Minute) {
			w, asked := with[other]
			from, to = max(from, w.From), min(to, w.To)
			if asked && to-from >= least {
				all = append(all, Meeting{Of: person, With: other, Locus: p.Locus, From: from, To: to})
			}
		})
	}
	return all
}
