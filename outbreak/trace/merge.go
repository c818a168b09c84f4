package trace

import "slices"

// merge returns an index of x without the positions that are gone and what began
// before since, and with the presences of tail (those with To 0 left out). moved
// tells of a position of x, when it was not gone, what stood there.
func (x *Index) merge(tail []Presence, gone map[uint32]bool, since Minute, persons int, kinds []Kind) (*Index, func(uint32) (Presence, bool)) {
	y := &Index{base: x.base, kinds: kinds}
	fresh := y.runs(tail, since)
	y.starts = make([]uint32, len(kinds)*classes+1)
	y.rows = make([]uint64, 0, len(x.rows)-len(gone)+len(tail))
	for s := range len(kinds) * classes {
		y.starts[s] = uint32(len(y.rows))
		before := len(y.rows)
		if s+1 < len(x.starts) {
			y.keep(x, s, gone, since)
		}
		if more := fresh[s]; len(more) > 0 {
			y.rows = append(y.rows, more...)
			slices.Sort(y.rows[before:])
		}
	}
	y.starts[len(y.starts)-1] = uint32(len(y.rows))
	y.setMilestones()
	y.byPerson(persons)
	return y, func(pos uint32) (Presence, bool) {
		p := x.read(pos)
		return p, !gone[pos] && p.From >= since
	}
}

// runs packs the tail's presences by locus and class.
func (x *Index) runs(tail []Presence, since Minute) map[int][]uint64 {
	runs := map[int][]uint64{}
	for i := range tail {
		if p := &tail[i]; p.To != 0 && p.From >= since {
			runs[slot(p)] = append(runs[slot(p)], x.pack(p))
		}
	}
	return runs
}

// keep appends what stays of a run of the old index.
func (x *Index) keep(old *Index, s int, gone map[uint32]bool, since Minute) {
	for pos := old.starts[s]; pos < old.starts[s+1]; pos++ {
		r := old.rows[pos]
		if begin := old.base + Minute(r>>inShift); begin >= since && (len(gone) == 0 || !gone[pos]) {
			x.rows = append(x.rows, r)
		}
	}
}
