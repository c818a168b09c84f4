// Package checkin keeps visits: who was at which place from when to when.
//
// For the visitor, who scans the poster with the phone's own camera and confirms
// on a page that remembers them; for the keeper of a place, who scans a phone's
// code, a card or types a name, online or hours later; for the tracer, who must
// know within minutes who was where. One format of code for all (docs/qr.md,
// reference tracing.md 3).
//
// A scan identifies and does not authenticate: whoever holds a card is checked in
// as its holder, and learns nothing of them. What is odd about a visit (closed
// hours, two far places at once, a phone's clock that is wrong) is flagged, never
// refused: a tracer would rather know. Visits die after 28 days unless a case
// holds them.
//
// Thousands of visits a second are answered after their commit is on disk; how
// is in docs/adr/030-visits.md.
package checkin

import (
	"cmp"
	"context"
	"log/slog"
	"time"

	"khien/checkin/point"
	"khien/kernel/area"
	"khien/kernel/auth"
	"khien/kernel/event"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/person"
	"khien/kernel/phone"
	"khien/kernel/place"
	"khien/kernel/secret"
	"khien/kernel/store"
	"khien/kernel/web"
)

// Kept is how long a visit lives that no case holds: twice the longest
// incubation that the ministry's rule of 2021 assumes.
const Kept = 28 * 24 * time.Hour

// Bounds of what a phone may tell.
const (
	lateMost = 7 * 24 * time.Hour // how long a phone may keep a visit before it tells it
	late     = 24 * time.Hour     // from here on it is flagged
	clockOff = 2 * time.Minute    // a clock that is less wrong is right
	stayMost = 24 * time.Hour     // a longer stay is flagged
	withMost = 50                 // companions of one visit
)

// Ended says who set the end of a visit. The values are stored and sent as written.
type Ended string

// How a visit ends.
const (
	EndAssumed Ended = "assumed" // by the place's usual stay
	EndVisitor Ended = "visitor"
	EndKeeper  Ended = "keeper"
)

// Visit is one person at one place from From to Until. It dies after Kept.
type Visit struct {
	ID     id.ID     // made by whoever noted it
	Place  id.ID     // of kernel/place
	Person id.ID     // of kernel/person
	Device id.ID     // the phone, or the account, that told it
	Area   area.Code // the place's
	From   time.Time // by the server's clock, as far as it can be known
	Until  time.Time // of the check-out; before one, From and the place's usual stay
	Told   time.Time // by the phone's own clock; differs from From when that is wrong
	How    event.How
	Ended  Ended
	With   int // companions who have no phone and no card
	Flags  Flags

	Withdrawn time.Time // by staff, as wrong; zero: it stands
}

// Service is the check-in of one province.
type Service struct {
	Config
	system auth.Scope
	known  *memory
	visits *web.Limiter // of one phone
	boxes  *web.Limiter // deliveries of one keeper's phone
	comers *web.Limiter // people whom one keeper brings into the registry
	lanes  [lanes]lane
}

// Config is what New needs.
type Config struct {
	DB       *store.DB
	Keys     *secret.Keys
	People   *person.Service
	Places   *place.Service
	Codes    *point.Codes
	Cards    Cards
	Phones   *phone.Service
	Holds    Holds // nil: no case holds anything
	Province int
	Now      func() time.Time
	Views    *web.Views // nil: no pages
	Site     string     // the province's address, to which posters and codes lead
	Comers   int        // people whom one keeper may bring into the registry at once; 0: comersAtOnce
	Log      *slog.Logger
}

// Cards answers whose a printed card is; fault.NotFound for one that was
// withdrawn or never was.
type Cards interface {
	Holder(ctx context.Context, token [16]byte) (id.ID, error)
}

// Holds answers which of some people a case keeps the visits of.
type Holds interface {
	HeldByCase(ctx context.Context, people []id.ID) (map[id.ID]bool, error)
}

// limitKeys bounds the phones whose haste is counted. A phone tells two visits a
// second at most, five hundred at once: nobody has as many, and a stolen cookie
// does not fill a disk. A keeper's delivers five times a second, with a hundred
// at once for a day without network.
const limitKeys = 100_000

// Whoever has proved a phone may register a place and type names: so many at
// once, which is a full hall, and then one in two seconds. More is no gate, and
// would fill the registry with people whom nobody has seen.
const (
	comersASecond = 0.5
	comersAtOnce  = 2000
)

// New returns the service.
func New(c Config) *Service {
	c.Comers = cmp.Or(c.Comers, comersAtOnce)
	s := &Service{Config: c, system: auth.System(c.Province, "checkin").WithClock(c.Now), known: newMemory(),
		visits: web.NewLimiter(2, 500, limitKeys), boxes: web.NewLimiter(5, 100, limitKeys), comers: web.NewLimiter(comersASecond, c.Comers, limitKeys)}
	for i := range s.lanes {
		s.lanes[i] = lane{number: i, db: c.DB, scope: s.system}
	}
	return s
}

func (s *Service) now() time.Time { return s.Now().UTC() }

var (
	errNone    = fault.New(fault.NotFound, "checkin.visit")
	errTaken   = fault.New(fault.Conflict, "checkin.taken")
	errTooOld  = fault.New(fault.Invalid, "checkin.too_old")
	errBefore  = fault.New(fault.Invalid, "checkin.before")
	errUnknown = fault.New(fault.Forbidden, "checkin.who")
	errAt      = fault.New(fault.Invalid, "checkin.at")
	errID      = fault.New(fault.Invalid, "checkin.id")
	errClosed  = fault.New(fault.Conflict, "checkin.place_closed")
	errMany    = fault.New(fault.Busy, "checkin.many_people")
	errWith    = fault.New(fault.Invalid, "checkin.with")
)

// moment returns when something happened by the server's clock. at is what the
// phone noted, sent is its clock when it told us; zero when it did not say.
func moment(at, sent, now time.Time) (from time.Time, flags Flags, err error) {
	from = at
	if !sent.IsZero() {
		if off := now.Sub(sent); off > clockOff || off < -clockOff {
			from, flags = at.Add(off), ClockWrong
		}
	}
	if ahead := from.Sub(now); ahead > 0 {
		from = now
		if ahead > clockOff {
			flags |= ClockWrong
		}
	}
	switch old := now.Sub(from); {
	case old > lateMost:
		return from, flags, errTooOld
	case old > late:
		flags |= ToldLate
	}
	return from, flags, nil
}

// Record notes a visit and returns it once it is durable. Told again by the same
// device it returns what the first telling left; an ID that stands for another
// device or place is fault.Conflict, and nothing of that visit is said. One that
// was withdrawn is answered likewise, and does not stand again by that.
func (s *Service) Record(ctx context.Context, v Visit) (Visit, error) {
	all := []Visit{v}
	fresh, err := s.record(ctx, all)
	if err != nil || fresh[0] {
		return v, err
	}
	first, err := toldVisit(ctx, s.DB, s.system, v.ID)
	if err != nil {
		return Visit{}, err
	}
	if first.Device != v.Device || first.Place != v.Place {
		return Visit{}, errTaken.At("id", v.ID.String())
	}
	return first, nil
}

// RecordAll notes visits that come from nobody's phone: loads and tests.
func (s *Service) RecordAll(ctx context.Context, all []Visit) error {
	_, err := s.record(ctx, all)
	return err
}

// Count returns how many visits stand in scope.
func (s *Service) Count(ctx context.Context, sc auth.Scope) (int64, error) {
	return countVisits(ctx, s.DB, sc)
}

// record puts visits in their lanes and says of each whether it was new.
func (s *Service) record(ctx context.Context, all []Visit) ([]bool, error) {
	if len(all) == 1 {
		return s.lanes[laneOf(all[0].ID)].put(ctx, all)
	}
	var parts [lanes][]Visit
	var at [lanes][]int
	for i, v := range all {
		l := laneOf(v.ID)
		parts[l], at[l] = append(parts[l], v), append(at[l], i)
	}
	fresh := make([]bool, len(all))
	for l, part := range parts {
		if len(part) == 0 {
			continue
		}
		news, err := s.lanes[l].put(ctx, part)
		if err != nil {
			return nil, err
		}
		for i, n := range news {
			fresh[at[l][i]] = n
		}
	}
	return fresh, nil
}
