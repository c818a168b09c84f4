package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"khien/kernel/fault"
)

// apiPrefix is where the JSON API lives.
const apiPrefix = "/api/v1"

// API returns the JSON API of the Router, below /api/v1. Register operations
// with huma.Get, huma.Post, … and paths without the prefix; return faults, they
// become problems (RFC 9457) in the reader's language. Members of a body and
// query parameters that an operation does not know are refused.
//
// /api/v1/openapi.json and .yaml (OpenAPI 3.1) and the page /api/v1/docs
// describe what is registered.
func (rt *Router) API() huma.API {
	if rt.api != nil {
		return rt.api
	}
	speakProblems()
	c := huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI:    "3.1.0",
			Info:       &huma.Info{Title: "Khiên", Version: "1"},
			Servers:    []*huma.Server{{URL: apiPrefix}},
			Components: &huma.Components{Schemas: huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer)},
		},
		Formats:                      huma.DefaultFormats,
		DefaultFormat:                "application/json",
		RejectUnknownQueryParameters: true,
	}
	rt.api = huma.NewAPI(c, operations{rt})
	rt.describe()
	return rt.api
}

// operations registers huma's operations as routes of ours.
type operations struct{ *Router }

func (o operations) Handle(op *huma.Operation, h func(huma.Context)) {
	opts, _ := op.Metadata[limitsKey].([]Option)
	op.MaxBodyBytes = newRoute("", nil, opts).maxBody
	o.Router.Handle(op.Method+" "+apiPrefix+op.Path, func(w http.ResponseWriter, r *http.Request) error {
		h(humago.NewContext(op, r, w))
		return nil
	}, opts...)
}

const limitsKey = "khien.limits"

// Limits changes the limits of one operation of the API:
//
//	huma.Post(api, "/cases", s.postCases, web.Limits(web.MaxBody(1<<20)))
func Limits(opts ...Option) func(*huma.Operation) {
	return func(op *huma.Operation) {
		if op.Metadata == nil {
			op.Metadata = map[string]any{}
		}
		op.Metadata[limitsKey] = opts
	}
}

// describe serves the OpenAPI document, made at the first request, when all is
// registered. (huma's own route makes it without a lock.)
func (rt *Router) describe() {
	snapshot := func(kind string, make func() ([]byte, error)) Handler {
		once := sync.OnceValues(func() (*Snapshot, error) {
			b, err := make()
			return NewSnapshot(b, kind, "no-cache"), err
		})
		return func(w http.ResponseWriter, r *http.Request) error {
			s, err := once()
			if err != nil {
				return fmt.Errorf("web: openapi: %w", err)
			}
			s.ServeHTTP(w, r)
			return nil
		}
	}
	rt.Get(apiPrefix+"/openapi.json", snapshot("application/openapi+json", func() ([]byte, error) {
		return json.Marshal(rt.api.OpenAPI())
	}))
	rt.Get(apiPrefix+"/openapi.yaml", snapshot("application/openapi+yaml", func() ([]byte, error) {
		return rt.api.OpenAPI().YAML()
	}))
	rt.Get(apiPrefix+"/docs", rt.getDocs)
}

// speakProblems makes Problem the error type of every huma.API of the process:
// huma has one for all.
var speakProblems = sync.OnceFunc(func() {
	huma.NewErrorWithContext = func(ctx huma.Context, status int, msg string, errs ...error) huma.StatusError {
		return apiProblem(ctx.Context(), status, ctx.Operation().MaxBodyBytes, errs)
	}
	huma.NewError = func(status int, msg string, errs ...error) huma.StatusError {
		return &Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: msg, Code: "web.request"}
	}
})

// APIError returns err as the problem that the API answers with; what is ours to
// mend is logged. Operations need not call it, they return faults: it is for
// code that writes answers itself.
func APIError(ctx context.Context, err error) *Problem {
	st := stateOf(ctx)
	p := st.problem(err)
	st.router.complain(st, p, err)
	return p
}

// apiProblem says what huma, or an operation through it, found wrong.
func apiProblem(ctx context.Context, status int, limit int64, errs []error) *Problem {
	for _, err := range errs {
		if status == http.StatusInternalServerError || fault.Of(err) != nil || errors.As(err, new(*http.MaxBytesError)) {
			return APIError(ctx, err)
		}
	}
	st := stateOf(ctx)
	if status == http.StatusRequestEntityTooLarge {
		return st.problem(errTooLarge.With("bytes", limit))
	}
	p := st.problem(fault.New(fault.Invalid, "web.request"))
	p.Status = status
	p.Title = st.router.Catalog.T(st.lang, fmt.Sprintf("web.status.%d", status))
	for _, err := range errs {
		p.Errors = append(p.Errors, st.trouble(err))
	}
	return p
}

// trouble says one of huma's complaints in the reader's language.
func (st *state) trouble(err error) Trouble {
	t, hint := Trouble{Code: "web.api.invalid"}, ""
	if d, ok := err.(huma.ErrorDetailer); ok {
		detail := d.ErrorDetail()
		t.Field, t.Value = detail.Location, scalar(detail.Value)
		t.Code, hint = complaint(detail.Message), detail.Message
	}
	t.Why = st.router.Catalog.T(st.lang, "fault."+t.Code, "field", t.Field, "value", t.Value, "hint", fault.Cut(hint, 200))
	return t
}

// complaint finds the kind of trouble in huma's English sentence.
func complaint(msg string) string {
	switch {
	case strings.HasPrefix(msg, "unexpected property"), strings.HasPrefix(msg, "unknown query"):
		return "web.api.unknown"
	case strings.Contains(msg, "required"):
		return "web.api.required"
	}
	return "web.api.invalid"
}

// scalar returns a value to show, cut short; of objects and lists nothing.
func scalar(v any) string {
	switch v.(type) {
	case string, bool, int, int64, float64:
		return fault.Cut(fmt.Sprint(v), 80)
	}
	return ""
}
