package level

import (
	"context"

	"khien/kernel/area"
)

// Assess assesses one commune, for tests.
func (s *Service) Assess(ctx context.Context, c area.Code) (Row, error) { return s.one(ctx, c) }
