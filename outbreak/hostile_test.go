package outbreak_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"khien/kernel/auth"
	"khien/kernel/day"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/person"
	"khien/outbreak"
)

// A number is letters and digits: what a database cannot hold, a screen shows
// turned round or a spreadsheet takes for a formula is none.
func TestNumbersThatAreNone(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for _, bad := range []string{"A\x00B", "A\nB\x01", "=1+1", "-1", "@x", "a;=HYPERLINK(1)", `a"b`, "a,b", "a|b", "x\u202eb", "<b>"} {
			d := draft(t, minhHoa)
			d.Number = bad
			if _, err := w.Create(t.Context(), everything, d); !fault.Is(err, fault.Invalid) {
				t.Errorf("number %q: got %v, want invalid", bad, err)
			}
			if p, err := w.List(t.Context(), everything, outbreak.Filter{Search: bad}); err != nil || len(p.Cases) != 0 {
				t.Errorf("search %q: got %d cases, %v", bad, len(p.Cases), err)
			}
		}
		for _, bad := range []string{"Vi\x00Thị", "Vi \u202eThị", "\x1b[2J"} {
			d := draft(t, minhHoa)
			d.Who.Name = bad
			if _, err := w.Create(t.Context(), everything, d); !fault.Is(err, fault.Invalid) {
				t.Errorf("name %q: got %v, want invalid", bad, err)
			}
		}
		d := draft(t, minhHoa)
		d.Number = " BN  12/3-a "
		if c, err := w.Create(t.Context(), everything, d); err != nil || c.Number != "BN 12/3-a" {
			t.Errorf("got %q, %v", c.Number, err)
		}
		d.ID = id.New()
		if _, err := w.Create(t.Context(), everything, d); !fault.Is(err, fault.Conflict) {
			t.Errorf("the same number with other spaces: got %v, want conflict", err)
		}
	})
}

// 1921 for 2021 would stretch the public map's days over a century.
func TestDaysLongPast(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		d := draft(t, minhHoa)
		d.ConfirmedOn = day.On(1921, 5, 14)
		if _, err := w.Create(t.Context(), everything, d); !fault.Is(err, fault.Invalid) {
			t.Errorf("got %v, want invalid", err)
		}
		r, err := w.importText(t, "date,province,district,commune,new_cases\n1921-05-10,Lạng Sơn,Hữu Lũng,Minh Hòa,2\n")
		if err != nil || r.Rejected != 1 {
			t.Errorf("got %+v, %v, want the row rejected", r, err)
		}
	})
}

// One bad row of a list is named; it does not keep the others out, and is not lost.
func TestListNamesTheRowsThatItCannotEnter(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		const head = "Mã bệnh nhân,Họ và tên,Giới tính,Năm sinh,Điện thoại,Huyện,Xã,Ngày báo cáo\n"
		elsewhere := draft(t, "2021/20/187/06463")
		elsewhere.Number = "BN7"
		if _, err := w.Create(t.Context(), everything, elsewhere); err != nil {
			t.Fatal(err)
		}
		list := head +
			"BN1,Vi Thị Mẫu,Nữ,1990,không có,Hữu Lũng,Minh Hòa,14/05/2021\n" + // 2: no telephone number
			"BN2,Vi Văn Mẫu,Nam,1990,0912345678,Hữu Lũng,Minh Hòa,14/05/2021\n" +
			"BN2,Lý Văn Mẫu,Nam,1970,,Hữu Lũng,Minh Hòa,14/05/2021\n" + // 4: another person under a number of this list
			"BN7,Hoàng Mẫu,Nam,1970,,Hữu Lũng,Minh Hòa,14/05/2021\n" + // 5: the number of a case that stands
			",,Nam,1980,,Hữu Lũng,Minh Hòa,14/05/2021\n" +
			",,Nam,1980,,Hữu Lũng,Minh Hòa,14/05/2021\n" + // a second man, of whom no more is known
			"=1+1,,Nam,1980,,Hữu Lũng,Minh Hòa,14/05/2021\n" // 8
		for i, added := range []int{3, 0} {
			r, err := w.ImportCases(t.Context(), everything, strings.NewReader(list))
			if err != nil || r.Rows != 7 || r.Added != added || r.Rejected != 4 || r.Matched != 3 || r.By["rejected"] != 4 {
				t.Fatalf("run %d: got %+v, %v", i+1, r, err)
			}
			for j, row := range []int{2, 4, 5, 8} {
				if r.Problems[j].Row != row {
					t.Errorf("problem %d: row %d, want %d", j, r.Problems[j].Row, row)
				}
			}
		}
	})
}

// The key of one act does not answer for another.
func TestAnnouncementsKeyIsOfOneAct(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		key, through := id.New(), day.On(2021, 5, 20)
		mine := w.officer(t, "duyet", huuLung, auth.Approver, auth.Announce)
		other := w.officer(t, "duyet2", "2021/20", auth.Approver, auth.Announce)
		for range 2 {
			if _, err := w.Announce(t.Context(), mine, key, must(t, huuLung), through); err != nil {
				t.Fatal(err)
			}
		}
		for name, err := range map[string]error{
			"another actor": second(w.Announce(t.Context(), other, key, must(t, huuLung), through)),
			"another area":  second(w.Announce(t.Context(), mine, key, must(t, minhHoa), through)),
			"another day":   second(w.Announce(t.Context(), mine, key, must(t, huuLung), through-1)),
		} {
			if !fault.Is(err, fault.Conflict) {
				t.Errorf("%s: got %v, want conflict", name, err)
			}
		}
	})
}

func second(_ outbreak.Announcement, err error) error { return err }

// The map takes the whole ground as announced, whatever the edition of its codes.
func TestAnnounceBothEditions(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for _, at := range []string{minhHoa, "2025/20"} {
			if _, err := w.Create(t.Context(), everything, draft(t, at)); err != nil {
				t.Fatal(err)
			}
		}
		a, err := w.Announce(t.Context(), everything, id.New(), must(t, "2021/20"), day.On(2021, 5, 20))
		if err != nil || a.Cases != 2 {
			t.Errorf("got %d cases, %v, want both", a.Cases, err)
		}
	})
}

// Exports that nobody takes hold up nobody's reading: here each waits in its
// first row for the next, more of them than there are connections.
func TestSlowExportsHoldNoConnection(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		d := draft(t, minhHoa)
		d.Who = person.Person{Name: "Vi Thị Mẫu"}
		if _, err := w.Create(t.Context(), everything, d); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		errEnough := errors.New("enough")
		depth := 0
		var export func(outbreak.Whole) error
		export = func(outbreak.Whole) error {
			if depth++; depth == 40 {
				return errEnough
			}
			return w.Export(ctx, everything, outbreak.ExportOptions{}, export)
		}
		if err := export(outbreak.Whole{}); !errors.Is(err, errEnough) {
			t.Errorf("got %v after %d exports", err, depth)
		}
	})
}

// Whoever answers for a case knows whom it is about, though they lie in another
// district's hospital, and so does that hospital's district. Nobody else does.
func TestPersonIsReadThroughTheCase(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		mine := w.officer(t, "huulung", huuLung, auth.HealthOfficer, auth.WriteCases)
		d := draft(t, minhHoa)
		d.Stay, d.Who = must(t, "2021/20/187/06463"), person.Person{Name: "Vi Thị Mẫu"}
		c, err := w.Create(t.Context(), mine, d)
		if err != nil {
			t.Fatal(err)
		}
		d.Version, d.Who.Phone = c.Version, "0912345678"
		if _, err := w.Change(t.Context(), mine, d); err != nil {
			t.Errorf("the phone of one's own patient: %v", err)
		}
		for login, tt := range map[string]struct {
			sc   auth.Scope
			name string
		}{
			"responsible": {mine, "Vi Thị Mẫu"},
			"stay":        {w.officer(t, "chilang", chiLang, auth.Doctor, auth.ReadCases), "Vi Thị Mẫu"},
			"no people":   {w.officer(t, "duyet", huuLung, auth.Approver, auth.ReadCases), ""},
			"elsewhere":   {w.officer(t, "bacson", "2021/20/185", auth.Doctor, auth.ReadCases), ""},
		} {
			if _, who, err := w.Read(t.Context(), tt.sc, c.ID); who.Name != tt.name || (login == "elsewhere") != fault.Is(err, fault.NotFound) {
				t.Errorf("%s: got %q, %v, want %q", login, who.Name, err, tt.name)
			}
		}
	})
}
