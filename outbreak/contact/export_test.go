package contact

import (
	"bytes"
	"context"
	"time"

	"khien/kernel/area"
	"khien/kernel/auth"
	"khien/kernel/id"
	"khien/kernel/store"
)

var atlas = area.Load()

// ReadList reads a list as Import does before it asks the database.
func ReadList(text []byte) (rows int, report Report, err error) {
	home, err := area.Parse("2021/20")
	if err != nil {
		return 0, report, err
	}
	s := &Service{Config: Config{Gazetteer: atlas, Home: home, Now: time.Now}}
	all, report, err := s.readList(auth.System(20, "fuzz"), bytes.NewReader(text))
	return len(all), report, err
}

// StoredOf returns the exposures of a case, also those that do not hold.
func (s *Service) StoredOf(ctx context.Context, kase id.ID) ([]Exposure, error) {
	return exposuresOfCase(ctx, s.DB, s.system, kase)
}

// Contacts returns the contacts that people are.
func (s *Service) Contacts(ctx context.Context, people []id.ID) ([]Contact, error) {
	return contactsOf(ctx, s.DB, s.system, people)
}

// PlanOfList is how SQLite would look a page of a list up.
func (s *Service) PlanOfList(ctx context.Context, sc auth.Scope, f Filter) ([]string, error) {
	text, args := listQuery(sc, f, PageSize+1)
	return store.All(ctx, s.DB, func(scan store.Scan) (detail string, err error) {
		var i, parent, unused int
		err = scan(&i, &parent, &unused, &detail)
		return detail, err
	}, "explain query plan "+text, args...)
}

// ListWalking is a page of the list of contacts, of which so many are walked.
func (s *Service) ListWalking(ctx context.Context, sc auth.Scope, f Filter, most, steps int) ([]Contact, error) {
	return listWalking(ctx, s.DB, sc, f, most, steps)
}
