package person

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"khien/kernel/area"
	"khien/kernel/auth"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/secret"
	"khien/kernel/store"
)

// row is a person as stored.
type row struct {
	id         id.ID
	area       area.Code
	wrapped    []byte // nil: erased, or merged into another
	sealed     []byte
	nameIndex  []byte
	phoneIndex []byte
}

// blob is what is sealed. A name of a field here never changes.
type blob struct {
	Name    string  `json:"name"`
	Birth   string  `json:"birth,omitempty"`
	Sex     string  `json:"sex,omitempty"`
	Phone   string  `json:"phone,omitempty"`
	Papers  []Paper `json:"papers,omitempty"`
	Address string  `json:"address,omitempty"`

	OtherNames  []string `json:"other_names,omitempty"`
	OtherPhones []string `json:"other_phones,omitempty"`
	Household   string   `json:"household,omitempty"`
	Nationality string   `json:"nationality,omitempty"`
	Occupation  string   `json:"occupation,omitempty"`
}

func blobOf(p Person) blob {
	return blob{p.Name, p.Birth, p.Sex, p.Phone, p.Papers, p.Address, p.OtherNames, p.OtherPhones, p.Household, p.Nationality, p.Occupation}
}

// person is what a blob says of whom.
func (b blob) person(i id.ID, at area.Code) Person {
	return Person{ID: i, Name: b.Name, Birth: b.Birth, Sex: b.Sex, Phone: b.Phone, Papers: b.Papers, Address: b.Address, Area: at,
		OtherNames: b.OtherNames, OtherPhones: b.OtherPhones, Household: b.Household, Nationality: b.Nationality, Occupation: b.Occupation}
}

// place is what a sealed value is bound to: it cannot be moved to another row.
func place(sc auth.Scope, i id.ID, column string) []byte {
	return fmt.Appendf(nil, "person_person|%d|%s|%s", sc.Province(), i, column)
}

func (s *Service) seal(sc auth.Scope, r *row, key secret.Key, p Person) error {
	plain, err := json.Marshal(blobOf(p))
	if err != nil {
		return err
	}
	r.sealed = key.Seal(plain, place(sc, p.ID, "sealed"))
	r.nameIndex, r.phoneIndex = s.nameIndex(p.Name), s.phoneIndex(p.Phone)
	return nil
}

// open returns somebody in scope; who was merged is found as who they are now.
func (s *Service) open(ctx context.Context, q store.Querier, sc auth.Scope, i id.ID) (row, Person, error) {
	r, err := selectPerson(ctx, q, sc, i)
	if fault.Is(err, fault.NotFound) || err == nil && r.wrapped == nil {
		var now id.ID
		if now, err = s.Canonical(ctx, q, sc, i); err == nil && (now != i || r.id.IsZero()) {
			r, err = selectPerson(ctx, q, sc, now)
		}
	}
	if fault.Is(err, fault.NotFound) {
		return row{}, Person{}, errNone
	}
	if err != nil {
		return row{}, Person{}, err
	}
	p, err := s.read(sc, r)
	return r, p, err
}

func (s *Service) read(sc auth.Scope, r row) (Person, error) {
	if r.wrapped == nil {
		return Person{}, fault.New(fault.NotFound, "person.erased")
	}
	key, err := s.keys.Unwrap(r.wrapped, place(sc, r.id, "key"))
	if err != nil {
		return Person{}, fmt.Errorf("person: key of %s: %w", r.id, err)
	}
	plain, err := key.Open(r.sealed, place(sc, r.id, "sealed"))
	if err != nil {
		return Person{}, fmt.Errorf("person: record of %s: %w", r.id, err)
	}
	var b blob
	if err := json.Unmarshal(plain, &b); err != nil {
		return Person{}, fmt.Errorf("person: record of %s: %w", r.id, errors.New("not JSON")) // the cause would quote it
	}
	return b.person(r.id, r.area), nil
}

// The blind indexes; nil for nothing to find.

func (s *Service) nameIndex(name string) []byte {
	if name = area.Fold(name); name == "" {
		return nil
	}
	return s.keys.BlindIndex("person name", name)
}

func (s *Service) phoneIndex(phone string) []byte {
	if phone == "" {
		return nil
	}
	return s.keys.BlindIndex("person phone", phone)
}

// insert writes a new row with its blocks.
func (s *Service) insert(tx *store.Tx, sc auth.Scope, p Person, keys []blockKey) error {
	r, err := s.sealed(sc, row{id: p.ID, area: p.Area}, p)
	if err != nil {
		return err
	}
	if err := insertPeople(tx, sc, []row{r}, sc.Now()); err != nil {
		return err
	}
	return insertBlocks(tx, sc, standingIn(p.ID, keys))
}

// sealed returns the row that says p: with r's key, wrapped anew when the master
// key has changed, or with a new one when r has none.
func (s *Service) sealed(sc auth.Scope, r row, p Person) (row, error) {
	var key secret.Key
	var err error
	at := place(sc, r.id, "key")
	if r.wrapped == nil {
		key, r.wrapped = s.keys.NewKey(at)
	} else if key, err = s.keys.Unwrap(r.wrapped, at); err != nil {
		return r, fmt.Errorf("person: key of %s: %w", r.id, err)
	}
	if s.keys.Old(r.wrapped) {
		if r.wrapped, err = s.keys.Rewrap(r.wrapped, at); err != nil {
			return r, fmt.Errorf("person: key of %s: %w", r.id, err)
		}
	}
	r.area, p.ID = p.Area, r.id
	return r, s.seal(sc, &r, key, p)
}

// rewrite writes a row anew that said was and now says p.
func (s *Service) rewrite(tx *store.Tx, sc auth.Scope, r row, was, p Person) error {
	r, err := s.sealed(sc, r, p)
	if err != nil {
		return err
	}
	if err := updatePerson(tx, sc, r, false, sc.Now()); err != nil {
		return err
	}
	k := known{row: r}
	before, after := s.keysOf(was), s.keysOf(p)
	if err := deleteBlocks(tx, sc, k.standing(before, after)); err != nil {
		return err
	}
	return insertBlocks(tx, sc, k.standing(after, before))
}

// empty takes away all that says who p is; the row stays for those that point at it.
func (s *Service) empty(tx *store.Tx, sc auth.Scope, p Person) error {
	if err := erasePerson(tx, sc, p.ID, sc.Now()); err != nil {
		return err
	}
	return deleteBlocks(tx, sc, standingIn(p.ID, s.keysOf(p)))
}

// blockKey is a block as stored: keyed hashes of its text, and of what it shares
// with the blocks beside it.
type blockKey struct {
	kind blockKind
	key  int64 // with neighbours: 32 bits of near, then 32 of the text; else 64 of the text
}

func (s *Service) blockKeys(blocks []block) []blockKey {
	keys := make([]blockKey, len(blocks))
	for i, b := range blocks {
		h := s.keys.BlindIndex("person block "+b.kind.String(), b.text)
		switch {
		case b.near == "":
		case i > 0 && blocks[i-1].kind == b.kind && blocks[i-1].near == b.near:
			binary.BigEndian.PutUint32(h, uint32(keys[i-1].key>>32))
		default:
			copy(h[:4], s.keys.BlindIndex("person near "+b.kind.String(), b.near))
		}
		keys[i] = blockKey{b.kind, int64(binary.BigEndian.Uint64(h))}
	}
	return keys
}

func (s *Service) keysOf(p Person) []blockKey { return s.blockKeys(blocksOf(newSide(p))) }

func standingIn(i id.ID, keys []blockKey) []standing {
	k := known{row: row{id: i}}
	return k.standing(keys, nil)
}

// equal reports whether p and q say the same.
func (p Person) equal(q Person) bool {
	return p.Name == q.Name && p.Birth == q.Birth && p.Sex == q.Sex && p.Phone == q.Phone && p.Address == q.Address && p.Area == q.Area &&
		p.Household == q.Household && p.Nationality == q.Nationality && p.Occupation == q.Occupation &&
		slices.Equal(p.Papers, q.Papers) && slices.Equal(p.OtherNames, q.OtherNames) && slices.Equal(p.OtherPhones, q.OtherPhones)
}
