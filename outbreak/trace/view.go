package trace

import "slices"

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
		to = v.sealed(to, v.x.of[v.x.ofStart[person]:v.x.ofStart[person+1]], w)
	}
	for _, i := range v.ofWhom[person] {
		to = cut(to, v.tail[i], w)
	}
	return to
}

// sealed reads the rows at all, which lie far apart: first, so that they come from memory
// together, then looks at them.
func (v *view) sealed(to []Presence, all []uint32, w Window) []Presence {
	var rows [32]uint64
	var slots [32]uint32
	for part := range slices.Chunk(all, len(rows)) {
		for i, pos := range part {
			rows[i], slots[i] = v.x.rows[pos], v.x.slots[pos/block]
		}
		for i, pos := range part {
			if len(v.gone) == 0 || !v.gone[pos] {
				to = cut(to, v.x.presence(rows[i], v.x.slotFrom(slots[i], pos)), w)
			}
		}
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
