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

// crossed calls f for every pair of segments that cross, some pairs twice;
// f returns false to stop. A grid of about as many cells as segments keeps it
// near linear. It gives up and returns false on lines so tangled that the work
// would go far beyond what any border takes.
func crossed(ss []segment, f func(a, b segment) bool) (done bool) {
	if len(ss) == 0 {
		return true
	}
	g := newGrid(ss)
	if g == nil {
		return false
	}
	work := 0
	for _, cell := range g.cells {
		if work += len(cell) * len(cell); work > tangledWork*len(ss)+1e6 {
			return false
		}
		for i, x := range cell {
			for _, y := range cell[:i] {
				if a, b := ss[x], ss[y]; a.properly(b) && !f(a, b) {
					return true
				}
			}
		}
	}
	return true
}

// tangledWork is how many cells and comparisons a segment may cost; the
// communes of Lạng Sơn at 20 m cost two and ten.
const tangledWork = 500

type grid struct {
	box    Box
	nx, ny int
	cells  [][]int32
}

// newGrid puts each segment into the cells that it passes; nil for too many.
func newGrid(ss []segment) *grid {
	g := &grid{box: emptyBox()}
	for _, s := range ss {
		g.box.add([]Point{s.a, s.b})
	}
	side := min(max(int(math.Sqrt(float64(len(ss)))), 1), 2048)
	g.nx, g.ny = side, side
	g.cells = make([][]int32, side*side)
	cost := 0
	for i, s := range ss {
		if s.a[1] > s.b[1] {
			s.a, s.b = s.b, s.a
		}
		_, y0 := g.at(s.a)
		_, y1 := g.at(s.b)
		for y := y0; y <= y1; y++ {
			x0, x1 := g.span(s, y)
			for x := x0; x <= x1; x++ {
				g.cells[y*g.nx+x] = append(g.cells[y*g.nx+x], int32(i))
			}
			if cost += x1 - x0 + 1; cost > tangledWork*len(ss)+1e6 {
				return nil
			}
		}
	}
	return g
}

// span returns the columns that s, which runs north, passes in a row of cells.
func (g *grid) span(s segment, row int) (lo, hi int) {
	height := (g.box.Max[1] - g.box.Min[1]) / float64(g.ny)
	south, north := g.box.Min[1]+float64(row)*height, g.box.Min[1]+float64(row+1)*height
	x := func(y float64) Point {
		y = min(max(y, s.a[1]), s.b[1])
		if s.a[1] == s.b[1] {
			return s.a
		}
		return Point{s.a[0] + (s.b[0]-s.a[0])*(y-s.a[1])/(s.b[1]-s.a[1]), y}
	}
	a, _ := g.at(x(south))
	b, _ := g.at(x(north))
	if s.a[1] == s.b[1] {
		b, _ = g.at(s.b)
	}
	return max(min(a, b)-1, 0), min(max(a, b)+1, g.nx-1) // rounding may put a border in the next column
}

func (g *grid) at(p Point) (x, y int) {
	f := func(v, lo, hi float64, n int) int {
		if hi <= lo {
			return 0
		}
		return max(min(int((v-lo)/(hi-lo)*float64(n)), n-1), 0)
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
