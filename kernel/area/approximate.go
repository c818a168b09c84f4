package area

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// NaturalEarth names the source of approximate shapes.
const NaturalEarth = "Natural Earth 10m, GeoNames; approximate"

// outlines are the provinces of 2021 as Natural Earth draws them, and anchors
// the places by which units are laid out inside: seats of districts of 2021, of
// communes of 2025.
type outlines struct {
	provinces map[Code][][]Ring
	anchors   map[Code]Point
}

var drawn = sync.OnceValue(func() outlines {
	g := Load()
	o := outlines{provinces: map[Code][][]Ring{}, anchors: map[Code]Point{}}
	rows("outlines.tsv", func(f []string) {
		if u, ok := g.Official(Edition2021, f[0]); ok {
			o.provinces[u.Code] = decodeOutline(f[1])
		}
	})
	for _, name := range []string{"seats.tsv", "places.tsv"} {
		rows(name, func(f []string) {
			e, _ := strconv.Atoi(f[0])
			u, ok := g.Official(Edition(e), f[1])
			lon, err1 := strconv.ParseFloat(f[2], 64)
			lat, err2 := strconv.ParseFloat(f[3], 64)
			if !ok || err1 != nil || err2 != nil {
				panic("area: embedded " + name + ": " + strings.Join(f, " "))
			}
			o.anchors[u.Code] = Point{lon, lat}
		})
	}
	return o
})

// decodeOutline reads polygons parted by "|", each one ring of whole numbers:
// longitude and latitude in 1/10,000 degree, each as the step from the one before.
func decodeOutline(s string) [][]Ring {
	var out [][]Ring
	for p := range strings.SplitSeq(s, "|") {
		var r Ring
		var x, y int
		f := strings.Fields(p)
		for i := 0; i+1 < len(f); i += 2 {
			dx, _ := strconv.Atoi(f[i])
			dy, _ := strconv.Atoi(f[i+1])
			x, y = x+dx, y+dy
			r = append(r, Point{float64(x) / 1e4, float64(y) / 1e4})
		}
		out = append(out, []Ring{append(r, r[0])})
	}
	return out
}

// Approximate returns schematic shapes for the units of a level below a
// province, sorted by code: what a map shows until real boundaries have been
// imported. They cover the province's outline exactly, without overlap, and
// are the same on every machine. Where the seats of all districts are known,
// districts are the ground nearest to their seat, and communes divide it
// evenly: which commune lies where inside its district is invented, only the
// district is meant. Lạng Sơn is laid out by the seats and official areas of
// its 65 communes of 2025, the older communes inside them. Level Province
// returns the outline; nil where nothing is known. The rings are kept and
// shared: they are to be read only.
func (g *Gazetteer) Approximate(e Edition, level Level, province Code) []Shape {
	type key struct {
		level    Level
		province Code
	}
	if province.Level() != Province || province.Edition() != e {
		return nil
	}
	if known, ok := g.sketches.Load(key{level, province}); ok {
		return slices.Clone(known.([]Shape))
	}
	var out []Shape
	switch level {
	case Province:
		out = sketch(map[Code][][]Ring{province: g.outline(province)})
	case District, Commune:
		if e == Edition2021 {
			out = sketch(gather(g.base(province), level))
		} else if level == Commune {
			out = g.communes2025(province)
		}
	}
	g.sketches.Store(key{level, province}, out)
	return slices.Clone(out)
}

// outline returns a province's polygons: one of 2025 is its predecessors together.
func (g *Gazetteer) outline(province Code) [][]Ring {
	o := drawn()
	if province.Edition() == Edition2021 {
		return o.provinces[province]
	}
	var parts [][]Ring
	for _, c := range g.Predecessors(province) {
		parts = append(parts, o.provinces[c]...)
	}
	return dissolve(parts)
}

func sketch(ground map[Code][][]Ring) []Shape {
	var out []Shape
	for c, polygons := range ground {
		if len(polygons) > 0 {
			out = append(out, Shape{Code: c, Polygons: polygons, Approximate: true, Source: NaturalEarth})
		}
	}
	slices.SortFunc(out, func(a, b Shape) int { return int(min(max(a.Code-b.Code, -1), 1)) })
	return out
}

// gather joins the base cells of communes to the units of a level of their edition.
func gather(base map[Code][][]Ring, level Level) map[Code][][]Ring {
	if level == Commune {
		return base
	}
	parts := map[Code][][]Ring{}
	for _, c := range sortedCodes(base) {
		parts[c.District()] = append(parts[c.District()], base[c]...)
	}
	for c := range parts {
		parts[c] = dissolve(parts[c])
	}
	return parts
}

func sortedCodes[V any](m map[Code]V) []Code {
	cs := make([]Code, 0, len(m))
	for c := range m {
		cs = append(cs, c)
	}
	sortCodes(cs)
	return cs
}

// base divides a province of 2021 into its communes.
func (g *Gazetteer) base(province Code) map[Code][][]Ring {
	groups, at := g.groups(province)
	ground := drawn().provinces[province]
	if len(groups) == 0 || len(ground) == 0 {
		return nil
	}
	pl := plane{Shape{Polygons: ground}.Centroid()[1]}
	metric := pl.rings(ground, pl.to)
	heads := sortedCodes(groups)
	sites := make([]site, len(heads))
	areas := make([]float64, len(heads))
	for i, h := range heads {
		sites[i].at = pl.to(at[h])
		if u, ok := g.Unit(h); ok {
			areas[i] = u.AreaKm2
		}
	}
	sites = balanced(metric, sites, g.scaled(areas, province, metric))
	middle := districtMiddles(groups, heads, sites)
	out := map[Code][][]Ring{}
	for i, rings := range cells(metric, sites) {
		cell := apart(rings)
		inner := relaxed(cell, len(groups[heads[i]]))
		members := assign(groups[heads[i]], inner, middle)
		for j, rings := range cells(cell, inner) {
			out[members[j]] = pl.rings(apart(rings), pl.from)
		}
	}
	return noded(out)
}

func apart(rings []Ring) [][]Ring {
	out := make([][]Ring, len(rings))
	for i, r := range rings {
		out[i] = []Ring{r}
	}
	return out
}

// groups says which communes share a cell and where its middle is: by successor
// where the seats of all of them are known, else by district where those are.
func (g *Gazetteer) groups(province Code) (groups map[Code][]Code, at map[Code]Point) {
	for _, head := range []func(Code) Code{g.heir, Code.District} {
		groups, at = map[Code][]Code{}, map[Code]Point{}
		heads := map[Point]Code{} // two units with one seat cannot be told apart
		whole := true
		for _, u := range g.Communes(province) {
			h := head(u.Code)
			p, ok := drawn().anchors[h]
			q, shared := heads[p]
			whole = whole && ok && (!shared || q == h)
			heads[p] = h
			groups[h], at[h] = append(groups[h], u.Code), p
		}
		if whole && len(groups) > 0 {
			return groups, at
		}
	}
	return nil, nil
}

// heir is the successor that a commune lies in for the most part, as far as
// numbers tell: the one that kept its number, else the first.
func (g *Gazetteer) heir(c Code) Code {
	next := g.Successors(c)
	for _, s := range next {
		if s.Official() == c.Official() {
			return s
		}
	}
	if len(next) == 0 {
		return 0
	}
	return next[0]
}

// balanced gives the sites the weights by which their cells come near the
// official areas; a site of unknown area takes what is left to it.
func balanced(polygons [][]Ring, sites []site, areas []float64) []site {
	for range 60 {
		for i, rings := range cells(polygons, sites) {
			var is float64
			for _, r := range rings {
				is += planeArea(r)
			}
			if areas[i] > 0 {
				sites[i].weight += (areas[i] - is) / (2 * math.Pi)
			}
		}
	}
	return sites
}

// scaled fits official areas to the outline, which may be drawn a few per cent small.
func (g *Gazetteer) scaled(areas []float64, province Code, outline [][]Ring) []float64 {
	u, _ := g.Unit(province)
	if u.AreaKm2 == 0 {
		return areas
	}
	var whole float64
	for _, p := range outline {
		whole += planeArea(p[0])
	}
	for i := range areas {
		areas[i] *= whole / u.AreaKm2
	}
	return areas
}

func planeArea(r Ring) float64 {
	_, a := r.centroid()
	return math.Abs(a)
}

// districtMiddles is where each district of 2021 lies, by the groups with most of its communes.
func districtMiddles(groups map[Code][]Code, heads []Code, sites []site) map[Code]Point {
	out, n := map[Code]Point{}, map[Code]float64{}
	for i, h := range heads {
		for _, c := range groups[h] {
			d := c.District()
			p := out[d]
			out[d] = Point{p[0] + sites[i].at[0], p[1] + sites[i].at[1]}
			n[d]++
		}
	}
	for d, p := range out {
		out[d] = Point{p[0] / n[d], p[1] / n[d]}
	}
	return out
}

// assign says which member takes which inner cell: the way by which all lie
// nearest to the middles of their districts, so that a group over two districts
// parts between them. Swaps go on until none helps.
func assign(members []Code, inner []site, middle map[Code]Point) []Code {
	out := slices.Clone(members)
	cost := func(i int, c Code) float64 {
		m := middle[c.District()]
		return math.Hypot(inner[i].at[0]-m[0], inner[i].at[1]-m[1])
	}
	for swapped := true; swapped; {
		swapped = false
		for i := range out {
			for j := range out[:i] {
				if cost(i, out[j])+cost(j, out[i]) < cost(i, out[i])+cost(j, out[j])-1e-9 {
					out[i], out[j] = out[j], out[i]
					swapped = true
				}
			}
		}
	}
	return out
}

// communes2025 divides a province of 2025: by the base cells where they were
// laid out by its seats, else each commune is the ground nearest to the middle
// of what it was made from.
func (g *Gazetteer) communes2025(province Code) []Shape {
	parts := map[Code][][]Ring{}
	var mid []Code
	at := map[Code]Point{}
	for _, old := range g.Predecessors(province) {
		base := g.base(old)
		for _, c := range sortedCodes(base) {
			h := g.heir(c)
			parts[h] = append(parts[h], base[c]...)
		}
	}
	byseat := true
	for _, u := range g.Communes(province) {
		_, ok := drawn().anchors[u.Code]
		byseat = byseat && ok
		var s Shape
		for _, c := range g.Predecessors(u.Code) {
			s.Polygons = append(s.Polygons, parts[g.heir(c)]...)
		}
		if p := (Shape{Polygons: parts[u.Code]}); len(p.Polygons) > 0 {
			s = p
		}
		if len(s.Polygons) > 0 {
			mid = append(mid, u.Code)
			at[u.Code] = s.Centroid()
		}
	}
	if len(mid) < len(g.Communes(province)) {
		return nil
	}
	if byseat {
		for c := range parts {
			parts[c] = dissolve(parts[c])
		}
		delete(parts, 0)
		return sketch(parts)
	}
	return g.nearest(province, mid, at)
}

// nearest gives each unit the ground of the province nearest to its point.
func (g *Gazetteer) nearest(province Code, units []Code, at map[Code]Point) []Shape {
	ground := g.outline(province)
	if len(units) == 0 || len(ground) == 0 {
		return nil
	}
	pl := plane{Shape{Polygons: ground}.Centroid()[1]}
	sites := make([]site, len(units))
	for i, c := range units {
		sites[i].at = pl.to(at[c])
	}
	out := map[Code][][]Ring{}
	for i, rings := range cells(pl.rings(ground, pl.to), sites) {
		out[units[i]] = pl.rings(apart(rings), pl.from)
	}
	return sketch(noded(out))
}
