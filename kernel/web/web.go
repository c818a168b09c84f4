// Package web serves Khiên's pages, its JSON API and its live streams.
//
// A handler decodes, authorises, makes one call and renders; what goes wrong it
// returns. One place, Router, gives every answer its security headers, limits
// its body and its time, recovers a panic, counts and logs it by route pattern
// (never by query, name, token or phone), and says every refusal in the reader's
// language, as a page or as application/problem+json (RFC 9457).
//
//	rt, err := web.NewRouter(web.Config{Catalog: cat, Views: views, Log: log})
//	rt.Use(auth.Middleware)
//	rt.Get("/cases/{id}", s.getCase)
//	rt.Post("/cases", s.postCase, web.MaxBody(1<<20))
//	err = web.Serve(ctx, web.Listen{Addr: ":8080"}, rt)
//
// Pages are rendered by Views from html/template files, forms are read by
// Decode, live screens hang on a Hub, snapshots held in memory are answered by
// Snapshot. No page needs a script, and no page may hold one inline: the content
// security policy forbids it.
package web

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/prometheus/client_golang/prometheus"

	"khien/kernel/i18n"
)

// Handler answers one request, or returns why it cannot. An error is rendered
// by the Router; a Handler that returns one has written nothing.
type Handler func(w http.ResponseWriter, r *http.Request) error

// Middleware wraps a Handler. It runs after the Router's own limits and before
// the route, also for paths that no route answers.
type Middleware func(Handler) Handler

// Limits that hold unless a route says otherwise.
const (
	DefaultMaxBody = 64 << 10         // bytes of a request body
	DefaultTimeout = 30 * time.Second // from the headers read to the answer written
)

// Config is what a Router needs. Catalog and Views must be there; the zero value
// of everything else is useful.
type Config struct {
	Catalog *i18n.Catalog
	Views   *Views
	Log     *slog.Logger          // nil: slog.Default
	Metrics prometheus.Registerer // nil: a registry of its own, that nobody reads
	Origins []string              // other origins whose forms are trusted, "https://host[:port]"
	Proxies []netip.Prefix        // proxies whose X-Forwarded-For and -Proto are believed
	Nav     []Link                // the navigation that everybody sees
	SignIn  string                // where ErrSignIn leads; "": /sign-in
	Prove   string                // where ErrProve leads; "": /phone
}

// Router answers all of one address. Register everything before serving: it is
// safe for concurrent requests, not for concurrent registration.
type Router struct {
	*shared
	with []Middleware
}

// shared is what a Router and those made of it by With have in common.
type shared struct {
	Config
	mux     *http.ServeMux
	routes  map[string]*route
	use     []Middleware
	handler Handler
	csrf    *http.CrossOriginProtection
	meter   *meter
	api     huma.API
}

// NewRouter returns a Router that answers /assets/ from the views' assets and
// everything else with a page that says that it is not there. A trusted origin
// that is none is an error.
func NewRouter(c Config) (*Router, error) {
	if c.Log == nil {
		c.Log = slog.Default()
	}
	if c.Metrics == nil {
		c.Metrics = prometheus.NewRegistry()
	}
	if c.SignIn == "" {
		c.SignIn = "/sign-in"
	}
	if c.Prove == "" {
		c.Prove = "/phone"
	}
	s := &shared{Config: c, mux: http.NewServeMux(), routes: map[string]*route{}, csrf: http.NewCrossOriginProtection()}
	for _, o := range c.Origins {
		if err := s.csrf.AddTrustedOrigin(o); err != nil {
			return nil, fmt.Errorf("web: origin %s: %w", o, err)
		}
	}
	var err error
	if s.meter, err = newMeter(c.Metrics); err != nil {
		return nil, err
	}
	s.handler = s.dispatch
	rt := &Router{shared: s}
	if a := c.Views.assets; a != nil {
		rt.Get("/assets/", Wrap(a.Handler()), Quiet())
	}
	return rt, nil
}

// Wrap makes a Handler of an http.Handler that never fails.
func Wrap(h http.Handler) Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		h.ServeHTTP(w, r)
		return nil
	}
}
