package spread

import (
	"context"

	"khien/kernel/event"
	"khien/kernel/store"
	"khien/outbreak"
)

// Listeners returns the one that lets nodes read the cases anew, those that
// another program wrote too.
func (s *Service) Listeners() []event.Listener {
	return []event.Listener{{Name: "spread", Kinds: []string{event.KindCaseChanged}, HearAll: s.hear}}
}

func (s *Service) hear(_ context.Context, tx *store.Tx, _ []event.Fact) error {
	tx.Wake(outbreak.Topic)
	return raiseVersions(tx, s.province, versions{cases: 1})
}
