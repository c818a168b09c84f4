package contact

import (
	"slices"

	"khien/kernel/area"
	"khien/kernel/audit"
	"khien/kernel/auth"
	"khien/kernel/id"
	"khien/kernel/store"
)

// taking is a person whom a case exposed, as somebody told it.
type taking struct {
	kase      kase
	who       id.ID // canonical
	exposures []Exposure
}

// taker is what takings need to know of their people, read once for all.
type taker struct {
	stand map[id.ID]Contact // by person
	had   map[id.ID][]Exposure
	homes map[id.ID]area.Code
	sick  map[id.ID]id.ID
}

// take adds exposures by hand to whoever a person is as a contact.
func (s *Service) take(tx *store.Tx, sc auth.Scope, k kase, who id.ID, all []Exposure) (Contact, error) {
	taken, err := s.takeAll(tx, sc, []taking{{k, who, all}})
	if err != nil {
		return Contact{}, err
	}
	return taken[0], nil
}

// takeAll adds exposures by hand, of many people at once: a person named twice is
// one contact. It returns the contacts in the order in which they were first named.
func (s *Service) takeAll(tx *store.Tx, sc auth.Scope, all []taking) ([]Contact, error) {
	var people []id.ID
	of := map[id.ID][]taking{}
	for _, t := range all {
		if of[t.who] == nil {
			people = append(people, t.who)
		}
		of[t.who] = append(of[t.who], t)
	}
	know, err := s.taker(tx, sc, people)
	if err != nil {
		return nil, err
	}
	var fresh, changed []Contact
	var exposures []Exposure
	taken := make([]Contact, 0, len(people))
	for _, who := range people {
		c, own := know.one(sc, of[who])
		if taken, exposures = append(taken, c), append(exposures, own...); c.Version > 1 {
			changed = append(changed, c)
		} else {
			fresh = append(fresh, c)
		}
	}
	if err := insertContacts(tx, sc, fresh); err != nil {
		return nil, err
	}
	for _, c := range changed {
		if done, err := updateContact(tx, sc, c); err != nil || !done {
			return nil, cmpErr(err)
		}
	}
	if err := insertExposures(tx, sc, exposures); err != nil {
		return nil, err
	}
	return taken, s.tellTaken(tx, sc, taken, of)
}

func (s *Service) taker(tx *store.Tx, sc auth.Scope, people []id.ID) (k taker, err error) {
	now, aliases, err := s.People.Aliases(tx.Context(), tx, sc, people)
	if err != nil {
		return k, err
	}
	stand, err := contactsOf(tx.Context(), tx, sc, aliases)
	if err != nil {
		return k, err
	}
	k.stand = make(map[id.ID]Contact, len(stand))
	ids := make([]id.ID, 0, len(stand))
	for _, c := range slices.Backward(stand) { // of several the first
		k.stand[now[c.Person]] = c
		ids = append(ids, c.ID)
	}
	if k.had, err = exposuresOf(tx.Context(), tx, sc, ids); err != nil {
		return k, err
	}
	if k.homes, err = s.People.AreasOf(tx.Context(), tx, sc, people); err != nil {
		return k, err
	}
	k.sick, err = s.sickOf(tx.Context(), people)
	return k, err
}

// one makes of what was told of a person their contact, and its new exposures.
func (know taker) one(sc auth.Scope, all []taking) (c Contact, added []Exposure) {
	who, k := all[0].who, all[0].kase
	now := store.Time(store.Millis(sc.Now()))
	c, stood := know.stand[who]
	if !stood {
		c = Contact{ID: id.New(), Person: who, Status: Found, Rule: k.Rule, Case: k.Case, Created: now}
	}
	for _, t := range all {
		for _, e := range t.exposures {
			e.Contact, e.Origin, e.Held, e.Rule, e.Noted, e.Actor = c.ID, byHand, true, t.kase.Rule, now, sc.Actor()
			if e.As.IsZero() {
				e.As = who
			}
			added = append(added, e)
		}
	}
	had := know.had[c.ID]
	every := make([]*Exposure, 0, len(had)+len(added))
	for _, list := range [][]Exposure{had, added} {
		for i := range list {
			every = append(every, &list[i])
		}
	}
	c.settle(every, false, know.homes[who], now)
	c.Version, c.Changed, c.Actor = c.Version+1, now, sc.Actor()
	if became := know.sick[who]; !stood && !became.IsZero() {
		c.Was, c.Status, c.Became = Found, BecameCase, became
	}
	return c, added
}

// tellTaken notes and tells what was taken.
func (s *Service) tellTaken(tx *store.Tx, sc auth.Scope, taken []Contact, of map[id.ID][]taking) error {
	for _, c := range taken {
		all, added := of[c.Person], 0
		for _, t := range all {
			added += len(t.exposures)
		}
		if err := audit.Append(tx, sc.Entry("contact.add", "contact", c.ID.String(), c.Area, map[string]any{"exposures": added, "case": all[0].kase.Case.String()})); err != nil {
			return err
		}
		if err := s.told(tx, c); err != nil {
			return err
		}
	}
	return nil
}
