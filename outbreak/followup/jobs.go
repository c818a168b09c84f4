package followup

import (
	"context"
	"time"

	"khien/kernel/audit"
	"khien/kernel/auth"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/job"
	"khien/kernel/store"
)

// atOnceMost is how many watches one look at the table takes up.
const atOnceMost = 500

// Jobs notice silence, release who is through, and bury the dead.
func (s *Service) Jobs() []job.Job {
	do := func(f func(context.Context) (int, error)) func(context.Context, job.Run) error {
		return func(ctx context.Context, _ job.Run) error {
			_, err := f(ctx)
			return err
		}
	}
	return []job.Job{{Name: "followup.silence", Every: 5 * time.Minute, Do: do(s.NoteSilence)},
		{Name: "followup.release", Every: 5 * time.Minute, Do: do(s.ReleaseDue)},
		{Name: "followup.erase", Every: time.Hour, Do: do(s.Bury)}}
}

// NoteSilence escalates every watch of which nothing was heard for SilentAfter, and
// returns how many. A watch is escalated once, on however many nodes it runs.
func (s *Service) NoteSilence(ctx context.Context) (int, error) {
	sc := s.system("silence")
	return s.eachOf(ctx, sc, func() ([]Watch, error) {
		return silentSince(ctx, s.DB, sc, s.Now().Add(-SilentAfter), s.today(), atOnceMost)
	}, func(tx *store.Tx, was Watch) error {
		now := was
		now.State = Silent
		return s.save(tx, sc, was, &now, actSilent, "")
	})
}

// ReleaseDue completes every running watch whose last day has passed in Vietnam,
// and returns how many. Who is ill or silent, and who has an extension proposed,
// waits for an officer.
func (s *Service) ReleaseDue(ctx context.Context) (int, error) {
	sc := s.system("release")
	return s.eachOf(ctx, sc, func() ([]Watch, error) { return over(ctx, s.DB, sc, s.today(), atOnceMost) }, func(tx *store.Tx, was Watch) error {
		now := s.closed(was, Completed)
		return s.save(tx, sc, was, &now, actCompleted, "")
	})
}

// eachOf does one act on what find returns until that is nothing, each in a
// transaction of its own; a watch that somebody changed meanwhile is left to the
// next look.
func (s *Service) eachOf(ctx context.Context, sc auth.Scope, find func() ([]Watch, error), act func(*store.Tx, Watch) error) (n int, err error) {
	for {
		all, err := find()
		if err != nil || len(all) == 0 {
			return n, err
		}
		done := 0
		for _, w := range all {
			err := s.DB.Tx(ctx, func(tx *store.Tx) error { return act(tx, w) })
			if err != nil && !fault.Is(err, fault.Conflict) {
				return n + done, err
			}
			if err == nil {
				done++
			}
		}
		if n += done; done == 0 {
			return n, nil
		}
	}
}

// heldAgain is after how long a case is asked again whether it still holds a person.
const heldAgain = 24 * time.Hour

// Bury erases the watches whose day has come, with their checks and history, but
// for those of people whom a case holds, and what orders say of people when their
// own day has come. It returns how many watches.
func (s *Service) Bury(ctx context.Context) (buried int, err error) {
	sc := s.system("erase")
	if err := s.buryOrders(ctx, sc); err != nil {
		return 0, err
	}
	for {
		all, err := dead(ctx, s.DB, sc, s.Now(), atOnceMost)
		if err != nil || len(all) == 0 {
			return buried, err
		}
		var people []id.ID
		for _, w := range all {
			people = append(people, w.Person)
		}
		held := map[id.ID]bool{}
		if s.Cases != nil {
			if held, err = s.Cases.HeldByCase(ctx, people); err != nil {
				return buried, err
			}
		}
		n := 0
		err = s.DB.Tx(ctx, func(tx *store.Tx) error {
			n = 0
			for _, w := range all {
				if held[w.Person] {
					if err := postponeDeath(tx, sc, w.ID, s.Now().Add(heldAgain)); err != nil {
						return err
					}
					continue
				}
				n++
				if err := deleteWatch(tx, sc, w.ID); err != nil {
					return err
				}
			}
			return audit.Append(tx, sc.Entry("followup.erase", "followup", "", 0, map[string]any{"erased": n, "held": len(all) - n}))
		})
		if err != nil {
			return buried, err
		}
		buried += n
	}
}
