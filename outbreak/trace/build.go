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
func (x *Index) slotAt(pos uint32) int { return x.slotFrom(x.slots[pos/block], pos) }

// slotFrom is slotAt when the slot of the block's first row is known.
func (x *Index) slotFrom(slot, pos uint32) int {
	lo, hi := slot, x.slots[pos/block+1]
	for lo < hi {
		if mid := (lo + hi + 1) / 2; x.starts[mid] <= pos {
			lo = mid
		} else {
			hi = mid - 1
		}
	}
	return int(lo)
}

func (x *Index) read(pos uint32) Presence { return x.presence(x.rows[pos], x.slotAt(pos)) }

// presence reads a row of a slot.
func (x *Index) presence(r uint64, slot int) Presence {
	from := x.base + Minute(r>>inShift)
	return Presence{Person: uint32(r & personMask), Locus: uint32(slot / classes), From: from, To: from + Minute(r>>durShift&durMask)}
}
