package area

import (
	"cmp"
	"math"
	"slices"
)

// plane makes degrees metric around a latitude: kilometres east and north.
type plane struct{ lat float64 }

const kmPerDegree = math.Pi / 180 * earthKm

func (p plane) to(q Point) Point {
	return Point{q[0] * kmPerDegree * math.Cos(p.lat*math.Pi/180), q[1] * kmPerDegree}
}

func (p plane) from(q Point) Point {
	return Point{q[0] / (kmPerDegree * math.Cos(p.lat*math.Pi/180)), q[1] / kmPerDegree}
}

func (p plane) rings(polygons [][]Ring, f func(Point) Point) [][]Ring {
	out := make([][]Ring, len(polygons))
	for i, rings := range polygons {
		for _, r := range rings {
			q := make(Ring, len(r))
			for j := range r {
				q[j] = f(r[j])
			}
			out[i] = append(out[i], q)
		}
	}
	return out
}

// site is a point that takes the ground nearest to it; a heavier one reaches
// further (a power diagram). weight is in square units of the plane.
type site struct {
	at     Point
	weight float64
}

// cells divides polygons, outer rings only, among the sites: each point goes to
// the site of the least squared distance less its weight. Every cell is a set
// of rings; together they are the polygons, without overlap.
func cells(polygons [][]Ring, sites []site) [][]Ring {
	out := make([][]Ring, len(sites))
	for i, s := range sites {
		var left []Ring
		for _, p := range polygons {
			left = append(left, p[0])
		}
		for j, o := range sites {
			if i != j && len(left) > 0 {
				left = s.nearer(o, i < j).clip(left)
			}
		}
		out[i] = left
	}
	return out
}

// halfPlane holds the points with a·x + b·y <= c.
type halfPlane struct{ a, b, c float64 }

// nearer is the half plane of s against o. Of two sites at one place the first takes all.
func (s site) nearer(o site, first bool) halfPlane {
	h := halfPlane{a: 2 * (o.at[0] - s.at[0]), b: 2 * (o.at[1] - s.at[1])}
	h.c = o.at[0]*o.at[0] + o.at[1]*o.at[1] - o.weight - (s.at[0]*s.at[0] + s.at[1]*s.at[1] - s.weight)
	if h.a == 0 && h.b == 0 && h.c == 0 && !first {
		h.c = -1
	}
	return h
}

func (h halfPlane) over(p Point) float64 { return h.a*p[0] + h.b*p[1] - h.c }

func (h halfPlane) clip(rings []Ring) []Ring {
	var out []Ring
	for _, r := range rings {
		out = append(out, h.clipRing(r)...)
	}
	return out
}

// passing is where a ring crosses the line of a half plane.
type passing struct {
	at   Point
	t    float64 // along the line
	edge int     // index of the edge's first point
	in   bool    // into the half plane
	mate int     // the passing at the other end of the stretch inside the ring
}

// clipRing cuts a simple counter-clockwise ring; what is left may be several.
// Passings sorted along the line pair up, two by two, over the stretches of the
// line that lie inside the ring.
func (h halfPlane) clipRing(r Ring) []Ring {
	var ps []passing
	inside := 0
	for i := 1; i < len(r); i++ {
		a, b := h.over(r[i-1]), h.over(r[i])
		if a <= 0 {
			inside++
		}
		if (a <= 0) != (b <= 0) {
			f := a / (a - b)
			at := Point{r[i-1][0] + f*(r[i][0]-r[i-1][0]), r[i-1][1] + f*(r[i][1]-r[i-1][1])}
			ps = append(ps, passing{at: at, t: h.a*at[1] - h.b*at[0], edge: i - 1, in: b <= 0})
		}
	}
	switch {
	case len(ps) == 0 && inside > 0:
		return []Ring{r}
	case len(ps) == 0:
		return nil
	}
	pair(ps)
	return follow(r, ps)
}

// pair mates the passings; ties along the line are settled so that one of each pair goes in.
func pair(ps []passing) {
	order := make([]int, len(ps))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(ps[a].t, ps[b].t) })
	for i := 0; i+1 < len(order); i += 2 {
		for j := i + 1; j < len(order); j++ {
			if ps[order[j]].in != ps[order[i]].in {
				order[i+1], order[j] = order[j], order[i+1]
				break
			}
		}
		ps[order[i]].mate, ps[order[i+1]].mate = order[i+1], order[i]
	}
}

// follow walks the ring inside the half plane from each way in to the next way
// out, goes along the line to its mate, and so on back to the start.
func follow(r Ring, ps []passing) []Ring {
	var out []Ring
	used := make([]bool, len(ps))
	n := len(r) - 1
	for i := range ps {
		if !ps[i].in || used[i] {
			continue
		}
		var ring Ring
		for at := i; !used[at]; {
			used[at] = true
			ring = append(ring, ps[at].at)
			exit := (at + 1) % len(ps) // passings are in the order of the ring and alternate
			for k := range ((ps[exit].edge-ps[at].edge)%n + n) % n {
				ring = append(ring, r[(ps[at].edge+1+k)%n])
			}
			ring = append(ring, ps[exit].at)
			at = ps[exit].mate
		}
		if ring = append(ring, ring[0]); len(ring) >= 4 {
			out = append(out, ring)
		}
	}
	return out
}

// relaxed places n sites in the polygons so that their cells are round and
// about equal (Lloyd): a sunflower around the middle, then each to the centre of its cell.
func relaxed(polygons [][]Ring, n int) []site {
	s := Shape{Polygons: polygons}
	box := s.Box()
	middle := s.Centroid()
	radius := min(box.Max[0]-box.Min[0], box.Max[1]-box.Min[1]) / 2
	sites := make([]site, n)
	for i := range sites {
		turn, out := float64(i)*math.Pi*(3-math.Sqrt(5)), radius*math.Sqrt((float64(i)+0.5)/float64(n))
		sites[i].at = Point{middle[0] + out*math.Cos(turn), middle[1] + out*math.Sin(turn)}
	}
	for range 40 {
		for i, rings := range cells(polygons, sites) {
			var cell Shape
			for _, r := range rings {
				cell.Polygons = append(cell.Polygons, []Ring{r})
			}
			if len(rings) > 0 {
				sites[i].at = cell.Centroid()
			} else {
				sites[i].at = towards(sites[i].at, middle)
			}
		}
	}
	return sites
}

func towards(p, q Point) Point { return Point{(p[0]*2 + q[0]) / 3, (p[1]*2 + q[1]) / 3} }
