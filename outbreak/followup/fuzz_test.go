package followup_test

import (
	"math"
	"strings"
	"testing"

	"khien/kernel/fault"
	"khien/outbreak/followup"
)

// FuzzBoundary: no panic; a refusal is ours; what was read is read again the same.
func FuzzBoundary(f *testing.F) {
	f.Add([]byte(`{"type":"Polygon","coordinates":[[[106.3,21.5],[106.4,21.5],[106.4,21.6],[106.3,21.5]]]}`))
	f.Add([]byte(`{"type":"FeatureCollection","features":[{"type":"Feature","geometry":{"type":"MultiPolygon","coordinates":[]}}]}`))
	f.Add([]byte(`{"type":"GeometryCollection","geometries":[{"type":"Polygon","coordinates":[[]]}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		again, drawn, err := followup.ReadBoundary(text)
		if err != nil {
			if !fault.Is(err, fault.Invalid) {
				t.Fatal(err)
			}
			return
		}
		if strings.Contains(drawn, "NaN") || strings.Contains(drawn, "Inf") {
			t.Fatalf("drawn: %s", drawn)
		}
		if twice, _, err := followup.ReadBoundary([]byte(again)); err != nil || twice != again {
			t.Fatalf("%s read again is %s, %v", again, twice, err)
		}
	})
}

// FuzzTenths: no panic, and nothing outside what a living body has.
func FuzzTenths(f *testing.F) {
	for _, s := range []string{"37,5", "37.5", "37", "", "36,65", "-1", "999999999999999999", "37,5 °C", "３７"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := followup.Tenths(s)
		if err == nil && n != 0 && (n < 340 || n > 430) || math.Abs(float64(n)) > 430 {
			t.Fatalf("%q: got %d, %v", s, n, err)
		}
	})
}

// FuzzCursor: what is read is written the same.
func FuzzCursor(f *testing.F) {
	f.Add("0.44390.01890a5d-ac96-774b-bcce-b302099a8057")
	f.Fuzz(func(t *testing.T, s string) {
		var c followup.Cursor
		if c.UnmarshalText([]byte(s)) != nil {
			return
		}
		var again followup.Cursor
		if err := again.UnmarshalText([]byte(c.String())); err != nil || again != c {
			t.Fatalf("%q: got %v, %v", s, again, err)
		}
	})
}

func TestTenths(t *testing.T) {
	for text, want := range map[string]int{"37,5": 375, "36.8": 368, "37": 370, " 38,2 °C ": 382, "": 0} {
		if got, err := followup.Tenths(text); got != want || err != nil {
			t.Errorf("%q: got %d, %v, want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"36,65", "20", "44", "nóng", "37,x"} {
		if _, err := followup.Tenths(text); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: got %v", text, err)
		}
	}
}
