package contact

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"khien/kernel/area"
	"khien/kernel/audit"
	"khien/kernel/auth"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/person"
	"khien/kernel/store"
)

// Filter picks contacts of a scope. The zero Filter picks them all.
type Filter struct {
	Status   Status
	Degree   int
	Kind     string
	Area     area.Code // responsible area: it and everything below
	Case     id.ID
	Uncalled bool
	Search   string  // a whole name, or a phone
	After    *Cursor // nil: from the first
	people   []id.ID // set from Search
	to       *Cursor // down to this one; nil: to the last
}

// Cursor is the place in a list after a contact.
type Cursor struct {
	Priority int64
	ID       id.ID
}

// String writes the cursor for a link.
func (c Cursor) String() string { return strconv.FormatInt(c.Priority, 10) + "." + c.ID.String() }

// UnmarshalText reads what String wrote.
func (c *Cursor) UnmarshalText(b []byte) error {
	n, rest, ok := strings.Cut(string(b), ".")
	priority, err := strconv.ParseInt(n, 10, 64)
	if !ok || err != nil {
		return fault.New(fault.Invalid, "contact.cursor").At("after", string(b))
	}
	i, err := id.Parse(rest)
	*c = Cursor{priority, i}
	return err
}

// PageSize is the number of contacts on a page.
const PageSize = 50

// Page is one page of the work list. Names has those whom the scope may read.
type Page struct {
	Contacts []Contact
	Names    map[id.ID]person.Person // by Contact.Person
	Next     *Cursor
}

// List returns a page of the contacts that the scope may see, the most urgent
// first, and writes down that they were listed and who was named.
func (s *Service) List(ctx context.Context, sc auth.Scope, f Filter) (page Page, err error) {
	if !sc.Allows(auth.ReadContacts) {
		return page, errAct
	}
	err = s.DB.Tx(ctx, func(tx *store.Tx) error {
		if f, err = s.resolve(ctx, tx, sc, f); err != nil {
			return err
		}
		all, err := listContacts(tx.Context(), tx, sc, f, PageSize+1)
		if err != nil {
			return err
		}
		page = Page{Contacts: all}
		if len(all) > PageSize {
			last := all[PageSize-1]
			page = Page{Contacts: all[:PageSize], Next: &Cursor{last.Priority, last.ID}}
		}
		if page.Names, err = s.names(tx, sc, page.Contacts); err != nil {
			return err
		}
		return audit.Append(tx, sc.Entry("contact.list", "contact", "", f.Area, map[string]any{"contacts": len(page.Contacts), "searched": f.Search != ""}))
	})
	return page, err
}

// names are the people of contacts in sight, as far as the roles may read people.
func (s *Service) names(tx *store.Tx, sc auth.Scope, all []Contact) (map[id.ID]person.Person, error) {
	if !sc.Allows(auth.ReadPeople) {
		return nil, nil
	}
	people := make([]id.ID, len(all))
	for i, c := range all {
		people[i] = c.Person
	}
	names, err := s.People.GetAll(tx.Context(), tx, sc.Anywhere(), people)
	for i, p := range names {
		names[i] = shown(sc, p)
	}
	return names, err
}

// shown is what a contact shows of a person: all of one who lives in scope; of
// another who they are and how to reach them.
func shown(sc auth.Scope, p person.Person) person.Person {
	if p.ID.IsZero() || sc.Covers(p.Area) {
		return p
	}
	return person.Person{ID: p.ID, Name: p.Name, Birth: p.Birth, Sex: p.Sex, Phone: p.Phone}
}

// resolve turns a search into people.
func (s *Service) resolve(ctx context.Context, q store.Querier, sc auth.Scope, f Filter) (Filter, error) {
	if f.Search = strings.TrimSpace(f.Search); f.Search == "" {
		return f, nil
	}
	f.people = []id.ID{} // nobody is not everybody
	if !sc.Allows(auth.ReadPeople) {
		return f, nil
	}
	find := s.People.FindByName
	if strings.IndexFunc(f.Search, func(r rune) bool { return r >= '0' && r <= '9' }) >= 0 {
		find = s.People.FindByPhone
	}
	found, err := find(ctx, q, sc, f.Search)
	if err != nil {
		if fault.Is(err, fault.Invalid) { // no phone that anybody can have
			return f, nil
		}
		return f, err
	}
	for _, p := range found {
		f.people = append(f.people, p.ID)
	}
	_, all, err := s.People.Aliases(ctx, q, sc, f.people)
	f.people = append([]id.ID{}, all...)
	return f, err
}

// File is all that is held of one contact.
type File struct {
	Contact
	Who       person.Person
	Exposures []Exposure     // those that the scope may see, oldest first
	Hidden    int            // exposures to cases and places elsewhere
	Cases     map[id.ID]bool // of the exposures: whether the scope answers for them
}

// Read returns one contact and writes that it was read. One that is not the
// scope's to see is fault.NotFound, as one that does not exist.
func (s *Service) Read(ctx context.Context, sc auth.Scope, i id.ID) (f File, err error) {
	if !sc.Allows(auth.ReadContacts) {
		return f, errAct
	}
	err = s.DB.Tx(ctx, func(tx *store.Tx) error {
		f, err = s.file(tx, sc, i)
		return err
	})
	return f, err
}

func (s *Service) file(tx *store.Tx, sc auth.Scope, i id.ID) (f File, err error) {
	if f.Contact, err = contactByID(tx.Context(), tx, sc, i); err != nil {
		return f, unseen(err)
	}
	names, err := s.names(tx, sc, []Contact{f.Contact})
	if err != nil {
		return f, err
	}
	f.Who = names[f.Person]
	all, err := exposuresOf(tx.Context(), tx, sc, []id.ID{i})
	if err != nil {
		return f, err
	}
	mine := sc.Covers(f.Area) // who answers for the contact sees every exposure
	var cases []id.ID
	for _, e := range all[i] {
		if !mine && !sc.Covers(e.Area) {
			f.Hidden++
			continue
		}
		f.Exposures, cases = append(f.Exposures, e), append(cases, e.Case)
	}
	slices.SortStableFunc(f.Exposures, func(a, b Exposure) int { return number(b.Held) - number(a.Held) })
	known, err := casesByID(tx.Context(), tx, sc, cases)
	f.Cases = map[id.ID]bool{}
	for k, is := range known {
		f.Cases[k] = sc.Covers(is.Area)
	}
	if err != nil {
		return f, err
	}
	return f, audit.Append(tx, sc.Entry("contact.read", "contact", i.String(), f.Area, nil))
}

func unseen(err error) error {
	if fault.Is(err, fault.NotFound) {
		return errNone
	}
	return err
}
