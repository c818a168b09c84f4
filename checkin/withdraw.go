package checkin

import (
	"context"

	"khien/kernel/audit"
	"khien/kernel/auth"
	"khien/kernel/event"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/store"
)

// Withdraw takes away a visit that is wrong: a card in another hand, a name typed
// at another's. For staff who may write people, of the visit's area; the scope's
// purpose is the reason, and is written down. event.VisitsErased is told, so that
// contacts that were found by the visit are withdrawn. A visit that is not there,
// or elsewhere, is fault.NotFound.
func (s *Service) Withdraw(ctx context.Context, sc auth.Scope, visit id.ID) error {
	if !sc.Allows(auth.WritePeople) {
		return fault.New(fault.Forbidden, "auth.act")
	}
	if n := len([]rune(sc.Purpose())); n < 4 || n > purposeMost {
		return errPurpose.At("reason", sc.Purpose())
	}
	return s.DB.Tx(ctx, func(tx *store.Tx) error {
		v, err := visitByID(tx.Context(), tx, sc, visit)
		if err != nil {
			return err
		}
		if err := deleteVisit(tx, s.system, v); err != nil {
			return err
		}
		told := event.VisitsErased{Lane: laneOf(v.ID), People: []id.ID{v.Person}, From: v.From, To: v.From.Add(1)}
		if err := event.Tell(tx, s.Province, told); err != nil {
			return err
		}
		return audit.Append(tx, sc.Entry("visit.withdraw", "visit", v.ID.String(), v.Area, nil))
	})
}
