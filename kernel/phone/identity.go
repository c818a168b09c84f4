package phone

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"khien/kernel/area"
	"khien/kernel/auth"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/person"
	"khien/kernel/store"
	"khien/kernel/web"
)

// Identity is somebody a device speaks for, in the words of its holder: never
// what the registry knows of the person it led to.
type Identity struct {
	ID      id.ID // made by the form: the same again is one act
	Person  id.ID // of kernel/person; the claim's own, which a merge may lead elsewhere (person.Aliases)
	Self    bool  // the holder; else somebody they declare for
	Name    string
	Birth   string // "1988" or "1988-05-14"
	Sex     string // of person.Sexes
	Area    area.Code
	Address string
	Paper   string // number of a citizen card or another paper; "" not given
}

// identityBlob is what is sealed. A name of a field here never changes.
type identityBlob struct {
	Name    string    `json:"name"`
	Birth   string    `json:"birth,omitempty"`
	Sex     string    `json:"sex,omitempty"`
	Area    area.Code `json:"area,omitempty"`
	Address string    `json:"address,omitempty"`
	Paper   string    `json:"paper,omitempty"`
}

// identitiesMost bounds whom one device speaks for: a household, a class, a bus.
const identitiesMost = 60

func identityPlace(province int, d, i id.ID) []byte {
	return fmt.Appendf(nil, "phone_identity|%d|%s|%s", province, d, i)
}

// Say writes down who a device's holder says to be, or one more whom they
// declare for. The words become a person by person.Register; who was said to be
// the holder before is forgotten here, and a confirmation ends: it was of them.
func (s *Service) Say(ctx context.Context, d Device, i Identity) (Identity, error) {
	if ok, wait := s.says.Allow(string(d.Number[:])); !ok {
		return Identity{}, web.Rate(wait)
	}
	number, err := s.Number(ctx, d)
	if err != nil {
		return Identity{}, err
	}
	p := i.person()
	if i.Self {
		p.Phone = number
	}
	if p, err = p.Normal(); err != nil {
		return Identity{}, err
	}
	i.Name, i.Birth, i.Address = p.Name, p.Birth, p.Address
	if !i.Area.IsZero() {
		if _, ok := s.Gazetteer.Unit(i.Area); !ok {
			return Identity{}, fault.New(fault.Invalid, "phone.area").At("area", "")
		}
	}
	err = s.DB.Tx(ctx, func(tx *store.Tx) (err error) {
		i.Person, err = s.say(tx, d, i, p)
		return err
	})
	return i, err
}

func (s *Service) say(tx *store.Tx, d Device, i Identity, p person.Person) (id.ID, error) {
	known, err := selectIdentities(tx.Context(), tx, s.own, d.ID)
	if err != nil {
		return id.ID{}, err
	}
	for _, k := range known {
		if k.id == i.ID {
			return k.person, nil
		}
	}
	if !i.Self && len(known) >= identitiesMost {
		return id.ID{}, fault.New(fault.Conflict, "phone.many").With("most", identitiesMost)
	}
	// The claim's own id is made here: one chosen outside could be somebody's. It
	// stays the claim's when the registry finds them to be somebody who stands, so
	// that what the phone tells goes with its holder should that be taken back.
	p.ID = id.New()
	if _, err := s.People.Register(tx, auth.System(s.Province, "phone claim").WithClock(s.Now), p); err != nil {
		return id.ID{}, err
	}
	if i.Self {
		if err := deleteSelf(tx, s.own, d.ID); err != nil {
			return id.ID{}, err
		}
		if err := claimDevice(tx, s.own, d.ID, p.ID, s.now()); err != nil {
			return id.ID{}, err
		}
		s.changed(tx)
	}
	plain, err := json.Marshal(identityBlob{i.Name, i.Birth, i.Sex, i.Area, i.Address, i.Paper})
	if err != nil {
		return id.ID{}, err
	}
	return p.ID, insertIdentity(tx, s.own, d.ID, identityRow{i.ID, p.ID, i.Self,
		s.Keys.Seal("phone identity", plain, identityPlace(s.Province, d.ID, i.ID)), s.now()})
}

func (i Identity) person() person.Person {
	p := person.Person{Name: i.Name, Birth: i.Birth, Sex: i.Sex, Area: i.Area, Address: i.Address}
	if i.Paper != "" {
		p.Papers = []person.Paper{{Kind: PaperKind(i.Paper), Number: i.Paper}}
	}
	return p
}

// PaperKind says what a number looks like: people type it without saying.
func PaperKind(number string) person.PaperKind {
	n := strings.NewReplacer(" ", "", ".", "", "-", "").Replace(number)
	switch digits := strings.Trim(n, "0123456789") == ""; {
	case digits && len(n) == 12:
		return person.CitizenCard
	case digits && len(n) == 9:
		return person.OldCard
	case digits && len(n) == 10 || len(n) == 15:
		return person.InsuranceTag
	}
	return person.TravelPaper
}

// Identities lists whom a device speaks for, its holder first.
func (s *Service) Identities(ctx context.Context, d Device) (all []Identity, err error) {
	rows, err := selectIdentities(ctx, s.DB, s.own, d.ID)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		plain, err := s.Keys.OpenSealed("phone identity", r.sealed, identityPlace(s.Province, d.ID, r.id))
		if err != nil {
			return nil, fmt.Errorf("phone: identity %s: %w", r.id, err)
		}
		var b identityBlob
		if json.Unmarshal(plain, &b) != nil { // the cause would quote it
			return nil, fmt.Errorf("phone: identity %s: not JSON", r.id)
		}
		all = append(all, Identity{r.id, r.person, r.self, b.Name, b.Birth, b.Sex, b.Area, b.Address, b.Paper})
	}
	return all, nil
}

// Forget takes somebody off the list of whom a device speaks for. What was
// declared for them stays.
func (s *Service) Forget(ctx context.Context, d Device, which id.ID) error {
	return s.DB.Tx(ctx, func(tx *store.Tx) error {
		gone, err := deleteIdentity(tx, s.own, d.ID, which)
		if err == nil && !gone {
			return fault.New(fault.NotFound, "phone.identity")
		}
		return err
	})
}
