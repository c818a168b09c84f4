package point

import (
	"context"

	"khien/kernel/auth"
	"khien/kernel/id"
)

// InUse returns which of the people a printed card was made for, withdrawn ones too.
func (s *Service) InUse(ctx context.Context, people []id.ID) (map[id.ID]bool, error) {
	return cardHolders(ctx, s.DB, auth.System(s.Province, "in_use").WithClock(s.Now), people)
}
