package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"khien/kernel/fault"
)

// ErrSignIn says that the page is for people who have signed in. A reader of
// pages is sent to Config.SignIn, a program gets status 401.
var ErrSignIn = errors.New("web: sign in first")

// ErrProve says that the page is for people who have proved a telephone number.
// A reader of pages is sent to Config.Prove, a program gets status 401.
var ErrProve = errors.New("web: prove a phone first")

// The Router's own refusals.
var (
	errNoPage      = fault.New(fault.NotFound, "web.page")
	errMethod      = fault.New(fault.Invalid, "web.method")
	errTooLarge    = fault.New(fault.Invalid, "web.too_large")
	errCrossOrigin = fault.New(fault.Forbidden, "web.cross_origin")
	errTimeout     = fault.New(fault.Busy, "web.timeout")
)

// Rate returns the refusal of one who asks too often: status 429, to be tried
// again after wait.
func Rate(wait time.Duration) *fault.Error {
	return fault.New(fault.Busy, "web.rate").With("seconds", int(math.Ceil(max(wait, time.Second).Seconds())))
}

// Problem is the body of a refusal to a program (RFC 9457). Code is stable and
// made for programs, Detail is a sentence in the reader's language.
type Problem struct {
	Type     string    `json:"type" doc:"always about:blank; code says what it is"`
	Title    string    `json:"title" doc:"the status in words"`
	Status   int       `json:"status" example:"422"`
	Detail   string    `json:"detail" doc:"what is wrong and what to do next, in the reader's language"`
	Code     string    `json:"code" example:"form.date" doc:"the kind of trouble, for programs"`
	Instance string    `json:"instance" doc:"the request's name in the log"`
	Errors   []Trouble `json:"errors,omitempty" doc:"what is wrong with which field"`
}

// Trouble is what is wrong with one field of a request.
type Trouble struct {
	Field string `json:"field" example:"query.day"`
	Row   int    `json:"row,omitempty" doc:"row of a table, counted from 1"`
	Value string `json:"value,omitempty" doc:"what stood there, cut to 80 characters"`
	Code  string `json:"code" example:"form.date"`
	Why   string `json:"why" doc:"a sentence in the reader's language"`
}

// Error says status, code and detail.
func (p *Problem) Error() string { return fmt.Sprintf("%d %s: %s", p.Status, p.Code, p.Detail) }

// RequestID returns the request's name in the log, as a reader can say it on the telephone.
func (p *Problem) RequestID() string { return strings.TrimPrefix(p.Instance, instance) }

// GetStatus returns the HTTP status; huma asks for it.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType returns application/problem+json; huma asks for it.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

const instance = "urn:khien:request:"

// statusOf returns the HTTP status of a fault.
func statusOf(f *fault.Error) int {
	switch f.Key {
	case errMethod.Key:
		return http.StatusMethodNotAllowed
	case errTooLarge.Key:
		return http.StatusRequestEntityTooLarge
	case "web.rate":
		return http.StatusTooManyRequests
	}
	switch f.Kind {
	case fault.NotFound:
		return http.StatusNotFound
	case fault.Invalid:
		return http.StatusUnprocessableEntity
	case fault.Conflict:
		return http.StatusConflict
	case fault.Forbidden:
		return http.StatusForbidden
	case fault.Busy:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// problem says err in the language of the request. What is no fault is status
// 500 without a word about its cause.
func (st *state) problem(err error) *Problem {
	rt := st.router
	p := &Problem{Type: "about:blank", Instance: instance + st.id}
	var large *http.MaxBytesError
	f := fault.Of(err)
	switch {
	case errors.Is(err, ErrSignIn):
		p.Status, p.Code = http.StatusUnauthorized, "web.sign_in"
	case errors.Is(err, ErrProve):
		p.Status, p.Code = http.StatusUnauthorized, "web.prove"
	case errors.As(err, &large):
		f = errTooLarge.With("bytes", large.Limit)
	case f == nil && errors.Is(err, context.DeadlineExceeded):
		f = errTimeout
	case f == nil:
		p.Status, p.Code = http.StatusInternalServerError, "web.internal"
	}
	if f != nil {
		p.Status, p.Code, p.Detail = statusOf(f), f.Key, rt.Catalog.Fault(st.lang, f)
	} else {
		p.Detail = rt.Catalog.T(st.lang, "fault."+p.Code, "id", st.id)
	}
	p.Title = rt.Catalog.T(st.lang, "web.status."+strconv.Itoa(p.Status))
	p.Errors = st.troubles(err)
	if len(p.Errors) > 0 && errors.As(err, new(FieldErrors)) {
		p.Code, p.Detail = "form", rt.Catalog.T(st.lang, "fault.form")
	}
	return p
}

// troubles lists the fields that err names, in the order of their names.
func (st *state) troubles(err error) []Trouble {
	var fs []*fault.Error
	var fields FieldErrors
	if errors.As(err, &fields) {
		fs = fields.sorted()
	} else if f := fault.Of(err); f != nil && f.Field != "" {
		fs = []*fault.Error{f}
	}
	var ts []Trouble
	for _, f := range fs {
		ts = append(ts, Trouble{Field: f.Field, Row: f.Row, Value: f.Value, Code: f.Key, Why: st.router.Catalog.Fault(st.lang, f)})
	}
	return ts
}

// fail renders err, once, as the reader wants it, and logs what is ours to mend.
func (rt *shared) fail(a *answer, r *http.Request, err error) {
	if gone(r, err) {
		a.status, a.abort = 499, true // nginx's number for a reader that has left
		return
	}
	st := stateOf(r.Context())
	p := st.problem(err)
	rt.complain(st, p, err)
	if !a.restart() {
		a.abort = true // half a page is out: break off rather than pretend
		return
	}
	a.Header().Set("Cache-Control", "no-store")
	if f := fault.Of(err); f != nil {
		if s, ok := f.Args["seconds"].(int); ok {
			a.Header().Set("Retry-After", strconv.Itoa(s))
		}
	}
	switch {
	case wantsJSON(r):
		writeProblem(a, p)
	case p.Code == "web.prove":
		http.Redirect(a, r, rt.Prove+"?next="+url.QueryEscape(backTo(r)), http.StatusSeeOther)
	case p.Status == http.StatusUnauthorized:
		http.Redirect(a, r, rt.SignIn+"?next="+url.QueryEscape(backTo(r)), http.StatusSeeOther)
	default:
		rt.errorPage(a, r, p)
	}
}

// complain logs what is ours to mend, with the request's name and the panic's
// stack; and as a warning what made us busy, a full disk or a slow database.
func (rt *shared) complain(st *state, p *Problem, err error) {
	level := slog.LevelError
	if f := fault.Of(err); f != nil && f.Kind == fault.Busy && f.Err != nil {
		level = slog.LevelWarn
	} else if p.Status != http.StatusInternalServerError {
		return
	}
	attrs := []slog.Attr{slog.String("id", st.id), slog.String("route", st.route), slog.String("err", err.Error())}
	var bug *panicked
	if errors.As(err, &bug) {
		attrs = append(attrs, slog.String("stack", string(bug.stack)))
	}
	rt.Log.LogAttrs(context.Background(), level, "request failed", attrs...)
}

func (rt *shared) errorPage(a *answer, r *http.Request, p *Problem) {
	if err := rt.Views.Render(a, r, p.Status, "web/error.html", p); err != nil {
		rt.Log.Error("web: error page", "id", stateOf(r.Context()).id, "err", err)
		http.Error(a, p.Title+"\n"+p.Detail, p.Status)
	}
}

func writeProblem(w http.ResponseWriter, p *Problem) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	_ = e.Encode(p) // a reader that has left is no news
}

// wantsJSON reports whether a program asks: by path, or by an Accept that names
// JSON and not HTML.
func wantsJSON(r *http.Request) bool {
	accept := r.Header.Get("Accept")
	return isAPI(r) || strings.Contains(accept, "json") && !strings.Contains(accept, "html")
}

func isAPI(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/api/") }

// backTo returns where a reader who signs in first goes on: the page asked for,
// or the front page after a form.
func backTo(r *http.Request) string {
	if r.Method != http.MethodGet {
		return "/"
	}
	return r.URL.RequestURI()
}
