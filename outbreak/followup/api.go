package followup

import (
	"khien/kernel/web"
)

func (s *Service) api(*web.Router) {}
