// Package epimap is the public map: how many cases each commune, district and
// province has, for everybody, live.
//
// It is a projection of its own, never a filtered query on cases. One durable
// listener hears two facts, CaseClassified and CountsAnnounced, in the one order
// in which they were told, and LevelDecided beside them, and keeps four public things:
//
//   - announced numbers: totals of an area and a day that the authority has
//     approved. They are shown as announced; the last one told holds.
//   - batches: unannounced cases of one recording area, put on one day, always a
//     whole multiple of k (5 unless configured).
//   - levels: the epidemic level of an area from a day on, as the committee has
//     decided it. An act of its own, shown whole; it says nothing of a number.
//   - marks: "this recording area has unannounced cases, fewer than k beyond its
//     batches", with the day of the first.
//
// Everything that leaves this package (page, table, JSON, CSV, GeoJSON, series,
// stream, at every level, edition, window and day, the version and the "as of"
// time included) is computed from these and nothing else. So what a
// stranger can learn by any subtraction, over levels, windows, days or
// snapshots, is what they themselves say.
//
// # The rule
//
// The private side holds, for each recording area (the commune as a rule; a
// district or province where the commune is not known) and day, how many cases
// are recorded and how many of them are out in batches. A day at or before the
// area's horizon is covered by an announcement: its cases appear by announcement
// only. Beyond the horizon, pending = recorded - released.
//
//   - pending ≥ k: the largest multiple of k goes out as one batch, on the day of
//     the latest of its cases.
//   - pending ≤ -k (cases were discarded or moved away): the largest multiple of
//     k is taken back out of batches.
//   - 0 < pending < k: the area has a mark; otherwise it has none.
//
// A batch vanishes when its day is covered. A mark covers fourteen days from the
// day of the first pending case on, whatever comes after, so that a window with a
// fresh case in it does not say "0"; when a pending case lies beyond them, a
// second, endless period begins with it. More periods would count the cases.
//
// Why nothing of 1 to k-1 can be derived: announced numbers do not depend on
// what is recorded; any sum or difference of batches is a multiple of k; and a
// mark says the same for every number from its first case to k-1. A change that
// moves none of the three leaves no trace: neither version nor time. What remains
// to see is in docs/adr/010-public-numbers.md: a mark says that something was
// recorded at that moment, a batch that its last case was.
//
// # Reading
//
// A node holds the public rows in memory, woken by Topic, and answers every
// request from there; nothing on a page view is read from tables. Each version
// is one view; the answers made of it are kept compressed with it.
package epimap

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"khien/kernel/area"
	"khien/kernel/day"
	"khien/kernel/store"
	"khien/kernel/web"
)

// K is the k of the rule unless configured: counts of 1 to 4 are not shown.
const K = 5

// minK is the least k: with 2, "<2" would say exactly one.
const minK = 3

// Boundaries answers where the units of a level lie, below parent (a country's
// code for provinces), and of which version those outlines are: the version
// changes when they do. approximate says that they are schematic.
type Boundaries interface {
	Shapes(ctx context.Context, e area.Edition, level area.Level, parent area.Code) (shapes []area.Shape, approximate bool, version string, err error)
}

// Config is what a Service needs. Gazetteer, DB and Province must be there.
type Config struct {
	DB         *store.DB
	Gazetteer  *area.Gazetteer
	Boundaries Boundaries       // nil: no map, tables only
	Province   int              // the tenant: the official number of the province in Edition
	K          int              // 0: 5; at least 3
	Edition    area.Edition     // shown when a reader asks for none; 0: 2021
	Now        func() time.Time // nil: time.Now
	Hub        *web.Hub         // nil: no streams
	Views      *web.Views
	Log        *slog.Logger
}

// Service is the public map of one province. It is safe for many goroutines.
type Service struct {
	db         *store.DB
	gazetteer  *area.Gazetteer
	boundaries Boundaries
	province   int
	home       map[area.Edition]area.Code // the province in each edition
	edition    area.Edition
	k          int
	now        func() time.Time
	hub        *web.Hub
	views      *web.Views
	log        *slog.Logger

	refreshing sync.Mutex // one refresh at a time; guards ledger
	ledger     *ledger
	view       atomic.Pointer[view] // nil before the first refresh
	drawn      atomic.Bool          // warm has ended

	outlines outlines
	visits   visits
}

// New returns the Service. An unknown province or a k below 3 is an error.
func New(c Config) (*Service, error) {
	s := &Service{
		db: c.DB, gazetteer: c.Gazetteer, boundaries: c.Boundaries, province: c.Province, edition: c.Edition,
		k: c.K, now: c.Now, hub: c.Hub, views: c.Views, log: c.Log, ledger: newLedger(c.Gazetteer),
	}
	if s.k == 0 {
		s.k = K
	}
	if s.k < minK {
		return nil, fmt.Errorf("epimap: k is %d, must be %d at least", s.k, minK)
	}
	if s.edition == 0 {
		s.edition = area.Edition2021
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.log == nil {
		s.log = slog.Default()
	}
	home, err := area.Of(s.edition, fmt.Sprintf("%02d", c.Province), "", "")
	if _, known := c.Gazetteer.Unit(home); err != nil || !known {
		return nil, fmt.Errorf("epimap: province %d is not in the gazetteer of %d", c.Province, s.edition)
	}
	s.home = map[area.Edition]area.Code{s.edition: home}
	if there, _ := c.Gazetteer.In(home, otherEdition(s.edition)); len(there) > 0 {
		s.home[otherEdition(s.edition)] = there[0]
	}
	s.outlines.init()
	return s, nil
}

// Bounds of the refresh.
const (
	refreshPause = 300 * time.Millisecond // at least, between two versions shown
	refreshEvery = 15 * time.Second       // even when nobody woke us
	flushEvery   = 5 * time.Second        // visits
)

// Run keeps this node's copy up to date and its streams told, and writes the
// visits down, until ctx ends and the last visits are written.
func (s *Service) Run(ctx context.Context) error {
	var counting sync.WaitGroup
	counting.Go(func() { s.keepVisits(ctx) })
	counting.Go(func() { s.warm(ctx) })
	defer counting.Wait()
	woken, stop := s.db.Watch(Topic)
	defer stop()
	imported, ignore := s.db.Watch(area.TopicBoundaries)
	defer ignore()
	for ctx.Err() == nil {
		moved, err := s.Refresh(ctx)
		if err != nil && ctx.Err() == nil {
			s.log.Error("the public map cannot be refreshed", "err", err)
		}
		if moved || err != nil {
			pause(ctx, refreshPause)
		}
		select {
		case <-ctx.Done():
		case <-woken:
		case <-imported:
			s.outlines.forget()
		case <-time.After(refreshEvery):
		}
	}
	return nil
}

// warm draws what the front page shows, so that its first reader does not wait.
func (s *Service) warm(ctx context.Context) {
	for _, la := range s.layers() {
		if la.edition == s.edition && ctx.Err() == nil {
			s.outline(ctx, la)
		}
	}
	s.country(s.edition)
	s.drawn.Store(true)
}

// Warm reports whether Run has read the counts and drawn the front page.
func (s *Service) Warm() bool { return s.drawn.Load() && s.view.Load() != nil }

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// Refresh reads what has changed since the version that this node shows, shows
// it, tells the streams, and reports whether there was anything.
func (s *Service) Refresh(ctx context.Context) (moved bool, err error) {
	s.refreshing.Lock()
	defer s.refreshing.Unlock()
	old := s.view.Load()
	changed, err := s.read(ctx)
	if err != nil {
		return false, err
	}
	if old != nil && old.version == s.ledger.version {
		return false, nil
	}
	now := viewOf(s.ledger, s.k, day.Today(s.now()))
	s.view.Store(now)
	return true, s.tell(old, now, changed)
}

// read brings the ledger forward. A version that appears while rows are read may
// be read in part: then it is read again.
func (s *Service) read(ctx context.Context) (map[area.Code]bool, error) {
	l := s.ledger
	version, at, err := versionOf(ctx, s.db, s.province)
	if err != nil {
		return nil, err
	}
	for version != l.version {
		if err := s.readAfter(ctx, l); err != nil {
			return nil, err
		}
		again, atAgain, err := versionOf(ctx, s.db, s.province)
		if err != nil {
			return nil, err
		}
		if again == version {
			l.version, l.at = version, at
		}
		version, at = again, atAgain
	}
	return l.settle(), nil
}

func (s *Service) readAfter(ctx context.Context, l *ledger) error {
	return errors.Join(
		announcedAfter(ctx, s.db, s.province, l.version, l.putAnnounced),
		batchesAfter(ctx, s.db, s.province, l.version, l.putBatch),
		marksAfter(ctx, s.db, s.province, l.version, l.putMark),
		levelsAfter(ctx, s.db, s.province, l.version, l.putLevel),
	)
}

// tell publishes the step from old to now to every layer, also where nothing
// changed: a reader's version must follow. When the first day moved, readers
// count days from another one, and fetch the whole again.
func (s *Service) tell(old, now *view, changed map[area.Code]bool) error {
	if s.hub == nil {
		return nil
	}
	for _, la := range s.layers() {
		if old == nil {
			s.hub.Start(la.topic(), uint64(now.version))
			continue
		}
		event, data := "delta", any(now.since(old, la, changed))
		if old.first != now.first {
			event, data = "reset", map[string]int64{"version": now.version}
		}
		b, err := json.Marshal(data)
		if err != nil {
			return fmt.Errorf("epimap: delta %s: %w", la.topic(), err)
		}
		s.hub.Publish(la.topic(), uint64(now.version), event, b)
	}
	return nil
}

// current returns the view of this node, read now if it has none yet.
func (s *Service) current(ctx context.Context) (*view, error) {
	if v := s.view.Load(); v != nil {
		return v, nil
	}
	if _, err := s.Refresh(ctx); err != nil {
		return nil, err
	}
	return s.view.Load(), nil
}
