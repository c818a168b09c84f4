// Package spread says who infected whom: the chains of a province's cases, drawn
// and summed up, and its epidemic curves.
//
// For tracers, who note a source and take a wrong one back; for the health office
// and the committee, who want to know which chains are alive. A link is kept as it
// was told, by the numbers or the ids of two cases, and is resolved when it is
// read: a source that nobody knows means the case once that is entered. A case
// that infected itself, a ring, a second source and a name without a case stay,
// and are named (package chain).
//
// # Reading
//
// A node holds every case that is not discarded, without its person, and every
// link in memory, woken when one changes. What is picked by area and time, its
// drawing and its figures are made once for each kind of reader and version; no
// page reads cases from tables.
//
// # Who sees what
//
// Whoever answers for a case or where it stays sees it with its number. The cases
// next to theirs in a chain are drawn as dots without a name. What is counted is
// counted of their own cases; the generation of a case, how many it infected and
// the size of its chain are those of the province.
package spread

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"khien/kernel/auth"
	"khien/kernel/day"
	"khien/kernel/id"
	"khien/kernel/store"
	"khien/kernel/web"
	"khien/outbreak"
)

// Topic is what a transaction wakes that changes a link.
const Topic = "spread"

// Link is one case infecting another, as it stands.
type Link struct {
	ID        id.ID
	From, To  string // as told: a number, an id, or a name that no case has
	Certainty outbreak.Certainty
	On        day.Day // of the exposure; 0 not known
	Note      string
	Actor     string
	Created   time.Time
	Removed   time.Time // zero: it stands
}

// Service is the chains of one province. It is safe for many goroutines.
type Service struct {
	db       *store.DB
	cases    *outbreak.Service
	province int
	now      func() time.Time
	views    *web.Views
	log      *slog.Logger

	world   atomic.Pointer[world] // nil before the first reading
	running atomic.Bool           // Run keeps the world up to date
	warm    atomic.Bool           // Run has read and drawn it once
	looks   looks

	mu         sync.Mutex // one reading at a time; guards what stands below
	caseWoken  <-chan struct{}
	linkWoken  <-chan struct{}
	briefs     []outbreak.Brief
	links      []Link
	stale      struct{ cases, links bool }
	seen       versions
	lastNumber int64
}

// Config is what New needs.
type Config struct {
	DB       *store.DB
	Cases    *outbreak.Service
	Province int
	Now      func() time.Time
	Views    *web.Views // nil: no pages
	Log      *slog.Logger
}

// New returns the service of one province.
func New(c Config) *Service {
	s := &Service{db: c.DB, cases: c.Cases, province: c.Province, now: c.Now, views: c.Views, log: c.Log}
	s.caseWoken, _ = s.db.Watch(outbreak.Topic) // both are watched as long as the program runs
	s.linkWoken, _ = s.db.Watch(Topic)
	s.stale.cases, s.stale.links = true, true
	return s
}

func (s *Service) today() day.Day { return day.Today(s.now()) }

// refreshLeast is how long a node rests at least between two readings.
const refreshLeast = 200 * time.Millisecond

// refreshShare is how many times as long as a reading took a node rests: what
// changes without end takes a tenth of one processor.
const refreshShare = 10

// refreshEvery is how often a node asks whether another program changed something.
const refreshEvery = 15 * time.Second

// retryAfter is how long a node waits after a database that did not answer.
const retryAfter = 2 * time.Second

// Run keeps what this node holds up to date until ctx ends.
func (s *Service) Run(ctx context.Context) {
	s.running.Store(true)
	defer s.running.Store(false)
	for ctx.Err() == nil {
		began := time.Now()
		again := (<-chan time.Time)(nil)
		w, err := s.refresh(ctx)
		if err != nil && ctx.Err() == nil {
			s.log.Error("the chains in memory are old", "err", err)
			again = time.After(retryAfter)
		}
		if err == nil {
			w.view(auth.System(s.province, "warm"), Filter{}, s.today())
			s.warm.Store(true)
			pause(ctx, max(refreshLeast, refreshShare*time.Since(began)))
		}
		select {
		case <-ctx.Done():
		case <-s.caseWoken:
			s.mark(true, false)
		case <-s.linkWoken:
			s.mark(false, true)
		case <-again:
		case <-time.After(refreshEvery):
			s.compare(ctx)
		}
	}
}

// Warm reports whether Run has read what pages need, and drawn the whole province.
func (s *Service) Warm() bool { return s.warm.Load() }

// compare marks what another program changed; a database that does not answer is
// heard of when rows are read.
func (s *Service) compare(ctx context.Context) {
	v, err := versionsOf(ctx, s.db, s.province)
	if err != nil {
		return
	}
	s.mu.Lock()
	seen := s.seen
	s.mu.Unlock()
	s.mark(v.cases != seen.cases, v.links != seen.links)
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

func (s *Service) mark(cases, links bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stale.cases = s.stale.cases || cases
	s.stale.links = s.stale.links || links
}

// current returns what this node holds, read now where nobody keeps it up to date.
func (s *Service) current(ctx context.Context) (*world, error) {
	if w := s.world.Load(); w != nil && s.running.Load() {
		return w, nil
	}
	return s.refresh(ctx)
}

// refresh reads what has changed and returns the newest world.
func (s *Service) refresh(ctx context.Context) (*world, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.caseWoken:
		s.stale.cases = true
	default:
	}
	select {
	case <-s.linkWoken:
		s.stale.links = true
	default:
	}
	w := s.world.Load()
	if w != nil && !s.stale.cases && !s.stale.links {
		return w, nil
	}
	if err := s.read(ctx); err != nil {
		return w, err
	}
	s.lastNumber++
	w = newWorld(s.lastNumber, s.briefs, s.links)
	s.world.Store(w)
	return w, nil
}

// read reads again what is stale; the old slices stay as they are for those who
// hold them.
func (s *Service) read(ctx context.Context) (err error) {
	sc := auth.System(s.province, "chains").WithClock(s.now)
	at, err := versionsOf(ctx, s.db, s.province)
	if err != nil {
		return err
	}
	if s.stale.cases {
		briefs := make([]outbreak.Brief, 0, len(s.briefs)+64)
		err = s.cases.Every(ctx, sc, func(b outbreak.Brief) error {
			briefs = append(briefs, b)
			return nil
		})
		if err != nil {
			return err
		}
		s.briefs, s.stale.cases, s.seen.cases = briefs, false, at.cases
	}
	if s.stale.links {
		links, err := standingLinks(ctx, s.db, sc)
		if err != nil {
			return err
		}
		s.links, s.stale.links, s.seen.links = links, false, at.links
	}
	return nil
}
