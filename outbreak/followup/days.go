package followup

import (
	"context"
	"slices"
	"time"

	"khien/kernel/audit"
	"khien/kernel/auth"
	"khien/kernel/day"
	"khien/kernel/event"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/store"
	"khien/outbreak/plan"
)

// Decision is what an officer sets of a watch. From and Until are asked only
// where no rule in force gives the days.
type Decision struct {
	Protected bool
	Place     plan.Phase
	Begin     day.Day // first day of the quarantine; 0: as it was
	From      day.Day
	Until     day.Day
	Reason    string // never empty
}

// Preview returns the dates that a decision would set, by the rule in force when
// the watch was decided on, and writes nothing but that it was read.
func (s *Service) Preview(ctx context.Context, sc auth.Scope, i id.ID, d Decision) (w Watch, dates plan.Dates, err error) {
	if w, err = s.Read(ctx, sc, i); err != nil {
		return w, dates, err
	}
	next, err := s.decided(w, d)
	return w, next.Dates, err
}

// Decide sets whether a person is protected and where they stay, and so the days
// of a watch that still is at a version.
func (s *Service) Decide(ctx context.Context, sc auth.Scope, i id.ID, version int, d Decision) (Watch, error) {
	return s.change(ctx, sc, i, version, actDecided, d.Reason, func(w Watch) (Watch, error) {
		return s.decided(w, d)
	})
}

func (s *Service) decided(w Watch, d Decision) (Watch, error) {
	if !w.State.Open() {
		return w, errClosed
	}
	if d.Place != plan.Home && d.Place != plan.Facility {
		return w, fault.New(fault.Invalid, "followup.place").At("stay_at", string(d.Place))
	}
	w.Protected, w.Place = d.Protected, d.Place
	begin := w.From
	if begin == 0 {
		begin = w.Decided
	}
	if d.Begin != 0 {
		begin = d.Begin
	}
	dates, ok, err := s.dates(w, begin)
	if err != nil {
		return w, err
	}
	if !ok {
		if d.From == 0 || d.Until < d.From || d.Until > d.From+daysMost {
			return w, errDays.At("last_day", d.Until.String())
		}
		dates = plan.Dates{Stays: []plan.Stay{{Phase: d.Place, From: d.From, To: d.Until}}, End: d.Until}
	}
	return s.dated(w, dates), nil
}

// daysMost bounds a plan that an officer sets by hand.
const daysMost = 90

// dates counts the rule in force for w; ok is false when there is none.
func (s *Service) dates(w Watch, begin day.Day) (d plan.Dates, ok bool, err error) {
	p := plan.Person{Disease: w.Disease, Whom: w.Whom, Protected: w.Protected, Decided: w.Decided, LastExposure: w.LastExposure, Begin: begin}
	r, ok := s.Rules.For(p)
	if !ok {
		return d, false, nil
	}
	if d, err = r.Dates(p); err != nil {
		return d, true, errDays.At("first_day", begin.String())
	}
	return placed(d, w.Place), true, nil
}

// placed sets where a quarantine is; watching and isolation are where they are.
func placed(d plan.Dates, place plan.Phase) plan.Dates {
	if place == "" {
		return d
	}
	d.Stays = append([]plan.Stay(nil), d.Stays...)
	for i, st := range d.Stays {
		if st.Phase == plan.Home || st.Phase == plan.Facility {
			d.Stays[i].Phase = place
		}
	}
	return d
}

// dated sets the dates of a watch and what follows from them.
func (s *Service) dated(w Watch, d plan.Dates) Watch {
	today := s.today()
	w.Dates, w.Until = d, d.End
	if len(d.Stays) > 0 {
		w.From = d.Stays[0].From
	}
	if w.DueFrom == 0 {
		w.DueFrom = max(w.From, today)
	}
	w.DueUntil = w.Until
	if w.State == Waiting {
		w.State = Running
	}
	if begins := w.DueFrom.Time().Add(-vietnam); w.heard.Before(begins) {
		w.heard = begins
	}
	if w.Proposed.End <= w.Until {
		w.Proposed = plan.Dates{}
	}
	return w
}

// Change moves the last day of one stay of a plan, later or earlier.
func (s *Service) Change(ctx context.Context, sc auth.Scope, i id.ID, version int, c plan.Change) (Watch, error) {
	act := ""
	return s.changeAs(ctx, sc, i, version, &act, c.Reason, func(w Watch) (Watch, error) {
		if !w.State.Open() {
			return w, errClosed
		}
		d, err := w.Dates.Changed(c)
		if err != nil || d.End > w.Until+daysMost {
			return w, errDays.At("stay_to", c.To.String())
		}
		if act = actExtended; d.End < w.Until {
			act = actReduced
		}
		if d.End < s.today() {
			return w, errDays.At("stay_to", c.To.String()) // that is a release
		}
		return s.dated(w, d), nil
	})
}

// Answer accepts the extension that a later exposure proposed, or declines it.
func (s *Service) Answer(ctx context.Context, sc auth.Scope, i id.ID, version int, accept bool, reason string) (Watch, error) {
	act := actDeclined
	if accept {
		act = actExtended
	}
	return s.change(ctx, sc, i, version, act, reason, func(w Watch) (Watch, error) {
		if w.Proposed.End == 0 || !w.State.Open() {
			return w, fault.New(fault.Conflict, "followup.no_proposal")
		}
		if accept {
			w = s.dated(w, w.Proposed)
		}
		w.Proposed = plan.Dates{}
		return w, nil
	})
}

// Release ends a watch by an officer, on the last day that is still to be kept.
func (s *Service) Release(ctx context.Context, sc auth.Scope, i id.ID, version int, on day.Day, reason string) (Watch, error) {
	return s.change(ctx, sc, i, version, actReleased, reason, func(w Watch) (Watch, error) {
		if !w.State.Open() {
			return w, errClosed
		}
		if on == 0 || on > s.today() {
			return w, errDays.At("release_on", on.String())
		}
		w.Before = &Before{w.State, w.Dates, w.Proposed}
		if w.Dates.End != 0 {
			d, err := w.Dates.Released(on, reason)
			if err != nil {
				return w, errDays.At("release_on", on.String())
			}
			w.Dates, w.Until = d, d.End
		}
		return s.closed(w, Completed), nil
	})
}

// Resume takes an officer's release back: the watch runs on by the plan that it cut
// short. fault.Conflict where nobody released it, where that plan is over, and where
// the person is a case by now.
func (s *Service) Resume(ctx context.Context, sc auth.Scope, i id.ID, version int, reason string) (Watch, error) {
	return s.change(ctx, sc, i, version, actResumed, reason, func(w Watch) (Watch, error) {
		b := w.Before
		switch {
		case w.State != Completed || b == nil:
			return w, errResume
		case b.Dates.End != 0 && b.Dates.End < s.today():
			return w, errOver
		}
		if isolated, err := s.isolated(ctx, w.Person); err != nil || isolated {
			return w, orFault(err, errIsCase)
		}
		w.State, w.Dates, w.Until, w.Proposed, w.Before = b.State, b.Dates, b.Dates.End, b.Proposed, nil
		w.Closed, w.Dies, w.heard = time.Time{}, time.Time{}, s.Now()
		if w.DueFrom != 0 {
			w.DueUntil = w.Until
		}
		return w, nil
	})
}

func orFault(err error, f *fault.Error) error {
	if err != nil {
		return err
	}
	return f
}

// isolated reports whether somebody's isolation as a case runs.
func (s *Service) isolated(ctx context.Context, who id.ID) (bool, error) {
	sc := s.system("followup_resume")
	_, all, err := s.People.Aliases(ctx, s.DB, sc, []id.ID{who})
	if err != nil {
		return false, err
	}
	watches, err := watchesOf(ctx, s.DB, sc, all)
	return slices.ContainsFunc(watches, func(w Watch) bool { return w.Whom == plan.F0 && w.State.Open() }), err
}

// Handled says what was done about symptoms or silence; the watch runs on.
func (s *Service) Handled(ctx context.Context, sc auth.Scope, i id.ID, version int, reason string) (Watch, error) {
	return s.change(ctx, sc, i, version, actHandled, reason, func(w Watch) (Watch, error) {
		if w.State != Symptoms && w.State != Silent {
			return w, fault.New(fault.Conflict, "followup.nothing_open")
		}
		w.State, w.heard = Running, s.Now()
		return w, nil
	})
}

// closed ends a watch: nothing is due any more, from today on where today's check
// is not done.
func (s *Service) closed(w Watch, to State) Watch {
	now, today := s.Now(), s.today()
	w.State, w.Closed, w.Dies, w.Proposed = to, now, now.Add(KeptAfter), plan.Dates{}
	if w.DueFrom != 0 && w.DueUntil >= today {
		w.DueUntil = today - 1
		if w.Checked == today {
			w.DueUntil = today
		}
	}
	return w
}

func (s *Service) change(ctx context.Context, sc auth.Scope, i id.ID, version int, act, reason string, to func(Watch) (Watch, error)) (Watch, error) {
	return s.changeAs(ctx, sc, i, version, &act, reason, to)
}

// changeAs does one act of an officer on a watch in scope that still is at a
// version. What the same officer did to it at that version already is answered as
// the first time.
func (s *Service) changeAs(ctx context.Context, sc auth.Scope, i id.ID, version int, act *string, reason string, to func(Watch) (Watch, error)) (now Watch, err error) {
	if !sc.Allows(auth.WriteContacts) {
		return now, errAct
	}
	err = s.DB.Tx(ctx, func(tx *store.Tx) error {
		was, err := watchByID(tx.Context(), tx, sc, i)
		if err != nil {
			return err
		}
		if was.Version == version+1 {
			if again, err := s.again(tx, sc, was, *act, reason); again || err != nil {
				now = was
				return err
			}
		}
		if was.Version != version {
			return errChanged
		}
		if reason == "" {
			return errReason
		}
		if now, err = to(was); err != nil {
			return err
		}
		return s.save(tx, sc, was, &now, *act, reason)
	})
	return now, err
}

// again reports whether the last step of w is the one that is asked for once more.
func (s *Service) again(tx *store.Tx, sc auth.Scope, w Watch, act, reason string) (bool, error) {
	steps, err := stepsOf(tx.Context(), tx, sc, w.ID)
	if err != nil || len(steps) == 0 {
		return false, err
	}
	last := steps[0]
	return last.Version == w.Version && last.Actor == sc.Actor() && last.Reason == reason && (act == "" || last.Act == act), nil
}

// save writes a watch over what it was (the zero Watch: it is new), with its step,
// its audit row, the days that are due and, when its state or days are others, the fact.
func (s *Service) save(tx *store.Tx, sc auth.Scope, was Watch, now *Watch, act, reason string) error {
	now.Version, now.Changed, now.Actor = was.Version+1, store.Time(store.Millis(sc.Now())), sc.Actor()
	if was.Version == 0 {
		now.Created = now.Changed
	}
	done, err := writeWatch(tx, sc, *now, was.Version)
	if err != nil {
		return err
	}
	if !done {
		return errChanged
	}
	if err := s.countDays(tx, sc, was, *now); err != nil {
		return err
	}
	err = insertStep(tx, sc, Step{Watch: now.ID, Version: now.Version, Act: act, Reason: reason, From: now.From, Until: now.Until, WasUntil: was.Until,
		At: now.Changed, Actor: now.Actor})
	if err != nil {
		return err
	}
	detail := map[string]any{"version": now.Version, "state": now.State, "until": now.Until}
	if err := audit.Append(tx, sc.Entry("followup."+act, "followup", now.ID.String(), now.Area, detail)); err != nil {
		return err
	}
	return s.tell(tx, was, *now)
}

// countDays moves the days from today on: those before stand as they were counted.
func (s *Service) countDays(tx *store.Tx, sc auth.Scope, was, now Watch) error {
	if was.Area == now.Area && was.DueFrom == now.DueFrom && was.DueUntil == now.DueUntil {
		return nil
	}
	today := s.today()
	if was.DueFrom != 0 {
		if err := moveDays(tx, sc, was.Area, max(was.DueFrom, today), was.DueUntil, -1); err != nil {
			return err
		}
	}
	if now.DueFrom == 0 {
		return nil
	}
	return moveDays(tx, sc, now.Area, max(now.DueFrom, today), now.DueUntil, 1)
}

// tell says to the others what holds now of a contact; the isolation of a case is
// no contact's.
func (s *Service) tell(tx *store.Tx, was, now Watch) error {
	if now.Whom == plan.F0 || now.State == Waiting || now.State == was.State && now.From == was.From && now.Until == was.Until {
		return nil
	}
	return event.Tell(tx, s.Province, event.FollowUpChanged{Contact: now.ID, Person: now.Person, State: string(now.State), From: now.From, Until: now.Until,
		Checked: now.Checked, At: now.Changed})
}
