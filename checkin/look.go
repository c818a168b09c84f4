package checkin

import (
	"cmp"
	"context"
	"time"

	"khien/kernel/audit"
	"khien/kernel/auth"
	"khien/kernel/day"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/person"
	"khien/kernel/store"
)

// lookMost bounds the visits of one look; more are told to be missing.
const lookMost = 5000

var (
	errPurpose = fault.New(fault.Invalid, "checkin.purpose")
	errReason  = fault.New(fault.Invalid, "checkin.reason")
	errPerson  = fault.New(fault.NotFound, "person.none")
)

// Found is what a tracer looked up, oldest first. More says that there is more
// than one look shows.
type Found struct {
	Visits []Visit
	More   bool
	Name   string // of the person looked for, when they live in scope
}

// Visit returns a visit in scope; fault.NotFound for any other.
func (s *Service) Visit(ctx context.Context, sc auth.Scope, i id.ID) (Visit, error) {
	return visitByID(ctx, s.DB, sc, i)
}

// CountOfPlace returns how many visits to a place are found in the last 28 days,
// for those who may keep the whole province.
func (s *Service) CountOfPlace(ctx context.Context, sc auth.Scope, where id.ID) (int64, error) {
	if !sc.Whole() {
		return 0, errPlace
	}
	all, _, err := countsOf(ctx, s.DB, sc, where, s.now().Add(-Kept), s.now())
	return all, err
}

// OfPerson returns the visits of somebody in the last 28 days, for staff who may
// read people, and writes the look down. Of somebody who lives outside the scope
// only the visits to places in it are seen. The purpose is the tracer's own words.
func (s *Service) OfPerson(ctx context.Context, sc auth.Scope, who id.ID) (Found, error) {
	return s.ofPerson(ctx, sc, standing, who)
}

// ToldOfPerson is OfPerson with the visits that were withdrawn, for whoever may
// withdraw and restore them.
func (s *Service) ToldOfPerson(ctx context.Context, sc auth.Scope, who id.ID) (Found, error) {
	if !sc.Allows(auth.WritePeople) {
		return Found{}, fault.New(fault.Forbidden, "auth.act")
	}
	return s.ofPerson(ctx, sc, told, who)
}

func (s *Service) ofPerson(ctx context.Context, sc auth.Scope, which string, who id.ID) (Found, error) {
	if err := mayLook(sc); err != nil {
		return Found{}, err
	}
	p, err := s.People.Get(ctx, s.DB, sc, who) // writes its own audit row
	inScope := err == nil
	if err != nil && !fault.Is(err, fault.NotFound) {
		return Found{}, err
	}
	see := sc
	if inScope {
		see = sc.Anywhere()
	}
	all, err := s.aliases(ctx, who)
	if err != nil {
		return Found{}, err
	}
	now := s.now()
	found, err := s.look(ctx, see, which, all, now.Add(-Kept), now.Add(time.Minute))
	if err != nil {
		return Found{}, err
	}
	err = s.note(ctx, sc.Entry("visit.of_person", "person", who.String(), p.Area, map[string]any{"visits": len(found.Visits)}))
	if err == nil && !inScope && len(found.Visits) == 0 {
		err = errPerson
	}
	if err != nil {
		return Found{}, err
	}
	found.Name = p.Name
	return found, nil
}

// OfPlace returns the visits to a place on one day, for staff who may read
// people and whose scope covers it, and writes the look down, also one at a place
// of elsewhere.
func (s *Service) OfPlace(ctx context.Context, sc auth.Scope, where id.ID, on day.Day) (Found, error) {
	if err := mayLook(sc); err != nil {
		return Found{}, err
	}
	p, known := s.Places.Book().Any(where)
	if !known || !sc.Covers(p.Area) {
		return Found{}, cmp.Or(s.note(ctx, sc.Entry("visit.miss", "place", where.String(), 0, nil)), error(errPlace))
	}
	from := dayBegins(on)
	found, err := s.look(ctx, sc, standing, []id.ID{where}, from, from.Add(24*time.Hour))
	if err != nil {
		return Found{}, err
	}
	detail := map[string]any{"day": on.String(), "visits": len(found.Visits)}
	return found, s.note(ctx, sc.Entry("visit.of_place", "place", where.String(), p.Area, detail))
}

// purposeMost bounds the words of a purpose.
const purposeMost = 200

func mayLook(sc auth.Scope) error {
	if !sc.Allows(auth.ReadPeople) {
		return fault.New(fault.Forbidden, "auth.act")
	}
	if n := len([]rune(sc.Purpose())); n < 4 || n > purposeMost {
		return errPurpose.At("purpose", sc.Purpose())
	}
	return nil
}

func (s *Service) look(ctx context.Context, sc auth.Scope, which string, subjects []id.ID, from, to time.Time) (Found, error) {
	visits, err := visitsOf(ctx, s.DB, sc, which, subjects, from, to, lookMost+1)
	if err != nil {
		return Found{}, err
	}
	return Found{Visits: visits[:min(len(visits), lookMost)], More: len(visits) > lookMost}, nil
}

// aliases returns the ids under which somebody may have been noted: their own and
// those that merges have made theirs.
func (s *Service) aliases(ctx context.Context, who id.ID) ([]id.ID, error) {
	if who.IsZero() {
		return nil, nil
	}
	_, all, err := s.People.Aliases(ctx, s.DB, s.system, []id.ID{who})
	return all, err
}

func (s *Service) note(ctx context.Context, e audit.Entry) error {
	return s.DB.Tx(ctx, func(tx *store.Tx) error { return audit.Append(tx, e) })
}

// dayBegins is midnight in Vietnam.
func dayBegins(d day.Day) time.Time { return d.Time().Add(-7 * time.Hour) }

// HeldAbout says to somebody which of their visits are held: those that the phone
// itself told, or all of them once an officer has seen the card. A claimed name
// opens nothing that another phone or a keeper told.
func (s *Service) HeldAbout(ctx context.Context, a person.Asker) ([]person.Held, error) {
	all, err := s.aliases(ctx, a.Person)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	now := s.now()
	visits, err := visitsOf(ctx, s.DB, s.system, standing, all, now.Add(-Kept), now.Add(time.Minute), lookMost)
	if err != nil {
		return nil, err
	}
	var held []person.Held
	for _, v := range visits {
		if !a.Confirmed && v.Device != a.Device {
			continue
		}
		p, _ := s.Places.Book().Any(v.Place)
		held = append(held, person.Held{ID: v.ID, What: "checkin.held", At: v.From, Dies: v.From.Add(Kept), Fields: []person.HeldField{
			{Label: "checkin.held.place", Text: p.Name},
			{Label: "checkin.held.until", Text: local(v.Until)},
			{Label: "checkin.held.how", Key: "checkin.how." + string(v.How)},
		}})
	}
	return held, nil
}

// InUse returns which of the people a visit is of. Visits have no index of
// people: all that are kept are read once, so it is asked of many at a time.
func (s *Service) InUse(ctx context.Context, people []id.ID) (map[id.ID]bool, error) {
	used := make(map[id.ID]bool, len(people))
	for _, p := range people {
		used[p] = false
	}
	err := eachVisitor(ctx, s.DB, s.system, func(p id.ID) {
		if _, asked := used[p]; asked {
			used[p] = true
		}
	})
	return used, err
}
