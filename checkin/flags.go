package checkin

import (
	"strings"
)

// Flags is what is odd about a visit, a bit each. It is stored as a number; bits
// never change their meaning.
type Flags int64

// The flags. None of them refuses a visit.
const (
	ClosedHours      Flags = 1 << iota // the place was closed at that hour
	ClockWrong                         // the phone's clock was wrong; From is corrected
	ToldLate                           // told more than a day later
	LongStay                           // longer than a day
	FarAtOnce                          // the same person at two far places at once
	ManyFromOne                        // more visits from one phone than anybody makes
	BirthContradicts                   // the card's number says another birth year
	SexContradicts                     // the card's number says the other sex
	ProvinceUnknown                    // the card's number begins with no province's code
)

var flagNames = []string{"closed_hours", "clock", "late", "long_stay", "far_at_once", "many_from_one", "birth_contradicts", "sex_contradicts", "province_unknown"}

// Names lists the flags as they are sent and as catalogs know them.
func (f Flags) Names() []string {
	names := []string{}
	for i, n := range flagNames {
		if f&(1<<i) != 0 {
			names = append(names, n)
		}
	}
	return names
}

// String joins the names, for exports.
func (f Flags) String() string { return strings.Join(f.Names(), " ") }

// flagsOf returns the bits of names; a name that is none of ours is left out.
func flagsOf(names []string) (f Flags) {
	for i, n := range flagNames {
		for _, name := range names {
			if n == name {
				f |= 1 << i
			}
		}
	}
	return f
}
