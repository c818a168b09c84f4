package contact

import (
	"context"

	"khien/kernel/id"
	"khien/kernel/person"
)

// InUse returns which of the people a contact is, or a traced case.
func (s *Service) InUse(ctx context.Context, people []id.ID) (map[id.ID]bool, error) {
	contacts, err := contactsOf(ctx, s.DB, s.system, people)
	if err != nil {
		return nil, err
	}
	cases, err := casesOf(ctx, s.DB, s.system, people)
	used := map[id.ID]bool{}
	for _, c := range contacts {
		used[c.Person] = true
	}
	for _, k := range cases {
		used[k.Person] = true
	}
	return used, err
}

// HeldAbout is person.Holder: the exposures of the asker, when an officer has
// confirmed who they are. They say where and when, and of no other person.
func (s *Service) HeldAbout(ctx context.Context, a person.Asker) ([]person.Held, error) {
	if !a.Confirmed || a.Person.IsZero() {
		return nil, nil
	}
	_, all, err := s.People.Aliases(ctx, s.DB, s.system, []id.ID{a.Person})
	if err != nil {
		return nil, err
	}
	contacts, err := contactsOf(ctx, s.DB, s.system, all)
	var held []person.Held
	for _, c := range contacts {
		h := person.Held{ID: c.ID, What: "contact.held", At: c.First, Rule: "contact.dies", Fields: []person.HeldField{
			{Label: "contact.held.status", Key: "contact.status." + string(c.Status)},
			{Label: "contact.first", Text: s.local(c.First)}, {Label: "contact.last", Text: s.local(c.Last)},
			{Label: "field.area", Text: s.Gazetteer.Title(c.Area)}}}
		if !c.Released.IsZero() && c.Released.UnixMilli() > 0 {
			h.Dies = c.Released.Add(keptReleased)
		}
		held = append(held, h)
	}
	return held, err
}
