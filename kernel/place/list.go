package place

import (
	"context"
	"strings"

	"khien/kernel/area"
	"khien/kernel/auth"
	"khien/kernel/fault"
	"khien/kernel/id"
)

// State picks places of a list.
type State string

// The states; "" is all of them.
const (
	StateOpen   State = "open"
	StateClosed State = "closed"
	StateUnseen State = "unseen" // open, registered by a keeper, and no officer has looked yet
)

// States lists them in the order in which a form shows them.
var States = []State{StateOpen, StateUnseen, StateClosed}

// Filter picks places of a scope. The zero Filter picks them all.
type Filter struct {
	Search string // words of the name, with or without marks, or a short number
	Kind   Kind
	Area   area.Code // it and everything below
	State  State
	After  *Cursor // nil: from the first

	words  []string
	number Number
}

// Cursor is the place in a list, by folded name, after a place.
type Cursor struct {
	Folded string
	ID     id.ID
}

// String writes the cursor for a link.
func (c Cursor) String() string { return c.ID.String() + "." + c.Folded }

// UnmarshalText reads what String wrote.
func (c *Cursor) UnmarshalText(b []byte) error {
	first, folded, ok := strings.Cut(string(b), ".")
	i, err := id.Parse(first)
	if !ok || err != nil {
		return fault.New(fault.Invalid, "place.cursor").At("after", string(b))
	}
	*c = Cursor{folded, i}
	return nil
}

// Page is one page of a list. Next is nil on the last page.
type Page struct {
	Places []Place
	Next   *Cursor
}

// PageSize is the number of places on a page.
const PageSize = 50

// listPage is how many places Each reads at once.
const listPage = 500

// List returns a page of the places of the scope's area, by name.
func (s *Service) List(ctx context.Context, sc auth.Scope, f Filter) (Page, error) {
	if !sc.Allows(auth.ReadPlaces) {
		return Page{}, fault.New(fault.Forbidden, "auth.act")
	}
	all, err := listPlaces(ctx, s.DB, sc, f.resolved(), PageSize+1)
	if err != nil || len(all) <= PageSize {
		return Page{Places: all}, err
	}
	last := all[PageSize-1]
	return Page{Places: all[:PageSize], Next: &Cursor{area.Fold(last.Name), last.ID}}, nil
}

// Unseen returns how many places of the scope's area their keepers registered
// and no officer has looked at.
func (s *Service) Unseen(ctx context.Context, sc auth.Scope) (int64, error) {
	if !sc.Allows(auth.ReadPlaces) {
		return 0, fault.New(fault.Forbidden, "auth.act")
	}
	return countUnseen(ctx, s.DB, sc)
}

// Namesakes returns the other open places of the same area whose name is p's,
// marks aside: one of the two may be there to be taken for the other.
func (s *Service) Namesakes(ctx context.Context, sc auth.Scope, p Place) ([]Place, error) {
	if !sc.Allows(auth.ReadPlaces) {
		return nil, fault.New(fault.Forbidden, "auth.act")
	}
	return namesakes(ctx, s.DB, sc, p)
}

// Each calls row for every place of the filter, by name, page by page: whoever
// takes them slowly holds none of the database's connections meanwhile.
func (s *Service) Each(ctx context.Context, sc auth.Scope, f Filter, row func(Place) error) error {
	if !sc.Allows(auth.ReadPlaces) {
		return fault.New(fault.Forbidden, "auth.act")
	}
	f = f.resolved()
	for {
		page, err := listPlaces(ctx, s.DB, sc, f, listPage)
		if err != nil {
			return err
		}
		for _, p := range page {
			if err := row(p); err != nil {
				return err
			}
			f.After = &Cursor{area.Fold(p.Name), p.ID}
		}
		if len(page) < listPage {
			return nil
		}
	}
}

// resolved turns the search into a number or into words.
func (f Filter) resolved() Filter {
	if n, err := ParseNumber(f.Search); err == nil {
		f.number = n
		return f
	}
	f.words = strings.Fields(area.Fold(f.Search))
	return f
}
