package checkin_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"khien/checkin"
	"khien/checkin/point"
	"khien/kernel/area"
	"khien/kernel/audit"
	"khien/kernel/auth"
	"khien/kernel/event"
	"khien/kernel/fault"
	"khien/kernel/i18n"
	"khien/kernel/id"
	"khien/kernel/job"
	"khien/kernel/person"
	"khien/kernel/phone"
	"khien/kernel/place"
	"khien/kernel/secret"
	"khien/kernel/store"
	"khien/kernel/store/storetest"
	"khien/kernel/web"
)

var lines = []storetest.Line{{Name: "event", Files: event.Migrations()}, {Name: "job", Files: job.Migrations()}, {Name: "audit", Files: audit.Migrations()},
	{Name: "auth", Files: auth.Migrations()}, {Name: "person", Files: person.Migrations()}, {Name: "phone", Files: phone.Migrations()},
	{Name: "place", Files: place.Migrations()}, {Name: "point", Files: point.Migrations()}, {Name: "checkin", Files: checkin.Migrations()}}

// gazetteer is read once: it is the same for all tests.
var gazetteer = area.Load()

var everything = auth.Console(20, "test", "kiểm tra")

// world is the check-in of a province on one engine, served.
type world struct {
	*checkin.Service
	*httptest.Server
	db     *store.DB
	keys   *secret.Keys
	people *person.Service
	phones *phone.Service
	places *place.Service
	points *point.Service
	auth   *auth.Service
	cards  cards
	held   held

	mu  sync.Mutex
	now time.Time
}

// cards are printed cards of an invented sort: token to person.
type cards map[[16]byte]id.ID

func (c cards) Holder(_ context.Context, token [16]byte) (id.ID, error) {
	if who, ok := c[token]; ok {
		return who, nil
	}
	return id.ID{}, fault.New(fault.NotFound, "point.card")
}

// held are the people whom a case holds.
type held map[id.ID]bool

func (h held) HeldByCase(_ context.Context, people []id.ID) (map[id.ID]bool, error) { return h, nil }

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// noon is a Monday's, in Vietnam.
var noon = time.Date(2026, 11, 23, 5, 0, 0, 0, time.UTC)

func each(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	storetest.Each(t, lines, func(t *testing.T, db *store.DB) {
		w := &world{db: db, keys: secret.New(bytes.Repeat([]byte{7}, 32)), cards: cards{}, held: held{}, now: noon}
		log := slog.New(slog.NewTextHandler(io.Discard, nil))
		w.people = person.New(person.Config{DB: db, Keys: w.keys})
		w.phones = phone.New(phone.Config{DB: db, Keys: w.keys, People: w.people, Gazetteer: gazetteer, Home: must(t, "2025/20"), Province: 20, Now: w.clock, Log: log})
		w.places = place.New(place.Config{DB: db, Keys: w.keys, Gazetteer: gazetteer, Province: 20, Now: w.clock})
		w.points = point.New(point.Config{DB: db, Keys: w.keys, Places: w.places, Gazetteer: gazetteer, Province: 20, Edition: area.Edition2021,
			Site: "https://khien.example", Now: w.clock, Log: log})
		var err error
		w.auth, err = auth.New(auth.Config{DB: db, Keys: w.keys, Province: 20, Home: must(t, "2021/20"), Ground: gazetteer, Now: w.clock, HashKiB: 64})
		if err != nil {
			t.Fatal(err)
		}
		w.Service = checkin.New(checkin.Config{DB: db, Keys: w.keys, People: w.people, Places: w.places, Codes: w.points.Codes(), Cards: w.cards,
			Phones: w.phones, Holds: w.held, Province: 20, Now: w.clock, Log: log})
		w.Server = w.serve(t, log)
		test(t, w)
	})
}

func (w *world) serve(t *testing.T, log *slog.Logger) *httptest.Server {
	t.Helper()
	texts, err := i18n.New(web.Texts, checkin.Pages().FS, point.Pages().FS, phone.Pages().FS, person.Pages().FS, auth.Pages().FS)
	if err != nil {
		t.Fatal(err)
	}
	views, err := web.NewViews(texts, nil, checkin.Pages())
	if err != nil {
		t.Fatal(err)
	}
	rt, err := web.NewRouter(web.Config{Catalog: texts, Views: views, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	rt.Use(w.auth.Middleware, w.phones.Middleware)
	w.Routes(rt)
	s := httptest.NewServer(rt)
	t.Cleanup(s.Close)
	return s
}

func must(t *testing.T, path string) area.Code {
	t.Helper()
	c, err := area.Parse(path)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// place makes an open place and returns it with the token of its poster.
func (w *world) place(t *testing.T, p place.Place) (place.Place, string) {
	t.Helper()
	if p.Kind == "" {
		p.Kind = place.Market
	}
	if p.Area == 0 {
		p.Area = must(t, "2021/20/186/06457")
	}
	made, err := w.places.Create(t.Context(), everything.WithClock(w.clock), p)
	if err != nil {
		t.Fatal(err)
	}
	u, err := w.points.Codes().SignPlace(made)
	if err != nil {
		t.Fatal(err)
	}
	return made, u.Token()
}

// caller is a browser that has proved a phone.
type caller struct {
	w      *world
	token  string // of a phone
	bearer string // of an account
	device phone.Device
}

var numbers int

// phone makes a device whose holder says a name; "" says none.
func (w *world) phone(t *testing.T, name string) *caller {
	t.Helper()
	numbers++
	all, err := w.phones.EnrolForDemo(t.Context(), everything, fmt.Sprintf("09%08d", numbers))
	if err != nil {
		t.Fatal(err)
	}
	c := &caller{w: w, token: all[0].Token, device: all[0].Device}
	if name != "" {
		who, err := w.phones.Say(t.Context(), c.device, phone.Identity{ID: id.New(), Self: true, Name: name, Birth: fmt.Sprint(1940 + numbers%60)})
		if err != nil {
			t.Fatal(err)
		}
		c.device.Person = who.Person
	}
	return c
}

// keeper makes a phone that keeps a place.
func (w *world) keeper(t *testing.T, p place.Place) *caller {
	t.Helper()
	c := w.phone(t, "")
	if err := w.places.OfficerAddKeeper(t.Context(), everything.WithClock(w.clock), p.ID, c.device.Number, fmt.Sprintf("09%08d", numbers)); err != nil {
		t.Fatal(err)
	}
	return c
}

// answer is a response read to its end.
type answer struct {
	status int
	body   string
}

func (a answer) into(t *testing.T, dst any) {
	t.Helper()
	if err := json.Unmarshal([]byte(a.body), dst); err != nil {
		t.Fatalf("%d %s: %v", a.status, a.body, err)
	}
}

func (c *caller) do(t *testing.T, method, path string, body any) answer {
	t.Helper()
	text, ok := body.(string)
	if !ok && body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		text = string(b)
	}
	r, err := http.NewRequestWithContext(context.Background(), method, c.w.URL+path, strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if c.token != "" {
		r.AddCookie(&http.Cookie{Name: "khien_phone", Value: c.token})
	}
	if c.bearer != "" {
		r.Header.Set("Authorization", "Bearer "+c.bearer)
	}
	return c.send(t, r)
}

func (c *caller) send(t *testing.T, r *http.Request) answer {
	t.Helper()
	res, err := c.w.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{res.StatusCode, string(b)}
}

type object = map[string]any

// newID is a visit's id made at the world's time.
func (w *world) newID() id.ID {
	i := id.New()
	ms := w.clock().UnixMilli()
	for n := range 6 {
		i[n] = byte(ms >> (8 * (5 - n)))
	}
	return i
}

// checkIn posts a visit to a place now.
func (c *caller) checkIn(t *testing.T, token string, i id.ID) answer {
	t.Helper()
	return c.do(t, "POST", "/api/v1/visits", object{"id": i, "place": token, "at": c.w.clock()})
}

// settle lets the listener hear everything.
func (w *world) settle(t *testing.T) {
	t.Helper()
	bus := &event.Bus{DB: w.db, Province: 20, Log: slog.Default()}
	for _, l := range w.Listeners() {
		if err := bus.Drain(t.Context(), l); err != nil {
			t.Fatal(err)
		}
	}
}

func (w *world) count(t *testing.T) int64 {
	t.Helper()
	n, err := store.One(t.Context(), w.db, store.Int, "select count(*) from checkin_visit where province = 20")
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// foreignKey signs for nobody that the province trusts.
var foreignKey = ed25519.NewKeyFromSeed(bytes.Repeat([]byte{9}, ed25519.SeedSize))

func contains(s, part string) bool { return strings.Contains(s, part) }
