package checkin_test

import (
	"strings"
	"testing"
	"time"

	"khien/kernel/auth"
	"khien/kernel/auth/authtest"
	"khien/kernel/event"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/person"
	"khien/kernel/phone"
	"khien/kernel/place"
	"khien/kernel/store"
)

// officer is an account that has signed in.
type officer struct {
	auth.Session
	caller
}

func (w *world) officer(t *testing.T, login, path string, role auth.Role) *officer {
	t.Helper()
	token, session := authtest.SignIn(t, w.auth, w.clock(), auth.Demo{Login: login, Role: role, Area: must(t, path)})
	return &officer{Session: session, caller: caller{w: w, bearer: token}}
}

func (o *officer) get(t *testing.T, path string) answer {
	t.Helper()
	return o.do(t, "GET", path, nil)
}

type foundAnswer struct {
	Visits []struct {
		ID, Person string
		Place      string `json:"place"`
		Name       string `json:"place_name"`
	}
}

func (w *world) audits(t *testing.T, act string) int64 {
	t.Helper()
	n, err := store.One(t.Context(), w.db, store.Int, "select count(*) from audit_entry where province = 20 and act = $1", act)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// A tracer sees the visits of their area for a purpose, and it is written down;
// one of another district sees nothing; who gives no purpose is asked for it.
func TestLookups(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p, token := w.place(t, place.Place{Name: "Chợ Hữu Lũng"})
		far, farToken := w.place(t, place.Place{Name: "Bến xe Lạng Sơn", Area: must(t, "2021/20/178")})
		c := w.phone(t, "Nguyễn Văn An")
		for _, tok := range []string{token, farToken} {
			if got := c.checkIn(t, tok, w.newID()); got.status != 201 {
				t.Fatal(got)
			}
			w.pass(time.Hour)
		}
		w.settle(t)
		here, there := w.officer(t, "huulung", "2021/20/186", auth.Tracer), w.officer(t, "locbinh", "2021/20/188", auth.Tracer)
		ofPerson := "/api/v1/people/" + c.device.Person.String() + "/visits?purpose=truy+vết+BN12"
		ofPlace := "/api/v1/places/" + p.ID.String() + "/visits?day=2026-11-23&purpose=truy+vết+BN12"
		var found foundAnswer
		if got := here.get(t, ofPerson); got.status != 200 {
			t.Errorf("of person: got %v", got)
		} else if got.into(t, &found); len(found.Visits) != 1 || found.Visits[0].Name != "Chợ Hữu Lũng" {
			t.Errorf("of somebody without an area, the visits in ours: got %v", got)
		}
		if got := here.get(t, ofPlace); got.status != 200 || !contains(got.body, c.device.Person.String()) {
			t.Errorf("of place: got %v", got)
		}
		for name, path := range map[string]string{"of person": ofPerson, "of place": ofPlace} {
			if got := there.get(t, path); got.status != 404 {
				t.Errorf("%s from another district: got %v", name, got)
			}
		}
		if got := here.get(t, "/api/v1/places/"+far.ID.String()+"/visits?purpose=truy+vết"); got.status != 404 {
			t.Errorf("a place of another district: got %v", got)
		}
		if got := here.get(t, "/api/v1/places/"+p.ID.String()+"/visits"); got.status != 422 || !contains(got.body, "checkin.purpose") {
			t.Errorf("without a purpose: got %v", got)
		}
		if a, b, c := w.audits(t, "visit.of_person"), w.audits(t, "visit.of_place"), w.audits(t, "visit.miss"); a != 2 || b != 1 || c != 2 {
			t.Errorf("%d, %d and %d looks are written down, want 2, 1 and 2: those that find nobody, too", a, b, c)
		}
	})
}

// Two rows that turn out to be one human being have one list of visits.
func TestVisitsOfTheMerged(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		_, token := w.place(t, place.Place{Name: "Chợ Hữu Lũng"})
		a, b := w.phone(t, "Nguyễn Văn An"), w.phone(t, "Nguyễn Văn Ánh")
		a.checkIn(t, token, w.newID())
		b.checkIn(t, token, w.newID())
		w.settle(t)
		err := w.db.Tx(t.Context(), func(tx *store.Tx) error { return w.people.Merge(tx, everything, a.device.Person, b.device.Person) })
		if err != nil {
			t.Fatal(err)
		}
		for _, who := range []id.ID{a.device.Person, b.device.Person} {
			found, err := w.OfPerson(t.Context(), everything, who)
			if err != nil || len(found.Visits) != 2 {
				t.Errorf("%d visits, %v, want 2", len(found.Visits), err)
			}
		}
	})
}

// Names that a spreadsheet would run come out of the export harmless.
func TestExportIsHarmless(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p, _ := w.place(t, place.Place{Name: "=HYPERLINK(A1) Chợ"})
		k := w.keeper(t, p)
		k.deliver(t, p, w.row(object{"name": `=cmd|'/c calc'!A0`}), w.row(object{"name": "@SUM(1)"}), w.row(object{"name": "Nông Văn Tư", "phone": "0987654321"}))
		w.settle(t)
		o := w.officer(t, "huulung", "2021/20/186", auth.HealthOfficer)
		got := o.get(t, "/api/v1/places/"+p.ID.String()+"/visits.csv?day=2026-11-23&purpose=truy+vết")
		lines := strings.Split(strings.TrimSpace(got.body), "\n")
		if got.status != 200 || len(lines) != 4 {
			t.Fatalf("got %v", got)
		}
		for _, line := range lines[1:] {
			for cell := range strings.SplitSeq(line, ",") {
				if strings.ContainsAny(strings.Trim(cell, `"`)[:min(1, len(strings.Trim(cell, `"`)))], "=+-@|%") {
					t.Errorf("a cell that runs: %s in %s", cell, line)
				}
			}
		}
		for _, want := range []string{"'=cmd|'/c calc'!A0", "'@SUM(1)", "Nông Văn Tư", "'+84987654321", "'=HYPERLINK"} {
			if !contains(got.body, want) {
				t.Errorf("%s is missing in %s", want, got.body)
			}
		}
		if w.audits(t, "visit.export") != 1 {
			t.Error("what was taken out is not written down as taken out")
		}
		if tracer := w.officer(t, "tracer", "2021/20/186", auth.Tracer); tracer.get(t, "/api/v1/places/"+p.ID.String()+"/visits.csv?purpose=truy+vết").status != 403 {
			t.Error("a tracer may not take rows out")
		}
	})
}

// A phone that claims to be somebody sees what it told itself, and no more until
// an officer has confirmed it.
func TestHeldAbout(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p, token := w.place(t, place.Place{Name: "Chợ Hữu Lũng"})
		c, k := w.phone(t, "Nguyễn Văn An"), w.keeper(t, p)
		c.checkIn(t, token, w.newID())
		secret := [16]byte{9}
		w.cards[secret] = c.device.Person
		u, err := w.points.Codes().SignCard(secret, p.PosterIssued)
		if err != nil {
			t.Fatal(err)
		}
		k.deliver(t, p, w.row(object{"code": "https://khien.example/c#" + u.Token()}))
		w.settle(t)
		for name, want := range map[string]struct {
			asker person.Asker
			held  int
		}{
			"the phone":               {person.Asker{Person: c.device.Person, Device: c.device.ID}, 1},
			"another that claims so":  {person.Asker{Person: c.device.Person, Device: id.New()}, 0},
			"another, now confirmed":  {person.Asker{Person: c.device.Person, Device: id.New(), Confirmed: true}, 2},
			"one that claims nothing": {person.Asker{Device: c.device.ID}, 0},
		} {
			held, err := w.HeldAbout(t.Context(), want.asker)
			if err != nil || len(held) != want.held {
				t.Errorf("%s: %d held, %v, want %d", name, len(held), err, want.held)
			}
			if len(held) > 0 && !held[0].Dies.Equal(held[0].At.Add(28*24*time.Hour)) {
				t.Errorf("%s: dies %v", name, held[0].Dies)
			}
		}
	})
}

// After 28 days a visit is gone with its trail, but for those whom a case holds;
// the facts that spoke of it are gone long before.
func TestErase(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		_, token := w.place(t, place.Place{Name: "Chợ Hữu Lũng"})
		gone, kept := w.phone(t, "Nguyễn Văn An"), w.phone(t, "Lê Thị Bình")
		for range 3 {
			gone.checkIn(t, token, w.newID())
			kept.checkIn(t, token, w.newID())
			w.pass(30 * time.Minute)
		}
		w.settle(t)
		if n, err := w.Erase(t.Context()); n != 0 || err != nil {
			t.Errorf("erased %d, %v on the same day", n, err)
		}
		w.pass(28 * 24 * time.Hour)
		recent := w.newID()
		gone.checkIn(t, token, recent)
		w.settle(t)
		w.held[kept.device.Person] = true
		w.pass(2 * time.Hour)
		if n, err := w.Erase(t.Context()); n != 3 || err != nil {
			t.Errorf("erased %d, %v, want 3", n, err)
		}
		if n := w.count(t); n != 4 {
			t.Errorf("%d visits stand, want the held three and the recent one", n)
		}
		delete(w.held, kept.device.Person)
		if n, err := w.Erase(t.Context()); n != 3 || err != nil {
			t.Errorf("erased %d, %v, once no case holds them; want 3", n, err)
		}
		rows, err := store.One(t.Context(), w.db, store.Int, "select count(*) from checkin_trail where province = 20")
		if err != nil || rows != 2 {
			t.Errorf("%d rows of trail, %v, want the recent visit's 2", rows, err)
		}
		if _, err := w.Visit(t.Context(), everything, recent); err != nil {
			t.Error(err)
		}
		if _, err := w.Visit(t.Context(), everything, id.New()); !fault.Is(err, fault.NotFound) {
			t.Error(err)
		}
		if n, err := event.Prune(t.Context(), w.db, 20, w.Listeners(), time.Now().Add(time.Hour)); err != nil || n == 0 {
			t.Errorf("pruned %d facts, %v", n, err)
		}
	})
}

// When it turns out that a phone's holder is not whom their words led to, what
// the phone told and tells goes with its holder.
func TestVisitsAfterAnUndoneMerge(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		_, token := w.place(t, place.Place{Name: "Chợ Hữu Lũng"})
		var both []*caller
		all, err := w.phones.EnrolForDemo(t.Context(), everything, "0977000111", "0977000111")
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range all {
			c := &caller{w: w, token: e.Token, device: e.Device}
			said, err := w.phones.Say(t.Context(), e.Device, phone.Identity{ID: id.New(), Self: true, Name: "Nguyễn Văn An", Birth: "1988-05-14", Sex: "male"})
			if err != nil {
				t.Fatal(err)
			}
			c.device.Person = said.Person
			both = append(both, c)
			c.checkIn(t, token, w.newID())
		}
		w.settle(t)
		victim := both[0].device.Person
		if found, err := w.OfPerson(t.Context(), everything, victim); err != nil || len(found.Visits) != 2 {
			t.Fatalf("%d visits, %v, want 2: they are held to be one", len(found.Visits), err)
		}
		merges, err := w.people.Merges(t.Context(), w.db, everything, victim)
		if err != nil || len(merges) != 1 {
			t.Fatalf("%d merges, %v", len(merges), err)
		}
		if err := w.db.Tx(t.Context(), func(tx *store.Tx) error { return w.people.Undo(tx, everything, merges[0].Gone) }); err != nil {
			t.Fatal(err)
		}
		both[1].checkIn(t, token, w.newID())
		w.settle(t)
		for who, want := range map[id.ID]int{victim: 1, merges[0].Gone: 2} {
			if found, err := w.OfPerson(t.Context(), everything, who); err != nil || len(found.Visits) != want {
				t.Errorf("%d visits, %v, want %d", len(found.Visits), err, want)
			}
		}
	})
}
