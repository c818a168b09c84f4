package area_test

import (
	"encoding/csv"
	"strconv"
	"sync"
	"testing"

	"khien/kernel/area"

	"github.com/google/go-cmp/cmp"
)

func TestMatch(t *testing.T) {
	g := area.Load()
	n := func(p, d, c string) area.Names { return area.Names{Province: p, District: d, Commune: c} }
	tests := []struct {
		names   area.Names
		verdict area.Verdict
		how     area.How
		want    string // title of the unit, or of the last candidate
	}{
		// as it stands
		{n("Lạng Sơn", "Hữu Lũng", "Minh Hòa"), area.Matched, area.HowName, "Xã Minh Hòa, Huyện Hữu Lũng, Tỉnh Lạng Sơn"},
		{n("Tỉnh Lạng Sơn", "HUYỆN HỮU LŨNG", "xã  minh hòa"), area.Matched, area.HowName, "Xã Minh Hòa, Huyện Hữu Lũng, Tỉnh Lạng Sơn"},
		{n("La\u0323ng So\u031bn", "Hữu Lũng", ""), area.Matched, area.HowName, "Huyện Hữu Lũng, Tỉnh Lạng Sơn"},
		{n("Bà Rịa-Vũng Tàu", "", ""), area.Matched, area.HowName, "Tỉnh Bà Rịa - Vũng Tàu"},
		{n("Lạng Sơn", "", "Minh Hòa"), area.Matched, area.HowName, "Xã Minh Hòa, Huyện Hữu Lũng, Tỉnh Lạng Sơn"},
		{n("Đồng Tháp", "Cao Lãnh", "Phường 11"), area.Matched, area.HowName, "Phường 11, Thành phố Cao Lãnh, Tỉnh Đồng Tháp"},
		// put right
		{n("Lạng Sơn", "Hữu Lũng", "Hoà Bình"), area.Corrected, area.HowSpelling, "Xã Hòa Bình, Huyện Hữu Lũng, Tỉnh Lạng Sơn"},
		{n("Thừa Thiên - Huế", "", ""), area.Corrected, area.HowSpelling, "Tỉnh Thừa Thiên Huế"},
		{n("TP. Hồ Chí Minh", "Q.3", "P. 1"), area.Corrected, area.HowShort, "Phường 01, Quận 3, Thành phố Hồ Chí Minh"},
		{n("Hồ Chí Minh city", "", ""), area.Corrected, area.HowShort, "Thành phố Hồ Chí Minh"},
		{n("Lạng Sơn", "TP LẠNG SƠN", "TAM THANH"), area.Corrected, area.HowShort, "Phường Tam Thanh, Thành phố Lạng Sơn, Tỉnh Lạng Sơn"},
		{n("Lạng Sơn", "Chi Lăng", "TT. Chi Lăng"), area.Corrected, area.HowShort, "Thị trấn Chi Lăng, Huyện Chi Lăng, Tỉnh Lạng Sơn"},
		{n("Lang Son", "Huu Lung", "Minh Hoa"), area.Corrected, area.HowMarks, "Xã Minh Hòa, Huyện Hữu Lũng, Tỉnh Lạng Sơn"},
		{n("Dong Thap", "Chau Thanh", "An Hiep"), area.Corrected, area.HowMarks, "Xã An Hiệp, Huyện Châu Thành, Tỉnh Đồng Tháp"},
		{n("Đăk Nông", "", ""), area.Corrected, area.HowMarks, "Tỉnh Đắk Nông"},
		{n("Lạng Sơn", "Cao Lộc", "Xã Đồng Đăng"), area.Corrected, area.HowKind, "Thị trấn Đồng Đăng, Huyện Cao Lộc, Tỉnh Lạng Sơn"},
		{n("TPHCM", "Quận 9", "Long Bình"), area.Corrected, area.HowAlias, "Phường Long Bình, Thành phố Thủ Đức, Thành phố Hồ Chí Minh"},
		{n("TP. Hồ Chí Minh", "Quận 3", "Phường 7"), area.Corrected, area.HowAlias, "Phường Võ Thị Sáu, Quận 3, Thành phố Hồ Chí Minh"},
		{n("TT. Huế", "Phú Vang", ""), area.Corrected, area.HowAlias, "Huyện Phú Vang, Tỉnh Thừa Thiên Huế"},
		{n("Lạng Sơn", "Hữu Lũng", "Quyết Thăngg"), area.Corrected, area.HowTypo, "Xã Quyết Thắng, Huyện Hữu Lũng, Tỉnh Lạng Sơn"},
		{n("Bình Dương", "Bàu Bàng", "Hòa Lợi"), area.Corrected, area.HowDistrict, "Phường Hòa Lợi, Thị xã Bến Cát, Tỉnh Bình Dương"},
		{n("Lạng Sơn", "Chi Lăng", "Chi Lăng"), area.Corrected, area.HowLevel, "Huyện Chi Lăng, Tỉnh Lạng Sơn"},
		{area.Names{Edition: area.Edition2025, Province: "Lạng Sơn", District: "Hữu Lũng", Commune: "Vân Nham"}, area.Corrected, area.HowDistrict, "Xã Vân Nham, Tỉnh Lạng Sơn"},
		{area.Names{Edition: area.Edition2025, Province: "Bắc Giang", Commune: "Việt Yên"}, area.Corrected, area.HowAlias, "Phường Việt Yên, Tỉnh Bắc Ninh"},
		// not for us to say
		{n("Lạng Sơn", "Việt Yên", "Quang Châu"), area.Ambiguous, "", "Xã Quang Châu, Huyện Việt Yên, Tỉnh Bắc Giang"},
		{n("Lạng Sơn", "Việt Yên", ""), area.Ambiguous, "", "Huyện Việt Yên, Tỉnh Bắc Giang"},
		{n("TP. Hồ Chí Minh", "Lý Nhân", "Đạo Lý"), area.Ambiguous, "", "Xã Đạo Lý, Huyện Lý Nhân, Tỉnh Hà Nam"},
		{n("Bắc Giang", "Ba Đồn", "Quảng Châu"), area.Ambiguous, "", "Xã Quang Châu, Huyện Việt Yên, Tỉnh Bắc Giang"},
		{n("Hà Nội", "Thanh Miện", "Diên Hồng"), area.Ambiguous, "", "Huyện Thanh Miện, Tỉnh Hải Dương"},
		{n("Bình Dương", "Bắc Tân Uyên", "Tân Hiệp"), area.Ambiguous, "", "Phường Tân Hiệp, Thành phố Tân Uyên, Tỉnh Bình Dương"},
		{n("Đồng Tháp", "Cao Lãnh", ""), area.Ambiguous, "", "Huyện Cao Lãnh, Tỉnh Đồng Tháp"},
		{n("Long An", "Thủ Thừa", "Long Thành"), area.Ambiguous, "", "Xã Tân Long, Huyện Thủ Thừa, Tỉnh Long An"},
		{n("Đồng Tháp", "Châu Thành", "Phú Hữu"), area.Ambiguous, "", "Xã Phú Hựu, Huyện Châu Thành, Tỉnh Đồng Tháp"},
		{n("An Giang", "Chau Thanh", "Mai Dam"), area.Ambiguous, "", "Thị trấn Mái Dầm, Huyện Châu Thành, Tỉnh Hậu Giang"},
		// nothing
		{n("Lạng Sơn", "Hữu Lũng", "Quyết Tiến"), area.Rejected, "", "Huyện Hữu Lũng, Tỉnh Lạng Sơn"},
		{n("Lạng Sơn", "Hữu Lũng", "Không rõ"), area.Rejected, "", "Huyện Hữu Lũng, Tỉnh Lạng Sơn"},
		{n("TP. Hồ Chí Minh", "Quận 1", "Phường 15"), area.Rejected, "", "Quận 1, Thành phố Hồ Chí Minh"},
		{n("Atlantis", "", ""), area.Rejected, "", ""},
		{n("", "Hữu Lũng", ""), area.Rejected, "", ""},
		{area.Names{Edition: area.Edition2025, Province: "Lạng Sơn", District: "Hữu Lũng"}, area.Rejected, "", ""},
	}
	for _, tt := range tests {
		m := g.Match(tt.names)
		got := g.Title(m.Code)
		if len(m.Between) > 0 && m.Code == 0 {
			got = g.Title(m.Between[len(m.Between)-1])
		}
		if m.Verdict != tt.verdict || m.How != tt.how || got != tt.want {
			t.Errorf("%v:\ngot  %s %s %q (%s)\nwant %s %s %q", tt.names, m.Verdict, m.How, got, m.Why, tt.verdict, tt.how, tt.want)
		}
		if m.Why == "" || (m.Verdict == area.Matched || m.Verdict == area.Corrected) != (m.Code != 0) {
			t.Errorf("%v: incomplete answer %+v", tt.names, m)
		}
	}
}

func TestMatchWrongProvinceNamesTheListedOneFirst(t *testing.T) {
	g := area.Load()
	m := g.Match(area.Names{Province: "Bắc Giang", District: "Lạng Sơn", Commune: "Hoàng Văn Thụ"})
	want := []area.Code{code(t, "2021/24"), code(t, "2021/20/178/05971")}
	if m.Verdict != area.Ambiguous || m.Why != "area.ambiguous.province" || len(m.Between) < 2 {
		t.Fatalf("got %+v", m)
	}
	if d := cmp.Diff(want, m.Between[:2]); d != "" {
		t.Errorf("want -, got +:\n%s", d)
	}
}

func TestMatchPublishedCommunes(t *testing.T) {
	rows, err := csv.NewReader(shared(t, "epi/cases-2021-by-commune.csv")).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	g := area.Load()
	type tally struct{ rows, cases int }
	all, langSon := map[area.Verdict]tally{}, map[area.Verdict]tally{}
	for _, r := range rows[1:] {
		n, err := strconv.Atoi(r[4])
		if err != nil {
			t.Fatal(err)
		}
		m := g.Match(area.Names{Province: r[1], District: r[2], Commune: r[3]})
		all[m.Verdict] = tally{all[m.Verdict].rows + 1, all[m.Verdict].cases + n}
		if r[1] == "Lạng Sơn" {
			langSon[m.Verdict] = tally{langSon[m.Verdict].rows + 1, langSon[m.Verdict].cases + n}
		}
		if m.Code != 0 && m.Code.Province() != g.Match(area.Names{Province: r[1]}).Code {
			t.Errorf("%v was moved to %s", r, g.Title(m.Code))
		}
	}
	want := map[area.Verdict]tally{area.Matched: {3579, 11592}, area.Corrected: {3220, 14455}, area.Ambiguous: {431, 988}}
	if d := cmp.Diff(want, all, cmp.AllowUnexported(tally{})); d != "" {
		t.Errorf("all: want -, got +:\n%s", d)
	}
	if got := langSon[area.Matched].cases + langSon[area.Corrected].cases; got != 90 || langSon[area.Ambiguous].cases != 6 {
		t.Errorf("Lạng Sơn: got %d matched or corrected and %d ambiguous, want 90 and 6", got, langSon[area.Ambiguous].cases)
	}
}

func TestMatchPublishedProvinces(t *testing.T) {
	rows, err := csv.NewReader(shared(t, "epi/cases-2021-by-province.csv")).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	g := area.Load()
	seen := map[area.Code]string{}
	for _, name := range rows[0][1:] {
		m := g.Match(area.Names{Province: name})
		if m.Code == 0 || seen[m.Code] != "" {
			t.Errorf("%q: got %s %s, already %q", name, m.Verdict, m.Code, seen[m.Code])
		}
		seen[m.Code] = name
	}
	if len(seen) != 62 {
		t.Errorf("got %d provinces, want 62", len(seen))
	}
}

func FuzzMatch(f *testing.F) {
	f.Add("Lạng Sơn", "Hữu Lũng", "Minh Hòa", false)
	f.Add("TP.", "Q", "P.", true)
	f.Add("\xff\xfe", " . ", "x ", false)
	g := area.Load()
	f.Fuzz(func(t *testing.T, p, d, c string, now bool) {
		n := area.Names{Province: p, District: d, Commune: c}
		if now {
			n.Edition = area.Edition2025
		}
		m := g.Match(n)
		if (m.Verdict == area.Matched || m.Verdict == area.Corrected) != (m.Code != 0) || m.Why == "" {
			t.Fatalf("%v: %+v", n, m)
		}
		if m.Verdict == area.Ambiguous && len(m.Between) < 2 {
			t.Fatalf("%v: between %v", n, m.Between)
		}
	})
}

func BenchmarkMatchPublishedCommunes(b *testing.B) {
	rows, err := csv.NewReader(shared(b, "epi/cases-2021-by-commune.csv")).ReadAll()
	if err != nil {
		b.Fatal(err)
	}
	g := area.Load()
	for b.Loop() {
		for _, r := range rows[1:] {
			g.Match(area.Names{Province: r[1], District: r[2], Commune: r[3]})
		}
	}
}

func TestGazetteerFromManyGoroutines(t *testing.T) {
	g := area.Load()
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for j := range 50 {
				m := g.Match(area.Names{Province: "Lạng Sơn", District: "Hữu Lũng", Commune: "Minh Hòa " + strconv.Itoa(i*j%7)})
				if m.Args["province"] != "Lạng Sơn" {
					t.Errorf("got %+v", m)
				}
				m.Args["province"], m.Between = "mine", nil
			}
			g.Find(area.Query{Text: "hữu"})
			g.Approximate(area.Edition2021, area.District, area.Code(0))
			g.Vietnam(area.Edition2025)
		})
	}
	wg.Wait()
}
