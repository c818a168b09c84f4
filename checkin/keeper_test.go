package checkin_test

import (
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/text/unicode/norm"

	"khien/checkin"
	"khien/kernel/auth"
	"khien/kernel/id"
	"khien/kernel/place"
	"khien/kernel/store"
	"khien/wire/qr"
)

const citizen = "020188001234|082345678|Hoàng Thị Hường|14051988|Nữ|Khối 8, Vĩnh Trại, Lạng Sơn, Lạng Sơn|15042021"

type rowAnswer struct {
	ID, State, Why, Who string
	Flags               []string
}

// deliver sends rows to a place and returns what became of them.
func (c *caller) deliver(t *testing.T, p place.Place, rows ...object) []rowAnswer {
	t.Helper()
	a := c.do(t, "POST", "/api/v1/places/"+p.ID.String()+"/visits", object{"visits": rows, "sent_at": c.w.clock()})
	var got struct{ Results []rowAnswer }
	if a.into(t, &got); a.status != 200 || len(got.Results) != len(rows) {
		t.Fatalf("%d rows: got %v", len(rows), a)
	}
	return got.Results
}

func (w *world) row(more object) object {
	r := object{"id": w.newID(), "at": w.clock()}
	for k, v := range more {
		r[k] = v
	}
	return r
}

// A delivery of everything that a scanner and a keeper can make of it: each row
// stands for itself, clear by row.
func TestDeliveryOfHostileRows(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p, poster := w.place(t, place.Place{Name: "Chợ Hữu Lũng"})
		k := w.keeper(t, p)
		insurance, err := qr.Insurance{Layout: qr.Layout17, Number: "2012345678", Name: "Lý Văn Ba", Birth: "1960", Sex: "male", From: "2021-01-01"}.Text()
		if err != nil {
			t.Fatal(err)
		}
		rows := []struct {
			name  string
			row   object
			state string
			why   string
			who   string
			flags []string
		}{
			{"citizen card", object{"code": citizen}, "recorded", "", "H. T. H.", nil},
			{"the same in NFD", object{"code": norm.NFD.String(citizen)}, "recorded", "", "H. T. H.", nil},
			{"in Windows-1258", object{"code": "020188001234|082345678|Ho\xe0ng Th\xf2 H\xfd\xf5ng|14051988|N\xfe|Kh\xf4i 8|15042021"}, "refused", "qr.encoding", "", nil},
			{"cut short", object{"code": citizen[:len("020188001234|082345678|Hoàng")]}, "refused", "qr.cut_short", "", nil},
			{"100 KB long", object{"code": strings.Repeat("A", 100<<10)}, "refused", "qr.too_long", "", nil},
			{"another birth year", object{"code": strings.Replace(citizen, "14051988", "14051989", 1)}, "recorded", "", "H. T. H.", []string{"birth_contradicts"}},
			{"the other sex", object{"code": strings.Replace(citizen, "Nữ", "Nam", 1)}, "recorded", "", "H. T. H.", []string{"sex_contradicts"}},
			{"insurance card", object{"code": insurance}, "recorded", "", "L. V. B.", nil},
			{"personal code, masked", object{"code": "******001234|HOANG THI HUONG|1988-**-**|0|Q1234567|"}, "recorded", "", "H. T. H.", nil},
			{"a poster", object{"code": "https://khien.example/v#" + poster}, "refused", "checkin.own_poster", "", nil},
			{"a link elsewhere", object{"code": "https://evil.example/x#y"}, "refused", "qr.unknown", "", nil},
			{"a name", object{"name": "Nông Văn Tư", "birth": "1971"}, "recorded", "", "N. V. T.", nil},
			{"a formula as a name", object{"name": `=cmd|'/c calc'!A0`}, "recorded", "", "", nil},
			{"nothing", object{}, "refused", "checkin.empty", "", nil},
			{"no such birth date", object{"name": "Nông Văn Tư", "birth": "31/02/1971"}, "refused", "person.birth", "", nil},
			{"an id of another kind", object{"name": "Nông Văn Tư", "id": "6ba7b810-9dad-41d1-80b4-00c04fd430c8"}, "refused", "checkin.id", "", nil},
			{"a month ago", object{"name": "Nông Văn Tư", "at": noon.Add(-30 * 24 * time.Hour)}, "refused", "checkin.too_old", "", nil},
			{"no moment", object{"name": "Nông Văn Tư", "at": nil}, "refused", "checkin.at", "", nil},
		}
		var all []object
		for _, r := range rows {
			all = append(all, w.row(r.row))
		}
		got := k.deliver(t, p, all...)
		recorded := int64(0)
		for i, r := range rows {
			g := got[i]
			if g.State != r.state || g.Why != r.why || g.Who != r.who || !slices.Equal(g.Flags, r.flags) && len(g.Flags)+len(r.flags) > 0 {
				t.Errorf("%s: got %+v, want %s %q %q %v", r.name, g, r.state, r.why, r.who, r.flags)
			}
			if r.state == "recorded" {
				recorded++
			}
		}
		if n := w.count(t); n != recorded {
			t.Errorf("%d visits stand, want %d", n, recorded)
		}
	})
}

// The same offline deliveries three times, from two tabs at once: each visit
// stands once, and its person once.
func TestDeliveredThreeTimesFromTwoTabs(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p, _ := w.place(t, place.Place{Name: "Chợ Hữu Lũng"})
		k := w.keeper(t, p)
		var rows []object
		for i := range 50 {
			rows = append(rows, w.row(object{"name": fmt.Sprintf("Nông Văn %c%c", 'A'+i%26, 'a'+i/26), "birth": "1971", "phone": fmt.Sprintf("0987%06d", i)}))
		}
		var tabs sync.WaitGroup
		for range 2 {
			tabs.Go(func() {
				for range 3 {
					for _, g := range k.deliver(t, p, rows...) {
						if g.State == "refused" {
							t.Errorf("got %+v", g)
						}
					}
				}
			})
		}
		tabs.Wait()
		people, err := store.One(t.Context(), w.db, store.Int, "select count(*) from person_person where province = 20")
		if n := w.count(t); n != 50 || err != nil || people != 50 {
			t.Errorf("%d visits of %d people stand (%v), want 50 of 50", n, people, err)
		}
	})
}

// A phone's code is good for one place: shown at another it is refused, at the
// same it is the same visitor; too late it is a screenshot.
func TestPhoneCodeReplayed(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		here, _ := w.place(t, place.Place{Name: "Chợ Hữu Lũng"})
		there, _ := w.place(t, place.Place{Name: "Bến xe", Kind: place.Transport})
		a, b, visitor := w.keeper(t, here), w.keeper(t, there), w.phone(t, "Nguyễn Văn An")
		secret, err := w.phones.Secret(t.Context(), visitor.device)
		if err != nil {
			t.Fatal(err)
		}
		show := func() object {
			u, err := qr.ShowPhone(secret.Handle, secret.Secret, w.clock())
			if err != nil {
				t.Fatal(err)
			}
			link, err := u.Link("https://khien.example")
			if err != nil {
				t.Fatal(err)
			}
			return object{"code": link}
		}
		code := show()
		if g := a.deliver(t, here, w.row(code))[0]; g.State != "recorded" || g.Who != "N. V. A." {
			t.Errorf("first: got %+v", g)
		}
		if g := b.deliver(t, there, w.row(code))[0]; g.Why != "checkin.code_used" {
			t.Errorf("at another place: got %+v", g)
		}
		scanned := w.row(show())
		w.pass(5 * time.Minute)
		if g := a.deliver(t, here, w.row(code))[0]; g.Why != "qr.stale" {
			t.Errorf("a screenshot: got %+v", g)
		}
		w.pass(6 * time.Hour)
		if g := b.deliver(t, there, scanned)[0]; g.Why != "checkin.code_used" {
			t.Errorf("scanned offline elsewhere: got %+v", g)
		}
		if g := a.deliver(t, here, scanned)[0]; g.State != "recorded" {
			t.Errorf("scanned offline here: got %+v", g)
		}
	})
}

// A printed card checks its bearer in, until it is withdrawn; forged or unknown
// it does not.
func TestPrintedCard(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p, _ := w.place(t, place.Place{Name: "Chợ Hữu Lũng"})
		k := w.keeper(t, p)
		who := w.phone(t, "Nguyễn Văn An").device.Person
		token := [16]byte{7}
		w.cards[token] = who
		u, err := w.points.Codes().SignCard(token, p.PosterIssued)
		if err != nil {
			t.Fatal(err)
		}
		text := u.Token()
		code := func(token string) object { return object{"code": "https://khien.example/c#" + token} }
		got := k.deliver(t, p, w.row(code(text)), w.row(code(text[:60]+flip(text[60])+text[61:])))
		if got[0].State != "recorded" || got[0].Who != "N. V. A." || got[1].Why != "qr.forged" {
			t.Errorf("got %+v", got)
		}
		delete(w.cards, token)
		w.pass(time.Minute)
		if g := k.deliver(t, p, w.row(code(text)))[0]; g.Why != "point.card" {
			t.Errorf("withdrawn: got %+v", g)
		}
	})
}

// Whoever keeps no place, or another, delivers nothing and counts nothing.
func TestWhoMayDeliver(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		here, _ := w.place(t, place.Place{Name: "Chợ Hữu Lũng"})
		there, _ := w.place(t, place.Place{Name: "Bến xe"})
		path := "/api/v1/places/" + here.ID.String()
		for name, c := range map[string]struct {
			*caller
			status int
		}{
			"a stranger":         {&caller{w: w}, 401},
			"a visitor":          {w.phone(t, "Nguyễn Văn An"), 404},
			"another's keeper":   {w.keeper(t, there), 404},
			"the place's keeper": {w.keeper(t, here), 200},
		} {
			body := object{"visits": []object{w.row(object{"name": "Nông Văn Tư"})}}
			if got := c.do(t, "POST", path+"/visits", body); got.status != c.status {
				t.Errorf("%s delivers: got %v, want %d", name, got, c.status)
			}
			if got := c.do(t, "GET", path+"/today", nil); got.status != c.status {
				t.Errorf("%s counts: got %v, want %d", name, got, c.status)
			}
		}
		if n := w.count(t); n != 1 {
			t.Errorf("%d visits stand, want the keeper's one", n)
		}
	})
}

// The keeper sees numbers of today and never a name.
func TestToday(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p, token := w.place(t, place.Place{Name: "Chợ Hữu Lũng", UsualStay: 30 * time.Minute})
		k := w.keeper(t, p)
		for i := range 5 {
			if got := w.phone(t, fmt.Sprintf("Nguyễn Văn %c", 'A'+i)).checkIn(t, token, w.newID()); got.status != 201 {
				t.Fatal(got)
			}
			w.pass(10 * time.Minute)
		}
		w.settle(t)
		got := k.do(t, "GET", "/api/v1/places/"+p.ID.String()+"/today", nil)
		if got.body != `{"day":"2026-11-23","inside":2,"visits":5}`+"\n" {
			t.Errorf("got %s", got.body)
		}
	})
}

// strangers are rows of people whom the registry does not know.
func (w *world) strangers(n int) (rows []object) {
	for i := range n {
		rows = append(rows, w.row(object{"name": fmt.Sprintf("Nông Văn %c", 'A'+i), "birth": "1971"}))
	}
	return rows
}

// One keeper cannot fill the registry with people whom nobody has seen; who is
// known already comes in as before.
func TestInventedPeople(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.Service.Comers = 3
		w.Service = checkin.New(w.Service.Config)
		w.Server = w.serve(t, slog.New(slog.NewTextHandler(io.Discard, nil)))
		p, _ := w.place(t, place.Place{Name: "Chợ Hữu Lũng"})
		k := w.keeper(t, p)
		states := map[string]int{}
		for _, g := range k.deliver(t, p, w.strangers(6)...) {
			states[g.State+" "+g.Why]++
		}
		if states["recorded "] != 3 || states["refused checkin.many_people"] != 3 {
			t.Errorf("got %v, want 3 recorded and 3 refused", states)
		}
	})
}

// Whoever registers the visitors of a whole district from paper has an account,
// and is not held to what one phone may do.
func TestPeopleOfAnOfficer(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.Service.Comers = 3
		w.Service = checkin.New(w.Service.Config)
		w.Server = w.serve(t, slog.New(slog.NewTextHandler(io.Discard, nil)))
		p, _ := w.place(t, place.Place{Name: "Chợ Hữu Lũng"})
		o := w.officer(t, "huulung", "2021/20/186", auth.HealthOfficer)
		for _, g := range o.deliver(t, p, w.strangers(6)...) {
			if g.State != "recorded" {
				t.Errorf("got %+v, want it recorded", g)
			}
		}
	})
}

// Somebody who was typed in ten thousand times is traced as ever.
func TestManyIDsOfOne(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		_, token := w.place(t, place.Place{Name: "Chợ Hữu Lũng"})
		c := w.phone(t, "Nguyễn Văn An")
		c.checkIn(t, token, w.newID())
		w.settle(t)
		err := w.db.Tx(t.Context(), func(tx *store.Tx) error {
			for from := 0; from < 66_000; from += 1000 {
				var rows [][]any
				for range 1000 {
					rows = append(rows, []any{20, id.New(), c.device.Person, 0, 0, 0})
				}
				b := store.Bulk{Table: "person_merge", Columns: []string{"province", "gone", "kept", "score_tenths", "merged_ms", "undone_ms"}}
				if _, err := b.Insert(tx, slices.Values(rows)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if found, err := w.OfPerson(t.Context(), everything, c.device.Person); err != nil || len(found.Visits) != 1 {
			t.Errorf("got %d visits, %v, want 1", len(found.Visits), err)
		}
	})
}

// The keeper of a place that was closed delivers what was before, and no more.
func TestAClosedPlaceTakesNothingNew(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p, _ := w.place(t, place.Place{Name: "Chợ Hữu Lũng"})
		k := w.keeper(t, p)
		before := w.row(object{"name": "Nông Văn Tư", "birth": "1971"})
		w.pass(time.Hour)
		if _, err := w.places.Close(t.Context(), everything.WithClock(w.clock), p.ID); err != nil {
			t.Fatal(err)
		}
		w.pass(time.Hour)
		got := k.deliver(t, p, before, w.row(object{"name": "Nông Văn Năm", "birth": "1971"}))
		if got[0].State != "recorded" || got[1].Why != "checkin.place_closed" {
			t.Errorf("got %+v", got)
		}
	})
}
