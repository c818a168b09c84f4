package area

import (
	"container/heap"
	"math"
	"slices"
)

// topology is a set of shapes cut into arcs: a border that two shapes share is
// one arc, used forwards by one and backwards by the other.
type topology struct {
	points []Point
	arcs   [][]int32 // point numbers; first == last for an arc that is a whole ring
	rings  [][]int32 // arc numbers, ^n for arc n run backwards
	shapes []Shape   // Polygons hold nothing; layout does
	layout [][][]int // shape -> polygon -> ring number
}

// cutArcs cuts at junctions: points that two rings pass between different neighbours.
func cutArcs(shapes []Shape) *topology {
	t := &topology{shapes: shapes}
	number := map[Point]int32{}
	var lines [][]int32
	for _, s := range shapes {
		var polygons [][]int
		for _, rings := range s.Polygons {
			var numbers []int
			for _, r := range rings {
				if line := t.number(r, number); len(line) >= 3 {
					numbers = append(numbers, len(lines))
					lines = append(lines, line)
				}
			}
			if len(numbers) > 0 {
				polygons = append(polygons, numbers)
			}
		}
		t.layout = append(t.layout, polygons)
	}
	junction := junctions(lines, len(t.points))
	known := map[[2]int32]int32{} // first edge of an arc, from either end -> arc or ^arc
	for _, line := range lines {
		t.rings = append(t.rings, t.cut(line, junction, known))
	}
	return t
}

// number turns a ring into point numbers, without the closing point and repetitions.
func (t *topology) number(r Ring, number map[Point]int32) []int32 {
	var line []int32
	for _, p := range r {
		n, ok := number[p]
		if !ok {
			n = int32(len(t.points))
			number[p] = n
			t.points = append(t.points, p)
		}
		if len(line) == 0 || line[len(line)-1] != n {
			line = append(line, n)
		}
	}
	if len(line) > 1 && line[0] == line[len(line)-1] {
		line = line[:len(line)-1]
	}
	return line
}

func junctions(lines [][]int32, points int) []bool {
	type pair struct{ a, b int32 }
	seen := make([]pair, points)
	passed := make([]bool, points)
	out := make([]bool, points)
	for _, line := range lines {
		for i, p := range line {
			a, b := line[(i+len(line)-1)%len(line)], line[(i+1)%len(line)]
			if a > b {
				a, b = b, a
			}
			if passed[p] && seen[p] != (pair{a, b}) || a == b {
				out[p] = true
			}
			passed[p], seen[p] = true, pair{a, b}
		}
	}
	return out
}

// cut returns the arcs of one ring, new ones added to t.
func (t *topology) cut(line []int32, junction []bool, known map[[2]int32]int32) []int32 {
	start := slices.IndexFunc(line, func(p int32) bool { return junction[p] })
	if start < 0 { // a whole ring: begin at its lowest point, so that a twin begins there too
		start = slices.Index(line, slices.Min(line))
		junction[line[start]] = true
		defer func(p int32) { junction[p] = false }(line[start])
	}
	line = append(slices.Concat(line[start:], line[:start]), line[start])
	var out []int32
	for from := 0; from < len(line)-1; {
		to := from + 1
		for !junction[line[to]] {
			to++
		}
		arc := line[from : to+1]
		first, last := [2]int32{arc[0], arc[1]}, [2]int32{arc[len(arc)-1], arc[len(arc)-2]}
		n, ok := known[first]
		if !ok {
			n = int32(len(t.arcs))
			t.arcs = append(t.arcs, arc)
			known[first] = n
			if first != last {
				known[last] = ^n
			}
		}
		out = append(out, n)
		from = to
	}
	return out
}

// build puts the shapes together again from (simplified) arcs.
func (t *topology) build(arcs [][]int32) []Shape {
	out := slices.Clone(t.shapes)
	for i, polygons := range t.layout {
		out[i].Polygons = nil
		for _, numbers := range polygons {
			var rings []Ring
			for _, n := range numbers {
				rings = append(rings, t.ring(t.rings[n], arcs))
			}
			out[i].Polygons = append(out[i].Polygons, rings)
		}
	}
	return out
}

func (t *topology) ring(numbers []int32, arcs [][]int32) Ring {
	var r Ring
	for _, n := range numbers {
		arc := arcs[max(n, ^n)]
		for i := range arc {
			p := arc[i]
			if n < 0 {
				p = arc[len(arc)-1-i]
			}
			if i > 0 || len(r) == 0 {
				r = append(r, t.points[p])
			}
		}
	}
	return r
}

// Simplify returns the shapes with fewer points: a point goes when the triangle
// with its neighbours is smaller than six squares of toleranceM metres
// (Visvalingam), so that lines move by about that much. Borders that two shapes share point for point stay shared, no
// ring vanishes, and where lines would come to cross they keep more points.
func Simplify(shapes []Shape, toleranceM float64) []Shape {
	t := cutArcs(shapes)
	keep := t.fewest()
	tolerance := make([]float64, len(t.arcs))
	arcs := make([][]int32, len(t.arcs))
	for i := range t.arcs {
		tolerance[i] = 6 * toleranceM * toleranceM
		arcs[i] = t.thin(t.arcs[i], tolerance[i], keep[i])
	}
	for range 6 {
		again := t.crossing(arcs)
		if len(again) == 0 {
			break
		}
		for i := range again {
			tolerance[i] /= 16
			arcs[i] = t.thin(t.arcs[i], tolerance[i], keep[i])
		}
	}
	return t.build(arcs)
}

// fewest says how many points each arc must keep: four when it is a ring, three
// when another arc has the same ends, else two.
func (t *topology) fewest() []int {
	ends := map[[2]int32]int{}
	key := func(a []int32) [2]int32 { return [2]int32{min(a[0], a[len(a)-1]), max(a[0], a[len(a)-1])} }
	for _, a := range t.arcs {
		ends[key(a)]++
	}
	keep := make([]int, len(t.arcs))
	for i, a := range t.arcs {
		switch k := key(a); {
		case k[0] == k[1]:
			keep[i] = 4
		case ends[k] > 1:
			keep[i] = 3
		default:
			keep[i] = 2
		}
	}
	return keep
}

// crossing returns the arcs that cross another or themselves.
func (t *topology) crossing(arcs [][]int32) map[int]bool {
	var ss []segment
	for line, a := range arcs {
		for i := 1; i < len(a); i++ {
			ss = append(ss, segment{t.points[a[i-1]], t.points[a[i]], line})
		}
	}
	out := map[int]bool{}
	crossed(ss, func(a, b segment) bool {
		for _, line := range []int{a.line, b.line} {
			if len(arcs[line]) < len(t.arcs[line]) {
				out[line] = true
			}
		}
		return true
	})
	return out
}

// corner is an inner point of an arc while it is thinned.
type corner struct {
	at, prev, next, slot int
	area                 float64
}

type corners []*corner

func (h corners) Len() int           { return len(h) }
func (h corners) Less(i, j int) bool { return h[i].area < h[j].area }
func (h corners) Swap(i, j int)      { h[i], h[j] = h[j], h[i]; h[i].slot, h[j].slot = i, j }
func (h *corners) Push(x any)        { c := x.(*corner); c.slot = len(*h); *h = append(*h, c) }
func (h *corners) Pop() any {
	old := *h
	c := old[len(old)-1]
	*h = old[:len(old)-1]
	c.slot = -1
	return c
}

// thin drops the least corners of an arc until none is below areaM2 or keep points are left.
func (t *topology) thin(arc []int32, areaM2 float64, keep int) []int32 {
	n := len(arc)
	if n <= keep {
		return arc
	}
	cs := make([]corner, n)
	h := make(corners, 0, n)
	size := func(c *corner) float64 {
		return triangleM2(t.points[arc[c.prev]], t.points[arc[c.at]], t.points[arc[c.next]])
	}
	for i := range cs {
		cs[i] = corner{at: i, prev: i - 1, next: i + 1, slot: -1}
		if i > 0 && i < n-1 {
			cs[i].area = size(&cs[i])
			heap.Push(&h, &cs[i])
		}
	}
	left := n
	gone := make([]bool, n)
	for left > keep && len(h) > 0 && h[0].area < areaM2 {
		c := heap.Pop(&h).(*corner)
		gone[c.at] = true
		left--
		cs[c.prev].next, cs[c.next].prev = c.next, c.prev
		for _, i := range []int{c.prev, c.next} {
			if o := &cs[i]; o.slot >= 0 {
				o.area = max(size(o), c.area) // never less than what went before it
				heap.Fix(&h, o.slot)
			}
		}
	}
	out := make([]int32, 0, left)
	for i, p := range arc {
		if !gone[i] {
			out = append(out, p)
		}
	}
	return out
}

func triangleM2(a, b, c Point) float64 {
	const m = math.Pi / 180 * earthKm * 1000
	return math.Abs(cross(a, b, c)) / 2 * m * m * math.Cos(b[1]*math.Pi/180)
}
