package spread

import (
	"context"
	"sync"
	"time"

	"khien/kernel/audit"
	"khien/kernel/auth"
	"khien/kernel/store"
)

// looks remembers who has looked at the chains of late: a look is one audit row,
// however many tiles its drawing has.
type looks struct {
	mu   sync.Mutex
	last map[string]time.Time
}

// lookLasts is how long the parts of a drawing belong to the look at its page.
const lookLasts = 10 * time.Minute

// look writes that somebody looks at the chains or curves of a filter.
func (s *Service) look(ctx context.Context, sc auth.Scope, act string, f Filter) error {
	err := s.db.Tx(ctx, func(tx *store.Tx) error {
		return audit.Append(tx, sc.Entry(act, "case", f.Case, f.Area, map[string]any{"from": f.From, "to": f.To}))
	})
	if err == nil {
		s.looks.put(sc.Actor(), sc.Now())
	}
	return err
}

// lookAgain writes it where no page was looked at before.
func (s *Service) lookAgain(ctx context.Context, sc auth.Scope, f Filter) error {
	if s.looks.fresh(sc.Actor(), sc.Now()) {
		return nil
	}
	return s.look(ctx, sc, "chain.look", f)
}

func (l *looks) put(actor string, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for a, t := range l.last {
		if now.Sub(t) > lookLasts {
			delete(l.last, a)
		}
	}
	if l.last == nil {
		l.last = map[string]time.Time{}
	}
	l.last[actor] = now
}

func (l *looks) fresh(actor string, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	t, ok := l.last[actor]
	return ok && now.Sub(t) <= lookLasts
}
