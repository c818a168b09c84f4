package web

import (
	"maps"
	"net/http"
	"slices"
	"time"
)

// route is one registered pattern with its limits.
type route struct {
	pattern string
	handler Handler
	maxBody int64
	timeout time.Duration
	quiet   bool
	plain   bool
}

func newRoute(pattern string, h Handler, opts []Option) *route {
	ro := &route{pattern: pattern, handler: h, maxBody: DefaultMaxBody, timeout: DefaultTimeout}
	for _, o := range opts {
		o(ro)
	}
	return ro
}

// Option changes the limits of one route.
type Option func(*route)

// MaxBody lets the route's request body be n bytes long.
func MaxBody(n int64) Option { return func(rt *route) { rt.maxBody = n } }

// Timeout gives the route d to read its body and to answer; 0 is without end.
func Timeout(d time.Duration) Option { return func(rt *route) { rt.timeout = d } }

// Stream is for routes that answer as long as the reader stays: no timeout, no
// compression.
func Stream() Option { return func(rt *route) { rt.timeout, rt.plain = 0, true } }

// Quiet logs the route's good answers at level debug only: for snapshots and
// assets, which are asked for a thousand times a second.
func Quiet() Option { return func(rt *route) { rt.quiet = true } }

// NoGzip leaves the route's pages uncompressed. It is for pages that show a
// secret (a set-up link, a TOTP key): compressed next to text that a stranger
// chose, its length would betray it (BREACH, CVE-2013-3587). Khiên's other pages
// hold no secret: sessions live in cookies only, and forms carry no token,
// because http.CrossOriginProtection needs none.
func NoGzip() Option { return func(rt *route) { rt.plain = true } }

// Get answers GET and HEAD of path, which may hold {name} parts as
// http.ServeMux has them.
func (rt *Router) Get(path string, h Handler, opts ...Option) {
	rt.Handle(http.MethodGet+" "+path, h, opts...)
}

// Post answers POST of path. A request that a browser sent from another origin
// is refused before it gets here.
func (rt *Router) Post(path string, h Handler, opts ...Option) {
	rt.Handle(http.MethodPost+" "+path, h, opts...)
}

// Handle answers a whole ServeMux pattern, "PUT /cases/{id}". It panics on a
// pattern that is none or that conflicts with another.
func (rt *Router) Handle(pattern string, h Handler, opts ...Option) {
	ro := newRoute(pattern, h, opts)
	for i := len(rt.with) - 1; i >= 0; i-- {
		ro.handler = rt.with[i](ro.handler)
	}
	rt.routes[pattern] = ro
	rt.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		stateOf(r.Context()).err = ro.handler(w, r)
	})
}

// Patterns lists the registered patterns, sorted: so that a test can ask of each
// who may.
func (rt *Router) Patterns() []string { return slices.Sorted(maps.Keys(rt.routes)) }

// Use wraps every answer of the Router, the first added outermost.
func (rt *Router) Use(mw ...Middleware) {
	rt.use = append(rt.use, mw...)
	h := Handler(rt.dispatch)
	for i := len(rt.use) - 1; i >= 0; i-- {
		h = rt.use[i](h)
	}
	rt.handler = h
}

// With returns a Router of the same address whose routes, and only those
// registered through it, run inside mw as well.
func (rt *Router) With(mw ...Middleware) *Router {
	return &Router{shared: rt.shared, with: append(rt.with[:len(rt.with):len(rt.with)], mw...)}
}
