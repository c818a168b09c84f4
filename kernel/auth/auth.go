// Package auth says who may do what: accounts of staff, their roles and
// jurisdictions, sign-in with a second factor, sessions, and Scope, without
// which no function touches rows of people.
//
// An account holds roles and one area, of either edition of the gazetteer. Its
// jurisdiction is that area, everything below it, and the units of the other
// edition that lie wholly in it. What a role may do is the table in role.go;
// what is not there is refused.
//
// There is no default password. The first start gives a set-up link that works
// once within 24 hours; invitations and resets are the same kind of link.
// Passwords are argon2id (OWASP: 19 MiB, 2 passes), the second factor is TOTP
// (RFC 6238) or one of eight one-time recovery codes.
//
// A session is 256 random bits in a cookie; the table holds their SHA-256. It
// ends after 30 minutes of rest, after 12 hours, and at once when the account is
// disabled, reset, given other roles or another password. OWASP ASVS 5.0, 7.3.
//
// Sign-in tells a stranger nothing: an unknown login, a wrong password, a
// disabled account and a locked one cost the same work and get the same answer.
package auth

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"time"

	"khien/kernel/area"
	"khien/kernel/secret"
	"khien/kernel/store"
	"khien/kernel/web"
)

// Tries to sign in of one address: a hospital behind one address can come to work
// at eight, and a guesser gets 1,200 guesses an hour over all accounts.
const (
	signInBurst = 30
	signInEvery = 3 * time.Second
)

// Config is what a Service needs.
type Config struct {
	DB       *store.DB
	Keys     *secret.Keys
	Province int       // the tenant: the area number of the province, 20 for Lạng Sơn
	Home     area.Code // the province in the edition in force: the first administrator's area
	Ground   Ground    // nil: accounts act in their own edition only
	Areas    Areas     // nil: areas are typed and shown as codes
	Views    *web.Views
	BaseURL  string // begins set-up links: "https://khien.langson.gov.vn"
	Issuer   string // what an authenticator app shows; "": "Khiên"
	Menu     []MenuItem
	Landing  string           // where sign-in leads whoever came from nowhere; "": /
	HashKiB  uint32           // memory of a password's hash; 0: OWASP's 19 MiB, and only tests have less
	Now      func() time.Time // nil: time.Now
}

// Areas names areas for forms; app makes it of the gazetteer.
type Areas interface {
	// Title says the path of a unit as an address does; "" for an unknown code.
	Title(c area.Code) string
	// Options returns the units an account may be given, in the order of a menu.
	Options() []area.Code
}

// MenuItem is a page that those may open who may do Act.
type MenuItem struct {
	Act  Act
	Link web.Link
}

// Service is the accounts and sessions of one province. It is safe for
// concurrent use.
type Service struct {
	Config
	hasher  *hasher
	perAddr *web.Limiter
	grounds sync.Map // area.Code of an account to its jurisdiction, []area.Code
}

// New returns a Service. A missing database, key or province is an error.
func New(c Config) (*Service, error) {
	if c.DB == nil || c.Keys == nil || c.Province <= 0 {
		return nil, errors.New("auth: database, keys and province are needed")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Issuer == "" {
		c.Issuer = "Khiên"
	}
	return &Service{Config: c, hasher: newHasher(cmp.Or(c.HashKiB, argonKiB)), perAddr: web.NewLimiter(1/signInEvery.Seconds(), signInBurst, 20_000)}, nil
}

func (s *Service) now() time.Time { return s.Now().UTC() }

// Sweep deletes dead sessions, expired set-up links and old counts of tries. A
// job runs it every hour.
func (s *Service) Sweep(ctx context.Context) error {
	now := s.now()
	return s.DB.Tx(ctx, func(tx *store.Tx) error {
		return deleteDead(tx, s.Province, now.Add(-sessionIdle), now, now.Add(-tryMemory))
	})
}
