package checkin

import (
	"context"
	"slices"
	"time"

	"khien/kernel/event"
	"khien/kernel/id"
	"khien/kernel/job"
	"khien/kernel/store"
	"khien/wire/qr"
)

// Jobs of the check-in.
func (s *Service) Jobs() []job.Job {
	return []job.Job{
		{Name: "erase_visits", Every: time.Hour, Do: func(ctx context.Context, _ job.Run) error {
			_, err := s.Erase(ctx)
			return err
		}},
		{Name: "forget_scans", Every: time.Hour, Do: func(ctx context.Context, _ job.Run) error {
			before := qr.StepAt(s.now().Add(-lateMost - time.Hour))
			return s.DB.Tx(ctx, func(tx *store.Tx) error { return deleteScans(tx, s.system, before) })
		}},
	}
}

// Sizes of the erasing: each transaction is short, for visits wait for it.
const (
	eraseBuckets = 100
	eraseVisits  = 300
)

// Erase erases the visits that are older than Kept, but for those of people whom
// a case holds (the withdrawn ones of these too), and returns how many. One event.VisitsErased is told of a bucket.
func (s *Service) Erase(ctx context.Context) (erased int, err error) {
	hour := hourOf(s.now().Add(-Kept))
	for after := int64(0); ; {
		buckets, err := oldBuckets(ctx, s.DB, s.system, hour, after, eraseBuckets)
		if err != nil || len(buckets) == 0 {
			return erased, err
		}
		for _, b := range buckets {
			n, err := s.eraseBucket(ctx, b)
			if erased += n; err != nil {
				return erased, err
			}
			after = b
		}
	}
}

func (s *Service) eraseBucket(ctx context.Context, number int64) (erased int, err error) {
	visits, err := inBucket(ctx, s.DB, s.system, number)
	if err != nil {
		return 0, err
	}
	held, err := s.held(ctx, visits)
	if err != nil {
		return 0, err
	}
	var dead []id.ID
	for _, v := range visits {
		if !held[v.subject] || v.withdrawn {
			dead = append(dead, v.visit)
		}
	}
	for part := range slices.Chunk(dead, eraseVisits) {
		err := s.DB.Tx(ctx, func(tx *store.Tx) error {
			if erased == 0 {
				if err := s.tellAged(tx, number); err != nil {
					return err
				}
			}
			return deleteVisits(tx, s.system, number, part)
		})
		if err != nil {
			return erased, err
		}
		erased += len(part)
	}
	if erased < len(visits) {
		return erased, nil
	}
	return erased, s.DB.Tx(ctx, func(tx *store.Tx) error { return deleteBucket(tx, s.system, number) })
}

// tellAged says that the hour of a bucket is dying. It is told with the first of its
// visits: whoever hears it counts on none of them.
func (s *Service) tellAged(tx *store.Tx, number int64) error {
	from := time.Unix(number/bucketsMost*3600, 0).UTC()
	return event.Tell(tx, s.Province, event.VisitsErased{From: from, To: from.Add(time.Hour)})
}

// held returns whose visits a case keeps, asked in parts.
func (s *Service) held(ctx context.Context, visits []made) (map[id.ID]bool, error) {
	all := map[id.ID]bool{}
	if s.Holds == nil {
		return all, nil
	}
	var people []id.ID
	for _, v := range visits {
		people = append(people, v.subject)
	}
	slices.SortFunc(people, func(a, b id.ID) int { return slices.Compare(a[:], b[:]) })
	for part := range slices.Chunk(slices.Compact(people), eraseVisits) {
		held, err := s.Holds.HeldByCase(ctx, part)
		if err != nil {
			return nil, err
		}
		for who, is := range held {
			all[who] = all[who] || is
		}
	}
	return all, nil
}
