package checkin

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"time"

	"khien/kernel/event"
	"khien/kernel/id"
	"khien/kernel/store"
)

// The trail finds the visits of a person or a place. A row of it is a subject
// and a visit; rows lie in buckets of an hour of From, cut where bucketFull
// visits are in one, and are written in sorted batches: a batch touches the pages
// of one bucket and no others, however many visits there are. A look-up asks
// every bucket of its days, 672 for four weeks.
const (
	bucketFull  = 20_000
	bucketsMost = 10_000 // buckets of an hour
)

// step is one row of the trail.
type step struct{ subject, visit id.ID }

func hourOf(t time.Time) int64 { return t.Unix() / 3600 }

// listener writes the trail and finds the flags that one visit alone does not show.
func (s *Service) listener() event.Listener {
	return event.Listener{Name: "checkin.trail", Kinds: []string{event.KindVisitsRecorded}, HearAll: s.hear}
}

func (s *Service) hear(_ context.Context, tx *store.Tx, facts []event.Fact) error {
	byHour := map[int64][]event.Visited{}
	for _, f := range facts {
		told, err := event.Decode[event.VisitsRecorded](f)
		if err != nil {
			return err
		}
		for _, v := range told.Visits {
			if !v.Left {
				byHour[hourOf(v.From)] = append(byHour[hourOf(v.From)], v)
			}
		}
	}
	for _, hour := range slices.Sorted(maps.Keys(byHour)) { // in order: two nodes never wait for each other in a ring
		visits := byHour[hour]
		if err := s.trace(tx, hour, visits); err != nil {
			return err
		}
		if err := s.doubt(tx, visits); err != nil {
			return err
		}
	}
	return nil
}

// trace writes the visits of one hour.
func (s *Service) trace(tx *store.Tx, hour int64, visits []event.Visited) error {
	b, err := lastBucket(tx.Context(), tx, s.system, hour)
	if err != nil {
		return err
	}
	if b.visits >= bucketFull && (b.number+1)%bucketsMost != 0 {
		b = bucket{number: b.number + 1}
	}
	rows := make([]step, 0, 2*len(visits))
	for _, v := range visits {
		rows = append(rows, step{v.Person, v.Visit}, step{v.Place, v.Visit})
	}
	slices.SortFunc(rows, func(a, b step) int {
		if c := bytes.Compare(a.subject[:], b.subject[:]); c != 0 {
			return c
		}
		return bytes.Compare(a.visit[:], b.visit[:])
	})
	if err := insertTrail(tx, s.system, b.number, rows); err != nil {
		return err
	}
	return countBucket(tx, s.system, b.number, len(visits))
}

// doubt flags what is odd about visits once one knows where their people were before.
func (s *Service) doubt(tx *store.Tx, visits []event.Visited) error {
	book := s.Places.Book()
	for _, v := range visits {
		p, _ := book.Any(v.Place)
		if f := s.known.doubt(v, p.Position); f != 0 {
			if err := addFlags(tx, s.system, v.Visit, f); err != nil {
				return err
			}
		}
	}
	return nil
}
