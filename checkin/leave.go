package checkin

import (
	"context"
	"time"

	"khien/kernel/event"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/store"
)

var errInside = fault.New(fault.NotFound, "checkin.not_inside")

// Leave ends a visit at a moment, by its visitor or its keeper, and returns it
// once that is durable. One that was ended already stays as it was; of one that was
// withdrawn the end is kept and not told. A moment
// before its beginning is fault.Invalid.
func (s *Service) Leave(ctx context.Context, v Visit, at time.Time, by Ended) (Visit, error) {
	if v.Ended != EndAssumed {
		return v, nil
	}
	if at.Before(v.From) {
		return Visit{}, errBefore.At("at", at.Format(time.RFC3339))
	}
	v.Until, v.Ended = at, by
	if at.Sub(v.From) > stayMost {
		v.Flags |= LongStay
	}
	ended := false
	err := s.DB.Tx(ctx, func(tx *store.Tx) (err error) {
		if ended, err = endVisit(tx, s.system, v); err != nil || !ended {
			return err
		}
		return event.Tell(tx, s.Province, event.VisitsRecorded{Lane: laneOf(v.ID), Visits: []event.Visited{v.fact()}})
	})
	if err != nil || ended {
		return v, err
	}
	return toldVisit(ctx, s.DB, s.system, v.ID)
}

// inside returns the visit of somebody at a place that at would end: the last one
// begun before it whose end is only assumed, or else the one that ended at this
// very moment, told again.
func (s *Service) inside(ctx context.Context, who, where id.ID, at time.Time) (Visit, error) {
	v, err := s.lookInside(ctx, who, where, at)
	if !fault.Is(err, fault.NotFound) {
		return v, err
	}
	bus := &event.Bus{DB: s.DB, Province: s.Province, Log: s.Log} // the trail may be a moment behind
	if err := bus.Drain(ctx, s.listener()); err != nil {
		return Visit{}, err
	}
	return s.lookInside(ctx, who, where, at)
}

// insideMost bounds one person's visits of a day.
const insideMost = 500

func (s *Service) lookInside(ctx context.Context, who, where id.ID, at time.Time) (Visit, error) {
	all, err := s.aliases(ctx, who)
	if err != nil {
		return Visit{}, err
	}
	visits, err := visitsOf(ctx, s.DB, s.system, standing, all, at.Add(-2*stayMost), at.Add(time.Second), insideMost)
	if err != nil {
		return Visit{}, err
	}
	found := Visit{}
	for _, v := range visits {
		open := v.Ended == EndAssumed && !v.From.After(at)
		again := v.Ended != EndAssumed && v.Until.Equal(at) && found.ID.IsZero()
		if v.Place == where && (open || again) {
			found = v
		}
	}
	if found.ID.IsZero() {
		return Visit{}, errInside
	}
	return found, nil
}
