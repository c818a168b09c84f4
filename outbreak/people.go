package outbreak

import (
	"context"
	"strconv"

	"khien/kernel/auth"
	"khien/kernel/fault"
	"khien/kernel/i18n"
	"khien/kernel/id"
	"khien/kernel/person"
	"khien/kernel/store"
)

// writePerson registers the person of a draft that names one, and returns who
// they are; the zero ID when it names nobody. Who stands already is found by the
// registry. Of the person of an earlier version, one in scope is changed; one who
// lives outside it, whom the registry may have found there, only learns what the
// draft adds: another district's officer does not overwrite their phone.
func (s *Service) writePerson(tx *store.Tx, sc auth.Scope, d Draft) (id.ID, error) {
	if d.Who.Name == "" {
		return d.Person, nil
	}
	p := personOf(d)
	if d.Person.IsZero() {
		r, err := s.people.Register(tx, sc, p)
		return r.ID, err
	}
	p.ID = d.Person
	err := s.people.Change(tx, sc, p)
	if fault.Is(err, fault.NotFound) {
		err = s.people.Learn(tx, sc.Anywhere(), p)
	}
	return p.ID, err
}

// personOf is the person of a draft, with what the case says of them.
func personOf(d Draft) person.Person {
	p := d.Who
	if p.Area == 0 {
		p.Area = d.Stay
	}
	if p.Area == 0 {
		p.Area = d.Area
	}
	if p.Sex == "" {
		p.Sex = d.Sex
	}
	if p.Birth == "" && d.BirthYear != 0 {
		p.Birth = strconv.Itoa(d.BirthYear)
	}
	return p
}

// registerAll gives the people of a list their ids, and the drafts no more names.
func (s *Service) registerAll(tx *store.Tx, sc auth.Scope, drafts []*Draft) ([]person.Registered, error) {
	var people []person.Person
	var of []*Draft
	for _, d := range drafts {
		if d.Who.Name != "" {
			people, of = append(people, personOf(*d)), append(of, d)
		}
	}
	rs, err := s.people.RegisterAll(tx, sc, people)
	for i, r := range rs {
		of[i].Person, of[i].Who = r.ID, person.Person{}
	}
	return rs, err
}

// shown is what a case shows of its person: all of one who lives in scope; of
// another, whom it may have met by a registration, who they are and how to reach
// them, not their papers, their home or their family.
func shown(sc auth.Scope, p person.Person) person.Person {
	if p.ID.IsZero() || sc.Covers(p.Area) {
		return p
	}
	return person.Person{ID: p.ID, Name: p.Name, Birth: p.Birth, Sex: p.Sex, Phone: p.Phone}
}

// Waits says for what the tracing of a case waits, beside what it has found. The
// values name texts.
type Waits string

// Visits are traced under every id that merges have made the person's, and under no
// other: who may be somebody else in the registry, or cannot be matched, has visits
// that are not found yet.
const (
	WaitsForReview Waits = "review" // they may be the same as somebody
	WaitsForBirth  Waits = "birth"  // no year of birth: the registry matches no one without
)

// TracingWaits says for what the contacts of a case in scope wait; "" for nothing, as
// for a case that is not traced.
func (s *Service) TracingWaits(ctx context.Context, sc auth.Scope, c Case) (Waits, error) {
	if c.Person.IsZero() || c.Classification == Discarded || !sc.Covers(c.Area) {
		return "", nil
	}
	system := auth.System(s.province, "tracing_waits").WithClock(s.now)
	who, err := s.people.Canonical(ctx, s.db, system, c.Person)
	if err != nil {
		return "", err
	}
	open, err := s.people.OpenReviews(ctx, s.db, system, who)
	if err != nil {
		return "", err
	}
	if open > 0 {
		return WaitsForReview, nil
	}
	p, err := s.people.Get(ctx, s.db, system, who)
	if err == nil && p.Birth == "" {
		return WaitsForBirth, nil
	}
	if fault.Is(err, fault.NotFound) { // erased
		err = nil
	}
	return "", err
}

// HeldByCase returns which of the people have a case that is not discarded,
// under any id that a merge has made theirs: what others keep of them dies with
// the case, not before.
func (s *Service) HeldByCase(ctx context.Context, people []id.ID) (map[id.ID]bool, error) {
	sc := auth.System(s.province, "held_by_case").WithClock(s.now)
	now, all, err := s.people.Aliases(ctx, s.db, sc, people)
	if err != nil {
		return nil, err
	}
	cases, err := casesOfPeople(ctx, s.db, sc, all)
	if err != nil {
		return nil, err
	}
	with := map[id.ID]bool{}
	for _, c := range cases {
		if c.Classification != Discarded {
			with[now[c.Person]] = true
		}
	}
	held := map[id.ID]bool{}
	for _, i := range people {
		held[i] = with[now[i]]
	}
	return held, nil
}

// InUse returns which of the people a case speaks of, discarded ones too.
func (s *Service) InUse(ctx context.Context, people []id.ID) (map[id.ID]bool, error) {
	sc := auth.System(s.province, "in_use").WithClock(s.now)
	cases, err := casesOfPeople(ctx, s.db, sc, people)
	used := map[id.ID]bool{}
	for _, c := range cases {
		used[c.Person] = true
	}
	return used, err
}

// HeldAbout is person.Holder: the asker's own cases, when an officer has
// confirmed who they are. No case comes from a phone.
func (s *Service) HeldAbout(ctx context.Context, a person.Asker) ([]person.Held, error) {
	if !a.Confirmed || a.Person.IsZero() {
		return nil, nil
	}
	sc := auth.System(s.province, "own_data").WithClock(s.now)
	_, all, err := s.people.Aliases(ctx, s.db, sc, []id.ID{a.Person})
	if err != nil {
		return nil, err
	}
	cases, err := casesOfPeople(ctx, s.db, sc, all)
	var held []person.Held
	for _, c := range cases {
		held = append(held, s.heldOf(c))
	}
	return held, err
}

func (s *Service) heldOf(c Case) person.Held {
	h := person.Held{ID: c.ID, What: "outbreak.held.case", At: c.Reported.Time(), Rule: "outbreak.dies.case"}
	add := func(label, text, key string) {
		if text != "" || key != "" {
			h.Fields = append(h.Fields, person.HeldField{Label: label, Text: text, Key: key})
		}
	}
	add("field.number", c.Number, "")
	add("field.classification", "", "outbreak.classification."+string(c.Classification))
	add("field.area", s.gazetteer.Title(c.Area), "")
	if c.ConfirmedOn != 0 {
		add("field.confirmed", i18n.Date(i18n.VI, c.ConfirmedOn.Time()), "")
	}
	if c.Outcome != "" {
		add("field.outcome", "", "outbreak.outcome."+string(c.Outcome))
	}
	return h
}
