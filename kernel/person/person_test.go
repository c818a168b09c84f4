package person_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"khien/kernel/area"
	"khien/kernel/audit"
	"khien/kernel/auth"
	"khien/kernel/event"
	"khien/kernel/fault"
	"khien/kernel/i18n"
	"khien/kernel/id"
	"khien/kernel/person"
	"khien/kernel/secret"
	"khien/kernel/store"
	"khien/kernel/store/storetest"
	"khien/kernel/web"
)

var lines = []storetest.Line{{Name: "event", Files: event.Migrations()}, {Name: "audit", Files: audit.Migrations()}, {Name: "person", Files: person.Migrations()}}

const minhHoa = area.Code(20212018606412000)

func key(err error) string {
	if f := fault.Of(err); f != nil {
		return f.Key
	}
	return fmt.Sprint(err)
}

func each(t *testing.T, test func(t *testing.T, db *store.DB, s *person.Service, sc auth.Scope)) {
	storetest.Each(t, lines, func(t *testing.T, db *store.DB) {
		keys := secret.New(bytes.Repeat([]byte{7}, 32))
		test(t, db, person.New(person.Config{DB: db, Keys: keys}), auth.Console(20, "root", "test"))
	})
}

func create(t *testing.T, db *store.DB, s *person.Service, sc auth.Scope, p person.Person) (made id.ID) {
	t.Helper()
	err := db.Tx(t.Context(), func(tx *store.Tx) (err error) { made, err = s.Create(tx, sc, p); return err })
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func acts(t *testing.T, db *store.DB, sc auth.Scope) map[string]int {
	t.Helper()
	rows, err := audit.List(t.Context(), db, sc, audit.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	n := map[string]int{}
	for _, r := range rows {
		n[r.Act]++
	}
	return n
}

func TestFromCreateToErase(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, s *person.Service, sc auth.Scope) {
		p := person.Person{Name: " Vi  Thị Hương ", Birth: "14/05/1988", Sex: "female", Phone: "0912 345 678", Address: "Thôn 3",
			Papers: []person.Paper{{Kind: person.CitizenCard, Number: "020 188 001234"}, {Kind: person.OldCard, Number: "020188001234"}}, Area: minhHoa}
		p.ID = create(t, db, s, sc, p)
		want := p
		want.Name, want.Birth, want.Phone = "Vi Thị Hương", "1988-05-14", "+84912345678"
		want.Papers = []person.Paper{{Kind: person.CitizenCard, Number: "020188001234"}, {Kind: person.OldCard, Number: "020188001234"}}
		got, err := s.Get(t.Context(), db, sc, p.ID)
		if err != nil || !cmp.Equal(got, want) {
			t.Errorf("got %v, %v", err, cmp.Diff(want, got))
		}
		find := func(name string, ps []person.Person, err error, n int) {
			t.Helper()
			if err != nil || len(ps) != n || n == 1 && ps[0].ID != p.ID {
				t.Errorf("%s: got %d, %v, want %d", name, len(ps), err, n)
			}
		}
		ps, err := s.FindByName(t.Context(), db, sc, "VI THI HUONG")
		find("name", ps, err, 1)
		ps, err = s.FindByPhone(t.Context(), db, sc, "+84 912.345.678")
		find("phone", ps, err, 1)
		ps, err = s.FindByPaper(t.Context(), db, sc, "020188001234")
		find("paper", ps, err, 1)
		ps, err = s.FindByName(t.Context(), db, sc, "Vi Thị")
		find("part of a name", ps, err, 0)
		ps, err = s.FindByName(t.Context(), db, sc, "")
		find("no name", ps, err, 0)

		err = db.Tx(t.Context(), func(tx *store.Tx) error {
			return s.Change(tx, sc, person.Person{ID: p.ID, Name: "Vi Thu Hương", Phone: ""})
		})
		if err != nil {
			t.Fatal(err)
		}
		want.Name, want.Sex, want.Phone = "Vi Thu Hương", "", ""
		if got, err = s.Get(t.Context(), db, sc, p.ID); err != nil || !cmp.Equal(got, want) {
			t.Errorf("changed: %v, %v", err, cmp.Diff(want, got))
		}
		ps, err = s.FindByPhone(t.Context(), db, sc, "0912345678")
		find("old phone", ps, err, 0)

		if err := db.Tx(t.Context(), func(tx *store.Tx) error { return s.Erase(tx, sc, p.ID) }); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Get(t.Context(), db, sc, p.ID); key(err) != "person.erased" || !fault.Is(err, fault.NotFound) {
			t.Errorf("erased: got %v", err)
		}
		ps, err = s.FindByPaper(t.Context(), db, sc, "020188001234")
		find("erased", ps, err, 0)
		err = db.Tx(t.Context(), func(tx *store.Tx) error { return s.Change(tx, sc, person.Person{ID: p.ID, Name: "Back"}) })
		if key(err) != "person.erased" {
			t.Errorf("change of an erased: got %v", err)
		}
		wantActs := map[string]int{"person.create": 1, "person.read": 2, "person.find": 7, "person.change": 1, "person.erase": 1}
		if diff := cmp.Diff(wantActs, acts(t, db, sc)); diff != "" {
			t.Errorf("audit: %s", diff)
		}
	})
}

// Nothing that says who somebody is stands in the file, and none in the audit chain.
func TestNothingInClear(t *testing.T) {
	dir := t.TempDir()
	db := storetest.Open(t, store.Config{Dir: dir}, lines)
	s := person.New(person.Config{DB: db, Keys: secret.New(bytes.Repeat([]byte{7}, 32))})
	sc := auth.Console(20, "root", "test")
	create(t, db, s, sc, person.Person{Name: "Zyx Wvu", Phone: "0987650123", Birth: "1931", Address: "Qqxq", Papers: []person.Paper{{Kind: person.TravelPaper, Number: "C7654321"}}, Area: minhHoa})
	if _, err := s.FindByName(t.Context(), db, sc, "Zyx Wvu"); err != nil {
		t.Fatal(err)
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*"))
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{"Zyx", "zyx", "987650123", "Qqxq", "7654321"} {
			if bytes.Contains(b, []byte(text)) {
				t.Errorf("%q stands in %s", text, filepath.Base(f))
			}
		}
	}
}

func TestZeroScopeAndOtherProvince(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, s *person.Service, sc auth.Scope) {
		i := create(t, db, s, sc, person.Person{Name: "Vi Hương", Area: minhHoa})
		if _, err := s.Get(t.Context(), db, auth.Scope{}, i); !fault.Is(err, fault.Forbidden) {
			t.Errorf("the zero scope: got %v", err)
		}
		if _, err := s.Get(t.Context(), db, auth.System(24, "test"), i); key(err) != "person.none" {
			t.Errorf("another province: got %v", err)
		}
		if _, err := s.Get(t.Context(), db, sc, id.New()); key(err) != "person.none" {
			t.Errorf("a guessed id: got %v", err)
		}
		err := db.Tx(t.Context(), func(tx *store.Tx) error { return s.Erase(tx, auth.System(24, "test"), i) })
		if key(err) != "person.none" {
			t.Errorf("erased from another province: got %v", err)
		}
		err = db.Tx(t.Context(), func(tx *store.Tx) error {
			_, err := s.Create(tx, sc, person.Person{ID: i, Name: "Again"})
			return err
		})
		if !store.IsDuplicate(err) {
			t.Errorf("the same id: got %v", err)
		}
	})
}

// A blob moved to another person's row does not open.
func TestSwappedRecords(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, s *person.Service, sc auth.Scope) {
		a := create(t, db, s, sc, person.Person{Name: "A A", Area: minhHoa})
		b := create(t, db, s, sc, person.Person{Name: "B B", Area: minhHoa})
		err := db.Tx(t.Context(), func(tx *store.Tx) error {
			_, err := tx.Exec(`update person_person set key_wrapped = (select p.key_wrapped from person_person p where p.province = 20 and p.id = $1),
sealed = (select p.sealed from person_person p where p.province = 20 and p.id = $1) where province = 20 and id = $2`, a, b)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if p, err := s.Get(t.Context(), db, sc, b); err == nil {
			t.Errorf("got %v", p)
		}
	})
}

func TestNormalForms(t *testing.T) {
	for in, want := range map[string]string{
		"0912345678": "+84912345678", "+84 (0)912-345-678": "+84912345678", "84912345678": "+84912345678", "0084912345678": "+84912345678",
		"02053812345": "+842053812345", "+8613800138000": "+8613800138000",
		"": "!", "912345678": "!", "09123": "!", "+84123": "!", "0912345678x": "!", "+": "!", "không có": "!", "+01234567890": "!",
	} {
		if got, err := person.NormalPhone(in); want == "!" && key(err) != "person.phone" || want != "!" && (got != want || err != nil) {
			t.Errorf("phone %q: got %q, %v", in, got, err)
		}
	}
	for in, want := range map[string]string{
		"": "", "1988": "1988", "5/1988": "1988-05", "14/5/1988": "1988-05-14", "1988-05-14": "1988-05-14", "1988-05": "1988-05",
		"31/02/1988": "!", "13/1988": "!", "88": "!", "1/1/0001": "!", "hôm qua": "!",
	} {
		if got, err := person.NormalBirth(in); want == "!" && key(err) != "person.birth" || want != "!" && (got != want || err != nil) {
			t.Errorf("birth %q: got %q, %v", in, got, err)
		}
	}
}

func FuzzNormalPhone(f *testing.F) {
	for _, s := range []string{"0912345678", "+84 0912", "00", "+"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := person.NormalPhone(s)
		if err != nil {
			return
		}
		if again, err := person.NormalPhone(n); err != nil || again != n {
			t.Errorf("%q gives %q gives %q, %v", s, n, again, err)
		}
	})
}

func TestEveryTextIsThere(t *testing.T) {
	cat, err := i18n.New(web.Texts, auth.Texts, person.Pages().FS)
	if err != nil {
		t.Fatal(err)
	}
	if err := i18n.CheckTemplates(cat, person.Pages().FS); err != nil {
		t.Error(err)
	}
	if err := i18n.CheckFaults(cat, os.DirFS(".")); err != nil {
		t.Error(err)
	}
}
