package area

import (
	"cmp"
	"math"
	"slices"
)

// dissolve joins polygons whose borders agree point for point: an edge that is
// run both ways is inside and goes.
func dissolve(polygons [][]Ring) [][]Ring {
	type edge struct{ a, b Point }
	open := map[edge]bool{}
	var order []edge
	for _, rings := range polygons {
		for _, r := range rings {
			for i := 1; i < len(r); i++ {
				e := edge{r[i-1], r[i]}
				if e.a == e.b {
					continue
				}
				if open[edge{e.b, e.a}] {
					delete(open, edge{e.b, e.a})
					continue
				}
				open[e] = true
				order = append(order, e)
			}
		}
	}
	from := map[Point][]Point{}
	for _, e := range order {
		if open[e] {
			from[e.a] = append(from[e.a], e.b)
		}
	}
	var rings []Ring
	for _, e := range order {
		if slices.Contains(from[e.a], e.b) {
			rings = append(rings, chain(e.a, e.b, from))
		}
	}
	return nest(rings)
}

// chain follows edges from a by b back to a, turning as far left as it can at
// a point where several go on, and takes them out of from. With the ground on
// the left, that keeps rings apart which only touch.
func chain(a, b Point, from map[Point][]Point) Ring {
	r := Ring{a}
	prev, at := a, b
	take(from, a, b)
	for at != a {
		r = append(r, at)
		next, best := Point{}, math.Inf(-1)
		for _, c := range from[at] {
			if turn := angle(prev, at, c); turn > best {
				next, best = c, turn
			}
		}
		if math.IsInf(best, -1) {
			break // borders that do not agree: close it as it stands
		}
		take(from, at, next)
		prev, at = at, next
	}
	return append(r, a)
}

func take(from map[Point][]Point, a, b Point) {
	i := slices.Index(from[a], b)
	from[a] = slices.Delete(from[a], i, i+1)
}

// angle is how far to the left the way turns at b, in (-π, π].
func angle(a, b, c Point) float64 {
	d := math.Atan2(c[1]-b[1], c[0]-b[0]) - math.Atan2(b[1]-a[1], b[0]-a[0])
	for d <= -math.Pi {
		d += 2 * math.Pi
	}
	for d > math.Pi {
		d -= 2 * math.Pi
	}
	return d
}

// nest sorts rings into polygons: counter-clockwise ones are outer, each other
// is a hole of the smallest that holds it. Rings without ground go.
func nest(rings []Ring) [][]Ring {
	var outer [][]Ring
	var holes []Ring
	for _, r := range rings {
		switch a := r.areaKm2(); {
		case len(r) < 4 || a == 0:
		case a > 0:
			outer = append(outer, []Ring{r})
		default:
			holes = append(holes, r)
		}
	}
	slices.SortStableFunc(outer, func(a, b []Ring) int { return cmp.Compare(a[0].areaKm2(), b[0].areaKm2()) })
	for _, h := range holes {
		for i := range outer {
			if mid := (Point{(h[0][0] + h[1][0]) / 2, (h[0][1] + h[1][1]) / 2}); outer[i][0].contains(mid) {
				outer[i] = append(outer[i], h)
				break
			}
		}
	}
	slices.Reverse(outer)
	return outer
}
