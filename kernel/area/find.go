package area

import (
	"slices"
	"sort"
	"strings"
)

// Query asks Find for units by name.
type Query struct {
	Edition Edition // 0: both
	Text    string  // any spelling, with or without marks and the kind word, or its beginning; "" finds all
	Parent  Code    // 0: anywhere; else strictly below it, which also settles the edition
	Level   Level   // "": any
	Limit   int     // 0: 20
}

// sought is a unit as Find sees it.
type sought struct {
	unit  int
	level Level
	keys  []string // folded name, full name, and aliases
}

// Find returns the units that the text may mean, the best first: a whole name
// before a beginning, higher levels before lower, then the newer edition, then
// by code. A text with marks ranks the names that carry them first. Each
// result's Code says its edition.
func (g *Gazetteer) Find(q Query) []Unit {
	g.once.Do(g.index)
	if q.Limit <= 0 {
		q.Limit = 20
	}
	wants, exact := searchKeys(q.Text), Spelling(q.Text)
	if wants[0] == "" && strings.TrimSpace(q.Text) != "" {
		return nil
	}
	type hit struct{ unit, rank int }
	var hits []hit
	for i := range g.all {
		s := &g.all[i]
		c := g.units[s.unit].Code
		if q.Edition != 0 && c.Edition() != q.Edition || q.Level != "" && s.level != q.Level ||
			q.Parent != 0 && (c == q.Parent || !q.Parent.Contains(c)) {
			continue
		}
		r := s.rank(wants)
		if r >= 0 && r < 2 && g.spelled(s.unit, exact) {
			hits = append(hits, hit{s.unit, -1})
		} else if r >= 0 {
			hits = append(hits, hit{s.unit, r})
		}
	}
	sort.SliceStable(hits, func(a, b int) bool {
		ca, cb := g.units[hits[a].unit].Code, g.units[hits[b].unit].Code
		if hits[a].rank != hits[b].rank {
			return hits[a].rank < hits[b].rank
		}
		if la, lb := depth(ca), depth(cb); la != lb {
			return la < lb
		}
		if ca.Edition() != cb.Edition() {
			return ca.Edition() > cb.Edition()
		}
		return ca < cb
	})
	var us []Unit
	for _, h := range hits[:min(len(hits), q.Limit)] {
		us = append(us, g.units[h.unit])
	}
	return us
}

func depth(c Code) int {
	return slices.Index([]Level{Country, Province, District, Commune, Hamlet}, c.Level())
}

// rank is 0 for a whole name, 1 for an alias, 2 for a beginning, 3 for the
// beginning of a later word, -1 for no hit.
func (s *sought) rank(wants []string) int {
	best := -1
	for _, want := range wants {
		for i, k := range s.keys {
			r := -1
			switch {
			case k == want && i < 2:
				r = 0
			case k == want:
				r = 1
			case strings.HasPrefix(k, want):
				r = 2
			case strings.Contains(k, " "+want):
				r = 3
			}
			if r >= 0 && (best < 0 || r < best) {
				best = r
			}
		}
	}
	return best
}

// searchKeys are the keys of the text and of the text with its kind word written out.
func searchKeys(text string) []string {
	keys := []string{searchKey(text)}
	for _, f := range forms(text) {
		if f.kind != "" {
			keys = append(keys, searchKey(f.kind)+" "+f.loose)
		}
	}
	return keys
}

func (g *Gazetteer) spelled(unit int, exact string) bool {
	u := g.units[unit]
	return Spelling(u.Name) == exact || Spelling(u.FullName) == exact
}

func (g *Gazetteer) index() {
	g.all = make([]sought, 0, len(g.units))
	g.borne = make(map[string]bool, len(g.units))
	for i, u := range g.units {
		name := searchKey(u.Name)
		g.borne[name] = true
		s := sought{unit: i, level: u.Code.Level(), keys: []string{name, searchKey(u.Kind) + " " + name}}
		for _, a := range g.aliases[u.Code] {
			s.keys = append(s.keys, searchKey(a))
		}
		g.all = append(g.all, s)
	}
}

// searchKey folds, writes y as i and numbers without leading zeros.
func searchKey(s string) string {
	w := strings.Fields(Fold(s))
	for i := range w {
		w[i] = looseWord(w[i])
	}
	return strings.Join(w, " ")
}

func looseWord(w string) string {
	if w[0] == '0' {
		if t := strings.TrimLeft(w, "0"); t != "" {
			return t
		}
	}
	return strings.ReplaceAll(w, "y", "i")
}
