package contact

import (
	"embed"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"khien/kernel/day"
	"khien/kernel/event"
	"khien/kernel/place"
	"khien/outbreak/trace"
)

// The kinds of locus beside those of places.
const (
	Household = "household"
	Manual    = "manual" // what somebody told, wherever it was
)

// kinds are what the index numbers; the numbers are not stored.
var kinds = func() []string {
	all := []string{Household, Manual}
	for _, k := range place.Kinds {
		all = append(all, string(k))
	}
	return all
}()

func kindNumber(kind string) trace.Kind {
	if n := slices.Index(kinds, kind); n >= 0 {
		return trace.Kind(n)
	}
	return trace.Kind(slices.Index(kinds, string(place.Other)))
}

// Rule says who is a contact of a case that is reported while it is in force.
type Rule struct {
	ID       string         `json:"id"`
	Disease  string         `json:"disease"` // ICD-10
	From     day.Day        `json:"from"`    // first day in force
	Until    day.Day        `json:"until"`   // last day in force; 0: still
	Onset    int            `json:"before_onset_days"`
	Specimen int            `json:"before_specimen_days"` // when there was no symptom
	After    int            `json:"after_days"`           // after onset or specimen, where no outcome ends the window
	Minutes  map[string]int `json:"minutes"`              // least overlap by kind of locus
	Crowd    int            `json:"crowd"`                // more people met at one place make each meeting less certain
	Source   string         `json:"source"`
	Verified bool           `json:"verified"` // the days were compared with the text
}

//go:embed rules.json
var ruleFile embed.FS

// Covid is the disease of the rules.
const Covid = "U07.1"

// LoadRules reads the rules that come with the program, oldest first.
func LoadRules() ([]Rule, error) {
	b, err := ruleFile.ReadFile("rules.json")
	if err != nil {
		return nil, err
	}
	return ParseRules(b)
}

// ParseRules reads rules and refuses those that leave a minute unsaid or overlap.
func ParseRules(b []byte) ([]Rule, error) {
	var rules []Rule
	if err := json.Unmarshal(b, &rules); err != nil {
		return nil, fmt.Errorf("contact: rules: %w", err)
	}
	for i, r := range rules {
		switch {
		case r.ID == "" || r.Disease == "" || r.From == 0 || r.Source == "":
			return nil, fmt.Errorf("contact: rule %d: id, disease, from and source are required", i)
		case r.Onset < 0 || r.Specimen < 0 || r.After < 1 || r.Onset > 28 || r.Specimen > 28 || r.After > 60 || r.Crowd < 1:
			return nil, fmt.Errorf("contact: rule %s: days or crowd out of range", r.ID)
		case r.Minutes["default"] < 1:
			return nil, fmt.Errorf("contact: rule %s: no default minutes", r.ID)
		case i > 0 && rules[i-1].Disease == r.Disease && (rules[i-1].Until == 0 || rules[i-1].Until >= r.From):
			return nil, fmt.Errorf("contact: rules %s and %s overlap", rules[i-1].ID, r.ID)
		}
	}
	return rules, nil
}

// RuleFor returns the rule of a disease in force on a day; before all of them
// the first, in a gap the one before it.
func RuleFor(rules []Rule, disease string, on day.Day) (found Rule, ok bool) {
	for _, r := range rules {
		if r.Disease == disease && (!ok || r.From <= on) {
			found, ok = r, true
		}
	}
	return found, ok
}

// Least returns the least minutes at a kind of locus.
func (r Rule) Least(kind string) int {
	if n, ok := r.Minutes[kind]; ok {
		return n
	}
	return r.Minutes["default"]
}

func (r Rule) overlaps() (t trace.Rule) {
	for n, kind := range kinds {
		t.MinOverlap[n] = trace.Minute(r.Least(kind))
	}
	return t
}

// Window is when a case may have infected others, half-open.
type Window struct{ From, To time.Time }

func dayOf(t time.Time) day.Day { return day.Today(t) }

// midnight is the beginning of a day in Vietnam.
func midnight(d day.Day) time.Time { return d.Time().Add(-7 * time.Hour) }

// WindowOf returns the window of a case: from the rule's days before its onset,
// or where there was no symptom before its specimen (confirmation, report where
// that is not known), to its outcome or the rule's days after.
func (r Rule) WindowOf(c event.CaseChanged) Window {
	anchor, before := c.Onset, r.Onset
	if anchor == 0 {
		before = r.Specimen
		for _, d := range []day.Day{c.Specimen, c.Confirmed, c.Reported} {
			if anchor == 0 {
				anchor = d
			}
		}
	}
	end := anchor + day.Day(r.After)
	if c.OutcomeOn != 0 && c.OutcomeOn < end {
		end = max(c.OutcomeOn, anchor-day.Day(before))
	}
	return Window{midnight(anchor - day.Day(before)), midnight(end + 1)}
}
