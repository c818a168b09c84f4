package declaration

import (
	"context"
	"time"

	"khien/kernel/audit"
	"khien/kernel/id"
	"khien/kernel/job"
	"khien/kernel/store"
)

// How the dead are buried.
const (
	buriedMost = 500            // in one transaction
	heldAgain  = 24 * time.Hour // after which a case is asked again
)

// Jobs erases declarations whose day has come.
func (s *Service) Jobs() []job.Job {
	return []job.Job{{Name: "declaration.erase", Every: time.Hour, Do: func(ctx context.Context, _ job.Run) error {
		_, err := s.Bury(ctx)
		return err
	}}}
}

// Bury erases the declarations whose day has come, their keys first of all, but
// for those of people whom a case holds, and returns how many.
func (s *Service) Bury(ctx context.Context) (buried int, err error) {
	for {
		dead, err := selectDead(ctx, s.DB, s.own, s.now(), buriedMost)
		if err != nil || len(dead) == 0 {
			return buried, err
		}
		var people []id.ID
		for _, r := range dead {
			people = append(people, r.Person)
		}
		held := map[id.ID]bool{}
		if s.Cases != nil {
			if held, err = s.Cases.HeldByCase(ctx, people); err != nil {
				return buried, err
			}
		}
		n := 0
		err = s.DB.Tx(ctx, func(tx *store.Tx) error {
			n, err = s.bury(tx, dead, held)
			return err
		})
		if buried += n; err != nil {
			return buried, err
		}
	}
}

func (s *Service) bury(tx *store.Tx, dead []row, held map[id.ID]bool) (n int, err error) {
	for _, r := range dead {
		if held[r.Person] {
			err = postponeDeath(tx, s.own, r.ID, s.now().Add(heldAgain))
		} else {
			n++
			err = deleteDeclaration(tx, s.own, r.ID)
		}
		if err != nil {
			return n, err
		}
	}
	return n, audit.Append(tx, s.own.Entry("declaration.erase", "declaration", "", 0, map[string]any{"erased": n, "held": len(dead) - n}))
}
