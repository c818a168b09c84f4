// Package assets serves what the browser loads: styles, scripts, typeface, icon. They are built by
// `go run ./web/build` into dist and embedded. A binary made without a build serves the plain stylesheets
// of src instead and has no scripts: every page still works, plainer.
//
// It also holds what the map's SVG, its legend and its script must agree upon: Scale, Class and Patterns.
package assets

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"
)

//go:embed all:dist src/*.css src/*.svg
var files embed.FS

// prefix is where Handler is mounted.
const prefix = "/assets/"

// Assets knows every embedded file by the URL it is served under. The zero value has none; use New.
type Assets struct {
	urls  map[string]string // plain name, app.css, to URL
	files map[string]file   // URL to content
}

type file struct {
	body, gz  []byte // gz is nil where packing saves nothing
	mediaType string
	etag      string
	policy    string // content security policy of its own; "": that of every answer
	immutable bool
}

// mediaTypes has every kind of file served. Anything else in dist is not for the browser.
var mediaTypes = map[string]string{
	".css":   "text/css; charset=utf-8",
	".js":    "text/javascript; charset=utf-8",
	".svg":   "image/svg+xml",
	".woff2": "font/woff2",
	".png":   "image/png",
	".json":  "application/json",
	".wasm":  "application/wasm",
}

// compiles is the policy of the one script that compiles WebAssembly: a worker
// that reads codes (docs/adr/033-scanning.md). A worker is ruled by its own
// answer's policy, so that no page needs to allow it.
const compiles = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'"

// New reads the embedded files. It panics if they cannot be read, which only a broken build of ours can cause.
func New() *Assets { return newFrom(files) }

func newFrom(fsys fs.FS) *Assets {
	a := &Assets{urls: map[string]string{}, files: map[string]file{}}
	if err := a.addSources(fsys); err != nil {
		panic(err)
	}
	if err := a.addBuild(fsys); err != nil {
		panic(err)
	}
	return a
}

// addSources offers src/app.css as /assets/src/app.css.
func (a *Assets) addSources(fsys fs.FS) error {
	names, err := fs.Glob(fsys, "src/*")
	if err != nil {
		return fmt.Errorf("assets: %w", err)
	}
	for _, name := range names {
		body, err := fs.ReadFile(fsys, name)
		if err != nil {
			return fmt.Errorf("assets: %w", err)
		}
		a.urls[path.Base(name)] = prefix + name
		a.files[prefix+name] = newFile(name, body, squeeze(body))
	}
	return nil
}

// addBuild offers what manifest.json lists; without a manifest there is no build.
func (a *Assets) addBuild(fsys fs.FS) error {
	text, err := fs.ReadFile(fsys, "dist/manifest.json")
	if err != nil {
		return nil
	}
	var manifest map[string]string
	if err := json.Unmarshal(text, &manifest); err != nil {
		return fmt.Errorf("assets: manifest.json: %w", err)
	}
	for name, hashed := range manifest {
		body, err := fs.ReadFile(fsys, "dist/"+hashed)
		if err != nil {
			return fmt.Errorf("assets: %w", err)
		}
		gz, _ := fs.ReadFile(fsys, "dist/"+hashed+".gz") // nil if there is none
		f := newFile(hashed, body, gz)
		f.immutable = true
		if name == "decoder.js" {
			f.policy = compiles
		}
		a.files[prefix+hashed] = f
		a.urls[name] = prefix + hashed
	}
	return nil
}

func newFile(name string, body, gz []byte) file {
	sum := sha256.Sum256(body)
	return file{body: body, gz: gz, mediaType: mediaTypes[path.Ext(name)], etag: hex.EncodeToString(sum[:8])}
}

func squeeze(body []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write(body)
	w.Close()
	return b.Bytes()
}

// URL returns the path of a file by its plain name: "/assets/app-6VK2XQ3L.css" for app.css, "/assets/src/app.css"
// where there is no build; "" for a name that is nowhere.
func (a *Assets) URL(name string) string { return a.urls[name] }

// Has reports whether there is a file of that plain name: styles always, scripts and typeface only after a build.
func (a *Assets) Has(name string) bool { return a.urls[name] != "" }

// Handler serves /assets/…: GET and HEAD, gzip where accepted, hashed names for a year.
func (a *Assets) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f, ok := a.files[r.URL.Path]
		if !ok || f.mediaType == "" {
			http.NotFound(w, r)
			return
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
			return
		}
		f.serve(w, r)
	})
}

func (f file) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", f.mediaType)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-cache")
	if f.policy != "" {
		h.Set("Content-Security-Policy", f.policy)
	}
	if f.immutable {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}

	body, etag := f.body, `"`+f.etag+`"`
	if f.gz != nil {
		h.Set("Vary", "Accept-Encoding")
		if acceptsGzip(r) {
			h.Set("Content-Encoding", "gzip")
			body, etag = f.gz, `"`+f.etag+`-gz"`
		}
	}

	h.Set("ETag", etag)
	if strings.Contains(r.Header.Get("If-None-Match"), etag) {
		h.Del("Content-Encoding")
		w.WriteHeader(http.StatusNotModified)
		return
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method == http.MethodGet {
		w.Write(body)
	}
}

// acceptsGzip reads Accept-Encoding as browsers and proxies send it; "gzip;q=0" refuses.
func acceptsGzip(r *http.Request) bool {
	for _, part := range strings.Split(r.Header.Get("Accept-Encoding"), ",") {
		name, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") {
			q := strings.ReplaceAll(params, " ", "")
			return q != "q=0" && !(strings.HasPrefix(q, "q=0.") && strings.Trim(q[4:], "0") == "")
		}
	}
	return false
}
