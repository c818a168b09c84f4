package declaration_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"khien/checkin/declaration"
	"khien/kernel/area"
	"khien/kernel/audit"
	"khien/kernel/auth"
	"khien/kernel/auth/authtest"
	"khien/kernel/event"
	"khien/kernel/i18n"
	"khien/kernel/id"
	"khien/kernel/job"
	"khien/kernel/person"
	"khien/kernel/phone"
	"khien/kernel/secret"
	"khien/kernel/store"
	"khien/kernel/store/storetest"
	"khien/kernel/web"
	"khien/wire/qr"
)

var lines = []storetest.Line{{Name: "event", Files: event.Migrations()}, {Name: "job", Files: job.Migrations()}, {Name: "audit", Files: audit.Migrations()},
	{Name: "auth", Files: auth.Migrations()}, {Name: "person", Files: person.Migrations()}, {Name: "phone", Files: phone.Migrations()},
	{Name: "declaration", Files: declaration.Migrations()}}

const site = "https://khien.example"

// signer signs as the province does.
type signer struct {
	private ed25519.PrivateKey
	now     func() time.Time
}

func (s signer) SignDeclaration(d qr.DeclarationCode) (qr.UnverifiedDeclaration, error) {
	return qr.SignDeclaration(s.private, d)
}

func (s signer) Trust(int) qr.Trust {
	return qr.Trust{Keys: []qr.Key{{Public: s.private.Public().(ed25519.PublicKey), Issuer: "VN-09"}}, Issuer: "VN-09", Sites: []string{site}, Now: s.now()}
}

// held are the people whom a case holds.
type held map[id.ID]bool

func (h held) HeldByCase(context.Context, []id.ID) (map[id.ID]bool, error) { return h, nil }

// world is a server with declarations, on one engine.
type world struct {
	*declaration.Service
	t       testing.TB
	db      *store.DB
	people  *person.Service
	phones  *phone.Service
	auth    *auth.Service
	catalog *i18n.Catalog
	held    held
	url     string
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

var everything = auth.Console(20, "test", "test")

func each(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	storetest.Each(t, lines, func(t *testing.T, db *store.DB) { test(t, newWorld(t, db)) })
}

func newWorld(t testing.TB, db *store.DB) *world {
	t.Helper()
	w := &world{t: t, db: db, held: held{}, at: time.Date(2021, 11, 1, 3, 0, 0, 0, time.UTC)}
	keys, gazetteer, home, log := secret.New(bytes.Repeat([]byte{7}, 32)), area.Load(), w.area("2021/20"), slog.New(slog.NewTextHandler(io.Discard, nil))
	var err error
	pages := []web.Pages{auth.Pages(), phone.Pages(), person.Pages(), declaration.Pages()}
	if w.catalog, err = i18n.New(web.Texts, pages[0].FS, pages[1].FS, pages[2].FS, pages[3].FS); err != nil {
		t.Fatal(err)
	}
	views, err := web.NewViews(w.catalog, nil, pages...)
	if err != nil {
		t.Fatal(err)
	}
	if w.auth, err = auth.New(auth.Config{DB: db, Keys: keys, Province: 20, Home: home, Ground: gazetteer, Now: w.now, Views: views, HashKiB: 64}); err != nil {
		t.Fatal(err)
	}
	w.people = person.New(person.Config{DB: db, Keys: keys})
	w.phones = phone.New(phone.Config{DB: db, Keys: keys, People: w.people, Gazetteer: gazetteer, Home: home, Province: 20, Now: w.now, Catalog: w.catalog, Views: views, Log: log})
	w.Service = declaration.New(declaration.Config{DB: db, Keys: keys, People: w.people, Phones: w.phones, Gazetteer: gazetteer, Home: home, Province: 20,
		Signer: signer{ed25519.NewKeyFromSeed(bytes.Repeat([]byte{9}, 32)), w.now}, Site: site, Cases: w.held, Now: w.now, Views: views, Log: log})
	rt, err := web.NewRouter(web.Config{Catalog: w.catalog, Views: views, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	rt.Use(w.auth.Middleware, w.phones.Middleware)
	w.phones.Routes(rt)
	w.Routes(rt)
	srv := httptest.NewServer(rt)
	t.Cleanup(srv.Close)
	w.url = srv.URL
	return w
}

func (w *world) area(path string) area.Code {
	c, err := area.Parse(path)
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// phone makes a proven phone of somebody of Hữu Lũng.
func (w *world) phone(number, name string) (phone.Enrolled, phone.Identity) {
	w.t.Helper()
	all, err := w.phones.EnrolForDemo(w.t.Context(), everything, number)
	if err != nil {
		w.t.Fatal(err)
	}
	i, err := w.phones.Say(w.t.Context(), all[0].Device, phone.Identity{ID: id.New(), Self: true, Name: name, Birth: "1988-05-14", Sex: "female", Area: w.area("2021/20/186")})
	if err != nil {
		w.t.Fatal(err)
	}
	return all[0], i
}

func healthy() declaration.Answers {
	return declaration.Answers{"passed": {"no"}, "signs": {"no"}, "met_case": {"no"}, "met_abroad": {"no"}, "met_signs": {"no"}}
}

// draft is a declaration of a phone's holder.
func draft(i phone.Identity, a declaration.Answers) declaration.Draft {
	return declaration.Draft{ID: id.New(), Kind: declaration.Everyone, Person: i.Person, Lang: i18n.VI,
		Content: declaration.Content{Who: declaration.Who{Name: i.Name, Birth: i.Birth, Area: i.Area}, Answers: a}}
}

// officer returns the scope of an account, signed in for real, and its token.
func (w *world) officer(login, path string, role auth.Role, act auth.Act) (auth.Scope, string) {
	w.t.Helper()
	token, session := authtest.SignIn(w.t, w.auth, w.now(), auth.Demo{Login: login, Role: role, Area: w.area(path)})
	sc, err := session.Scope(act, "test")
	if err != nil {
		w.t.Fatal(err)
	}
	return sc, token
}

// browser keeps cookies and does not follow redirects.
type browser struct {
	*world
	c *http.Client
}

// browser is one with the given cookies: name, value.
func (w *world) browser(pairs ...string) *browser {
	jar, _ := cookiejar.New(nil)
	u, _ := url.Parse(w.url)
	for i := 0; i+1 < len(pairs); i += 2 {
		jar.SetCookies(u, []*http.Cookie{{Name: pairs[i], Value: pairs[i+1], Path: "/"}})
	}
	return &browser{w, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

func (w *world) with(e phone.Enrolled) *browser { return w.browser("khien_phone", e.Token) }

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
	return reply{res, string(text)}
}

func (b *browser) get(path string) reply { b.t.Helper(); return b.do("GET", path, "", "") }

func (b *browser) json(method, path, body string) reply {
	b.t.Helper()
	return b.do(method, path, "application/json", body)
}

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
	body := html.UnescapeString(r.body)
	if r.StatusCode != status {
		t.Fatalf("%s %s: got status %d, want %d: %s", r.Request.Method, r.Request.URL.Path, r.StatusCode, status, plain(body))
	}
	for _, text := range texts {
		if !strings.Contains(body, text) {
			t.Fatalf("%s %s: no %q in: %s", r.Request.Method, r.Request.URL.Path, text, plain(body))
		}
	}
	return r
}

func plain(page string) string {
	return strings.Join(strings.Fields(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(page, " ")), " ")
}
