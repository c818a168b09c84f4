// Package fault names the few ways in which a request can be refused.
//
// Every other error is ours to mend: it becomes status 500 and one log line.
// A fault carries no sentence. It carries a catalog key and arguments, and the
// page or command that shows it says it in the reader's language.
package fault

import (
	"errors"
	"fmt"
	"strings"
)

// Kind says which door was shut. The values are stored and sent as written.
type Kind string

// The kinds, each with the HTTP status that kernel/web answers.
const (
	NotFound  Kind = "not_found" // 404: not there, or not yours to know of
	Invalid   Kind = "invalid"   // 422: the input is wrong; Row and Field say where
	Conflict  Kind = "conflict"  // 409: somebody else changed it first
	Forbidden Kind = "forbidden" // 403: signed in, but not for this
	Busy      Kind = "busy"      // 429 or 503: try again in a while
)

// Error is one refusal. Key names the user's sentence in the catalogs as
// "fault.<Key>"; Args fill it. Row counts from 1 as a spreadsheet does (0: no
// row), Field is the column or form field, Value what stood there, cut to 80
// runes so that a hostile input cannot flood a report.
type Error struct {
	Kind  Kind
	Key   string
	Row   int
	Field string
	Value string
	Args  map[string]any
	Err   error
}

// New returns a refusal of kind k whose sentence is catalog entry "fault.<key>".
func New(k Kind, key string) *Error { return &Error{Kind: k, Key: key} }

// At returns a copy that names the field and the value that was refused.
func (e *Error) At(field, value string) *Error {
	c := *e
	c.Field, c.Value = field, Cut(value, 80)
	return &c
}

// InRow returns a copy that names the row, counted from 1.
func (e *Error) InRow(row int) *Error {
	c := *e
	c.Row = row
	return &c
}

// With returns a copy with one more argument for the sentence.
func (e *Error) With(name string, value any) *Error {
	c := *e
	c.Args = make(map[string]any, len(e.Args)+1)
	for k, v := range e.Args {
		c.Args[k] = v
	}
	c.Args[name] = value
	return &c
}

// Because returns a copy that wraps cause for the log; the user does not see it.
func (e *Error) Because(cause error) *Error {
	c := *e
	c.Err = cause
	return &c
}

// Error says kind, key and place, for logs and tests.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", e.Kind, e.Key)
	if e.Row > 0 {
		fmt.Fprintf(&b, " row %d", e.Row)
	}
	if e.Field != "" {
		fmt.Fprintf(&b, " field %s", e.Field)
	}
	if e.Err != nil {
		fmt.Fprintf(&b, ": %v", e.Err)
	}
	return b.String()
}

// Unwrap returns the cause, or nil.
func (e *Error) Unwrap() error { return e.Err }

// KindOf returns the kind of the first fault in err's chain, "" when there is none.
func KindOf(err error) Kind {
	if f := Of(err); f != nil {
		return f.Kind
	}
	return ""
}

// Is reports whether err is a refusal of kind k.
func Is(err error, k Kind) bool { return KindOf(err) == k }

// Of returns the first fault in err's chain, or nil.
func Of(err error) *Error {
	var f *Error
	if errors.As(err, &f) {
		return f
	}
	return nil
}

// Cut returns at most n runes of s, with "…" where something was left out.
func Cut(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i] + "…"
		}
		n--
	}
	return s
}
