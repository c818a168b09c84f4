package contact_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"khien/kernel/area"
	"khien/kernel/audit"
	"khien/kernel/auth"
	"khien/kernel/auth/authtest"
	"khien/kernel/day"
	"khien/kernel/event"
	"khien/kernel/id"
	"khien/kernel/person"
	"khien/kernel/place"
	"khien/kernel/secret"
	"khien/kernel/store"
	"khien/kernel/store/storetest"
	"khien/outbreak/contact"
	"khien/outbreak/trace/peer"
)

var lines = []storetest.Line{{Name: "event", Files: event.Migrations()}, {Name: "audit", Files: audit.Migrations()}, {Name: "auth", Files: auth.Migrations()},
	{Name: "person", Files: person.Migrations()}, {Name: "place", Files: place.Migrations()}, {Name: "contact", Files: contact.Migrations()},
	{Name: "peer", Files: peer.Migrations()}}

var gazetteer = area.Load()

// The province's districts in the tests, and a commune of each.
const (
	province  = "2021/20"
	huuLung   = "2021/20/186"
	minhHoa   = "2021/20/186/06412"
	cacSon    = "2021/20/186/06457"
	chiLang   = "2021/20/187"
	elsewhere = "2021/20/187/06463"
)

// noon is the day of the tests.
var noon = time.Date(2022, 1, 14, 5, 0, 0, 0, time.UTC)

// world is the tracing of a province on one engine.
type world struct {
	*contact.Service
	db     *store.DB
	people *person.Service
	places *place.Service
	auth   *auth.Service
	visits *visits
	now    time.Time
}

// visits answers who was where, as the check-in does.
type visits struct {
	mu  sync.Mutex
	all map[id.ID]contact.Stay
}

func (v *visits) EachStay(_ context.Context, since time.Time, stay func(contact.Stay)) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, s := range v.all {
		if !s.From.Before(since) {
			stay(s)
		}
	}
	return nil
}

func (v *visits) StaysOf(_ context.Context, people []id.ID, from, to time.Time) (all []contact.Stay, err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, s := range v.all {
		if slices.Contains(people, s.Person) && !s.From.Before(from) && s.From.Before(to) {
			all = append(all, s)
		}
	}
	return all, nil
}

var everything = auth.Console(20, "test", "truy vết")

func each(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	storetest.Each(t, lines, func(t *testing.T, db *store.DB) { test(t, newWorld(t, db)) })
}

func newWorld(t *testing.T, db *store.DB) *world {
	t.Helper()
	w := &world{db: db, now: noon, visits: &visits{all: map[id.ID]contact.Stay{}}}
	keys := secret.New(bytes.Repeat([]byte{7}, 32))
	now := func() time.Time { return w.now }
	w.people = person.New(person.Config{DB: db, Keys: keys})
	w.places = place.New(place.Config{DB: db, Keys: keys, Gazetteer: gazetteer, Province: 20, Now: now})
	var err error
	if w.auth, err = auth.New(auth.Config{DB: db, Keys: keys, Province: 20, Home: must(t, province), Ground: gazetteer, Now: now, HashKiB: 64}); err != nil {
		t.Fatal(err)
	}
	w.restart(t)
	return w
}

// restart gives the world another node, whose memory is empty.
func (w *world) restart(t *testing.T) {
	t.Helper()
	var err error
	w.Service, err = contact.New(contact.Config{DB: w.db, People: w.people, Places: w.places, Stays: w.visits, Gazetteer: gazetteer, Province: 20,
		Home: must(t, province), Now: func() time.Time { return w.now }, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		t.Fatal(err)
	}
}

func must(t *testing.T, path string) area.Code {
	t.Helper()
	c, err := area.Parse(path)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (w *world) scope() auth.Scope {
	return everything.WithClock(func() time.Time { return w.now })
}

// officer returns the scope of an account that signed in for real.
func (w *world) officer(t *testing.T, login, path string, role auth.Role, act auth.Act) auth.Scope {
	t.Helper()
	return authtest.Scope(t, w.auth, w.now, auth.Demo{Login: login, Role: role, Area: must(t, path)}, act, "truy vết ca bệnh")
}

func (w *world) tx(t *testing.T, do func(tx *store.Tx) error) {
	t.Helper()
	if err := w.db.Tx(t.Context(), do); err != nil {
		t.Fatal(err)
	}
}

func (w *world) person(t *testing.T, p person.Person) (i id.ID) {
	t.Helper()
	w.tx(t, func(tx *store.Tx) (err error) {
		i, err = w.people.Create(tx, w.scope(), p)
		return err
	})
	return i
}

// somebody is a person of a name, who lives in Minh Hoà.
func (w *world) somebody(t *testing.T, name string) id.ID {
	return w.person(t, person.Person{Name: name, Area: must(t, minhHoa)})
}

func (w *world) place(t *testing.T, kind place.Kind, path string) id.ID {
	t.Helper()
	p, err := w.places.Create(t.Context(), w.scope(), place.Place{Name: "Chợ Cai Kinh", Kind: kind, Area: must(t, path)})
	if err != nil {
		t.Fatal(err)
	}
	return p.ID
}

// visit writes a visit and tells of it, as the check-in does in one transaction.
func (w *world) visit(t *testing.T, v id.ID, s contact.Stay) id.ID {
	t.Helper()
	if v.IsZero() {
		v = id.New()
	}
	w.visits.mu.Lock()
	w.visits.all[v] = s
	w.visits.mu.Unlock()
	p, _ := w.places.Book().Any(s.Place)
	w.tx(t, func(tx *store.Tx) error {
		return event.Tell(tx, 20, event.VisitsRecorded{Visits: []event.Visited{{Visit: v, Place: s.Place, Person: s.Person, Area: p.Area, From: s.From, To: s.To,
			How: event.ByPoster, Left: !s.Assumed}}})
	})
	return v
}

// withdraw takes a visit away, as the check-in does.
func (w *world) withdraw(t *testing.T, v id.ID) {
	t.Helper()
	w.visits.mu.Lock()
	s := w.visits.all[v]
	delete(w.visits.all, v)
	w.visits.mu.Unlock()
	w.tx(t, func(tx *store.Tx) error {
		return event.Tell(tx, 20, event.VisitsErased{People: []id.ID{s.Person}, From: s.From, To: s.From.Add(1)})
	})
}

// restore brings a visit back that was withdrawn, as the check-in does.
func (w *world) restore(t *testing.T, s contact.Stay) {
	t.Helper()
	w.visits.mu.Lock()
	w.visits.all[id.New()] = s
	w.visits.mu.Unlock()
	w.tx(t, func(tx *store.Tx) error {
		return event.Tell(tx, 20, event.VisitsErased{People: []id.ID{s.Person}, From: s.From, To: s.From.Add(1)})
	})
}

// age erases what began in hours that are older than 28 days, but for the visits
// of those whom a case holds, as the check-in does.
func (w *world) age(t *testing.T, held ...id.ID) {
	t.Helper()
	hours, before := map[time.Time]bool{}, w.now.Add(-contact.Kept).Truncate(time.Hour)
	w.visits.mu.Lock()
	for v, s := range w.visits.all {
		if s.From.Before(before) && !slices.Contains(held, s.Person) {
			hours[s.From.Truncate(time.Hour)] = true
			delete(w.visits.all, v)
		}
	}
	w.visits.mu.Unlock()
	w.tx(t, func(tx *store.Tx) error {
		for h := range hours {
			if err := event.Tell(tx, 20, event.VisitsErased{From: h, To: h.Add(time.Hour)}); err != nil {
				return err
			}
		}
		return nil
	})
}

// stay is a stay on the 13th of January, from and to as minutes of the day.
func stay(who, where id.ID, from, to int) contact.Stay {
	begin := time.Date(2022, 1, 12, 17, 0, 0, 0, time.UTC) // midnight in Vietnam
	return contact.Stay{Person: who, Place: where, From: begin.Add(time.Duration(from) * time.Minute), To: begin.Add(time.Duration(to) * time.Minute)}
}

// reported is a confirmed case with its onset on the 13th.
func (w *world) reported(t *testing.T, who id.ID) event.CaseChanged {
	return event.CaseChanged{Case: id.New(), Version: 1, Person: who, Classification: "confirmed", Area: must(t, minhHoa), Onset: on(t, "2022-01-13"),
		Confirmed: on(t, "2022-01-14"), Reported: on(t, "2022-01-14")}
}

func (w *world) tell(t *testing.T, facts ...event.Body) {
	t.Helper()
	w.tx(t, func(tx *store.Tx) error {
		for _, f := range facts {
			if err := event.Tell(tx, 20, f); err != nil {
				return err
			}
		}
		return nil
	})
	w.settle(t)
}

// settle lets the listeners hear and the cases be traced.
func (w *world) settle(t *testing.T) {
	t.Helper()
	for range 2 { // what is traced tells facts of its own
		bus := &event.Bus{DB: w.db, Province: 20, Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
		for _, l := range w.Listeners() {
			if err := bus.Drain(t.Context(), l); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Settle(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// of returns the contact that a person is, and whether they are one.
func (w *world) of(t *testing.T, who id.ID) (contact.File, bool) {
	t.Helper()
	for _, c := range w.list(t, contact.Filter{}) {
		if c.Person == who {
			f, err := w.Read(t.Context(), w.scope(), c.ID)
			if err != nil {
				t.Fatal(err)
			}
			return f, true
		}
	}
	return contact.File{}, false
}

// confirm confirms a contact, and lets that be heard.
func (w *world) confirm(t *testing.T, f contact.File) contact.Contact {
	t.Helper()
	c, err := w.Decide(t.Context(), w.scope(), contact.Decision{Contact: f.ID, Version: f.Version, Act: contact.Confirm})
	if err != nil {
		t.Fatal(err)
	}
	w.settle(t)
	return c
}

func (w *world) list(t *testing.T, f contact.Filter) (all []contact.Contact) {
	t.Helper()
	for {
		page, err := w.List(t.Context(), w.scope(), f)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, page.Contacts...)
		if page.Next == nil {
			return all
		}
		f.After = page.Next
	}
}

func today(w *world) day.Day { return day.Today(w.now) }
