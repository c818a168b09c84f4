package sim_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"khien/kernel/area"
	"khien/sim"
)

func TestOutbreakKeepsThePublishedTotals(t *testing.T) {
	g := area.Load()
	cases, err := sim.Outbreak(g, 1)
	if err != nil {
		t.Fatal(err)
	}
	byDistrict := map[string]int{}
	for _, c := range cases {
		if _, ok := g.Unit(c.Commune); !ok || c.Commune.Level() != area.Commune {
			t.Errorf("%s lies in no commune: %s", c.Number, c.Commune)
		}
		if c.Specimen > c.Confirmed || c.Onset > c.Specimen {
			t.Errorf("%s: days out of order", c.Number)
		}
		byDistrict[c.Commune.District().Official()]++
	}
	want := map[string]int{"183": 1, "184": 4, "185": 1, "186": 81, "187": 2, "188": 1}
	if d := cmp.Diff(want, byDistrict); d != "" {
		t.Errorf("cases by district, -want +got\n%s", d)
	}
}

func TestSameSeedSameWorld(t *testing.T) {
	g := area.Load()
	a, err := sim.Outbreak(g, 7)
	if err != nil {
		t.Fatal(err)
	}
	b, err := sim.Outbreak(g, 7)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(a, b); d != "" {
		t.Errorf("the same seed gave two worlds:\n%s", d)
	}
	if c, _ := sim.Outbreak(g, 8); cmp.Equal(a, c) {
		t.Error("another seed gave the same world")
	}
}
