// Package phone proves that somebody holds a telephone number, and remembers
// the browser that proved it.
//
// For everybody who uses Khiên without an account: visitors, declarants, keepers
// of places. They ask for a one-time code, the server checks it (in 2021 apps
// checked it on the phone alone, and thousands of invented people followed), and
// the browser becomes a Device: a row, and a cookie of its id and 256 random
// bits, of which the row has the SHA-256. Nobody signs in; a device is proved once and withdrawn.
//
// What the holder then says of themselves is a claim. It becomes a person by
// person.Register, perhaps one who stands already, and yet opens nothing of
// theirs: a device sees what came from itself until an officer who saw the
// citizen card has confirmed it (Confirm).
//
// A device also has a handle and a secret, for the code that changes every 30 s
// (docs/qr.md, wire/qr): Secret gives them to the phone, ByHandle to who verifies.
package phone

import (
	"crypto/rand"
	"log/slog"
	"time"

	"khien/kernel/area"
	"khien/kernel/auth"
	"khien/kernel/i18n"
	"khien/kernel/id"
	"khien/kernel/person"
	"khien/kernel/secret"
	"khien/kernel/store"
	"khien/kernel/web"
)

// Device is a browser that has proved a telephone number. The zero Device is none.
type Device struct {
	ID        id.ID
	Number    [16]byte  // blind index of the number, as Service.Index returns it
	Person    id.ID     // who its holder says to be; zero: not said yet
	Confirmed bool      // an officer saw the citizen card of Person beside this phone
	Since     time.Time // proved
}

// Config is what New needs.
type Config struct {
	DB        *store.DB
	Keys      *secret.Keys
	People    *person.Service
	Gazetteer *area.Gazetteer
	Home      area.Code // whose communes the form offers
	Province  int
	Sender    Sender // nil: nobody can be sent a code, and AskCode says so
	Limits    Limits // zero: as the manual says
	Now       func() time.Time
	Catalog   *i18n.Catalog
	Views     *web.Views // nil: no pages
	Log       *slog.Logger
}

// Limits bound how often codes are asked for and tried, beside the limits of one
// number: five tries a code, ten codes a day, each after a longer wait. Many
// phones share one address behind their operator, so that of an address is wide.
type Limits struct {
	AskPerAddress, ProvePerAddress Rate
	AskOverall, ProveOverall       Rate
}

// Rate is so many acts a second, with so many at once.
type Rate struct {
	PerSecond float64
	Burst     int
}

// A number is guessed in 55 years (50 tries a day of a million codes). One address
// that walks over numbers finds one in 35 days, after 200,000 messages.
var usual = Limits{AskPerAddress: Rate{0.2, 30}, ProvePerAddress: Rate{0.33, 60}, AskOverall: Rate{20, 1000}, ProveOverall: Rate{20, 2000}}

// saying bounds how many people one number names, on whatever device: each is looked for in the registry.
var saying = Rate{0.02, 2 * identitiesMost}

// abroad bounds the messages to numbers of other countries, all together: there
// are some whose owner is paid by the message, and asks for many.
var abroad = Rate{0.05, 100}

// limitKeys bounds the addresses that are counted; a forgotten one begins anew.
const limitKeys = 20_000

// Service proves and remembers phones. It is safe for concurrent use.
type Service struct {
	Config
	own   auth.Scope // the program's own: a device acts for itself, within what is its
	cache *cache
	ask   *web.Limiter
	prove *web.Limiter
	asks  *web.Limiter
	tries *web.Limiter
	says  *web.Limiter // of a number
	far   *web.Limiter
}

// New returns a Service.
func New(c Config) *Service {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Limits == (Limits{}) {
		c.Limits = usual
	}
	l := c.Limits
	limiter := func(r Rate, keys int) *web.Limiter { return web.NewLimiter(r.PerSecond, r.Burst, keys) }
	s := &Service{Config: c, own: auth.System(c.Province, "phone").WithClock(c.Now),
		ask: limiter(l.AskPerAddress, limitKeys), prove: limiter(l.ProvePerAddress, limitKeys),
		asks: limiter(l.AskOverall, 1), tries: limiter(l.ProveOverall, 1), says: limiter(saying, limitKeys), far: limiter(abroad, 1)}
	woken, _ := c.DB.Watch(topic) // for as long as the database is open
	s.cache = newCache(woken, s.now())
	return s
}

func (s *Service) now() time.Time { return s.Now().UTC() }

// Index returns the blind index of a telephone number as people write it, the
// Number of every Device that has proved it; fault.Invalid for what is no number.
func (s *Service) Index(number string) ([16]byte, error) {
	n, err := person.NormalPhone(number)
	if err != nil {
		return [16]byte{}, err
	}
	return s.index(n), nil
}

func (s *Service) index(normal string) [16]byte {
	return [16]byte(s.Keys.BlindIndex("phone number", normal))
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails (crypto/rand)
	return b
}
