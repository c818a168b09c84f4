package followup

import (
	"context"

	"khien/kernel/area"
	"khien/kernel/auth"
	"khien/kernel/day"
	"khien/kernel/event"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/store"
	"khien/outbreak/plan"
)

// Listeners follow the contacts and the cases.
func (s *Service) Listeners() []event.Listener {
	return []event.Listener{{Name: "followup", Kinds: []string{event.KindContactChanged, event.KindCaseChanged}, HearAll: s.hear}}
}

// hear hears many facts at once: most are of contacts whom nobody watches, and
// these are told from the others by one question.
func (s *Service) hear(ctx context.Context, tx *store.Tx, fs []event.Fact) error {
	sc := s.system("followup_listen")
	contacts, err := contactsOf(fs)
	if err != nil {
		return err
	}
	watched, err := watchedOf(ctx, tx, sc, contacts)
	if err != nil {
		return err
	}
	for _, f := range fs {
		if f.Kind == event.KindCaseChanged {
			err = s.hearCase(tx, sc, f)
		} else {
			err = s.hearContact(tx, sc, contacts[0], watched)
			contacts = contacts[1:]
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// contactsOf returns what was told of contacts, in order.
func contactsOf(fs []event.Fact) (all []event.ContactChanged, err error) {
	for _, f := range fs {
		if f.Kind != event.KindContactChanged {
			continue
		}
		c, err := event.Decode[event.ContactChanged](f)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

// hearContact follows a contact. watched are those whom a watch stands for; of
// another only a confirmation, or that they are a case, changes anything.
func (s *Service) hearContact(tx *store.Tx, sc auth.Scope, c event.ContactChanged, watched map[id.ID]bool) error {
	if !watched[c.Contact] && c.Status != "confirmed" && c.Status != "became_case" {
		return nil
	}
	watched[c.Contact] = true // from here on, perhaps
	was, err := watchByID(tx.Context(), tx, sc, c.Contact)
	stands := err == nil
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	if stands && c.Version <= was.fact {
		return nil
	}
	now := was
	now.fact = c.Version
	if stands && was.State.Open() && was.Area != c.Area {
		if now, err = s.moved(tx, sc, was, c.Area, c.Version); err != nil {
			return err
		}
		was = now
	}
	switch c.Status {
	case "confirmed":
		return s.confirmed(tx, sc, stands, was, now, c)
	case "dismissed":
		return s.end(tx, sc, was, now, Ended, actDismissed)
	case "released":
		return s.end(tx, sc, was, now, Completed, actReleased)
	case "became_case":
		if err := s.end(tx, sc, was, now, Ended, actCase); err != nil {
			return err
		}
		return s.isolate(tx, sc, event.CaseChanged{Person: c.Person, Area: c.Area, Confirmed: day.Today(c.At)})
	}
	return s.end(tx, sc, was, now, Ended, actWithdrawn) // found again: nobody has confirmed it any more
}

// moved follows a contact to another responsible area.
func (s *Service) moved(tx *store.Tx, sc auth.Scope, was Watch, to area.Code, fact int) (Watch, error) {
	now := was
	now.Area, now.fact = to, fact
	return now, s.save(tx, sc, was, &now, actArea, "")
}

// end closes an open watch; one that is over or never was stays so.
func (s *Service) end(tx *store.Tx, sc auth.Scope, was, now Watch, to State, act string) error {
	if was.Version == 0 || !was.State.Open() {
		return nil
	}
	now = s.closed(now, to)
	return s.save(tx, sc, was, &now, act, "")
}

// confirmed begins a watch, begins an ended one anew, or proposes an extension for
// an exposure that came later.
func (s *Service) confirmed(tx *store.Tx, sc auth.Scope, stands bool, was, now Watch, c event.ContactChanged) error {
	last := day.Today(c.At)
	if !c.Last.IsZero() {
		last = day.Today(c.Last)
	}
	if stands && was.State.Open() {
		if last <= was.LastExposure {
			return nil
		}
		now.LastExposure = last
		act := actExposure
		if now = s.proposed(now); now.Proposed.End > was.Proposed.End {
			act = actProposed
		}
		return s.save(tx, sc, was, &now, act, "")
	}
	if stands && was.State == Completed && last <= was.LastExposure {
		return nil
	}
	act := actBegun
	if stands {
		act = actReopened
	}
	now = Watch{ID: c.Contact, Person: c.Person, Whom: plan.F1, Area: c.Area, LastExposure: last, Decided: day.Today(c.At), fact: c.Version,
		Version: was.Version, Created: was.Created, Checked: was.Checked, CheckedAt: was.CheckedAt}
	if c.Degree == 2 {
		now.Whom = plan.F2
	}
	now = s.begun(now, now.Decided)
	return s.save(tx, sc, was, &now, act, "")
}

// begun gives a new watch its days by the rule in force on the day of its
// decision: nobody is protected and quarantine is where the rule says, until an
// officer says otherwise.
func (s *Service) begun(w Watch, begin day.Day) Watch {
	w.Disease, w.State, w.heard = Disease, Waiting, s.Now()
	d, ok, err := s.dates(w, begin)
	if err != nil || !ok {
		return w
	}
	w.Place = plan.Home
	if len(d.Stays) > 0 && d.Stays[0].Phase == plan.Facility {
		w.Place = plan.Facility
	}
	w = s.dated(w, d)
	if w.Until < s.today() {
		w = s.closed(w, Completed)
	}
	return w
}

// proposed sets what the later exposure would make of the plan: the same rule,
// counted anew from it.
func (s *Service) proposed(w Watch) Watch {
	if w.State == Waiting {
		return w
	}
	d, ok, err := s.dates(w, w.From)
	if ok && err == nil && d.End <= w.Until { // a rule that counts from the beginning: the exposure is a new one
		d, ok, err = s.dates(w, w.LastExposure)
		if ok && err == nil && len(d.Stays) > 0 {
			d.Stays[0].From = w.From
		}
	}
	if ok && err == nil && d.End > w.Until {
		w.Proposed = d
	}
	return w
}

// hearCase isolates a confirmed case whose person is known, and ends what watched
// them as a contact; a case that is no more, or over, ends its isolation.
func (s *Service) hearCase(tx *store.Tx, sc auth.Scope, f event.Fact) error {
	c, err := event.Decode[event.CaseChanged](f)
	if err != nil {
		return err
	}
	was, err := watchByCase(tx.Context(), tx, sc, c.Case)
	stands := err == nil
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	if stands && c.Version <= was.fact {
		return nil
	}
	if !stands {
		if c.Classification != "confirmed" || c.Person.IsZero() || c.Outcome != "" {
			return nil
		}
		return s.isolate(tx, sc, c)
	}
	if was.State.Open() && was.Area != c.Area {
		if was, err = s.moved(tx, sc, was, c.Area, c.Version); err != nil {
			return err
		}
	}
	now := was
	now.fact = c.Version
	switch {
	case c.Classification != "confirmed":
		return s.end(tx, sc, was, now, Ended, actDiscarded)
	case c.Outcome == "recovered":
		return s.outcome(tx, sc, was, now, c.OutcomeOn, Completed, actRecovered)
	case c.Outcome != "":
		return s.outcome(tx, sc, was, now, c.OutcomeOn, Ended, actDied)
	}
	return s.moveBegin(tx, sc, was, now, c.Confirmed)
}

// moveBegin counts an isolation anew when the day of the confirmation was wrong
// and no officer has set other days since.
func (s *Service) moveBegin(tx *store.Tx, sc auth.Scope, was, now Watch, confirmed day.Day) error {
	if !was.State.Open() || confirmed == 0 || confirmed == was.From {
		return nil
	}
	steps, err := stepsOf(tx.Context(), tx, sc, was.ID)
	if err != nil {
		return err
	}
	for _, st := range steps {
		if st.Act == actDecided || st.Act == actExtended || st.Act == actReduced {
			return nil
		}
	}
	d, ok, err := s.dates(now, confirmed)
	if err != nil || !ok || d.End < s.today() {
		return err
	}
	now = s.dated(now, d)
	return s.save(tx, sc, was, &now, actMoved, "")
}

// outcome ends an isolation on the day of the outcome.
func (s *Service) outcome(tx *store.Tx, sc auth.Scope, was, now Watch, on day.Day, to State, act string) error {
	if on == 0 {
		on = s.today()
	}
	if d, err := now.Dates.Released(on, act); err == nil {
		now.Dates, now.Until = d, d.End
	}
	return s.end(tx, sc, was, now, to, act)
}

// isolate begins the isolation of somebody who is a case, unless it runs already
// or would be over; what watched them as a contact ends.
func (s *Service) isolate(tx *store.Tx, sc auth.Scope, c event.CaseChanged) error {
	_, all, err := s.People.Aliases(tx.Context(), tx, sc, []id.ID{c.Person})
	if err != nil {
		return err
	}
	watches, err := watchesOf(tx.Context(), tx, sc, all)
	if err != nil {
		return err
	}
	for _, w := range watches {
		if !w.State.Open() {
			continue
		}
		if w.Whom == plan.F0 {
			return s.adopt(tx, sc, w, c)
		}
		if err := s.end(tx, sc, w, w, Ended, actCase); err != nil {
			return err
		}
	}
	begin := c.Confirmed
	if begin == 0 {
		begin = s.today()
	}
	w := Watch{ID: c.Case, Case: c.Case, Person: c.Person, Whom: plan.F0, Area: c.Area, Decided: begin, fact: c.Version}
	if w.ID.IsZero() {
		w.ID = id.New()
	}
	if w = s.begun(w, begin); w.State == Completed || w.State == Waiting && begin < s.today()-daysMost {
		return nil // nothing is left to follow
	}
	return s.save(tx, sc, Watch{}, &w, actBegun, "")
}

// adopt ties an isolation that began with its contact to the case, once it is known.
func (s *Service) adopt(tx *store.Tx, sc auth.Scope, was Watch, c event.CaseChanged) error {
	if c.Case.IsZero() || !was.Case.IsZero() {
		return nil
	}
	now := was
	now.Case, now.fact, now.Area = c.Case, c.Version, c.Area
	if d, ok, err := s.dates(now, c.Confirmed); err == nil && ok && c.Confirmed != 0 && d.End >= s.today() {
		now = s.dated(now, d)
	}
	return s.save(tx, sc, was, &now, actMoved, "")
}
