package contact

import (
	"context"
	"time"

	"khien/kernel/event"
	"khien/kernel/id"
)

// heardMoved leaves a case to be traced by this node too when what touches it moved:
// another node may have traced it, and whoever follows the visits must know which of
// them touch the case, also once that other node is gone.
func (s *Service) heardMoved(ctx context.Context, f event.Fact) error {
	if f.Kind == event.KindCaseChanged {
		return s.heardCase(f)
	}
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

// coming is a version of a case that was told of, and when.
type coming struct {
	version int
	at      time.Time
}

// comingMost is how long a row is waited for that may never come: the case was
// erased, or its fact was refused.
const comingMost = time.Hour

// heardCase leaves a case to be traced once its row says what was told: whoever
// writes it hears the same fact, sooner or later than this node.
func (s *Service) heardCase(f event.Fact) error {
	told, err := event.Decode[event.CaseChanged](f)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.coming[told.Case] = coming{max(s.coming[told.Case].version, told.Version), s.now()}
	s.wake()
	return nil
}

// arrivedMost bounds the cases whose rows one round looks for.
const arrivedMost = 2000

// arrived leaves those cases to be traced of which the rows say by now what was told.
func (s *Service) arrived(ctx context.Context) error {
	s.mu.RLock()
	var some, old []id.ID
	for k, c := range s.coming {
		if s.now().Sub(c.at) > comingMost {
			old = append(old, k)
			continue
		}
		if some = append(some, k); len(some) == arrivedMost {
			break
		}
	}
	s.mu.RUnlock()
	stand, err := casesByID(ctx, s.DB, s.system, some)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range old {
		delete(s.coming, k)
	}
	for i, k := range stand {
		if k.Version >= s.coming[i].version {
			s.due[i] = true
		}
	}
	return nil
}

// movedBy returns the cases of which a fact moves the people, or the confirmed F1.
func (s *Service) movedBy(ctx context.Context, f event.Fact) ([]id.ID, error) {
	if f.Kind == event.KindContactChanged {
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
