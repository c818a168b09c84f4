package outbreak_test

import (
	"strings"
	"testing"

	"khien/kernel/auth"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/person"
	"khien/outbreak"
)

const card = "020188001234"

func mau() person.Person {
	return person.Person{Name: "Vi Thị Mẫu", Birth: "1988-05-14", Sex: "female", Phone: "0912345678", Address: "Số 5, Thôn 3", Household: "20-77",
		Papers: []person.Paper{{Kind: person.CitizenCard, Number: card}}}
}

func (w *world) enter(t *testing.T, sc auth.Scope, path string, p person.Person) outbreak.Case {
	t.Helper()
	d := draft(t, path)
	d.Who = p
	c, err := w.Create(t.Context(), sc, d)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// A second case of one human being is of the same person, by form and by list.
func TestCasesOfOneHumanBeing(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a := w.enter(t, everything, minhHoa, mau())
		p := mau()
		p.Name = "VI THI MAU"
		if b := w.enter(t, everything, chiLang, p); b.Person != a.Person {
			t.Errorf("the second case is of %s, the first of %s", b.Person, a.Person)
		}
		list := "Số bệnh nhân,Họ tên,Năm sinh,Giới tính,Điện thoại,Xã,Huyện,Ngày báo cáo\n" +
			"BN1,Vi Thị Mẫu,1988,Nữ,0912345678,Minh Hòa,Hữu Lũng,20/05/2021\n" +
			"BN2,Vi Thị Mẫu,1988,Nữ,0912345678,Minh Hòa,Hữu Lũng,21/05/2021\n"
		r, err := w.ImportCases(t.Context(), everything, strings.NewReader(list))
		if err != nil || r.Added != 2 {
			t.Fatalf("got %+v, %v", r, err)
		}
		found, err := w.List(t.Context(), everything, outbreak.Filter{Search: "Vi Thị Mẫu"})
		if err != nil || len(found.Cases) != 4 {
			t.Errorf("by name: got %d cases, %v, want all 4", len(found.Cases), err)
		}
	})
}

// An officer whose case meets somebody of another district learns who they are
// and how to reach them, nothing of their papers and home, and overwrites nothing.
func TestPersonOfAnotherDistrictByCase(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.enter(t, everything, chiLang, mau())
		mine := w.officer(t, "huulung", huuLung, auth.HealthOfficer, auth.WriteCases)
		p := mau()
		p.Address, p.Household, p.Phone = "", "", "0987654321"
		c := w.enter(t, mine, minhHoa, p)
		_, who, err := w.Read(t.Context(), mine, c.ID)
		if err != nil || who.Name != "Vi Thị Mẫu" || who.Address != "" || who.Household != "" || who.Papers != nil || !who.Area.IsZero() || who.OtherPhones != nil {
			t.Errorf("read by the other district: got %+v, %v", who, err)
		}
		d := outbreak.Draft{Case: c, Who: person.Person{Name: "Nguyễn Văn Đè", Phone: "0900000000"}}
		if _, err := w.Change(t.Context(), mine, d); err != nil {
			t.Fatal(err)
		}
		_, who, err = w.Read(t.Context(), everything, c.ID)
		if err != nil || who.Name != "Vi Thị Mẫu" || who.Phone != "+84912345678" || who.Address == "" || len(who.OtherPhones) != 2 {
			t.Errorf("after the other district's change: got %+v, %v", who, err)
		}
		if _, _, err := w.Read(t.Context(), w.officer(t, "bacson", "2021/20/185", auth.HealthOfficer, auth.ReadCases), c.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("a third district: got %v", err)
		}
	})
}

func TestHeldByCase(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c := w.enter(t, everything, minhHoa, mau())
		d := draft(t, minhHoa)
		d.Who, d.Classification = person.Person{Name: "Hoàng Văn Loại"}, outbreak.Discarded
		gone, err := w.Create(t.Context(), everything, d)
		if err != nil {
			t.Fatal(err)
		}
		stranger := id.New()
		held, err := w.HeldByCase(t.Context(), []id.ID{c.Person, gone.Person, stranger})
		if err != nil || !held[c.Person] || held[gone.Person] || held[stranger] {
			t.Errorf("got %v, %v", held, err)
		}
	})
}

// People see their own case once an officer has seen their card, not before.
func TestOwnCase(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c := w.enter(t, everything, minhHoa, mau())
		for _, a := range []person.Asker{{}, {Person: c.Person, Device: id.New()}, {Person: id.New(), Confirmed: true}, {Confirmed: true}} {
			if held, err := w.HeldAbout(t.Context(), a); err != nil || held != nil {
				t.Errorf("%+v: got %v, %v", a, held, err)
			}
		}
		held, err := w.HeldAbout(t.Context(), person.Asker{Person: c.Person, Device: id.New(), Confirmed: true})
		if err != nil || len(held) != 1 || held[0].ID != c.ID || held[0].Rule == "" {
			t.Errorf("got %+v, %v", held, err)
		}
	})
}

// A case whose person may be somebody else in the registry, or has no year of birth,
// says that its contacts wait; one that is sure, or discarded, or elsewhere, does not.
func TestTracingWaits(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		sure := w.enter(t, everything, minhHoa, mau())
		unborn := person.Person{Name: "Hoàng Văn Lạ"}
		nobody := w.enter(t, everything, minhHoa, unborn)
		like := w.enter(t, everything, minhHoa, person.Person{Name: "Vi Thị Mẫu", Sex: "female"})
		waits := func(sc auth.Scope, c outbreak.Case) outbreak.Waits {
			t.Helper()
			got, err := w.TracingWaits(t.Context(), sc, c)
			if err != nil {
				t.Fatal(err)
			}
			return got
		}
		if like.Person == sure.Person {
			t.Fatal("the two were merged: nothing is under review")
		}
		if got := waits(everything, like); got != outbreak.WaitsForReview {
			t.Errorf("under review: got %q", got)
		}
		if got := waits(everything, nobody); got != outbreak.WaitsForBirth {
			t.Errorf("no year of birth: got %q", got)
		}
		mine := w.officer(t, "chilang", chiLang, auth.HealthOfficer, auth.ReadCases)
		if got := waits(mine, nobody); got != "" {
			t.Errorf("elsewhere: got %q", got)
		}
		p := mau()
		p.Name, p.Phone, p.Papers, p.Birth = "Nông Thị Chắc", "0987654321", nil, "1950-01-01"
		if got := waits(everything, w.enter(t, everything, minhHoa, p)); got != "" {
			t.Errorf("sure: got %q", got)
		}
		nobody.Classification = outbreak.Discarded
		if got := waits(everything, nobody); got != "" {
			t.Errorf("discarded: got %q", got)
		}
	})
}
