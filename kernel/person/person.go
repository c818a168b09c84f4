// Package person keeps one row for every human being, whatever role they play.
//
// What says who somebody is stands sealed in one blob, with a key of the
// person's own that is itself sealed by the master key (package secret).
// Erasing the person destroys that key. Names, phones and papers are found by
// keyed hashes of their normalised form, exactly or not at all.
//
// Register is how a list, a form or a card becomes a person: it looks for the
// human being among those who stand already (blocks, then Compare), merges above
// one threshold, asks above another, and writes a new row below. Every merge can
// be undone, and who was told apart stays apart.
//
// Nothing is read or written without an auth.Scope. What staff read is written
// down in the audit chain, in the same transaction or in one of its own.
package person

import (
	"cmp"
	"context"
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
	keys := s.keysOf(p)
	if err := lockBlocks(tx, sc, []id.ID{p.ID}, keys); err != nil {
		return id.ID{}, err
	}
	if err := s.insert(tx, sc, p, keys); err != nil {
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
	p.ID = r.id
	if err := s.rewrite(tx, sc, r, was, p); err != nil {
		return err
	}
	return audit.Append(tx, sc.Entry("person.change", "person", p.ID.String(), p.Area, nil))
}

// Learn adds to somebody in scope what p says and was not known: what stands is
// not overwritten, another name, phone or paper stands beside it.
func (s *Service) Learn(tx *store.Tx, sc auth.Scope, p Person) error {
	if !sc.Allows(auth.WritePeople) {
		return errAct
	}
	if err := p.normalise(); err != nil {
		return err
	}
	r, was, err := s.open(tx.Context(), tx, sc, p.ID)
	if err != nil {
		return err
	}
	after := was.learn(p)
	if was.equal(after) {
		return nil
	}
	if err := s.rewrite(tx, sc, r, was, after); err != nil {
		return err
	}
	return audit.Append(tx, sc.Entry("person.learn", "person", r.id.String(), after.Area, nil))
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

// FindByName returns the people in scope who have this name, or had or have it
// beside another, marks and capitals aside, 50 at most, by ID.
func (s *Service) FindByName(ctx context.Context, q store.Querier, sc auth.Scope, name string) ([]Person, error) {
	name = area.Fold(name)
	if name == "" {
		return s.find(ctx, q, sc, look{by: "name"})
	}
	return s.find(ctx, q, sc, look{by: "name", index: s.nameIndex(name), main: selectByName, also: []block{lone(toName, name)}, fits: func(p Person) bool {
		return area.Fold(p.Name) == name || slices.ContainsFunc(p.OtherNames, func(o string) bool { return area.Fold(o) == name })
	}})
}

// FindByPhone returns the people in scope who have this phone, 50 at most, by
// ID. What is no phone number is fault.Invalid.
func (s *Service) FindByPhone(ctx context.Context, q store.Querier, sc auth.Scope, phone string) ([]Person, error) {
	phone, err := NormalPhone(phone)
	if err != nil {
		return nil, err
	}
	return s.find(ctx, q, sc, look{by: "phone", index: s.phoneIndex(phone), main: selectByPhone, also: []block{lone(toPhone, phone)},
		fits: func(p Person) bool { return p.Phone == phone || slices.Contains(p.OtherPhones, phone) }})
}

// FindByPaper returns the people in scope who hold a paper of this number. The
// old and the new number of one insurance are the same.
func (s *Service) FindByPaper(ctx context.Context, q store.Querier, sc auth.Scope, number string) ([]Person, error) {
	number, err := normalPaper(number)
	if err != nil {
		return nil, err
	}
	var as []block
	for _, k := range []PaperKind{CitizenCard, TravelPaper, InsuranceTag} { // an old card's number is classed like a citizen's
		as = append(as, Paper{k, number}.block())
	}
	return s.find(ctx, q, sc, look{by: "paper", also: as, fits: func(p Person) bool {
		return slices.ContainsFunc(p.Papers, func(x Paper) bool { return slices.Contains(as, x.block()) })
	}})
}

// look is what is looked for: a column's index, and blocks.
type look struct {
	by    string
	index []byte
	main  func(context.Context, store.Querier, auth.Scope, []byte) ([]row, error)
	also  []block
	fits  func(Person) bool // two texts may share a block's 64 bits
}

func (s *Service) find(ctx context.Context, q store.Querier, sc auth.Scope, l look) (people []Person, err error) {
	if !sc.Allows(auth.ReadPeople) {
		return nil, errAct
	}
	var rows []row
	if l.main != nil {
		if rows, err = l.main(ctx, q, sc, l.index); err != nil {
			return nil, err
		}
	}
	if l.also != nil {
		more, err := selectInBlocks(ctx, q, sc, s.blockKeys(l.also))
		if err != nil {
			return nil, err
		}
		rows = append(rows, more...)
	}
	slices.SortFunc(rows, func(a, b row) int { return compareIDs(a.id, b.id) })
	rows = slices.CompactFunc(rows, func(a, b row) bool { return a.id == b.id })
	for _, r := range rows[:min(len(rows), found)] {
		p, err := s.read(sc, r)
		if err != nil {
			return nil, err
		}
		if l.fits(p) {
			people = append(people, p)
		}
	}
	return people, s.noteFound(ctx, q, sc, l.by, people)
}

// note writes down what staff or a console read; the program's own jobs read
// for those whose acts are rows already.
func (s *Service) note(ctx context.Context, q store.Querier, all ...audit.Entry) error {
	if all[0].ActorKind == "system" {
		return nil
	}
	tx, ok := q.(*store.Tx)
	if !ok {
		return s.db.Tx(ctx, func(tx *store.Tx) error { return s.note(ctx, tx, all...) })
	}
	for _, e := range all {
		if err := audit.Append(tx, e); err != nil {
			return err
		}
	}
	return nil
}

// Erase destroys the key and everything that says who somebody is, in the copies
// of merges too. The row stays, empty, for the cases and visits that point at it.
func (s *Service) Erase(tx *store.Tx, sc auth.Scope, i id.ID) error {
	if !sc.Allows(auth.WritePeople) {
		return errAct
	}
	r, p, err := s.open(tx.Context(), tx, sc, i)
	if f := fault.Of(err); f != nil && f.Key == "person.erased" {
		return nil
	}
	if err != nil {
		return err
	}
	if err := s.empty(tx, sc, p); err != nil {
		return err
	}
	if err := s.eraseMerges(tx, sc, r.id); err != nil {
		return err
	}
	return audit.Append(tx, sc.Entry("person.erase", "person", r.id.String(), r.area, nil))
}
