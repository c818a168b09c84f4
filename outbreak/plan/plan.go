// Package plan is the one engine for the dates of quarantine, isolation and
// follow-up: begin, end, days of tests, end of the watch, and what an extension,
// a reduction or a new exposure makes of them.
//
// The rules are data (rules.json) with the dates in which they were in force and
// their source. A contact keeps the rule under which it was made: whoever calls
// hands over the day of the decision, not today.
//
// Days are whole days in Vietnam. Day 0 is the day counted from; a phase of n days
// that follows it ends on day n, that day included, as the ministry counts
// "đủ n ngày".
package plan

import (
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"khien/kernel/day"
)

// Phase is a stretch of days of one kind.
type Phase string

// Kinds of phases.
const (
	Facility  Phase = "facility"  // quarantine in a facility
	Home      Phase = "home"      // quarantine at home
	Watch     Phase = "watch"     // watched, or watching oneself, at home
	Isolation Phase = "isolation" // of a case, to its end
)

// Whom says for whom a rule is.
type Whom string

// The people of the rules.
const (
	F0 Whom = "F0"
	F1 Whom = "F1"
	F2 Whom = "F2"
)

// Anchor is what day 0 is.
type Anchor string

// The anchors.
const (
	LastExposure Anchor = "last_exposure"
	Begin        Anchor = "begin" // of the quarantine or isolation
)

// Rule is one rule of the ministry or the province.
type Rule struct {
	Name    string  `json:"name"`
	Disease string  `json:"disease"` // ICD-10
	Whom    Whom    `json:"whom"`
	From    day.Day `json:"from"`        // first day in force
	To      day.Day `json:"to,omitzero"` // last day in force; none: still
	// Protected: only for those fully vaccinated or recovered as the source says.
	Protected bool   `json:"protected,omitzero"`
	Count     Anchor `json:"count"`
	Phases    []Span `json:"phases"`
	Tests     []int  `json:"tests"` // days counted from day 0
	Source    string `json:"source"`
	Verified  bool   `json:"verified"` // false: no stored text of the source was found
}

// Span is a phase with its length.
type Span struct {
	Phase Phase `json:"phase"`
	Days  int   `json:"days"`
}

// Person is what the rule is chosen and counted by.
type Person struct {
	Disease      string
	Whom         Whom
	Protected    bool
	Decided      day.Day // the rule in force on this day holds
	LastExposure day.Day
	Begin        day.Day // of the quarantine; may be before the last exposure
}

// Dates is the plan of one person.
type Dates struct {
	Rule   string    `json:"rule"`
	Source string    `json:"source"`
	Stays  []Stay    `json:"stays"` // in order, each begins the day after the one before ended
	Tests  []day.Day `json:"tests"`
	End    day.Day   `json:"end"` // the last day of the last stay: the end of follow-up
}

// Stay is a phase with its first and last day, both included.
type Stay struct {
	Phase Phase   `json:"phase"`
	From  day.Day `json:"from"`
	To    day.Day `json:"to"`
}

// Rules are in the order of rules.json.
type Rules []Rule

//go:embed rules.json
var text []byte

// Ministry returns the rules of the ministry that this program knows.
func Ministry() Rules {
	rs, err := Read(text)
	if err != nil {
		panic(err)
	}
	return rs
}

// ErrRule is a rule that contradicts itself.
var ErrRule = errors.New("plan: rule")

// Read reads rules as JSON and checks each: known words, lengths of 0 to 365
// days, tests within them, a source. Two rules for the same people may not be
// in force on one day.
func Read(text []byte) (Rules, error) {
	var rs Rules
	d := json.NewDecoder(strings.NewReader(string(text)))
	d.DisallowUnknownFields()
	if err := d.Decode(&rs); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRule, err)
	}
	for i, r := range rs {
		if err := r.check(); err != nil {
			return nil, fmt.Errorf("%w %s: %w", ErrRule, r.Name, err)
		}
		for _, o := range rs[:i] {
			if o.Name == r.Name || o.sameAs(r) && o.overlaps(r) {
				return nil, fmt.Errorf("%w %s: %s is for the same people on the same days", ErrRule, r.Name, o.Name)
			}
		}
	}
	return rs, nil
}

func (r Rule) check() error {
	days := 0
	for _, s := range r.Phases {
		if !slices.Contains([]Phase{Facility, Home, Watch, Isolation}, s.Phase) || s.Days < 1 || s.Days > 365 {
			return fmt.Errorf("phase %q of %d days", s.Phase, s.Days)
		}
		days += s.Days
	}
	for _, t := range r.Tests {
		if t < 0 || t > days {
			return fmt.Errorf("a test on day %d of %d", t, days)
		}
	}
	switch {
	case !slices.Contains([]Whom{F0, F1, F2}, r.Whom), !slices.Contains([]Anchor{LastExposure, Begin}, r.Count):
		return fmt.Errorf("whom %q, count %q", r.Whom, r.Count)
	case r.Source == "" || r.Name == "" || r.Disease == "" || len(r.Phases) == 0 || r.From == 0:
		return errors.New("name, disease, source, phases or day in force is missing")
	case r.To != 0 && r.To < r.From:
		return fmt.Errorf("in force from %s to %s", r.From, r.To)
	}
	return nil
}

func (r Rule) sameAs(o Rule) bool {
	return r.Disease == o.Disease && r.Whom == o.Whom && r.Protected == o.Protected
}

func (r Rule) overlaps(o Rule) bool { return r.holds(o.From) || o.holds(r.From) }

func (r Rule) holds(d day.Day) bool { return d >= r.From && (r.To == 0 || d <= r.To) }

// For returns the rule in force for p on the day of the decision. Who is protected
// falls under the rule for everyone where there is none of their own.
func (rs Rules) For(p Person) (Rule, bool) {
	want := Rule{Disease: p.Disease, Whom: p.Whom, Protected: p.Protected}
	for _, r := range rs {
		if r.sameAs(want) && r.holds(p.Decided) {
			return r, true
		}
	}
	if p.Protected {
		p.Protected = false
		return rs.For(p)
	}
	return Rule{}, false
}
