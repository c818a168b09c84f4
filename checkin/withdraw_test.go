package checkin_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"khien/kernel/auth"
	"khien/kernel/day"
	"khien/kernel/event"
	"khien/kernel/fault"
	"khien/kernel/id"
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
