package epimap

import (
	"context"
	"maps"
	"slices"

	"khien/kernel/area"
	"khien/kernel/day"
	"khien/kernel/event"
	"khien/kernel/store"
)

// Topic is what a transaction wakes that changes what the public sees.
const Topic = "epimap"

// settleOrder is when the gathered facts of a transaction are settled: before its outbox.
const settleOrder = 5

// horizonKey is an area alone, or an area with everything in it.
type horizonKey struct {
	area   area.Code
	ground bool
}

// work gathers what the facts of one transaction change, so that the rule runs
// once for each unit.
type work struct {
	province  int
	recorded  map[cellKey]int
	announced map[announcedKey]announced
	horizons  map[horizonKey]day.Day
	levels    map[levelKey]int
}

type workKey struct{ province int }

// hear takes one fact in.
func (s *Service) hear(_ context.Context, tx *store.Tx, f event.Fact) error {
	w := tx.Value(workKey{f.Province}, func() any {
		w := &work{f.Province, map[cellKey]int{}, map[announcedKey]announced{}, map[horizonKey]day.Day{}, map[levelKey]int{}}
		tx.AtEnd(settleOrder, func() error { return s.settle(tx, w) })
		return w
	}).(*work)
	if f.Kind == event.KindCaseClassified {
		c, err := event.Decode[event.CaseClassified](f)
		if err != nil {
			return err
		}
		w.count(c.Was, -1)
		w.count(c.Is, +1)
		return nil
	}
	if f.Kind == event.KindLevelDecided {
		d, err := event.Decode[event.LevelDecided](f)
		if err == nil && !d.Area.IsZero() {
			w.levels[levelKey{d.Area, d.From}] = d.Level
		}
		return err
	}
	a, err := event.Decode[event.CountsAnnounced](f)
	if err != nil {
		return err
	}
	s.announce(w, a, announced{source: a.Source, at: f.At})
	return nil
}

// count adds a case that counts at c, or takes one away. The smallest unit is the commune.
func (w *work) count(c event.Counted, n int) {
	if c.Area.IsZero() || c.Day.IsZero() {
		return
	}
	k := cellKey{c.Area, c.Day}
	if m := c.Area.Commune(); m != 0 {
		k.area = m
	}
	w.recorded[k] += n
}

func (s *Service) announce(w *work, a event.CountsAnnounced, row announced) {
	for _, c := range a.Counts {
		if c.Area.IsZero() || c.Day.IsZero() {
			continue
		}
		row.cases = c.Cases
		w.announced[announcedKey{cellKey{c.Area, c.Day}, c.Rest}] = row
		if a.Ground.IsZero() {
			w.raise(horizonKey{c.Area, false}, c.Day)
		}
	}
	if a.Ground.IsZero() {
		return
	}
	w.raise(horizonKey{a.Ground, true}, a.Through)
	for _, same := range s.elsewhere(a.Ground) {
		w.raise(horizonKey{same, true}, a.Through)
	}
}

// elsewhere returns the same ground in the other edition, where it is exactly that.
func (s *Service) elsewhere(ground area.Code) []area.Code {
	other := otherEdition(ground.Edition())
	if ground.Level() == area.Country {
		return []area.Code{countryOf(other)}
	}
	if cs, exact := s.gazetteer.In(ground, other); exact {
		return cs
	}
	return nil
}

func (w *work) raise(k horizonKey, d day.Day) { w.horizons[k] = max(w.horizons[k], d) }

// settle writes what the transaction's facts come to. The version rises, and
// somebody is woken, only when the public sees something else than before: a
// pending case that changes nothing leaves no trace, not even of its moment.
func (s *Service) settle(tx *store.Tx, w *work) error {
	if err := raiseHorizons(tx, w.province, maps.All(w.horizons)); err != nil {
		return err
	}
	if err := addRecorded(tx, w.province, maps.All(w.recorded)); err != nil {
		return err
	}
	areas, err := w.touched(tx)
	if err != nil {
		return err
	}
	p := &publisher{s: s, tx: tx, province: w.province}
	for _, a := range areas {
		if err := p.settle(a); err != nil {
			return err
		}
	}
	if len(w.announced)+len(w.levels) == 0 {
		return nil
	}
	version, err := p.next()
	if err != nil {
		return err
	}
	if err := putLevels(tx, w.province, version, maps.All(w.levels)); err != nil {
		return err
	}
	return putAnnounced(tx, w.province, version, maps.All(w.announced))
}

// touched returns the units whose counts or horizons the facts may have moved, in order.
func (w *work) touched(tx *store.Tx) ([]area.Code, error) {
	areas := map[area.Code]bool{}
	for k := range w.recorded {
		areas[k.area] = true
	}
	if len(w.horizons) > 0 {
		active, err := activeAreas(tx, w.province)
		if err != nil {
			return nil, err
		}
		for _, a := range active {
			if w.covers(a) {
				areas[a] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(areas)), nil
}

func (w *work) covers(a area.Code) bool {
	_, own := w.horizons[horizonKey{a, false}]
	for k := range w.horizons {
		own = own || k.ground && k.area.Contains(a)
	}
	return own
}

// publisher writes the public rows of one transaction under one version, which
// it takes when the first of them changes.
type publisher struct {
	s        *Service
	tx       *store.Tx
	province int
	version  int64
}

func (p *publisher) next() (int64, error) {
	if p.version > 0 {
		return p.version, nil
	}
	v, err := nextVersion(p.tx, p.province, p.s.now())
	p.version = v
	p.tx.Wake(Topic)
	return v, err
}

// settle runs the rule for one unit and writes what it changed.
func (p *publisher) settle(a area.Code) error {
	horizon, err := horizonOf(p.tx, p.province, a)
	if err != nil {
		return err
	}
	was, err := unitOf(p.tx, p.province, a)
	if err != nil {
		return err
	}
	is := &unit{slices.Clone(was.cells), slices.Clone(was.batches), was.mark}
	is.settle(p.s.k, horizon, day.Today(p.s.now()))
	for _, c := range is.cells {
		if slices.Contains(was.cells, c) {
			continue
		}
		if err := setReleased(p.tx, p.province, a, c); err != nil {
			return err
		}
	}
	if err := dropRecorded(p.tx, p.province, a, horizon); err != nil {
		return err
	}
	return p.publish(a, was, is)
}

func (p *publisher) publish(a area.Code, was, is *unit) error {
	for _, b := range is.batches {
		if slices.Contains(was.batches, b) {
			continue
		}
		version, err := p.next()
		if err != nil {
			return err
		}
		if err := putBatch(p.tx, p.province, a, b, version); err != nil {
			return err
		}
	}
	if is.mark == was.mark {
		return nil
	}
	version, err := p.next()
	if err != nil {
		return err
	}
	return putMark(p.tx, p.province, a, is.mark, version)
}
