package checkin_test

import (
	"net/http"
	"testing"
	"time"

	"khien/kernel/id"
	"khien/kernel/place"
	"khien/wire/qr"
)

type visitAnswer struct {
	ID    string
	Place struct{ ID, Name string }
	At    time.Time
	Until time.Time
	Ended string
}

// A visit is answered with its place and its assumed end; told again it is
// answered as the first time and stands once.
func TestVisitTwiceIsOne(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p, token := w.place(t, place.Place{Name: "Chợ Hữu Lũng"})
		c, i := w.phone(t, "Nguyễn Văn An"), w.newID()
		first := c.checkIn(t, token, i)
		var v visitAnswer
		first.into(t, &v)
		if first.status != http.StatusCreated || v.ID != i.String() || v.Place.Name != "Chợ Hữu Lũng" || !v.At.Equal(noon) || v.Until.Sub(v.At) != p.UsualStay {
			t.Errorf("got %d %+v", first.status, v)
		}
		for range 3 {
			if again := c.checkIn(t, token, i); again != first {
				t.Errorf("again: got %v, want %v", again, first)
			}
		}
		if n := w.count(t); n != 1 {
			t.Errorf("%d visits stand, want 1", n)
		}
	})
}

// The id of somebody else's visit is refused, and says nothing of it.
func TestTakenID(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		_, token := w.place(t, place.Place{Name: "Chợ Hữu Lũng"})
		_, other := w.place(t, place.Place{Name: "Trạm y tế", Kind: place.Health})
		a, b, i := w.phone(t, "Nguyễn Văn An"), w.phone(t, "Lê Thị Bình"), w.newID()
		if got := a.checkIn(t, token, i); got.status != http.StatusCreated {
			t.Fatal(got)
		}
		for name, got := range map[string]answer{"another phone": b.checkIn(t, token, i), "another place": a.checkIn(t, other, i)} {
			if got.status != http.StatusConflict || contains(got.body, "Chợ") {
				t.Errorf("%s: got %v", name, got)
			}
		}
	})
}

// What a stranger may send: each is refused with its own word and nothing stands.
func TestBadPosters(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p, token := w.place(t, place.Place{Name: "Chợ Hữu Lũng"})
		c := w.phone(t, "Nguyễn Văn An")
		for name, bad := range map[string]struct {
			token, code string
			status      int
		}{
			"none":          {"", "qr.cut_short", 422},
			"cut short":     {token[:100], "qr.cut_short", 422},
			"forged":        {token[:60] + flip(token[60]) + token[61:], "qr.forged", 422},
			"another kind":  {"EwGTS1x-EHq8je8BI0VniasDkTFYlitXUIfopQZx60Vu", "qr.version", 422},
			"foreign":       {foreign(t, p), "qr.unknown_key", 422},
			"unknown place": {w.sign(t, place.Place{ID: id.New(), PosterIssued: p.PosterIssued}), "point.gone", 404},
			"withdrawn":     {w.sign(t, place.Place{ID: p.ID, PosterIssued: p.PosterIssued - 1}), "point.withdrawn", 409},
			"expired":       {w.sign(t, place.Place{ID: p.ID, PosterIssued: p.PosterIssued - 500}), "qr.expired", 422},
		} {
			if got := c.checkIn(t, bad.token, w.newID()); got.status != bad.status || !contains(got.body, bad.code) {
				t.Errorf("%s: got %v, want %d %s", name, got, bad.status, bad.code)
			}
		}
		if n := w.count(t); n != 0 {
			t.Errorf("%d visits stand", n)
		}
	})
}

func flip(b byte) string {
	if b == 'A' {
		return "B"
	}
	return "A"
}

func foreign(t *testing.T, p place.Place) string {
	t.Helper()
	u, err := qr.SignPlace(foreignKey, p.ID, p.PosterIssued.String())
	if err != nil {
		t.Fatal(err)
	}
	return u.Token()
}

func (w *world) sign(t *testing.T, p place.Place) string {
	t.Helper()
	u, err := w.points.Codes().SignPlace(p)
	if err != nil {
		t.Fatal(err)
	}
	return u.Token()
}
