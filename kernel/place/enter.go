package place

import (
	"context"
	"crypto/sha256"
	"iter"
	"slices"
	"strconv"

	"khien/kernel/area"
	"khien/kernel/auth"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/store"
)

// Listed is a place of a list, checked by Check. Code is the list's own name for
// it; "" knows it again by its name, area and address. A list may name a keeper's
// phone: whoever proves that number keeps the place.
type Listed struct {
	Place
	Code   string
	Phone  [16]byte // index of Number
	Number string   // E.164; "" no keeper
}

// key knows a listed place again.
func (l Listed) key() [32]byte {
	if l.Code != "" {
		return sha256.Sum256([]byte("code\x00" + l.Code))
	}
	return sameKey(l.Name, l.Area, l.Address)
}

func sameKey(name string, at area.Code, address string) [32]byte {
	return sha256.Sum256([]byte("place\x00" + area.Fold(name) + "\x00" + strconv.FormatInt(int64(at), 10) + "\x00" + area.Fold(address)))
}

// Enter registers the places of a list, all or none, and returns which of them
// are new; one that stands already is left as it stands, so that a list may be
// entered twice. All areas must lie in the scope.
func (s *Service) Enter(ctx context.Context, sc auth.Scope, ls []Listed) (added []bool, err error) {
	for _, l := range ls {
		if err := sc.Check(auth.WritePlaces, l.Area); err != nil {
			return nil, err
		}
	}
	err = s.DB.Tx(ctx, func(tx *store.Tx) error {
		added, err = s.enter(tx, sc, ls)
		return err
	})
	return added, err
}

func (s *Service) enter(tx *store.Tx, sc auth.Scope, ls []Listed) (added []bool, err error) {
	known, err := knownPlaces(tx, s.Province)
	if err != nil {
		return nil, err
	}
	added = make([]bool, len(ls))
	var fresh []Listed
	for i, l := range ls {
		if key, same := l.key(), sameKey(l.Name, l.Area, l.Address); !known[key] && !known[same] {
			known[key], known[same], added[i] = true, true, true
			fresh = append(fresh, l)
		}
	}
	numbers, err := s.freeNumbers(tx, len(fresh))
	if err != nil || len(fresh) == 0 {
		return added, err
	}
	now := store.Time(store.Millis(sc.Now()))
	var made []Place
	for i := range fresh {
		p := &fresh[i].Place
		p.ID, p.Number, p.Origin, p.Seen, p.Closed, p.Version = id.New(), numbers[i], ByList, true, false, 1
		p.PosterIssued, p.Created, p.Changed, p.Actor = today(sc), now, now, sc.Actor()
		made = append(made, *p)
	}
	if err := insertListed(tx, sc, fresh); err != nil {
		return nil, err
	}
	if err := insertKeepers(tx, sc, s.keepersListed(fresh)); err != nil {
		return nil, err
	}
	e := sc.Entry("place.import", "place", "", 0, map[string]any{"rows": len(ls), "added": len(made)})
	return added, s.told(tx, e, made...)
}

// keeperOfPlace is a keeper to be written.
type keeperOfPlace struct {
	place         id.ID
	phone, sealed []byte
}

func (s *Service) keepersListed(ls []Listed) iter.Seq[keeperOfPlace] {
	return func(yield func(keeperOfPlace) bool) {
		for _, l := range ls {
			if l.Number == "" {
				continue
			}
			sealed := s.Keys.Seal(sealing, []byte(l.Number), keeperPlace(l.ID, l.Phone))
			if !yield(keeperOfPlace{l.ID, l.Phone[:], sealed}) {
				return
			}
		}
	}
}

// freeNumbers draws n numbers that no place has.
func (s *Service) freeNumbers(tx *store.Tx, n int) ([]Number, error) {
	var free []Number
	drawn := map[Number]bool{}
	for round := 0; len(free) < n; round++ {
		if round > 8+n/100 {
			return nil, fault.New(fault.Busy, "place.numbers")
		}
		var some []Number
		for len(some) < min(500, n-len(free)+8) {
			if v := NewNumber(); !drawn[v] {
				drawn[v] = true
				some = append(some, v)
			}
		}
		taken, err := numbersTaken(tx, s.Province, some)
		if err != nil {
			return nil, err
		}
		free = append(free, slices.DeleteFunc(some, func(v Number) bool { return taken[v] })...)
	}
	return free[:n], nil
}
