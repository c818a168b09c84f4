package contact

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"khien/kernel/area"
	"khien/kernel/audit"
	"khien/kernel/auth"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/person"
	"khien/kernel/store"
	"khien/outbreak/trace"
)

// Query asks whom somebody met. Case gives the window by the rule; a Person is
// asked about in the window From to To.
type Query struct {
	Case     id.ID
	Person   id.ID
	From, To time.Time
	Second   bool      // also F2
	After    *F2Cursor // of F2: nil from the first
}

// F2Cursor is the place in the F2 after one of them.
type F2Cursor struct {
	First  time.Time
	Person id.ID
}

// String writes the cursor for a link.
func (c F2Cursor) String() string {
	return strconv.FormatInt(c.First.UnixMilli(), 10) + "." + c.Person.String()
}

// UnmarshalText reads what String wrote.
func (c *F2Cursor) UnmarshalText(b []byte) error {
	n, rest, ok := strings.Cut(string(b), ".")
	ms, err := strconv.ParseInt(n, 10, 64)
	if !ok || err != nil {
		return fault.New(fault.Invalid, "contact.cursor").At("after", string(b))
	}
	i, err := id.Parse(rest)
	*c = F2Cursor{time.UnixMilli(ms).UTC(), i}
	return err
}

// Line is one person of an answer, with every meeting.
type Line struct {
	Person  id.ID
	Who     person.Person
	Area    area.Code // where they live; 0 not known
	First   time.Time
	Hits    []Hit
	Contact id.ID  // zero: none stands
	Status  Status // of the contact
	Sick    bool   // they are a case of their own
}

// Answer says whom somebody met. Hidden people live and were met elsewhere: they
// are counted, not named.
type Answer struct {
	Person   id.ID
	Rule     Rule
	Window   Window
	F1       []Line // oldest first
	F2       []Line // a page, oldest first
	Hidden   int    // F1
	F1s, F2s int    // all of them
	Next     *F2Cursor
	Took     time.Duration // the index's own time
}

// f2Page bounds the F2 of one answer.
const f2Page = 50

func mayAsk(sc auth.Scope) error {
	if !sc.Allows(auth.Trace) {
		return errAct
	}
	if n := len([]rune(sc.Purpose())); n < 4 || n > 200 {
		return errPurpose.At("purpose", sc.Purpose())
	}
	return nil
}

// Ask answers whom a case, or somebody in scope, met, and writes down that it was
// asked and why. A case out of scope is fault.NotFound.
func (s *Service) Ask(ctx context.Context, sc auth.Scope, q Query) (a Answer, err error) {
	if err := mayAsk(sc); err != nil {
		return a, err
	}
	if err := s.follow(ctx); err != nil {
		return a, err
	}
	first, err := s.askFirst(ctx, sc, q, &a)
	if err != nil {
		return a, err
	}
	byPerson := first.byPerson()
	lines := make([]Line, 0, len(byPerson))
	for who, hits := range byPerson {
		lines = append(lines, Line{Person: who, First: hits[0].From, Hits: hits})
	}
	slices.SortFunc(lines, byFirst)
	a.F1s = len(lines)
	if q.Second {
		if err := s.askSecond(ctx, first.self, lines, q, &a); err != nil {
			return a, err
		}
	}
	return a, s.DB.Tx(ctx, func(tx *store.Tx) error { return s.answered(tx, sc, q, lines, &a) })
}

func byFirst(x, y Line) int {
	return cmp.Or(x.First.Compare(y.First), bytes.Compare(x.Person[:], y.Person[:]))
}

func (s *Service) askFirst(ctx context.Context, sc auth.Scope, q Query, a *Answer) (m met, err error) {
	if q.Case.IsZero() {
		return s.askPerson(ctx, sc, q, a)
	}
	k, err := caseByID(ctx, s.DB, sc, q.Case)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return m, err
	}
	if err != nil || !sc.Covers(k.Area) {
		return m, errCase.At("case", q.Case.String())
	}
	if k.Person.IsZero() {
		return m, errNoPerson
	}
	a.Rule, _ = RuleFor(s.rules, Covid, k.Reported)
	a.Window = a.Rule.WindowOf(k.CaseChanged)
	began := time.Now()
	m, err = s.firstDegree(ctx, k.CaseChanged, a.Rule)
	a.Took, a.Person = time.Since(began), m.self
	return m, err
}

func (s *Service) askPerson(ctx context.Context, sc auth.Scope, q Query, a *Answer) (m met, err error) {
	homes, err := s.People.AreasOf(ctx, s.DB, sc, []id.ID{q.Person}) // the question itself is the audit row
	if err != nil {
		return m, err
	}
	if home, known := homes[q.Person]; !known || !sc.Covers(home) {
		return m, fault.New(fault.NotFound, "person.none")
	}
	if !q.To.After(q.From) || q.To.Sub(q.From) > Kept+assumedMost {
		return m, errWhen.At("met_to", q.To.Format(time.RFC3339))
	}
	a.Rule, _ = RuleFor(s.rules, Covid, dayOf(s.now()))
	a.Window = Window{q.From, q.To}
	began := time.Now()
	m, err = s.whoMet(ctx, q.Person, a.Window, a.Rule)
	a.Took, a.Person = time.Since(began), m.self
	return m, err
}

// askSecond answers a page of the F2 from the index: households are asked of
// those F1 only who are confirmed.
func (s *Service) askSecond(ctx context.Context, self id.ID, f1 []Line, q Query, a *Answer) error {
	began := time.Now()
	of, err := s.sources(ctx, f1)
	if err != nil {
		return err
	}
	firsts := s.index().Next(of.since, s.now().Add(assumedMost), a.Rule.overlaps())
	people := make([]id.ID, 0, len(firsts))
	for _, e := range firsts {
		people = append(people, e.Person)
	}
	now, err := s.canonicalOf(ctx, people)
	if err != nil {
		return err
	}
	under := map[id.ID][]id.ID{} // the ids that somebody was met under
	for _, e := range firsts {
		under[now[e.Person]] = append(under[now[e.Person]], e.Person)
	}
	for _, e := range firsts {
		who := now[e.Person]
		if who == self || of.out[who] || under[who] == nil {
			continue
		}
		as := under[who]
		under[who] = nil
		a.F2s++
		l := Line{Person: who, First: e.First}
		if q.After != nil && byFirst(l, Line{Person: q.After.Person, First: q.After.First}) <= 0 {
			continue
		}
		if len(a.F2) < f2Page {
			l.Hits = s.explain(who, as, of, a.Rule.overlaps())
			a.F2 = append(a.F2, l)
		} else if a.Next == nil {
			last := a.F2[f2Page-1]
			a.Next = &F2Cursor{last.First, last.Person}
		}
	}
	a.Took += time.Since(began)
	return nil
}

// sources are the F1 whom F2 may have met: since when, under all of their ids.
type sources struct {
	since map[id.ID]time.Time
	now   map[id.ID]id.ID // who they are
	out   map[id.ID]bool  // who they are
}

func (s *Service) sources(ctx context.Context, f1 []Line) (sources, error) {
	of := sources{map[id.ID]time.Time{}, map[id.ID]id.ID{}, map[id.ID]bool{}}
	first := map[id.ID]time.Time{}
	for _, l := range f1 {
		first[l.Person], of.out[l.Person] = l.First, true
	}
	for part := range slices.Chunk(f1, doubtMost) {
		people := make([]id.ID, len(part))
		for i, l := range part {
			people[i] = l.Person
		}
		now, all, err := s.People.Aliases(ctx, s.DB, s.system, people)
		if err != nil {
			return of, err
		}
		for _, alias := range all {
			of.now[alias], of.since[alias] = now[alias], first[now[alias]]
		}
	}
	return of, nil
}

// explain lists a person's meetings, under some of their ids, with F1 after the
// first exposure of each.
func (s *Service) explain(who id.ID, as []id.ID, of sources, r trace.Rule) (hits []Hit) {
	for _, alias := range as {
		for _, x := range s.index().Explain(alias, of.since, s.now().Add(assumedMost), r) {
			hits = append(hits, Hit{Person: who, Via: of.now[x.With], As: alias, With: x.With, Locus: x.Locus, Kind: s.kindName(x.Locus), From: x.From, To: x.To,
				Minutes: x.Minutes(), Certainty: Possible})
		}
	}
	slices.SortFunc(hits, func(a, b Hit) int { return cmp.Or(ordered(a, b), b.To.Compare(a.To)) })
	return slices.CompactFunc(hits, func(a, b Hit) bool { return ordered(a, b) == 0 }) // twins of one minute
}

func (s *Service) canonicalOf(ctx context.Context, people []id.ID) (map[id.ID]id.ID, error) {
	now := map[id.ID]id.ID{}
	for part := range slices.Chunk(people, doubtMost) {
		some, _, err := s.People.Aliases(ctx, s.DB, s.system, part)
		if err != nil {
			return nil, err
		}
		for was, is := range some {
			now[was] = is
		}
	}
	return now, nil
}

// answered names those whom the scope may see, and writes the question down.
func (s *Service) answered(tx *store.Tx, sc auth.Scope, q Query, f1 []Line, a *Answer) (err error) {
	if a.F1, err = s.inSight(tx, sc, f1); err != nil {
		return err
	}
	a.Hidden = len(f1) - len(a.F1)
	if a.F2, err = s.inSight(tx, sc, a.F2); err != nil {
		return err
	}
	detail := map[string]any{"f1": a.F1s}
	if q.Second {
		detail["f2"] = a.F2s
	}
	if !q.Case.IsZero() {
		detail["case"] = q.Case.String()
	}
	homes, err := s.People.AreasOf(tx.Context(), tx, sc, []id.ID{a.Person})
	if err != nil {
		return err
	}
	return audit.Append(tx, sc.Entry("contact.ask", "person", a.Person.String(), homes[a.Person], detail))
}

// namedMost bounds the people whom one answer names.
const namedMost = 500

// inSight keeps who lives, or was met, in the scope, and says who they are.
func (s *Service) inSight(tx *store.Tx, sc auth.Scope, lines []Line) ([]Line, error) {
	people := make([]id.ID, len(lines))
	for i, l := range lines {
		people[i] = l.Person
	}
	homes, err := s.People.AreasOf(tx.Context(), tx, sc, people)
	if err != nil {
		return nil, err
	}
	var kept []Line
	var named []id.ID
	for _, l := range lines {
		if l.Area = homes[l.Person]; sc.Covers(l.Area) || s.metIn(sc, l) {
			kept = append(kept, l)
			if len(named) < namedMost {
				named = append(named, l.Person)
			}
		}
	}
	return kept, s.describe(tx, sc, kept, named)
}

func (s *Service) metIn(sc auth.Scope, l Line) bool {
	return slices.ContainsFunc(l.Hits, func(h Hit) bool {
		p, ok := s.Places.Book().Any(h.Locus)
		return ok && sc.Covers(p.Area)
	})
}

func (s *Service) describe(tx *store.Tx, sc auth.Scope, lines []Line, named []id.ID) error {
	contacts, err := contactsOf(tx.Context(), tx, sc, named)
	if err != nil {
		return err
	}
	sick, err := s.sickOf(tx.Context(), named)
	if err != nil {
		return err
	}
	var names map[id.ID]person.Person
	if sc.Allows(auth.ReadPeople) {
		if names, err = s.People.GetAll(tx.Context(), tx, sc.Anywhere(), named); err != nil {
			return err
		}
	}
	of := map[id.ID]Contact{}
	for _, c := range contacts {
		of[c.Person] = c
	}
	for i := range lines {
		l := &lines[i]
		l.Who, l.Contact, l.Status, l.Sick = shown(sc, names[l.Person]), of[l.Person].ID, of[l.Person].Status, !sick[l.Person].IsZero()
	}
	return nil
}

// Take makes somebody whom a case, or an F1 of it, met a contact, by the
// meetings that the index shows.
func (s *Service) Take(ctx context.Context, sc auth.Scope, kase, who id.ID) (c Contact, err error) {
	if !sc.Allows(auth.WriteContacts) {
		return c, errAct
	}
	a, err := s.Ask(ctx, sc, Query{Case: kase})
	if err != nil {
		return c, err
	}
	hits, err := s.hitsWith(ctx, a, who)
	if err != nil {
		return c, err
	}
	if len(hits) == 0 {
		return c, errNone
	}
	err = s.DB.Tx(ctx, func(tx *store.Tx) error {
		k, err := caseByID(tx.Context(), tx, sc, kase)
		if err != nil {
			return err
		}
		c, err = s.takeHits(tx, sc, k, who, hits)
		return err
	})
	return c, err
}

// hitsWith are the meetings of one person with a case or its F1.
func (s *Service) hitsWith(ctx context.Context, a Answer, who id.ID) ([]Hit, error) {
	for _, l := range a.F1 {
		if l.Person == who {
			return l.Hits, nil
		}
	}
	of, err := s.sources(ctx, a.F1)
	if err != nil {
		return nil, err
	}
	_, as, err := s.People.Aliases(ctx, s.DB, s.system, []id.ID{who})
	return s.explain(who, as, of, a.Rule.overlaps()), err
}

func (s *Service) takeHits(tx *store.Tx, sc auth.Scope, k kase, who id.ID, hits []Hit) (Contact, error) {
	had, err := exposuresOfCase(tx.Context(), tx, sc, k.Case)
	if err != nil {
		return Contact{}, err
	}
	_, aliases, err := s.People.Aliases(tx.Context(), tx, sc, []id.ID{who})
	if err != nil {
		return Contact{}, err
	}
	stand, err := contactsOf(tx.Context(), tx, sc, aliases)
	if err != nil {
		return Contact{}, err
	}
	for _, c := range stand { // taken already
		if slices.ContainsFunc(had, func(e Exposure) bool { return e.Contact == c.ID && e.Held }) {
			return c, nil
		}
	}
	var all []Exposure
	for _, h := range hits {
		where := k.Area
		if p, ok := s.Places.Book().Any(h.Locus); ok {
			where = p.Area
		}
		all = append(all, Exposure{ID: id.New(), Case: k.Case, Via: h.Via, As: h.As, With: h.With, Locus: h.Locus, Kind: h.Kind, Area: where,
			From: h.From, To: h.To, Minutes: h.Minutes, Certainty: h.Certainty})
	}
	return s.take(tx, sc, k, who, all)
}
