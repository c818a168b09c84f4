package epimap

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"khien/kernel/day"
	"khien/kernel/store"
)

// visits counts the pages shown. Of a visitor nothing is kept: no address, no
// cookie, no browser; a day has one number.
type visits struct {
	waiting atomic.Int64 // counted here and not yet written
	written atomic.Int64 // by all nodes, when last read
}

// count adds one page shown to a reader, unless a robot or a browser that only
// prepares asks. What the browser calls itself is looked at and forgotten.
func (v *visits) count(r *http.Request) {
	if r.Method != http.MethodGet || strings.Contains(r.Header.Get("Sec-Purpose")+r.Header.Get("Purpose")+r.Header.Get("X-Moz"), "prefetch") {
		return
	}
	agent := strings.ToLower(r.UserAgent())
	for _, robot := range []string{"bot", "crawl", "spider", "preview", "monitor"} {
		if strings.Contains(agent, robot) {
			return
		}
	}
	v.waiting.Add(1)
}

// total returns all visits ever counted, here to the last and elsewhere as last read.
func (v *visits) total() int64 { return v.written.Load() + v.waiting.Load() }

// keepVisits writes the count down every few seconds, and a last time when ctx ends.
func (s *Service) keepVisits(ctx context.Context) {
	for {
		if err := s.FlushVisits(context.WithoutCancel(ctx)); err != nil {
			s.log.Error("visits cannot be written", "err", err)
		}
		if ctx.Err() != nil {
			return
		}
		select {
		case <-ctx.Done():
		case <-time.After(flushEvery):
		}
	}
}

// FlushVisits writes the visits counted on this node and reads those of all.
func (s *Service) FlushVisits(ctx context.Context) error {
	n := s.visits.waiting.Load()
	if n > 0 {
		err := s.db.Tx(ctx, func(tx *store.Tx) error { return addVisits(tx, s.province, day.Today(s.now()), n) })
		if err != nil {
			return err
		}
	}
	all, err := visitsOf(ctx, s.db, s.province)
	if err != nil {
		s.visits.waiting.Add(-n)
		s.visits.written.Add(n)
		return err
	}
	s.visits.written.Store(all)
	s.visits.waiting.Add(-n)
	return nil
}
