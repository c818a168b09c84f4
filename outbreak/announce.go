package outbreak

import (
	"context"
	"slices"
	"time"

	"khien/kernel/area"
	"khien/kernel/audit"
	"khien/kernel/auth"
	"khien/kernel/day"
	"khien/kernel/event"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/store"
)

// Kinds of announcement, as stored.
const (
	Approval    = "approval" // of what is recorded here
	Publication = "import"   // of a list that the authority has published
)

// Announcement is the authority's act by which numbers are shown to the public
// as they are: who, when, what.
type Announcement struct {
	ID      id.ID
	Kind    string
	Source  string    // a publication's name, or the area whose authority approved
	Ground  area.Code // an approval's area; 0 for a publication
	Through day.Day   // the last day it covers
	Rows    int       // a publication's rows that count
	Cases   int       // their sum
	Actor   string
	At      time.Time
	digest  []byte // SHA-256 of a publication's file
}

// countsPerFact bounds the payload of one fact to about 100 KB.
const countsPerFact = 1000

// Announce approves the confirmed cases recorded in the ground up to a day, all
// days before included, as they stand now. i is the idempotency key: the same
// act of the same actor answers again, any other with that key is fault.Conflict.
func (s *Service) Announce(ctx context.Context, sc auth.Scope, i id.ID, ground area.Code, through day.Day) (a Announcement, err error) {
	if err := sc.Check(auth.Announce, ground); err != nil {
		return a, err
	}
	if err := s.unitOf(ground, "ground"); err != nil {
		return a, err
	}
	if through == 0 || through > s.today() {
		return a, fault.New(fault.Invalid, "outbreak.future").At("through", through.String())
	}
	err = s.db.Tx(ctx, func(tx *store.Tx) error {
		a, err = announcementByID(tx.Context(), tx, s.province, i)
		if err == nil && (a.Ground != ground || a.Through != through || a.Actor != sc.Actor()) {
			return fault.New(fault.Conflict, "outbreak.entered") // another act's key: this one is not done
		}
		if err == nil || !fault.Is(err, fault.NotFound) {
			return err
		}
		cells, err := s.recorded(tx, sc, ground, through)
		if err != nil {
			return err
		}
		a = Announcement{ID: i, Kind: Approval, Source: s.gazetteer.Title(ground), Ground: ground, Through: through, Actor: sc.Actor(), At: sc.Now()}
		for _, c := range cells {
			a.Cases += c.cases
		}
		a.Rows = len(cells)
		return s.announce(tx, sc, a, cells)
	})
	return a, err
}

// recorded returns the numbers that an approval announces: the confirmed cases of
// the ground, those recorded under the other edition's codes of it too, for the
// map takes the whole ground as announced.
func (s *Service) recorded(tx *store.Tx, sc auth.Scope, ground area.Code, through day.Day) ([]cell, error) {
	all, err := s.recordedIn(tx, sc, ground, through)
	if err != nil {
		return nil, err
	}
	other := area.Edition2025
	if ground.Edition() == other {
		other = area.Edition2021
	}
	same, exact := s.gazetteer.In(ground, other)
	if !exact {
		return all, nil
	}
	for _, c := range same {
		cells, err := s.recordedIn(tx, sc, c, through)
		if err != nil {
			return nil, err
		}
		all = append(all, cells...)
	}
	return all, nil
}

// recordedIn returns the confirmed cases of one edition, and 0 where an earlier
// approval said more and none is left.
func (s *Service) recordedIn(tx *store.Tx, sc auth.Scope, ground area.Code, through day.Day) ([]cell, error) {
	cells, err := confirmedCounts(tx.Context(), tx, sc, ground, through)
	if err != nil {
		return nil, err
	}
	stands := map[cellKey]bool{}
	for i, c := range cells {
		cells[i].rest = c.area.Level() != area.Commune
		stands[cells[i].key()] = true
	}
	before, err := approvedCounts(tx.Context(), tx, s.province, ground, through)
	for _, c := range before {
		if !stands[c.key()] {
			c.cases = 0
			cells = append(cells, c)
		}
	}
	return cells, err
}

// announce writes an act and its numbers, and tells them.
func (s *Service) announce(tx *store.Tx, sc auth.Scope, a Announcement, cells []cell) error {
	if err := insertAnnouncement(tx, s.province, a); err != nil {
		return err
	}
	if err := writeCounts(tx, s.province, a.ID, cells); err != nil {
		return err
	}
	fact := event.CountsAnnounced{Announcement: a.ID, Source: a.Source, Ground: a.Ground, Through: a.Through}
	if a.Kind == Publication {
		fact.Through = 0
	}
	for part := range slices.Chunk(cells, countsPerFact) {
		fact.Counts = nil
		for _, c := range part {
			fact.Counts = append(fact.Counts, event.AreaCount{Area: c.area, Day: c.day, Cases: c.cases, Rest: c.rest})
		}
		if err := event.Tell(tx, s.province, fact); err != nil {
			return err
		}
	}
	if len(cells) == 0 {
		if err := event.Tell(tx, s.province, fact); err != nil {
			return err
		}
	}
	return audit.Append(tx, sc.Entry("counts."+a.Kind, "announcement", a.ID.String(), a.Ground,
		map[string]any{"through": a.Through, "cases": a.Cases, "rows": a.Rows, "source": a.Source}))
}

// Announcements returns the acts, the last first; before 0 from the newest.
func (s *Service) Announcements(ctx context.Context, before time.Time) ([]Announcement, error) {
	ms := store.Millis(before)
	if ms == 0 {
		ms = store.Millis(s.now().AddDate(1, 0, 0))
	}
	return announcements(ctx, s.db, s.province, ms, PageSize)
}

// Announced reports whether an act of that ID has been done.
func (s *Service) Announced(ctx context.Context, i id.ID) (bool, error) {
	_, err := announcementByID(ctx, s.db, s.province, i)
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	return err == nil, err
}
