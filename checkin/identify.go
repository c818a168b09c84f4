package checkin

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"khien/kernel/event"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/person"
	"khien/kernel/place"
	"khien/kernel/store"
	"khien/wire/qr"
)

// scanned is who a keeper has before them, as far as what they scanned or typed
// says. It identifies and does not authenticate.
type scanned struct {
	person id.ID
	who    string // masked, "N. V. A."
	how    event.How
	flags  Flags
}

// row is one line of a keeper's delivery.
type row struct {
	ID    id.ID
	At    time.Time
	Code  string
	Name  string
	Phone string
	Birth string
	Leave bool
}

var (
	errPoster = fault.New(fault.Invalid, "checkin.own_poster")
	errUsed   = fault.New(fault.Conflict, "checkin.code_used")
	errCard   = fault.New(fault.NotFound, "checkin.card")
	errEmpty  = fault.New(fault.Invalid, "checkin.empty")
)

// newcomer is somebody whom a card or a keeper names and who is yet to be found
// in the registry, or added.
type newcomer struct {
	person.Person
	found scanned
	key   [16]byte // under which the card is remembered; zero: a typed name is not
}

// identify finds who a row is about, or who is to be registered for it. at is the
// moment of the scan by our clock.
func (s *Service) identify(ctx context.Context, p place.Place, r row, at time.Time) (scanned, *newcomer, error) {
	if r.Code == "" {
		who, err := s.named(p, r)
		return scanned{}, who, err
	}
	code, err := qr.Read(strings.TrimSpace(r.Code))
	if err != nil {
		return scanned{}, nil, refusal(err)
	}
	found := scanned{}
	switch code.Kind {
	case qr.PersonPhone:
		found, err = s.byPhone(ctx, p, *code.Phone, at)
		return found, nil, err
	case qr.PersonCard:
		found, err = s.byCard(ctx, *code.Card)
		return found, nil, err
	case qr.CitizenCard:
		return s.byPaper(p, r, ofCitizen(*code.Citizen), event.ByCitizen, code.Flags)
	case qr.InsuranceCard:
		return s.byPaper(p, r, ofInsurance(*code.Insurance), event.ByInsurance, code.Flags)
	case qr.Personal1405:
		return s.byPaper(p, r, ofPersonal(*code.Personal), event.ByPersonal, code.Flags)
	}
	return scanned{}, nil, errPoster
}

// refusal turns a refusal of package qr into ours.
func refusal(err error) error {
	var q *qr.Error
	if errors.As(err, &q) {
		return fault.New(fault.Invalid, "qr."+q.Why).Because(err)
	}
	return err
}

// byPhone takes the code on a phone: now when it was scanned now, else by the
// moment that the keeper's device noted. It is good for one place.
func (s *Service) byPhone(ctx context.Context, p place.Place, u qr.UnverifiedPhone, at time.Time) (scanned, error) {
	window := qr.Online
	if s.now().Sub(at) > clockOff {
		window = qr.Offline
	}
	var who id.ID
	code, err := u.Verify(func(handle [16]byte) ([]byte, error) {
		d, secret, err := s.Phones.ByHandle(ctx, handle)
		if fault.Is(err, fault.NotFound) {
			return nil, nil // UnknownKey
		}
		who = d.Person
		return secret, err
	}, at, window)
	if err != nil {
		return scanned{}, refusal(err)
	}
	if who.IsZero() {
		return scanned{}, errUnknown
	}
	var first id.ID
	err = s.DB.Tx(ctx, func(tx *store.Tx) (err error) {
		first, err = takeScan(tx, s.system, code.Step, id.ID(code.Handle), p.ID)
		return err
	})
	if err != nil {
		return scanned{}, err
	}
	if first != p.ID {
		return scanned{}, errUsed
	}
	return s.masked(ctx, scanned{person: who, how: event.ByPhone})
}

func (s *Service) byCard(ctx context.Context, u qr.UnverifiedCard) (scanned, error) {
	key := s.known.key(s.Keys, u.Token())
	if was, ok := s.known.recall(key, s.now()); ok {
		return was, nil
	}
	if s.Cards == nil {
		return scanned{}, errCard
	}
	code, err := u.Verify(s.Codes.Trust(qr.CardDays))
	if err != nil {
		return scanned{}, refusal(err)
	}
	who, err := s.Cards.Holder(ctx, code.Token)
	if err != nil {
		return scanned{}, err
	}
	found, err := s.masked(ctx, scanned{person: who, how: event.ByCard})
	if err == nil {
		s.known.remember(key, found, s.now().Add(cardKnown))
	}
	return found, err
}

// byPaper knows the card from a while ago, or says who is to be registered.
func (s *Service) byPaper(at place.Place, r row, p person.Person, how event.How, flags []qr.Flag) (scanned, *newcomer, error) {
	key := s.known.key(s.Keys, r.Code)
	if was, ok := s.known.recall(key, s.now()); ok {
		return was, nil, nil
	}
	var names []string
	for _, f := range flags {
		names = append(names, string(f))
	}
	who, err := s.comer(at, r, p, scanned{how: how, flags: flagsOf(names)})
	if err != nil {
		return scanned{}, nil, err
	}
	who.key = key
	return scanned{}, who, nil
}

func (s *Service) named(at place.Place, r row) (*newcomer, error) {
	if strings.TrimSpace(r.Name) == "" {
		return nil, errEmpty.At("name", "")
	}
	return s.comer(at, r, person.Person{Name: r.Name, Phone: r.Phone, Birth: r.Birth}, scanned{how: event.ByName})
}

// comer checks what is said of somebody. Their id hangs on the row's, so that a
// row that is delivered again is the same newcomer; nobody can choose it.
func (s *Service) comer(at place.Place, r row, p person.Person, found scanned) (*newcomer, error) {
	p, err := p.Normal()
	if err != nil {
		return nil, err
	}
	p.Area, p.ID = at.Area, s.newcomerID(r.ID)
	found.who = initials(p.Name)
	return &newcomer{Person: p, found: found}, nil
}

// register finds out who the newcomers are, all at once; should one of them make
// that fail, each alone. Their errors stand by their place in all.
func (s *Service) register(ctx context.Context, all []*newcomer) []error {
	errs := make([]error, len(all))
	if len(all) == 0 || s.registerSome(ctx, all) == nil {
		return errs
	}
	for i := range all {
		errs[i] = s.registerSome(ctx, all[i:i+1])
	}
	return errs
}

func (s *Service) registerSome(ctx context.Context, some []*newcomer) error {
	people := make([]person.Person, len(some))
	for i, n := range some {
		people[i] = n.Person
	}
	var done []person.Registered
	err := s.DB.Tx(ctx, func(tx *store.Tx) (err error) {
		done, err = s.People.RegisterAll(tx, s.system, people)
		return err
	})
	if err != nil {
		return err
	}
	for i, n := range some {
		n.found.person = done[i].ID
		if n.key != [16]byte{} {
			s.known.remember(n.key, n.found, s.now().Add(paperKnown))
		}
	}
	return nil
}

// newcomerID makes a UUIDv7 of a visit's moment and a keyed hash of its id.
func (s *Service) newcomerID(visit id.ID) (i id.ID) {
	copy(i[:], s.Keys.BlindIndex("checkin newcomer", visit.String()))
	copy(i[:6], visit[:6])
	i[6], i[8] = i[6]&0x0f|0x70, i[8]&0x3f|0x80
	return i
}

// masked adds what a keeper may see of somebody whose code they scanned.
func (s *Service) masked(ctx context.Context, found scanned) (scanned, error) {
	p, err := s.People.Get(ctx, s.DB, s.system, found.person)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return scanned{}, err
	}
	found.who = initials(p.Name)
	return found, nil
}

// initials is all that a keeper sees of a name: "Nguyễn Văn An" is "N. V. A.".
func initials(name string) string {
	var parts []string
	for i, w := range strings.Fields(name) {
		r, _ := utf8.DecodeRuneInString(w)
		if i == 8 || !unicode.IsLetter(r) {
			break
		}
		parts = append(parts, string(unicode.ToUpper(r))+".")
	}
	return strings.Join(parts, " ")
}

func ofCitizen(c qr.Citizen) person.Person {
	p := person.Person{Name: c.Name, Birth: c.Birth, Sex: c.Sex, Address: c.Address, Papers: []person.Paper{{Kind: person.CitizenCard, Number: c.Number}}}
	if len(c.OldNumber) == 9 {
		p.Papers = append(p.Papers, person.Paper{Kind: person.OldCard, Number: c.OldNumber})
	}
	return p
}

func ofInsurance(c qr.Insurance) person.Person {
	return person.Person{Name: c.Name, Birth: c.Birth, Sex: c.Sex, Address: c.Address, Papers: []person.Paper{{Kind: person.InsuranceTag, Number: c.Number}}}
}

// ofPersonal leaves a paper out that the code masks: it would be somebody else's.
func ofPersonal(c qr.Personal) person.Person {
	p := person.Person{Name: c.Name, Birth: c.Birth}
	if c.Paper == "" || strings.Contains(c.Paper, "*") {
		return p
	}
	kind := person.TravelPaper
	switch len(c.Paper) {
	case 12:
		kind = person.CitizenCard
	case 9:
		if strings.Trim(c.Paper, "0123456789") == "" {
			kind = person.OldCard
		}
	}
	p.Papers = []person.Paper{{Kind: kind, Number: c.Paper}}
	return p
}
