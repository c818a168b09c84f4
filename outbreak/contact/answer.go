package contact

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"time"

	"khien/kernel/day"
	"khien/kernel/event"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/outbreak/trace"
)

// Hit is one meeting, explained.
type Hit struct {
	Person    id.ID // the contact, under the id that they have now
	Via       id.ID // the F1 whom an F2 met; zero: the case
	As, With  id.ID // the ids under which the contact, and whom they met, were there
	Locus     id.ID // a place; of a household the one whose household it is
	Kind      string
	From, To  time.Time
	Minutes   int
	Certainty Certainty
	begun     Begun
}

// ordered sorts hits by their beginning.
func ordered(a, b Hit) int {
	return cmp.Or(a.From.Compare(b.From), bytes.Compare(a.Person[:], b.Person[:]), bytes.Compare(a.Locus[:], b.Locus[:]),
		bytes.Compare(a.As[:], b.As[:]), bytes.Compare(a.With[:], b.With[:]))
}

// met is a question about one person in one window, answered.
type met struct {
	self    id.ID   // who they are now
	aliases []id.ID // all their ids
	hits    []Hit   // ordered
}

// byPerson gathers hits, each person's ordered.
func (m met) byPerson() map[id.ID][]Hit {
	all := map[id.ID][]Hit{}
	for _, h := range m.hits {
		all[h.Person] = append(all[h.Person], h)
	}
	return all
}

// whoMet returns everybody who met a person during a window, households left out.
func (s *Service) whoMet(ctx context.Context, who id.ID, w Window, r Rule) (m met, err error) {
	now, aliases, err := s.People.Aliases(ctx, s.DB, s.system, []id.ID{who})
	if err != nil {
		return m, err
	}
	m = met{self: now[who], aliases: aliases}
	live, least := s.index(), r.overlaps()
	for _, a := range aliases {
		answer := live.Ask(trace.Question{Person: a, From: w.From, To: w.To, Rule: least})
		for _, e := range answer.F1 {
			for _, x := range e.Meetings {
				m.hits = append(m.hits, Hit{Person: e.Person, As: e.Person, With: a, Locus: x.Locus, Kind: s.kindName(x.Locus), From: x.From, To: x.To, Minutes: x.Minutes()})
			}
		}
	}
	if m.hits, err = s.canonical(ctx, m.hits, m.self); err != nil {
		return m, err
	}
	return m, s.doubt(ctx, &m, w, r)
}

func (s *Service) kindName(where id.ID) string { return kinds[s.kindOf(where)] }

// canonical puts hits under the ids that people have now, drops those of the
// person themself, and keeps the longest of those of the same two ids that begin together.
func (s *Service) canonical(ctx context.Context, hits []Hit, self id.ID) ([]Hit, error) {
	people := map[id.ID]bool{}
	var ids []id.ID
	for _, h := range hits {
		if !people[h.Person] {
			people[h.Person] = true
			ids = append(ids, h.Person)
		}
	}
	now := map[id.ID]id.ID{}
	for part := range slices.Chunk(ids, doubtMost) {
		some, _, err := s.People.Aliases(ctx, s.DB, s.system, part)
		if err != nil {
			return nil, err
		}
		for was, is := range some {
			now[was] = is
		}
	}
	kept := hits[:0]
	for _, h := range hits {
		if h.Person = now[h.Person]; h.Person != self {
			kept = append(kept, h)
		}
	}
	slices.SortFunc(kept, func(a, b Hit) int { return cmp.Or(ordered(a, b), b.To.Compare(a.To)) })
	return slices.CompactFunc(kept, func(a, b Hit) bool { return ordered(a, b) == 0 }), nil
}

// doubt says how certain each meeting is.
func (s *Service) doubt(ctx context.Context, m *met, w Window, r Rule) error {
	people := slices.Clone(m.aliases)
	seen, at := map[id.ID]bool{}, map[id.ID]map[id.ID]bool{}
	for _, h := range m.hits {
		if !seen[h.Person] && len(people) < doubtMost {
			seen[h.Person] = true
			people = append(people, h.Person)
		}
		if at[h.Locus] == nil {
			at[h.Locus] = map[id.ID]bool{}
		}
		at[h.Locus][h.Person] = true
	}
	ends, err := s.endsOf(ctx, people, w)
	if err != nil {
		return err
	}
	for i := range m.hits {
		h := &m.hits[i]
		steps := ends.assumed(m.self, *h) + ends.assumed(h.Person, *h)
		if len(at[h.Locus]) > r.Crowd {
			steps++
		}
		h.Certainty = certainties[min(steps, len(certainties)-1)]
	}
	return nil
}

// ends are visits whose end somebody has told, by person and place.
type ends map[[2]id.ID][]Window

// assumed is 1 when the end of the visit in which a person was met is not told.
func (e ends) assumed(who id.ID, h Hit) int {
	for _, w := range e[[2]id.ID{who, h.Locus}] {
		if !w.From.Truncate(time.Minute).After(h.From) && !w.To.Before(h.To) {
			return 0
		}
	}
	return 1
}

func (s *Service) endsOf(ctx context.Context, people []id.ID, w Window) (ends, error) {
	now, all, err := s.People.Aliases(ctx, s.DB, s.system, people)
	if err != nil {
		return nil, err
	}
	stays, err := s.Stays.StaysOf(ctx, all, w.From.Add(-2*assumedMost), w.To)
	e := ends{}
	for _, v := range stays {
		if !v.Assumed {
			key := [2]id.ID{now[v.Person], v.Place}
			e[key] = append(e[key], Window{v.From, v.To})
		}
	}
	return e, err
}

// together are the others of a person's household, each met over the window.
func (s *Service) together(ctx context.Context, who id.ID, w Window) (hits []Hit, err error) {
	p, err := s.People.Get(ctx, s.DB, s.system, who)
	if fault.Is(err, fault.NotFound) { // erased
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	others, err := s.People.Household(ctx, s.DB, s.system, p)
	for _, o := range others {
		hits = append(hits, Hit{Person: o.ID, As: o.ID, With: who, Locus: who, Kind: Household, From: w.From, To: w.To, Minutes: int(w.To.Sub(w.From) / time.Minute), Certainty: Probable})
	}
	return hits, err
}

// homeWindow is when a case was at home with others: up to the end of the day on
// which it was confirmed or reported, from when on it is in isolation.
func homeWindow(c event.CaseChanged, w Window) Window {
	last := c.Confirmed
	if last == 0 {
		last = c.Reported
	}
	if end := midnight(last + 1); end.After(w.From) && end.Before(w.To) {
		w.To = end
	}
	return w
}

// firstDegree answers whom a case met in its window.
func (s *Service) firstDegree(ctx context.Context, c event.CaseChanged, r Rule) (met, error) {
	w := r.WindowOf(c)
	m, err := s.whoMet(ctx, c.Person, w, r)
	if err != nil {
		return m, err
	}
	home, err := s.together(ctx, m.self, homeWindow(c, w))
	m.hits = append(m.hits, home...)
	slices.SortFunc(m.hits, ordered)
	return m, err
}

// secondDegree answers whom an F1 met from their first exposure on, but for
// those who are left out. A household is met from then until now's day.
func (s *Service) secondDegree(ctx context.Context, f1 id.ID, since time.Time, r Rule, out map[id.ID]bool) (met, error) {
	w := Window{since, midnight(day.Today(s.now()) + 1)}
	m, err := s.whoMet(ctx, f1, w, r)
	if err != nil {
		return m, err
	}
	home, err := s.together(ctx, m.self, Window{since, since.Add(assumedMost)})
	m.hits = slices.DeleteFunc(append(m.hits, home...), func(h Hit) bool { return out[h.Person] || h.To.Before(since) })
	for i := range m.hits {
		m.hits[i].Via = m.self
	}
	slices.SortFunc(m.hits, ordered)
	return m, err
}

// weight orders what is stored first: households, then certain and long meetings.
func weight(hits []Hit) (n int64) {
	for _, h := range hits {
		n = max(n, weightOf(h.Kind, h.Certainty)*100_000+int64(min(h.Minutes, 99_999)))
	}
	return n
}

func weightOf(kind string, c Certainty) int64 {
	if kind == Household {
		return 4
	}
	return int64(len(certainties) - slices.Index(certainties, c))
}

// foremost returns at most most people, those who weigh most first.
func foremost(all map[id.ID][]Hit, most int) []id.ID {
	people := make([]id.ID, 0, len(all))
	for p := range all {
		people = append(people, p)
	}
	slices.SortFunc(people, func(a, b id.ID) int {
		return cmp.Or(cmp.Compare(weight(all[b]), weight(all[a])), bytes.Compare(a[:], b[:]))
	})
	return people[:min(len(people), most)]
}
