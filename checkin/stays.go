package checkin

import (
	"context"
	"time"

	"khien/kernel/id"
)

// EachVisit calls visit for every visit that began at since or later, in no
// order, holding one of them at a time: for the index of who was where.
func (s *Service) EachVisit(ctx context.Context, since time.Time, visit func(Visit)) error {
	return eachVisit(ctx, s.DB, s.system, since, visit)
}

// VisitsOf returns the visits of people that began from from to to, for the
// program's own tracing; at most a hundred thousand.
func (s *Service) VisitsOf(ctx context.Context, people []id.ID, from, to time.Time) ([]Visit, error) {
	return visitsOf(ctx, s.DB, s.system, standing, people, from, to, 100_000)
}
