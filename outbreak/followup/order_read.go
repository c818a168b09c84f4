package followup

import (
	"context"
	"strings"
	"time"

	"khien/kernel/area"
	"khien/kernel/audit"
	"khien/kernel/auth"
	"khien/kernel/day"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/store"
)

// Order returns an order in scope with what it says, and writes that it was read.
func (s *Service) Order(ctx context.Context, sc auth.Scope, i id.ID) (o Order, err error) {
	if !sc.Allows(auth.ReadContacts) {
		return o, errAct
	}
	err = s.DB.Tx(ctx, func(tx *store.Tx) error {
		if o, err = orderByID(tx.Context(), tx, sc, i); err != nil {
			return err
		}
		if err := s.openOrder(&o); err != nil {
			return err
		}
		return s.noteOrder(tx, sc, "order.read", o)
	})
	return o, err
}

// OrderFilter picks orders of a scope.
type OrderFilter struct {
	State OrderState
	Kind  OrderKind
	Area  area.Code
	After id.ID // the last one of the page before
}

// OrderPage is one page of a list, the newest first. Next is zero on the last page.
type OrderPage struct {
	Orders []Order
	Next   id.ID
}

// Orders returns a page of the orders in scope with whom they name, and writes that
// each was read.
func (s *Service) Orders(ctx context.Context, sc auth.Scope, f OrderFilter) (page OrderPage, err error) {
	all, err := s.orders(ctx, sc, f, PageSize+1)
	if err != nil {
		return page, err
	}
	if len(all) > PageSize {
		all = all[:PageSize]
		page.Next = all[PageSize-1].ID
	}
	page.Orders = all
	return page, nil
}

func (s *Service) orders(ctx context.Context, sc auth.Scope, f OrderFilter, most int) (all []Order, err error) {
	if !sc.Allows(auth.ReadContacts) {
		return nil, errAct
	}
	err = s.DB.Tx(ctx, func(tx *store.Tx) error {
		if all, err = listOrders(tx.Context(), tx, sc, f, most); err != nil {
			return err
		}
		for i := range all {
			if err := s.openOrder(&all[i]); err != nil {
				return err
			}
			if err := s.noteOrder(tx, sc, "order.read", all[i]); err != nil {
				return err
			}
		}
		return nil
	})
	return all, err
}

// LastTitle is as what an account signed last; "" for one that never did.
func (s *Service) LastTitle(ctx context.Context, sc auth.Scope) (string, error) {
	t, err := lastTitle(ctx, s.DB, sc)
	if fault.Is(err, fault.NotFound) {
		return "", nil
	}
	return t, err
}

// Standing is what anybody who holds a paper may know of it.
type Standing struct {
	Kind      OrderKind
	Number    string
	State     OrderState
	Signed    day.Day
	From      day.Day
	Until     day.Day
	Over      bool
	Withdrawn day.Day
	Initials  string
	Year      string
}

// Standing says whether the order of a code stands. Refusals: fault.Invalid "qr.…"
// for what is no code of ours, fault.NotFound for an order that is forgotten.
func (s *Service) Standing(ctx context.Context, token string) (st Standing, err error) {
	code, err := s.verified(token)
	if err != nil {
		return st, err
	}
	o, err := orderByID(ctx, s.DB, s.system("order_code"), id.ID(code.Order))
	if err != nil || o.State == Draft || len(o.sealed) == 0 {
		return st, orNone(err)
	}
	if err := s.openOrder(&o); err != nil {
		return st, err
	}
	return Standing{Kind: o.Kind, Number: o.Numbered(), State: o.State, Signed: day.Today(o.Signed), From: o.From, Until: o.Until, Over: o.Until < s.today(),
		Withdrawn: dayOf(o.Withdrawn), Initials: initials(o.Content.Name), Year: o.Content.Birth[:min(4, len(o.Content.Birth))]}, nil
}

func orNone(err error) error {
	if err == nil {
		return errOrder
	}
	return err
}

func dayOf(t time.Time) day.Day {
	if t.IsZero() {
		return 0
	}
	return day.Today(t)
}

// initials are the first letters of a name: "N. T. H.".
func initials(name string) string {
	var parts []string
	for word := range strings.FieldsSeq(name) {
		for _, r := range word {
			parts = append(parts, string(r)+".")
			break
		}
	}
	return strings.Join(parts, " ")
}

// buryOrders empties the orders whose day has come: their number stays, whom they
// named is gone; drafts that nobody signed go whole.
func (s *Service) buryOrders(ctx context.Context, sc auth.Scope) error {
	return s.DB.Tx(ctx, func(tx *store.Tx) error {
		emptied, err := emptyOrders(tx, sc, s.today()-OrderKeptAfter)
		if err != nil {
			return err
		}
		dropped, err := deleteDrafts(tx, sc, s.Now().Add(-KeptAfter))
		if err != nil || emptied+dropped == 0 {
			return err
		}
		return audit.Append(tx, sc.Entry("order.erase", "order", "", 0, map[string]any{"emptied": emptied, "drafts": dropped}))
	})
}
