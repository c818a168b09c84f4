package person

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"khien/kernel/area"
	"khien/kernel/audit"
	"khien/kernel/auth"
	"khien/kernel/id"
	"khien/kernel/store"
)

// FindByNameAndYear returns the people in scope of this name, as FindByName,
// who were born in that year.
func (s *Service) FindByNameAndYear(ctx context.Context, q store.Querier, sc auth.Scope, name string, year int) ([]Person, error) {
	born := fmt.Sprintf("%04d", year)
	blocks := slices.DeleteFunc(blocksOf(newSide(Person{Name: name, Birth: born})), func(b block) bool { return b.kind != byName })
	if name = area.Fold(name); name == "" || len(blocks) == 0 {
		blocks = []block{lone(toName, name)}
	}
	return s.find(ctx, q, sc, look{by: "name_year", also: blocks, fits: func(p Person) bool {
		return strings.HasPrefix(p.Birth, born) && (area.Fold(p.Name) == name || slices.ContainsFunc(p.OtherNames, func(o string) bool { return area.Fold(o) == name }))
	}})
}

// Household returns the others in scope who stand under p's household number.
func (s *Service) Household(ctx context.Context, q store.Querier, sc auth.Scope, p Person) ([]Person, error) {
	if p.Household == "" {
		return nil, nil
	}
	return s.find(ctx, q, sc, look{by: "household", also: []block{lone(byHousehold, p.Household)}, fits: func(o Person) bool {
		return o.Household == p.Household && o.ID != p.ID
	}})
}

// AreasOf returns where people live or stay, of those who stand; whoever is not
// known or was erased is left out. It reads areas alone and asks for no right.
func (s *Service) AreasOf(ctx context.Context, q store.Querier, sc auth.Scope, people []id.ID) (map[id.ID]area.Code, error) {
	rows, err := selectRows(ctx, q, sc, people)
	areas := make(map[id.ID]area.Code, len(rows))
	for _, r := range rows {
		areas[r.id] = r.area
	}
	return areas, err
}

// GetAll returns those of the people who stand in scope, by id, and writes each
// reading down, as Get does for one.
func (s *Service) GetAll(ctx context.Context, q store.Querier, sc auth.Scope, people []id.ID) (map[id.ID]Person, error) {
	if !sc.Allows(auth.ReadPeople) {
		return nil, errAct
	}
	rows, err := selectRows(ctx, q, sc, people)
	if err != nil {
		return nil, err
	}
	all := make(map[id.ID]Person, len(rows))
	var notes []audit.Entry
	for _, r := range rows {
		if !sc.Covers(r.area) || len(r.sealed) == 0 { // elsewhere, or erased
			continue
		}
		if all[r.id], err = s.read(sc, r); err != nil {
			return nil, err
		}
		notes = append(notes, sc.Entry("person.read", "person", r.id.String(), r.area, nil))
	}
	if len(notes) == 0 {
		return all, nil
	}
	return all, s.note(ctx, q, notes...)
}

// noteFound writes down who was looked for: a row for everybody who was shown,
// so that they can see it, and one for a search that found nobody.
func (s *Service) noteFound(ctx context.Context, q store.Querier, sc auth.Scope, by string, people []Person) error {
	if len(people) == 0 {
		return s.note(ctx, q, sc.Entry("person.find", "person", "", 0, map[string]any{"by": by, "found": 0}))
	}
	var all []audit.Entry
	for _, p := range people {
		all = append(all, sc.Entry("person.find", "person", p.ID.String(), p.Area, map[string]any{"by": by, "found": len(people)}))
	}
	return s.note(ctx, q, all...)
}

// Merged is a merge in force.
type Merged struct {
	Gone  id.ID
	Score float64 // bits
	At    time.Time
}

// Merges returns who went into somebody in scope, by ids alone.
func (s *Service) Merges(ctx context.Context, q store.Querier, sc auth.Scope, kept id.ID) (all []Merged, err error) {
	if !sc.Allows(auth.ReadPeople) {
		return nil, errAct
	}
	merges, err := selectMerged(ctx, q, sc, kept)
	for _, m := range merges {
		all = append(all, Merged{m.gone, float64(m.tenths) / 10, m.merged})
	}
	return all, err
}

// ReviewCount returns how many reviews of which both sides lie in scope are
// open, and how many were decided since.
func (s *Service) ReviewCount(ctx context.Context, q store.Querier, sc auth.Scope, since time.Time) (open, decided int, err error) {
	if !sc.Allows(auth.ReadPeople) {
		return 0, 0, errAct
	}
	return countReviews(ctx, q, sc, since)
}

// ReviewsOf returns the open reviews that speak of somebody.
func (s *Service) ReviewsOf(ctx context.Context, q store.Querier, sc auth.Scope, i id.ID) ([]Review, error) {
	if !sc.Allows(auth.ReadPeople) {
		return nil, errAct
	}
	all, err := selectReviewsOf(ctx, q, sc, i)
	return slices.DeleteFunc(all, func(r Review) bool { return r.State != ReviewOpen }), err
}

// Reopen takes back that two in scope were told apart: somebody decides anew.
func (s *Service) Reopen(tx *store.Tx, sc auth.Scope, a, b id.ID) error {
	x, y, err := s.both(tx, sc, a, b)
	if err != nil {
		return err
	}
	a, b = pair(x.row.id, y.row.id)
	if err := deleteDistinct(tx, sc, a, b); err != nil {
		return err
	}
	if err := updateReview(tx, sc, a, b, ReviewOpen, time.Time{}); err != nil {
		return err
	}
	return audit.Append(tx, sc.Entry("person.reopen", "person", a.String(), x.Area, map[string]any{"other": b.String()}))
}
