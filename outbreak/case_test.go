package outbreak_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"khien/kernel/auth"
	"khien/kernel/day"
	"khien/kernel/event"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/person"
	"khien/kernel/store"
	"khien/outbreak"
)

func hearCounts(n *int) func(context.Context, *store.Tx, event.Fact) error {
	return func(_ context.Context, _ *store.Tx, f event.Fact) error {
		told, err := event.Decode[event.CountsAnnounced](f)
		*n += len(told.Counts)
		return err
	}
}

func draft(t *testing.T, areaPath string) outbreak.Draft {
	d, err := day.Parse("2021-05-14")
	if err != nil {
		t.Fatal(err)
	}
	return outbreak.Draft{Case: outbreak.Case{ID: id.New(), Classification: outbreak.Confirmed, Area: must(t, areaPath), Reported: d, ConfirmedOn: d}}
}

const (
	minhHoa = "2021/20/186/06457"
	chiLang = "2021/20/187"
	huuLung = "2021/20/186"
)

// The responsible area gives writing, the place of stay reading, nothing else anything.
func TestRightsFollowTheResponsibleArea(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		mine := w.officer(t, "huulung", huuLung, auth.HealthOfficer, auth.WriteCases)
		stay := w.officer(t, "chilang", chiLang, auth.HealthOfficer, auth.WriteCases)
		none := w.officer(t, "bacson", "2021/20/185", auth.HealthOfficer, auth.WriteCases)
		d := draft(t, minhHoa)
		d.Stay = must(t, "2021/20/187/06463")
		d.Who = person.Person{Name: "Vi Thị Mẫu"}
		c, err := w.Create(t.Context(), mine, d)
		if err != nil {
			t.Fatal(err)
		}
		for _, tt := range []struct {
			name        string
			sc          auth.Scope
			read, write fault.Kind
		}{{"responsible", mine, "", ""}, {"stay", stay, "", fault.Forbidden}, {"neither", none, fault.NotFound, fault.NotFound}} {
			if _, _, err := w.Read(t.Context(), tt.sc, c.ID); fault.KindOf(err) != tt.read {
				t.Errorf("%s, read: got %v, want %q", tt.name, err, tt.read)
			}
			change := outbreak.Draft{Case: c}
			change.Version = currentVersion(t, w, c.ID)
			if _, err := w.Change(t.Context(), tt.sc, change); fault.KindOf(err) != tt.write {
				t.Errorf("%s, change: got %v, want %q", tt.name, err, tt.write)
			}
		}
	})
}

func currentVersion(t *testing.T, w *world, i id.ID) int {
	t.Helper()
	c, _, err := w.Read(t.Context(), everything, i)
	if err != nil {
		t.Fatal(err)
	}
	return c.Version
}

func TestSecondSubmissionAnswersAsTheFirst(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		d := draft(t, minhHoa)
		first, err := w.Create(t.Context(), everything, d)
		if err != nil {
			t.Fatal(err)
		}
		second, err := w.Create(t.Context(), everything, d)
		if err != nil || second != first {
			t.Errorf("got %+v, %v, want %+v", second, err, first)
		}
		other := w.officer(t, "huulung", huuLung, auth.HealthOfficer, auth.WriteCases)
		if _, err := w.Create(t.Context(), other, d); !fault.Is(err, fault.Conflict) {
			t.Errorf("by another: got %v, want conflict", err)
		}
	})
}

func TestChangeOfAnOldVersionIsConflict(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c, err := w.Create(t.Context(), everything, draft(t, minhHoa))
		if err != nil {
			t.Fatal(err)
		}
		d := outbreak.Draft{Case: c}
		if _, err := w.Change(t.Context(), everything, d); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Change(t.Context(), everything, d); !fault.Is(err, fault.Conflict) {
			t.Errorf("got %v, want conflict", err)
		}
	})
}

func TestWrongFieldsAreNamed(t *testing.T) {
	tests := []struct {
		field string
		spoil func(*outbreak.Draft)
	}{
		{"classification", func(d *outbreak.Draft) { d.Classification = "maybe" }},
		{"area", func(d *outbreak.Draft) { d.Area += 999 * 1000 }},
		{"reported", func(d *outbreak.Draft) { d.Reported = day.On(2031, 1, 1) }},
		{"confirmed", func(d *outbreak.Draft) { d.ConfirmedOn = 0 }},
		{"specimen", func(d *outbreak.Draft) { d.Specimen = d.ConfirmedOn + 1 }},
		{"outcome_on", func(d *outbreak.Draft) { d.Outcome = outbreak.Recovered }},
		{"birth_year", func(d *outbreak.Draft) { d.BirthYear = 1700 }},
		{"number", func(d *outbreak.Draft) { d.Number = strings.Repeat("x", 41) }},
		{"source", func(d *outbreak.Draft) { d.Source = "moon" }},
	}
	each(t, func(t *testing.T, w *world) {
		for _, tt := range tests {
			d := draft(t, minhHoa)
			tt.spoil(&d)
			_, err := w.Create(t.Context(), everything, d)
			if !fault.Is(err, fault.Invalid) || !strings.Contains(fmt.Sprint(err), tt.field) {
				t.Errorf("%s: got %v", tt.field, err)
			}
		}
	})
}

// Pages of a list hold every case once, whatever its day.
func TestListIsWholeAndOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		const cases = 2*outbreak.PageSize + 7
		for i := range cases {
			d := draft(t, minhHoa)
			d.Number, d.Reported = fmt.Sprintf("BN%d", i), d.Reported+day.Day(i%3)
			if _, err := w.Create(t.Context(), everything, d); err != nil {
				t.Fatal(err)
			}
		}
		seen := map[id.ID]bool{}
		f := outbreak.Filter{}
		for range 5 {
			p, err := w.List(t.Context(), everything, f)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range p.Cases {
				if seen[c.ID] {
					t.Errorf("%s is listed twice", c.Number)
				}
				seen[c.ID] = true
			}
			if f.After = p.Next; p.Next == nil {
				break
			}
		}
		if len(seen) != cases {
			t.Errorf("listed %d, want %d", len(seen), cases)
		}
		p, err := w.List(t.Context(), everything, outbreak.Filter{Search: "BN42"})
		if err != nil || len(p.Cases) != 1 || p.Cases[0].Number != "BN42" {
			t.Errorf("search: got %d cases, %v", len(p.Cases), err)
		}
	})
}

func TestFoundByWholeName(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		d := draft(t, minhHoa)
		d.Who = person.Person{Name: "Vi Thị Mẫu"}
		if _, err := w.Create(t.Context(), everything, d); err != nil {
			t.Fatal(err)
		}
		for q, want := range map[string]int{"vi thi mau": 1, "Vi Thị Mẫu": 1, "Vi Thị Khác": 0} {
			p, err := w.List(t.Context(), everything, outbreak.Filter{Search: q})
			if err != nil || len(p.Cases) != want {
				t.Errorf("%q: got %d, %v, want %d", q, len(p.Cases), err, want)
			}
		}
	})
}

// An approval announces what is recorded, up to its day; twice is once.
func TestAnnounce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for i := range 5 {
			d := draft(t, minhHoa)
			if i == 4 {
				d.ConfirmedOn, d.Reported = d.ConfirmedOn+10, d.Reported+10
			}
			if i == 3 {
				d.Classification = outbreak.Suspected
			}
			if _, err := w.Create(t.Context(), everything, d); err != nil {
				t.Fatal(err)
			}
		}
		act := id.New()
		for range 2 {
			a, err := w.Announce(t.Context(), everything, act, must(t, huuLung), day.On(2021, 5, 20))
			if err != nil || a.Cases != 3 {
				t.Errorf("got %d cases, %v, want 3", a.Cases, err)
			}
		}
		if got := w.sums(t)[minhHoa]; got != 3 {
			t.Errorf("announced %d, want 3", got)
		}
		other := w.officer(t, "duyet", chiLang, auth.Approver, auth.Announce)
		if _, err := w.Announce(t.Context(), other, id.New(), must(t, huuLung), day.On(2021, 5, 20)); !fault.Is(err, fault.Forbidden) {
			t.Errorf("another's area: got %v, want forbidden", err)
		}
	})
}

// A case that turns out to be none is gone from the next announcement.
func TestAnnounceAgainAfterACorrection(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c, err := w.Create(t.Context(), everything, draft(t, minhHoa))
		if err != nil {
			t.Fatal(err)
		}
		announce := func(want int) {
			t.Helper()
			if _, err := w.Announce(t.Context(), everything, id.New(), must(t, huuLung), day.On(2021, 5, 20)); err != nil {
				t.Fatal(err)
			}
			if got := w.sums(t)[minhHoa]; got != want {
				t.Errorf("announced %d, want %d", got, want)
			}
		}
		announce(1)
		c.Classification = outbreak.Discarded
		if _, err := w.Change(t.Context(), everything, outbreak.Draft{Case: c}); err != nil {
			t.Fatal(err)
		}
		announce(0)
	})
}

const caseList = "Mã bệnh nhân,Họ và tên,Giới tính,Năm sinh,Phân loại,Tỉnh,Huyện,Xã,Nguồn,Ngày khởi phát,Ngày xác định,Ngày báo cáo\n" +
	"BN1,Vi Thị Mẫu,Nữ,1990,Xác định,Lạng Sơn,Hữu Lũng,Minh Hòa,Cộng đồng,10/05/2021,14/05/2021,14/05/2021\n" +
	"BN2,,Nam,1985,F0,Lạng Sơn,Hữu Lũng,Hoà Thắng,Cách ly,,14/05/2021,14/05/2021\n" +
	"BN3,,,,Xác định,Lạng Sơn,Việt Yên,Quang Châu,,,14/05/2021,14/05/2021\n" +
	"BN4,,,,Xác định,Lạng Sơn,Chi Lăng,Chi Lăng,,,31/02/2021,14/05/2021\n" +
	"BN5,,,,chắc vậy,Lạng Sơn,Chi Lăng,Chi Lăng,,,14/05/2021,14/05/2021\n"

func TestImportCases(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for i, want := range []int{2, 0} {
			r, err := w.ImportCases(t.Context(), everything, strings.NewReader(caseList))
			if err != nil || r.Rows != 5 || r.Added != want || r.Ambiguous != 1 || r.Rejected != 2 {
				t.Errorf("run %d: got %+v, %v", i+1, r, err)
			}
		}
		p, err := w.List(t.Context(), everything, outbreak.Filter{})
		if err != nil || len(p.Cases) != 2 {
			t.Errorf("got %d cases, %v, want 2", len(p.Cases), err)
		}
		sc := w.officer(t, "chilang", chiLang, auth.HealthOfficer, auth.Import)
		r, err := w.ImportCases(t.Context(), sc, strings.NewReader(strings.ReplaceAll(caseList, "BN", "XN")))
		if err != nil || r.Added != 0 {
			t.Errorf("into another's area: got %+v, %v, want none added", r, err)
		}
	})
}
