package declaration

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"khien/kernel/day"
	"khien/kernel/i18n"
	"khien/wire/qr"
)

// Rules is one version of the table that grades answers.
type Rules struct {
	Version  int          `json:"version"`   // from 1
	From     day.Day      `json:"from"`      // first day in force
	Source   string       `json:"source"`    // who ordered it so
	Hours    map[Kind]int `json:"hours"`     // for which a declaration is valid
	KeepDays int          `json:"keep_days"` // after its validity a declaration is kept so long
	Lines    []Line       `json:"lines"`     // the first that holds grades
}

// Line is one line of the table. It holds when one of Any does, or Any is empty,
// and all of All do.
type Line struct {
	Grade qr.Grade    `json:"grade"`
	Kinds []Kind      `json:"kinds,omitempty"` // empty: all
	Any   []Condition `json:"any,omitempty"`
	All   []Condition `json:"all,omitempty"`
	Why   Text        `json:"why"`
	Do    Text        `json:"do"` // what the person is to do
}

func (n Line) holds(k Kind, a Answers) bool {
	if len(n.Kinds) > 0 && !slices.Contains(n.Kinds, k) {
		return false
	}
	if len(n.Any) > 0 && !slices.ContainsFunc(n.Any, func(c Condition) bool { return c.holds(a) }) {
		return false
	}
	return !slices.ContainsFunc(n.All, func(c Condition) bool { return !c.holds(a) })
}

// Grade returns the line that grades the answers to a form of kind k.
func (r Rules) Grade(k Kind, a Answers) Line {
	for _, n := range r.Lines {
		if n.holds(k, a) {
			return n
		}
	}
	return Line{Grade: qr.Yellow} // check keeps a last line that always holds
}

// validity is how long a declaration of a kind is valid.
func (r Rules) validity(k Kind) time.Duration { return time.Duration(r.Hours[k]) * time.Hour }

// Bounds of a table.
const (
	hoursMost = 24 * qr.DeclarationDays
	linesOf   = 100
	keepMost  = 365
)

func (r Rules) check() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if r.Version < 1 || r.From == 0 || r.Source == "" || r.KeepDays < 0 || r.KeepDays > keepMost {
		bad("rules need version, from, source and keep_days of 0 to %d", keepMost)
	}
	for _, k := range Kinds {
		if r.Hours[k] < 1 || r.Hours[k] > hoursMost {
			bad("hours of %s: 1 to %d", k, hoursMost)
		}
	}
	for i, n := range r.Lines {
		if n.Grade != qr.Green && n.Grade != qr.Yellow && n.Grade != qr.Red {
			bad("line %d: grade %q", i+1, n.Grade)
		}
		for _, t := range []Text{n.Why, n.Do} {
			if t[i18n.VI] == "" || t[i18n.EN] == "" {
				bad("line %d: no text in vi and en", i+1)
			}
		}
	}
	if n := len(r.Lines); n == 0 || n > linesOf || len(r.Lines[n-1].Any)+len(r.Lines[n-1].All)+len(r.Lines[n-1].Kinds) > 0 {
		bad("the last line must hold always")
	}
	return errors.Join(errs...)
}
