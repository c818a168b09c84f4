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

// identify finds who a row is about. at is the moment of the scan by our clock.
func (s *Service) identify(ctx context.Context, p place.Place, r row, at time.Time) (scanned, error) {
	if r.Code == "" {
		return s.named(ctx, p, r)
	}
	code, err := qr.Read(strings.TrimSpace(r.Code))
	if err != nil {
		return scanned{}, refusal(err)
	}
	switch code.Kind {
	case qr.PersonPhone:
		return s.byPhone(ctx, p, *code.Phone, at)
	case qr.PersonCard:
		return s.byCard(ctx, *code.Card)
	case qr.CitizenCard:
		return s.byPaper(ctx, p, r, ofCitizen(*code.Citizen), event.ByCitizen, code.Flags)
	case qr.InsuranceCard:
		return s.byPaper(ctx, p, r, ofInsurance(*code.Insurance), event.ByInsurance, code.Flags)
	case qr.Personal1405:
		return s.byPaper(ctx, p, r, ofPersonal(*code.Personal), event.ByPersonal, code.Flags)
	}
	return scanned{}, errPoster
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

// byPaper finds or makes the person that a card of somebody else's making names.
func (s *Service) byPaper(ctx context.Context, at place.Place, r row, p person.Person, how event.How, flags []qr.Flag) (scanned, error) {
	key := s.known.key(s.Keys, r.Code)
	if was, ok := s.known.recall(key, s.now()); ok {
		return was, nil
	}
	var names []string
	for _, f := range flags {
		names = append(names, string(f))
	}
	found, err := s.register(ctx, at, r, p, scanned{how: how, flags: flagsOf(names)})
	if err == nil {
		s.known.remember(key, found, s.now().Add(paperKnown))
	}
	return found, err
}

func (s *Service) named(ctx context.Context, at place.Place, r row) (scanned, error) {
	if strings.TrimSpace(r.Name) == "" {
		return scanned{}, errEmpty.At("name", "")
	}
	return s.register(ctx, at, r, person.Person{Name: r.Name, Phone: r.Phone, Birth: r.Birth}, scanned{how: event.ByName})
}

// register finds out who p is. The newcomer's id hangs on the row's, so that a
// row that is delivered again is the same newcomer; nobody can choose it.
func (s *Service) register(ctx context.Context, at place.Place, r row, p person.Person, found scanned) (scanned, error) {
	p.Area = at.Area
	p.ID = s.newcomer(r.ID)
	if err := p.Check(); err != nil {
		return scanned{}, err
	}
	err := s.DB.Tx(ctx, func(tx *store.Tx) error {
		done, err := s.People.Register(tx, s.system, p)
		found.person = done.ID
		return err
	})
	found.who = initials(p.Name)
	return found, err
}

// newcomer makes a UUIDv7 of a visit's moment and a keyed hash of its id.
func (s *Service) newcomer(visit id.ID) (i id.ID) {
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
