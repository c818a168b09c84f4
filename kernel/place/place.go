// Package place keeps the places of a province: the fixed spots with a QR point
// at which people check in, a market, an office, a bus.
//
// A place is registered by an officer, by its keeper with a proven phone, or by
// the thousand from a list. Officers change those of their area; a keeper those
// that they keep. Places are shared by every part of the province, so the noun
// stands here; what is printed and scanned is checkin/point's.
//
// Book holds all places in memory, so that a visit asks no database who its
// place is.
package place

import (
	"math"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"khien/kernel/area"
	"khien/kernel/auth"
	"khien/kernel/day"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/secret"
	"khien/kernel/store"
)

// Kind says what a place is. The values are stored and sent as written.
type Kind string

// The kinds.
const (
	Market     Kind = "market"
	Shop       Kind = "shop"
	Restaurant Kind = "restaurant"
	Lodging    Kind = "lodging"
	Office     Kind = "office"
	Company    Kind = "company"
	School     Kind = "school"
	Health     Kind = "health"
	Transport  Kind = "transport"
	Worship    Kind = "worship"
	Culture    Kind = "culture"
	Residence  Kind = "residence"
	Checkpoint Kind = "checkpoint"
	Other      Kind = "other"
)

// Kinds lists them in the order in which a form shows them.
var Kinds = []Kind{Market, Shop, Restaurant, Lodging, Office, Company, School, Health, Transport, Worship, Culture, Residence, Checkpoint, Other}

// usualStay is how long people stay at a kind of place unless its keeper says
// otherwise, in minutes. Ours to choose: no source counts it.
var usualStay = map[Kind]int{Market: 60, Shop: 30, Restaurant: 60, Lodging: 720, Office: 60, Company: 540, School: 300,
	Health: 120, Transport: 60, Worship: 60, Culture: 120, Residence: 120, Checkpoint: 15, Other: 60}

// UsualStay returns how long people stay at a kind of place unless it says otherwise.
func (k Kind) UsualStay() time.Duration { return time.Duration(usualStay[k]) * time.Minute }

// Origin says who registered a place. The values are stored as written.
type Origin string

// The origins.
const (
	ByOfficer Origin = "officer"
	ByKeeper  Origin = "keeper"
	ByList    Origin = "list"
)

// Position is a spot on the earth, WGS 84; the zero value is "not known".
type Position struct{ Lat, Lon float64 }

// IsZero reports whether the position is not known.
func (p Position) IsZero() bool { return p == Position{} }

// Place is a fixed spot with a QR point. Nothing of it is personal but, for a
// small shop, what its keeper writes into the name.
type Place struct {
	ID           id.ID
	Number       Number // short, to be typed where nothing can be scanned; unique in the province
	Name         string // 1 to 200 runes
	Kind         Kind
	Area         area.Code // commune, or district or province where no more is known
	Address      string    // at most 300 runes; "" none
	Position     Position
	Hours        Hours         // empty: not known
	UsualStay    time.Duration // one minute to 24 hours; 0 is made the kind's
	PosterIssued day.Day       // posters issued before this day are withdrawn
	Closed       bool
	ClosedBy     string // actor; "" open
	Seen         bool   // an officer has seen it; a keeper's own is not at first
	Origin       Origin
	Version      int // rises by one with every change, from 1
	Created      time.Time
	Changed      time.Time
	Actor        string // who changed it last, as auth.Scope.Actor says
}

// Bounds of what a place says.
const (
	nameRunes    = 200
	addressRunes = 300
	stayMost     = 24 * time.Hour
)

// Vietnam's box with its islands, so that swapped or mistyped numbers are found.
const (
	latLeast, latMost = 6.0, 23.5
	lonLeast, lonMost = 102.0, 118.0
)

// Config is what New needs.
type Config struct {
	DB        *store.DB
	Keys      *secret.Keys
	Gazetteer *area.Gazetteer
	Province  int
	Now       func() time.Time
}

// Service keeps the places of one province.
type Service struct {
	Config
	book *Book
}

// New returns the service of one province; its Book is empty until Load.
func New(c Config) *Service {
	return &Service{Config: c, book: &Book{db: c.DB, province: c.Province}}
}

// Book returns the places in memory.
func (s *Service) Book() *Book { return s.book }

// Check brings what a place says into its one form and returns the first field
// that is wrong as fault.Invalid.
func (s *Service) Check(p *Place) error {
	p.Name, p.Address = oneLine(p.Name), oneLine(p.Address)
	if p.UsualStay == 0 {
		p.UsualStay = p.Kind.UsualStay()
	}
	_, known := usualStay[p.Kind]
	unit, there := s.Gazetteer.Unit(p.Area)
	switch {
	case p.Name == "" || area.Fold(p.Name) == "":
		return fault.New(fault.Invalid, "place.name").At("name", p.Name)
	case utf8.RuneCountInString(p.Name) > nameRunes:
		return fault.New(fault.Invalid, "form.long").At("name", p.Name).With("max", nameRunes)
	case !known:
		return fault.New(fault.Invalid, "place.kind").At("kind", string(p.Kind))
	case !there || unit.Code.Level() == area.Country:
		return fault.New(fault.Invalid, "place.area").At("area", p.Area.String())
	case utf8.RuneCountInString(p.Address) > addressRunes:
		return fault.New(fault.Invalid, "form.long").At("address", p.Address).With("max", addressRunes)
	case p.UsualStay < time.Minute || p.UsualStay > stayMost:
		return fault.New(fault.Invalid, "place.stay").At("stay", p.UsualStay.String())
	}
	return p.Position.check()
}

func (p Position) check() error {
	inside := p.Lat >= latLeast && p.Lat <= latMost && p.Lon >= lonLeast && p.Lon <= lonMost
	if p.IsZero() || inside && !math.IsNaN(p.Lat) && !math.IsNaN(p.Lon) {
		return nil
	}
	return fault.New(fault.Invalid, "place.position").At("position", p.String())
}

// oneLine is NFC with single spaces, without control characters and without what
// nobody sees: a name that reads otherwise than it is written could pass for
// another place's.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, norm.NFC.String(s))
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) }), " ")
}

// today is the day in Vietnam by the scope's clock.
func today(sc auth.Scope) day.Day { return day.Today(sc.Now()) }
