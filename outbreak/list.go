package outbreak

import (
	"context"
	"strings"

	"khien/kernel/area"
	"khien/kernel/audit"
	"khien/kernel/auth"
	"khien/kernel/day"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/store"
)

// Filter picks cases of a scope. The zero Filter picks them all.
type Filter struct {
	Classification Classification
	Source         Source
	Area           area.Code // responsible area: it and everything below
	From, To       day.Day   // of the report, both included
	Search         string    // a number, or a whole name for roles that may read people
	After          *Cursor   // nil: from the first
	Number         string    // set from Search
	people         []id.ID   // set from Search
}

// Cursor is the place in a list after a case.
type Cursor struct {
	Reported day.Day
	ID       id.ID
}

// String writes the cursor for a link.
func (c Cursor) String() string { return c.Reported.String() + "." + c.ID.String() }

// UnmarshalText reads what String wrote.
func (c *Cursor) UnmarshalText(b []byte) error {
	reported, rest, ok := strings.Cut(string(b), ".")
	d, err := day.Parse(reported)
	if !ok || err != nil {
		return fault.New(fault.Invalid, "outbreak.cursor").At("after", string(b))
	}
	i, err := id.Parse(rest)
	*c = Cursor{d, i}
	return err
}

// Page is one page of a list. Next is nil on the last page.
type Page struct {
	Cases []Case
	Next  *Cursor
}

// PageSize is the number of cases on a page.
const PageSize = 50

// List returns a page of the cases that the scope may read, the last reported
// first, and writes that they were listed. It shows no name.
func (s *Service) List(ctx context.Context, sc auth.Scope, f Filter) (Page, error) {
	if !sc.Allows(auth.ReadCases) {
		return Page{}, fault.New(fault.Forbidden, "auth.act")
	}
	var page Page
	err := s.db.Tx(ctx, func(tx *store.Tx) error {
		f, err := s.resolve(ctx, tx, sc, f)
		if err != nil {
			return err
		}
		all, err := listCases(tx.Context(), tx, sc, f, PageSize+1)
		if err != nil {
			return err
		}
		page = Page{Cases: all}
		if len(all) > PageSize {
			last := all[PageSize-1]
			page = Page{Cases: all[:PageSize], Next: &Cursor{last.Reported, last.ID}}
		}
		return audit.Append(tx, sc.Entry("case.list", "case", "", f.Area, map[string]any{"cases": len(page.Cases), "searched": f.Search != ""}))
	})
	return page, err
}

// resolve turns a search into a number or into people.
func (s *Service) resolve(ctx context.Context, q store.Querier, sc auth.Scope, f Filter) (Filter, error) {
	text := strings.TrimSpace(f.Search)
	f.Search = text
	if text == "" {
		return f, nil
	}
	if !strings.Contains(text, " ") || !sc.Allows(auth.ReadPeople) {
		if f.Number = normalNumber(text); !numberForm.MatchString(f.Number) {
			f.Number, f.people = "", []id.ID{} // no case can have it
		}
		return f, nil
	}
	found, err := s.people.FindByName(ctx, q, sc, text)
	if err != nil {
		return f, err
	}
	ids := make([]id.ID, len(found))
	for i, p := range found {
		ids[i] = p.ID
	}
	_, all, err := s.people.Aliases(ctx, q, sc, ids)
	f.people = append([]id.ID{}, all...) // nobody is not everybody
	return f, err
}
