package contact

import (
	"context"
	"slices"
	"time"

	"khien/kernel/area"
	"khien/kernel/audit"
	"khien/kernel/auth"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/person"
	"khien/kernel/store"
)

// Decision is what a tracer decided of a contact. Version is that which they saw.
type Decision struct {
	Contact id.ID
	Version int
	Act     DecisionAct
	Reason  Reason // of a dismissal
}

// DecisionAct is a sort of decision. The values are sent as written.
type DecisionAct string

// The acts.
const (
	Confirm DecisionAct = "confirm"
	Dismiss DecisionAct = "dismiss"
	Undo    DecisionAct = "undo"
	Call    DecisionAct = "call" // called, whatever came of it
)

// Decide confirms or dismisses a contact, takes that back, or notes a call. Told
// again with the same version it answers as the first time. What is decided here
// no tracing overwrites. Errors: fault.NotFound out of sight, fault.Conflict when
// somebody else decided first or the status does not allow it.
func (s *Service) Decide(ctx context.Context, sc auth.Scope, d Decision) (c Contact, err error) {
	if !sc.Allows(auth.WriteContacts) {
		return c, errAct
	}
	err = s.DB.Tx(ctx, func(tx *store.Tx) error {
		before, err := contactByID(tx.Context(), tx, sc, d.Contact)
		if err != nil {
			return unseen(err)
		}
		c = before
		if err := c.decide(d, sc.Now()); err != nil {
			return err
		}
		if before.Version == d.Version+1 && before.Actor == sc.Actor() && before.Status == c.Status && before.Reason == c.Reason {
			c = before // told again
			return nil
		}
		if before.Version != d.Version {
			return errChanged
		}
		return s.decided(tx, sc, before, &c, d)
	})
	return c, err
}

func (s *Service) decided(tx *store.Tx, sc auth.Scope, before Contact, c *Contact, d Decision) error {
	c.Version, c.Changed, c.Actor = before.Version+1, store.Time(store.Millis(sc.Now())), sc.Actor()
	done, err := updateContact(tx, sc, *c)
	if err != nil || !done {
		return cmpErr(err)
	}
	detail := map[string]any{"version": c.Version, "status": c.Status, "was": before.Status}
	if c.Reason != "" {
		detail["reason"] = c.Reason
	}
	if err := audit.Append(tx, sc.Entry("contact."+string(d.Act), "contact", c.ID.String(), c.Area, detail)); err != nil {
		return err
	}
	if before.Status == c.Status {
		return nil
	}
	if err := s.told(tx, *c); err != nil {
		return err
	}
	return s.traceAgain(tx, sc, c.ID) // their F2 come, or go
}

// traceAgain leaves the cases of a contact to be traced.
func (s *Service) traceAgain(tx *store.Tx, sc auth.Scope, contact id.ID) error {
	all, err := exposuresOf(tx.Context(), tx, sc, []id.ID{contact})
	if err != nil {
		return err
	}
	var cases []id.ID
	for _, e := range all[contact] {
		if e.Held && !slices.Contains(cases, e.Case) {
			cases = append(cases, e.Case)
		}
	}
	tx.Wake(Topic)
	return markDue(tx, sc, cases)
}

// decide does the act on what stands.
func (c *Contact) decide(d Decision, now time.Time) error {
	switch {
	case d.Act == Call:
		c.Called = store.Time(store.Millis(now))
		c.Priority -= c.Priority % 10 // called ones come after those who were not
		return nil
	case c.Status == BecameCase || c.Status == Released && d.Act != Undo:
		return errStatus
	case d.Act == Confirm:
		c.Was, c.Status, c.Reason, c.Decided = "", Confirmed, "", true
		return nil
	case d.Act == Dismiss && !slices.Contains(Reasons, d.Reason):
		return errReason.At("reason", string(d.Reason))
	case d.Act == Dismiss:
		c.Was, c.Status, c.Reason, c.Decided = c.Status, Dismissed, d.Reason, true
		return nil
	case d.Act == Undo:
		return c.undo()
	}
	return errStatus
}

// undo takes back what was decided. Who was withdrawn for want of a source stands
// again because a person says so, until that is decided anew; who lost every source
// since they were decided is withdrawn by it.
func (c *Contact) undo() error {
	switch {
	case c.Status == Dismissed && c.Reason == Withdrawn:
		c.Status, c.Decided = c.Was, true
	case c.Status == Dismissed, c.Status == Confirmed:
		c.Status, c.Decided = Found, false
	case c.Status == Released:
		c.Status, c.Decided, c.Released = Confirmed, true, time.Time{}
	default:
		return errStatus
	}
	if c.Status == "" {
		c.Status = Found
	}
	c.Was, c.Reason = "", ""
	c.withdraw(false)
	return nil
}

// Told is an exposure that somebody told: whom, where, when.
type Told struct {
	ID        id.ID // of the exposure: the idempotency key
	Case      id.ID
	Person    id.ID         // who it is, when they stand already
	Who       person.Person // else who they are
	Place     id.ID         // a registered place, or zero
	Kind      string        // of the locus, where it is no registered place
	Area      area.Code     // where that is; 0: the case's area
	From, To  time.Time
	Certainty Certainty
}

// Add writes an exposure that somebody told of a case in scope, with its contact.
// Told again it answers as the first time.
func (s *Service) Add(ctx context.Context, sc auth.Scope, t Told) (c Contact, err error) {
	if !sc.Allows(auth.WriteContacts) {
		return c, errAct
	}
	err = s.DB.Tx(ctx, func(tx *store.Tx) error {
		c, err = s.add(tx, sc, t)
		return err
	})
	return c, err
}

func (s *Service) add(tx *store.Tx, sc auth.Scope, t Told) (c Contact, err error) {
	k, err := caseByID(tx.Context(), tx, sc, t.Case)
	if err != nil || !sc.Covers(k.Area) {
		if err == nil || fault.Is(err, fault.NotFound) {
			err = errCase.At("case", t.Case.String())
		}
		return c, err
	}
	if c, stands, err := s.standing(tx, sc, t); err != nil || stands {
		return c, err
	}
	if err := s.check(&t, k); err != nil {
		return c, err
	}
	if t.Person, err = s.whoIs(tx, sc, t); err != nil {
		return c, err
	}
	self, err := s.People.Canonical(tx.Context(), tx, sc, k.Person)
	if err != nil {
		return c, err
	}
	if t.Person == self {
		return c, errSelf.At("name", "")
	}
	return s.take(tx, sc, k, t.Person, []Exposure{t.exposure()})
}

func (t Told) exposure() Exposure {
	return Exposure{ID: t.ID, Case: t.Case, Locus: t.Place, Kind: t.Kind, Area: t.Area, From: t.From.Truncate(time.Minute), To: t.To, Certainty: t.Certainty,
		Minutes: int(t.To.Sub(t.From) / time.Minute)}
}

// standing answers for an exposure that was told before.
func (s *Service) standing(tx *store.Tx, sc auth.Scope, t Told) (c Contact, stands bool, err error) {
	e, err := exposureByID(tx.Context(), tx, sc, t.ID)
	if fault.Is(err, fault.NotFound) {
		return c, false, nil
	}
	if err != nil {
		return c, false, err
	}
	if e.Case != t.Case || e.Actor != sc.Actor() {
		return c, false, errTaken.At("id", t.ID.String())
	}
	all, err := contactsByID(tx.Context(), tx, sc, []id.ID{e.Contact})
	if err != nil || len(all) == 0 {
		return c, false, err
	}
	return all[0], true, nil
}

// longestTold bounds one exposure that somebody tells.
const longestTold = 28 * 24 * time.Hour

func (s *Service) check(t *Told, k kase) error {
	if t.ID.IsZero() {
		t.ID = id.New()
	}
	if t.Area == 0 {
		t.Area = k.Area
	}
	if p, ok := s.Places.Book().Any(t.Place); ok {
		t.Kind, t.Area = string(p.Kind), p.Area
	} else {
		t.Place = id.ID{}
	}
	if !slices.Contains(kinds, t.Kind) {
		t.Kind = Manual
	}
	if !slices.Contains(certainties, t.Certainty) {
		t.Certainty = Probable
	}
	switch {
	case t.From.IsZero() || t.From.After(s.now()):
		return errWhen.At("met_from", t.From.Format(time.RFC3339))
	case !t.To.After(t.From) || t.To.Sub(t.From) > longestTold:
		return errWhen.At("met_to", t.To.Format(time.RFC3339))
	}
	return nil
}

func (s *Service) whoIs(tx *store.Tx, sc auth.Scope, t Told) (id.ID, error) {
	if !t.Person.IsZero() {
		return s.People.Canonical(tx.Context(), tx, sc, t.Person)
	}
	if t.Who.Name == "" {
		return id.ID{}, errWho.At("name", "")
	}
	if t.Who.Area == 0 {
		t.Who.Area = t.Area
	}
	r, err := s.People.Register(tx, sc, t.Who)
	return r.ID, err
}
