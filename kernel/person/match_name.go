package person

import (
	"slices"
	"strings"
)

// compareNames returns the reasons of the best way to lay two names side by
// side, of all the names each is known by.
func compareNames(a, b *side) []Reason {
	best := layNames(a.name, b.name, a.plain, b.plain)
	for _, x := range append([][]syllable{a.name}, a.more...) {
		for _, y := range append([][]syllable{b.name}, b.more...) {
			if len(a.more)+len(b.more) == 0 {
				return best
			}
			if r := layNames(x, y, isPlain(x), isPlain(y)); total(r) > total(best) {
				best = r
			}
		}
	}
	return best
}

func total(rs []Reason) (sum float64) {
	for _, r := range rs {
		sum += r.Bits
	}
	return sum
}

// layNames compares names in the order as written and, unless both ends agree,
// in the orders that forms and foreigners make of a name. Which of the two is
// in order nobody knows: the more cautious of both readings counts.
func layNames(a, b []syllable, plainA, plainB bool) []Reason {
	if len(a) == 0 || len(b) == 0 {
		return nil
	}
	best := inOrder(a, b, plainA, plainB)
	if len(a) == 1 || len(b) == 1 || a[0].bare == b[0].bare && a[len(a)-1].bare == b[len(b)-1].bare {
		return best
	}
	x, y := reordered(a, b, plainA, plainB), reordered(b, a, plainB, plainA)
	if total(y) < total(x) {
		x = y
	}
	if total(x) > total(best) {
		return x
	}
	return best
}

// reordered returns the reasons of the best other order of b.
func reordered(a, b []syllable, plainA, plainB bool) (best []Reason) {
	n := len(b)
	first := append(slices.Clone(b[1:]), b[0])               // Anh Nguyễn Văn, for Nguyễn Văn Anh
	last := append([]syllable{b[n-1]}, b[:n-1]...)           // Văn Anh Nguyễn
	swapped := append(slices.Clone(b[:n-2]), b[n-1], b[n-2]) // Nguyễn Anh Văn
	mirrored := slices.Clone(b)                              // Anh Văn Nguyễn
	slices.Reverse(mirrored)
	for i, order := range [][]syllable{first, last, mirrored, swapped} {
		bits := -2.0 // m 0.03 and three ways to try
		if i == 3 && n > 2 {
			bits = -4 // Thanh Hương and Hương Thanh are two names
		}
		r := append(inOrder(a, order, plainA, plainB), Reason{Field: fieldOrder, How: howOther, Bits: bits})
		if best == nil || total(r) > total(best) {
			best = r
		}
	}
	return best
}

// inOrder compares surname, middle names and given name, where Vietnamese put them.
func inOrder(a, b []syllable, plainA, plainB bool) []Reason {
	given := compareGiven(a[len(a)-1], b[len(b)-1], plainA, plainB)
	if len(a) == 1 || len(b) == 1 {
		return []Reason{given}
	}
	rs := []Reason{compareSurname(a[0], b[0], plainA, plainB), given}
	if m := compareMiddle(a[1:len(a)-1], b[1:len(b)-1], plainA, plainB); m.How != "" {
		rs = append(rs, m)
	}
	return rs
}

// outcome says how two syllables differ. A bare syllable is lazily typed when
// its whole name is bare, or when nobody is called so; else it is another name.
func outcome(a, b syllable, plainA, plainB bool, known share) string {
	switch {
	case a.full == b.full:
		return howSame
	case a.bare == b.bare && (!a.marked && (plainA || !known.knows(a)) || !b.marked && (plainB || !known.knows(b))):
		return howMarks
	case a.bare == b.bare:
		return howOtherMark
	case len(a.bare) == 1 || len(b.bare) == 1:
		if a.bare[0] == b.bare[0] {
			return howInitial
		}
	case min(len(a.bare), len(b.bare)) > 1 && max(len(a.bare), len(b.bare)) > 2 && oneSlip(a.bare, b.bare):
		if knownAs(a, plainA, known) && knownAs(b, plainB, known) {
			return howNear
		}
		return howSlip
	}
	return howOther
}

func knownAs(y syllable, plain bool, known share) bool {
	return known.knows(y) || plain && known.bare[y.bare] > 0
}

// compareGiven: for one human being the given name is the same or lazily typed
// with m 0.96, mistyped 0.02, an initial 0.002; a different mark or name 0.003 each.
func compareGiven(a, b syllable, plainA, plainB bool) Reason {
	r := Reason{Field: fieldGiven, How: outcome(a, b, plainA, plainB, givens)}
	switch r.How {
	case howSame:
		r.Bits = givens.bits(a, plainA || plainB)
	case howMarks:
		r.Bits = givens.bits(a, true)
	case howSlip:
		r.Bits = 1.5 // log2(0.02/0.007)
	case howInitial:
		r.Bits = 0.5
	case howOtherMark, howNear:
		r.Bits, r.Veto = -5, true // siblings are named so on purpose
	default:
		r.Bits, r.Veto = -9, true // log2(0.002/0.98)
	}
	return r
}

func compareSurname(a, b syllable, plainA, plainB bool) Reason {
	r := Reason{Field: fieldSurname, How: outcome(a, b, plainA, plainB, surnames)}
	switch r.How {
	case howSame:
		r.Bits = surnames.bits(a, plainA || plainB)
	case howMarks:
		r.Bits = surnames.bits(a, true)
	case howSlip:
		r.Bits = 0.5
	case howInitial:
	case howOtherMark, howNear:
		r.Bits = -4
	default:
		r.Bits, r.Veto = -6, true // m 0.01
	}
	return r
}

// common middle names say the sex more than the person, and are left out first.
var common = map[string]bool{"thi": true, "van": true}

// compareMiddle pairs the middle names in order; what has no partner is missing.
func compareMiddle(a, b []syllable, plainA, plainB bool) Reason {
	if len(a) > len(b) || len(a) == len(b) && slices.CompareFunc(a, b, bySpelling) > 0 { // the same both ways
		a, b, plainA, plainB = b, a, plainB, plainA
	}
	r := Reason{Field: fieldMiddle}
	used := 0
	for len(a) > 0 && used < len(b) {
		x := a[0]
		a = a[1:]
		i := partner(x, b[used:], plainA, plainB)
		y := b[used+i]
		for _, skipped := range b[used : used+i] {
			r.miss(skipped)
		}
		used += i + 1
		r.middle(x, y, outcome(x, y, plainA, plainB, middles), plainA || plainB)
	}
	for _, rest := range append(slices.Clone(a), b[used:]...) {
		r.miss(rest)
	}
	return r
}

func bySpelling(a, b syllable) int { return strings.Compare(a.full, b.full) }

// partner returns the index in b of the middle name that x stands for: the first
// that is like it while enough are left, else the first.
func partner(x syllable, b []syllable, plainA, plainB bool) int {
	for i := range b {
		if h := outcome(x, b[i], plainA, plainB, middles); h == howSame || h == howMarks || h == howInitial || h == howSlip {
			return i
		}
	}
	return 0
}

func (r *Reason) miss(y syllable) {
	bits := -1.5
	if common[y.bare] {
		bits = -0.5
	}
	r.say(howMissing, bits)
}

func (r *Reason) middle(x, y syllable, how string, plain bool) {
	switch how {
	case howSame:
		r.say(how, min(middles.bits(x, plain), 6))
	case howMarks:
		r.say(how, min(middles.bits(x, true), 6))
	case howSlip, howInitial:
		r.say(how, 0.5)
	case howOtherMark, howNear:
		r.say(how, -2.5)
	default:
		r.say(how, -4)
		r.Veto = r.Veto || common[x.bare] && common[y.bare] // Văn is a man, Thị a woman
	}
}

// say adds bits and keeps the outcome that speaks most against.
func (r *Reason) say(how string, bits float64) {
	if r.How == "" || bits < 0 {
		r.How = how
	}
	r.Bits += bits
}
