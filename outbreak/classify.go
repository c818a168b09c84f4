package outbreak

import (
	"context"
	"slices"
	"time"

	"khien/kernel/auth"
	"khien/kernel/day"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/store"
)

// Judgement is one change of a case's classification.
type Judgement struct {
	At      time.Time
	Actor   string // who, as auth.Scope.Actor says
	Was, Is Classification
	Rule    string // that proposed it; "" nobody's but the actor's
	Why     string // in the actor's words
}

// Proposal is what the rules make of a case's tests. Its days are what the case
// does not say yet and the parts do; 0 for nothing new.
type Proposal struct {
	Rule      string // of Rules
	Source    string // of the rule
	Is        Classification
	Onset     day.Day
	Specimen  day.Day
	Confirmed day.Day
}

// Rule turns results into a classification. Rules stand in data/classification.json,
// each with its source and its first day; the first that holds is proposed.
type Rule struct {
	Key       string         `json:"key"`
	Is        Classification `json:"now"`
	From      day.Day        `json:"from"` // first day of tests that it speaks of
	Type      TestType       `json:"type"`
	Result    TestResult     `json:"result"`
	Tests     int            `json:"tests"`        // that many at least
	Hours     int            `json:"within_hours"` // between the tests; 0 any
	Symptoms  int            `json:"symptoms"`     // that many at least
	Exposures int            `json:"exposures"`
	Source    string         `json:"source"`
}

// Rules are in force in this order.
var Rules = rules()

func rules() []Rule {
	var list struct {
		Rules []Rule `json:"rules"`
	}
	mustRead("data/classification.json", &list)
	return list.Rules
}

// Propose asks the rules about a case. A confirmed case is never proposed for
// less: whoever thinks otherwise decides it themselves.
func Propose(w Whole) *Proposal {
	for _, r := range Rules {
		t, holds := r.holds(w)
		if !holds {
			continue
		}
		p := &Proposal{Rule: r.Key, Source: r.Source, Is: r.Is}
		if w.Case.Specimen == 0 {
			p.Specimen = dayAt(t.Taken)
		}
		if w.Case.ConfirmedOn == 0 && r.Is == Confirmed {
			p.Confirmed = t.known()
		}
		p.Onset = firstSymptom(w)
		switch {
		case w.Case.Classification == Confirmed && r.Is != Confirmed:
			return nil
		case w.Case.Classification == r.Is && p.Specimen == 0 && p.Confirmed == 0 && p.Onset == 0:
			return nil
		}
		return p
	}
	return nil
}

// firstSymptom is the onset that the symptoms tell of a case that does not say one.
func firstSymptom(w Whole) (first day.Day) {
	for _, p := range w.Live(SymptomPart) {
		if d := p.Symptom.From; d != 0 && (first == 0 || d < first) {
			first = d
		}
	}
	if w.Case.Onset != 0 {
		return 0
	}
	return first
}

// holds reports whether a rule speaks of the case, and the first of the tests
// that make it.
func (r Rule) holds(w Whole) (first Test, holds bool) {
	var ts []Test
	for _, p := range w.Live(TestPart) {
		if p.Test.Type == r.Type && p.Test.Result == r.Result && p.Test.on() >= r.From {
			ts = append(ts, *p.Test)
		}
	}
	if len(ts) < r.Tests || len(w.Live(SymptomPart)) < r.Symptoms || len(w.Live(ExposurePart)) < r.Exposures {
		return first, false
	}
	slices.SortStableFunc(ts, func(a, b Test) int { return a.moment().Compare(b.moment()) })
	if r.Hours == 0 {
		return ts[0], true
	}
	for i := r.Tests - 1; i < len(ts); i++ {
		first = ts[i-r.Tests+1]
		if ts[i].moment().Sub(first.moment()) <= time.Duration(r.Hours)*time.Hour {
			return first, true
		}
	}
	return Test{}, false
}

// moment is when a test speaks: when it was run, else the nearest that is known.
func (t Test) moment() time.Time {
	for _, m := range []time.Time{t.Run, t.Taken, t.Received, t.Reported} {
		if !m.IsZero() {
			return m
		}
	}
	return time.Time{}
}

// Classify sets a case's classification by hand, at the version that the decider
// saw, with their reason. With a rule's key it takes over what that rule proposes
// now, the days that the case lacks included; a rule that proposes something else
// by now is fault.Conflict.
func (s *Service) Classify(ctx context.Context, sc auth.Scope, i id.ID, version int, j Judgement) (c Case, err error) {
	err = s.db.Tx(ctx, func(tx *store.Tx) error {
		before, err := caseByID(tx.Context(), tx, sc, i)
		if err != nil {
			return err
		}
		d := Draft{Case: before, Why: j.Why, Rule: j.Rule}
		d.Classification, d.Version = j.Is, version
		if j.Rule != "" {
			if err := s.takeProposal(tx, sc, before, &d); err != nil {
				return err
			}
		}
		if d.Classification == Confirmed && d.ConfirmedOn == 0 {
			d.ConfirmedOn = s.today()
		}
		c, err = s.change(tx, sc, d)
		return err
	})
	return c, err
}

func (s *Service) takeProposal(tx *store.Tx, sc auth.Scope, before Case, d *Draft) error {
	parts, err := partsOf(tx.Context(), tx, sc, []id.ID{d.ID}, false)
	if err != nil {
		return err
	}
	p := Propose(Whole{Case: before, Parts: parts[d.ID]})
	if p == nil || p.Rule != d.Rule || p.Is != d.Classification {
		return fault.New(fault.Conflict, "outbreak.proposal")
	}
	for _, t := range []struct{ to, from *day.Day }{{&d.Onset, &p.Onset}, {&d.Specimen, &p.Specimen}, {&d.ConfirmedOn, &p.Confirmed}} {
		if *t.to == 0 {
			*t.to = *t.from
		}
	}
	return nil
}
