package audit

import (
	"context"
	"time"

	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/store"
)

// Scope is what the auditor may see; an auth.Scope is one.
type Scope interface {
	Province() int
	Where(column string, first int) (predicate string, args []any)
}

// Filter picks rows; a zero field picks all. [From, To) is half-open.
type Filter struct {
	Actor      id.ID
	ActorKind  string
	Act        string // "account.disable", or a group of acts with its dot: "account."
	ObjectKind string
	ObjectID   string
	From, To   time.Time
	Before     int64 // rows older than this seq: the last of the page before; 0: the newest
	Limit      int   // 1 to 200; 0: 50
}

// List returns the rows in scope that f picks, newest first.
func List(ctx context.Context, q store.Querier, s Scope, f Filter) ([]Row, error) {
	if f.Limit < 0 || f.Limit > 200 {
		return nil, fault.New(fault.Invalid, "audit.limit")
	}
	if f.Limit == 0 {
		f.Limit = 50
	}
	return selectRows(ctx, q, s, f)
}
