// Package declaration keeps health declarations: what somebody states of their
// health and travels, for the national form's three kinds (tokhaiyte.vn: moving
// inside the country, entering it, everyone).
//
// For everybody with a proven phone, who declares for themselves or for others;
// for officers, who declare for people without one, search and export in their
// jurisdiction; for gates, which read one signed code instead of asking again.
//
// A form is data: questions with their types, choices, conditions and texts in
// three languages, in versions with the day from which each is in force (Form).
// So is the rule that grades the answers (Rules), and both are shown with their
// source. A new question is a row, no release; old declarations keep theirs.
//
// Answers and names are sealed with a key of each declaration, which dies with
// it: when its validity has ended and the days that the rule keeps are over,
// unless a case holds its person.
package declaration

import (
	"context"
	"crypto/rand"
	"log/slog"
	"time"

	"khien/kernel/area"
	"khien/kernel/auth"
	"khien/kernel/id"
	"khien/kernel/person"
	"khien/kernel/phone"
	"khien/kernel/secret"
	"khien/kernel/store"
	"khien/kernel/web"
	"khien/wire/qr"
)

// Kind is one of the national form's. The values are stored and sent as written.
type Kind string

// The kinds.
const (
	Domestic Kind = "domestic" // di chuyển nội địa
	Entry    Kind = "entry"    // nhập cảnh
	Everyone Kind = "everyone" // toàn dân
)

// Kinds lists them in the order in which a page shows them.
var Kinds = []Kind{Everyone, Domestic, Entry}

// Declaration is a declaration without what it says. The zero time is never.
type Declaration struct {
	ID        id.ID
	Person    id.ID // of kernel/person; for a phone that nobody confirmed a claim
	Device    id.ID // the phone that sent it; zero: an account did
	Account   id.ID // the officer who took it down; zero: a phone did
	Kind      Kind
	Form      int // version of the form that was answered
	Rule      int // version of the rules that graded it
	Grade     qr.Grade
	Area      area.Code // where the person stays; 0 outside the province
	Made      time.Time
	Until     time.Time // valid until then
	Changed   time.Time // by the last correction, else Made
	Withdrawn time.Time // by its owner
	Dies      time.Time // erased after that, unless a case holds the person
	Version   int       // from 1, one more with each correction
	Short     string    // ten letters and digits, to be read out where no camera is
}

// Valid reports whether the declaration counts at a moment.
func (d Declaration) Valid(at time.Time) bool { return d.Withdrawn.IsZero() && at.Before(d.Until) }

// Who is the person of a declaration as the declarant wrote them down, never
// what the registry knows.
type Who struct {
	Name        string    `json:"name"`
	Birth       string    `json:"birth"`
	Sex         string    `json:"sex,omitempty"`
	Nationality string    `json:"nationality,omitempty"`
	Paper       string    `json:"paper,omitempty"`
	Phone       string    `json:"phone,omitempty"`
	Area        area.Code `json:"area,omitempty"`
	Address     string    `json:"address,omitempty"`
}

// Content is what a declaration says.
type Content struct {
	Who     Who     `json:"who"`
	Answers Answers `json:"answers"`
}

// Signer signs declarations' codes with the province's key; point.Codes does.
type Signer interface {
	SignDeclaration(d qr.DeclarationCode) (qr.UnverifiedDeclaration, error)
	Trust(mostAge int) qr.Trust
}

// CaseHolder answers whose records a case holds; outbreak does.
type CaseHolder interface {
	HeldByCase(ctx context.Context, people []id.ID) (map[id.ID]bool, error)
}

// Config is what New needs.
type Config struct {
	DB        *store.DB
	Keys      *secret.Keys
	People    *person.Service
	Phones    *phone.Service
	Gazetteer *area.Gazetteer
	Home      area.Code // whose communes forms offer
	Province  int
	Signer    Signer
	Site      string     // https://host of the codes' links
	Cases     CaseHolder // nil: no case holds anybody
	Now       func() time.Time
	Views     *web.Views // nil: no pages
	Log       *slog.Logger
}

// Service keeps declarations. It is safe for concurrent use.
type Service struct {
	Config
	own  auth.Scope // the program's own: a phone acts on what it sent, and on nothing else
	book *book
	rate *web.Limiter // of a number
}

// One phone declares for a bus at once, and for one more every five seconds: not
// for a province of invented people.
const (
	phonePerSecond = 0.2
	phoneBurst     = 120
	phonesCounted  = 20_000
)

// New returns a Service, with the forms and rules of the program alone until Load.
func New(c Config) *Service {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	woken, _ := c.DB.Watch(definitionTopic) // for as long as the database is open
	return &Service{Config: c, own: auth.System(c.Province, "declaration").WithClock(c.Now), book: newBook(woken), rate: web.NewLimiter(phonePerSecond, phoneBurst, phonesCounted)}
}

func (s *Service) now() time.Time { return s.Now().UTC().Truncate(time.Millisecond) }

// Code returns the text of a declaration's code, for a QR code.
func (s *Service) Code(d Declaration) (string, error) {
	u, err := s.Signer.SignDeclaration(qr.DeclarationCode{Declaration: d.ID, Grade: d.Grade, Until: d.Until})
	if err != nil {
		return "", err
	}
	return u.Link(s.Site)
}

// shortAlphabet is Crockford's base 32: no I, L, O, U.
const (
	shortAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	shortLength   = 10
)

// newShort is random: it grants nothing, and finds a declaration for officers only.
func newShort() string {
	b := make([]byte, shortLength)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	for i := range b {
		b[i] = shortAlphabet[b[i]&31]
	}
	return string(b)
}

// Badge is the stylesheet's word for the grade: colour, number of stripes and text.
func (d Declaration) Badge() string {
	switch d.Grade {
	case qr.Green:
		return "level-1"
	case qr.Red:
		return "level-4"
	}
	return "level-2"
}
