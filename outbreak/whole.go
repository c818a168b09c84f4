package outbreak

import (
	"bytes"
	"context"
	"slices"

	"khien/kernel/audit"
	"khien/kernel/auth"
	"khien/kernel/day"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/person"
	"khien/kernel/store"
)

// Whole is a case with everything that is written about it.
type Whole struct {
	Case     Case
	Who      person.Person // zero when anonymous, erased, or not for the reader's role
	Parts    []Part        // removed ones too, the first written first
	History  []Judgement   // changes of the classification, the first first
	Earlier  []Earlier     // cases of the same person before this one, the last first
	Proposal *Proposal     // nil: the rules say what the case says
	Sources  []string      // in exports: who infected the case, as links name them
}

// Live returns the parts of one kind that stand.
func (w Whole) Live(k PartKind) (live []Part) {
	for _, p := range w.Parts {
		if p.Kind == k && !p.Removed {
			live = append(live, p)
		}
	}
	return live
}

// Revision rises with every change of the case or of a part of it: exports carry
// it, so that a row that was mended outside is taken only while it still holds.
func (w Whole) Revision() int {
	n := w.Case.Version
	for _, p := range w.Parts {
		n += p.Version
	}
	return n
}

// Earlier is a case that the same person was before. Of one outside the reader's
// scope only the day and the interval are told.
type Earlier struct {
	Case   id.ID // zero: not for the reader
	Number string
	On     day.Day
	Days   int
}

// ReinfectionDays is from how many days after the case before it a new one is a
// new infection, and not the same one found again. Source: the definition of a
// suspected reinfection by interval, CDC, Common Investigation Protocol for
// Investigating Suspected SARS-CoV-2 Reinfection, 27 October 2020: 90 days.
const ReinfectionDays = 90

// Reinfected reports whether the interval to the case before it makes this one another infection.
func (e Earlier) Reinfected() bool { return e.Days >= ReinfectionDays }

// ReadWhole is Read with everything that is written about the case; it is one
// look, and audited as one.
func (s *Service) ReadWhole(ctx context.Context, sc auth.Scope, i id.ID) (w Whole, err error) {
	if !sc.Allows(auth.ReadCases) {
		return w, fault.New(fault.Forbidden, "auth.act")
	}
	err = s.db.Tx(ctx, func(tx *store.Tx) error {
		w = Whole{}
		if w.Case, w.Who, err = s.read(tx, sc, i); err != nil {
			return err
		}
		parts, err := partsOf(tx.Context(), tx, sc, []id.ID{i}, true)
		if err != nil {
			return err
		}
		w.Parts = parts[i]
		if w.History, err = judgementsOf(tx, sc, i); err != nil {
			return err
		}
		if w.Earlier, err = s.earlier(tx, sc, w.Case); err != nil {
			return err
		}
		w.Proposal = Propose(w)
		return audit.Append(tx, sc.Entry("case.read", "case", i.String(), w.Case.Area, nil))
	})
	return w, err
}

// read is the case and who it is, as far as sc may know.
func (s *Service) read(tx *store.Tx, sc auth.Scope, i id.ID) (c Case, who person.Person, err error) {
	if c, err = caseByID(tx.Context(), tx, sc, i); err != nil {
		return c, who, err
	}
	if !c.Person.IsZero() && sc.Allows(auth.ReadPeople) {
		who, err = s.people.Get(tx.Context(), tx, sc.Anywhere(), c.Person)
		if err != nil && !fault.Is(err, fault.NotFound) { // erased
			return c, who, err
		}
		who = shown(sc, who)
	}
	return c, who, nil
}

// earlier finds the cases of the same person, under any id that a merge has made
// theirs, wherever those cases are answered for.
func (s *Service) earlier(tx *store.Tx, sc auth.Scope, c Case) (all []Earlier, err error) {
	if c.Person.IsZero() {
		return nil, nil
	}
	own := auth.System(s.province, "reinfection").WithClock(s.now)
	_, ids, err := s.people.Aliases(tx.Context(), tx, own, []id.ID{c.Person})
	if err != nil {
		return nil, err
	}
	cases, err := casesOfPeople(tx.Context(), tx, own, ids)
	for _, o := range cases {
		days := int(c.began() - o.began())
		if o.ID == c.ID || o.Classification == Discarded || days < 0 || days == 0 && bytes.Compare(o.ID[:], c.ID[:]) > 0 {
			continue
		}
		e := Earlier{On: o.began(), Days: days}
		if sc.Covers(o.Area) || o.Stay != 0 && sc.Covers(o.Stay) {
			e.Case, e.Number = o.ID, o.Number
		}
		all = append(all, e)
	}
	slices.SortStableFunc(all, func(a, b Earlier) int { return a.Days - b.Days })
	return all, err
}

// began is the first day that is known of an infection.
func (c Case) began() day.Day {
	first := c.Reported
	for _, d := range []day.Day{c.ConfirmedOn, c.Specimen, c.Onset} {
		if d != 0 {
			first = min(first, d)
		}
	}
	return first
}

// PutPart writes a part of a case: a new one at version 0, else over the version
// that it names. Its ID is the idempotency key: the same act again answers as the
// first did. Errors: fault.NotFound for a case out of scope, fault.Forbidden for
// one of another responsible area, fault.Invalid by field, fault.Conflict for a
// part that somebody else changed first.
func (s *Service) PutPart(ctx context.Context, sc auth.Scope, p Part) (put Part, err error) {
	err = s.db.Tx(ctx, func(tx *store.Tx) error {
		put, err = s.putPart(tx, sc, p.normal())
		return err
	})
	return put, err
}

func (s *Service) putPart(tx *store.Tx, sc auth.Scope, p Part) (Part, error) {
	c, err := s.writable(tx, sc, p.Case)
	if err != nil {
		return p, err
	}
	if bad := s.checkPart(p); len(bad) > 0 {
		return p, joined(bad)
	}
	was, err := partByID(tx, sc, p.ID)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return p, err
	}
	stands := err == nil
	if stands && was.Case == p.Case && was.Version == p.Version+1 && was.Actor == sc.Actor() && was.same(p) {
		return was, nil
	}
	if stands && (was.Case != p.Case || was.Kind != p.Kind || was.Version != p.Version || was.Removed) || !stands && p.Version != 0 {
		return p, fault.New(fault.Conflict, "outbreak.part_changed")
	}
	p.Changed, p.Actor, p.Version = store.Time(store.Millis(sc.Now())), sc.Actor(), p.Version+1
	act := "case.part.change"
	if !stands {
		act, err = "case.part.add", insertParts(tx, sc, []Part{p})
	} else if stands, err = updatePart(tx, sc, p, was.Version); err == nil && !stands {
		err = fault.New(fault.Conflict, "outbreak.part_changed")
	}
	if err != nil {
		return p, err
	}
	return p, s.notePart(tx, sc, act, c, p)
}

// writable is the case, when sc may change it.
func (s *Service) writable(tx *store.Tx, sc auth.Scope, i id.ID) (Case, error) {
	c, err := caseByID(tx.Context(), tx, sc, i)
	if err != nil {
		return c, err
	}
	return c, sc.Check(auth.WriteCases, c.Area)
}

func (s *Service) notePart(tx *store.Tx, sc auth.Scope, act string, c Case, p Part) error {
	return audit.Append(tx, sc.Entry(act, "case", c.ID.String(), c.Area, map[string]any{"part": p.ID, "kind": p.Kind, "version": p.Version}))
}

// same reports whether two parts say the same.
func (p Part) same(o Part) bool {
	a, err := p.body()
	b, oerr := o.body()
	return err == nil && oerr == nil && p.Kind == o.Kind && a == b
}

// RemovePart takes a part away; RestorePart puts it back as it was. Either twice
// is as once.
func (s *Service) RemovePart(ctx context.Context, sc auth.Scope, c, part id.ID) error {
	return s.setRemoved(ctx, sc, c, part, true)
}

// RestorePart undoes RemovePart.
func (s *Service) RestorePart(ctx context.Context, sc auth.Scope, c, part id.ID) error {
	return s.setRemoved(ctx, sc, c, part, false)
}

func (s *Service) setRemoved(ctx context.Context, sc auth.Scope, i, part id.ID, removed bool) error {
	return s.db.Tx(ctx, func(tx *store.Tx) error {
		c, err := s.writable(tx, sc, i)
		if err != nil {
			return err
		}
		p, err := partByID(tx, sc, part)
		if err != nil {
			return err
		}
		if p.Case != i {
			return fault.New(fault.NotFound, "outbreak.part")
		}
		if p.Removed == removed {
			return nil
		}
		was := p.Version
		p.Removed, p.Version, p.Changed, p.Actor = removed, was+1, store.Time(store.Millis(sc.Now())), sc.Actor()
		done, err := updatePart(tx, sc, p, was)
		if err != nil {
			return err
		}
		if !done {
			return fault.New(fault.Conflict, "outbreak.part_changed")
		}
		act := "case.part.restore"
		if removed {
			act = "case.part.remove"
		}
		return s.notePart(tx, sc, act, c, p)
	})
}
