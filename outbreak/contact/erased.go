package contact

import (
	"context"
	"time"

	"khien/kernel/event"
	"khien/kernel/id"
	"khien/outbreak/trace"
)

// heardErased follows visits that are no more. Of those that died of age the index
// knows nothing from the next seal on, and what they found stands (see aged);
// those that were withdrawn go at once, and what they found with them.
func (s *Service) heardErased(ctx context.Context, f event.Fact) error {
	told, err := event.Decode[event.VisitsErased](f)
	if err != nil {
		return err
	}
	if len(told.People) == 0 {
		s.grownOld(told.To)
		return nil
	}
	return s.readAnew(ctx, told.People, told.From.Truncate(time.Minute), told.To.Add(time.Minute-1).Truncate(time.Minute))
}

// grownOld leaves what began before a moment to be dropped.
func (s *Service) grownOld(before time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if before.After(s.floor) {
		s.floor, s.sealed = before, time.Time{}
		s.wake()
	}
}

// readAnew takes the stays of people that began from from to to, whole minutes,
// from the database in place of what the index has.
func (s *Service) readAnew(ctx context.Context, people []id.ID, from, to time.Time) error {
	stays, err := s.Stays.StaysOf(ctx, people, from, to)
	if err != nil {
		return err
	}
	live := s.index()
	var moved []event.Visited
	for _, who := range people {
		for _, had := range live.Of(who, from, to) {
			if !had.From.Before(from) {
				live.Remove(had)
				moved = append(moved, event.Visited{Person: who, Place: had.Locus, From: had.From, To: had.To})
			}
		}
	}
	for _, v := range stays {
		live.Begin(trace.Stay{Person: v.Person, Locus: v.Place, Kind: s.kindOf(v.Place), From: v.From, To: v.To})
		moved = append(moved, event.Visited{Person: v.Person, Place: v.Place, From: v.From, To: v.To})
	}
	s.touched(moved)
	return nil
}
