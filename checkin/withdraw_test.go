package checkin_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"khien/checkin"
	"khien/kernel/audit"
	"khien/kernel/auth"
	"khien/kernel/day"
	"khien/kernel/event"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/person"
	"khien/kernel/place"
)

// erased returns the facts of visits that are no more, in the order of telling.
func (w *world) erased(t *testing.T) (all []event.VisitsErased) {
	t.Helper()
	f := &event.Follower{DB: w.db, Province: 20, Kinds: []string{event.KindVisitsErased}, Log: slog.Default(),
		Hear: func(_ context.Context, f event.Fact) error {
			told, err := event.Decode[event.VisitsErased](f)
			all = append(all, told)
			return err
		}}
	if _, err := f.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	return all
}

// An hour of visits that die of age is told once, however many they are, and
// names nobody; nothing more is told while a case holds the rest.
func TestErasedByAgeIsToldOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		_, token := w.place(t, place.Place{Name: "Chợ Hữu Lũng"})
		gone, kept := w.phone(t, "Nguyễn Văn An"), w.phone(t, "Lê Thị Bình")
		kept.checkIn(t, token, w.newID())
		for range 400 { // more than one transaction erases
			if got := gone.checkIn(t, token, w.newID()); got.status != 201 {
				t.Fatal(got)
			}
		}
		w.settle(t)
		w.held[kept.device.Person] = true
		w.pass(28*24*time.Hour + time.Hour)
		for range 2 {
			if _, err := w.Erase(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if d := cmp.Diff([]event.VisitsErased{{From: noon, To: noon.Add(time.Hour)}}, w.erased(t)); d != "" {
			t.Errorf("-want +got\n%s", d)
		}
	})
}

// A wrong visit is taken away with its trail and told of, with whose it was and
// when it began; not by whom it does not concern, and not without a reason.
func TestWithdraw(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p, token := w.place(t, place.Place{Name: "Chợ Hữu Lũng"})
		c, visit := w.phone(t, "Nguyễn Văn An"), w.newID()
		c.checkIn(t, token, visit)
		w.settle(t)
		if err := w.Withdraw(t.Context(), auth.Console(20, "test", ""), visit); !fault.Is(err, fault.Invalid) {
			t.Errorf("without a reason: got %v", err)
		}
		if err := w.Withdraw(t.Context(), auth.Scope{}, visit); !fault.Is(err, fault.Forbidden) {
			t.Errorf("without a right: got %v", err)
		}
		if n, told := w.count(t), w.erased(t); n != 1 || told != nil {
			t.Errorf("%d visits stand, %v told, after two refusals", n, told)
		}
		if err := w.Withdraw(t.Context(), everything, visit); err != nil {
			t.Fatal(err)
		}
		if err := w.Withdraw(t.Context(), everything, visit); !fault.Is(err, fault.NotFound) {
			t.Errorf("again: got %v", err)
		}
		want := []event.VisitsErased{{Lane: int(visit[15]) % 2, People: []id.ID{c.device.Person}, From: noon, To: noon.Add(1)}}
		if d := cmp.Diff(want, w.erased(t)); d != "" {
			t.Errorf("-want +got\n%s", d)
		}
		if found, err := w.OfPlace(t.Context(), everything, p.ID, day.Today(noon)); err != nil || len(found.Visits) != 0 {
			t.Errorf("of the place: got %d, %v", len(found.Visits), err)
		}
	})
}

// The route is there for staff alone.
func TestWithdrawNeedsStaff(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		_, token := w.place(t, place.Place{Name: "Chợ Hữu Lũng"})
		c, visit := w.phone(t, "Nguyễn Văn An"), w.newID()
		c.checkIn(t, token, visit)
		if got := c.do(t, "POST", "/api/v1/visits/"+visit.String()+"/withdraw", object{"reason": "gõ nhầm"}); got.status/100 == 2 || w.count(t) != 1 {
			t.Errorf("got %v, %d visits", got, w.count(t))
		}
	})
}

// shown is how often a visit is shown by everything that shows visits.
func (w *world) shown(t *testing.T, p place.Place, c *caller) (n int) {
	t.Helper()
	of, err := w.OfPlace(t.Context(), everything, p.ID, day.Today(w.clock()))
	if err != nil {
		t.Fatal(err)
	}
	who, err := w.OfPerson(t.Context(), everything, c.device.Person)
	if err != nil {
		t.Fatal(err)
	}
	stays, err := w.VisitsOf(t.Context(), []id.ID{c.device.Person}, noon.Add(-time.Hour), noon.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	all, err := w.Count(t.Context(), everything)
	if err != nil {
		t.Fatal(err)
	}
	there, err := w.CountOfPlace(t.Context(), everything, p.ID)
	if err != nil {
		t.Fatal(err)
	}
	held, err := w.HeldAbout(t.Context(), person.Asker{Person: c.device.Person, Device: c.device.ID, Confirmed: true})
	if err != nil {
		t.Fatal(err)
	}
	var mine struct{ Visits []visitAnswer }
	c.do(t, "GET", "/api/v1/visits/mine", nil).into(t, &mine)
	n = len(of.Visits) + len(who.Visits) + len(stays) + int(all) + int(there) + len(held) + len(mine.Visits)
	if err := w.EachVisit(t.Context(), noon.Add(-time.Hour), func(checkin.Visit) { n++ }); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Visit(t.Context(), everything, firstOf(of.Visits)); err == nil {
		n++
	}
	return n
}

// firstOf is the id of the first visit, if any.
func firstOf(visits []checkin.Visit) (i id.ID) {
	if len(visits) > 0 {
		i = visits[0].ID
	}
	return i
}

// A phone that tells a withdrawn visit again, or its end, is answered as for any
// other, and the visit does not return; restored, it is everywhere again, with its
// end. Both acts say whose visit and where.
func TestWithdrawnDoesNotReturn(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p, token := w.place(t, place.Place{Name: "Chợ Hữu Lũng"})
		c, visit := w.phone(t, "Nguyễn Văn An"), w.newID()
		first := c.checkIn(t, token, visit)
		w.settle(t)
		const everywhere = 9
		if n := w.shown(t, p, c); n != everywhere {
			t.Fatalf("before: shown %d times, want %d", n, everywhere)
		}
		if err := w.Restore(t.Context(), everything, visit); !fault.Is(err, fault.NotFound) {
			t.Errorf("restored what stands: got %v", err)
		}
		if err := w.Withdraw(t.Context(), everything, visit); err != nil {
			t.Fatal(err)
		}
		if again := c.checkIn(t, token, visit); again != first {
			t.Errorf("told again: got %v, want %v", again, first)
		}
		left := w.clock().Add(10 * time.Minute)
		w.pass(20 * time.Minute)
		if got := c.do(t, "POST", "/api/v1/visits/"+visit.String()+"/leave", object{"at": left}); got.status != 200 {
			t.Errorf("its end: got %v", got)
		}
		w.settle(t)
		if n := w.shown(t, p, c); n != 0 {
			t.Errorf("withdrawn: shown %d times", n)
		}
		if err := w.Restore(t.Context(), auth.Console(20, "test", ""), visit); !fault.Is(err, fault.Invalid) {
			t.Errorf("without a reason: got %v", err)
		}
		if err := w.Restore(t.Context(), everything, visit); err != nil {
			t.Fatal(err)
		}
		if n := w.shown(t, p, c); n != everywhere {
			t.Errorf("restored: shown %d times, want %d", n, everywhere)
		}
		if v, err := w.Visit(t.Context(), everything, visit); err != nil || !v.Until.Equal(left) || v.Ended != checkin.EndVisitor {
			t.Errorf("restored: got %+v, %v", v, err)
		}
		if told := w.erased(t); len(told) != 2 || told[0].People[0] != c.device.Person {
			t.Errorf("told: %+v", told)
		}
		for _, act := range []string{"visit.withdraw", "visit.restore"} {
			rows, err := audit.List(t.Context(), w.db, everything, audit.Filter{Act: act})
			if err != nil || len(rows) != 1 || rows[0].ObjectID != visit.String() ||
				!contains(rows[0].Text, c.device.Person.String()) || !contains(rows[0].Text, p.ID.String()) {
				t.Errorf("%s: got %+v, %v", act, rows, err)
			}
		}
	})
}

// A keeper's page that delivers again what was withdrawn is told that it is known.
func TestWithdrawnIsKnownToTheKeeper(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p, _ := w.place(t, place.Place{Name: "Chợ Hữu Lũng"})
		k := w.keeper(t, p)
		row := w.row(object{"name": "Hoàng Thị Hường", "birth": "1988"})
		if got := k.deliver(t, p, row)[0]; got.State != "recorded" {
			t.Fatal(got)
		}
		w.settle(t)
		if err := w.Withdraw(t.Context(), everything, row["id"].(id.ID)); err != nil {
			t.Fatal(err)
		}
		if got := k.deliver(t, p, row)[0]; got.State != "known" {
			t.Errorf("again: got %+v", got)
		}
		if n, err := w.Count(t.Context(), everything); err != nil || n != 0 {
			t.Errorf("%d visits stand, %v", n, err)
		}
	})
}

// A withdrawn visit dies on the day on which it would have, also of somebody whom a
// case holds, and is not to be restored any more.
func TestWithdrawnDies(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		_, token := w.place(t, place.Place{Name: "Chợ Hữu Lũng"})
		c, visit, other := w.phone(t, "Nguyễn Văn An"), w.newID(), w.newID()
		c.checkIn(t, token, visit)
		c.checkIn(t, token, other)
		w.settle(t)
		if err := w.Withdraw(t.Context(), everything, visit); err != nil {
			t.Fatal(err)
		}
		w.held[c.device.Person] = true
		w.pass(28*24*time.Hour + time.Minute)
		if err := w.Restore(t.Context(), everything, visit); !fault.Is(err, fault.NotFound) {
			t.Errorf("after its days: got %v", err)
		}
		w.pass(time.Hour)
		if n, err := w.Erase(t.Context()); err != nil || n != 1 || w.count(t) != 1 {
			t.Errorf("erased %d, %v, %d stand", n, err, w.count(t))
		}
		if _, err := w.Visit(t.Context(), everything, other); err != nil {
			t.Errorf("the one that a case holds: %v", err)
		}
	})
}
