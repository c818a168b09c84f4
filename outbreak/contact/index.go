package contact

import (
	"context"
	"errors"
	"sync"
	"time"

	"khien/kernel/event"
	"khien/kernel/id"
	"khien/outbreak/trace"
)

// Topic is what a transaction wakes that leaves a case to be traced.
const Topic = "contact"

// How often the index takes in what came, and how many stays it takes at once
// while it is built.
const (
	sealEvery = 5 * time.Minute
	buildPart = 1 << 19
	lookEvery = 30 * time.Second
)

// Run builds the index, follows the facts and traces what is due, until ctx ends.
func (s *Service) Run(ctx context.Context) {
	woken, stop := s.DB.Watch(Topic)
	defer stop()
	var all sync.WaitGroup
	defer all.Wait()
	following := false
	for ctx.Err() == nil {
		err := s.ready(ctx)
		if err == nil && !following {
			following = true
			all.Go(func() { s.follower.Run(ctx) })
		}
		wait := lookEvery
		if err = errors.Join(err, s.traceDue(ctx)); err != nil && ctx.Err() == nil {
			s.Log.Error("tracing fails", "err", err)
			wait = time.Second
		}
		s.seal()
		select {
		case <-ctx.Done():
		case <-woken:
		case <-s.nudge:
		case <-time.After(wait):
		}
	}
}

// Warm reports whether the index has been built.
func (s *Service) Warm() bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.live != nil
}

// Settle hears every visit and traces every case that waits: for commands and
// tests that want to see what came of their act.
func (s *Service) Settle(ctx context.Context) error {
	if err := s.follow(ctx); err != nil {
		return err
	}
	defer s.seal()
	for range settleMost { // tracing one case may leave another due
		if err := s.traceDue(ctx); err != nil {
			return err
		}
		if left, err := dueCases(ctx, s.DB, s.system, 1); err != nil || len(left) == 0 {
			return err
		}
	}
	return nil
}

// settleMost bounds how often Settle follows what its own tracing left due.
const settleMost = 10

// follow brings the index up to what has been told.
func (s *Service) follow(ctx context.Context) error {
	if err := s.ready(ctx); err != nil {
		return err
	}
	if _, err := s.follower.Drain(ctx); err != nil {
		return err
	}
	return s.ready(ctx) // built anew, where facts were missed
}

// missed leaves the index to be built anew.
func (s *Service) missed() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stale = true
	s.wake()
}

// current reports whether an index stands that missed nothing.
func (s *Service) current() bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.live != nil && !s.stale
}

// ready builds the index when nobody has, or facts were missed.
func (s *Service) ready(ctx context.Context) error {
	s.loading.Lock()
	defer s.loading.Unlock()
	if s.current() {
		return nil
	}
	s.mu.Lock()
	s.stale = false
	s.mu.Unlock()
	heads, err := event.HeadsOf(ctx, s.DB, s.Province)
	if err != nil {
		return err
	}
	floor := s.floorNow()
	live, err := s.build(ctx, floor)
	if err != nil {
		s.missed()
		return err
	}
	open, err := openCases(ctx, s.DB, s.system, floor)
	if err != nil {
		return err
	}
	s.follower.Start(heads)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.live, s.floor, s.sealed = live, floor, s.now()
	for _, c := range open {
		s.due[c] = true
	}
	return nil
}

// floorNow is the beginning of the first hour that the index holds: visits die by
// the hour in which they began.
func (s *Service) floorNow() time.Time { return s.now().Add(-Kept).Truncate(time.Hour) }

func (s *Service) build(ctx context.Context, floor time.Time) (*trace.Live, error) {
	live := trace.NewLive(floor)
	part := make([]trace.Stay, 0, 4096)
	taken := 0
	flush := func() {
		live.Add(part...)
		if taken += len(part); taken >= buildPart {
			live.Seal(floor)
			taken = 0
		}
		part = part[:0]
	}
	err := s.Stays.EachStay(ctx, floor, func(v Stay) {
		part = append(part, trace.Stay{Person: v.Person, Locus: v.Place, Kind: s.kindOf(v.Place), From: v.From, To: v.To})
		if len(part) == cap(part) {
			flush()
		}
	})
	flush()
	live.Seal(floor)
	return live, err
}

func (s *Service) kindOf(where id.ID) trace.Kind {
	p, _ := s.Places.Book().Any(where)
	return kindNumber(string(p.Kind))
}

func (s *Service) index() *trace.Live {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.live
}

// heard follows one fact.
func (s *Service) heard(ctx context.Context, f event.Fact) error {
	switch f.Kind {
	case event.KindVisitsErased:
		return s.heardErased(ctx, f)
	case event.KindVisitsRecorded:
		return s.heardVisits(ctx, f)
	}
	return s.heardMoved(ctx, f)
}

// heardVisits takes visits into the index. One that is told again, because it
// began before the index was built or because the visitor left, replaces what
// stands of the same person, place and minute; where several stand there, the
// database says which of them are left.
func (s *Service) heardVisits(ctx context.Context, f event.Fact) error {
	told, err := event.Decode[event.VisitsRecorded](f)
	if err != nil {
		return err
	}
	live := s.index()
	for _, v := range told.Visits {
		stay := trace.Stay{Person: v.Person, Locus: v.Place, Kind: s.kindOf(v.Place), From: v.From, To: v.To}
		if !v.Left {
			live.Begin(stay)
			continue
		}
		if minute := v.From.Truncate(time.Minute); !live.End(stay) {
			if err := s.readAnew(ctx, []id.ID{v.Person}, minute, minute.Add(time.Minute)); err != nil {
				return err
			}
		}
	}
	s.touched(told.Visits)
	return nil
}

// touched leaves the cases that visits touch to be traced.
func (s *Service) touched(visits []event.Visited) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := len(s.due)
	for _, v := range visits {
		s.watch.touched(v, func(kase id.ID) { s.due[kase] = true })
	}
	if len(s.due) > before {
		s.wake()
	}
}

// wake tells Run that something is due.
func (s *Service) wake() {
	select {
	case s.nudge <- struct{}{}:
	default:
	}
}

// seal takes the tail in now and then, and forgets hours that grew too old as soon
// as they do: a node that runs on knows no more than one that starts.
func (s *Service) seal() {
	s.mu.Lock()
	live, now, floor := s.live, s.now(), s.floorNow()
	if live == nil || now.Sub(s.sealed) < sealEvery && !floor.After(s.floor) {
		s.mu.Unlock()
		return
	}
	s.sealed = now
	if floor.After(s.floor) {
		s.floor = floor
	}
	floor = s.floor
	s.mu.Unlock()
	live.Seal(floor)
}
