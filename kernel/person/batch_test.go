package person_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"khien/kernel/area"
	"khien/kernel/auth"
	"khien/kernel/id"
	"khien/kernel/person"
	"khien/kernel/store"
	"khien/sim"
)

// newly are people of few families as citizens write themselves, each three
// times, so that they meet, merge, learn and stand under review in one batch.
func newly(t *testing.T) []person.Person {
	t.Helper()
	g := area.Load()
	humans, err := sim.People(g, 5, 60)
	if err != nil {
		t.Fatal(err)
	}
	lang, _ := area.Of(area.Edition2021, "20", "", "")
	r := rand.New(rand.NewPCG(5, 1))
	var all []person.Person
	for range 3 {
		for i, h := range humans {
			p := sim.Citizen.Written(r, h.Person, kinOf(humans, i), g.Communes(lang)[:3])
			p.ID = id.New()
			all = append(all, p)
		}
	}
	for range person.BlockMost + 6 { // a block that fills while the batch runs
		all = append(all, person.Person{ID: id.New(), Name: "Hoàng Văn Nam", Birth: "1960", Sex: "male"})
	}
	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

// Many at once are decided as one after the other, to the letter.
func TestImportDecidesAsRegister(t *testing.T) {
	people := newly(t)
	each(t, func(t *testing.T, db *store.DB, s *person.Service, sc auth.Scope) {
		var one, many []person.Registered
		for _, p := range people {
			one = append(one, register(t, db, s, sc, p))
		}
		other := auth.Console(24, "root", "test")
		half := len(people) / 2
		in(t, db, func(tx *store.Tx) (err error) { many, err = s.RegisterAll(tx, other, people[:half]); return err })
		err := s.Import(t.Context(), other, people[half:], func(_ int, rs []person.Registered) error {
			many = append(many, rs...)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(one, many); d != "" {
			t.Fatalf("one by one, and at once: %s", d)
		}
		verdicts := map[person.Verdict]int{}
		for i, r := range one {
			verdicts[r.Verdict]++
			if a, b := get(t, db, s, sc, people[i].ID), get(t, db, s, other, people[i].ID); !cmp.Equal(a, b) {
				t.Errorf("%s: %s", r.ID, cmp.Diff(a, b))
			}
		}
		if verdicts[person.Same] < 20 || verdicts[person.Unsure] < 10 || verdicts[person.Other] < 20 {
			t.Errorf("too tame a list: %v", verdicts)
		}
		for _, table := range []string{"person_block", "person_merge", "person_review"} {
			a, _ := store.One(t.Context(), db, store.Int, "select count(*) from "+table+" where province = 20")
			b, _ := store.One(t.Context(), db, store.Int, "select count(*) from "+table+" where province = 24")
			if a != b || a == 0 {
				t.Errorf("%s: %d rows and %d", table, a, b)
			}
		}
		err = s.Import(t.Context(), other, people, func(first int, rs []person.Registered) error {
			for i, r := range rs {
				if r.ID != many[first+i].ID {
					t.Errorf("a second time: got %s, was %s", r.ID, many[first+i].ID)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestImportSaysWhichRow(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, s *person.Service, sc auth.Scope) {
		err := s.Import(t.Context(), sc, []person.Person{huong(), {Name: "\u202eNam"}}, nil)
		if key(err) != "person.name" {
			t.Errorf("got %v", err)
		}
		if err := s.Import(t.Context(), auth.Scope{}, []person.Person{huong()}, nil); key(err) != "auth.act" {
			t.Errorf("the zero scope: got %v", err)
		}
	})
}

// Somebody is found by each name and each phone.
func TestFoundByFurtherNamesAndPhones(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, s *person.Service, sc auth.Scope) {
		p := huong()
		p.OtherNames, p.OtherPhones = []string{"Nguyễn Thị Thu Hương"}, []string{"+84987654321"}
		made := create(t, db, s, sc, p)
		check := func(what string, want int) {
			t.Helper()
			names, err := s.FindByName(t.Context(), db, sc, "nguyen thi thu huong")
			phones, err2 := s.FindByPhone(t.Context(), db, sc, "0987 654 321")
			if len(names) != want || len(phones) != want || err != nil || err2 != nil {
				t.Errorf("%s: by name %d, by phone %d, %v, %v, want %d", what, len(names), len(phones), err, err2, want)
			}
		}
		check("created", 1)
		in(t, db, func(tx *store.Tx) error {
			return s.Change(tx, sc, person.Person{ID: made, Name: p.Name, Phone: p.Phone, OtherNames: []string{}, OtherPhones: []string{}})
		})
		check("taken out", 0)
	})
}

// What others write while an import runs is seen, though it reads ahead: one who
// came meanwhile is met, one who was erased is not.
func TestImportSeesOthersWrite(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, s *person.Service, sc auth.Scope) {
		someone := func(i int) person.Person {
			return person.Person{ID: id.New(), Name: fmt.Sprintf("Lý Văn %c%c", 'a'+i%26, 'a'+i/26%26), Birth: fmt.Sprintf("%d-05-%02d", 1950+i%60, 1+i%28), Sex: "male",
				Papers: []person.Paper{{Kind: person.OldCard, Number: fmt.Sprintf("%09d", 100_000_000+i*7919%900_000_000)}}}
		}
		var people []person.Person
		for i := range 3*person.Imported + 100 {
			people = append(people, someone(i))
		}
		last := len(people) - 1
		doomed := create(t, db, s, sc, someone(last-1))
		var met id.ID
		err := s.Import(t.Context(), sc, people, func(first int, rs []person.Registered) error {
			if first == person.Imported {
				met = register(t, db, s, sc, someone(last)).ID
				in(t, db, func(tx *store.Tx) error { return s.Erase(tx, sc, doomed) })
			}
			if i := last - first; i < len(rs) {
				if rs[i].Verdict != person.Same || rs[i].ID != met {
					t.Errorf("who came meanwhile: got %+v, want %s", rs[i], met)
				}
				if rs[i-1].Verdict == person.Same || rs[i-1].ID == doomed {
					t.Errorf("who was erased meanwhile is met: %+v", rs[i-1])
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
