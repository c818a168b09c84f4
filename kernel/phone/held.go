package phone

import (
	"context"
	"strings"

	"khien/kernel/fault"
	"khien/kernel/person"
)

// HeldAbout says to a phone's holder what is held of the phone and of whom it
// speaks for, in their own words.
func (s *Service) HeldAbout(ctx context.Context, a person.Asker) ([]person.Held, error) {
	row, err := selectDevice(ctx, s.DB, s.own, a.Device)
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	number, err := s.number(row)
	if err != nil {
		return nil, err
	}
	all := []person.Held{{ID: row.ID, What: "phone.held.device", At: row.Since, Dies: row.seen.Add(unseenKept), Rule: "phone.held.rule", Fields: []person.HeldField{
		{Label: "phone.number", Text: spaced(number)}, {Label: "phone.held.agent", Text: row.agent}}}}
	people, err := s.Identities(ctx, row.Device)
	for _, i := range people {
		where := strings.Trim(i.Address+", "+s.Gazetteer.Title(i.Area), ", ")
		all = append(all, person.Held{ID: i.ID, What: "phone.held.identity", At: row.Since, Dies: row.seen.Add(unseenKept), Rule: "phone.held.rule", Fields: []person.HeldField{
			{Label: "field.full_name", Text: i.Name}, {Label: "phone.birth", Text: i.Birth}, {Label: "phone.address", Text: where}, {Label: "phone.paper", Text: i.Paper}}})
	}
	return all, err
}
