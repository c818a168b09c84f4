package person

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"khien/kernel/area"
)

// block is a key under which people stand who may be one human being: only
// they are compared. Text is clear and is stored as a keyed hash alone, and so is
// near, what it shares with other blocks of the same person: they lie side by side.
type block struct {
	kind       blockKind
	near, text string
}

type blockKind int

// The kinds of blocks; the numbers are stored.
const (
	byPaper     blockKind = 1 // a paper's number
	byPhone     blockKind = 2 // phone and year of birth, phone and given name
	byName      blockKind = 3 // skeleton of the name, in any order, and birth date, year or commune
	byHousehold blockKind = 4
	byBirth     blockKind = 5 // birth date and commune, birth date and given name

	// These are for looking up, and nobody is compared for standing in one.
	toName  blockKind = 6 // a further name
	toPhone blockKind = 7 // a further phone
)

var blockNames = [...]string{byPaper: "paper", byPhone: "phone", byName: "name", byHousehold: "household", byBirth: "birth", toName: "other name", toPhone: "other phone"}

func (k blockKind) String() string { return blockNames[k] }

// compared reports whether who stands in the block is compared with a newcomer.
func (k blockKind) compared() bool { return k < toName }

// blockMost bounds the members of a block that are compared. A fuller one says
// too little: its key is skipped, and the caller is told.
const blockMost = 64

// keysMost bounds the blocks by which one person is compared.
const keysMost = 24

// blocksOf returns the blocks of a person, the most telling first.
func blocksOf(s *side) []block {
	var all []block
	put := func(b block) {
		if !slices.Contains(all, b) && len(all) < keysMost {
			all = append(all, b)
		}
	}
	add := func(k blockKind, near, format string, args ...any) {
		put(block{k, near, near + "|" + fmt.Sprintf(format, args...)})
	}
	for _, p := range s.Papers {
		put(p.block())
	}
	b := s.birth
	for _, phone := range s.phones {
		if b.year != 0 {
			add(byPhone, phone, "%d", b.year)
		}
		if len(s.name) > 0 {
			add(byPhone, phone, "%s", s.name[len(s.name)-1].bare)
		}
	}
	for _, name := range append([][]syllable{s.name}, s.more...) {
		skeleton := skeletonOf(name)
		if skeleton == "" {
			continue
		}
		if b.whole() {
			add(byName, skeleton, "%d-%02d-%02d", b.year, min(b.month, b.day), max(b.month, b.day)) // swapped or not
		}
		if b.year != 0 {
			add(byName, skeleton, "%d", b.year)
		}
		if commune := s.Area.Commune(); !commune.IsZero() {
			add(byName, skeleton, "%s", commune)
		}
	}
	if b.whole() {
		born := fmt.Sprintf("%d-%02d-%02d", b.year, b.month, b.day)
		if commune := s.Area.Commune(); !commune.IsZero() {
			add(byBirth, born, "%s", commune)
		}
		if len(s.name) > 0 {
			add(byBirth, born, "%s", s.name[len(s.name)-1].bare)
		}
	}
	if s.Household != "" {
		put(lone(byHousehold, s.Household))
	}
	return append(all, alsoOf(s)...)
}

// lone is a block that lies beside no other.
func lone(k blockKind, text string) block { return block{kind: k, text: text} }

func (p Paper) block() block { return lone(byPaper, p.class()+"|"+p.core()) }

// alsoOf are the blocks in which a person is looked up by what they are also
// called and by their further phones.
func alsoOf(s *side) []block {
	var all []block
	for _, name := range s.OtherNames {
		if name = area.Fold(name); name != "" && !slices.Contains(all, lone(toName, name)) {
			all = append(all, lone(toName, name))
		}
	}
	for _, phone := range s.OtherPhones {
		all = append(all, lone(toPhone, phone))
	}
	return all
}

// skeletonOf is a name without marks, order, and the middle names that half of a people bear.
func skeletonOf(name []syllable) string {
	var words []string
	for _, y := range name {
		if !common[y.bare] {
			words = append(words, y.bare)
		}
	}
	slices.Sort(words)
	return strings.Join(words, " ")
}

// candidate is somebody in a block and how like the newcomer they are.
type candidate[K any] struct {
	who  K
	like Likeness
}

// clearLead is by how many bits the best must lead before it is merged unseen.
const clearLead = 6.0

// reviewsMost bounds the candidates of one newcomer that somebody must look at.
const reviewsMost = 5

// decide returns the verdict on a newcomer and the candidates it is about, best
// first: one for Same, at most reviewsMost for Unsure, none for Other.
func decide[K any](all []candidate[K]) (Verdict, []candidate[K]) {
	near := slices.DeleteFunc(all, func(c candidate[K]) bool { return c.like.Verdict == Other })
	slices.SortStableFunc(near, func(a, b candidate[K]) int {
		if a.like.Verdict != b.like.Verdict {
			return cmp.Compare(a.like.Verdict, b.like.Verdict) // "merge" before "review"
		}
		return cmp.Compare(b.like.Score, a.like.Score)
	})
	switch {
	case len(near) == 0:
		return Other, nil
	case near[0].like.Verdict == Same && (len(near) == 1 || near[1].like.Verdict != Same || near[0].like.Score-near[1].like.Score >= clearLead):
		return Same, near[:1]
	}
	return Unsure, near[:min(len(near), reviewsMost)]
}
