package area_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"

	"khien/kernel/area"
	"khien/kernel/fault"
)

// square is a feature of one degree's hundredth with its corner at lon, lat.
func square(properties string, lon, lat float64) string {
	return fmt.Sprintf(`{"type":"Feature","properties":{%s},"geometry":{"type":"Polygon","coordinates":[[[%g,%g],[%g,%g],[%g,%g],[%g,%g],[%g,%g]]]}}`,
		properties, lon, lat, lon+.01, lat, lon+.01, lat+.01, lon, lat+.01, lon, lat)
}

func collection(features ...string) string {
	return `{"type":"FeatureCollection","features":[` + strings.Join(features, ",") + `]}`
}

func geometry(s string) string {
	return collection(square(`"code":"05977"`, 106.7, 21.8), `{"type":"Feature","properties":{"code":"06385","name":"Hữu Lũng"},"geometry":`+s+`}`)
}

func TestReadBoundariesRefuses(t *testing.T) {
	tests := []struct{ name, file, key, row string }{
		{"empty", "", "area.boundaries.json", ""},
		{"not JSON", "code;name", "area.boundaries.json", ""},
		{"no collection", `{"type":"Feature"}`, "area.boundaries.collection", ""},
		{"no features", collection(), "area.boundaries.empty", ""},
		{"a point", geometry(`{"type":"Point","coordinates":[106,21]}`), "area.boundaries.geometry", "2"},
		{"no geometry", geometry(`null`), "area.boundaries.geometry", "2"},
		{"text", geometry(`{"type":"Polygon","coordinates":"x"}`), "area.boundaries.coordinates", "2"},
		{"nothing", geometry(`{"type":"Polygon","coordinates":[]}`), "area.boundaries.flat", "2"},
		{"three positions", geometry(`{"type":"Polygon","coordinates":[[[106,21],[106.1,21],[106,21]]]}`), "area.boundaries.flat", "2"},
		{"a line", geometry(`{"type":"Polygon","coordinates":[[[106,21],[106.1,21],[106.2,21],[106,21]]]}`), "area.boundaries.flat", "2"},
		{"half a position", geometry(`{"type":"Polygon","coordinates":[[[106],[106.1,21],[106,21.1],[106]]]}`), "area.boundaries.position", "2"},
		{"open ring", geometry(`{"type":"Polygon","coordinates":[[[106,21],[106.1,21],[106.1,21.1],[106,21.1]]]}`), "area.boundaries.open", "2"},
		{"swapped axes", geometry(`{"type":"Polygon","coordinates":[[[21,106],[21,106.1],[21.1,106.1],[21,106]]]}`), "area.boundaries.swapped", "2"},
		{"elsewhere", geometry(`{"type":"Polygon","coordinates":[[[2,48],[2.1,48],[2.1,48.1],[2,48]]]}`), "area.boundaries.outside", "2"},
		{"metres", geometry(`{"type":"Polygon","coordinates":[[[600000,2300000],[600100,2300000],[600100,2300100],[600000,2300000]]]}`), "area.boundaries.outside", "2"},
	}
	for _, tt := range tests {
		b, rep, err := area.ReadBoundaries(strings.NewReader(tt.file), area.Load(), area.Edition2025)
		f := fault.Of(err)
		if f == nil || f.Kind != fault.Invalid || f.Key != tt.key {
			t.Errorf("%s: got %v, want invalid: %s", tt.name, err, tt.key)
			continue
		}
		if row := fmt.Sprint(f.Row); tt.row != "" && row != tt.row {
			t.Errorf("%s: got row %s, want %s", tt.name, row, tt.row)
		}
		if len(b.Shapes) > 0 || rep.Matched > 0 {
			t.Errorf("%s: half-read: %d shapes", tt.name, len(b.Shapes))
		}
	}
}

func TestReadBoundariesRefusesTooMuch(t *testing.T) {
	_, _, err := area.ReadBoundaries(io.LimitReader(spaces{}, 65<<20), area.Load(), area.Edition2025)
	if f := fault.Of(err); f == nil || f.Key != "area.boundaries.large" {
		t.Errorf("got %v, want area.boundaries.large", err)
	}
}

type spaces struct{}

func (spaces) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

func TestReadBoundariesMatches(t *testing.T) {
	tests := []struct {
		edition    area.Edition
		properties string
		want       string // the unit, or why there is none
	}{
		{2025, `"code":"06385"`, "2025/20/-/06385"},
		{2025, `"ma_xa":"6385"`, "2025/20/-/06385"},
		{2025, `"ward_code":6385`, "2025/20/-/06385"},
		{2025, `"code":"2025/20/-/06385"`, "2025/20/-/06385"},
		{2021, `"code":"186"`, "2021/20/186"},
		{2021, `"code":178`, "area.boundaries.nocode"}, // a number that may be a district's or a commune's
		{2025, `"name":"Hữu Lũng"`, "2025/20/-/06385"},
		{2025, `"ten":"Xã Hữu Liên"`, "2025/20/-/06400"},
		{2025, `"name":"Hữu Lưng"`, "area.boundaries.unknown"},
		{2025, `"name":"Tân Thành"`, "area.boundaries.several"},
		{2025, `"x":1`, "area.boundaries.nocode"},
	}
	for _, tt := range tests {
		b, rep, err := area.ReadBoundaries(strings.NewReader(collection(square(tt.properties, 106.3, 21.5))), area.Load(), tt.edition)
		if err != nil {
			t.Errorf("%s: %v", tt.properties, err)
			continue
		}
		got := ""
		if len(b.Shapes) == 1 {
			got = b.Shapes[0].Code.String()
		} else if len(rep.Unmatched) == 1 {
			got = rep.Unmatched[0].Why
		}
		if got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.properties, got, tt.want)
		}
	}
}

func TestImporterKeepsToItsParentAndField(t *testing.T) {
	g := area.Load()
	im := area.Importer{Gazetteer: g, Edition: area.Edition2025, Parent: code(t, "2025/20"), CodeField: "MA", Source: "survey"}
	file := collection(square(`"MA":"06385","code":"05977"`, 106.3, 21.5), square(`"MA":"00004"`, 106.4, 21.5), square(`"MA":"06385"`, 106.5, 21.5))
	b, rep, err := im.Read(strings.NewReader(file))
	if err != nil || len(b.Shapes) != 1 || b.Shapes[0].Source != "survey" || b.Shapes[0].Code != code(t, "2025/20/-/06385") {
		t.Fatalf("got %+v, %v", b, err)
	}
	if len(rep.Unmatched) != 2 || rep.Unmatched[0].Feature != 2 || rep.Unmatched[1].Why != "area.boundaries.twice" {
		t.Errorf("unmatched: got %v", rep.Unmatched)
	}
	if len(rep.Missing) != 64 {
		t.Errorf("got %d missing, want 64", len(rep.Missing))
	}
}

func TestReadBoundariesReports(t *testing.T) {
	g := area.Load()
	bow := `{"type":"Polygon","coordinates":[[[106.3,21.5],[106.4,21.6],[106.4,21.5],[106.3,21.65],[106.3,21.5]]]}`
	hole := `{"type":"Polygon","coordinates":[[[106.3,21.5],[106.4,21.5],[106.4,21.6],[106.3,21.5]],[[107,21.5],[107.1,21.5],[107.1,21.6],[107,21.5]]]}`
	backwards := `{"type":"Polygon","coordinates":[[[106.3,21.5],[106.35,21.56],[106.36,21.5],[106.3,21.5]]]}`
	tests := []struct {
		name, geometry, why string
		turned              int
	}{
		{"crossing", bow, "area.boundaries.crossing", 0},
		{"hole outside", hole, "area.boundaries.hole", 1},
		{"small", backwards, "area.boundaries.area", 1},
	}
	for _, tt := range tests {
		b, rep, err := area.ReadBoundaries(strings.NewReader(geometry(tt.geometry)), g, area.Edition2025)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		found := false
		for _, p := range rep.Problems {
			found = found || p.Why == tt.why && p.Feature == 2
		}
		if !found || rep.Turned != tt.turned || len(b.Shapes) != 2 {
			t.Errorf("%s: got %d shapes, %d turned, problems %v", tt.name, len(b.Shapes), rep.Turned, rep.Problems)
		}
	}
}

func TestReadBoundariesOfLangSon(t *testing.T) {
	g := area.Load()
	tests := []struct {
		file    string
		edition area.Edition
		n       int
		km2     float64
	}{
		{"geo/langson-2025-communes.geojson", area.Edition2025, 65, 8329.6},
		{"geo/langson-2021-districts.geojson", area.Edition2021, 11, 8354.2},
	}
	for _, tt := range tests {
		b, rep, err := area.ReadBoundaries(shared(t, tt.file), g, tt.edition)
		if err != nil {
			t.Fatal(err)
		}
		if rep.Matched != tt.n || len(rep.Unmatched)+len(rep.Missing) > 0 || math.Abs(rep.AreaKm2-tt.km2) > 0.1 {
			t.Errorf("%s: got %+v", tt.file, rep)
		}
		for _, s := range b.Shapes {
			if p := s.LabelPoint(); !s.Contains(p) {
				t.Errorf("%s: label %v lies outside", s.Code, p)
			}
		}
	}
}

func TestSimplifyLangSon(t *testing.T) {
	g := area.Load()
	b, _, err := area.ReadBoundaries(shared(t, "geo/langson-2025-communes.geojson"), g, area.Edition2025)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		toleranceM float64
		decimals   int
		gz         int
	}{{60, 4, 45_000}, {250, 3, 12_000}}
	for _, tt := range tests {
		var file, gz bytes.Buffer
		if err := area.WriteGeoJSON(&file, g, area.Simplify(b.Shapes, tt.toleranceM), tt.decimals); err != nil {
			t.Fatal(err)
		}
		z, _ := gzip.NewWriterLevel(&gz, gzip.BestCompression)
		z.Write(file.Bytes())
		z.Close()
		if gz.Len() > tt.gz {
			t.Errorf("%v m: got %d bytes gzipped, want at most %d", tt.toleranceM, gz.Len(), tt.gz)
		}
		_, rep, err := area.ReadBoundaries(&file, g, area.Edition2025)
		if err != nil || rep.Matched != 65 || math.Abs(rep.AreaKm2-8329.6) > 5 {
			t.Errorf("%v m: read again: %v, %d units, %.1f km²", tt.toleranceM, err, rep.Matched, rep.AreaKm2)
		}
	}
}

func FuzzReadBoundaries(f *testing.F) {
	f.Add([]byte(collection(square(`"code":"06385"`, 106.3, 21.5))))
	f.Add([]byte(geometry(`{"type":"MultiPolygon","coordinates":[[[[106,21],[106.1,21],[106.1,21.1],[106,21]]]]}`)))
	f.Add([]byte(geometry(`{"type":"Polygon","coordinates":[[[1e999,21],[106.1,21],[106.1,21.1],[106,21.1]]]}`)))
	g := area.Load()
	f.Fuzz(func(t *testing.T, b []byte) {
		got, rep, err := area.ReadBoundaries(bytes.NewReader(b), g, area.Edition2025)
		if err != nil {
			if fault.KindOf(err) != fault.Invalid {
				t.Fatalf("got %v", err)
			}
			return
		}
		if rep.Matched+len(rep.Unmatched) != rep.Features || len(got.Shapes) != rep.Matched {
			t.Fatalf("%d features, %d matched, %d not, %d shapes", rep.Features, rep.Matched, len(rep.Unmatched), len(got.Shapes))
		}
		area.Simplify(got.Shapes, 100)
	})
}

// A comb of twenty thousand teeth is no border; it must not keep the machine busy.
func TestReadBoundariesGivesUpOnTangles(t *testing.T) {
	var b strings.Builder
	b.WriteString(`{"type":"Polygon","coordinates":[[`)
	for i := range 20_000 {
		fmt.Fprintf(&b, "[%g,21.5],[%g,21.9],", 106+float64(i)*1e-5, 106+float64(i)*1e-5+5e-6)
	}
	b.WriteString(`[106.3,21.4],[106,21.5]]]}`)
	_, rep, err := area.ReadBoundaries(strings.NewReader(geometry(b.String())), area.Load(), area.Edition2025)
	if err != nil {
		t.Fatal(err)
	}
	found := false
	for _, p := range rep.Problems {
		found = found || p.Why == "area.boundaries.tangled"
	}
	if !found {
		t.Errorf("got %v, want tangled", rep.Problems)
	}
}
