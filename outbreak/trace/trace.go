// Package trace answers who met whom, from presences held in memory.
//
// A presence is one person at one locus from one minute to another: a visit, a
// shared vehicle, a room, a household, a checkpoint. Two people met when their
// presences at one locus overlap for at least the minutes that the rule in
// force asks of that kind of locus (Rule). F1 are those who met the case in its
// window; F2 those who met an F1 at or after that F1's first exposure, the case
// and the F1 left out.
//
// The rows stand sorted per locus and class of length, 8 bytes each, and again
// as positions per person, 4 bytes each. A class bounds how long before a moment
// somebody may have come who is still there, so that a question is a binary
// search and a short run (after the measurements in ADR 040). The database stays
// the truth: an Index is built from it at start and thrown away.
package trace

import (
	"math"
	"time"
)

// Minute counts whole minutes from the Unix epoch. A presence begins in the
// minute it began and ends in the minute it ended; seconds are cut off.
type Minute int32

// MinuteOf cuts a moment to its minute.
func MinuteOf(t time.Time) Minute { return Minute(t.Unix() / 60) }

// Time is the beginning of the minute.
func (m Minute) Time() time.Time { return time.Unix(int64(m)*60, 0).UTC() }

// Presence is one person at one locus during [From, To). Person and Locus are
// numbers from 0, as Numbers gives them. To is after From, at most MaxStay.
type Presence struct {
	Person, Locus uint32
	From, To      Minute
}

// Bounds of what a row holds.
const (
	MaxStay    = Minute(1<<durBits - 1)    // 45 days
	MaxSpan    = Minute(1<<inBits - 1)     // 1,456 days from the first to the last beginning
	MaxPersons = 1 << personBits           // 134 million
	inBits     = 21                        // minutes since Index.base
	durBits    = 16                        // minutes
	personBits = 64 - inBits - durBits     // the rest
	durShift   = personBits                //
	inShift    = personBits + durBits      //
	durMask    = 1<<durBits - 1            //
	personMask = uint64(MaxPersons - 1)    //
	noMinute   = Minute(math.MinInt32 / 2) // before everything
)

// classMost are the longest stays of each class, in minutes.
var classMost = [...]Minute{30, 120, 1080, MaxStay}

const classes = len(classMost)

func classOf(stay Minute) int {
	for c, most := range classMost {
		if stay <= most {
			return c
		}
	}
	return classes - 1
}

// Kind is a kind of locus: the rule sets the minutes for each.
type Kind uint8

// Rule says what counts as a meeting: the least minutes of overlap by kind of
// locus, at least 1. A kind that the rule does not name is never a meeting.
type Rule struct {
	MinOverlap [256]Minute // 0: never
}

// Same is a rule of the same minutes for every kind.
func Same(minutes Minute) (r Rule) {
	for k := range r.MinOverlap {
		r.MinOverlap[k] = minutes
	}
	return r
}

// Window is half-open.
type Window struct{ From, To Minute }

// Meeting is the overlap of somebody's presence with another's at Locus.
type Meeting struct {
	Of, With uint32 // of the contact, with the case or the F1
	Locus    uint32
	From, To Minute
}

// Contact is a person who met the case, or for F2 an F1: First is the beginning of
// the earliest meeting.
type Contact struct {
	Person uint32
	First  Minute
}
