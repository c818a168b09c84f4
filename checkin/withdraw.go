package checkin

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

// Withdraw takes away a visit that is wrong: a card in another hand, a name typed
// at another's. For staff who may write people, of the visit's area; the scope's
// purpose is the reason, and is written down. It is in no list, count, export or
// index from then on, and a phone that tells it again does not bring it back; its
// row dies on the day on which it would have died, whoever holds its person.
// event.VisitsErased is told, so that contacts that were found by the visit are
// withdrawn. A visit that is not there, or elsewhere, is fault.NotFound.
func (s *Service) Withdraw(ctx context.Context, sc auth.Scope, visit id.ID) error {
	return s.mark(ctx, sc, visit, "visit.withdraw", sc.Now())
}

// Restore takes a withdrawal back, for whoever might withdraw, with a reason,
// within Kept of the visit: contacts that it finds are found again. A visit that is
// not withdrawn is fault.NotFound.
func (s *Service) Restore(ctx context.Context, sc auth.Scope, visit id.ID) error {
	return s.mark(ctx, sc, visit, "visit.restore", time.Time{})
}

// mark withdraws a visit at a moment, or restores it: the zero moment.
func (s *Service) mark(ctx context.Context, sc auth.Scope, visit id.ID, act string, at time.Time) error {
	if !sc.Allows(auth.WritePeople) {
		return fault.New(fault.Forbidden, "auth.act")
	}
	if n := len([]rune(sc.Purpose())); n < 4 || n > purposeMost {
		return errReason.At("reason", sc.Purpose())
	}
	return s.DB.Tx(ctx, func(tx *store.Tx) error {
		v, err := toldVisit(tx.Context(), tx, sc, visit)
		if err != nil {
			return err
		}
		if at.IsZero() && s.now().Sub(v.From) > Kept {
			return errNone // it dies at any moment
		}
		done, err := withdrawVisit(tx, s.system, v.ID, at)
		if err != nil {
			return err
		}
		if !done {
			return errNone
		}
		told := event.VisitsErased{Lane: laneOf(v.ID), People: []id.ID{v.Person}, From: v.From, To: v.From.Add(1)}
		if err := event.Tell(tx, s.Province, told); err != nil {
			return err
		}
		detail := map[string]any{"person": v.Person.String(), "place": v.Place.String(), "from": v.From.Format(time.RFC3339)}
		return audit.Append(tx, sc.Entry(act, "visit", v.ID.String(), v.Area, detail))
	})
}
