package contact

import (
	"context"
	"errors"
	"time"

	"khien/kernel/area"
	"khien/kernel/audit"
	"khien/kernel/auth"
	"khien/kernel/event"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/store"
)

// tracedAtOnce bounds the cases that one round takes from the table.
const tracedAtOnce = 500

// traceDue traces every case that waits. One that fails waits on.
func (s *Service) traceDue(ctx context.Context) (failed error) {
	if s.index() == nil {
		return nil
	}
	stored, err := dueCases(ctx, s.DB, s.system, tracedAtOnce)
	if err != nil {
		return err
	}
	all := map[id.ID]bool{}
	for _, k := range stored {
		all[k] = true
	}
	s.mu.Lock()
	for k := range s.due {
		all[k] = true
	}
	s.mu.Unlock()
	for k := range all {
		if ctx.Err() != nil {
			return errors.Join(failed, ctx.Err())
		}
		if err := s.retrace(ctx, k); err != nil {
			s.mu.Lock()
			s.due[k] = true
			s.mu.Unlock()
			failed = errors.Join(failed, err)
		}
	}
	return failed
}

// plan is what tracing a case says should stand.
type plan struct {
	kase
	rule   Rule
	window Window
	self   id.ID
	hits   map[id.ID][]Hit // of F1 and F2, by person
	homes  map[id.ID]area.Code
	sick   map[id.ID]id.ID // which of them are cases of their own
	floor  time.Time

	confirmed map[id.ID]time.Time // F1, with when what is stored of them begins
}

// retrace brings what stands of a case in line with who was where.
func (s *Service) retrace(ctx context.Context, i id.ID) error {
	s.tracing.Lock()
	defer s.tracing.Unlock()
	if _, err := s.follower.Drain(ctx); err != nil {
		return err
	}
	k, err := caseByID(ctx, s.DB, s.system, i)
	if fault.Is(err, fault.NotFound) {
		s.watched(i, touching{})
		return nil
	}
	if err != nil {
		return err
	}
	p, err := s.plan(ctx, k)
	if err != nil {
		return err
	}
	return s.DB.Tx(ctx, func(tx *store.Tx) error { return s.apply(tx, p) })
}

// watched sets what touches a case from now on, and takes it off the list.
func (s *Service) watched(kase id.ID, t touching) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watch.set(kase, t)
	delete(s.due, kase)
}

// plan asks the index. What touches the case is watched before, so that a visit
// that comes meanwhile leaves it due again.
func (s *Service) plan(ctx context.Context, k kase) (p plan, err error) {
	s.mu.RLock()
	p = plan{kase: k, floor: s.floor, hits: map[id.ID][]Hit{}}
	s.mu.RUnlock()
	p.Traced = s.now()
	p.rule, _ = RuleFor(s.rules, Covid, k.Reported)
	p.window, p.kase.Rule = p.rule.WindowOf(k.CaseChanged), p.rule.ID
	if !k.open() {
		s.watched(k.Case, touching{})
		p.self, err = s.People.Canonical(ctx, s.DB, s.system, k.Person)
		p.kase.Found, p.Stored = 0, 0
		return p, err
	}
	confirmed, err := s.confirmedOf(ctx, k, p.floor)
	if err != nil {
		return p, err
	}
	p.confirmed = confirmed
	if err := s.watchCase(ctx, k, p.window, confirmed); err != nil {
		return p, err
	}
	first, err := s.firstDegree(ctx, k.CaseChanged, p.rule)
	if err != nil {
		return p, err
	}
	p.self = first.self
	all := first.byPerson()
	for _, who := range foremost(all, storedMost) {
		p.hits[who] = all[who]
	}
	p.kase.Found, p.Stored = len(all), len(p.hits)
	return p, s.complete(ctx, &p, all, confirmed)
}

// complete adds the F2 of confirmed F1, and where everybody lives.
func (s *Service) complete(ctx context.Context, p *plan, f1 map[id.ID][]Hit, confirmed map[id.ID]time.Time) error {
	out := map[id.ID]bool{p.self: true}
	for who := range f1 {
		out[who] = true
	}
	for who := range confirmed {
		out[who] = true
	}
	for who, since := range confirmed {
		if hits := f1[who]; len(hits) > 0 && (since.IsZero() || hits[0].From.Before(since)) {
			since = hits[0].From
		}
		if since.IsZero() {
			continue
		}
		second, err := s.secondDegree(ctx, who, since, p.rule, out)
		if err != nil {
			return err
		}
		all := second.byPerson()
		for _, whom := range foremost(all, secondMost) {
			p.hits[whom] = append(p.hits[whom], all[whom]...)
		}
	}
	people := make([]id.ID, 0, len(p.hits))
	for who := range p.hits {
		people = append(people, who)
	}
	var err error
	if p.homes, err = s.People.AreasOf(ctx, s.DB, s.system, people); err != nil {
		return err
	}
	p.sick, err = s.sickOf(ctx, people)
	return err
}

// sickOf returns which of the people have an open case, under any of their ids.
func (s *Service) sickOf(ctx context.Context, people []id.ID) (map[id.ID]id.ID, error) {
	now, all, err := s.People.Aliases(ctx, s.DB, s.system, people)
	if err != nil {
		return nil, err
	}
	cases, err := casesOf(ctx, s.DB, s.system, all)
	sick := map[id.ID]id.ID{}
	for _, k := range cases {
		sick[now[k.Person]] = k.Case
	}
	return sick, err
}

// confirmedOf returns the F1 of a case whom somebody has confirmed, with the
// beginning of what the index cannot show: told by hand, or of visits that died.
func (s *Service) confirmedOf(ctx context.Context, k kase, floor time.Time) (map[id.ID]time.Time, error) {
	exposures, err := exposuresOfCase(ctx, s.DB, s.system, k.Case)
	if err != nil {
		return nil, err
	}
	told := map[id.ID]time.Time{}
	var ids []id.ID
	for _, e := range exposures {
		if !e.Via.IsZero() || !e.Held {
			continue
		}
		first, known := told[e.Contact]
		if !known {
			ids = append(ids, e.Contact)
		}
		if (e.Origin == byHand || aged(e, floor)) && (first.IsZero() || e.From.Before(first)) {
			first = e.From
		}
		told[e.Contact] = first
	}
	contacts, err := contactsByID(ctx, s.DB, s.system, ids)
	confirmed := map[id.ID]time.Time{}
	for _, c := range contacts {
		if c.Status == Confirmed {
			confirmed[c.Person] = told[c.ID]
		}
	}
	return confirmed, err
}

// watchCase watches the people of a case and their loci, and those of its confirmed F1.
func (s *Service) watchCase(ctx context.Context, k kase, w Window, confirmed map[id.ID]time.Time) error {
	t := touching{people: map[id.ID][]Window{}, loci: map[id.ID][]Window{}}
	live := s.index()
	people := []id.ID{k.Person}
	for who := range confirmed {
		people = append(people, who)
	}
	now, all, err := s.People.Aliases(ctx, s.DB, s.system, people)
	if err != nil {
		return err
	}
	for _, a := range all {
		in := w
		if now[a] != now[k.Person] {
			in.To = s.now().Add(Kept)
		}
		t.people[a] = append(t.people[a], in)
		for _, stay := range live.Of(a, in.From, in.To) {
			t.loci[stay.Locus] = append(t.loci[stay.Locus], Window{stay.From, stay.To})
		}
	}
	s.watched(k.Case, t)
	return nil
}

// apply writes what a plan says, when its case is still as it was.
func (s *Service) apply(tx *store.Tx, p plan) error {
	same, err := lockCase(tx, s.system, p.kase)
	if err != nil || !same {
		return err // changed meanwhile, which left it due
	}
	c := change{s: s, tx: tx, plan: p, at: store.Time(store.Millis(p.Traced))}
	if err := c.read(); err != nil {
		return err
	}
	c.expose()
	if err := c.become(); err != nil {
		return err
	}
	return c.write()
}

// told writes the fact of a contact.
func (s *Service) told(tx *store.Tx, c Contact) error {
	return event.Tell(tx, s.Province, event.ContactChanged{Contact: c.ID, Version: c.Version, Person: c.Person, Case: c.Case, Degree: c.Degree,
		Status: string(c.Status), Area: c.Area, First: c.First, Last: c.Last, At: c.Changed})
}

// noteTrace writes down that tracing changed something.
func noteTrace(tx *store.Tx, sc auth.Scope, p plan, detail map[string]any) error {
	return audit.Append(tx, sc.Entry("contact.trace", "case", p.Case.String(), p.Area, detail))
}
