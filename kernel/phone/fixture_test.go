package phone_test

import (
	"bytes"
	"context"
	"errors"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"khien/kernel/area"
	"khien/kernel/audit"
	"khien/kernel/auth"
	"khien/kernel/i18n"
	"khien/kernel/job"
	"khien/kernel/person"
	"khien/kernel/phone"
	"khien/kernel/secret"
	"khien/kernel/store"
	"khien/kernel/store/storetest"
	"khien/kernel/web"
)

var lines = []storetest.Line{{Name: "audit", Files: audit.Migrations()}, {Name: "job", Files: job.Migrations()},
	{Name: "person", Files: person.Migrations()}, {Name: "phone", Files: phone.Migrations()}}

const langSon = area.Code(20212000000000000) // 2021/20

// gateway is the outside world: it remembers what it was handed.
type gateway struct {
	mu    sync.Mutex
	texts []string
	to    []string
	fails bool
}

func (g *gateway) Send(_ context.Context, number, text string) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.texts, g.to = append(g.texts, text), append(g.to, number)
	if g.fails {
		return errors.New("gateway: POST /send?to=" + strings.TrimPrefix(number, "+") + "&text=" + url.QueryEscape(text) + ": 500")
	}
	return nil
}

func (g *gateway) count() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.texts)
}

// world is a server with the pages of phones, on one engine.
type world struct {
	*phone.Service
	t       *testing.T
	db      *store.DB
	keys    *secret.Keys
	people  *person.Service
	gateway *gateway
	url     string
	log     *bytes.Buffer
	mu      sync.Mutex
	at      time.Time
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.at
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at = w.at.Add(d)
}

func each(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	storetest.Each(t, lines, func(t *testing.T, db *store.DB) { test(t, newWorld(t, db)) })
}

func newWorld(t *testing.T, db *store.DB) *world {
	t.Helper()
	cat, err := i18n.New(web.Texts, auth.Texts, phone.Pages().FS, person.Pages().FS)
	if err != nil {
		t.Fatal(err)
	}
	views, err := web.NewViews(cat, nil, phone.Pages())
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, db: db, keys: secret.New(bytes.Repeat([]byte{7}, 32)), gateway: &gateway{}, log: &bytes.Buffer{}, at: time.Date(2021, 11, 1, 3, 0, 0, 0, time.UTC)}
	w.people = person.New(person.Config{DB: db, Keys: w.keys})
	w.Service = w.node(cat, views)
	rt, err := web.NewRouter(web.Config{Catalog: cat, Views: views, Log: slog.New(slog.NewTextHandler(w.log, nil)), Proxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}})
	if err != nil {
		t.Fatal(err)
	}
	rt.Use(w.Middleware)
	w.Routes(rt)
	srv := httptest.NewServer(rt)
	t.Cleanup(srv.Close)
	w.url = srv.URL
	return w
}

// node is another node on the same database.
func (w *world) node(cat *i18n.Catalog, views *web.Views) *phone.Service {
	return phone.New(phone.Config{DB: w.db, Keys: w.keys, People: w.people, Gazetteer: area.Load(), Home: langSon, Province: 20, Sender: w.gateway,
		Now: w.now, Catalog: cat, Views: views, Log: slog.New(slog.NewTextHandler(w.log, nil))})
}

// deliver sends what waits.
func (w *world) deliver() {
	w.t.Helper()
	r := &job.Runner{DB: w.db, Province: 20, Now: w.now, Log: slog.New(slog.NewTextHandler(w.log, nil))}
	if err := r.Drain(w.t.Context(), w.Jobs()[0]); err != nil {
		w.t.Fatal(err)
	}
}

var sixDigits = regexp.MustCompile(`\b\d{6}\b`)

// code asks for a code and reads the message.
func (w *world) code(number string) string {
	w.t.Helper()
	if err := w.AskCode(w.t.Context(), number, "192.0.2.1", i18n.VI); err != nil {
		w.t.Fatal(err)
	}
	w.deliver()
	return sixDigits.FindString(w.gateway.texts[len(w.gateway.texts)-1])
}

func (w *world) prove(number, code string) (string, phone.Device, error) {
	return w.Prove(w.t.Context(), phone.Proof{Number: number, Code: code, From: "192.0.2.1", Agent: "test"})
}

// enrol proves a number.
func (w *world) enrol(number string) (string, phone.Device) {
	w.t.Helper()
	token, d, err := w.prove(number, w.code(number))
	if err != nil {
		w.t.Fatal(err)
	}
	return token, d
}

// browser keeps cookies and does not follow redirects.
type browser struct {
	*world
	c *http.Client
}

func (w *world) browser() *browser {
	jar, _ := cookiejar.New(nil)
	return &browser{w, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// with is a browser that somebody has planted a token in.
func (w *world) with(token string) *browser {
	b := w.browser()
	u, _ := url.Parse(w.url)
	b.c.Jar.SetCookies(u, []*http.Cookie{{Name: "khien_phone", Value: token, Path: "/"}})
	return b
}

type reply struct {
	*http.Response
	body string
}

func (b *browser) do(method, path, kind, body string) reply {
	b.t.Helper()
	r, err := http.NewRequest(method, b.url+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	res, err := b.c.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	text, _ := io.ReadAll(res.Body)
	return reply{res, html.UnescapeString(string(text))}
}

func (b *browser) get(path string) reply { b.t.Helper(); return b.do("GET", path, "", "") }

func (b *browser) post(path string, pairs ...string) reply {
	b.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return b.do("POST", path, "application/x-www-form-urlencoded", form.Encode())
}

// want fails the test when the reply is not as told.
func (r reply) want(t *testing.T, status int, texts ...string) reply {
	t.Helper()
	if r.StatusCode != status {
		t.Fatalf("%s %s: got status %d, want %d: %s", r.Request.Method, r.Request.URL.Path, r.StatusCode, status, plain(r.body))
	}
	for _, text := range texts {
		if !strings.Contains(r.body, text) {
			t.Fatalf("%s %s: no %q in: %s", r.Request.Method, r.Request.URL.Path, text, plain(r.body))
		}
	}
	return r
}

func plain(page string) string {
	return strings.Join(strings.Fields(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(page, " ")), " ")
}
