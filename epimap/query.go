package epimap

import (
	"net/url"
	"slices"
	"strconv"
	"time"

	"khien/kernel/area"
	"khien/kernel/day"
	"khien/kernel/fault"
)

// query is what a reader asks to see. day 0 is the last day with data.
type query struct {
	layer
	day    day.Day
	window Window
}

// Parameters of addresses.
const (
	paramEdition = "edition"
	paramLevel   = "level"
	paramParent  = "parent"
	paramDay     = "day"
	paramWindow  = "window"
	paramOffset  = "day_offset" // of the page's form: days after the first one
	paramSince   = "since"      // of the stream
	paramPart    = "part"       // of the series: "recent", or all of it
)

// only refuses parameters that a program's address does not know, and any that
// stands twice.
func only(values url.Values, known ...string) error {
	for name, given := range values {
		if !slices.Contains(known, name) {
			return fault.New(fault.Invalid, "epimap.parameter").At("parameter", name)
		}
		if len(given) > 1 {
			return fault.New(fault.Invalid, "epimap.twice").At(name, given[1])
		}
	}
	return nil
}

// parse reads a query. What is left out takes its default: the edition of the
// installation, communes, the province, the last day, seven days.
func (s *Service) parse(values url.Values) (query, error) {
	q := query{window: New7}
	parent, err := s.parseParent(values.Get(paramParent))
	if err != nil {
		return q, err
	}
	if q.layer, err = s.parseLayer(values.Get(paramEdition), values.Get(paramLevel), parent); err != nil {
		return q, err
	}
	if text := values.Get(paramDay); text != "" {
		if q.day, err = day.Parse(text); err != nil {
			return q, err
		}
	}
	q.window, err = parseWindow(values.Get(paramWindow))
	return q, err
}

func parseWindow(text string) (Window, error) {
	switch text {
	case "":
		return New7, nil
	case "1", "7", "14":
		n, err := strconv.Atoi(text)
		return Window(n), err
	case "total":
		return Total, nil
	}
	return 0, fault.New(fault.Invalid, "epimap.window").At(paramWindow, text)
}

func (s *Service) parseParent(text string) (area.Code, error) {
	if text == "" {
		return 0, nil
	}
	c, err := area.Parse(text)
	if err != nil {
		return 0, fault.New(fault.Invalid, "area.code").At(paramParent, text)
	}
	if _, known := s.gazetteer.Unit(c); !known && c.Level() != area.Country {
		return 0, fault.New(fault.Invalid, "epimap.area").At(paramParent, text)
	}
	return c, nil
}

func (s *Service) parseLayer(edition, level string, parent area.Code) (layer, error) {
	e := s.edition
	if parent != 0 {
		e = parent.Edition()
	}
	switch edition {
	case "":
	case "2021":
		e = area.Edition2021
	case "2025":
		e = area.Edition2025
	default:
		return layer{}, fault.New(fault.Invalid, "epimap.edition").At(paramEdition, edition)
	}
	l := area.Level(level)
	switch {
	case level == "":
		l = area.Commune
	case l == area.District && e == area.Edition2025:
		return layer{}, fault.New(fault.Invalid, "epimap.no_districts").At(paramLevel, level)
	case !slices.Contains(levelsOf(e), l):
		return layer{}, fault.New(fault.Invalid, "epimap.level").At(paramLevel, level)
	}
	la := s.layer(e, l)
	if parent != 0 {
		la.parent = parent
	}
	if la.parent.Edition() != e || !below(l, la.parent.Level()) {
		return layer{}, fault.New(fault.Invalid, "epimap.parent").At(paramParent, la.parent.String())
	}
	return la, nil
}

// below reports whether units of a level lie within units of another, for which
// there is a map: communes in a province or district, provinces in the country.
func below(level, parent area.Level) bool {
	switch parent {
	case area.Country:
		return level == area.Province
	case area.Province:
		return level == area.District || level == area.Commune
	case area.District:
		return level == area.Commune
	}
	return false
}

// on returns the day asked for, the last one with data if none was. A day before
// the first one or after today has no numbers: fault.Invalid.
func (q query) on(v *view, now time.Time) (day.Day, error) {
	switch last := max(v.last, day.Today(now)); {
	case q.day == 0:
		return v.last, nil
	case q.day < v.first || q.day > last:
		return 0, fault.New(fault.Invalid, "epimap.day").At(paramDay, q.day.String()).With("from", v.first.Time()).With("to", last.Time())
	}
	return q.day, nil
}
