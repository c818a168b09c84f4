package trace

// aside is how many presences are searched for side by side.
const aside = 16

// search finds where the rows begin that may meet each of some presences: one lane
// for each of them and each class of length. All lanes go step by step together, so
// that they wait for memory together.
type search struct {
	lanes        int
	lo, hi, end  [aside * classes]uint32 // positions; what is found is lo, and the run ends at end
	mile, mileHi [aside * classes]uint32 // milestones, between which the same is looked for first
	since        [aside * classes]uint64 // what a row is at least that began late enough
	sinceMile    [aside * classes]uint32 // the same of a milestone
}

// add takes lanes for the runs of a locus, whose first slot is given, from the first
// row that began at since (minutes after base, by class) or later.
func (s *search) add(x *Index, slot int, since *[classes]Minute) {
	for c := range classes {
		n := s.lanes + c
		at := uint32(max(0, since[c]))
		s.sinceMile[n], s.since[n] = at, uint64(at)<<inShift
		s.lo[n], s.end[n] = x.starts[slot+c], x.starts[slot+c+1]
		s.mile[n], s.mileHi[n] = (s.lo[n]+milestone-1)/milestone, (s.end[n]+milestone-1)/milestone
	}
	s.lanes += classes
}

// skip takes lanes in which nothing is.
func (s *search) skip() {
	for n := s.lanes; n < s.lanes+classes; n++ {
		s.lo[n], s.end[n], s.mile[n], s.mileHi[n] = 0, 0, 0, 0
	}
	s.lanes += classes
}

// run finds lo in every lane.
func (s *search) run(x *Index) {
	n := s.lanes
	lowest(x.mile, s.mile[:n], s.mileHi[:n], s.sinceMile[:n])
	for i, k := range s.mile[:n] {
		if before := k*milestone - milestone + 1; k > 0 && before > s.lo[i] {
			s.lo[i] = before
		}
		s.hi[i] = min(s.end[i], k*milestone)
	}
	lowest(x.rows, s.lo[:n], s.hi[:n], s.since[:n])
}

// lowest moves each lo to the first that is at least as great, or to hi.
func lowest[T uint32 | uint64](rising []T, lo, hi []uint32, least []T) {
	for more := true; more; {
		more = false
		for i, l := range lo {
			h := hi[i]
			if l >= h {
				continue
			}
			more = true
			mid := l + (h-l)/2
			if rising[mid] < least[i] {
				l = mid + 1
			} else {
				h = mid
			}
			lo[i], hi[i] = l, h
		}
	}
}
