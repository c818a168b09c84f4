package area_test

import (
	"encoding/csv"
	"slices"
	"strings"
	"testing"

	"khien/kernel/area"

	"github.com/google/go-cmp/cmp"
)

func TestCounts(t *testing.T) {
	g := area.Load()
	tests := []struct {
		edition                       area.Edition
		provinces, districts, commune int
		langSonDistricts, langSon     int
	}{
		{area.Edition2021, 63, 705, 10599, 11, 200},
		{area.Edition2025, 34, 0, 3321, 0, 65},
	}
	for _, tt := range tests {
		var got struct{ p, d, c int }
		for _, p := range g.Provinces(tt.edition) {
			got.p++
			got.c += len(g.Communes(p.Code))
			for _, u := range g.Children(p.Code) {
				if u.Code.Level() == area.District {
					got.d++
				}
			}
		}
		if got.p != tt.provinces || got.d != tt.districts || got.c != tt.commune {
			t.Errorf("%d: got %d provinces, %d districts, %d communes, want %d, %d, %d",
				tt.edition, got.p, got.d, got.c, tt.provinces, tt.districts, tt.commune)
		}
		u, ok := g.Official(tt.edition, "20")
		if !ok || u.FullName != "Tỉnh Lạng Sơn" {
			t.Fatalf("%d: Official(20) = %q, %v", tt.edition, u.FullName, ok)
		}
		if n := len(g.Communes(u.Code)); n != tt.langSon {
			t.Errorf("%d: got %d communes of Lạng Sơn, want %d", tt.edition, n, tt.langSon)
		}
		if n := len(g.Children(u.Code)); tt.langSonDistricts > 0 && n != tt.langSonDistricts {
			t.Errorf("%d: got %d districts of Lạng Sơn, want %d", tt.edition, n, tt.langSonDistricts)
		}
	}
}

func TestUnit(t *testing.T) {
	g := area.Load()
	u, ok := g.Unit(code(t, "2021/20/186/06457"))
	if !ok || u.FullName != "Xã Minh Hòa" || u.Kind != "xã" || u.Name != "Minh Hòa" {
		t.Errorf("got %+v, %v", u, ok)
	}
	if u.From.Format("2006-01-02") != "2021-01-01" || u.Until.Format("2006-01-02") != "2025-07-01" {
		t.Errorf("in force: got [%v, %v)", u.From, u.Until)
	}
	if got, want := g.Title(u.Code), "Xã Minh Hòa, Huyện Hữu Lũng, Tỉnh Lạng Sơn"; got != want {
		t.Errorf("Title: got %q, want %q", got, want)
	}
	if n, _ := g.Official(area.Edition2025, "06385"); !n.Until.IsZero() || n.From.Format("2006-01-02") != "2025-07-01" {
		t.Errorf("2025 in force: got [%v, %v)", n.From, n.Until)
	}
	for _, bad := range []string{"", "2", "0020", "99999", "abcde"} {
		if u, ok := g.Official(area.Edition2021, bad); ok {
			t.Errorf("Official(%q): got %v", bad, u)
		}
	}
	if _, ok := g.Unit(0); ok || g.Children(0) != nil || g.Title(0) != "" {
		t.Error("the zero code has a unit, children or a title")
	}
}

func TestFigures(t *testing.T) {
	g := area.Load()
	tests := []struct {
		code       string
		population int
		year       int
		km2        float64
	}{
		{"2021/20", 788700, 2020, 8310.18},
		{"2021/79", 9227600, 2020, 0},
		{"2025/20/-/06385", 30848, 2025, 52.87},
		{"2025/20/-/06187", 0, 0, 0}, // unknown stays unknown
		{"2021/20/186", 121735, 2019, 806.74},
		{"2021/20/180", 0, 0, 0},
	}
	for _, tt := range tests {
		u, _ := g.Unit(code(t, tt.code))
		if u.Population != tt.population || u.PopulationYear != tt.year || u.AreaKm2 != tt.km2 {
			t.Errorf("%s: got %d in %d, %v km²; want %d in %d, %v", tt.code, u.Population, u.PopulationYear, u.AreaKm2, tt.population, tt.year, tt.km2)
		}
	}
}

func TestChildrenSortedTheVietnameseWay(t *testing.T) {
	g := area.Load()
	var got []string
	for _, u := range g.Children(code(t, "2021/20")) {
		got = append(got, u.Name)
	}
	want := strings.Split("Bắc Sơn,Bình Gia,Cao Lộc,Chi Lăng,Đình Lập,Hữu Lũng,Lạng Sơn,Lộc Bình,Tràng Định,Văn Lãng,Văn Quan", ",")
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("want -, got +:\n%s", d)
	}
	q4 := g.Children(code(t, "2021/79/773"))
	if q4[0].Name != "01" || q4[len(q4)-1].Name != "18" {
		t.Errorf("wards of Quận 4: got %q … %q, want 01 … 18", q4[0].Name, q4[len(q4)-1].Name)
	}
}

func TestSuccessorsOfLangSon(t *testing.T) {
	g := area.Load()
	reached := map[area.Code]bool{}
	for _, u := range g.Communes(code(t, "2021/20")) {
		next := g.Successors(u.Code)
		if len(next) == 0 {
			t.Errorf("%s %s has no successor", u.Code, u.FullName)
		}
		for _, c := range next {
			reached[c] = true
			if !slices.Contains(g.Predecessors(c), u.Code) {
				t.Errorf("%s leads to %s, which does not lead back", u.Code, c)
			}
		}
	}
	for _, u := range g.Communes(code(t, "2025/20")) {
		if !reached[u.Code] {
			t.Errorf("%s %s is not reached", u.Code, u.FullName)
		}
	}
}

func TestSuccessorsKnown(t *testing.T) {
	g := area.Load()
	tests := []struct{ from, to string }{
		{"2021/20/180/05995", "2025/20/-/06040"},                 // Thị trấn Thất Khê
		{"2021/20/180/06040", "2025/20/-/06004 2025/20/-/06040"}, // Đại Đồng, divided in 2024
		{"2021/20/186/06454", "2025/20/-/06385"},                 // Sơn Hà, into Hữu Lũng in 2024
		{"2021/20", "2025/20"},
		{"2021/24", "2025/24"}, // Bắc Giang, into Bắc Ninh
		{"2021/48/498", "2025/48/-/20333"},
		{"2021/20/999", ""},
	}
	for _, tt := range tests {
		var got []string
		for _, c := range g.Successors(code(t, tt.from)) {
			got = append(got, c.String())
		}
		if s := strings.Join(got, " "); s != tt.to {
			t.Errorf("Successors(%s) = %q, want %q", tt.from, s, tt.to)
		}
	}
}

func TestSuccessorsCountry(t *testing.T) {
	g := area.Load()
	known := 0
	for _, p := range g.Provinces(area.Edition2021) {
		if n := g.Successors(p.Code); len(n) != 1 {
			t.Errorf("%s: got %d successors, want 1", p.FullName, len(n))
		}
		for _, u := range g.Communes(p.Code) {
			next := g.Successors(u.Code)
			if len(next) > 0 {
				known++
			}
			for _, c := range next {
				if c.Province() != g.Successors(p.Code)[0] {
					t.Errorf("%s leads into another province: %s", g.Title(u.Code), g.Title(c))
				}
			}
		}
	}
	if known < 10_500 {
		t.Errorf("got %d communes with known successors, want at least 10,500 of 10,599", known)
	}
	for _, p := range g.Provinces(area.Edition2025) {
		for _, u := range g.Communes(p.Code) {
			if len(g.Predecessors(u.Code)) == 0 {
				t.Errorf("%s has no predecessor", g.Title(u.Code))
			}
		}
	}
}

func TestSuccessorsAgreeWithTheSharedTable(t *testing.T) {
	rows, err := csv.NewReader(shared(t, "geo/langson-2021-to-2025.csv")).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	g := area.Load()
	for _, r := range rows[1:] {
		u, _ := g.Official(area.Edition2021, r[0])
		var got []string
		for _, c := range g.Successors(u.Code) {
			got = append(got, c.Official())
		}
		want := strings.Split(r[4], "|")
		slices.Sort(want)
		if r[0] == "05995" || r[0] == "06454" { // the table's two known gaps
			continue
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s %s: want -, got +:\n%s", r[0], r[1], d)
		}
	}
}

func TestIn(t *testing.T) {
	g := area.Load()
	tests := []struct {
		from  string
		to    area.Edition
		first string
		n     int
		exact bool
	}{
		{"2021/20/186", area.Edition2021, "2021/20/186", 1, true},
		{"2021/20/186", area.Edition2025, "2025/20/-/06385", 8, true},        // Hữu Lũng: eight communes, all its own
		{"2021/20/178", area.Edition2025, "2025/20/-/05977", 4, false},       // the city gave way to wards that reach into Cao Lộc
		{"2021/20/186/06457", area.Edition2025, "2025/20/-/06457", 1, false}, // Minh Hòa is a part of Tuấn Sơn
		{"2025/20/-/06385", area.Edition2021, "2021/20/186/06385", 4, true},  // Hữu Lũng was four
		{"2025/20/-/06004", area.Edition2021, "2021/20/180/06004", 4, false}, // Đại Đồng lies in two
		{"2021/20", area.Edition2025, "2025/20", 1, true},
	}
	for _, tt := range tests {
		cs, exact := g.In(code(t, tt.from), tt.to)
		if len(cs) != tt.n || exact != tt.exact || cs[0].String() != tt.first {
			t.Errorf("In(%s, %d) = %v, %v; want %d beginning with %s, %v", tt.from, tt.to, cs, exact, tt.n, tt.first, tt.exact)
		}
	}
}
