package spread

import (
	"context"

	"khien/kernel/auth"
	"khien/kernel/store"
	"khien/outbreak"
)

// LinksTo tells again, for exports, the standing links to cases, named as asked. A
// source is named by its number, else its id, or as it was told where no case has
// that name; a case that the scope may not read is left out.
func (s *Service) LinksTo(ctx context.Context, _ store.Querier, sc auth.Scope, to []string) (links []outbreak.Link, err error) {
	w, err := s.refresh(ctx)
	if err != nil {
		return nil, err
	}
	asked := make(map[int32]string, len(to))
	for _, name := range to {
		if n := w.caseOf(nameOf(name)); w.covers(sc, n) {
			asked[n] = name
		}
	}
	for _, l := range w.links {
		name, ok := asked[l.to]
		if !ok || l.from != nobody && !w.covers(sc, l.from) {
			continue
		}
		links = append(links, outbreak.Link{From: w.nameOf(l.from, l.From), To: name, Certainty: l.Certainty, On: l.On, Note: l.Note})
	}
	return links, nil
}
