package epimap

import (
	"cmp"
	"slices"

	"khien/kernel/area"
	"khien/kernel/day"
)

// levelKey is an area and the first day on which a level is in force.
type levelKey struct {
	area area.Code
	from day.Day
}

// levelFrom is an epidemic level, 1 to 4, and its first day; 0 was taken back.
type levelFrom struct {
	from  day.Day
	level int
}

// putLevel notes a decision of the committee. The lists are made anew: views hold
// the old ones.
func (l *ledger) putLevel(k levelKey, level int) {
	all := slices.DeleteFunc(slices.Clone(l.levels[k.area]), func(f levelFrom) bool { return f.from == k.from })
	all = append(all, levelFrom{k.from, level})
	slices.SortFunc(all, func(a, b levelFrom) int { return cmp.Compare(a.from, b.from) })
	l.levels[k.area] = all
}

// levelOn is the level of an area on a day, and since when; 0 where the committee
// has decided none.
func (v *view) levelOn(a area.Code, d day.Day) (level int, since day.Day) {
	for _, f := range v.levels[a] {
		if f.from <= d && f.level != 0 {
			level, since = f.level, f.from
		}
	}
	return level, since
}

// levelDay is the day of which levels are shown beside the numbers of a day: with
// the newest numbers, today.
func (s *Service) levelDay(v *view, d day.Day) day.Day {
	if d < v.last {
		return d
	}
	return day.Today(s.now())
}
