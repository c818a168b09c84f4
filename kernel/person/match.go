package person

import (
	"cmp"
	"math"
	"slices"
)

// Record linkage after Fellegi and Sunter ("A Theory for Record Linkage", JASA
// 64, 1969): every field that two records share or contradict adds
// log2(m/u) bits, m being the probability of that outcome for one human being
// and u for two. Names weigh by how common they are (frequency.go). What a
// family shares counts little, however much of it agrees, and some contradictions forbid a merge
// whatever the sum says: those are for a person to decide.
//
// The m and u of each outcome stand beside its weight. They are estimates,
// checked against sim's corrupted people (quality_test.go), not fitted to them.

// Verdict is what a likeness asks for. The values are stored and sent as written.
type Verdict string

// The verdicts.
const (
	Same   Verdict = "merge"  // one human being
	Unsure Verdict = "review" // somebody must look
	Other  Verdict = "new"    // nothing to suspect
)

// The two thresholds, in bits. Among a million people, 20 bits make even odds
// that a namesake is meant; what a province's register asks for is 1 wrong
// merge in 1,000.
const (
	MergeBits  = 24.0
	ReviewBits = 13.0
)

// Reason is one field's part in a likeness: Field and How are catalog entries
// "person.field.<value>" and "person.how.<value>".
type Reason struct {
	Field string  `json:"field"`
	How   string  `json:"how"`
	Bits  float64 `json:"bits"`           // negative: speaks against
	Veto  bool    `json:"veto,omitempty"` // forbids an automatic merge
}

// Likeness is how likely two records are of one human being. Score is the sum
// of the reasons' bits: 0 says nothing, 10 more say 1,000 times likelier.
type Likeness struct {
	Score   float64  `json:"score"`
	Verdict Verdict  `json:"verdict"`
	Reasons []Reason `json:"reasons"`
}

// Compare weighs whether a and b are one human being. The order does not
// matter; neither do their IDs. Fields not in normal form are compared as they are.
func Compare(a, b Person) Likeness { return compare(newSide(a), newSide(b)) }

// side is a person made ready to be compared with many.
type side struct {
	Person
	name    []syllable
	plain   bool // no syllable carries a mark: typed without marks, or has none
	more    [][]syllable
	birth   birth
	phones  []string
	address string
}

func newSide(p Person) *side {
	s := &side{Person: p, name: nameOf(p.Name), birth: readBirth(p.Birth), address: addressOf(p.Address)}
	s.plain = isPlain(s.name)
	for _, n := range p.OtherNames {
		s.more = append(s.more, nameOf(n))
	}
	for _, n := range append([]string{p.Phone}, p.OtherPhones...) {
		if n != "" {
			s.phones = append(s.phones, nowPhone(n))
		}
	}
	for _, paper := range p.Papers { // a citizen number knows the year and the sex
		c, ok := readCitizen(paper.Number)
		if !ok || len(p.Flaws(paper)) > 0 {
			continue
		}
		s.Sex = cmp.Or(s.Sex, c.sex)
		if s.birth.year == 0 {
			s.birth.year = c.year
		}
	}
	return s
}

func isPlain(name []syllable) bool {
	return !slices.ContainsFunc(name, func(y syllable) bool { return y.marked })
}

// familyMost bounds what a shared roof can add: brothers share all of it.
const familyMost = 8.0

func compare(a, b *side) Likeness {
	var l Likeness
	for _, r := range compareNames(a, b) {
		l.add(r)
	}
	l.add(compareBirths(a.birth, b.birth))
	l.add(compareSexes(a.Sex, b.Sex))
	papers := comparePapers(a.Papers, b.Papers)
	for _, r := range papers {
		l.add(r)
	}
	family := 0.0
	for _, r := range []Reason{comparePhones(a.phones, b.phones), compareHouseholds(a.Household, b.Household), comparePlaces(a, b)} {
		if r.Bits > 0 {
			r.Bits = min(r.Bits, familyMost-family)
			family += r.Bits
		}
		l.add(r)
	}
	l.judge()
	return l
}

func (l *Likeness) add(r Reason) {
	if r.How == "" {
		return
	}
	r.Bits = math.Round(r.Bits*10) / 10
	l.Reasons = append(l.Reasons, r)
	l.Score += r.Bits
}

// judge reads the verdict off the score and the vetoes. However rare a name, it
// is not enough without a birth date or a paper; a paper shared under another
// name is always worth a look.
func (l *Likeness) judge() {
	l.Score = math.Round(l.Score*10) / 10
	veto := slices.ContainsFunc(l.Reasons, func(r Reason) bool { return r.Veto })
	born := slices.ContainsFunc(l.Reasons, func(r Reason) bool { return r.Field == fieldBirth && r.Bits > 0 })
	paper := slices.ContainsFunc(l.Reasons, func(r Reason) bool { return r.Field == fieldPaper && r.How == howSame })
	switch {
	case l.Score >= MergeBits && !veto && (paper || born):
		l.Verdict = Same
	case l.Score >= ReviewBits || paper:
		l.Verdict = Unsure
	default:
		l.Verdict = Other
	}
	slices.SortStableFunc(l.Reasons, func(a, b Reason) int { return cmp.Compare(math.Abs(b.Bits), math.Abs(a.Bits)) })
}

// The fields and the outcomes, as Reason writes them.
const (
	fieldSurname   = "surname"
	fieldMiddle    = "middle_name"
	fieldGiven     = "given_name"
	fieldOrder     = "name_order"
	fieldBirth     = "birth"
	fieldSex       = "sex"
	fieldPaper     = "paper"
	fieldPhone     = "phone"
	fieldHousehold = "household"
	fieldPlace     = "place"

	howSame      = "same"
	howMarks     = "marks_missing"
	howSlip      = "one_letter"
	howInitial   = "initial"
	howMissing   = "missing"
	howOtherMark = "other_mark"
	howNear      = "other_name_near"
	howOther     = "other"
)

// compareSexes: m 0.99, u 0.5, but a name says most of it already.
func compareSexes(a, b string) Reason {
	switch {
	case a == "" || b == "" || a == "other" || b == "other":
		return Reason{}
	case a == b:
		return Reason{Field: fieldSex, How: howSame, Bits: 0.5}
	}
	return Reason{Field: fieldSex, How: howOther, Bits: -5, Veto: true} // log2(0.015/0.5)
}

// comparePapers weighs each class of numbers once, the best pair of it.
func comparePapers(a, b []Paper) []Reason {
	var all []Reason
	for _, class := range []string{"c", "o", "i", "p", "?"} {
		best, found := Reason{}, false
		for _, x := range a {
			for _, y := range b {
				if x.class() != class || y.class() != class {
					continue
				}
				if r := comparePaper(class, x.core(), y.core()); !found || r.Bits > best.Bits {
					best, found = r, true
				}
			}
		}
		all = append(all, best)
	}
	return all
}

// comparePaper: two people show the same number (a lent card, a mother's for her
// child) about once in 100,000 pairs that meet in a block.
func comparePaper(class, x, y string) Reason {
	r := Reason{Field: fieldPaper, How: howSame, Bits: 17} // log2(0.95/1e-5)
	if x == y {
		return r
	}
	slip := len(x) >= 9 && oneSlip(x, y)
	switch {
	case slip:
		// Scanned or typed wrong once in 50; but twins' numbers are neighbours.
		return Reason{Field: fieldPaper, How: howSlip, Bits: 4}
	case class == "c":
		// A citizen has one number for life: m 0.005, another's card shown.
		return Reason{Field: fieldPaper, How: howOther, Bits: -8, Veto: true}
	case class == "o":
		// Issued anew, with another number, after a move to another province.
		return Reason{Field: fieldPaper, How: howOther, Bits: -3}
	case class == "i":
		// Several numbers a head were common before the registers met in 2018.
		return Reason{Field: fieldPaper, How: howOther, Bits: -3}
	}
	return Reason{Field: fieldPaper, How: "renewed", Bits: -0.5} // a passport's number changes every ten years
}

// comparePhones: m 0.7; u 1e-5 in the province, but 0.3 inside a family, which is
// who meets in a block: weak alone.
func comparePhones(a, b []string) Reason {
	if len(a) == 0 || len(b) == 0 {
		return Reason{}
	}
	for _, n := range a {
		if slices.Contains(b, n) {
			return Reason{Field: fieldPhone, How: howSame, Bits: 5}
		}
	}
	return Reason{Field: fieldPhone, How: howOther, Bits: -0.7}
}

func compareHouseholds(a, b string) Reason {
	switch {
	case a == "" || b == "":
		return Reason{}
	case a == b:
		return Reason{Field: fieldHousehold, How: howSame, Bits: 4}
	}
	return Reason{Field: fieldHousehold, How: howOther, Bits: -0.5} // people marry and move
}

// comparePlaces: the same commune m 0.85, u 1/200 (Lạng Sơn had 200 communes in
// 2021); kin live there too, so a quarter of it counts. Different communes: people move.
func comparePlaces(a, b *side) Reason {
	r := Reason{Field: fieldPlace}
	if a.address != "" && a.address == b.address {
		r.How, r.Bits = "address", 2.5
	}
	switch x, y := a.Area, b.Area; {
	case x.IsZero() || y.IsZero() || x.Edition() != y.Edition():
	case x == y || x.Contains(y) || y.Contains(x):
		if r.How == "" {
			r.How = "area"
		}
		r.Bits += 2
	case r.How == "":
		r.How, r.Bits = howOther, -0.7
	}
	return r
}
