package point

// ByNumber is byNumber, for tests.
func (s *Service) ByNumber(text string) (string, error) { return s.byNumber(text) }
