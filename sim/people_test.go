package sim_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"khien/kernel/area"
	"khien/sim"
)

func TestPeople(t *testing.T) {
	g := area.Load()
	people, err := sim.People(g, 1, 20_000)
	if err != nil {
		t.Fatal(err)
	}
	names, papers, families, hoang := map[string]int{}, map[string]int{}, map[int]int{}, 0
	for i, p := range people {
		if p.Number != i {
			t.Fatalf("number %d stands at %d", p.Number, i)
		}
		names[p.Name]++
		families[p.Family]++
		if strings.HasPrefix(p.Name, "Hoàng ") {
			hoang++
		}
		for _, paper := range p.Papers {
			papers[paper.Number]++
			if f := p.Flaws(paper); f != nil {
				t.Errorf("%v has flaws %v", p.Person, f)
			}
		}
	}
	homonyms := 0
	for _, n := range names {
		if n > 1 {
			homonyms += n
		}
	}
	for number, n := range papers {
		if n > 1 {
			t.Errorf("paper %s is held by %d", number, n)
		}
	}
	if homonyms < 8_000 || hoang < 2_000 || len(families) < 4_000 || len(families) > 8_000 {
		t.Errorf("%d homonyms, %d Hoàng, %d families of 20,000: not a province", homonyms, hoang, len(families))
	}
	again, _ := sim.People(g, 1, 20_000)
	if d := cmp.Diff(people[:50], again[:50]); d != "" {
		t.Errorf("the same seed gave other people:\n%s", d)
	}
}

func TestWritten(t *testing.T) {
	g := area.Load()
	people, err := sim.People(g, 1, 2_000)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 1))
	lang, _ := area.Of(area.Edition2021, "20", "", "")
	exact := 0
	for _, p := range people {
		w := sim.Citizen.Written(r, p.Person, people[:3], g.Communes(lang))
		if w.Name == p.Name && w.Birth == p.Birth {
			exact++
		}
		if strings.TrimSpace(w.Name) == "" || !w.ID.IsZero() {
			t.Errorf("%v written as %v", p.Person, w)
		}
	}
	if exact < 500 || exact > 1_400 {
		t.Errorf("%d of 2,000 written exactly: want about 45 %%", exact)
	}
}
