package epimap_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"khien/epimap"
	"khien/kernel/area"
	"khien/kernel/day"
	"khien/kernel/event"
	"khien/kernel/i18n"
	"khien/kernel/store"
	"khien/kernel/store/storetest"
)

// number is one unit in the answer of /api/v1/map/areas.
type number struct {
	Code      string
	Name      string
	Announced bool
	Estimated bool
	New1      count `json:"new_1"`
	New7      count `json:"new_7"`
	New14     count `json:"new_14"`
	Total     count
}

type count struct {
	Cases  int
	Hidden bool
	Text   string
}

type numbers struct {
	Version  int64
	Day      string
	FirstDay string `json:"first_day"`
	LastDay  string `json:"last_day"`
	Source   []string
	Areas    []number
}

func (n *node) numbers(t testing.TB, query string) numbers {
	t.Helper()
	var got numbers
	if err := json.Unmarshal([]byte(n.get(t, "/api/v1/map/areas"+query)), &got); err != nil {
		t.Fatal(err)
	}
	return got
}

// texts returns the texts of an area: 1, 7, 14 days and total.
func (n *node) texts(t testing.TB, query string, a area.Code) string {
	t.Helper()
	for _, u := range n.numbers(t, query).Areas {
		if u.Code == a.String() {
			return strings.Join([]string{u.New1.Text, u.New7.Text, u.New14.Text, u.Total.Text}, " ")
		}
	}
	t.Fatalf("%s is not in %s", a, query)
	return ""
}

func (n *node) wantTexts(t testing.TB, query string, a area.Code, want string) {
	t.Helper()
	if got := n.texts(t, query, a); got != want {
		t.Errorf("%s %s: got %q, want %q", a, query, got, want)
	}
}

func TestHiddenUntilK(t *testing.T) {
	storetest.Each(t, lines, func(t *testing.T, db *store.DB) {
		n := newNode(t, db, newClock())
		n.tell(t, cases(1, yenVuong, may1)...)
		first := n.numbers(t, "")
		n.tell(t, cases(3, yenVuong, may1)...)
		if now := n.numbers(t, ""); fmt.Sprint(now) != fmt.Sprint(first) {
			t.Errorf("four cases look different from one:\n%v\n%v", now, first)
		}
		n.wantTexts(t, "", yenVuong, "<5 <5 <5 <5")
		n.wantTexts(t, "?level=district", huuLung, "≥1 ≥1 ≥1 ≥1")
		n.wantTexts(t, "?level=province", langSon, "≥1 ≥1 ≥1 ≥1")
		n.wantTexts(t, "", communeB, "0 0 0 0")

		n.tell(t, cases(1, yenVuong, may1+1)...)
		n.wantTexts(t, "", yenVuong, "5 5 5 5")
		n.tell(t, announced(communeC, may1, event.AreaCount{Area: communeC, Day: may1, Cases: 0}))
		n.wantTexts(t, "?day=2021-05-01", yenVuong, "0 0 0 0")
		n.wantTexts(t, "?level=district", huuLung, "5 5 5 5")
		n.tell(t, cases(1, yenVuong, may1+10)...)
		n.wantTexts(t, "", yenVuong, "<5 <5 5+ 5+")
		n.wantTexts(t, "?level=province", langSon, "≥1 ≥1 5+ 5+")
	})
}

func TestDiscardedCases(t *testing.T) {
	storetest.Each(t, lines, func(t *testing.T, db *store.DB) {
		n := newNode(t, db, newClock())
		n.tell(t, cases(11, yenVuong, may1)...)
		n.wantTexts(t, "", yenVuong, "10+ 10+ 10+ 10+")
		n.tell(t, discarded(yenVuong, may1))
		n.wantTexts(t, "", yenVuong, "10 10 10 10")
		for range 4 {
			n.tell(t, discarded(yenVuong, may1))
		}
		n.wantTexts(t, "", yenVuong, "10 10 10 10")
		n.tell(t, discarded(yenVuong, may1))
		n.wantTexts(t, "", yenVuong, "5 5 5 5")
		for range 5 {
			n.tell(t, discarded(yenVuong, may1))
		}
		n.wantTexts(t, "", yenVuong, "0 0 0 0")
		n.tell(t, confirmed(yenVuong, may1), discarded(yenVuong, may1))
		n.wantTexts(t, "", yenVuong, "0 0 0 0")
	})
}

// A case that moves leaves one commune and comes to another.
func TestMovedCase(t *testing.T) {
	n := newNode(t, openLite(t), newClock())
	n.tell(t, confirmed(yenVuong, may1))
	n.tell(t, event.CaseClassified{Was: event.Counted{Area: yenVuong, Day: may1}, Is: event.Counted{Area: communeC, Day: may1 + 1}})
	n.wantTexts(t, "", yenVuong, "0 0 0 0")
	n.wantTexts(t, "", communeC, "<5 <5 <5 <5")
	n.wantTexts(t, "?level=district", huuLung, "0 0 0 0")
	n.wantTexts(t, "?level=district", binhGia, "≥1 ≥1 ≥1 ≥1")
}

func TestAnnounced(t *testing.T) {
	storetest.Each(t, lines, func(t *testing.T, db *store.DB) {
		n := newNode(t, db, newClock())
		n.tell(t, cases(7, yenVuong, may1)...)
		n.tell(t, cases(2, yenVuong, may1+1)...)
		n.tell(t, cases(1, communeB, may1)...)
		n.tell(t, announced(langSon, may1,
			event.AreaCount{Area: yenVuong, Day: may1, Cases: 3},
			event.AreaCount{Area: huuLung, Day: may1, Cases: 2, Rest: true}))
		n.wantTexts(t, "", yenVuong, "<5 3+ 3+ 3+")
		n.wantTexts(t, "", communeB, "0 0 0 0")
		n.wantTexts(t, "?level=district", huuLung, "≥1 5+ 5+ 5+")
		// The last one told holds; a day that is covered shows nothing by itself.
		n.tell(t, announced(langSon, may1+1, event.AreaCount{Area: yenVuong, Day: may1, Cases: 4}))
		n.tell(t, cases(9, yenVuong, may1+1)...)
		n.wantTexts(t, "", yenVuong, "4 4 4 4")
		// An announced total of the district stands though its communes' sum differs.
		n.tell(t, announced(0, 0, event.AreaCount{Area: huuLung, Day: may1, Cases: 20}))
		n.wantTexts(t, "?level=district", huuLung, "20 20 20 20")
		n.wantTexts(t, "?level=province", langSon, "20 20 20 20")
		if got := n.numbers(t, "").Source; len(got) != 1 || got[0] != "Sở Y tế tỉnh Lạng Sơn" {
			t.Errorf("got sources %v", got)
		}
	})
}

// Without a ground only the areas in the counts are covered, each to its own last day.
func TestOwnHorizon(t *testing.T) {
	n := newNode(t, openLite(t), newClock())
	n.tell(t, cases(5, yenVuong, may1)...)
	n.tell(t, cases(5, communeB, may1)...)
	n.tell(t, announced(0, 0, event.AreaCount{Area: yenVuong, Day: may1, Cases: 1}))
	n.wantTexts(t, "", yenVuong, "1 1 1 1")
	n.wantTexts(t, "", communeB, "5 5 5 5")
}

// What is recorded under one edition shows under the other.
func TestOtherEdition(t *testing.T) {
	n := newNode(t, openLite(t), newClock())
	g := area.Load()
	to, _ := g.In(yenVuong, area.Edition2025)
	n.tell(t, announced(0, 0, event.AreaCount{Area: yenVuong, Day: may1, Cases: 4}))
	n.wantTexts(t, "?edition=2025", to[0], "4 4 4 4")
	n.wantTexts(t, "?edition=2025&level=province", code("2025/20"), "4 4 4 4")

	back, _ := g.In(to[0], area.Edition2021)
	n.tell(t, announced(0, 0, event.AreaCount{Area: to[0], Day: may1 + 1, Cases: 6}))
	n.wantTexts(t, "?edition=2025", to[0], "6 10 10 10")
	want := map[bool]string{true: "6 10 10 10", false: "6 6 6 6"}[back[0] == yenVuong]
	n.wantTexts(t, "", back[0], want)
	n.wantTexts(t, "?level=province", langSon, "6 10 10 10")
	n.wantTexts(t, "?level=district", back[0].District(), "6 10 10 10")

	n.tell(t, cases(1, back[0], may1+2)...)
	n.tell(t, cases(1, back[1], may1+2)...)
	if got := n.texts(t, "?edition=2025", to[0]); !strings.HasPrefix(got, "≥1 ") {
		t.Errorf("two hidden communes as one: got %q, want ≥1 of the day", got)
	}
}

// A pending case must never be covered up by a mark that has grown old.
func TestMarkHasATail(t *testing.T) {
	n := newNode(t, openLite(t), newClock())
	n.tell(t, confirmed(yenVuong, may1), confirmed(yenVuong, may1+13))
	n.wantTexts(t, "?day=2021-05-14", yenVuong, "<5 <5 <5 <5")
	n.tell(t, confirmed(yenVuong, may1+20))
	n.wantTexts(t, "", yenVuong, "<5 <5 <5 <5")
	n.wantTexts(t, "?day=2021-05-16", yenVuong, "0 <5 <5 <5")
	n.tell(t, cases(5, communeB, may1+25)...)
	n.wantTexts(t, "", yenVuong, "<5 <5 <5 <5")
}

// A node that starts reads the same view from the rows that the old one had, byte for byte.
func TestRestart(t *testing.T) {
	storetest.Each(t, lines, func(t *testing.T, db *store.DB) {
		c := newClock()
		n := newNode(t, db, c)
		n.tell(t, cases(6, yenVuong, may1)...)
		n.tell(t, cases(4, communeB, may1+20)...)
		n.tell(t, announced(huuLung, may1, event.AreaCount{Area: yenVuong, Day: may1, Cases: 2}))
		n.tell(t, cases(7, communeC, may1+3)...)
		n.tell(t, discarded(communeC, may1+3))
		again := newNode(t, db, c)
		for _, path := range publicPaths(may1+4, may1+20) {
			if a, b := n.get(t, path), again.get(t, path); a != b {
				t.Errorf("%s: before\n%s\nafter a restart\n%s", path, a, b)
			}
		}
	})
}

// publicPaths are all ways to the numbers of the given days.
func publicPaths(days ...day.Day) (paths []string) {
	for _, la := range []string{"edition=2021&level=commune", "edition=2021&level=district", "edition=2021&level=province", "edition=2025&level=commune", "edition=2025&level=province"} {
		paths = append(paths, "/api/v1/map/series?"+la)
		for _, d := range days {
			for _, kind := range []string{"/api/v1/map/areas?", "/map.csv?", "/map.geojson?"} {
				paths = append(paths, kind+la+"&day="+d.String())
			}
		}
	}
	return paths
}

// Two nodes on one PostgreSQL show the same version, whoever heard the facts.
func TestTwoNodes(t *testing.T) {
	url := storetest.PostgresURL(t)
	c := newClock()
	a := newNode(t, storetest.Open(t, store.Config{URL: url}, lines), c)
	b := newNode(t, storetest.Open(t, store.Config{URL: url}, nil), c)
	a.tell(t, cases(7, yenVuong, may1)...)
	b.tell(t, cases(5, communeB, may1)...)
	b.tell(t, announced(langSon, may1, event.AreaCount{Area: yenVuong, Day: may1, Cases: 2}))
	a.refresh(t)
	if x, y := a.get(t, "/api/v1/map/series"), b.get(t, "/api/v1/map/series"); x != y {
		t.Errorf("two nodes differ:\n%s\n%s", x, y)
	}
}

// What changes nothing in public leaves no trace: no version, no time, no wake-up.
func TestNoTrace(t *testing.T) {
	c := newClock()
	n := newNode(t, openLite(t), c)
	n.tell(t, confirmed(yenVuong, may1))
	before := n.get(t, "/api/v1/map/series")
	woken, stop := n.db.Watch(epimap.Topic)
	defer stop()
	c.add(3600e9)
	n.tell(t, confirmed(yenVuong, may1+2), confirmed(yenVuong, may1+3), discarded(yenVuong, may1+2))
	if after := n.get(t, "/api/v1/map/series"); after != before {
		t.Errorf("before\n%s\nafter\n%s", before, after)
	}
	select {
	case <-woken:
		t.Error("somebody was woken")
	default:
	}
}

func TestNew(t *testing.T) {
	for _, tt := range []struct {
		name string
		c    epimap.Config
	}{
		{"k of 2", epimap.Config{Gazetteer: area.Load(), Province: 20, K: 2}},
		{"no such province", epimap.Config{Gazetteer: area.Load(), Province: 3}},
		{"no such province in 2025", epimap.Config{Gazetteer: area.Load(), Province: 2, Edition: area.Edition2025}},
	} {
		if _, err := epimap.New(tt.c); err == nil {
			t.Errorf("%s: got no error", tt.name)
		}
	}
}

func TestTexts(t *testing.T) {
	n := newNode(t, openLite(t), newClock())
	if err := i18n.CheckTemplates(n.cat, epimap.Pages().FS); err != nil {
		t.Error(err)
	}
}
