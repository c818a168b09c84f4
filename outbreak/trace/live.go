package trace

import (
	"slices"
	"sync"
	"time"

	"khien/kernel/id"
)

// Stay is one person at one locus, as facts tell it. Kind is the locus's.
type Stay struct {
	Person, Locus id.ID
	Kind          Kind
	From, To      time.Time
}

// Live is an index that follows the facts. What was sealed last stands sorted;
// what came since is a short tail that every question reads as well; Seal takes
// the tail in and drops what is too old. Safe for many goroutines.
type Live struct {
	sealing sync.Mutex // one Seal at a time

	mu      sync.RWMutex
	people  numbers
	loci    numbers
	kinds   []Kind
	sealed  *Index
	gone    map[uint32]bool // positions in sealed that no longer hold
	tail    []Presence
	atLocus map[uint32][]uint32 // of the tail, by locus; a Presence with To 0 is gone
	ofWhom  map[uint32][]uint32 // … by person
	askers  []*Asker
}

// numbers gives ids their numbers, from 0.
type numbers struct {
	of  map[id.ID]uint32
	ids []id.ID
}

func (n *numbers) number(i id.ID) uint32 {
	if v, ok := n.of[i]; ok {
		return v
	}
	v := uint32(len(n.ids))
	n.of[i] = v
	n.ids = append(n.ids, i)
	return v
}

// NewLive is empty. Nothing that began before since is taken in.
func NewLive(since time.Time) *Live {
	l := &Live{people: numbers{of: map[id.ID]uint32{}}, loci: numbers{of: map[id.ID]uint32{}}, sealed: &Index{base: MinuteOf(since), starts: []uint32{0}, ofStart: []uint32{0}}}
	l.clear()
	return l
}

func (l *Live) clear() {
	l.gone, l.tail = map[uint32]bool{}, nil
	l.atLocus, l.ofWhom = map[uint32][]uint32{}, map[uint32][]uint32{}
}

// Add takes stays in. One shorter than a minute counts as a minute, one longer
// than MaxStay as MaxStay; what began outside the index's span is left out.
func (l *Live) Add(stays ...Stay) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range stays {
		if p, ok := l.presence(s); ok {
			l.push(p)
		}
	}
}

func (l *Live) presence(s Stay) (Presence, bool) {
	from := MinuteOf(s.From)
	if from < l.sealed.base || from-l.sealed.base > MaxSpan {
		return Presence{}, false
	}
	p := Presence{Person: l.people.number(s.Person), Locus: l.loci.number(s.Locus), From: from}
	p.To = min(max(MinuteOf(s.To), from+1), from+MaxStay)
	for int(p.Locus) >= len(l.kinds) {
		l.kinds = append(l.kinds, 0)
	}
	l.kinds[p.Locus] = s.Kind
	return p, true
}

func (l *Live) push(p Presence) {
	i := uint32(len(l.tail))
	l.tail = append(l.tail, p)
	l.atLocus[p.Locus] = append(l.atLocus[p.Locus], i)
	l.ofWhom[p.Person] = append(l.ofWhom[p.Person], i)
}

// Change gives a stay that began at s.From another end, or takes it in when it is
// not known: a visitor who leaves.
func (l *Live) Change(s Stay) {
	l.mu.Lock()
	defer l.mu.Unlock()
	p, ok := l.presence(s)
	if !ok {
		return
	}
	l.drop(p)
	l.push(p)
}

// Begin takes in a stay that is told to begin, unless just this one stands. Another
// of the same person, locus and minute stands beside it.
func (l *Live) Begin(s Stay) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if p, ok := l.presence(s); ok && !slices.Contains(l.alike(p), p.To) {
		l.push(p)
	}
}

// End gives a stay that began at s.From its end, as Change does. It reports false,
// and does nothing, when several began in that minute: which of them ended only
// the database knows.
func (l *Live) End(s Stay) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	p, ok := l.presence(s)
	if !ok {
		return true
	}
	if len(l.alike(p)) > 1 {
		return false
	}
	l.drop(p)
	l.push(p)
	return true
}

// alike returns the ends of the presences of the same person, locus and first minute.
func (l *Live) alike(p Presence) (ends []Minute) {
	v := view{x: l.sealed, gone: l.gone, tail: l.tail, atLocus: l.atLocus, ofWhom: l.ofWhom}
	var room [64]Presence
	for _, q := range v.presences(room[:0], p.Person, Window{noMinute, -noMinute}) {
		if q.Locus == p.Locus && q.From == p.From {
			ends = append(ends, q.To)
		}
	}
	return ends
}

// Remove forgets the stay that began at s.From, if it is known.
func (l *Live) Remove(s Stay) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if p, ok := l.presence(s); ok {
		l.drop(p)
	}
}

// drop forgets one presence of the same person, locus and first minute.
func (l *Live) drop(p Presence) {
	l.dropOne(p.Person, func(q Presence) bool { return q.Locus == p.Locus && q.From == p.From })
}

// dropOne forgets one presence of a person that is meant.
func (l *Live) dropOne(person uint32, meant func(Presence) bool) {
	for _, i := range l.ofWhom[person] {
		if t := &l.tail[i]; t.To != 0 && meant(*t) {
			t.To = 0
			return
		}
	}
	if int(person) >= l.sealed.Persons() {
		return
	}
	for _, pos := range l.sealed.of[l.sealed.ofStart[person]:l.sealed.ofStart[person+1]] {
		if !l.gone[pos] && meant(l.sealed.read(pos)) {
			l.gone[pos] = true
			return
		}
	}
}

// Len is the number of presences, and of those among them that Seal would take in.
func (l *Live) Len() (all, tail int) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	for i := range l.tail {
		if l.tail[i].To != 0 {
			tail++
		}
	}
	return len(l.sealed.rows) - len(l.gone) + tail, tail
}

// Seal sorts the tail in and drops what began before since, as visits do.
// Questions and facts wait only for the exchange at its end.
func (l *Live) Seal(since time.Time) {
	l.sealing.Lock()
	defer l.sealing.Unlock()

	l.mu.RLock()
	old, gone, taken := l.sealed, map[uint32]bool{}, len(l.tail)
	for pos := range l.gone {
		gone[pos] = true
	}
	tail, kinds, persons := slices.Clone(l.tail), slices.Clone(l.kinds), len(l.people.ids)
	l.mu.RUnlock()

	sealed, moved := old.merge(tail, gone, MinuteOf(since), persons, kinds)

	l.mu.Lock()
	defer l.mu.Unlock()
	l.exchange(sealed, tail, taken, moved)
}

// exchange puts the new index in place and tells it what happened meanwhile.
func (l *Live) exchange(sealed *Index, merged []Presence, taken int, moved func(uint32) (Presence, bool)) {
	var dropped []Presence
	for i := range taken {
		if merged[i].To != 0 && l.tail[i].To == 0 {
			dropped = append(dropped, merged[i])
		}
	}
	for pos := range l.gone {
		if p, still := moved(pos); still {
			dropped = append(dropped, p)
		}
	}
	rest := slices.Clone(l.tail[taken:])
	l.sealed = sealed
	l.clear()
	for _, p := range dropped {
		l.dropOne(p.Person, func(q Presence) bool { return q == p })
	}
	for _, p := range rest {
		if p.To != 0 {
			l.push(p)
		}
	}
}
