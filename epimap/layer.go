package epimap

import (
	"strconv"

	"khien/kernel/area"
)

// layer is what a map shows: the units of one level below one parent.
type layer struct {
	edition area.Edition
	level   area.Level
	parent  area.Code
}

// layers returns those of the province, which have a stream each: its communes
// and districts, and the provinces of the country.
func (s *Service) layers() []layer {
	var all []layer
	for _, e := range []area.Edition{area.Edition2021, area.Edition2025} {
		for _, level := range levelsOf(e) {
			if la := s.layer(e, level); la.parent != 0 {
				all = append(all, la)
			}
		}
	}
	return all
}

// layer returns the layer of the province at a level.
func (s *Service) layer(e area.Edition, level area.Level) layer {
	if level == area.Province {
		return layer{e, level, countryOf(e)}
	}
	return layer{e, level, s.home[e]}
}

// levelsOf lists the levels that an edition has, from the smallest.
func levelsOf(e area.Edition) []area.Level {
	if e == area.Edition2025 {
		return []area.Level{area.Commune, area.Province}
	}
	return []area.Level{area.Commune, area.District, area.Province}
}

func (la layer) has(a area.Code) bool { return a.Level() == la.level && la.parent.Contains(a) }

// topic names the layer's stream.
func (la layer) topic() string {
	return "epimap/" + strconv.Itoa(int(la.edition)) + "/" + string(la.level)
}

// units lists the units of the layer, sorted by name as Vietnamese sorts.
func (s *Service) units(la layer) []area.Unit {
	if us, ok := s.outlines.units.Load(la); ok {
		return us.([]area.Unit)
	}
	var us []area.Unit
	switch la.level {
	case area.Province:
		us = s.gazetteer.Provinces(la.edition)
	case area.District:
		us = s.gazetteer.Children(la.parent)
	case area.Commune:
		us = s.gazetteer.Communes(la.parent)
		area.SortByName(us)
	}
	s.outlines.units.Store(la, us)
	return us
}
