package epimap

import (
	"context"
	"iter"
	"time"

	"khien/kernel/area"
	"khien/kernel/day"
	"khien/kernel/fault"
	"khien/kernel/store"
)

// cellKey is an area and a day.
type cellKey struct {
	area area.Code
	day  day.Day
}

// announcedKey is what one announced number is about.
type announcedKey struct {
	cellKey
	rest bool
}

// announced is one number that the authority has announced; the last one told holds.
type announced struct {
	cases  int
	source string
	at     time.Time
}

// nextVersion raises the province's version; its row stays locked until the
// transaction ends, so that versions appear in their order.
func nextVersion(tx *store.Tx, province int, now time.Time) (int64, error) {
	return store.One(tx.Context(), tx, store.Int,
		`insert into epimap_version (province, version, at_ms) values ($1, 1, $2)
		on conflict (province) do update set version = epimap_version.version + 1, at_ms = $2
		returning version`, province, store.Millis(now))
}

// versionOf returns the province's version and when it was made; 0 for none.
func versionOf(ctx context.Context, q store.Querier, province int) (version int64, at time.Time, err error) {
	_, err = store.One(ctx, q, func(s store.Scan) (struct{}, error) {
		var ms int64
		err := s(&version, &ms)
		at = store.Time(ms)
		return struct{}{}, err
	}, "select version, at_ms from epimap_version where province = $1", province)
	if fault.Is(err, fault.NotFound) {
		err = nil
	}
	return version, at, err
}

func putAnnounced(tx *store.Tx, province int, version int64, rows iter.Seq2[announcedKey, announced]) error {
	b := store.Bulk{
		Table:   "epimap_announced",
		Columns: []string{"province", "area", "day", "rest", "cases", "source", "at_ms", "version"},
		OnConflict: `on conflict (province, area, day, rest) do update set
			cases = excluded.cases, source = excluded.source, at_ms = excluded.at_ms, version = excluded.version`,
	}
	_, err := b.Insert(tx, func(yield func([]any) bool) {
		for k, a := range rows {
			if !yield([]any{province, k.area, k.day, k.rest, a.cases, a.source, store.Millis(a.at), version}) {
				return
			}
		}
	})
	return err
}

func putBatch(tx *store.Tx, province int, a area.Code, b batch, version int64) error {
	_, err := tx.Exec(`insert into epimap_batch (province, area, day, cases, version) values ($1, $2, $3, $4, $5)
		on conflict (province, area, day) do update set cases = excluded.cases, version = excluded.version`,
		province, a, b.day, b.cases, version)
	return err
}

func putMark(tx *store.Tx, province int, a area.Code, m mark, version int64) error {
	_, err := tx.Exec(`insert into epimap_pending (province, area, since, again, version) values ($1, $2, $3, $4, $5)
		on conflict (province, area) do update set since = excluded.since, again = excluded.again, version = excluded.version`,
		province, a, m.since, m.again, version)
	return err
}

// addRecorded adds changes to the true counts.
func addRecorded(tx *store.Tx, province int, changes iter.Seq2[cellKey, int]) error {
	b := store.Bulk{
		Table:      "epimap_recorded",
		Columns:    []string{"province", "area", "day", "cases", "released"},
		OnConflict: `on conflict (province, area, day) do update set cases = epimap_recorded.cases + excluded.cases`,
	}
	_, err := b.Insert(tx, func(yield func([]any) bool) {
		for k, n := range changes {
			if !yield([]any{province, k.area, k.day, n, 0}) {
				return
			}
		}
	})
	return err
}

func setReleased(tx *store.Tx, province int, a area.Code, c cell) error {
	_, err := tx.Exec("update epimap_recorded set released = $4 where province = $1 and area = $2 and day = $3",
		province, a, c.day, c.released)
	return err
}

// dropRecorded forgets the true counts that an announcement covers, and empty ones.
func dropRecorded(tx *store.Tx, province int, a area.Code, horizon day.Day) error {
	_, err := tx.Exec(`delete from epimap_recorded
		where province = $1 and area = $2 and (day <= $3 or (cases = 0 and released = 0))`, province, a, horizon)
	return err
}

// raiseHorizons moves the horizons of areas, or of whole grounds, forward.
func raiseHorizons(tx *store.Tx, province int, horizons iter.Seq2[horizonKey, day.Day]) error {
	b := store.Bulk{
		Table:      "epimap_horizon",
		Columns:    []string{"province", "area", "ground", "day"},
		OnConflict: "on conflict (province, area, ground) do update set day = excluded.day where epimap_horizon.day < excluded.day",
	}
	_, err := b.Insert(tx, func(yield func([]any) bool) {
		for k, d := range horizons {
			if !yield([]any{province, k.area, k.ground, d}) {
				return
			}
		}
	})
	return err
}

// horizonOf returns the last day that announcements cover in the area: its own,
// and that of every ground that it lies in. 0: none.
func horizonOf(tx *store.Tx, province int, a area.Code) (day.Day, error) {
	n, err := store.One(tx.Context(), tx, store.Int,
		`select coalesce(max(day), 0) from epimap_horizon
		where province = $1 and ((area = $2 and ground = false) or (ground = true and area in ($2, $3, $4, $5)))`,
		province, a, a.District(), a.Province(), a.Country())
	return day.Day(n), err
}

func unitOf(tx *store.Tx, province int, a area.Code) (*unit, error) {
	ctx := tx.Context()
	u := &unit{}
	var err error
	u.cells, err = store.All(ctx, tx, func(s store.Scan) (c cell, err error) {
		return c, s(&c.day, &c.cases, &c.released)
	}, "select day, cases, released from epimap_recorded where province = $1 and area = $2 order by day", province, a)
	if err != nil {
		return nil, err
	}
	u.batches, err = store.All(ctx, tx, func(s store.Scan) (b batch, err error) {
		return b, s(&b.day, &b.cases)
	}, "select day, cases from epimap_batch where province = $1 and area = $2 and cases <> 0 order by day", province, a)
	if err != nil {
		return nil, err
	}
	u.mark, err = store.One(ctx, tx, func(s store.Scan) (m mark, err error) {
		return m, s(&m.since, &m.again)
	}, "select since, again from epimap_pending where province = $1 and area = $2", province, a)
	if fault.Is(err, fault.NotFound) {
		err = nil
	}
	return u, err
}

// activeAreas returns the areas that have anything beyond their horizon.
func activeAreas(tx *store.Tx, province int) ([]area.Code, error) {
	return store.All(tx.Context(), tx, scanArea,
		`select area from epimap_recorded where province = $1
		union select area from epimap_batch where province = $1 and cases <> 0
		union select area from epimap_pending where province = $1 and since <> 0
		order by area`, province)
}

func scanArea(s store.Scan) (area.Code, error) {
	var n int64
	err := s(&n)
	return area.Code(n), err
}

// announcedAfter reads the announced numbers changed after a version.
func announcedAfter(ctx context.Context, q store.Querier, province int, version int64, row func(announcedKey, announced)) error {
	return store.Each(ctx, q, func(s store.Scan) error {
		var k announcedKey
		var a announced
		var code, ms int64
		err := s(&code, &k.day, &k.rest, &a.cases, &a.source, &ms)
		if err == nil {
			k.area, a.at = area.Code(code), store.Time(ms)
			row(k, a)
		}
		return err
	}, "select area, day, rest, cases, source, at_ms from epimap_announced where province = $1 and version > $2", province, version)
}

func batchesAfter(ctx context.Context, q store.Querier, province int, version int64, row func(cellKey, int)) error {
	return store.Each(ctx, q, func(s store.Scan) error {
		var k cellKey
		var code int64
		var n int
		err := s(&code, &k.day, &n)
		if err == nil {
			k.area = area.Code(code)
			row(k, n)
		}
		return err
	}, "select area, day, cases from epimap_batch where province = $1 and version > $2", province, version)
}

func marksAfter(ctx context.Context, q store.Querier, province int, version int64, row func(area.Code, mark)) error {
	return store.Each(ctx, q, func(s store.Scan) error {
		var m mark
		var code int64
		err := s(&code, &m.since, &m.again)
		if err == nil {
			row(area.Code(code), m)
		}
		return err
	}, "select area, since, again from epimap_pending where province = $1 and version > $2", province, version)
}

// addVisits counts n visits of a day.
func addVisits(tx *store.Tx, province int, d day.Day, n int64) error {
	_, err := tx.Exec(`insert into epimap_visit (province, day, n) values ($1, $2, $3)
		on conflict (province, day) do update set n = epimap_visit.n + excluded.n`, province, d, n)
	return err
}

// visitsOf returns all visits ever counted.
func visitsOf(ctx context.Context, q store.Querier, province int) (int64, error) {
	return store.One(ctx, q, store.Int, "select coalesce(sum(n), 0) from epimap_visit where province = $1", province)
}

func putLevels(tx *store.Tx, province int, version int64, rows iter.Seq2[levelKey, int]) error {
	b := store.Bulk{
		Table:      "epimap_level",
		Columns:    []string{"province", "area", "from_day", "level", "version"},
		OnConflict: "on conflict (province, area, from_day) do update set level = excluded.level, version = excluded.version",
	}
	_, err := b.Insert(tx, func(yield func([]any) bool) {
		for k, level := range rows {
			if !yield([]any{province, k.area, k.from, level, version}) {
				return
			}
		}
	})
	return err
}

// levelsAfter reads the levels changed after a version.
func levelsAfter(ctx context.Context, q store.Querier, province int, version int64, row func(levelKey, int)) error {
	return store.Each(ctx, q, func(s store.Scan) error {
		var k levelKey
		var code int64
		var level int
		err := s(&code, &k.from, &level)
		if err == nil {
			k.area = area.Code(code)
			row(k, level)
		}
		return err
	}, "select area, from_day, level from epimap_level where province = $1 and version > $2", province, version)
}
