package area

import (
	"slices"
	"sort"
	"strings"
)

// Unit returns the unit of a code; false when no edition has it.
func (g *Gazetteer) Unit(c Code) (Unit, bool) {
	i, ok := g.byCode[c]
	if !ok {
		return Unit{}, false
	}
	return g.units[i], true
}

// Official finds a unit by the statistics office's number: two digits for a
// province, three for a district, five for a commune.
func (g *Gazetteer) Official(e Edition, number string) (Unit, bool) {
	return g.Unit(g.official[e][number])
}

// below returns the units at or below c, in the order of codes; not a copy.
func (g *Gazetteer) below(c Code) []Unit {
	if c == 0 {
		return nil
	}
	lo, hi := c.Range()
	i := sort.Search(len(g.units), func(i int) bool { return g.units[i].Code >= lo })
	j := sort.Search(len(g.units), func(i int) bool { return g.units[i].Code >= hi })
	return g.units[i:j]
}

// Children returns the units directly below c, sorted by name as Vietnamese
// sorts; of a country its provinces. Nil when there are none.
func (g *Gazetteer) Children(c Code) []Unit {
	if us, ok := g.children.Load(c); ok {
		return slices.Clone(us.([]Unit))
	}
	var us []Unit
	for _, u := range g.below(c) {
		if u.Code != c && u.Code.Parent() == c {
			us = append(us, u)
		}
	}
	SortByName(us)
	if _, ok := g.byCode[c]; ok { // a made-up code would be kept for ever
		g.children.Store(c, us)
	}
	return slices.Clone(us)
}

// Communes returns all communes at or below c, sorted by code; nil when there are none.
func (g *Gazetteer) Communes(c Code) []Unit {
	var us []Unit
	for _, u := range g.below(c) {
		if u.Code.Level() == Commune {
			us = append(us, u)
		}
	}
	return us
}

// Provinces returns the provinces of an edition, sorted by name as Vietnamese sorts.
func (g *Gazetteer) Provinces(e Edition) []Unit { return g.Children(Code(e) * stepEdition) }

// Successors returns the units of the next edition that took over ground of c,
// sorted by code: communes for a commune or a district, the province for a
// province. Nil: none, or not known.
func (g *Gazetteer) Successors(c Code) []Code { return g.step(c, g.next) }

// Predecessors returns the units of the edition before whose ground c took
// over, sorted by code. Nil: none, or not known.
func (g *Gazetteer) Predecessors(c Code) []Code { return g.step(c, g.prev) }

func (g *Gazetteer) step(c Code, to map[Code][]Code) []Code {
	if cs, ok := to[c]; ok {
		return slices.Clone(cs)
	}
	if c.Level() != District {
		return nil
	}
	var cs []Code
	for _, u := range g.Communes(c) {
		cs = append(cs, to[u.Code]...)
	}
	sortCodes(cs)
	return slices.Compact(cs)
}

// In returns the same ground in edition e: c itself in its own edition, else
// the Successors or Predecessors. exact is true when the units returned cover
// that ground and nothing else, so that a count may be carried over unchanged;
// for example, a commune merged with others is not exact, nor is one whose
// successors are not all known.
func (g *Gazetteer) In(c Code, e Edition) (cs []Code, exact bool) {
	forth, back := g.Successors, g.Predecessors
	switch {
	case c.Edition() == e:
		return []Code{c}, true
	case c.Edition() > e:
		forth, back = back, forth
	}
	cs = forth(c)
	exact = len(cs) > 0
	for _, d := range g.Communes(c) {
		exact = exact && len(forth(d.Code)) > 0
	}
	for _, d := range cs {
		for _, b := range back(d) {
			exact = exact && (b == c || c.Contains(b))
		}
	}
	return cs, exact
}

// Path returns the units from the province down to c; nil for an unknown code.
func (g *Gazetteer) Path(c Code) []Unit {
	var us []Unit
	for ; c != 0 && c.Level() != Country; c = c.Parent() {
		if u, ok := g.Unit(c); ok {
			us = append(us, u)
		}
	}
	slices.Reverse(us)
	return us
}

// Short returns a unit and, of a commune, the district above it, as a list has
// room for: "Xã Minh Hòa, Hữu Lũng". "" for an unknown code.
func (g *Gazetteer) Short(c Code) string {
	u, _ := g.Unit(c)
	if above, ok := g.Unit(c.Parent()); ok && above.Code.Level() == District {
		return u.FullName + ", " + above.Name
	}
	return u.FullName
}

// Title says the path from the bottom up, as an address does:
// "Xã Minh Hòa, Huyện Hữu Lũng, Tỉnh Lạng Sơn"; "" for an unknown code.
func (g *Gazetteer) Title(c Code) string {
	var names []string
	for _, u := range g.Path(c) {
		names = append(names, u.FullName)
	}
	slices.Reverse(names)
	return strings.Join(names, ", ")
}
