package contact

import (
	"context"
	"errors"
	"maps"
	"slices"
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
	s.seal()
	if err := s.arrived(ctx); err != nil {
		return err
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
	now    map[id.ID]id.ID // who those are whom the stored exposures speak of

	since     map[id.ID]time.Time // the F1, with the beginning of the first exposure
	confirmed map[id.ID]time.Time // of them those who are confirmed
	fading    []Exposure          // that stand, and lost one of their visits
}

// retrace brings what stands of a case in line with who was where.
func (s *Service) retrace(ctx context.Context, i id.ID) error {
	s.tracing.Lock()
	defer s.tracing.Unlock()
	if err := s.follow(ctx); err != nil {
		return err
	}
	k, err := caseByID(ctx, s.DB, s.system, i)
	if fault.Is(err, fault.NotFound) {
		s.taken(i, 0)
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

// taken takes a case off the list at a version. What is heard from here on leaves it
// due again.
func (s *Service) taken(kase id.ID, version int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.due, kase)
	if s.coming[kase].version <= version {
		delete(s.coming, kase)
	}
}

// watched sets what touches a case from now on.
func (s *Service) watched(kase id.ID, t touching) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.watch.set(kase, t)
}

// plan asks the index. What touches the case is watched before, so that a visit
// that comes meanwhile leaves it due again.
func (s *Service) plan(ctx context.Context, k kase) (p plan, err error) {
	s.taken(k.Case, k.Version)
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
	if err := s.watchCase(ctx, &p); err != nil {
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
	if err := s.firsts(ctx, &p, all); err != nil {
		return p, err
	}
	if err := s.watchCase(ctx, &p); err != nil {
		return p, err
	}
	return p, s.complete(ctx, &p)
}

// firsts says who the F1 are: whom the index shows, and who is held by what it
// cannot show, told by hand or of visits that died.
func (s *Service) firsts(ctx context.Context, p *plan, all map[id.ID][]Hit) error {
	had, err := exposuresOfCase(ctx, s.DB, s.system, p.Case)
	if err != nil {
		return err
	}
	if p.now, err = s.named(ctx, s.DB, p.kase, had); err != nil {
		return err
	}
	p.since = make(map[id.ID]time.Time, len(all))
	shown := map[meeting]bool{}
	for who, hits := range all {
		p.since[who] = hits[0].From
		for _, h := range hits {
			shown[h.meeting()] = true
		}
	}
	for i := range had {
		e := &had[i]
		if e.Held && e.Begun != (Begun{}) && (e.Begun.As.Before(p.floor) || e.Begun.With.Before(p.floor)) {
			p.fading = append(p.fading, *e)
		}
		if !e.Via.IsZero() || shown[e.meeting()] || !s.holds(p, e) {
			continue
		}
		who := p.now[e.As]
		if first, known := p.since[who]; !known || e.From.Before(first) {
			p.since[who] = e.From
		}
	}
	p.confirmed, err = s.confirmedOf(ctx, p.since)
	return err
}

// named says who those are now whom the exposures of a case speak of. Exposures of
// which the ids were not kept get those that they can only have had.
func (s *Service) named(ctx context.Context, q store.Querier, k kase, had []Exposure) (map[id.ID]id.ID, error) {
	people, nameless := []id.ID{k.Person}, []id.ID{}
	for _, e := range had {
		if e.As.IsZero() {
			nameless = append(nameless, e.Contact)
		}
	}
	contacts, err := contactsByID(ctx, q, s.system, nameless)
	if err != nil {
		return nil, err
	}
	of := map[id.ID]id.ID{}
	for _, c := range contacts {
		of[c.ID] = c.Person
	}
	for i := range had {
		e := &had[i]
		if e.As.IsZero() {
			e.As = of[e.Contact]
		}
		if e.With.IsZero() && e.Origin == byTrace {
			if e.With = e.Via; e.With.IsZero() {
				e.With = k.Person
			}
		}
		people = append(people, e.As, e.With)
	}
	now, _, err := s.People.Aliases(ctx, q, s.system, slices.DeleteFunc(people, id.ID.IsZero))
	return now, err
}

// confirmedOf returns those of the F1 whom somebody has confirmed.
func (s *Service) confirmedOf(ctx context.Context, f1 map[id.ID]time.Time) (map[id.ID]time.Time, error) {
	now, all, err := s.People.Aliases(ctx, s.DB, s.system, slices.Collect(maps.Keys(f1)))
	if err != nil {
		return nil, err
	}
	contacts, err := contactsOf(ctx, s.DB, s.system, all)
	oldestFirst(contacts)
	stand, confirmed := map[id.ID]*Contact{}, map[id.ID]time.Time{}
	for i := range contacts {
		setStanding(stand, now, &contacts[i])
	}
	for who, c := range stand {
		if since, first := f1[who]; first && c.Status == Confirmed {
			confirmed[who] = since
		}
	}
	return confirmed, err
}

// complete adds the F2 of confirmed F1, when the visits of everybody began, and
// where they live.
func (s *Service) complete(ctx context.Context, p *plan) error {
	out := map[id.ID]bool{p.self: true}
	for who := range p.since {
		out[who] = true
	}
	for who, since := range p.confirmed {
		second, err := s.secondDegree(ctx, who, since, p.rule, out)
		if err != nil {
			return err
		}
		all := second.byPerson()
		for _, whom := range foremost(all, secondMost) {
			p.hits[whom] = append(p.hits[whom], all[whom]...)
		}
	}
	for _, hits := range p.hits {
		for i := range hits {
			hits[i].begun = s.begunOf(hits[i])
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

// watchCase watches the people of a case and their loci, those of its confirmed F1,
// and where the one visit that is left of an exposure was.
func (s *Service) watchCase(ctx context.Context, p *plan) error {
	t := touching{people: map[id.ID][]Window{}, loci: map[id.ID][]Window{}}
	live := s.index()
	people := []id.ID{p.Person}
	for who := range p.confirmed {
		people = append(people, who)
	}
	for _, e := range p.fading {
		t.loci[e.Locus] = append(t.loci[e.Locus], Window{e.From, e.To})
	}
	now, all, err := s.People.Aliases(ctx, s.DB, s.system, people)
	if err != nil {
		return err
	}
	for _, a := range all {
		in := p.window
		if now[a] != now[p.Person] {
			in.To = s.now().Add(Kept)
		}
		t.people[a] = append(t.people[a], in)
		for _, stay := range live.Of(a, in.From, in.To) {
			t.loci[stay.Locus] = append(t.loci[stay.Locus], Window{stay.From, stay.To})
		}
	}
	s.watched(p.Case, t)
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
