package area

import (
	"math"
	"slices"
)

// crossings returns the longitudes at which the rings cross latitude y, sorted.
func crossings(rings []Ring, y float64) []float64 {
	var xs []float64
	for _, r := range rings {
		for i := 1; i < len(r); i++ {
			a, b := r[i-1], r[i]
			if (a[1] > y) != (b[1] > y) {
				xs = append(xs, a[0]+(b[0]-a[0])*(y-a[1])/(b[1]-a[1]))
			}
		}
	}
	slices.Sort(xs)
	return xs
}

// cross is twice the area of the triangle o, a, b; positive to the left.
func cross(o, a, b Point) float64 {
	return (a[0]-o[0])*(b[1]-o[1]) - (a[1]-o[1])*(b[0]-o[0])
}

// segment is one edge and the line it belongs to.
type segment struct {
	a, b Point
	line int
}

// properly reports whether two segments cross at a point inside both; touching
// at an end or running along each other is no crossing.
func (s segment) properly(t segment) bool {
	d1, d2 := cross(s.a, s.b, t.a), cross(s.a, s.b, t.b)
	if d1 == 0 || d2 == 0 || (d1 > 0) == (d2 > 0) {
		return false
	}
	d3, d4 := cross(t.a, t.b, s.a), cross(t.a, t.b, s.b)
	return d3 != 0 && d4 != 0 && (d3 > 0) != (d4 > 0)
}

func (s segment) meet(t segment) Point {
	d1, d2 := cross(t.a, t.b, s.a), cross(t.a, t.b, s.b)
	f := d1 / (d1 - d2)
	return Point{s.a[0] + f*(s.b[0]-s.a[0]), s.a[1] + f*(s.b[1]-s.a[1])}
}

// crossed calls f for every pair of segments that cross; f returns false to stop.
// A grid of about as many cells as segments keeps it near linear.
func crossed(ss []segment, f func(a, b segment) bool) {
	if len(ss) == 0 {
		return
	}
	g := newGrid(ss)
	for _, cell := range g.cells {
		for i, x := range cell {
			for _, y := range cell[:i] {
				a, b := ss[x], ss[y]
				if a.properly(b) && !f(a, b) {
					return
				}
			}
		}
	}
}

type grid struct {
	box    Box
	nx, ny int
	cells  [][]int32
}

func newGrid(ss []segment) *grid {
	g := &grid{box: emptyBox()}
	for _, s := range ss {
		g.box.add([]Point{s.a, s.b})
	}
	side := min(max(int(math.Sqrt(float64(len(ss)))), 1), 2048)
	g.nx, g.ny = side, side
	g.cells = make([][]int32, side*side)
	for i, s := range ss {
		x0, y0 := g.at(s.a)
		x1, y1 := g.at(s.b)
		for y := min(y0, y1); y <= max(y0, y1); y++ {
			for x := min(x0, x1); x <= max(x0, x1); x++ {
				g.cells[y*g.nx+x] = append(g.cells[y*g.nx+x], int32(i))
			}
		}
	}
	return g
}

func (g *grid) at(p Point) (x, y int) {
	f := func(v, lo, hi float64, n int) int {
		if hi <= lo {
			return 0
		}
		return min(int((v-lo)/(hi-lo)*float64(n)), n-1)
	}
	return f(p[0], g.box.Min[0], g.box.Max[0], g.nx), f(p[1], g.box.Min[1], g.box.Max[1], g.ny)
}

func segments(rings []Ring) []segment {
	var ss []segment
	for line, r := range rings {
		for i := 1; i < len(r); i++ {
			if r[i-1] != r[i] {
				ss = append(ss, segment{r[i-1], r[i], line})
			}
		}
	}
	return ss
}

// turned returns the ring running the other way.
func (r Ring) turned() Ring {
	r = slices.Clone(r)
	slices.Reverse(r)
	return r
}

// oriented turns the outer ring counter-clockwise and holes clockwise, and says
// how many it turned.
func oriented(rings []Ring) (out []Ring, turned int) {
	for i, r := range rings {
		if (r.areaKm2() > 0) != (i == 0) {
			r = r.turned()
			turned++
		}
		out = append(out, r)
	}
	return out, turned
}
