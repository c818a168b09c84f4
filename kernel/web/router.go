package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"
)

// ServeHTTP answers one request; see the package manual for what that includes.
func (rt *shared) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	began := time.Now()
	a := &answer{ResponseWriter: w, head: r.Method == http.MethodHead}
	st := rt.newState(r)
	r = r.WithContext(context.WithValue(r.Context(), stateKey{}, st))
	rt.secure(a.Header(), r)
	st.remember(a, r)

	_, pattern := rt.mux.Handler(r)
	ro := rt.routes[pattern]
	if ro == nil {
		ro = newRoute("", nil, nil)
	}
	st.route = ro.pattern
	a.plain, a.gzip = ro.plain, acceptsGzip(r)

	err := rt.answer(a, r, ro)
	if err != nil {
		rt.fail(a, r, err)
	}
	a.finish()
	rt.record(r, ro, a, time.Since(began))
	if a.abort {
		panic(http.ErrAbortHandler)
	}
}

// answer runs the route inside its limits; a panic becomes an error.
func (rt *shared) answer(a *answer, r *http.Request, ro *route) (err error) {
	defer func() {
		if p := recover(); p != nil && p != http.ErrAbortHandler {
			err = &panicked{value: p, stack: debug.Stack()}
		} else if p != nil {
			a.abort = true
		}
	}()
	if err := rt.csrf.Check(r); err != nil {
		return errCrossOrigin.Because(err)
	}
	limit(a, ro.timeout)
	if ro.timeout > 0 {
		ctx, cancel := context.WithTimeout(r.Context(), ro.timeout)
		defer cancel()
		r = r.WithContext(ctx)
	}
	if r.Body != nil && r.Body != http.NoBody {
		r.Body = http.MaxBytesReader(a, r.Body, ro.maxBody)
	}
	return rt.handler(a, r)
}

// limit sets the connection's deadlines for one answer, a little after its
// context ends, for the page that says so must still get out. A writer that has
// none, as in tests, goes without.
func limit(w http.ResponseWriter, timeout time.Duration) {
	var until time.Time
	if timeout > 0 {
		until = time.Now().Add(timeout + 5*time.Second)
	}
	c := http.NewResponseController(w)
	_ = c.SetReadDeadline(until)
	_ = c.SetWriteDeadline(until)
}

// dispatch is the innermost Handler: the mux, with its two refusals as errors.
func (rt *shared) dispatch(w http.ResponseWriter, r *http.Request) error {
	st := stateOf(r.Context())
	if st.route != "" {
		rt.mux.ServeHTTP(w, r)
		return st.err
	}
	h, _ := rt.mux.Handler(r)
	probe := &probe{header: http.Header{}}
	h.ServeHTTP(probe, r)
	switch {
	case probe.status == http.StatusMethodNotAllowed:
		w.Header().Set("Allow", probe.header.Get("Allow"))
		return errMethod
	case probe.status/100 == 3:
		h.ServeHTTP(w, r)
		return nil
	}
	return errNoPage
}

// probe learns what the mux itself would answer to a path it does not know.
type probe struct {
	header http.Header
	status int
}

func (p *probe) Header() http.Header         { return p.header }
func (p *probe) Write(b []byte) (int, error) { return len(b), nil }
func (p *probe) WriteHeader(status int)      { p.status = status }

// panicked is a bug that a handler hit.
type panicked struct {
	value any
	stack []byte
}

func (p *panicked) Error() string { return fmt.Sprintf("panic: %v", p.value) }

// record counts and logs one answer by its route.
func (rt *shared) record(r *http.Request, ro *route, a *answer, took time.Duration) {
	name := ro.pattern
	if name == "" {
		name = "none"
	}
	rt.meter.answered(name, a.status, took)
	level := slog.LevelInfo
	if ro.quiet && a.status < 400 {
		level = slog.LevelDebug
	}
	if ctx := r.Context(); rt.Log.Enabled(ctx, level) {
		rt.Log.LogAttrs(ctx, level, "request",
			slog.String("id", stateOf(ctx).id), slog.String("method", r.Method), slog.String("route", name),
			slog.Int("status", a.status), slog.Float64("ms", float64(took.Microseconds())/1000), slog.Int64("bytes", a.bytes))
	}
}

// gone reports whether err only says that the reader has left.
func gone(r *http.Request, err error) bool {
	return r.Context().Err() != nil && errors.Is(err, context.Canceled)
}
