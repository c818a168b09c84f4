package contact

import (
	"context"
	"time"

	"khien/kernel/audit"
	"khien/kernel/auth"
	"khien/kernel/event"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/store"
)

// Listeners hear which cases there are, who is whom, and how their contacts are followed up.
func (s *Service) Listeners() []event.Listener {
	return []event.Listener{
		{Name: "contact.cases", Kinds: []string{event.KindCaseChanged}, Hear: s.hearCase},
		{Name: "contact.people", Kinds: []string{event.KindPeopleMerged}, Hear: s.hearMerged},
		{Name: "contact.followup", Kinds: []string{event.KindFollowUpChanged}, Hear: s.hearFollowUp},
	}
}

// hearCase keeps what a case says and leaves it to be traced: the index is asked
// outside of this transaction, for which visits would have to wait.
func (s *Service) hearCase(_ context.Context, tx *store.Tx, f event.Fact) error {
	c, err := event.Decode[event.CaseChanged](f)
	if err != nil {
		return err
	}
	rule, _ := RuleFor(s.rules, Covid, c.Reported)
	tx.Wake(Topic)
	return putCase(tx, s.system, c, rule.WindowOf(c).To)
}

// hearMerged leaves the cases to be traced that speak of two who are one now, or
// two again, and of their households, which a merge may move.
func (s *Service) hearMerged(ctx context.Context, tx *store.Tx, f event.Fact) error {
	told, err := event.Decode[event.PeopleMerged](f)
	if err != nil {
		return err
	}
	people := []id.ID{told.Kept, told.Gone}
	for _, who := range people[:2] {
		p, err := s.People.Get(ctx, tx, s.system, who)
		if fault.Is(err, fault.NotFound) { // erased meanwhile
			continue
		}
		if err != nil {
			return err
		}
		others, err := s.People.Household(ctx, tx, s.system, p)
		if err != nil {
			return err
		}
		for _, o := range others {
			people = append(people, o.ID)
		}
	}
	_, all, err := s.People.Aliases(ctx, tx, s.system, people)
	if err != nil {
		return err
	}
	tx.Wake(Topic)
	return markDueOf(tx, s.system, all)
}

// hearFollowUp shows how a contact is watched, and releases whose watch is over; one
// whose release an officer took back is active again.
func (s *Service) hearFollowUp(ctx context.Context, tx *store.Tx, f event.Fact) error {
	told, err := event.Decode[event.FollowUpChanged](f)
	if err != nil {
		return err
	}
	all, err := contactsByID(ctx, tx, s.system, []id.ID{told.Contact})
	if err != nil || len(all) == 0 {
		return err
	}
	before := all[0]
	c := before
	c.Follow, c.Until = told.State, told.Until
	if told.State == "completed" && (c.Status == Found || c.Status == Confirmed) && !c.Last.After(told.At) {
		c.Status, c.Released = Released, store.Time(store.Millis(told.At))
	}
	if told.State != "completed" && told.State != "ended" && c.Status == Released {
		c.Status, c.Decided, c.Released = Confirmed, true, time.Time{}
	}
	if c == before {
		return nil
	}
	c.Version, c.Changed = before.Version+1, store.Time(store.Millis(s.now()))
	if done, err := updateContact(tx, s.system, c); err != nil || !done {
		return cmpErr(err)
	}
	if c.Status == before.Status {
		return nil
	}
	if err := noteFollowUp(tx, s.system, c); err != nil {
		return err
	}
	if err := s.told(tx, c); err != nil {
		return err
	}
	return s.traceAgain(tx, s.system, c.ID) // their F2 go, or come
}

func noteFollowUp(tx *store.Tx, sc auth.Scope, c Contact) error {
	act := "contact.resume"
	if c.Status == Released {
		act = "contact.release"
	}
	return audit.Append(tx, sc.Entry(act, "contact", c.ID.String(), c.Area, nil))
}
