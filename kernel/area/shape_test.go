package area_test

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"

	"khien/kernel/area"
)

func box(lon, lat, w, h float64) area.Ring {
	return area.Ring{{lon, lat}, {lon + w, lat}, {lon + w, lat + h}, {lon, lat + h}, {lon, lat}}
}

func back(r area.Ring) area.Ring {
	var out area.Ring
	for i := len(r) - 1; i >= 0; i-- {
		out = append(out, r[i])
	}
	return out
}

func TestAreaKm2(t *testing.T) {
	tests := []struct {
		name  string
		shape area.Shape
		want  float64
	}{
		{"a degree at the equator", area.Shape{Polygons: [][]area.Ring{{box(106, -0.5, 1, 1)}}}, 12364.2},
		{"the same backwards", area.Shape{Polygons: [][]area.Ring{{back(box(106, -0.5, 1, 1))}}}, 12364.2},
		{"with a hole of a quarter", area.Shape{Polygons: [][]area.Ring{{box(106, -0.5, 1, 1), back(box(106.25, -0.25, .5, .5))}}}, 9273.1},
		{"two polygons", area.Shape{Polygons: [][]area.Ring{{box(106, -0.5, 1, 1)}, {box(108, -0.5, 1, 1)}}}, 24728.4},
		{"nothing", area.Shape{}, 0},
	}
	for _, tt := range tests {
		if got := tt.shape.AreaKm2(); math.Abs(got-tt.want) > 0.1 {
			t.Errorf("%s: got %.1f km², want %.1f", tt.name, got, tt.want)
		}
	}
}

func TestPointsOfAShape(t *testing.T) {
	// a horseshoe, whose centre of gravity lies outside it
	shoe := area.Shape{Polygons: [][]area.Ring{{{{106, 21}, {107, 21}, {107, 22}, {106.9, 22}, {106.9, 21.1}, {106.1, 21.1}, {106.1, 22}, {106, 22}, {106, 21}}}}}
	if c := shoe.Centroid(); shoe.Contains(c) || math.Abs(c[0]-106.5) > 1e-9 {
		t.Errorf("centroid: got %v", c)
	}
	if p := shoe.LabelPoint(); !shoe.Contains(p) {
		t.Errorf("label: got %v, outside", p)
	}
	if got, want := shoe.Box(), (area.Box{Min: area.Point{106, 21}, Max: area.Point{107, 22}}); got != want {
		t.Errorf("box: got %v, want %v", got, want)
	}
	ring := area.Shape{Polygons: [][]area.Ring{{box(106, 21, 1, 1), back(box(106.1, 21.1, .8, .8))}}}
	if p := ring.LabelPoint(); !ring.Contains(p) {
		t.Errorf("label of a ring: got %v, in its hole", p)
	}
	var none area.Shape
	if none.Centroid() != (area.Point{}) || none.LabelPoint() != (area.Point{}) || none.Box() != (area.Box{}) {
		t.Error("a shape without ground has points")
	}
}

func TestWriteGeoJSON(t *testing.T) {
	s := area.Shape{Code: code(t, "2025/20/-/06385"), Approximate: true, Source: "x", Polygons: [][]area.Ring{{{{106.12345, 21.5}, {106.12346, 21.5}, {106.2, 21.5}, {106.2, 21.6}, {106.12345, 21.5}}}}}
	var b strings.Builder
	if err := area.WriteGeoJSON(&b, area.Load(), []area.Shape{s}, 3); err != nil {
		t.Fatal(err)
	}
	want := `{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"approximate":true,"code":"2025/20/-/06385","label":[106.174,21.533],"name":"Xã Hữu Lũng","source":"x"},` +
		`"geometry":{"type":"MultiPolygon","coordinates":[[[[106.123,21.5],[106.2,21.5],[106.2,21.6],[106.123,21.5]]]]}}]}` + "\n"
	if b.String() != want {
		t.Errorf("got  %s\nwant %s", b.String(), want)
	}
}

// wavy is a border from (106+x, 21) north that wanders.
func wavy(x float64, n int) []area.Point {
	var ps []area.Point
	for i := range n + 1 {
		y := float64(i) / float64(n)
		ps = append(ps, area.Point{106 + x + 0.02*math.Sin(40*y) + 0.0005*math.Sin(977*y), 21 + y})
	}
	return ps
}

// strips are shapes side by side whose borders are wavy and shared.
func strips(t *testing.T, n, points int) []area.Shape {
	var out []area.Shape
	for i := range n {
		left, right := wavy(float64(i)*.2, points), wavy(float64(i+1)*.2, points)
		r := area.Ring(append([]area.Point{}, right...))
		for j := len(left) - 1; j >= 0; j-- {
			r = append(r, left[j])
		}
		r = append(r, r[0])
		out = append(out, area.Shape{Code: code(t, fmt.Sprintf("2025/20/-/%05d", i+1)), Polygons: [][]area.Ring{{r}}})
	}
	return out
}

func TestSimplifyKeepsBordersShared(t *testing.T) {
	in := strips(t, 5, 2000)
	out := area.Simplify(in, 300)
	edges := map[[2]area.Point]int{}
	points, before, after := 0, 0.0, 0.0
	for i := range out {
		before, after = before+in[i].AreaKm2(), after+out[i].AreaKm2()
		r := out[i].Polygons[0][0]
		points += len(r)
		for j := 1; j < len(r); j++ {
			edges[[2]area.Point{r[j-1], r[j]}]++
		}
	}
	inner := 0
	for e, n := range edges {
		if n != 1 {
			t.Errorf("edge %v is run %d times the same way", e, n)
		}
		if edges[[2]area.Point{e[1], e[0]}] == 1 {
			inner++
		}
	}
	if points > 1000 || inner < 100 {
		t.Errorf("got %d points of 20,000 and %d shared edges", points, inner)
	}
	if math.Abs(after-before) > before/1000 {
		t.Errorf("area: got %.1f km², want %.1f", after, before)
	}
}

func TestSimplifyLosesNoRing(t *testing.T) {
	tiny := area.Shape{Code: code(t, "2025/20/-/00001"), Polygons: [][]area.Ring{{box(106, 21, 1, 1), back(box(106.5, 21.5, 1e-4, 1e-4))}, {box(107.5, 21, 1e-4, 1e-4)}}}
	island := area.Shape{Code: code(t, "2025/20/-/00002"), Polygons: [][]area.Ring{{box(106.5, 21.5, 1e-4, 1e-4)}}}
	for _, s := range area.Simplify([]area.Shape{tiny, island}, 1e6) {
		for _, p := range s.Polygons {
			for _, r := range p {
				if len(r) < 4 || r[0] != r[len(r)-1] {
					t.Errorf("%s: got ring %v", s.Code, r)
				}
			}
		}
	}
	if got := area.Simplify(nil, 100); len(got) != 0 {
		t.Errorf("of nothing: got %v", got)
	}
}

func TestWrittenShapesReadAgain(t *testing.T) {
	g := area.Load()
	var file bytes.Buffer
	lang := code(t, "2025/20")
	if err := area.WriteGeoJSON(&file, g, g.Approximate(area.Edition2025, area.Commune, lang), 5); err != nil {
		t.Fatal(err)
	}
	_, rep, err := area.ReadBoundaries(&file, g, area.Edition2025)
	if err != nil || rep.Matched != 65 || len(rep.Missing) > 0 || rep.Turned > 0 {
		t.Errorf("got %+v, %v", rep, err)
	}
	for _, p := range rep.Problems {
		if p.Why != "area.boundaries.area" { // the outline is drawn 8 % small
			t.Errorf("got %v", p)
		}
	}
}
