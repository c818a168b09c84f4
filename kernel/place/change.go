package place

import (
	"context"
	"strings"

	"khien/kernel/area"
	"khien/kernel/audit"
	"khien/kernel/auth"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/store"
)

var errNoPlace = fault.New(fault.NotFound, "place.place")

// Create registers a place in an officer's area. Its ID is the idempotency key:
// the same actor's second submission answers as the first did. Errors:
// fault.Invalid with its field, fault.Forbidden for an area outside the scope,
// fault.Conflict for an ID that stands already.
func (s *Service) Create(ctx context.Context, sc auth.Scope, p Place) (made Place, err error) {
	if err := sc.Check(auth.WritePlaces, p.Area); err != nil {
		return Place{}, err
	}
	err = s.DB.Tx(ctx, func(tx *store.Tx) error {
		p.Origin, p.Seen = ByOfficer, true
		made, err = s.create(tx, sc, p, sc.Actor(), nil)
		return err
	})
	return made, err
}

// create writes a new place by actor; importKey may be nil.
func (s *Service) create(tx *store.Tx, sc auth.Scope, p Place, actor string, importKey []byte) (Place, error) {
	if err := s.Check(&p); err != nil {
		return Place{}, err
	}
	if p.ID.IsZero() {
		p.ID = id.New()
	}
	before, err := placeByID(tx.Context(), tx, sc.Anywhere(), p.ID)
	switch {
	case err == nil && before.Actor == actor && before.Version == 1:
		return before, nil
	case err == nil:
		return Place{}, fault.New(fault.Conflict, "place.entered")
	case !fault.Is(err, fault.NotFound):
		return Place{}, err
	}
	if p.Number, err = s.freeNumber(tx); err != nil {
		return Place{}, err
	}
	p.Version, p.Closed, p.Actor, p.PosterIssued = 1, false, actor, today(sc)
	p.Created = store.Time(store.Millis(sc.Now()))
	p.Changed = p.Created
	if err := insertPlace(tx, s.Province, p, area.Fold(p.Name), importKey); err != nil {
		return Place{}, err
	}
	return p, s.told(tx, entry(sc, actor, "place.create", p, map[string]any{"kind": p.Kind, "origin": p.Origin}), p)
}

// freeNumber draws numbers until one is free; of eight drawn at once, of nine
// million, all taken is a full province.
func (s *Service) freeNumber(tx *store.Tx) (Number, error) {
	var drawn []Number
	for range 8 {
		drawn = append(drawn, NewNumber())
	}
	taken, err := numbersTaken(tx, s.Province, drawn)
	if err != nil {
		return 0, err
	}
	for _, n := range drawn {
		if !taken[n] {
			return n, nil
		}
	}
	return 0, fault.New(fault.Busy, "place.numbers")
}

// told writes the audit row and lets every node know.
func (s *Service) told(tx *store.Tx, e audit.Entry, ps ...Place) error {
	tx.Wake(topic)
	tx.AfterCommit(func() { s.book.put(ps...) })
	return audit.Append(tx, e)
}

// entry is the audit row of an act on a place by actor, an officer or a keeper.
func entry(sc auth.Scope, actor, act string, p Place, detail map[string]any) audit.Entry {
	e := sc.Entry(act, "place", p.ID.String(), p.Area, detail)
	if actor != sc.Actor() {
		e.ActorKind = actor
	}
	return e
}

// Get returns a place of the scope's area; fault.NotFound for any other.
func (s *Service) Get(ctx context.Context, sc auth.Scope, i id.ID) (Place, error) {
	if !sc.Allows(auth.ReadPlaces) {
		return Place{}, fault.New(fault.Forbidden, "auth.act")
	}
	return s.get(ctx, s.DB, sc, i)
}

func (s *Service) get(ctx context.Context, q store.Querier, sc auth.Scope, i id.ID) (Place, error) {
	p, err := placeByID(ctx, q, sc, i)
	if fault.Is(err, fault.NotFound) {
		return Place{}, errNoPlace
	}
	return p, err
}

// Change replaces what a place says, when it still is at p.Version; one that
// somebody else changed first is fault.Conflict. Both the old and the new area
// must lie in the scope. Number, poster day, origin and closing stay as they are.
func (s *Service) Change(ctx context.Context, sc auth.Scope, p Place) (Place, error) {
	if err := sc.Check(auth.WritePlaces, p.Area); err != nil {
		return Place{}, err
	}
	return s.act(ctx, sc, "place.change", p.ID, p.Version, func(was *Place) error {
		was.Name, was.Kind, was.Area, was.Address, was.Position = p.Name, p.Kind, p.Area, p.Address, p.Position
		was.Hours, was.UsualStay, was.Seen = p.Hours, p.UsualStay, true
		return s.Check(was)
	})
}

// Close takes a place out of use: its code counts no more. Closing twice changes nothing.
func (s *Service) Close(ctx context.Context, sc auth.Scope, i id.ID) (Place, error) {
	return s.act(ctx, sc, "place.close", i, 0, func(p *Place) error { p.shut(sc.Actor()); return nil })
}

// Reopen takes it back.
func (s *Service) Reopen(ctx context.Context, sc auth.Scope, i id.ID) (Place, error) {
	return s.act(ctx, sc, "place.reopen", i, 0, func(p *Place) error { p.Closed, p.ClosedBy = false, ""; return nil })
}

// shut closes a place; one that an officer closes after its keeper is the officer's to open.
func (p *Place) shut(actor string) {
	if !p.Closed || byKeeper(p.ClosedBy) && !byKeeper(actor) {
		p.Closed, p.ClosedBy = true, actor
	}
}

func byKeeper(actor string) bool { return strings.HasPrefix(actor, keeperActor) }

// MarkSeen says that an officer has looked at a place that its keeper registered.
func (s *Service) MarkSeen(ctx context.Context, sc auth.Scope, i id.ID) (Place, error) {
	return s.act(ctx, sc, "place.seen", i, 0, func(p *Place) error { p.Seen = true; return nil })
}

// Reissue withdraws every poster of a place that is out and dates the next one.
// A code's day of issue is all that tells an old one from a new one, and may be
// one day ahead: so a place can be issued anew twice a day, and no more.
func (s *Service) Reissue(ctx context.Context, sc auth.Scope, i id.ID) (Place, error) {
	return s.act(ctx, sc, "place.reissue", i, 0, func(p *Place) error { return reissue(sc, p) })
}

func reissue(sc auth.Scope, p *Place) error {
	now := today(sc)
	if p.PosterIssued > now {
		return fault.New(fault.Conflict, "place.reissued")
	}
	p.PosterIssued = max(now, p.PosterIssued+1)
	return nil
}

// act changes one place of an officer's area. version 0 takes the one that stands.
func (s *Service) act(ctx context.Context, sc auth.Scope, name string, i id.ID, version int, change func(*Place) error) (p Place, err error) {
	err = s.DB.Tx(ctx, func(tx *store.Tx) error {
		was, err := s.get(tx.Context(), tx, sc, i)
		if err != nil {
			return err
		}
		if err := sc.Check(auth.WritePlaces, was.Area); err != nil {
			return err
		}
		p, err = s.write(tx, sc, sc.Actor(), name, was, version, change)
		return err
	})
	return p, err
}

// write applies a change to the place that stands, if it changes anything.
func (s *Service) write(tx *store.Tx, sc auth.Scope, actor, name string, was Place, version int, change func(*Place) error) (Place, error) {
	if version != 0 && version != was.Version {
		return Place{}, fault.New(fault.Conflict, "place.changed")
	}
	p := was
	if err := change(&p); err != nil {
		return Place{}, err
	}
	if same(p, was) {
		return was, nil
	}
	p.Version, p.Actor, p.Changed = was.Version+1, actor, store.Time(store.Millis(sc.Now()))
	done, err := updatePlace(tx, s.Province, p, area.Fold(p.Name), was.Version)
	if err != nil {
		return Place{}, err
	}
	if !done {
		return Place{}, fault.New(fault.Conflict, "place.changed")
	}
	detail := map[string]any{"version": p.Version}
	if p.Area != was.Area {
		detail["area_was"] = was.Area
	}
	if p.PosterIssued != was.PosterIssued {
		detail["poster_was"] = was.PosterIssued
	}
	return p, s.told(tx, entry(sc, actor, name, p, detail), p)
}

// same reports whether two states of a place say the same.
func same(p, q Place) bool {
	hours := p.Hours.String() == q.Hours.String()
	return hours && p.Name == q.Name && p.Kind == q.Kind && p.Area == q.Area && p.Address == q.Address && p.Position == q.Position &&
		p.UsualStay == q.UsualStay && p.PosterIssued == q.PosterIssued && p.Closed == q.Closed && p.ClosedBy == q.ClosedBy && p.Seen == q.Seen
}
