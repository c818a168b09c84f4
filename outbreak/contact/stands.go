package contact

import (
	"time"

	"khien/kernel/id"
)

// meeting is what makes an exposure of a case the same: who met whom, under the
// ids they had, where and from when.
type meeting struct {
	second          bool
	as, with, locus id.ID
	from            int64
}

func (e *Exposure) meeting() meeting {
	return meeting{!e.Via.IsZero(), e.As, e.With, e.Locus, e.From.UnixMilli()}
}

func (h Hit) meeting() meeting {
	return meeting{!h.Via.IsZero(), h.As, h.With, h.Locus, h.From.UnixMilli()}
}

// holds says whether an exposure that the index does not show holds: one that was
// told by hand, as long as the case counts; one whose visits died of age, as long as
// the two are who they were and it lies in the case's window, or for an F2 after
// the first exposure of an F1 who stands confirmed.
func (s *Service) holds(p *plan, e *Exposure) bool {
	if !p.open() {
		return false
	}
	if e.Origin == byHand {
		return true
	}
	who := p.now[e.As]
	if !e.Held || !s.aged(e, p.floor) || who == p.self {
		return false
	}
	if e.Via.IsZero() {
		return p.now[e.With] == p.self && e.To.After(p.window.From) && e.From.Before(p.window.To)
	}
	since, confirmed := p.confirmed[p.now[e.With]]
	_, first := p.since[who]
	return confirmed && !first && e.To.After(since)
}

// aged reports whether an exposure lost a visit, and by age alone: one that began
// before the index's floor; of the other one, if it is younger, the index must know
// still. Of an exposure that does not say when they began, one may have, as much as a
// stay before the two met. Who was at home with whom hangs on no visit.
func (s *Service) aged(e *Exposure, floor time.Time) bool {
	if e.Begun == (Begun{}) {
		return e.Kind != Household && e.From.Before(floor.Add(assumedMost))
	}
	h := Hit{As: e.As, With: e.With, Locus: e.Locus, From: e.From, To: e.To}
	as, with := e.Begun.As.Before(floor), e.Begun.With.Before(floor)
	return (as || with) && (as || !s.cameFor(e.As, h).IsZero()) && (with || !s.cameFor(e.With, h).IsZero())
}

// begunOf is when the visits of a meeting began; zero when the index does not know
// both, and at home.
func (s *Service) begunOf(h Hit) Begun {
	b := Begun{s.cameFor(h.As, h), s.cameFor(h.With, h)}
	if h.Kind == Household || b.As.IsZero() || b.With.IsZero() {
		return Begun{}
	}
	return b
}

// cameFor is when somebody came who was there for a whole meeting: of several visits
// the last, for it lives longest.
func (s *Service) cameFor(who id.ID, h Hit) (at time.Time) {
	for _, stay := range s.index().Of(who, h.From, h.To) {
		if stay.Locus == h.Locus && !stay.From.After(h.From) && !stay.To.Before(h.To) {
			at = stay.From
		}
	}
	return at
}
