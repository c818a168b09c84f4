package place

import (
	"context"
	"strings"
	"time"

	"khien/kernel/audit"
	"khien/kernel/auth"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/store"
)

// Keeper is somebody who acts for places with a proven phone: the device, and
// the blind index of its number (phone.Device.Number). The number keeps the
// place, not the device: a new phone with the same number keeps it, too.
type Keeper struct {
	Device id.ID
	Phone  [16]byte
}

// keeperActor begins the names of keepers in audit rows.
const keeperActor = "phone:"

// actor names the keeper in audit rows: the device, never a number.
func (k Keeper) actor() string { return keeperActor + k.Device.String() }

// Kept is one phone that keeps a place.
type Kept struct {
	Phone  [16]byte
	Number string // E.164
	Added  time.Time
}

// Masked is the number with its middle hidden: "091•••••78".
func (k Kept) Masked() string {
	n := k.Number
	if rest, ok := strings.CutPrefix(n, "+84"); ok {
		n = "0" + rest
	}
	if len(n) < 7 {
		return "•••"
	}
	return n[:3] + strings.Repeat("•", len(n)-5) + n[len(n)-2:]
}

// Bounds on keepers, against those who register for sport.
const (
	keptMost    = 200 // places of one phone
	keepersMost = 20  // phones of one place
)

// sealing names the purpose with which keepers' numbers are sealed.
const sealing = "place keeper"

func keeperPlace(p id.ID, phone [16]byte) []byte {
	return append(append([]byte("place_keeper|phone_sealed|"), p[:]...), phone[:]...)
}

// own is the scope in which a keeper's acts touch rows: which rows, Keeps decides.
func (s *Service) own() auth.Scope {
	return auth.System(s.Province, "place_keeper").WithClock(s.Now)
}

// Keeps reports whether a phone keeps a place. phone is phone.Device.Number.
func (s *Service) Keeps(ctx context.Context, phone [16]byte, place id.ID) (bool, error) {
	return s.keeps(ctx, s.DB, phone, place)
}

func (s *Service) keeps(ctx context.Context, q store.Querier, phone [16]byte, place id.ID) (bool, error) {
	n, err := countKeeper(ctx, q, s.own(), place, phone[:])
	return n > 0, err
}

// KeptBy returns the places that a phone keeps, by name, closed ones too.
func (s *Service) KeptBy(ctx context.Context, phone [16]byte) ([]Place, error) {
	return placesKept(ctx, s.DB, s.own(), phone[:], keptMost)
}

// Register makes a place whose keeper stands before it: it works at once and is
// marked as not yet seen by an officer. number is the keeper's, proved, E.164.
// The ID is the idempotency key.
func (s *Service) Register(ctx context.Context, k Keeper, number string, p Place) (made Place, err error) {
	err = s.DB.Tx(ctx, func(tx *store.Tx) error {
		kept, err := placesKept(tx.Context(), tx, s.own(), k.Phone[:], keptMost)
		if err != nil {
			return err
		}
		if len(kept) >= keptMost {
			return fault.New(fault.Conflict, "place.kept_most").With("most", keptMost)
		}
		p.Origin, p.Seen = ByKeeper, false
		if made, err = s.create(tx, s.own(), p, k.actor(), nil); err != nil {
			return err
		}
		return s.addKeeper(tx, k.actor(), made, k.Phone, number)
	})
	return made, err
}

// Kept returns a place that the keeper keeps; fault.NotFound for any other.
func (s *Service) Kept(ctx context.Context, k Keeper, i id.ID) (Place, error) {
	return s.kept(ctx, s.DB, k, i)
}

func (s *Service) kept(ctx context.Context, q store.Querier, k Keeper, i id.ID) (Place, error) {
	if ok, err := s.keeps(ctx, q, k.Phone, i); err != nil || !ok {
		if err == nil {
			err = errNoPlace
		}
		return Place{}, err
	}
	return s.get(ctx, q, s.own(), i)
}

// KeeperChange is Change by a keeper. What an officer has looked at has to be
// looked at again when it is another place now.
func (s *Service) KeeperChange(ctx context.Context, k Keeper, p Place) (Place, error) {
	return s.keeperAct(ctx, k, "place.change", p.ID, p.Version, func(was *Place) error {
		moved := was.Name != p.Name || was.Area != p.Area || was.Kind != p.Kind || was.Address != p.Address
		was.Name, was.Kind, was.Area, was.Address, was.Position = p.Name, p.Kind, p.Area, p.Address, p.Position
		was.Hours, was.UsualStay, was.Seen = p.Hours, p.UsualStay, was.Seen && !moved
		return s.Check(was)
	})
}

// KeeperClose is Close by a keeper.
func (s *Service) KeeperClose(ctx context.Context, k Keeper, i id.ID) (Place, error) {
	return s.keeperAct(ctx, k, "place.close", i, 0, func(p *Place) error { p.shut(k.actor()); return nil })
}

// KeeperReopen is Reopen by a keeper, of a place that no officer has closed.
func (s *Service) KeeperReopen(ctx context.Context, k Keeper, i id.ID) (Place, error) {
	return s.keeperAct(ctx, k, "place.reopen", i, 0, func(p *Place) error { p.Closed, p.ClosedBy = false, ""; return nil })
}

// KeeperReissue is Reissue by a keeper.
func (s *Service) KeeperReissue(ctx context.Context, k Keeper, i id.ID) (Place, error) {
	return s.keeperAct(ctx, k, "place.reissue", i, 0, func(p *Place) error { return reissue(s.own(), p) })
}

func (s *Service) keeperAct(ctx context.Context, k Keeper, name string, i id.ID, version int, change func(*Place) error) (p Place, err error) {
	err = s.DB.Tx(ctx, func(tx *store.Tx) error {
		was, err := s.kept(tx.Context(), tx, k, i)
		if err != nil {
			return err
		}
		if was.Closed && !byKeeper(was.ClosedBy) {
			return fault.New(fault.Conflict, "place.closed_by_officer")
		}
		p, err = s.write(tx, s.own(), k.actor(), name, was, version, change)
		return err
	})
	return p, err
}

// Keepers returns the phones that keep a place, to one of them.
func (s *Service) Keepers(ctx context.Context, k Keeper, i id.ID) ([]Kept, error) {
	if _, err := s.Kept(ctx, k, i); err != nil {
		return nil, err
	}
	return s.keepers(ctx, s.DB, i)
}

func (s *Service) keepers(ctx context.Context, q store.Querier, i id.ID) (all []Kept, err error) {
	rows, err := keepersOf(ctx, q, s.own(), i)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		number, err := s.Keys.OpenSealed(sealing, r.sealed, keeperPlace(i, r.phone))
		if err != nil {
			return nil, err
		}
		all = append(all, Kept{r.phone, string(number), r.added})
	}
	return all, nil
}

// AddKeeper lets another phone keep the place. Whoever proves that number finds
// the place among theirs. phone is the index of number, E.164.
func (s *Service) AddKeeper(ctx context.Context, k Keeper, i id.ID, phone [16]byte, number string) error {
	return s.DB.Tx(ctx, func(tx *store.Tx) error {
		p, err := s.kept(tx.Context(), tx, k, i)
		if err != nil {
			return err
		}
		return s.addKeeper(tx, k.actor(), p, phone, number)
	})
}

// RemoveKeeper takes a phone off; the last one stays.
func (s *Service) RemoveKeeper(ctx context.Context, k Keeper, i id.ID, phone [16]byte) error {
	return s.DB.Tx(ctx, func(tx *store.Tx) error {
		p, err := s.kept(tx.Context(), tx, k, i)
		if err != nil {
			return err
		}
		rows, err := keepersOf(tx.Context(), tx, s.own(), i)
		if err != nil {
			return err
		}
		if len(rows) < 2 {
			return fault.New(fault.Conflict, "place.last_keeper")
		}
		return s.removeKeeper(tx, k.actor(), p, phone)
	})
}

// OfficerKeepers returns the phones that keep a place, to an officer of its
// area, and writes that they were read.
func (s *Service) OfficerKeepers(ctx context.Context, sc auth.Scope, i id.ID) (all []Kept, err error) {
	err = s.DB.Tx(ctx, func(tx *store.Tx) error {
		p, err := s.get(tx.Context(), tx, sc, i)
		if err != nil {
			return err
		}
		if !sc.Allows(auth.ReadPeople) {
			return fault.New(fault.Forbidden, "auth.act")
		}
		if all, err = s.keepers(tx.Context(), tx, i); err != nil || len(all) == 0 {
			return err
		}
		return audit.Append(tx, sc.Entry("place.keepers", "place", i.String(), p.Area, map[string]any{"keepers": len(all)}))
	})
	return all, err
}

// OfficerAddKeeper is AddKeeper by an officer of the area.
func (s *Service) OfficerAddKeeper(ctx context.Context, sc auth.Scope, i id.ID, phone [16]byte, number string) error {
	return s.officerKeeper(ctx, sc, i, func(tx *store.Tx, p Place) error { return s.addKeeper(tx, sc.Actor(), p, phone, number) })
}

// OfficerRemoveKeeper is RemoveKeeper by an officer of the area, who may take off the last one.
func (s *Service) OfficerRemoveKeeper(ctx context.Context, sc auth.Scope, i id.ID, phone [16]byte) error {
	return s.officerKeeper(ctx, sc, i, func(tx *store.Tx, p Place) error { return s.removeKeeper(tx, sc.Actor(), p, phone) })
}

func (s *Service) officerKeeper(ctx context.Context, sc auth.Scope, i id.ID, do func(*store.Tx, Place) error) error {
	return s.DB.Tx(ctx, func(tx *store.Tx) error {
		p, err := s.get(tx.Context(), tx, sc, i)
		if err != nil {
			return err
		}
		if err := sc.Check(auth.WritePlaces, p.Area); err != nil {
			return err
		}
		return do(tx, p)
	})
}

func (s *Service) addKeeper(tx *store.Tx, actor string, p Place, phone [16]byte, number string) error {
	rows, err := keepersOf(tx.Context(), tx, s.own(), p.ID)
	if err != nil {
		return err
	}
	for _, r := range rows {
		if r.phone == phone {
			return nil
		}
	}
	if len(rows) >= keepersMost {
		return fault.New(fault.Conflict, "place.keepers_most").With("most", keepersMost)
	}
	sealed := s.Keys.Seal(sealing, []byte(number), keeperPlace(p.ID, phone))
	if err := insertKeeper(tx, s.own(), p.ID, phone[:], sealed, s.own().Now(), actor); err != nil {
		return err
	}
	return audit.Append(tx, entry(s.own(), actor, "place.keeper_add", p, map[string]any{"keepers": len(rows) + 1}))
}

func (s *Service) removeKeeper(tx *store.Tx, actor string, p Place, phone [16]byte) error {
	gone, err := deleteKeeper(tx, s.own(), p.ID, phone[:])
	if err != nil || !gone {
		return err
	}
	return audit.Append(tx, entry(s.own(), actor, "place.keeper_remove", p, nil))
}
