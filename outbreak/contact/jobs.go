package contact

import (
	"context"
	"time"

	"khien/kernel/audit"
	"khien/kernel/auth"
	"khien/kernel/id"
	"khien/kernel/job"
	"khien/kernel/store"
)

// How long a contact lives: after release as long as the longest watch of 2021
// (21 days and 7, reference rules-and-border.md), after a dismissal likewise.
const (
	keptReleased  = 28 * 24 * time.Hour
	keptDismissed = 28 * 24 * time.Hour
	erasedAtOnce  = 200
)

// Jobs trace open cases anew, for what no fact tells (somebody moves to another
// household), and erase contacts whose time is over.
func (s *Service) Jobs() []job.Job {
	return []job.Job{
		{Name: "retrace_cases", Every: 10 * time.Minute, Do: func(ctx context.Context, _ job.Run) error { return s.Retrace(ctx) }},
		{Name: "erase_contacts", Every: time.Hour, Do: func(ctx context.Context, _ job.Run) error {
			_, err := s.Erase(ctx)
			return err
		}},
	}
}

// Retrace leaves every case in the index's days to be traced anew.
func (s *Service) Retrace(ctx context.Context) error {
	open, err := openCases(ctx, s.DB, s.system, s.floorNow())
	if err != nil {
		return err
	}
	return s.DB.Tx(ctx, func(tx *store.Tx) error {
		tx.Wake(Topic)
		return markDue(tx, s.system, open)
	})
}

// Erase forgets contacts some time after their release or dismissal, and
// returns how many.
func (s *Service) Erase(ctx context.Context) (erased int, err error) {
	for _, old := range []struct {
		find func(context.Context, store.Querier, auth.Scope, time.Time, int) ([]id.ID, error)
		kept time.Duration
	}{{releasedBefore, keptReleased}, {dismissedBefore, keptDismissed}} {
		for {
			ids, err := old.find(ctx, s.DB, s.system, s.now().Add(-old.kept), erasedAtOnce)
			if err != nil {
				return erased, err
			}
			if len(ids) == 0 {
				break
			}
			err = s.DB.Tx(ctx, func(tx *store.Tx) error {
				if err := eraseContacts(tx, s.system, ids); err != nil {
					return err
				}
				return audit.Append(tx, s.system.Entry("contact.erase", "contact", "", 0, map[string]any{"contacts": len(ids)}))
			})
			if err != nil {
				return erased, err
			}
			erased += len(ids)
		}
	}
	return erased, nil
}
