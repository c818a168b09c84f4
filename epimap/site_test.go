package epimap_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"khien/epimap"
	"khien/kernel/area"
	"khien/kernel/day"
	"khien/kernel/event"
	"khien/kernel/i18n"
	"khien/kernel/id"
	"khien/kernel/store"
	"khien/kernel/store/storetest"
	"khien/kernel/web"
	assets "khien/web"
)

var lines = []storetest.Line{{Name: "event", Files: event.Migrations()}, {Name: "epimap", Files: epimap.Migrations()}}

// Codes of units in the tests: three communes of Hữu Lũng and one of Bình Gia, and their districts.
var (
	langSon  = code("2021/20")
	huuLung  = code("2021/20/186")
	binhGia  = code("2021/20/181")
	yenVuong = code("2021/20/186/06412")
	communeB = code("2021/20/186/06385")
	communeC = area.Load().Communes(binhGia)[3].Code
	may1     = day.On(2021, time.May, 1)
)

func code(s string) area.Code {
	c, err := area.Parse(s)
	if err != nil {
		panic(err)
	}
	return c
}

// clock is the tests' time: noon of 1 June 2021 in Vietnam, moved by hand.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func newClock() *clock { return &clock{t: time.Date(2021, 6, 1, 5, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// sketches are the approximate boundaries of the gazetteer.
type sketches struct{}

func (sketches) Shapes(_ context.Context, e area.Edition, level area.Level, parent area.Code) ([]area.Shape, bool, string, error) {
	g := area.Load()
	if level == area.Province {
		return g.Vietnam(e), true, "approximate", nil
	}
	return g.Approximate(e, level, parent), true, "approximate", nil
}

// node is one node of the public map on a real server.
type node struct {
	*httptest.Server
	db  *store.DB
	s   *epimap.Service
	bus *event.Bus
	cat *i18n.Catalog
	hub *web.Hub
}

func newNode(t testing.TB, db *store.DB, c *clock, change ...func(*epimap.Config)) *node {
	t.Helper()
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	cat, err := i18n.New(web.Texts, epimap.Pages().FS)
	if err != nil {
		t.Fatal(err)
	}
	views, err := web.NewViews(cat, assets.New(), epimap.Pages())
	if err != nil {
		t.Fatal(err)
	}
	n := &node{db: db, cat: cat, hub: web.NewHub(web.HubConfig{})}
	config := epimap.Config{DB: db, Gazetteer: area.Load(), Boundaries: sketches{}, Province: 20, Now: c.now, Hub: n.hub, Views: views, Log: log}
	for _, f := range change {
		f(&config)
	}
	if n.s, err = epimap.New(config); err != nil {
		t.Fatal(err)
	}
	n.bus = &event.Bus{DB: db, Province: 20, Listeners: n.s.Listeners(), Log: log}
	rt, err := web.NewRouter(web.Config{Catalog: cat, Views: views, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	n.s.Routes(rt)
	n.Server = httptest.NewServer(rt)
	t.Cleanup(func() {
		ctx, stop := context.WithTimeout(context.Background(), 5*time.Second)
		defer stop()
		_ = n.hub.Close(ctx)
		n.Close()
		if m := cat.Missing(); m != nil {
			t.Errorf("texts asked for and not there: %v", m)
		}
	})
	return n
}

// tell tells facts, one transaction each, and lets the map hear and show them.
func (n *node) tell(t testing.TB, facts ...event.Body) {
	t.Helper()
	for _, f := range facts {
		if err := n.db.Tx(t.Context(), func(tx *store.Tx) error { return event.Tell(tx, 20, f) }); err != nil {
			t.Fatal(err)
		}
		n.hear(t)
	}
}

// tellTogether tells facts in one transaction.
func (n *node) tellTogether(t testing.TB, facts []event.Body) {
	t.Helper()
	err := n.db.Tx(t.Context(), func(tx *store.Tx) error {
		for _, f := range facts {
			if err := event.Tell(tx, 20, f); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	n.hear(t)
}

func (n *node) hear(t testing.TB) {
	t.Helper()
	if err := n.bus.Drain(t.Context(), n.s.Listeners()[0]); err != nil {
		t.Fatal(err)
	}
	n.refresh(t)
}

func (n *node) refresh(t testing.TB) {
	t.Helper()
	if _, err := n.s.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// ask sends a GET; pairs are header name, value.
func (n *node) ask(t testing.TB, path string, pairs ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, n.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(pairs); i += 2 {
		r.Header.Set(pairs[i], pairs[i+1])
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(b)
}

// get wants status 200 and returns the body.
func (n *node) get(t testing.TB, path string, pairs ...string) string {
	t.Helper()
	res, body := n.ask(t, path, pairs...)
	if res.StatusCode != http.StatusOK {
		t.Fatalf("%s: got %d %s, want 200", path, res.StatusCode, body)
	}
	return body
}

func confirmed(a area.Code, d day.Day) event.CaseClassified {
	return event.CaseClassified{Case: id.New(), Is: event.Counted{Area: a, Day: d}}
}

func discarded(a area.Code, d day.Day) event.CaseClassified {
	return event.CaseClassified{Case: id.New(), Was: event.Counted{Area: a, Day: d}}
}

func cases(n int, a area.Code, d day.Day) (all []event.Body) {
	for range n {
		all = append(all, confirmed(a, d))
	}
	return all
}

func announced(ground area.Code, through day.Day, counts ...event.AreaCount) event.CountsAnnounced {
	return event.CountsAnnounced{Announcement: id.New(), Source: "Sở Y tế tỉnh Lạng Sơn", Ground: ground, Through: through, Counts: counts}
}

func wantHas(t testing.TB, what, got string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(got, want) {
			t.Errorf("%s: got\n%.300s\nwant it to have %q", what, got, want)
		}
	}
}

func openLite(t testing.TB) *store.DB {
	return storetest.Open(t, store.Config{Dir: t.TempDir()}, lines)
}

// keep writes a file for a person to look at, where KHIEN_LOOK says.
func keep(t testing.TB, name, body string) {
	if dir := os.Getenv("KHIEN_LOOK"); dir != "" {
		if err := os.WriteFile(dir+"/"+name, bytes.TrimSpace([]byte(body)), 0o644); err != nil {
			t.Error(err)
		}
	}
}
