package contact

import (
	"context"

	"khien/kernel/event"
	"khien/kernel/id"
)

// heardMoved leaves a case to be traced by this node too when what touches it moved:
// another node may have traced it, and whoever follows the visits must know which of
// them touch the case, also once that other node is gone.
func (s *Service) heardMoved(ctx context.Context, f event.Fact) error {
	cases, err := s.movedBy(ctx, f)
	if err != nil || len(cases) == 0 {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range cases {
		s.due[k] = true
	}
	s.wake()
	return nil
}

// movedBy returns the cases of which a fact moves the people, or the confirmed F1.
func (s *Service) movedBy(ctx context.Context, f event.Fact) ([]id.ID, error) {
	switch f.Kind {
	case event.KindCaseChanged:
		told, err := event.Decode[event.CaseChanged](f)
		return []id.ID{told.Case}, err
	case event.KindContactChanged:
		told, err := event.Decode[event.ContactChanged](f)
		if err != nil || told.Status != string(Confirmed) {
			return nil, err
		}
		return casesAbout(ctx, s.DB, s.system, []id.ID{told.Person})
	}
	told, err := event.Decode[event.PeopleMerged](f)
	if err != nil {
		return nil, err
	}
	_, all, err := s.People.Aliases(ctx, s.DB, s.system, []id.ID{told.Kept, told.Gone})
	if err != nil {
		return nil, err
	}
	return casesAbout(ctx, s.DB, s.system, all)
}
