package web

import (
	"context"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"khien/kernel/i18n"
)

// state is what the Router knows of one request; it rides in its context.
type state struct {
	router *shared
	id     string
	lang   i18n.Lang
	theme  string
	path   *url.URL
	route  string
	viewer Viewer
	err    error
}

type stateKey struct{}

// stateOf returns the request's state, or one of defaults outside a Router.
func stateOf(ctx context.Context) *state {
	if st, ok := ctx.Value(stateKey{}).(*state); ok {
		return st
	}
	return &state{lang: i18n.VI, theme: themes[0], path: &url.URL{Path: "/"}}
}

// themes are what a reader may choose; the first follows the device.
var themes = []string{"auto", "light", "dark", "sun"}

func (rt *shared) newState(r *http.Request) *state {
	st := &state{router: rt, id: newRequestID(), lang: langOf(r), theme: themes[0], path: r.URL}
	if c, err := r.Cookie("theme"); err == nil && slices.Contains(themes, c.Value) {
		st.theme = c.Value
	}
	return st
}

// newRequestID returns eight letters and digits that are easy to say on the
// telephone (Crockford's base 32). It is no secret.
func newRequestID() string {
	const digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	var b [8]byte
	n := rand.Uint64()
	for i := range b {
		b[i] = digits[n>>(5*i)&31]
	}
	return string(b[:])
}

// langOf returns the language that the reader asks for: by query, by cookie, by
// browser, else Vietnamese.
func langOf(r *http.Request) i18n.Lang {
	if strings.Contains(r.URL.RawQuery, "lang=") {
		if l, ok := i18n.ParseLang(r.URL.Query().Get("lang")); ok {
			return l
		}
	}
	if c, err := r.Cookie("lang"); err == nil {
		if l, ok := i18n.ParseLang(c.Value); ok {
			return l
		}
	}
	for tag := range strings.SplitSeq(r.Header.Get("Accept-Language"), ",") {
		tag, _, _ = strings.Cut(tag, ";")
		if l, ok := i18n.ParseLang(tag); ok {
			return l
		}
	}
	return i18n.VI
}

// remember keeps a language or theme chosen by query ("?lang=en", "?theme=dark")
// in a cookie for a year. It is a preference, not an act: GET may set it.
func (st *state) remember(w http.ResponseWriter, r *http.Request) {
	if !strings.Contains(r.URL.RawQuery, "lang=") && !strings.Contains(r.URL.RawQuery, "theme=") || isAPI(r) {
		return
	}
	q := r.URL.Query()
	if l, ok := i18n.ParseLang(q.Get("lang")); ok {
		prefer(w, r, "lang", string(l))
	}
	if t := q.Get("theme"); slices.Contains(themes, t) {
		st.theme = t
		prefer(w, r, "theme", t)
	}
}

func prefer(w http.ResponseWriter, r *http.Request, name, value string) {
	http.SetCookie(w, &http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: int(365 * 24 * time.Hour / time.Second),
		HttpOnly: name == "lang", Secure: stateOf(r.Context()).secure(r), SameSite: http.SameSiteLaxMode,
	})
}

// Lang returns the language in which the request is answered.
func Lang(ctx context.Context) i18n.Lang { return stateOf(ctx).lang }

// Theme returns the theme in which the request is answered: "auto", "light",
// "dark" or "sun".
func Theme(ctx context.Context) string { return stateOf(ctx).theme }

// RequestID returns the name under which the request is logged; "" outside a Router.
func RequestID(ctx context.Context) string { return stateOf(ctx).id }

// Route returns the pattern of the request's route, "GET /cases/{id}", before
// the route runs, so that a Middleware may ask; "" for a path that none answers.
func Route(ctx context.Context) string { return stateOf(ctx).route }

// T returns a text of the catalog in the request's language; see i18n.Catalog.T.
func T(ctx context.Context, key string, args ...any) string {
	st := stateOf(ctx)
	if st.router == nil {
		return key
	}
	return st.router.Catalog.T(st.lang, key, args...)
}

// Viewer is who looks at a page, as the layout shows it. The zero Viewer is
// somebody not signed in.
type Viewer struct {
	Name string // as the account has it
	Role string // a catalog key, "role.tracer"
	Menu []Link // what this role may open
	// SignOut is the path that ends the session when a form is posted there; "" leaves the button out.
	SignOut string
}

// Link is one entry of a menu.
type Link struct {
	Href string // a path of ours
	Key  string // the catalog key of its text
}

type viewerKey struct{}

// WithViewer returns ctx with v in it. The layout of every page of the request,
// its error page included, shows v.
func WithViewer(ctx context.Context, v Viewer) context.Context {
	stateOf(ctx).viewer = v
	return context.WithValue(ctx, viewerKey{}, v)
}

// ViewerOf returns who WithViewer put there, or the zero Viewer.
func ViewerOf(ctx context.Context) Viewer {
	v, _ := ctx.Value(viewerKey{}).(Viewer)
	return v
}
