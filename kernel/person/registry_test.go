package person_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"khien/kernel/auth"
	"khien/kernel/event"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/person"
	"khien/kernel/store"
)

func in(t *testing.T, db *store.DB, do func(tx *store.Tx) error) {
	t.Helper()
	if err := db.Tx(t.Context(), do); err != nil {
		t.Fatal(err)
	}
}

func register(t *testing.T, db *store.DB, s *person.Service, sc auth.Scope, p person.Person) (r person.Registered) {
	t.Helper()
	in(t, db, func(tx *store.Tx) (err error) { r, err = s.Register(tx, sc, p); return err })
	return r
}

func get(t *testing.T, db *store.DB, s *person.Service, sc auth.Scope, i id.ID) person.Person {
	t.Helper()
	p, err := s.Get(t.Context(), db, sc, i)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func huong() person.Person {
	return at(who("Nguyễn Thị Hương", "1988-05-14", "female", "+84912345678", "020188001234"), minhHoa, "Số 5 Thôn 3")
}

func TestRegisterMergesAndUndoes(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, s *person.Service, sc auth.Scope) {
		first := huong()
		first.Name, first.Papers = "NGUYEN THI HUONG", nil
		a := register(t, db, s, sc, first)
		if a.Verdict != person.Other || a.ID.IsZero() {
			t.Fatalf("the first of them: got %+v", a)
		}
		was := get(t, db, s, sc, a.ID)

		again := huong()
		again.ID, again.Phone, again.Birth = id.New(), "+84987654321", "1988"
		again.Papers = append(again.Papers, person.Paper{Kind: person.OldCard, Number: "082123456"})
		first.Papers = again.Papers[:1]
		b := register(t, db, s, sc, again)
		if b.Verdict != person.Unsure || len(b.Candidates) != 1 || b.Candidates[0].ID != a.ID {
			t.Fatalf("the year, another phone and new papers: got %+v", b)
		}

		third := huong()
		third.ID, third.Phone = id.New(), "+84987654321"
		c := register(t, db, s, sc, third)
		if c.ID != b.ID || c.Verdict != person.Same {
			t.Fatalf("the same card: got %+v", c)
		}
		if d := register(t, db, s, sc, third); d.ID != c.ID || d.Verdict != person.Same {
			t.Errorf("a second call: got %+v", d)
		}
		if d := register(t, db, s, sc, again); d.ID != b.ID || d.Verdict != person.Unsure {
			t.Errorf("a second call of one under review: got %+v", d)
		}
		if p := get(t, db, s, sc, third.ID); p.ID != b.ID || p.Birth != "1988-05-14" {
			t.Errorf("by the id that went: got %+v", p)
		}

		in(t, db, func(tx *store.Tx) error { return s.Merge(tx, sc, a.ID, b.ID) })
		p := get(t, db, s, sc, third.ID)
		if p.ID != a.ID || p.Name != "Nguyễn Thị Hương" || len(p.Papers) != 2 || !slices.Equal(p.OtherPhones, []string{"+84987654321"}) || p.Phone != "+84912345678" {
			t.Errorf("after both merges: got %+v", p)
		}
		err := db.Tx(t.Context(), func(tx *store.Tx) error { return s.Undo(tx, sc, third.ID) })
		if key(err) != "person.further" {
			t.Errorf("the earlier merge undone first: got %v", err)
		}
		in(t, db, func(tx *store.Tx) error { return s.Undo(tx, sc, b.ID) })
		if p := get(t, db, s, sc, a.ID); !cmp.Equal(p, was) {
			t.Errorf("undone: %s", cmp.Diff(was, p))
		}
		if p := get(t, db, s, sc, b.ID); p.ID != b.ID || p.Birth != "1988-05-14" || p.Phone != "+84987654321" {
			t.Errorf("who had gone: got %+v", p)
		}
		err = db.Tx(t.Context(), func(tx *store.Tx) error { return s.Merge(tx, sc, b.ID, a.ID) })
		if key(err) != "person.distinct" || !fault.Is(err, fault.Conflict) {
			t.Errorf("merged after all: got %v", err)
		}
		in(t, db, func(tx *store.Tx) error { return s.Undo(tx, sc, third.ID) })
		if p := get(t, db, s, sc, b.ID); p.Birth != "1988" || len(p.Papers) != 2 {
			t.Errorf("both undone: got %+v", p)
		}
		if p := get(t, db, s, sc, third.ID); p.ID != third.ID || len(p.Papers) != 1 {
			t.Errorf("the newcomer stands: got %+v", p)
		}
		if ps, err := s.FindByPaper(t.Context(), db, sc, "020188001234"); err != nil || len(ps) != 2 {
			t.Errorf("by paper: got %d, %v", len(ps), err)
		}
		want := []event.PeopleMerged{{Kept: a.ID, Gone: b.ID}, {Kept: a.ID, Gone: b.ID, Undone: true}, {Kept: b.ID, Gone: third.ID, Undone: true}}
		if d := cmp.Diff(want, mergesTold(t, db)); d != "" { // but for the newcomer's, of whom nobody had spoken
			t.Errorf("told: -want +got\n%s", d)
		}
	})
}

func TestReviewsAndNotTheSame(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, s *person.Service, sc auth.Scope) {
		hung := who("Nguyễn Văn Hùng", "1988", "male", "")
		hung.Area = minhHoa
		a := register(t, db, s, sc, hung)
		b := register(t, db, s, sc, hung)
		if b.Verdict != person.Unsure || b.ID == a.ID {
			t.Fatalf("got %+v", b)
		}
		all, err := s.Reviews(t.Context(), db, sc, person.Review{}, 10)
		if err != nil || len(all) != 1 || all[0].State != person.ReviewOpen || all[0].Score != b.Candidates[0].Score {
			t.Fatalf("reviews: got %+v, %v", all, err)
		}
		if more, err := s.Reviews(t.Context(), db, sc, all[0], 10); err != nil || len(more) != 0 {
			t.Errorf("the page after: got %+v, %v", more, err)
		}
		in(t, db, func(tx *store.Tx) error { return s.NotTheSame(tx, sc, b.ID, a.ID) })
		if all, err := s.Reviews(t.Context(), db, sc, person.Review{}, 10); err != nil || len(all) != 0 {
			t.Errorf("decided: got %+v, %v", all, err)
		}
		// A third who merges into one may not join the two.
		c := register(t, db, s, sc, hung)
		in(t, db, func(tx *store.Tx) error { return s.Merge(tx, sc, a.ID, c.ID) })
		err = db.Tx(t.Context(), func(tx *store.Tx) error { return s.Merge(tx, sc, b.ID, c.ID) })
		if key(err) != "person.distinct" {
			t.Errorf("joined by a third: got %v", err)
		}
		err = db.Tx(t.Context(), func(tx *store.Tx) error { return s.NotTheSame(tx, sc, c.ID, a.ID) })
		if key(err) != "person.further" {
			t.Errorf("told apart while merged: got %v", err)
		}
	})
}

// mergesTold returns the facts of merges, in the order of telling.
func mergesTold(t *testing.T, db *store.DB) (all []event.PeopleMerged) {
	t.Helper()
	f := &event.Follower{DB: db, Province: 20, Kinds: []string{event.KindPeopleMerged}, Hear: func(_ context.Context, f event.Fact) error {
		told, err := event.Decode[event.PeopleMerged](f)
		all = append(all, told)
		return err
	}}
	if _, err := f.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	return all
}

// One human being, registered by two at once, many times over: one row.
func TestRegisterAtOnce(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, s *person.Service, sc auth.Scope) {
		for n := range 20 {
			var wg sync.WaitGroup
			got := make([]id.ID, 4)
			for i := range got {
				wg.Go(func() {
					p := huong()
					p.Papers = []person.Paper{{Kind: person.CitizenCard, Number: fmt.Sprintf("0201880012%02d", n)}}
					p.Phone, p.Birth = fmt.Sprintf("+849123456%02d", n), fmt.Sprintf("1988-05-%02d", n+1)
					p.Name = []string{"Nguyễn Thị Hương", "Nguyen Thi Huong"}[i%2]
					if n%2 == 1 { // no common paper
						p.Papers = nil
					}
					err := db.Tx(t.Context(), func(tx *store.Tx) error {
						r, err := s.Register(tx, sc, p)
						got[i] = r.ID
						return err
					})
					if err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			for _, i := range got[1:] {
				if i != got[0] {
					t.Errorf("round %d: rows %v", n, got)
				}
			}
		}
	})
}

func TestFullBlockIsSkippedAndSaid(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, s *person.Service, sc auth.Scope) {
		p := person.Person{Name: "Hoàng Văn Nam", Birth: "1960", Sex: "male"}
		in(t, db, func(tx *store.Tx) error {
			for range person.BlockMost + 1 {
				if _, err := s.Create(tx, sc, p); err != nil {
					return err
				}
			}
			return nil
		})
		r := register(t, db, s, sc, p)
		if r.Verdict != person.Other || !slices.Equal(r.Full, []string{"name"}) {
			t.Errorf("got %s, full %v", r.Verdict, r.Full)
		}
	})
}

func TestEraseReachesMergedCopies(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, s *person.Service, sc auth.Scope) {
		a := register(t, db, s, sc, huong())
		p := huong()
		p.ID = id.New()
		if r := register(t, db, s, sc, p); r.ID != a.ID {
			t.Fatalf("got %+v", r)
		}
		other := register(t, db, s, sc, person.Person{Name: "Hoàng Thị Hường", Birth: "1988"})
		in(t, db, func(tx *store.Tx) error {
			return s.File(tx, sc, person.Asker{Person: other.ID, Device: id.New()}, person.Challenge{ID: id.New(), Text: "Tôi không sống ở đó nữa"})
		})
		in(t, db, func(tx *store.Tx) error { return s.Merge(tx, sc, a.ID, other.ID) })
		in(t, db, func(tx *store.Tx) error { return s.Erase(tx, sc, p.ID) }) // by the id that went
		for _, table := range []string{"person_person", "person_merge"} {
			n, err := store.One(t.Context(), db, store.Int, "select count(*) from "+table+" where province = 20 and (key_wrapped is not null or sealed is not null)")
			if err != nil || n != 0 {
				t.Errorf("%s: %d copies left, %v", table, n, err)
			}
		}
		for _, table := range []string{"person_block", "person_review", "person_challenge"} {
			if n, err := store.One(t.Context(), db, store.Int, "select count(*) from "+table+" where province = 20"); err != nil || n != 0 {
				t.Errorf("%s: %d rows left, %v", table, n, err)
			}
		}
		if _, err := s.Get(t.Context(), db, sc, p.ID); key(err) != "person.erased" {
			t.Errorf("got %v", err)
		}
		if r := register(t, db, s, sc, huong()); r.ID == a.ID || r.Verdict != person.Other {
			t.Errorf("who comes back: got %+v", r)
		}
	})
}

func TestChangedAfterMergeStaysChanged(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, s *person.Service, sc auth.Scope) {
		a := huong()
		a.Address = ""
		r := register(t, db, s, sc, a)
		b := huong()
		b.ID, b.Address, b.Household = id.New(), "Số 9", "hk 7"
		if got := register(t, db, s, sc, b); got.ID != r.ID {
			t.Fatalf("got %+v", got)
		}
		in(t, db, func(tx *store.Tx) error {
			return s.Change(tx, sc, person.Person{ID: b.ID, Name: "Nguyễn Thị Hương", Sex: "female", Phone: "0912345678", Address: "Số 11"})
		})
		in(t, db, func(tx *store.Tx) error { return s.Undo(tx, sc, b.ID) })
		if p := get(t, db, s, sc, r.ID); p.Address != "Số 11" || p.Household != "" {
			t.Errorf("got %+v", p)
		}
	})
}

// A folder of a version before has other blocks, or none: at the next start they
// are written anew, once.
func TestUpgrade(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, s *person.Service, sc auth.Scope) {
		r := register(t, db, s, sc, huong())
		upgrade := func() (done []int) {
			if err := s.Upgrade(t.Context(), sc, func(n int) { done = append(done, n) }); err != nil {
				t.Fatal(err)
			}
			return done
		}
		if done := upgrade(); done != nil {
			t.Errorf("nothing was to be done, %v were told", done)
		}
		in(t, db, func(tx *store.Tx) error {
			_, err1 := tx.Exec("delete from person_block where province = 20")
			_, err2 := tx.Exec("insert into person_slot (province, slot, n) values (20, -2, 1)")
			return errors.Join(err1, err2)
		})
		ctx, cut := context.WithCancel(t.Context())
		if err := s.Upgrade(ctx, sc, func(int) { cut() }); !errors.Is(err, context.Canceled) {
			t.Errorf("cut after the first part: got %v", err)
		}
		if done := upgrade(); !slices.Equal(done, []int{1}) { // anew
			t.Errorf("got %v", done)
		}
		if again := register(t, db, s, sc, huong()); again.ID != r.ID {
			t.Errorf("got %+v", again)
		}
		if done := upgrade(); done != nil {
			t.Errorf("done twice: %v", done)
		}
		if err := s.Upgrade(t.Context(), auth.Scope{}, nil); !fault.Is(err, fault.Forbidden) {
			t.Errorf("with the zero scope: got %v", err)
		}
	})
}

func TestRegistryScope(t *testing.T) {
	each(t, func(t *testing.T, db *store.DB, s *person.Service, sc auth.Scope) {
		r := register(t, db, s, sc, huong())
		for name, do := range map[string]func(tx *store.Tx) error{
			"register": func(tx *store.Tx) error { _, err := s.Register(tx, auth.Scope{}, huong()); return err },
			"merge":    func(tx *store.Tx) error { return s.Merge(tx, auth.Scope{}, r.ID, r.ID) },
			"undo":     func(tx *store.Tx) error { return s.Undo(tx, auth.Scope{}, r.ID) },
			"distinct": func(tx *store.Tx) error { return s.NotTheSame(tx, auth.Scope{}, r.ID, r.ID) },
		} {
			if err := db.Tx(t.Context(), do); !fault.Is(err, fault.Forbidden) {
				t.Errorf("%s with the zero scope: got %v", name, err)
			}
		}
		if _, err := s.Reviews(t.Context(), db, auth.Scope{}, person.Review{}, 1); !fault.Is(err, fault.Forbidden) {
			t.Errorf("reviews with the zero scope: got %v", err)
		}
		other := auth.System(24, "test")
		if o := register(t, db, s, other, huong()); o.ID == r.ID {
			t.Errorf("merged into another province: %+v", o)
		}
		err := db.Tx(t.Context(), func(tx *store.Tx) error { return s.Undo(tx, sc, id.New()) })
		if key(err) != "person.merged" {
			t.Errorf("no merge: got %v", err)
		}
	})
}
