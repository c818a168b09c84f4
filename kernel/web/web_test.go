package web_test

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"khien/kernel/i18n"
	"khien/kernel/web"
)

// site is a Router on a real server, with what it logged.
type site struct {
	*httptest.Server
	rt  *web.Router
	cat *i18n.Catalog
	log *logs
}

// logs gathers log lines from every goroutine.
type logs struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logs) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

var testPages = fstest.MapFS{
	"pages/vi.json":          {Data: []byte(`{"try.title":"Trang thử","done.try.saved":"Đã lưu.","nav.map":"Bản đồ","role.tracer":"Cán bộ truy vết"}`)},
	"pages/en.json":          {Data: []byte(`{"try.title":"Trial","done.try.saved":"Saved.","nav.map":"Map","role.tracer":"Tracer"}`)},
	"pages/parts/hello.html": {Data: []byte(`{{define "hello"}}<p>{{.}}</p>{{end}}`)},
	"pages/list.html":        {Data: []byte(`{{define "title"}}{{t "try.title"}}{{end}}{{define "main"}}<h1>{{t "try.title"}}</h1>{{template "hello" .}}{{end}}`)},
}

// assets are the built assets of a build that made app.css and app.js only.
type assets struct{}

func (assets) URL(name string) string { return "/assets/" + name }
func (assets) Has(name string) bool   { return name == "app.css" || name == "app.js" }
func (assets) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.URL.Path) })
}

func newSite(t *testing.T, c web.Config, routes func(rt *web.Router, v *web.Views)) *site {
	t.Helper()
	cat, err := i18n.New(web.Texts, testPages)
	if err != nil {
		t.Fatal(err)
	}
	views, err := web.NewViews(cat, assets{}, web.Pages{Name: "try", FS: testPages})
	if err != nil {
		t.Fatal(err)
	}
	s := &site{cat: cat, log: &logs{}}
	c.Catalog, c.Views, c.Log = cat, views, slog.New(slog.NewJSONHandler(s.log, nil))
	if s.rt, err = web.NewRouter(c); err != nil {
		t.Fatal(err)
	}
	routes(s.rt, views)
	s.Server = httptest.NewServer(s.rt)
	t.Cleanup(func() {
		s.Close()
		if m := cat.Missing(); m != nil {
			t.Errorf("texts asked for and not there: %v", m)
		}
	})
	return s
}

// ask sends one request; pairs are header name, value. Redirects are not followed.
func (s *site) ask(t *testing.T, method, path, body string, pairs ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequest(method, s.URL+path, strings.NewReader(body))
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

func wantHas(t *testing.T, what, got string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(got, want) {
			t.Errorf("%s: got\n%s\nwant it to have %q", what, got, want)
		}
	}
}

// benchRouter is a Router without a server and without a log.
func benchRouter(b *testing.B) *web.Router {
	cat, err := i18n.New(web.Texts)
	if err != nil {
		b.Fatal(err)
	}
	views, err := web.NewViews(cat, nil)
	if err != nil {
		b.Fatal(err)
	}
	rt, err := web.NewRouter(web.Config{Catalog: cat, Views: views, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	return rt
}
