package place

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"khien/kernel/area"
	"khien/kernel/auth"
	"khien/kernel/id"
	"khien/kernel/store"
)

const placeColumns = `id, number, name, kind, area, address, lat, lon, hours, stay_minutes, poster_issued, closed, closed_by, seen, origin,
	version, created_ms, changed_ms, actor`

func scanPlace(s store.Scan) (p Place, err error) {
	var hours string
	var stay, created, changed int64
	err = s(&p.ID, &p.Number, &p.Name, &p.Kind, &p.Area, &p.Address, &p.Position.Lat, &p.Position.Lon, &hours, &stay, &p.PosterIssued,
		&p.Closed, &p.ClosedBy, &p.Seen, &p.Origin, &p.Version, &created, &changed, &p.Actor)
	if err != nil {
		return p, err
	}
	p.UsualStay = time.Duration(stay) * time.Minute
	p.Created, p.Changed = store.Time(created), store.Time(changed)
	return p, p.Hours.UnmarshalText([]byte(hours))
}

// placeByID returns a place of the scope's area.
func placeByID(ctx context.Context, q store.Querier, sc auth.Scope, i id.ID) (Place, error) {
	may, args := sc.Where("area", 3)
	return store.One(ctx, q, scanPlace,
		"select "+placeColumns+" from place_place where province = $1 and id = $2 and "+may, append([]any{sc.Province(), i}, args...)...)
}

// eachPlace calls row for all places of the province.
func eachPlace(ctx context.Context, q store.Querier, province int, row func(Place) error) error {
	return store.Each(ctx, q, func(s store.Scan) error {
		p, err := scanPlace(s)
		if err != nil {
			return err
		}
		return row(p)
	}, "select "+placeColumns+" from place_place where province = $1", province)
}

func insertPlace(tx *store.Tx, province int, p Place, folded string, importKey []byte) error {
	_, err := tx.Exec(`insert into place_place (province, id, number, import_key, name, folded, kind, area, address, lat, lon, hours,
		stay_minutes, poster_issued, closed, seen, origin, version, created_ms, changed_ms, actor)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)`,
		province, p.ID, p.Number, importKey, p.Name, folded, string(p.Kind), p.Area, p.Address, p.Position.Lat, p.Position.Lon,
		p.Hours.String(), minutes(p.UsualStay), p.PosterIssued, p.Closed, p.Seen, string(p.Origin), p.Version,
		store.Millis(p.Created), store.Millis(p.Changed), p.Actor)
	return err
}

func minutes(d time.Duration) int64 { return int64(d / time.Minute) }

// updatePlace writes p over version was and reports whether that still stood.
func updatePlace(tx *store.Tx, province int, p Place, folded string, was int) (bool, error) {
	n, err := tx.Exec(`update place_place set name = $3, folded = $4, kind = $5, area = $6, address = $7, lat = $8, lon = $9, hours = $10,
		stay_minutes = $11, poster_issued = $12, closed = $13, closed_by = $14, seen = $15, version = $16, changed_ms = $17, actor = $18
		where province = $1 and id = $2 and version = $19`,
		province, p.ID, p.Name, folded, string(p.Kind), p.Area, p.Address, p.Position.Lat, p.Position.Lon, p.Hours.String(),
		minutes(p.UsualStay), p.PosterIssued, p.Closed, p.ClosedBy, p.Seen, p.Version, store.Millis(p.Changed), p.Actor, was)
	return n == 1, err
}

// listPlaces returns at most most places after the cursor, by name.
func listPlaces(ctx context.Context, q store.Querier, sc auth.Scope, f Filter, most int) ([]Place, error) {
	may, args := sc.Where("area", 2)
	w := &where{args: append([]any{sc.Province()}, args...)}
	w.add(f.Kind != "", "kind = %s", string(f.Kind))
	if f.Area != 0 {
		lo, hi := f.Area.Range()
		w.add(true, "area >= %s and area < %s", lo, hi)
	}
	w.add(f.number != 0, "number = %s", f.number)
	for _, word := range f.words {
		w.add(true, "folded like %s", "%"+word+"%")
	}
	w.add(f.State == StateOpen || f.State == StateUnseen, "closed = %s", false)
	w.add(f.State == StateClosed, "closed = %s", true)
	w.add(f.State == StateUnseen, "seen = %s", false)
	if f.After != nil {
		w.add(true, "(folded, id) > (%s, %s)", f.After.Folded, f.After.ID)
	}
	text := "select " + placeColumns + " from place_place where province = $1 and " + may
	for _, p := range w.parts {
		text += " and " + p
	}
	return store.All(ctx, q, scanPlace, fmt.Sprintf("%s order by folded, id limit %d", text, most), w.args...)
}

// where gathers conditions and their arguments.
type where struct {
	parts []string
	args  []any
}

// add adds a condition whose %s are the next parameters, when it is asked for.
func (w *where) add(asked bool, format string, args ...any) {
	if !asked {
		return
	}
	marks := make([]any, len(args))
	for i, a := range args {
		w.args = append(w.args, a)
		marks[i] = fmt.Sprintf("$%d", len(w.args))
	}
	w.parts = append(w.parts, fmt.Sprintf(format, marks...))
}

// numbersTaken returns which of the numbers some place has.
func numbersTaken(tx *store.Tx, province int, numbers []Number) (map[Number]bool, error) {
	taken := map[Number]bool{}
	marks, args := store.Marks(numbers, []any{province}, store.Same)
	err := store.Each(tx.Context(), tx, func(s store.Scan) error {
		var n Number
		err := s(&n)
		taken[n] = true
		return err
	}, "select number from place_place where province = $1 and number in ("+marks+")", args...)
	return taken, err
}

// countKeeper returns 1 when the phone keeps the place, else 0.
func countKeeper(ctx context.Context, q store.Querier, sc auth.Scope, place id.ID, phone []byte) (int64, error) {
	return store.One(ctx, q, store.Int, "select count(*) from place_keeper where province = $1 and place = $2 and phone_index = $3",
		sc.Province(), place, phone)
}

// placesKept returns the places of a phone, by name.
func placesKept(ctx context.Context, q store.Querier, sc auth.Scope, phone []byte, most int) ([]Place, error) {
	return store.All(ctx, q, scanPlace, "select "+placeColumns+` from place_place where province = $1 and id in
		(select place from place_keeper where province = $1 and phone_index = $2) order by folded, id limit `+fmt.Sprint(most), sc.Province(), phone)
}

// keeperRow is a keeper as stored.
type keeperRow struct {
	phone  [16]byte
	sealed []byte
	added  time.Time
}

func keepersOf(ctx context.Context, q store.Querier, sc auth.Scope, place id.ID) ([]keeperRow, error) {
	return store.All(ctx, q, func(s store.Scan) (r keeperRow, err error) {
		var phone []byte
		var added int64
		err = s(&phone, &r.sealed, &added)
		copy(r.phone[:], phone)
		r.added = store.Time(added)
		return r, err
	}, "select phone_index, phone_sealed, added_ms from place_keeper where province = $1 and place = $2 order by added_ms, phone_index",
		sc.Province(), place)
}

func insertKeeper(tx *store.Tx, sc auth.Scope, place id.ID, phone, sealed []byte, added time.Time, actor string) error {
	_, err := tx.Exec(`insert into place_keeper (province, place, phone_index, phone_sealed, added_ms, actor)
		values ($1, $2, $3, $4, $5, $6)`, sc.Province(), place, phone, sealed, store.Millis(added), actor)
	return err
}

func deleteKeeper(tx *store.Tx, sc auth.Scope, place id.ID, phone []byte) (bool, error) {
	n, err := tx.Exec("delete from place_keeper where province = $1 and place = $2 and phone_index = $3", sc.Province(), place, phone)
	return n == 1, err
}

// knownPlaces returns by which keys a list would name the places that stand.
func knownPlaces(tx *store.Tx, province int) (map[[32]byte]bool, error) {
	known := map[[32]byte]bool{}
	err := store.Each(tx.Context(), tx, func(s store.Scan) error {
		var key []byte
		var name, address string
		var at area.Code
		if err := s(&key, &name, &at, &address); err != nil {
			return err
		}
		if len(key) == 32 {
			known[[32]byte(key)] = true
		}
		known[sameKey(name, at, address)] = true
		return nil
	}, "select import_key, name, area, address from place_place where province = $1", province)
	return known, err
}

// insertListed writes the places of a list.
func insertListed(tx *store.Tx, sc auth.Scope, ls []Listed) error {
	b := store.Bulk{Table: "place_place", Columns: []string{"province", "id", "number", "import_key", "name", "folded", "kind", "area", "address",
		"lat", "lon", "hours", "stay_minutes", "poster_issued", "closed", "seen", "origin", "version", "created_ms", "changed_ms", "actor"}}
	_, err := b.Insert(tx, rowsOf(slices.Values(ls), func(l Listed) []any {
		key, p := l.key(), l.Place
		return []any{sc.Province(), p.ID, p.Number, key[:], p.Name, area.Fold(p.Name), string(p.Kind), p.Area, p.Address,
			p.Position.Lat, p.Position.Lon, p.Hours.String(), minutes(p.UsualStay), p.PosterIssued, p.Closed, p.Seen, string(p.Origin), p.Version,
			store.Millis(p.Created), store.Millis(p.Changed), p.Actor}
	}))
	return err
}

// insertKeepers writes the keepers of places that are new.
func insertKeepers(tx *store.Tx, sc auth.Scope, ks iter.Seq[keeperOfPlace]) error {
	b := store.Bulk{Table: "place_keeper", Columns: []string{"province", "place", "phone_index", "phone_sealed", "added_ms", "actor"}}
	_, err := b.Insert(tx, rowsOf(ks, func(k keeperOfPlace) []any {
		return []any{sc.Province(), k.place, k.phone, k.sealed, store.Millis(sc.Now()), sc.Actor()}
	}))
	return err
}

func rowsOf[T any](all iter.Seq[T], row func(T) []any) iter.Seq[[]any] {
	return func(yield func([]any) bool) {
		for v := range all {
			if !yield(row(v)) {
				return
			}
		}
	}
}

// countUnseen returns how many open places of the scope's area no officer has looked at.
func countUnseen(ctx context.Context, q store.Querier, sc auth.Scope) (int64, error) {
	may, args := sc.Where("area", 4)
	return store.One(ctx, q, store.Int, "select count(*) from place_place where province = $1 and seen = $2 and closed = $3 and "+may,
		append([]any{sc.Province(), false, false}, args...)...)
}

// namesakes returns the other open places of an area that have the name, 10 at most.
func namesakes(ctx context.Context, q store.Querier, sc auth.Scope, p Place) ([]Place, error) {
	may, args := sc.Where("area", 6)
	return store.All(ctx, q, scanPlace, "select "+placeColumns+` from place_place where province = $1 and area = $2 and folded = $3
		and id <> $4 and closed = $5 and `+may+" order by id limit 10",
		append([]any{sc.Province(), p.Area, area.Fold(p.Name), p.ID, false}, args...)...)
}
