package checkin_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"khien/checkin"
	"khien/kernel/event"
	"khien/kernel/id"
	"khien/kernel/place"
)

// In a group commit one row that cannot be written fails alone; each of its
// neighbours is there.
func TestBadNeighbour(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p, _ := w.place(t, place.Place{Name: "Chợ Hữu Lũng"})
		visit := func(how event.How) checkin.Visit {
			return checkin.Visit{ID: w.newID(), Place: p.ID, Person: id.New(), Device: id.New(), Area: p.Area, From: noon, Until: noon.Add(p.UsualStay),
				Told: noon, How: how, Ended: checkin.EndAssumed}
		}
		var all sync.WaitGroup
		const neighbours = 200
		errs := make([]error, neighbours)
		for i := range neighbours {
			all.Go(func() {
				how := event.ByPoster
				if i%20 == 7 {
					how = "nothing that a fact can say"
				}
				errs[i] = w.RecordAll(context.Background(), []checkin.Visit{visit(how)})
			})
		}
		all.Wait()
		for i, err := range errs {
			if (err != nil) != (i%20 == 7) {
				t.Errorf("%d: %v", i, err)
			}
		}
		if n := w.count(t); n != neighbours-neighbours/20 {
			t.Errorf("%d visits stand, want %d", n, neighbours-neighbours/20)
		}
		w.settle(t)
		if found, err := w.CountOfPlace(t.Context(), everything.WithClock(w.clock), p.ID); err != nil || found != neighbours-neighbours/20 {
			t.Errorf("%d are found, %v", found, err)
		}
	})
}

// A phone sees what it told, and what no other did.
func TestMine(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		_, token := w.place(t, place.Place{Name: "Chợ Hữu Lũng"})
		c, other := w.phone(t, "Nguyễn Văn An"), w.phone(t, "Lê Thị Bình")
		i := w.newID()
		c.checkIn(t, token, i)
		other.checkIn(t, token, w.newID())
		w.settle(t)
		var mine struct {
			Visits []struct {
				ID   string
				Open bool
			}
		}
		got := c.do(t, "GET", "/api/v1/visits/mine", nil)
		if got.into(t, &mine); len(mine.Visits) != 1 || mine.Visits[0].ID != i.String() || !mine.Visits[0].Open {
			t.Errorf("got %v", got)
		}
		if got := (&caller{w: w}).do(t, "GET", "/api/v1/visits/mine", nil); got.status != 401 {
			t.Errorf("a stranger: got %v", got)
		}
		if got := w.phone(t, "").checkIn(t, token, w.newID()); got.status != 403 || !contains(got.body, "checkin.who") {
			t.Errorf("who has not said who they are: got %v", got)
		}
	})
}

// What no page of ours sends is refused whole.
func TestHostileBodies(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		_, token := w.place(t, place.Place{Name: "Chợ Hữu Lũng"})
		c := w.phone(t, "Nguyễn Văn An")
		whole := fmt.Sprintf(`{"id":"%s","place":"%s","at":"2026-11-23T05:00:00Z"`, w.newID(), token)
		for name, body := range map[string]string{
			"nothing":         ``,
			"a list":          `[]`,
			"unknown member":  whole + `,"person":"` + id.New().String() + `"}`,
			"two objects":     whole + `}{}`,
			"not closed":      whole,
			"a year 9999":     fmt.Sprintf(`{"id":"%s","place":"%s","at":"99999-01-01T00:00:00Z"}`, w.newID(), token),
			"companions":      whole + `,"with":-1}`,
			"many companions": whole + `,"with":4000}`,
			"no id":           fmt.Sprintf(`{"place":"%s","at":"2026-11-23T05:00:00Z"}`, token),
		} {
			if got := c.do(t, "POST", "/api/v1/visits", body); got.status != 422 {
				t.Errorf("%s: got %v", name, got)
			}
		}
		if got := c.do(t, "POST", "/api/v1/visits", whole+`,"place":"`+string(make([]byte, 4<<10))+`"}`); got.status != 413 {
			t.Errorf("too large: got %v", got)
		}
		if n := w.count(t); n != 0 {
			t.Errorf("%d visits stand", n)
		}
	})
}

// A phone that floods is asked to wait, and what it told before stands.
func TestFlood(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		_, token := w.place(t, place.Place{Name: "Chợ Hữu Lũng"})
		c, told := w.phone(t, "Nguyễn Văn An"), int64(0)
		for range 700 {
			got := c.checkIn(t, token, w.newID())
			if got.status == 429 {
				break
			}
			told++
		}
		if n := w.count(t); told < 500 || told == 700 || n != told {
			t.Errorf("%d told, %d stand", told, n)
		}
	})
}
