package auth_test

import (
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
	"testing"
	"time"

	"khien/kernel/area"
	"khien/kernel/auth"
	"khien/kernel/i18n"
	"khien/kernel/store"
	"khien/kernel/store/storetest"
	"khien/kernel/web"
)

// names are the areas of the test's forms.
type names struct{}

func (names) Title(c area.Code) string { return area.Load().Title(c) }

func (names) Options() []area.Code { return []area.Code{langSon, huuLung, caoLoc} }

// site is a server with the pages of staff.
type site struct {
	*auth.Service
	t       *testing.T
	clock   *clock
	url     string
	catalog *i18n.Catalog
}

func eachSite(t *testing.T, test func(t *testing.T, s *site)) {
	storetest.Each(t, lines, func(t *testing.T, db *store.DB) { test(t, newSite(t, db)) })
}

func newSite(t *testing.T, db *store.DB) *site {
	cat, err := i18n.New(web.Texts, auth.Texts)
	if err != nil {
		t.Fatal(err)
	}
	views, err := web.NewViews(cat, nil, web.Pages{Name: "auth", FS: auth.Texts})
	if err != nil {
		t.Fatal(err)
	}
	c := newClock()
	s := newService(t, db, c)
	s.Views, s.Areas, s.Landing = views, names{}, "/profile"
	rt, err := web.NewRouter(web.Config{Catalog: cat, Views: views, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Proxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}})
	if err != nil {
		t.Fatal(err)
	}
	rt.Use(s.Middleware)
	s.Routes(rt)
	rt.With(auth.Require(auth.ReadCases)).Get("/cases", func(w http.ResponseWriter, r *http.Request) error {
		_, err := io.WriteString(w, "cases")
		return err
	})
	srv := httptest.NewServer(rt)
	t.Cleanup(srv.Close)
	t.Cleanup(func() {
		if m := cat.Missing(); len(m) > 0 {
			t.Errorf("texts missing: %v", m)
		}
	})
	s.BaseURL = srv.URL
	return &site{s, t, c, srv.URL, cat}
}

// browser keeps cookies and does not follow redirects.
type browser struct {
	*site
	c *http.Client
}

func (s *site) browser() *browser {
	jar, _ := cookiejar.New(nil)
	return &browser{s, &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

type reply struct {
	*http.Response
	body string
}

func (b *browser) do(method, path string, form url.Values, head ...string) reply {
	b.t.Helper()
	path = strings.TrimPrefix(path, b.url)
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequest(method, b.url+path, body)
	if err != nil {
		b.t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", b.url)
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for i := 0; i+1 < len(head); i += 2 {
		r.Header.Set(head[i], head[i+1])
	}
	res, err := b.c.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	text, _ := io.ReadAll(res.Body)
	return reply{res, string(text)}
}

func (b *browser) get(path string) reply { b.t.Helper(); return b.do("GET", path, nil) }

func (b *browser) post(path string, pairs ...string) reply {
	b.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return b.do("POST", path, form)
}

// want fails the test when the reply is not as told.
func (r reply) want(t *testing.T, status int, texts ...string) reply {
	t.Helper()
	if r.StatusCode != status {
		t.Fatalf("%s %s: got status %d, want %d: %s", r.Request.Method, r.Request.URL.Path, r.StatusCode, status, plainText(r.body))
	}
	for _, text := range texts {
		if !strings.Contains(r.body, text) {
			t.Fatalf("%s %s: no %q in: %s", r.Request.Method, r.Request.URL.Path, text, plainText(r.body))
		}
	}
	return r
}

func plainText(page string) string {
	return strings.Join(strings.Fields(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(page, " ")), " ")
}

// hidden returns the value of a hidden field.
func (r reply) hidden(t *testing.T, name string) string {
	t.Helper()
	m := regexp.MustCompile(`name="` + name + `" value="([^"]*)"`).FindStringSubmatch(r.body)
	if m == nil {
		t.Fatalf("no field %s in %s", name, plainText(r.body))
	}
	return html.UnescapeString(m[1])
}

func (b *browser) signIn(login string) reply {
	b.t.Helper()
	b.clock.pass(time.Minute)
	page := b.post("/sign-in", "login", login, "password", password, "next", "").want(b.t, 200, "Xác thực hai bước")
	return b.post("/sign-in/code", "ticket", page.hidden(b.t, "ticket"), "code", codeAt(b.t, secret32, b.clock.now()), "next", "").want(b.t, 303)
}

func (b *browser) demo(login string, role auth.Role, at area.Code) auth.Account {
	b.t.Helper()
	return demo(b.t, b.Service, login, role, at)
}

var codeTag = regexp.MustCompile(`<code>([^<]+)</code>`)

// setUp opens a link, fills its form and keeps the session.
func (b *browser) setUp(link string, pairs ...string) {
	b.t.Helper()
	page := b.get(link).want(b.t, 200, "data:image/png;base64,")
	secret := codeTag.FindStringSubmatch(page.body)[1]
	offer := page.hidden(b.t, "offer")
	form := append([]string{"password", password, "again", password, "offer", offer}, pairs...)

	b.post(link, append([]string{"code", "000000"}, form...)...).want(b.t, 422, "Mã không khớp", secret) // the same QR again
	form[3] = "something else"
	b.post(link, append([]string{"code", codeAt(b.t, secret, b.clock.now())}, form...)...).want(b.t, 422, "không giống nhau")
	form[3] = password
	page = b.post(link, append([]string{"code", codeAt(b.t, secret, b.clock.now())}, form...)...).want(b.t, 200, "Mã dự phòng")
	if got := len(codeTag.FindAllString(page.body, -1)); got != 8 {
		b.t.Errorf("got %d recovery codes", got)
	}
	b.get(link).want(b.t, 404, "đã dùng")
	b.post(link, append([]string{"code", codeAt(b.t, secret, b.clock.now())}, form...)...).want(b.t, 404)
}
