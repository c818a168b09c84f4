package assets

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

func built() *Assets {
	return newFrom(fstest.MapFS{
		"src/app.css":              {Data: []byte("body{}")},
		"dist/manifest.json":       {Data: []byte(`{"app.css":"app-ABC.css","map.js":"map-DEF.js"}`)},
		"dist/app-ABC.css":         {Data: []byte("body{color:red}")},
		"dist/app-ABC.css.gz":      {Data: []byte("packed")},
		"dist/map-DEF.js":          {Data: []byte("1")},
		"dist/left-over-in-dist.x": {Data: []byte("1")},
	})
}

func TestURL(t *testing.T) {
	plain := newFrom(fstest.MapFS{"src/app.css": {Data: []byte("body{}")}})
	for _, tt := range []struct {
		a          *Assets
		name, want string
		has        bool
	}{
		{built(), "app.css", "/assets/app-ABC.css", true},
		{built(), "map.js", "/assets/map-DEF.js", true},
		{built(), "none.js", "", false},
		{plain, "app.css", "/assets/src/app.css", true},
		{plain, "map.js", "", false},
	} {
		if got := tt.a.URL(tt.name); got != tt.want {
			t.Errorf("URL(%q) = %q, want %q", tt.name, got, tt.want)
		}
		if got := tt.a.Has(tt.name); got != tt.has {
			t.Errorf("Has(%q) = %v, want %v", tt.name, got, tt.has)
		}
	}
}

func TestHandler(t *testing.T) {
	for _, tt := range []struct {
		name, method, path, accept string
		status                     int
		body, encoding, cache      string
	}{
		{"hashed", "GET", "/assets/app-ABC.css", "", 200, "body{color:red}", "", "public, max-age=31536000, immutable"},
		{"gzip", "GET", "/assets/app-ABC.css", "br, gzip", 200, "packed", "gzip", "public, max-age=31536000, immutable"},
		{"gzip refused", "GET", "/assets/app-ABC.css", "gzip;q=0", 200, "body{color:red}", "", "public, max-age=31536000, immutable"},
		{"head", "HEAD", "/assets/app-ABC.css", "", 200, "", "", "public, max-age=31536000, immutable"},
		{"source", "GET", "/assets/src/app.css", "", 200, "body{}", "", "no-cache"},
		{"manifest", "GET", "/assets/manifest.json", "", 404, "404 page not found\n", "", ""},
		{"not listed", "GET", "/assets/left-over-in-dist.x", "", 404, "404 page not found\n", "", ""},
		{"climbing", "GET", "/assets/../assets.go", "", 404, "404 page not found\n", "", ""},
		{"post", "POST", "/assets/app-ABC.css", "", 405, "Method Not Allowed\n", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest(tt.method, tt.path, nil)
			r.Header.Set("Accept-Encoding", tt.accept)
			w := httptest.NewRecorder()
			built().Handler().ServeHTTP(w, r)
			if w.Code != tt.status || w.Body.String() != tt.body {
				t.Errorf("got %d %q, want %d %q", w.Code, w.Body, tt.status, tt.body)
			}
			if got := w.Header().Get("Content-Encoding"); got != tt.encoding {
				t.Errorf("Content-Encoding = %q, want %q", got, tt.encoding)
			}
			if got := w.Header().Get("Cache-Control"); got != tt.cache {
				t.Errorf("Cache-Control = %q, want %q", got, tt.cache)
			}
		})
	}
}

// One script may compile WebAssembly, and no page: the rest keep the policy that the Router sets.
func TestOnlyTheDecoderCompiles(t *testing.T) {
	a := newFrom(fstest.MapFS{
		"dist/manifest.json":      {Data: []byte(`{"decoder.js":"decoder-A.js","decoder-plain.js":"decoder-plain-B.js","z.wasm":"z-C.wasm"}`)},
		"dist/decoder-A.js":       {Data: []byte("1")},
		"dist/decoder-plain-B.js": {Data: []byte("1")},
		"dist/z-C.wasm":           {Data: []byte("1")},
	})
	for path, want := range map[string]string{"decoder-A.js": compiles, "decoder-plain-B.js": "", "z-C.wasm": ""} {
		w := httptest.NewRecorder()
		a.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/assets/"+path, nil))
		if got := w.Header().Get("Content-Security-Policy"); w.Code != 200 || got != want {
			t.Errorf("%s: got %d with policy %q, want %q", path, w.Code, got, want)
		}
	}
}

func TestHandlerNotModified(t *testing.T) {
	a := built()
	first := httptest.NewRecorder()
	a.Handler().ServeHTTP(first, httptest.NewRequest("GET", "/assets/map-DEF.js", nil))

	r := httptest.NewRequest("GET", "/assets/map-DEF.js", nil)
	r.Header.Set("If-None-Match", first.Header().Get("ETag"))
	second := httptest.NewRecorder()
	a.Handler().ServeHTTP(second, r)
	if second.Code != http.StatusNotModified || second.Body.Len() != 0 {
		t.Errorf("got %d with %d bytes, want 304 and none", second.Code, second.Body.Len())
	}
}

// The embedded sources are what a binary without a build serves: every @import of app.css must be there.
func TestSourcesStandAlone(t *testing.T) {
	css, err := files.ReadFile("src/app.css")
	if err != nil {
		t.Fatal(err)
	}
	a := New()
	for _, part := range strings.Split(string(css), `@import "./`)[1:] {
		name, _, _ := strings.Cut(part, `"`)
		if _, ok := a.files["/assets/src/"+name]; !ok {
			t.Errorf("app.css imports %q, which is not embedded", name)
		}
	}
}

func TestClass(t *testing.T) {
	for _, tt := range []struct {
		n      int
		hidden bool
		want   string
	}{
		{0, false, "l0"}, {-2, false, "l0"}, {0, true, "lh"}, {-1, true, "lh"}, {1, true, "l1"}, {4, false, "l1"},
		{5, false, "l2"}, {9, false, "l2"}, {10, false, "l3"}, {19, false, "l3"}, {20, false, "l4"}, {49, false, "l4"},
		{50, false, "l5"}, {12345, false, "l5"},
	} {
		if got := Class(tt.n, tt.hidden); got != tt.want {
			t.Errorf("Class(%d, %v) = %q, want %q", tt.n, tt.hidden, got, tt.want)
		}
	}
}

func TestPatternsNameWhatTheStylesUse(t *testing.T) {
	css, err := files.ReadFile("src/map.css")
	if err != nil {
		t.Fatal(err)
	}
	html := string(Patterns(640))
	for _, class := range []string{"lh", "l1", "l2", "l3", "l4"} {
		if !strings.Contains(html, `id="p-`+class+`"`) || !strings.Contains(string(css), "url(#p-"+class+")") {
			t.Errorf("pattern p-%s is missing in the page or in map.css", class)
		}
	}
}
