package outbreak

import (
	"context"
	"io"
	"slices"

	"khien/kernel/area"
	"khien/kernel/auth"
	"khien/kernel/day"
	"khien/kernel/fault"
	"khien/kernel/store"
)

// Replayed is one day of a replay as it was told.
type Replayed struct {
	Day    day.Day
	Report Report // its sums are of that day; Problems stays empty
}

// ReplayCounts reads the whole list as ImportCounts does, then publishes it day
// by day, the oldest first, each day an act of its own. before is asked before
// every day, and stops the replay with its error; after hears each day.
func (s *Service) ReplayCounts(ctx context.Context, sc auth.Scope, name string, r io.Reader, before func(day.Day) error, after func(Replayed)) error {
	if err := sc.Check(auth.Import, area.Code(0)); err != nil {
		return err
	}
	whole, err := s.readCounts(r)
	if err != nil {
		return err
	}
	days := slices.Compact(slices.Clone(whole.days))
	if len(days) == 0 {
		return fault.New(fault.Invalid, "outbreak.no_days")
	}
	for _, d := range days {
		if err := before(d); err != nil {
			return err
		}
		in := whole.on(d)
		err := s.db.Tx(ctx, func(tx *store.Tx) error {
			in.report.Added, in.report.Changed = 0, 0
			return s.writeImport(tx, sc, name, in)
		})
		if err != nil {
			return err
		}
		after(Replayed{d, in.report})
	}
	return nil
}

// on returns the part of an intake that speaks of one day.
func (in *intake) on(d day.Day) *intake {
	part := &intake{sums: map[cellKey]*sum{}, digest: in.digest, days: []day.Day{d}}
	for _, k := range in.order {
		if k.day == d {
			part.sums[k] = in.sums[k]
			part.order = append(part.order, k)
			part.report.Rows += in.sums[k].rows
			part.report.Cases += in.sums[k].cases
		}
	}
	for _, h := range in.held {
		if h.day == d {
			part.held = append(part.held, h)
		}
	}
	return part
}
