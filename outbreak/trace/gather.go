package trace

import (
	"math/bits"
	"slices"
)

// gather keeps who was met and when first. A question meets people all over the
// province, most of them several times: to look each of them up where it lies
// would wait for memory every time. Meetings are written down in parts of the
// province instead, one after the other, and each part is looked through when it
// is full, in a space that fits the processor's nearest cache. A few need no parts.
type gather struct {
	few   []Contact           // while they are few
	place [2 * fewMost]uint16 // in few, and one more; by a hash of the person
	many  bool
	parts [parts][]Contact
	shift int    // of a person's number, to that of their part
	seen  []seen // by person within a part
	round uint32
}

// fewMost is how many people are few; parts is how many parts others are kept in,
// and roomOfPart how many meetings a part has room for at first.
const (
	fewMost    = 1024
	parts      = 128
	roomOfPart = 64
)

// seen is where in a part somebody stands, in the round that looked through it.
type seen struct{ round, place uint32 }

// grow makes room for people 0…persons-1. What was gathered before is of no use
// after it: clear comes next.
func (g *gather) grow(persons int) {
	g.shift = max(0, bits.Len(uint(max(1, persons)-1))-bits.Len(parts-1))
	if more := 1<<g.shift - len(g.seen); more > 0 {
		g.seen = append(g.seen, make([]seen, more)...)
	}
}

// clear begins anew; what will be gathered is given out in the memory of to.
func (g *gather) clear(to []Contact) {
	clear(g.place[:])
	g.few, g.many = to[:0], false
	for i := range g.parts {
		g.parts[i] = g.parts[i][:0]
	}
}

// put notes that a person was met.
func (g *gather) put(person uint32, at Minute) {
	if !g.many {
		g.putFew(person, at)
		return
	}
	p := &g.parts[person>>g.shift]
	if len(*p) == cap(*p) {
		*p = g.roomier(*p)
	}
	*p = append(*p, Contact{person, at})
}

func (g *gather) putFew(person uint32, at Minute) {
	const bits = 11 // of len(g.place)
	i := person * 2654435769 >> (32 - bits)
	for ; g.place[i] != 0; i = (i + 1) % uint32(len(g.place)) {
		if c := &g.few[g.place[i]-1]; c.Person == person {
			c.First = min(c.First, at)
			return
		}
	}
	g.few = append(g.few, Contact{person, at})
	g.place[i] = uint16(len(g.few))
	if len(g.few) < fewMost {
		return
	}
	g.many = true
	for _, c := range g.few {
		g.put(c.Person, c.First)
	}
}

// drop leaves a person out, met or not.
func (g *gather) drop(person uint32) { g.put(person, noMinute) }

// roomier looks through a full part, and doubles it when that does not empty half of it.
func (g *gather) roomier(all []Contact) []Contact {
	all = g.firsts(all)
	if len(all) <= cap(all)/2 && cap(all) > 0 {
		return all
	}
	return append(make([]Contact, 0, max(roomOfPart, 2*cap(all))), all...)
}

// firsts leaves of a part the first meeting of each, in place.
func (g *gather) firsts(all []Contact) []Contact {
	if g.round++; g.round == 0 {
		clear(g.seen)
		g.round = 1
	}
	n, mask := 0, uint32(1)<<g.shift-1
	for _, c := range all {
		s := &g.seen[c.Person&mask]
		if s.round != g.round {
			*s = seen{g.round, uint32(n)}
			all[n] = c
			n++
		} else if c.First < all[s.place].First {
			all[s.place].First = c.First
		}
	}
	return all[:n]
}

// contacts are those gathered and not dropped.
func (g *gather) contacts() []Contact {
	if !g.many {
		return standing(g.few[:0], g.few)
	}
	n := 0
	for i, p := range g.parts {
		g.parts[i] = g.firsts(p)
		n += len(g.parts[i])
	}
	all := slices.Grow(g.few[:0], n)
	for _, p := range g.parts {
		all = standing(all, p)
	}
	return all
}

// standing appends those who are not dropped; to may be the beginning of all.
func standing(to, all []Contact) []Contact {
	for _, c := range all {
		if c.First != noMinute {
			to = append(to, c)
		}
	}
	return to
}
