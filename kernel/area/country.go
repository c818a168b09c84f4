package area

import (
	"math"
	"slices"
	"strconv"
)

// countryTolerance thins the country's outlines, which are some kilometres coarse as drawn.
const countryTolerance = 600 // metres

// Vietnam returns the country by provinces of an edition, thinned for a small
// map, sorted by code; and last the archipelagos of Hoàng Sa and Trường Sa as
// shapes of their own, under the codes of the district (2021) or special zone
// (2025) that each is, in Đà Nẵng and Khánh Hòa. The islands are symbols six
// kilometres across at published positions: drawn to scale none would be seen.
// The shapes are kept and shared: they are to be read only.
func (g *Gazetteer) Vietnam(e Edition) []Shape {
	key := Code(e) * stepEdition
	if known, ok := g.sketches.Load(key); ok {
		return slices.Clone(known.([]Shape))
	}
	var out []Shape
	for _, u := range g.below(key) {
		if u.Code.Level() == Province {
			out = append(out, g.Approximate(e, Province, u.Code)...)
		}
	}
	out = append(Simplify(out, countryTolerance), g.archipelagos(e)...)
	g.sketches.Store(key, out)
	return slices.Clone(out)
}

const islandKm = 3 // radius of an island's symbol

func (g *Gazetteer) archipelagos(e Edition) []Shape {
	var out []Shape
	rows("islands.tsv", func(f []string) {
		u, _ := g.Official(Edition2021, f[0])
		code := u.Code
		if e == Edition2025 {
			code = g.Successors(u.Code)[0]
		}
		lon, _ := strconv.ParseFloat(f[2], 64)
		lat, _ := strconv.ParseFloat(f[3], 64)
		if len(out) == 0 || out[len(out)-1].Code != code {
			out = append(out, Shape{Code: code, Approximate: true, Source: "published coordinates"})
		}
		s := &out[len(out)-1]
		s.Polygons = append(s.Polygons, []Ring{around(Point{lon, lat}, islandKm)})
	})
	return out
}

// around is an octagon about a point.
func around(p Point, km float64) Ring {
	pl := plane{p[1]}
	c := pl.to(p)
	r := make(Ring, 0, 9)
	for i := range 8 {
		turn := float64(i) * math.Pi / 4
		r = append(r, pl.from(Point{c[0] + km*math.Cos(turn), c[1] + km*math.Sin(turn)}))
	}
	return append(r, r[0])
}
