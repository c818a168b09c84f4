package area

import "math"

// Point is a place on WGS 84: longitude, then latitude, in degrees.
type Point [2]float64

// Ring is a closed line: its last point equals its first, four points at least.
type Ring []Point

// Shape is the ground of one unit: polygons, each an outer ring counter-clockwise
// and then its holes clockwise (RFC 7946). Approximate is true when the borders
// are schematic; a page that draws them says so. Source names whose they are.
type Shape struct {
	Code        Code
	Polygons    [][]Ring
	Approximate bool
	Source      string
}

const earthKm = 6371.0088 // mean radius, IUGG

// Box is a range of longitude and latitude: min and max; the zero Box is empty.
type Box struct{ Min, Max Point }

// AreaKm2 returns the area on the sphere, holes taken away.
func (s Shape) AreaKm2() float64 {
	var sum float64
	for _, p := range s.Polygons {
		for i, r := range p {
			if a := math.Abs(r.areaKm2()); i == 0 {
				sum += a
			} else {
				sum -= a
			}
		}
	}
	return sum
}

// areaKm2 is positive for a ring that runs counter-clockwise.
func (r Ring) areaKm2() float64 {
	const rad = math.Pi / 180
	var sum float64
	for i := 1; i < len(r); i++ {
		a, b := r[i-1], r[i]
		sum += (b[0] - a[0]) * rad * (2 + math.Sin(a[1]*rad) + math.Sin(b[1]*rad))
	}
	return -sum * earthKm * earthKm / 2
}

// Box returns the smallest box around the shape.
func (s Shape) Box() Box {
	b := emptyBox()
	for _, p := range s.Polygons {
		for _, r := range p {
			b.add(r)
		}
	}
	if b.Min[0] > b.Max[0] {
		return Box{}
	}
	return b
}

func emptyBox() Box {
	inf := math.Inf(1)
	return Box{Point{inf, inf}, Point{-inf, -inf}}
}

func (b *Box) add(ps []Point) {
	for _, p := range ps {
		for i := range p {
			b.Min[i], b.Max[i] = min(b.Min[i], p[i]), max(b.Max[i], p[i])
		}
	}
}

// Contains reports whether p lies inside the shape; on the border either.
func (s Shape) Contains(p Point) bool {
	for _, rings := range s.Polygons {
		if polygonContains(rings, p) {
			return true
		}
	}
	return false
}

func polygonContains(rings []Ring, p Point) bool {
	in := false
	for _, r := range rings {
		if r.contains(p) {
			in = !in
		}
	}
	return in
}

// contains counts the crossings of a ray to the east.
func (r Ring) contains(p Point) bool {
	in := false
	for i := 1; i < len(r); i++ {
		a, b := r[i-1], r[i]
		if (a[1] > p[1]) != (b[1] > p[1]) && p[0] < a[0]+(b[0]-a[0])*(p[1]-a[1])/(b[1]-a[1]) {
			in = !in
		}
	}
	return in
}

// Centroid returns the centre of gravity, which may lie outside the shape; the
// zero Point for a shape without ground.
func (s Shape) Centroid() Point {
	var sum Point
	var area float64
	for _, p := range s.Polygons {
		for i, r := range p {
			c, a := r.centroid()
			a = math.Abs(a)
			if i > 0 {
				a = -a
			}
			sum[0], sum[1], area = sum[0]+c[0]*a, sum[1]+c[1]*a, area+a
		}
	}
	if area == 0 {
		return Point{}
	}
	return Point{sum[0] / area, sum[1] / area}
}

// centroid is in the plane of degrees, near enough at the size of a province.
func (r Ring) centroid() (Point, float64) {
	if len(r) == 0 {
		return Point{}, 0
	}
	o := r[0] // the origin, against cancellation
	var c Point
	var area float64
	for i := 1; i < len(r); i++ {
		ax, ay, bx, by := r[i-1][0]-o[0], r[i-1][1]-o[1], r[i][0]-o[0], r[i][1]-o[1]
		w := ax*by - bx*ay
		c[0], c[1], area = c[0]+(ax+bx)*w, c[1]+(ay+by)*w, area+w
	}
	if area == 0 {
		return o, 0
	}
	return Point{o[0] + c[0]/(3*area), o[1] + c[1]/(3*area)}, area / 2
}

const labelLines = 31 // how many latitudes LabelPoint tries

// LabelPoint returns a point inside the largest polygon where a name fits: the
// centroid when it lies well inside, else the middle of the widest stretch.
func (s Shape) LabelPoint() Point {
	var best []Ring
	var size float64
	for _, p := range s.Polygons {
		if len(p) > 0 {
			if a := math.Abs(p[0].areaKm2()); best == nil || a > size {
				best, size = p, a
			}
		}
	}
	if best == nil {
		return Point{}
	}
	c, _ := best[0].centroid()
	b := Shape{Polygons: [][]Ring{best}}.Box()
	if widestAt(best, c[1], &c) > (b.Max[0]-b.Min[0])/3 {
		return c
	}
	var at Point
	width := -1.0
	for i := range labelLines {
		p := Point{c[0], b.Min[1] + (b.Max[1]-b.Min[1])*(float64(i)+0.5)/labelLines}
		if w := widestAt(best, p[1], &p); w > width {
			at, width = p, w
		}
	}
	return at
}

// widestAt moves p to the middle of the widest inside stretch at latitude y,
// unless p is inside already, and returns the stretch's width; -1 for none.
func widestAt(rings []Ring, y float64, p *Point) float64 {
	xs := crossings(rings, y)
	width, mid := -1.0, p[0]
	for i := 1; i < len(xs); i += 2 {
		if w := xs[i] - xs[i-1]; w > width {
			width, mid = w, (xs[i]+xs[i-1])/2
		}
	}
	if !polygonContains(rings, *p) {
		p[0] = mid
	}
	return width
}
