package area

import (
	"cmp"
	"math"
	"slices"
)

const (
	nodeDegree = 1e-6       // cells are rounded to about a decimetre
	nodeSlack  = 1.5e-6     // a corner this near to an edge lies on it
	nodeCell   = 1.0 / 64.0 // degrees, of the grid that finds corners
)

// noded rounds the polygons and puts into each edge the corners of others that
// lie on it, so that neighbours agree point for point.
func noded(ground map[Code][][]Ring) map[Code][][]Ring {
	near := map[[2]int][]Point{}
	seen := map[Point]bool{}
	for _, c := range sortedCodes(ground) {
		for _, rings := range ground[c] {
			for _, r := range rings {
				for i, p := range r {
					p = Point{math.Round(p[0]/nodeDegree) * nodeDegree, math.Round(p[1]/nodeDegree) * nodeDegree}
					r[i] = p
					if !seen[p] {
						seen[p] = true
						k := nodeKey(p)
						near[k] = append(near[k], p)
					}
				}
			}
		}
	}
	out := map[Code][][]Ring{}
	for c, polygons := range ground {
		for _, rings := range polygons {
			var fine []Ring
			for _, r := range rings {
				if r = withCorners(r, near); len(r) >= 4 && r.areaKm2() != 0 {
					fine = append(fine, r)
				}
			}
			if len(fine) == len(rings) {
				out[c] = append(out[c], fine)
			}
		}
	}
	return out
}

func nodeKey(p Point) [2]int {
	return [2]int{int(math.Floor(p[0] / nodeCell)), int(math.Floor(p[1] / nodeCell))}
}

func withCorners(r Ring, near map[[2]int][]Point) Ring {
	var out Ring
	for i := 1; i < len(r); i++ {
		if r[i-1] == r[i] {
			continue
		}
		out = append(out, r[i-1])
		out = append(out, cornersOn(r[i-1], r[i], near)...)
	}
	if len(out) == 0 {
		return nil
	}
	return append(out, out[0])
}

// cornersOn returns the corners on the edge between a and b, in order.
func cornersOn(a, b Point, near map[[2]int][]Point) []Point {
	type on struct {
		p Point
		t float64
	}
	var found []on
	dx, dy := b[0]-a[0], b[1]-a[1]
	length := math.Hypot(dx, dy)
	lo := nodeKey(Point{min(a[0], b[0]) - nodeSlack, min(a[1], b[1]) - nodeSlack})
	hi := nodeKey(Point{max(a[0], b[0]) + nodeSlack, max(a[1], b[1]) + nodeSlack})
	for x := lo[0]; x <= hi[0]; x++ {
		for y := lo[1]; y <= hi[1]; y++ {
			for _, p := range near[[2]int{x, y}] {
				t := ((p[0]-a[0])*dx + (p[1]-a[1])*dy) / length
				if p != a && p != b && t > 0 && t < length && math.Abs(cross(a, b, p))/length < nodeSlack {
					found = append(found, on{p, t})
				}
			}
		}
	}
	slices.SortFunc(found, func(a, b on) int { return cmp.Compare(a.t, b.t) })
	out := make([]Point, len(found))
	for i, f := range found {
		out[i] = f.p
	}
	return out
}
