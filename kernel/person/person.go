// Package person keeps one row for every human being, whatever role they play.
//
// What says who somebody is stands sealed in one blob, with a key of the
// person's own that is itself sealed by the master key (package secret).
// Erasing the person destroys that key. Names, phones and papers are found by
// keyed hashes of their normalised form, exactly or not at all; likeness and
// merging are the matter of a later step.
//
// Nothing is read or written without an auth.Scope. What staff read is written
// down in the audit chain, in the same transaction or in one of its own.
package person

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"khien/kernel/area"
	"khien/kernel/audit"
	"khien/kernel/auth"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/secret"
	"khien/kernel/store"
)

// Sexes lists what a record may say, FHIR's administrative gender; "" is not known.
var Sexes = []string{"female", "male", "other"}

// Person is what is known of somebody. May be read by those whose scope covers
// Area and whose roles may read people; it dies by Erase.
type Person struct {
	ID      id.ID
	Name    string
	Birth   string // "1988", "1988-05" or "1988-05-14": as precise as it is known; "" unknown
	Sex     string // of Sexes
	Phone   string // E.164: "+84912345678"; "" unknown
	Papers  []Paper
	Address string    // house, street, hamlet
	Area    area.Code // where they live or stay; 0 unknown

	OtherNames  []string // names they were also written down by
	OtherPhones []string // further numbers, E.164
	Household   string   // number of the household's book, as its list has it; "" unknown
	Nationality string   // ISO 3166-1 alpha-2; "" unknown, which is VN for nearly all
	Occupation  string   // as said
}

// Paper is one identity paper.
type Paper struct {
	Kind   PaperKind `json:"kind"`
	Number string    `json:"number"` // capitals and digits only
}

// PaperKind is a sort of identity paper. The values are stored as written.
type PaperKind string

// The kinds.
const (
	CitizenCard  PaperKind = "citizen_card"  // căn cước công dân, 12 digits
	OldCard      PaperKind = "identity_card" // chứng minh nhân dân, 9 digits
	TravelPaper  PaperKind = "passport"
	InsuranceTag PaperKind = "health_insurance"
)

// Config is what a Service needs.
type Config struct {
	DB   *store.DB
	Keys *secret.Keys
}

// Service reads and writes people. It is safe for concurrent use.
type Service struct {
	db   *store.DB
	keys *secret.Keys
}

// New returns a Service.
func New(c Config) *Service { return &Service{c.DB, c.Keys} }

var (
	errAct  = fault.New(fault.Forbidden, "auth.act")
	errNone = fault.New(fault.NotFound, "person.none")
)

// Create writes a new person and returns its ID, made here when p has none. The
// area may lie outside the scope: whoever finds a case writes down who it is,
// wherever they stay. An ID that stands already is fault.Conflict.
func (s *Service) Create(tx *store.Tx, sc auth.Scope, p Person) (id.ID, error) {
	if !sc.Allows(auth.WritePeople) {
		return id.ID{}, errAct
	}
	if err := p.normalise(); err != nil {
		return id.ID{}, err
	}
	if p.ID.IsZero() {
		p.ID = id.New()
	}
	key, wrapped := s.keys.NewKey(place(sc, p.ID, "key"))
	r := row{id: p.ID, area: p.Area, wrapped: wrapped}
	if err := s.seal(sc, &r, key, p); err != nil {
		return id.ID{}, err
	}
	if err := insertPerson(tx, sc, r, sc.Now()); err != nil {
		return id.ID{}, err
	}
	if err := insertPapers(tx, sc, p.ID, s.paperIndexes(p)); err != nil {
		return id.ID{}, err
	}
	return p.ID, audit.Append(tx, sc.Entry("person.create", "person", p.ID.String(), p.Area, nil))
}

// Change writes what is known of somebody in scope anew. What is empty in p
// stays as it was, not every form asks for it; Name, Sex and Phone are written
// as they are.
func (s *Service) Change(tx *store.Tx, sc auth.Scope, p Person) error {
	if !sc.Allows(auth.WritePeople) {
		return errAct
	}
	r, was, err := s.open(tx.Context(), tx, sc, p.ID)
	if err != nil {
		return err
	}
	p.keep(was)
	if err := p.normalise(); err != nil {
		return err
	}
	key, err := s.keys.Unwrap(r.wrapped, place(sc, p.ID, "key"))
	if err != nil {
		return fmt.Errorf("person: key of %s: %w", p.ID, err)
	}
	if r.area = p.Area; s.keys.Old(r.wrapped) {
		if r.wrapped, err = s.keys.Rewrap(r.wrapped, place(sc, p.ID, "key")); err != nil {
			return fmt.Errorf("person: key of %s: %w", p.ID, err)
		}
	}
	if err := s.seal(sc, &r, key, p); err != nil {
		return err
	}
	if err := updatePerson(tx, sc, r, sc.Now()); err != nil {
		return err
	}
	if err := deletePapers(tx, sc, p.ID); err != nil {
		return err
	}
	if err := insertPapers(tx, sc, p.ID, s.paperIndexes(p)); err != nil {
		return err
	}
	return audit.Append(tx, sc.Entry("person.change", "person", p.ID.String(), p.Area, nil))
}

func (p *Person) keep(was Person) {
	if p.Birth == "" {
		p.Birth = was.Birth
	}
	if p.Address == "" {
		p.Address = was.Address
	}
	if p.Papers == nil {
		p.Papers = was.Papers
	}
	if p.Area.IsZero() {
		p.Area = was.Area
	}
	if p.OtherNames == nil {
		p.OtherNames = was.OtherNames
	}
	if p.OtherPhones == nil {
		p.OtherPhones = was.OtherPhones
	}
	p.Household = cmp.Or(p.Household, was.Household)
	p.Nationality = cmp.Or(p.Nationality, was.Nationality)
	p.Occupation = cmp.Or(p.Occupation, was.Occupation)
}

// Get returns somebody in scope; fault.NotFound for anybody else, also for those
// who were erased. q is the caller's transaction, or the database: then the
// audit row is written in a transaction of its own before anything is returned.
func (s *Service) Get(ctx context.Context, q store.Querier, sc auth.Scope, i id.ID) (Person, error) {
	if !sc.Allows(auth.ReadPeople) {
		return Person{}, errAct
	}
	_, p, err := s.open(ctx, q, sc, i)
	if err != nil {
		return Person{}, err
	}
	return p, s.note(ctx, q, sc.Entry("person.read", "person", i.String(), p.Area, nil))
}

// found bounds a search: nobody needs more namesakes on a page.
const found = 50

// FindByName returns the people in scope who have this name, marks and capitals
// aside, 50 at most, by ID.
func (s *Service) FindByName(ctx context.Context, q store.Querier, sc auth.Scope, name string) ([]Person, error) {
	return s.find(ctx, q, sc, "name", s.nameIndex(name), selectByName)
}

// FindByPhone returns the people in scope who have this phone, 50 at most, by
// ID. What is no phone number is fault.Invalid.
func (s *Service) FindByPhone(ctx context.Context, q store.Querier, sc auth.Scope, phone string) ([]Person, error) {
	phone, err := NormalPhone(phone)
	if err != nil {
		return nil, err
	}
	return s.find(ctx, q, sc, "phone", s.phoneIndex(phone), selectByPhone)
}

// FindByPaper returns the people in scope who hold a paper of this number.
func (s *Service) FindByPaper(ctx context.Context, q store.Querier, sc auth.Scope, number string) ([]Person, error) {
	number, err := normalPaper(number)
	if err != nil {
		return nil, err
	}
	return s.find(ctx, q, sc, "paper", s.paperIndex(number), selectByPaper)
}

type selectFunc func(context.Context, store.Querier, auth.Scope, []byte) ([]row, error)

func (s *Service) find(ctx context.Context, q store.Querier, sc auth.Scope, by string, index []byte, sel selectFunc) ([]Person, error) {
	if !sc.Allows(auth.ReadPeople) {
		return nil, errAct
	}
	if index == nil {
		return nil, nil
	}
	rows, err := sel(ctx, q, sc, index)
	if err != nil {
		return nil, err
	}
	var people []Person
	var ids []string
	for _, r := range rows {
		p, err := s.read(sc, r)
		if err != nil {
			return nil, err
		}
		people, ids = append(people, p), append(ids, p.ID.String())
	}
	detail := map[string]any{"by": by, "found": ids}
	return people, s.note(ctx, q, sc.Entry("person.find", "person", "", 0, detail))
}

// note writes down what staff or a console read; the program's own jobs read
// for those whose acts are rows already.
func (s *Service) note(ctx context.Context, q store.Querier, e audit.Entry) error {
	if e.ActorKind == "system" {
		return nil
	}
	if tx, ok := q.(*store.Tx); ok {
		return audit.Append(tx, e)
	}
	return s.db.Tx(ctx, func(tx *store.Tx) error { return audit.Append(tx, e) })
}

// Erase destroys the key and everything that says who somebody is. The row
// stays, empty, for the cases and visits that point at it.
func (s *Service) Erase(tx *store.Tx, sc auth.Scope, i id.ID) error {
	if !sc.Allows(auth.WritePeople) {
		return errAct
	}
	r, err := selectPerson(tx.Context(), tx, sc, i)
	if fault.Is(err, fault.NotFound) {
		return errNone
	}
	if err != nil || r.wrapped == nil {
		return err
	}
	if err := erasePerson(tx, sc, i, sc.Now()); err != nil {
		return err
	}
	if err := deletePapers(tx, sc, i); err != nil {
		return err
	}
	return audit.Append(tx, sc.Entry("person.erase", "person", i.String(), r.area, nil))
}

// row is a person as stored.
type row struct {
	id         id.ID
	area       area.Code
	wrapped    []byte // nil: erased
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

func (s *Service) open(ctx context.Context, q store.Querier, sc auth.Scope, i id.ID) (row, Person, error) {
	r, err := selectPerson(ctx, q, sc, i)
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

func (s *Service) paperIndex(number string) []byte { return s.keys.BlindIndex("person paper", number) }

func (s *Service) paperIndexes(p Person) [][]byte {
	var all [][]byte
	for _, paper := range p.Papers {
		x := s.paperIndex(paper.Number)
		if !slices.ContainsFunc(all, func(y []byte) bool { return string(x) == string(y) }) {
			all = append(all, x)
		}
	}
	return all
}
