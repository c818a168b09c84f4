package area_test

import (
	"math"
	"testing"

	"khien/kernel/area"

	"github.com/google/go-cmp/cmp"
)

func sum(shapes []area.Shape) (km2 float64) {
	for _, s := range shapes {
		km2 += s.AreaKm2()
	}
	return km2
}

// Cells of every province that has them make up its outline to a thousandth,
// and no point lies in two.
func TestApproximateCoversTheProvince(t *testing.T) {
	g := area.Load()
	drawn := 0
	for _, e := range []area.Edition{area.Edition2021, area.Edition2025} {
		for _, p := range g.Provinces(e) {
			whole := sum(g.Approximate(e, area.Province, p.Code))
			if whole < 500 {
				t.Errorf("%d %s: outline of %.0f km²", e, p.Name, whole)
			}
			for _, level := range []area.Level{area.District, area.Commune} {
				shapes := g.Approximate(e, level, p.Code)
				if len(shapes) == 0 {
					continue
				}
				drawn++
				if got := sum(shapes); math.Abs(got-whole) > whole/1000 {
					t.Errorf("%d %s %s: got %.2f km², want %.2f", e, p.Name, level, got, whole)
				}
				overlaps(t, shapes)
				if level == area.Commune && len(shapes) != len(g.Communes(p.Code)) {
					t.Errorf("%d %s: got %d communes, want %d", e, p.Name, len(shapes), len(g.Communes(p.Code)))
				}
			}
		}
	}
	if drawn < 3 {
		t.Errorf("got %d divided provinces and levels, want Lạng Sơn's three at least", drawn)
	}
}

func overlaps(t *testing.T, shapes []area.Shape) {
	t.Helper()
	all := area.Shape{}
	for _, s := range shapes {
		all.Polygons = append(all.Polygons, s.Polygons...)
	}
	b := all.Box()
	const n = 25
	for i := range n * n {
		p := area.Point{b.Min[0] + (b.Max[0]-b.Min[0])*(float64(i%n)+.47)/n, b.Min[1] + (b.Max[1]-b.Min[1])*(float64(i/n)+.53)/n}
		in := 0
		for _, s := range shapes {
			if s.Contains(p) {
				in++
			}
		}
		if in > 1 {
			t.Errorf("%v lies in %d of %s's shapes", p, in, shapes[0].Code.Province())
		}
	}
}

func TestApproximateLangSon(t *testing.T) {
	g := area.Load()
	tests := []struct {
		edition  area.Edition
		level    area.Level
		province string
		n        int
	}{
		{area.Edition2021, area.Province, "2021/20", 1},
		{area.Edition2021, area.District, "2021/20", 11},
		{area.Edition2021, area.Commune, "2021/20", 200},
		{area.Edition2025, area.Commune, "2025/20", 65},
		{area.Edition2025, area.District, "2025/20", 0},
		{area.Edition2025, area.Commune, "2021/20", 0},
		{area.Edition2021, area.Commune, "2021/20/186", 0},
	}
	for _, tt := range tests {
		got := g.Approximate(tt.edition, tt.level, code(t, tt.province))
		if len(got) != tt.n {
			t.Errorf("%d %s of %s: got %d, want %d", tt.edition, tt.level, tt.province, len(got), tt.n)
		}
		for _, s := range got {
			if !s.Approximate || s.Source == "" || s.Code.Level() != tt.level || !s.Contains(s.LabelPoint()) {
				t.Errorf("%s: approximate %v, source %q", s.Code, s.Approximate, s.Source)
			}
		}
	}
}

// How far the sketch can be trusted: four points of five lie in the right
// district, two of three in the right commune.
func TestApproximateAgreesWithTheRealBorders(t *testing.T) {
	g := area.Load()
	tests := []struct {
		file    string
		edition area.Edition
		level   area.Level
		least   float64
	}{
		{"geo/langson-2021-districts.geojson", area.Edition2021, area.District, 0.78},
		{"geo/langson-2025-communes.geojson", area.Edition2025, area.Commune, 0.65},
	}
	for _, tt := range tests {
		real, _, err := area.ReadBoundaries(shared(t, tt.file), g, tt.edition)
		if err != nil {
			t.Fatal(err)
		}
		sketch := map[area.Code]area.Shape{}
		for _, s := range g.Approximate(tt.edition, tt.level, real.Shapes[0].Code.Province()) {
			sketch[s.Code] = s
		}
		hit, all := 0, 0
		const n = 15
		for _, s := range real.Shapes {
			b := s.Box()
			for i := range n * n {
				p := area.Point{b.Min[0] + (b.Max[0]-b.Min[0])*(float64(i%n)+.5)/n, b.Min[1] + (b.Max[1]-b.Min[1])*(float64(i/n)+.5)/n}
				if s.Contains(p) {
					all++
					if sketch[s.Code].Contains(p) {
						hit++
					}
				}
			}
		}
		if got := float64(hit) / float64(all); got < tt.least {
			t.Errorf("%s: got %.2f of the ground right, want %.2f", tt.file, got, tt.least)
		}
	}
}

func TestVietnam(t *testing.T) {
	g := area.Load()
	tests := []struct {
		edition   area.Edition
		provinces int
		last      []string
	}{
		{area.Edition2021, 63, []string{"Huyện Hoàng Sa, Thành phố Đà Nẵng", "Huyện Trường Sa, Tỉnh Khánh Hòa"}},
		{area.Edition2025, 34, []string{"Đặc khu Hoàng Sa, Thành phố Đà Nẵng", "Đặc khu Trường Sa, Tỉnh Khánh Hòa"}},
	}
	for _, tt := range tests {
		shapes := g.Vietnam(tt.edition)
		if len(shapes) != tt.provinces+2 {
			t.Fatalf("%d: got %d shapes, want %d and two archipelagos", tt.edition, len(shapes), tt.provinces)
		}
		var last []string
		for _, s := range shapes[tt.provinces:] {
			last = append(last, g.Title(s.Code))
		}
		if d := cmp.Diff(tt.last, last); d != "" {
			t.Errorf("%d: want -, got +:\n%s", tt.edition, d)
		}
		if km2 := sum(shapes[:tt.provinces]); km2 < 320_000 || km2 > 340_000 {
			t.Errorf("%d: got %.0f km², want about 331,000", tt.edition, km2)
		}
		hoangSa, truongSa := area.Point{111.61167, 16.53333}, area.Point{111.92, 8.64472}
		if !shapes[tt.provinces].Contains(hoangSa) || !shapes[tt.provinces+1].Contains(truongSa) {
			t.Errorf("%d: the islands are not where they are", tt.edition)
		}
	}
}
