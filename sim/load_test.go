package sim_test

import (
	"strings"
	"testing"

	"khien/kernel/area"
	"khien/sim"
)

// Everybody declares, the number is exact, and it is the same every time.
func TestDeclarations(t *testing.T) {
	g := area.Load()
	all, err := sim.Declarations(g, 1, 300, 40, 1000)
	if err != nil || len(all) != 1000 {
		t.Fatalf("%d declarations, %v, want 1000", len(all), err)
	}
	again, err := sim.Declarations(g, 1, 300, 40, 1000)
	humans, named := map[int]bool{}, 0
	for i, d := range all {
		humans[d.Human] = true
		if d.Who.Name != "" && d.Who.Birth != "" && d.Place >= 0 && d.Place < 40 {
			named++
		}
		if err != nil || again[i].Who.Name != d.Who.Name {
			t.Fatalf("declaration %d is not the same again: %v", i, err)
		}
	}
	if len(humans) != 300 || named != 1000 {
		t.Errorf("%d humans, %d declarations with a name and a birth date; want 300 and 1000", len(humans), named)
	}
}

func TestPlaceList(t *testing.T) {
	list, err := sim.PlaceList(area.Load(), 1, 500)
	if n := strings.Count(string(list), "\n"); err != nil || n != 501 {
		t.Errorf("%d lines, %v, want 501", n, err)
	}
}
