package web

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"

	"khien/kernel/fault"
	"khien/kernel/id"
)

// FieldErrors are the fields of a form that were refused, by name. It is an
// error of kind fault.Invalid.
type FieldErrors map[string]*fault.Error

// Error names the fields in the order of their names.
func (e FieldErrors) Error() string { return fmt.Sprintf("web: form: %v", slices.Sorted(maps.Keys(e))) }

// Unwrap returns the refusals, in the order of their fields' names.
func (e FieldErrors) Unwrap() []error {
	var errs []error
	for _, f := range e.sorted() {
		errs = append(errs, f)
	}
	return errs
}

func (e FieldErrors) sorted() []*fault.Error {
	var fs []*fault.Error
	for _, name := range slices.Sorted(maps.Keys(e)) {
		fs = append(fs, e[name])
	}
	return fs
}

// Form is a form as a page shows it: what was typed, and what was refused.
type Form struct {
	ID     string // the act's idempotency key, kept when the form is shown again
	Values url.Values
	Errors FieldErrors
}

// NewForm returns an empty form with a fresh key; pairs are name, value and set
// what its fields show first.
func NewForm(pairs ...string) Form {
	f := Form{ID: id.New().String(), Values: url.Values{}}
	for i := 0; i+1 < len(pairs); i += 2 {
		f.Values.Set(pairs[i], pairs[i+1])
	}
	return f
}

// FormOf returns the form that r sent, with the fields that err refused. It is
// for showing it again after Decode, or the service behind it, said no; passwords
// are not shown again by the components.
func FormOf(r *http.Request, err error) Form {
	f := Form{Values: sent(r), Errors: Refused(err)}
	if _, err := id.Parse(f.Values.Get("id")); err == nil {
		f.ID = f.Values.Get("id")
	} else {
		f.ID = id.New().String()
	}
	return f
}

// Refused returns the fields that err refuses: those of FieldErrors, or the one
// field that a fault names, or none.
func Refused(err error) FieldErrors {
	if fields, ok := fieldsOf(err); ok {
		return fields
	}
	if f := fault.Of(err); f != nil && f.Field != "" {
		return FieldErrors{f.Field: f}
	}
	return nil
}

// Value returns what stands in the field, or "".
func (f Form) Value(name string) string { return f.Values.Get(name) }

// Error returns why the field was refused, or nil.
func (f Form) Error(name string) error {
	if e := f.Errors[name]; e != nil {
		return e
	}
	return nil
}

// Sorted returns the refusals in the order of their fields' names.
func (f Form) Sorted() []*fault.Error { return f.Errors.sorted() }

// sent returns the fields of the body, or of the query where there is no body.
func sent(r *http.Request) url.Values {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return r.URL.Query()
	}
	if r.PostForm == nil {
		return url.Values{}
	}
	return r.PostForm
}
