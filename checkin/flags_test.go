package checkin_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"khien/checkin"
	"khien/kernel/id"
	"khien/kernel/place"
)

// flags returns what stands odd about a visit.
func (w *world) flags(t *testing.T, i id.ID) []string {
	t.Helper()
	w.settle(t)
	v, err := w.Visit(t.Context(), everything, i)
	if err != nil {
		t.Fatal(err)
	}
	return v.Flags.Names()
}

// A phone whose clock is a day off is corrected by what it says the time is now;
// the visit stands at the right moment and is flagged.
func TestWrongClock(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		_, token := w.place(t, place.Place{Name: "Chợ Hữu Lũng"})
		for name, c := range map[string]struct {
			at, sent time.Duration // by the phone's clock, from ours
			want     time.Duration
			flags    []string
		}{
			"right":                        {-time.Minute, 0, -time.Minute, nil},
			"a day behind":                 {-25 * time.Hour, -24 * time.Hour, -time.Hour, []string{"clock"}},
			"a day ahead":                  {23 * time.Hour, 24 * time.Hour, -time.Hour, []string{"clock"}},
			"ahead, and does not say so":   {24 * time.Hour, 0, 0, []string{"clock"}},
			"told two days later, rightly": {-48 * time.Hour, 0, -48 * time.Hour, []string{"late"}},
		} {
			i := w.newID()
			body := object{"id": i, "place": token, "at": noon.Add(c.at)}
			if c.sent != 0 {
				body["sent_at"] = noon.Add(c.sent)
			}
			got := w.phone(t, "Nguyễn Văn An").do(t, "POST", "/api/v1/visits", body)
			var v visitAnswer
			if got.into(t, &v); got.status != 201 || !v.At.Equal(noon.Add(c.want)) {
				t.Errorf("%s: got %v, want at %v", name, got, noon.Add(c.want))
				continue
			}
			if f := w.flags(t, i); !slices.Equal(f, c.flags) && len(f)+len(c.flags) > 0 {
				t.Errorf("%s: flags %v, want %v", name, f, c.flags)
			}
		}
	})
}

// A photographed poster works from anywhere at any hour, and shows: at night, at
// two places far apart at once, thirty times in an hour.
func TestPhotographedPoster(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		var day place.Hours
		if err := day.UnmarshalText([]byte("6h-18h")); err != nil {
			t.Fatal(err)
		}
		_, market := w.place(t, place.Place{Name: "Chợ Hữu Lũng", Hours: day, Position: place.Position{Lat: 21.506, Lon: 106.343}})
		_, gate := w.place(t, place.Place{Name: "Cửa khẩu Hữu Nghị", Hours: place.Always, Position: place.Position{Lat: 21.977, Lon: 106.715}})
		c, first, second, night := w.phone(t, "Nguyễn Văn An"), w.newID(), w.newID(), w.newID()
		c.checkIn(t, market, first)
		w.settle(t)
		w.pass(5 * time.Minute)
		c.checkIn(t, gate, second)
		if got := w.flags(t, second); !slices.Equal(got, []string{"far_at_once"}) {
			t.Errorf("65 km in five minutes: %v", got)
		}
		w.pass(15 * time.Hour)
		c.checkIn(t, market, night)
		if got := w.flags(t, night); !slices.Equal(got, []string{"closed_hours"}) {
			t.Errorf("at three in the morning: %v", got)
		}
		var all []string
		var told []id.ID
		for range 30 { // and the one at night
			told = append(told, w.newID())
			c.checkIn(t, gate, told[len(told)-1])
			w.pass(time.Second)
		}
		for _, i := range told {
			all = append(all, w.flags(t, i)...)
		}
		if !slices.Contains(all, "many_from_one") {
			t.Errorf("31 within an hour: %v", all)
		}
	})
}

// Who may end a visit, and when.
func TestLeave(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p, token := w.place(t, place.Place{Name: "Chợ Hữu Lũng"})
		c, keeper, other := w.phone(t, "Nguyễn Văn An"), w.keeper(t, p), w.phone(t, "Lê Thị Bình")
		i := w.newID()
		c.checkIn(t, token, i)
		path := "/api/v1/visits/" + i.String() + "/leave"
		w.pass(20 * time.Minute)
		if got := other.do(t, "POST", path, object{"at": w.clock()}); got.status != http.StatusNotFound {
			t.Errorf("a stranger: got %v", got)
		}
		if got := c.do(t, "POST", path, object{"at": noon.Add(-time.Minute)}); got.status != 422 || !contains(got.body, "checkin.before") {
			t.Errorf("before it began: got %v", got)
		}
		var v visitAnswer
		first := c.do(t, "POST", path, object{"at": w.clock()})
		if first.into(t, &v); first.status != 200 || v.Until.Sub(v.At) != 20*time.Minute || v.Ended != string(checkin.EndVisitor) {
			t.Errorf("got %v", first)
		}
		w.pass(time.Minute)
		for name, by := range map[string]*caller{"again": c, "then the keeper": keeper} {
			if got := by.do(t, "POST", path, object{"at": w.clock()}); got != first {
				t.Errorf("%s: got %v, want %v", name, got, first)
			}
		}
	})
}

// Forty hours are kept and flagged.
func TestFortyHours(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p, token := w.place(t, place.Place{Name: "Khách sạn", Kind: place.Lodging, Hours: place.Always})
		c, keeper, i := w.phone(t, "Nguyễn Văn An"), w.keeper(t, p), w.newID()
		c.checkIn(t, token, i)
		w.pass(40 * time.Hour)
		got := keeper.do(t, "POST", "/api/v1/visits/"+i.String()+"/leave", object{"at": w.clock()})
		var v visitAnswer
		if got.into(t, &v); v.Until.Sub(v.At) != 40*time.Hour || v.Ended != string(checkin.EndKeeper) {
			t.Errorf("got %v", got)
		}
		if f := w.flags(t, i); !slices.Equal(f, []string{"long_stay"}) {
			t.Errorf("flags %v", f)
		}
	})
}

// The keeper scans the same card in and out, delivered together hours later; out
// alone is nobody's, and told again is the same.
func TestInAndOutByCard(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p, _ := w.place(t, place.Place{Name: "Chợ Hữu Lũng"})
		k := w.keeper(t, p)
		in, out := w.row(object{"code": citizen}), w.row(object{"code": citizen, "leave": true, "at": noon.Add(25 * time.Minute)})
		early := w.row(object{"code": citizen, "leave": true, "at": noon.Add(-time.Hour)})
		w.pass(3 * time.Hour)
		if got := k.deliver(t, p, out)[0]; got.Why != "checkin.not_inside" {
			t.Errorf("out before in: got %+v", got)
		}
		got := k.deliver(t, p, out, early, in)
		if got[0].State != "recorded" || got[1].Why != "checkin.not_inside" || got[2].State != "recorded" {
			t.Errorf("got %+v", got)
		}
		if again := k.deliver(t, p, in, out); again[0].State != "known" || again[1].State != "known" {
			t.Errorf("again: got %+v", again)
		}
	})
}
