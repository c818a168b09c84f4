package outbreak

import (
	"cmp"
	"context"

	"khien/kernel/area"
	"khien/kernel/audit"
	"khien/kernel/auth"
	"khien/kernel/event"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/person"
	"khien/kernel/store"
	"khien/kernel/web"
)

// Draft is a case as entered, with the person when they are known. A zero
// Person makes the case anonymous, or leaves the person as they are.
type Draft struct {
	Case
	Who  person.Person
	Why  string // of another classification, in the actor's words
	Rule string // that proposed it
}

// Create writes a new case. Its ID is the idempotency key: the same actor's
// second submission answers as the first did. Errors: fault.Invalid per field
// (joined), fault.Forbidden for a responsible area outside the scope,
// fault.Conflict for an ID or number that stands already.
func (s *Service) Create(ctx context.Context, sc auth.Scope, d Draft) (made Case, err error) {
	err = s.db.Tx(ctx, func(tx *store.Tx) error {
		made, err = s.create(tx, sc, d)
		return err
	})
	return made, err
}

func (s *Service) create(tx *store.Tx, sc auth.Scope, d Draft) (Case, error) {
	if err := sc.Check(auth.WriteCases, d.Area); err != nil {
		return Case{}, err
	}
	d.Number = normalNumber(d.Number)
	if bad := s.check(d.Case); len(bad) > 0 {
		return Case{}, joined(bad)
	}
	if d.ID.IsZero() {
		d.ID = id.New()
	}
	before, err := caseByID(tx.Context(), tx, sc, d.ID)
	if err == nil && before.Actor == sc.Actor() && before.Version == 1 {
		return before, nil
	}
	if err == nil {
		return Case{}, fault.New(fault.Conflict, "outbreak.entered")
	}
	if !fault.Is(err, fault.NotFound) {
		return Case{}, err
	}
	if d.Person, err = s.writePerson(tx, sc, d); err != nil {
		return Case{}, err
	}
	c := newCase(sc, d.Case)
	if err := insertCase(tx, sc, c); err != nil {
		return Case{}, taken(err, c.Number)
	}
	return c, s.told(tx, sc, "case.create", Case{}, c)
}

// newCase is a case as it is written first.
func newCase(sc auth.Scope, c Case) Case {
	c.Investigation = cmp.Or(c.Investigation, Pending)
	c.Version, c.Actor = 1, sc.Actor()
	c.Created = store.Time(store.Millis(sc.Now()))
	c.Changed = c.Created
	return c
}

// Change replaces what a case says, when it still is at c.Version; a case that
// somebody else changed first is fault.Conflict. Both the old and the new
// responsible area must lie in the scope.
func (s *Service) Change(ctx context.Context, sc auth.Scope, d Draft) (changed Case, err error) {
	err = s.db.Tx(ctx, func(tx *store.Tx) error {
		changed, err = s.change(tx, sc, d)
		return err
	})
	return changed, err
}

func (s *Service) change(tx *store.Tx, sc auth.Scope, d Draft) (Case, error) {
	before, err := caseByID(tx.Context(), tx, sc, d.ID)
	if err != nil {
		return Case{}, err
	}
	for _, a := range []area.Code{before.Area, d.Area} {
		if err := sc.Check(auth.WriteCases, a); err != nil {
			return Case{}, err
		}
	}
	d.Number = normalNumber(d.Number)
	if bad := append(s.check(d.Case), checkWhy(d)...); len(bad) > 0 {
		return Case{}, joined(bad)
	}
	if d.Person = before.Person; before.Person.IsZero() || d.Who.Name != "" {
		if d.Person, err = s.writePerson(tx, sc, d); err != nil {
			return Case{}, err
		}
	}
	c := d.Case
	c.Investigation = cmp.Or(c.Investigation, before.Investigation)
	c.Created, c.Version, c.Actor = before.Created, d.Version+1, sc.Actor()
	c.Changed = store.Time(store.Millis(sc.Now()))
	done, err := updateCase(tx, sc, c, d.Version)
	if err != nil {
		return Case{}, taken(err, c.Number)
	}
	if !done {
		return Case{}, fault.New(fault.Conflict, "outbreak.changed")
	}
	if c.Classification != before.Classification {
		j := Judgement{At: c.Changed, Actor: c.Actor, Was: before.Classification, Is: c.Classification, Rule: d.Rule, Why: d.Why}
		if err := insertJudgement(tx, sc, c.ID, c.Version, j); err != nil {
			return Case{}, err
		}
	}
	return c, s.told(tx, sc, "case.change", before, c)
}

// told writes the audit row and, where others count by what changed, the facts.
func (s *Service) told(tx *store.Tx, sc auth.Scope, act string, was, is Case) error {
	tx.Wake(Topic)
	detail := map[string]any{"version": is.Version, "classification": is.Classification}
	if was.Area != 0 && was.Area != is.Area {
		detail["area_was"] = was.Area
	}
	if err := audit.Append(tx, sc.Entry(act, "case", is.ID.String(), is.Area, detail)); err != nil {
		return err
	}
	if was.changed(0) != is.changed(0) {
		if err := event.Tell(tx, s.province, is.changed(is.Version)); err != nil {
			return err
		}
	}
	if was.counted() == is.counted() {
		return nil
	}
	return event.Tell(tx, s.province, event.CaseClassified{Case: is.ID, Was: was.counted(), Is: is.counted()})
}

func (c Case) changed(version int) event.CaseChanged {
	return event.CaseChanged{Case: c.ID, Version: version, Person: c.Person, Classification: string(c.Classification), Area: c.Area,
		Onset: c.Onset, Specimen: c.Specimen, Confirmed: c.ConfirmedOn, Reported: c.Reported, Outcome: string(c.Outcome), OutcomeOn: c.OutcomeOn}
}

func (c Case) counted() event.Counted {
	if c.Classification != Confirmed {
		return event.Counted{}
	}
	return event.Counted{Area: c.Area, Day: c.ConfirmedOn}
}

// Read returns one case and who it is, and writes that it was read. A case out
// of scope is fault.NotFound, as one that does not exist: an id tells nothing.
// Whoever may read the case and people reads its person, wherever they stay, but
// of one who lives outside the scope only what the case needs. The person is zero
// for an anonymous case and for a role that may not read people.
func (s *Service) Read(ctx context.Context, sc auth.Scope, i id.ID) (c Case, who person.Person, err error) {
	if !sc.Allows(auth.ReadCases) {
		return c, who, fault.New(fault.Forbidden, "auth.act")
	}
	err = s.db.Tx(ctx, func(tx *store.Tx) error {
		if c, who, err = s.read(tx, sc, i); err != nil {
			return err
		}
		return audit.Append(tx, sc.Entry("case.read", "case", c.ID.String(), c.Area, nil))
	})
	return c, who, err
}

// joined is one error of many fields; web shows each beside its field.
func joined(bad []*fault.Error) error {
	errs := web.FieldErrors{}
	for _, b := range bad {
		errs[b.Field] = b
	}
	return errs
}

// taken says a duplicate in the user's terms: of the number, or of the ID where
// there is no number. That a number stands is told to whoever enters it, also
// when its case is another district's: numbers are the province's, and two cases
// of one number would be worse. Which case it is, and where, is not told, and a
// number that was free is an audited case of whoever tried it.
func taken(err error, number string) error {
	switch {
	case !store.IsDuplicate(err):
		return err
	case number == "":
		return fault.New(fault.Conflict, "outbreak.entered").Because(err)
	}
	return errNumberTaken.Because(err)
}

var errNumberTaken = fault.New(fault.Conflict, "outbreak.number_taken").At("number", "")
