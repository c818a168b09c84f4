package trace

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
)

// Index holds sealed presences. It is read by many at once and never changes.
type Index struct {
	base    Minute
	kinds   []Kind   // by locus
	starts  []uint32 // by locus and class: where its rows begin; one more at the end
	rows    []uint64 // from-base | stay | person, rising within locus and class
	mile    []uint32 // from-base of every milestone-th row
	slots   []uint32 // locus and class of every block-th row; that of the last at the end
	ofStart []uint32 // by person: where their positions begin; one more at the end
	of      []uint32 // positions in rows
}

// ErrRange is a presence that a row cannot hold.
var ErrRange = errors.New("trace: presence out of range")

// Build sorts presences of people 0…persons-1 at loci 0…len(kinds)-1. It does
// not keep ps. At most 2^32-1 presences.
func Build(ps []Presence, persons int, kinds []Kind) (*Index, error) {
	x := &Index{kinds: kinds, base: noMinute}
	if err := x.check(ps, persons); err != nil {
		return nil, err
	}
	x.place(ps)
	x.sort()
	x.setMilestones()
	x.byPerson(persons)
	return x, nil
}

func (x *Index) check(ps []Presence, persons int) error {
	if persons > MaxPersons || uint64(len(ps)) >= 1<<32-milestone {
		return fmt.Errorf("%w: %d people, %d presences", ErrRange, persons, len(ps))
	}
	if len(ps) == 0 {
		return nil
	}
	first, last := ps[0].From, ps[0].From
	for i := range ps {
		p := &ps[i]
		if int(p.Person) >= persons || int(p.Locus) >= len(x.kinds) || p.To <= p.From || p.To-p.From > MaxStay {
			return fmt.Errorf("%w: %+v", ErrRange, *p)
		}
		first, last = min(first, p.From), max(last, p.From)
	}
	if last-first > MaxSpan {
		return fmt.Errorf("%w: from %d to %d", ErrRange, first, last)
	}
	x.base = first
	return nil
}

// place counts the rows of each locus and class and puts each row in its run.
func (x *Index) place(ps []Presence) {
	x.starts = make([]uint32, len(x.kinds)*classes+1)
	for i := range ps {
		x.starts[slot(&ps[i])+1]++
	}
	for i := 1; i < len(x.starts); i++ {
		x.starts[i] += x.starts[i-1]
	}
	x.rows = make([]uint64, len(ps))
	next := slices.Clone(x.starts)
	for i := range ps {
		p := &ps[i]
		s := slot(p)
		x.rows[next[s]] = x.pack(p)
		next[s]++
	}
}

func (x *Index) pack(p *Presence) uint64 {
	return uint64(p.From-x.base)<<inShift | uint64(p.To-p.From)<<durShift | uint64(p.Person)
}

func slot(p *Presence) int { return int(p.Locus)*classes + classOf(p.To-p.From) }

// sort orders each run, on all cores.
func (x *Index) sort() {
	var wg sync.WaitGroup
	runs := len(x.starts) - 1
	workers := runtime.GOMAXPROCS(0)
	for w := range workers {
		wg.Go(func() {
			for s := w; s < runs; s += workers {
				slices.Sort(x.rows[x.starts[s]:x.starts[s+1]])
			}
		})
	}
	wg.Wait()
}

// milestone is how many rows lie from one milestone to the next: 256 bytes. A
// search among milestones stays in the processor's caches, one among rows waits
// for memory at almost every step. block is the same for finding a row's slot.
const (
	milestone = 32
	block     = 256
)

func (x *Index) setMilestones() {
	x.mile = make([]uint32, (len(x.rows)+milestone-1)/milestone)
	for i := range x.mile {
		x.mile[i] = uint32(x.rows[i*milestone] >> inShift)
	}
	x.slots = make([]uint32, 0, len(x.rows)/block+2)
	slot := 0
	for pos := 0; pos < len(x.rows); pos += block {
		for int(x.starts[slot+1]) <= pos {
			slot++
		}
		x.slots = append(x.slots, uint32(slot))
	}
	x.slots = append(x.slots, uint32(len(x.starts)-2))
}

// search finds in each run of a locus, whose first slot is given, the first row
// that began at since (minutes after base, by class) or later, or the run's end.
func (x *Index) search(slot int, since *[classes]Minute) (at [classes]uint32) {
	var lo, hi [classes]uint32
	var mile [classes]uint32
	var row [classes]uint64
	for c := range classes {
		mile[c] = uint32(max(0, since[c]))
		row[c] = uint64(mile[c]) << inShift
		lo[c], hi[c] = (x.starts[slot+c]+milestone-1)/milestone, (x.starts[slot+c+1]+milestone-1)/milestone
	}
	lowest(x.mile, &lo, &hi, &mile)
	for c := range classes {
		k, first, end := lo[c], x.starts[slot+c], x.starts[slot+c+1]
		lo[c], hi[c] = first, min(end, k*milestone)
		if before := k*milestone - milestone + 1; k > 0 && before > first {
			lo[c] = before
		}
	}
	lowest(x.rows, &lo, &hi, &row)
	return lo
}

// lowest moves each lo to the first that is at least as great, or to hi. All go
// step by step side by side, so that they wait for memory together.
func lowest[T uint32 | uint64](rising []T, lo, hi *[classes]uint32, least *[classes]T) {
	for more := true; more; {
		more = false
		for c := range classes {
			if lo[c] >= hi[c] {
				continue
			}
			more = true
			if mid := lo[c] + (hi[c]-lo[c])/2; rising[mid] < least[c] {
				lo[c] = mid + 1
			} else {
				hi[c] = mid
			}
		}
	}
}

// byPerson notes the positions of everybody's rows, in the order of loci.
func (x *Index) byPerson(persons int) {
	x.ofStart = make([]uint32, persons+1)
	for _, r := range x.rows {
		x.ofStart[r&personMask+1]++
	}
	for i := 1; i < len(x.ofStart); i++ {
		x.ofStart[i] += x.ofStart[i-1]
	}
	x.of = make([]uint32, len(x.rows))
	next := slices.Clone(x.ofStart[:persons])
	for pos, r := range x.rows {
		p := r & personMask
		x.of[next[p]] = uint32(pos)
		next[p]++
	}
}

// Bytes is the memory that the index holds.
func (x *Index) Bytes() int {
	return 8*cap(x.rows) + 4*(cap(x.mile)+cap(x.slots)+cap(x.starts)+cap(x.ofStart)+cap(x.of)) + cap(x.kinds)
}

// Persons is the number of people.
func (x *Index) Persons() int { return len(x.ofStart) - 1 }

// slotAt finds the locus and class of a position: the last run that begins at it
// or before. Empty runs begin where the next begins.
func (x *Index) slotAt(pos uint32) int {
	lo, hi := x.slots[pos/block], x.slots[pos/block+1]
	for lo < hi {
		if mid := (lo + hi + 1) / 2; x.starts[mid] <= pos {
			lo = mid
		} else {
			hi = mid - 1
		}
	}
	return int(lo)
}

func (x *Index) read(pos uint32) Presence {
	r := x.rows[pos]
	from := x.base + Minute(r>>inShift)
	return Presence{Person: uint32(r & personMask), Locus: uint32(x.slotAt(pos) / classes),
		From: from, To: from + Minute(r>>durShift&durMask)}
}
