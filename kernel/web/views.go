package web

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"sync"

	"khien/kernel/i18n"
)

// Texts holds the catalogs of the layout and of the Router's own sentences:
// pages/vi.json and pages/en.json, for i18n.New.
//
//go:embed pages
var Texts embed.FS

// Assets are the built scripts, styles, fonts and pictures. Package /web is
// them; without a build it has none, and the pages still work, plainer.
type Assets interface {
	URL(name string) string // where "app.css" is served: a path below /assets/
	Handler() http.Handler  // answers everything below /assets/
	Has(name string) bool   // whether the build made it
}

// Pages are the templates of one package: FS holds pages/*.html. The file
// pages/list.html of the package named outbreak is the page "outbreak/list.html".
// Files in pages/parts/ are no pages; their templates serve all pages of the
// package.
//
// A page defines "main", and "title" where it has one of its own; it may define
// "head" and "scripts". All four see the data given to Render.
type Pages struct {
	Name string
	FS   fs.FS
}

// Views holds the parsed pages of the program, each in every language.
type Views struct {
	catalog *i18n.Catalog
	assets  Assets
	pages   map[i18n.Lang]map[string]*template.Template
}

// NewViews parses the pages of every package, with the layout and the
// components. assets may be nil. A template that does not parse, and a page
// without "main", is an error.
func NewViews(c *i18n.Catalog, assets Assets, pages ...Pages) (*Views, error) {
	v := &Views{catalog: c, assets: assets, pages: map[i18n.Lang]map[string]*template.Template{}}
	for _, l := range slices.Concat(i18n.Langs, i18n.Partial) {
		v.pages[l] = map[string]*template.Template{}
		base, err := template.New("").Funcs(v.funcs(l)).ParseFS(Texts, "pages/parts/*.html")
		if err != nil {
			return nil, fmt.Errorf("web: layout: %w", err)
		}
		for _, p := range append([]Pages{{"web", Texts}}, pages...) {
			if !i18n.Speaks(l, p.FS) {
				continue
			}
			if err := v.parse(l, base, p); err != nil {
				return nil, err
			}
		}
	}
	return v, nil
}

// parse reads the pages of one package in one language.
func (v *Views) parse(l i18n.Lang, base *template.Template, p Pages) error {
	files, err := fs.Glob(p.FS, "pages/*.html")
	if err != nil {
		return fmt.Errorf("web: pages of %s: %w", p.Name, err)
	}
	parts, err := fs.Glob(p.FS, "pages/parts/*.html")
	if err != nil {
		return fmt.Errorf("web: pages of %s: %w", p.Name, err)
	}
	for _, f := range files {
		t, err := template.Must(base.Clone()).ParseFS(p.FS, append(parts[:len(parts):len(parts)], f)...)
		if err == nil && t.Lookup("main") == nil {
			err = errors.New(`defines no "main"`)
		}
		if err != nil {
			return fmt.Errorf("web: page %s/%s: %w", p.Name, path.Base(f), err)
		}
		fold(v.catalog, l, t)
		v.pages[l][p.Name+"/"+path.Base(f)] = t
	}
	return nil
}

// Asset returns the path of a built file by its plain name, "app.css"; "" where
// there is none.
func (v *Views) Asset(name string) string { return v.asset(name) }

// Keys lists the keys of the catalog that begin with prefix: for pages whose
// script has to say many texts.
func (v *Views) Keys(prefix string) []string { return v.catalog.Keys(prefix) }

// frame is what the layout sees; the page's own templates see Data.
type frame struct {
	Data   any
	Lang   i18n.Lang
	Theme  string
	Path   string
	Viewer Viewer
	Nav    []Link
	SignIn string
	Langs  []choice
	Themes []choice
	Done   string // catalog key of what has just been done, or ""
}

// choice is one entry of the language or theme switch.
type choice struct {
	Value   string
	Href    string
	Current bool
}

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// Render answers with a page in the reader's language. The page is made whole
// before its first byte is sent, so an error leaves nothing half-done. data is
// what "main" sees; the layout finds the rest in the request.
func (v *Views) Render(w http.ResponseWriter, r *http.Request, status int, name string, data any) error {
	return v.execute(w, r, status, name, "layout", v.frame(r, name, data))
}

// Fragment answers with one template of a page, without the layout: for a
// script that replaces a part of what it shows.
func (v *Views) Fragment(w http.ResponseWriter, r *http.Request, status int, name, part string, data any) error {
	return v.execute(w, r, status, name, part, data)
}

func (v *Views) execute(w http.ResponseWriter, r *http.Request, status int, name, part string, data any) error {
	l := v.spoken(stateOf(r.Context()).lang, name)
	t := v.pages[l][name]
	if t == nil {
		return fmt.Errorf("web: page %s: not there", name)
	}
	b := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(b)
	b.Reset()
	if err := t.ExecuteTemplate(b, part, data); err != nil {
		return fmt.Errorf("web: page %s: %w", name, err)
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", string(l))
	h.Add("Vary", "Accept-Language, Cookie")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // a reader that has left is no news
	return nil
}

// spoken is the language of a page for a reader of l: English where the page
// does not speak a partial language.
func (v *Views) spoken(l i18n.Lang, name string) i18n.Lang {
	if v.pages[l][name] == nil && slices.Contains(i18n.Partial, l) {
		return i18n.EN
	}
	return l
}

func (v *Views) frame(r *http.Request, name string, data any) frame {
	st := stateOf(r.Context())
	lang := v.spoken(st.lang, name)
	f := frame{Data: data, Lang: lang, Theme: st.theme, Path: st.path.Path, Viewer: st.viewer}
	if st.router != nil {
		f.Nav, f.SignIn = st.router.Nav, st.router.SignIn
	}
	for _, l := range slices.Concat(i18n.Langs, i18n.Partial) {
		if v.pages[l][name] != nil {
			f.Langs = append(f.Langs, choice{string(l), with(st.path, "lang", string(l)), l == lang})
		}
	}
	for _, t := range themes {
		f.Themes = append(f.Themes, choice{t, with(st.path, "theme", t), t == st.theme})
	}
	if done := "done." + st.path.Query().Get("_done"); done != "done." {
		if _, ok := v.catalog.Text(lang, done); ok {
			f.Done = done
		}
	}
	return f
}

// with returns u's path and query with one parameter set.
func with(u *url.URL, name, value string) string {
	q := u.Query()
	q.Set(name, value)
	return u.EscapedPath() + "?" + q.Encode()
}

// Redirect sends the reader of a form to path, a path of ours, with status 303.
// done names what was done: the layout shows the text "done.<done>"; "" is silent.
func Redirect(w http.ResponseWriter, r *http.Request, to, done string) error {
	if u, err := url.Parse(LocalPath(to)); err == nil && done != "" {
		to = with(u, "_done", done)
	}
	http.Redirect(w, r, LocalPath(to), http.StatusSeeOther)
	return nil
}

// LocalPath returns s when it is a path of this address, else "/": nobody is
// sent to a stranger's page by a link of ours.
func LocalPath(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(s, "/") || strings.HasPrefix(s, "//") || strings.ContainsAny(s, "\\\n\r\t") {
		return "/"
	}
	return s
}
