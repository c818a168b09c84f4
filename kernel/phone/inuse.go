package phone

import (
	"context"

	"khien/kernel/id"
)

// InUse returns which of the people a phone is said to be of, or speaks for.
func (s *Service) InUse(ctx context.Context, people []id.ID) (map[id.ID]bool, error) {
	return selectPeopleInUse(ctx, s.DB, s.own, people)
}
