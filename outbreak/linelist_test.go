package outbreak_test

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"khien/kernel/area"
	"khien/kernel/auth"
	"khien/kernel/day"
	"khien/kernel/fault"
	"khien/kernel/person"
	"khien/kernel/store"
	"khien/outbreak"
)

// kept is a keeper of links that remembers what it was told.
type kept struct{ links map[outbreak.Link]bool }

// KeepLinks remembers.
func (k *kept) KeepLinks(_ *store.Tx, _ auth.Scope, links []outbreak.Link) error {
	for _, l := range links {
		k.links[l] = true
	}
	return nil
}

// The first 288 cases of Vietnam: all entered, wherever in the country; 85 links
// from patient to patient; the same list again adds nothing.
func TestLineListOf2020(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		text, err := io.ReadAll(shared(t, "epi/linelist-vietnam-2020.json"))
		if err != nil {
			t.Fatal(err)
		}
		for run, added := range []int{288, 0} {
			r, err := w.ImportCases(t.Context(), everything, bytes.NewReader(text))
			if err != nil || r.Rows != 288 || r.Matched+r.Corrected != 288 || r.Added != added || r.Known != 288-added || r.Links != 85 || len(w.kept.links) != 85 {
				t.Fatalf("run %d: %+v, %d links, %v", run+1, r, len(w.kept.links), err)
			}
		}
		out, in := map[string]int{}, map[string]int{}
		for l := range w.kept.links {
			out[l.From]++
			in[l.To]++
		}
		if out["BN243"] != 10 || out["BN91"] != 9 || out["BN34"] != 8 {
			t.Errorf("BN243 %d, BN91 %d, BN34 %d, want 10, 9, 8", out["BN243"], out["BN91"], out["BN34"])
		}
		if len(in) != 288-214 {
			t.Errorf("%d cases with a known source, want 74", len(in))
		}
		p, err := w.List(t.Context(), everything, outbreak.Filter{Search: "BN1"})
		if err != nil || len(p.Cases) != 1 {
			t.Fatal(len(p.Cases), err)
		}
		c := p.Cases[0]
		if c.Area != must(t, "2021/79") || c.Stay != 0 || c.Sex != "male" || c.BirthYear != 2020-66 || c.ConfirmedOn != day.On(2020, 1, 23) || c.Outcome != outbreak.Recovered ||
			c.OutcomeOn != day.On(2020, 2, 12) || c.Source != outbreak.Imported {
			t.Errorf("got %+v", c)
		}
		// Rights follow the responsible area: Lạng Sơn's districts see none of them.
		sc := w.officer(t, "huulung", huuLung, auth.HealthOfficer, auth.ReadCases)
		if p, err := w.List(t.Context(), sc, outbreak.Filter{}); err != nil || len(p.Cases) != 0 {
			t.Errorf("a district sees %d of them, %v", len(p.Cases), err)
		}
	})
}

// The six cases of spring 2021 that Lạng Sơn counted and that are listed under
// other provinces' districts: who answers for them is one thing, where they stay
// another, and the hospital a third. None vanishes from the province's list.
func TestTheSixCasesListedUnderOtherProvinces(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		report, err := w.ImportCounts(t.Context(), everything, "2021", shared(t, "epi/cases-2021-by-commune.csv"))
		if err != nil {
			t.Fatal(err)
		}
		var list strings.Builder
		list.WriteString("Tỉnh,Tỉnh nơi ở,Huyện nơi ở,Xã nơi ở,Ngày báo cáo,Mã bệnh nhân,Nằm viện\n")
		n := 0
		for _, p := range report.Problems {
			if p.Verdict != area.Ambiguous || !strings.HasPrefix(p.Value, "Lạng Sơn / ") {
				continue
			}
			stay := area.Load().Path(p.Between[1])
			for range p.Cases {
				n++
				fmt.Fprintf(&list, "Lạng Sơn,%s,%s,%s,01/06/2021,LS%d,\"[{\"\"hospital_stay\"\":{\"\"facility\"\":\"\"Bệnh viện Bệnh nhiệt đới\"\",\"\"area\"\":\"\"2021/01\"\",\"\"ward\"\":\"\"isolation\"\",\"\"from\"\":\"\"2021-06-02\"\"}}]\"\n",
					stay[0].Name, stay[1].FullName, stay[2].FullName, n)
			}
		}
		r, err := w.ImportCases(t.Context(), everything, strings.NewReader(list.String()))
		if n != 6 || err != nil || r.Added != 6 || r.Matched != 6 {
			t.Fatalf("%d cases, %+v, %v", n, r, err)
		}
		mine := w.officer(t, "langson", "2021/20", auth.HealthOfficer, auth.ReadCases)
		p, err := w.List(t.Context(), mine, outbreak.Filter{})
		if err != nil || len(p.Cases) != 6 {
			t.Fatalf("Lạng Sơn lists %d, %v", len(p.Cases), err)
		}
		for _, c := range p.Cases {
			whole, err := w.ReadWhole(t.Context(), mine, c.ID)
			if err != nil {
				t.Fatal(err)
			}
			stay := c.Stay.String()
			if c.Area != must(t, "2021/20") || c.Stay.Level() != area.Commune || strings.HasPrefix(stay, "2021/20/") ||
				whole.Live(outbreak.HospitalPart)[0].Hospital.Area != must(t, "2021/01") {
				t.Errorf("got area %s, stay %s", c.Area, stay)
			}
		}
	})
}

const foreign = `[{"Ref": "7", "When": "05/14/2021", "Where": {"District": "Huu Lung"}, "Gender": "W", "Years": "31", "From": "5, GB"},
	{"Ref": "8", "When": "14.05.2021", "Where": {"District": "Hữu Lũng"}, "Gender": "M", "Years": 12, "From": null},
	{"Ref": "9", "When": "05/15/2021", "Where": {"District": "Hữu Lũng"}, "Gender": "?", "Years": 12, "From": null}]`

func TestMappedList(t *testing.T) {
	m, err := outbreak.ReadMapping([]byte(`{"columns": {"number": "Ref", "reported": "When", "district": "Where.District", "sex": "Gender", "age": "Years", "sources": "From"},
		"values": {"sex": {"W": "female", "M": "male"}}, "dates": "mdy", "prefix": "BN"}`))
	if err != nil {
		t.Fatal(err)
	}
	each(t, func(t *testing.T, w *world) {
		tried, err := w.ImportList(t.Context(), everything, strings.NewReader(foreign), outbreak.ListOptions{Mapping: &m, Try: true})
		if err != nil || tried.Added != 1 {
			t.Errorf("tried: got %+v, %v", tried, err)
		}
		if p, err := w.List(t.Context(), everything, outbreak.Filter{}); err != nil || len(p.Cases) != 0 {
			t.Errorf("a trial wrote %d cases, %v", len(p.Cases), err)
		}
		r, err := w.ImportList(t.Context(), everything, strings.NewReader(foreign), outbreak.ListOptions{Mapping: &m})
		if err != nil || r.Added != 1 || r.Corrected != 1 || r.Rejected != 2 || r.Problems[1].Field != "reported" || r.Problems[1].Row != 2 || r.Problems[2].Field != "sex" {
			t.Errorf("got %+v, %v", r, err)
		}
		p, err := w.List(t.Context(), everything, outbreak.Filter{})
		if err != nil || len(p.Cases) != 1 || p.Cases[0].Number != "BN7" || p.Cases[0].BirthYear != 1990 || p.Cases[0].Reported != day.On(2021, 5, 14) {
			t.Errorf("got %+v, %v", p.Cases, err)
		}
		if want := (outbreak.Link{From: "BN5", To: "BN7", Certainty: outbreak.Probably}); len(w.kept.links) != 1 || !w.kept.links[want] {
			t.Errorf("got links %v", w.kept.links)
		}
	})
}

func TestMappingsThatAreNone(t *testing.T) {
	for _, text := range []string{`{`, `[]`, `{"columns": {"moon": "A"}}`, `{"columns": {}, "values": {"moon": {}}}`, `{"columns": {}, "dates": "dym"}`, `{"columns": {}, "prefix": "=1"}`, `{"rows": "x"}`} {
		if _, err := outbreak.ReadMapping([]byte(text)); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: got %v, want invalid", text, err)
		}
	}
	for _, m := range outbreak.KnownMappings {
		if m.Name == "" {
			t.Errorf("a known mapping has no name: %+v", m)
		}
	}
}

// People of a list are found among those who stand.
func TestPeopleOfAListAreMatched(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		d := draft(t, minhHoa)
		d.Number, d.Who, d.BirthYear, d.Sex = "BN0", person.Person{Name: "Vi Thị Mẫu", Phone: "0912345678"}, 1990, "female"
		c, err := w.Create(t.Context(), everything, d)
		if err != nil {
			t.Fatal(err)
		}
		r, err := w.ImportCases(t.Context(), everything, strings.NewReader("Mã bệnh nhân,Họ và tên,Giới tính,Năm sinh,Điện thoại,Huyện,Xã,Ngày báo cáo\n"+
			"BN1,Vi Thi Mau,Nữ,1990,0912345678,Hữu Lũng,Minh Hòa,20/09/2021\nBN2,Lý Văn Khác,Nam,1970,0987654321,Hữu Lũng,Minh Hòa,20/09/2021\n"))
		if err != nil || r.Added != 2 || r.KnownPeople != 1 || r.NewPeople != 1 {
			t.Fatalf("got %+v, %v", r, err)
		}
		p, err := w.List(t.Context(), everything, outbreak.Filter{Search: "BN1"})
		if err != nil || len(p.Cases) != 1 || p.Cases[0].Person != c.Person {
			t.Errorf("got %+v, %v, want the person of BN0", p.Cases, err)
		}
	})
}

func TestTemplatesAreSavedAndKnown(t *testing.T) {
	m := outbreak.Mapping{Name: "Danh sách CDC", Columns: map[string]string{"number": "Ref", "reported": "When", "district": "Where.District"}, Dates: outbreak.MonthFirst}
	each(t, func(t *testing.T, w *world) {
		sc := w.officer(t, "huulung", huuLung, auth.HealthOfficer, auth.Import)
		for want := 1; want <= 2; want++ {
			if saved, err := w.SaveTemplate(t.Context(), sc, m); err != nil || saved.Version != want {
				t.Errorf("got version %d, %v, want %d", saved.Version, err, want)
			}
		}
		r, err := w.ImportCases(t.Context(), sc, strings.NewReader(foreign)) // found by its headings
		if err != nil || r.Template != m.Name || r.Added != 2 {
			t.Errorf("got %+v, %v", r, err)
		}
		all, err := w.Templates(t.Context(), sc)
		if err != nil || len(all) != 1 {
			t.Fatalf("got %v, %v", all, err)
		}
		for _, want := range []fault.Kind{"", fault.NotFound} {
			if err := w.RemoveTemplate(t.Context(), sc, all[0].ID); fault.KindOf(err) != want {
				t.Errorf("got %v, want %q", err, want)
			}
		}
		tracer := w.officer(t, "truyvet", huuLung, auth.Tracer, auth.ReadCases)
		if _, err := w.SaveTemplate(t.Context(), tracer, m); !fault.Is(err, fault.Forbidden) {
			t.Errorf("by a tracer: got %v, want forbidden", err)
		}
		if n := w.audited(t, "template."); n != 3 {
			t.Errorf("%d audit rows, want 3", n)
		}
	})
}

func FuzzReadMapping(f *testing.F) {
	b, err := os.ReadFile("data/templates/vncovid19.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(b))
	f.Add(`{"columns": {"number": "a"}, "values": {"sex": {"*": "male"}}}`)
	f.Fuzz(func(t *testing.T, text string) {
		if m, err := outbreak.ReadMapping([]byte(text)); err == nil {
			outbreak.Guess([]string{"a", "b"}, []outbreak.Mapping{m})
		}
	})
}
