package followup

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"khien/kernel/area"
	"khien/kernel/audit"
	"khien/kernel/auth"
	"khien/kernel/day"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/store"
	"khien/outbreak/plan"
)

// OrderKind is what an order orders. The values are stored and sent as written.
type OrderKind string

// The kinds.
const (
	OrderHome        OrderKind = "quarantine_home"
	OrderFacility    OrderKind = "quarantine_facility"
	OrderIsolation   OrderKind = "isolation"
	OrderEnd         OrderKind = "end"         // of quarantine or isolation
	OrderCertificate OrderKind = "certificate" // that it was completed
)

// OrderKinds lists them in the order in which a form shows them.
var OrderKinds = []OrderKind{OrderHome, OrderFacility, OrderIsolation, OrderEnd, OrderCertificate}

// OrderState is where an order stands. The values are stored and sent as written.
type OrderState string

// The states.
const (
	Draft     OrderState = "draft"
	Signed    OrderState = "signed"
	Withdrawn OrderState = "withdrawn"
)

// OrderStates lists them in the order in which a form shows them.
var OrderStates = []OrderState{Draft, Signed, Withdrawn}

// Series of numbers: decisions and confirmations, Decree 30/2020/NĐ-CP, annex III.
const (
	seriesDecision    = "QĐ"
	seriesCertificate = "GXN"
)

// Order is a decision about one person on paper, or the confirmation that they
// completed it.
type Order struct {
	ID        id.ID // made by whoever drafts it: the idempotency key
	Watch     id.ID
	Person    id.ID // zero once the order has died
	Area      area.Code
	Kind      OrderKind
	State     OrderState
	Series    string
	Year      int // 0 until it is signed
	Number    int // 0 until it is signed; from 1 in each year, series and province
	From      day.Day
	Until     day.Day
	Content   Content // what is printed of the person; empty when not asked for, and once it has died
	Signed    time.Time
	Signer    string // the account's name
	Title     string // what they sign as
	Withdrawn time.Time
	Reason    string // of the withdrawal
	Created   time.Time
	Actor     string // who drafted it
	SignedBy  string

	sealed []byte
}

// Content is what an order says of its person, as it stood when it was drafted.
type Content struct {
	Name      string   `json:"name"`
	Birth     string   `json:"birth,omitempty"`
	Sex       string   `json:"sex,omitempty"`
	Paper     string   `json:"paper,omitempty"`
	Home      string   `json:"home"`
	Place     string   `json:"place"` // where the quarantine is
	Authority string   `json:"authority"`
	Town      string   `json:"town"`
	Basis     []string `json:"basis"`
	Whom      string   `json:"whom"`
}

// Numbered is the order's number as paper has it, "12/QĐ-UBND"; "" for a draft.
func (o Order) Numbered() string {
	if o.Number == 0 {
		return ""
	}
	return fmt.Sprintf("%02d/%s", o.Number, o.suffix())
}

func (o Order) suffix() string { return o.Series + "-UBND" }

// Ready is what somebody drafts. Place is the address of the facility; it is not
// asked for quarantine at home.
type Ready struct {
	ID    id.ID
	Watch id.ID
	Kind  OrderKind
	Place string
}

//go:embed basis.json
var basisText []byte

// basis are the laws that every order names.
var basis = func() (all []string) {
	var laws []struct{ Text, Source string }
	if err := json.Unmarshal(basisText, &laws); err != nil {
		panic(err)
	}
	for _, l := range laws {
		all = append(all, l.Text)
	}
	return all
}()

var (
	errOrder      = fault.New(fault.NotFound, "followup.order")
	errOrderState = fault.New(fault.Conflict, "followup.order_state")
)

// Prepare drafts an order for a watch in scope. The same ID answers as the first
// time. Whoever drafts reads the person, and so must be allowed to.
func (s *Service) Prepare(ctx context.Context, sc auth.Scope, r Ready) (o Order, err error) {
	err = s.DB.Tx(ctx, func(tx *store.Tx) error {
		o, err = s.prepare(tx, sc, r)
		return err
	})
	return o, err
}

func (s *Service) prepare(tx *store.Tx, sc auth.Scope, r Ready) (Order, error) {
	if !sc.Allows(auth.Order) || !sc.Allows(auth.ReadPeople) {
		return Order{}, errAct
	}
	w, err := watchByID(tx.Context(), tx, sc, r.Watch)
	if err != nil {
		return Order{}, err
	}
	if r.ID.IsZero() {
		r.ID = id.New()
	}
	first, err := orderByID(tx.Context(), tx, sc, r.ID)
	if err == nil && first.Watch == w.ID && first.Actor == sc.Actor() {
		return first, s.openOrder(&first)
	}
	if err == nil || !fault.Is(err, fault.NotFound) {
		return Order{}, orConflict(err)
	}
	if err := r.fits(w); err != nil {
		return Order{}, err
	}
	o := Order{ID: r.ID, Watch: w.ID, Person: w.Person, Area: w.Area, Kind: r.Kind, State: Draft, Series: seriesDecision, From: w.From, Until: w.Until,
		Created: store.Time(store.Millis(sc.Now())), Actor: sc.Actor()}
	if r.Kind == OrderCertificate {
		o.Series = seriesCertificate
	}
	if o.Content, err = s.content(tx, sc, w, r); err != nil {
		return Order{}, err
	}
	if err := s.sealOrder(&o); err != nil {
		return Order{}, err
	}
	if err := insertOrder(tx, sc, o); err != nil {
		return Order{}, err
	}
	return o, s.noteOrder(tx, sc, "order.draft", o)
}

// PrepareAll drafts an order of one kind for every open watch of an area in scope
// that it fits and that has none of that kind standing, signedMost at most, and
// returns how many. Once more drafts nothing.
func (s *Service) PrepareAll(ctx context.Context, sc auth.Scope, in area.Code, r Ready) (n int, err error) {
	if !sc.Allows(auth.Order) || !sc.Allows(auth.ReadPeople) {
		return 0, errAct
	}
	if err := r.asked(); err != nil {
		return 0, err
	}
	err = s.DB.Tx(ctx, func(tx *store.Tx) error {
		n = 0
		all, err := withoutOrder(tx.Context(), tx, sc, in, r.Kind, signedMost)
		if err != nil {
			return err
		}
		for _, w := range all {
			one := Ready{ID: id.New(), Watch: w.ID, Kind: r.Kind, Place: r.Place}
			if one.fits(w) != nil {
				continue
			}
			if _, err := s.prepare(tx, sc, one); err != nil {
				return err
			}
			n++
		}
		return nil
	})
	return n, err
}

func orConflict(err error) error {
	if err == nil {
		return fault.New(fault.Conflict, "followup.order_stands")
	}
	return err
}

// fits refuses an order that contradicts its watch.
func (r Ready) fits(w Watch) error {
	bad := false
	switch r.Kind {
	case OrderHome:
		bad = w.Whom == plan.F0 || w.Place != plan.Home || !w.State.Open() || w.State == Waiting
	case OrderFacility:
		bad = w.Whom == plan.F0 || w.Place != plan.Facility || !w.State.Open() || w.State == Waiting
	case OrderIsolation:
		bad = w.Whom != plan.F0 || !w.State.Open() || w.State == Waiting
	case OrderEnd:
		bad = w.State.Open()
	case OrderCertificate:
		bad = w.State != Completed
	default:
		return fault.New(fault.Invalid, "followup.order_kind").At("order_kind", string(r.Kind))
	}
	if bad {
		return fault.New(fault.Invalid, "followup.order_fits").At("order_kind", string(r.Kind))
	}
	return r.asked()
}

// asked refuses what an order of its kind must say and does not.
func (r Ready) asked() error {
	if !slices.Contains(OrderKinds, r.Kind) {
		return fault.New(fault.Invalid, "followup.order_kind").At("order_kind", string(r.Kind))
	}
	if r.Place == "" && r.Kind == OrderFacility {
		return fault.New(fault.Invalid, "form.required").At("order_place", "")
	}
	return nil
}

func (s *Service) content(tx *store.Tx, sc auth.Scope, w Watch, r Ready) (Content, error) {
	p, err := s.People.Get(tx.Context(), tx, sc.Anywhere(), w.Person)
	if err != nil {
		return Content{}, err
	}
	home := s.Gazetteer.Title(p.Area)
	c := Content{Name: p.Name, Birth: p.Birth, Sex: p.Sex, Home: home, Place: r.Place, Whom: string(w.Whom), Authority: s.authority(w.Area), Town: s.town(w.Area),
		Basis: slices.Clone(basis)}
	if sc.Covers(p.Area) {
		if p.Address != "" {
			c.Home = p.Address + ", " + home
		}
		if len(p.Papers) > 0 {
			c.Paper = p.Papers[0].Number
		}
	}
	if c.Place == "" {
		c.Place = c.Home
	}
	if rule := shortSource(w.Dates.Source); rule != "" {
		c.Basis = append(c.Basis, rule)
	}
	return c, nil
}

// shortSource is a rule's source without what it says of itself: the letter, not
// its summary.
func shortSource(source string) string {
	source, _, _ = strings.Cut(source, ":")
	source, _, _ = strings.Cut(source, " (")
	return source
}

// authority is the committee of the area of the watch: its commune's where it is known.
func (s *Service) authority(a area.Code) string {
	u, ok := s.Gazetteer.Unit(a)
	if !ok {
		u, _ = s.Gazetteer.Unit(s.Home)
	}
	return u.FullName
}

// town is where an order is signed.
func (s *Service) town(a area.Code) string {
	u, ok := s.Gazetteer.Unit(a)
	if !ok {
		u, _ = s.Gazetteer.Unit(s.Home)
	}
	return u.Name
}

// orders names the purpose with which what orders say is sealed.
const orders = "followup order"

func orderPlace(i id.ID) []byte { return []byte("followup_order|" + i.String() + "|content") }

func (s *Service) sealOrder(o *Order) error {
	b, err := json.Marshal(o.Content)
	if err != nil {
		return err
	}
	o.sealed = s.Keys.Seal(orders, b, orderPlace(o.ID))
	return nil
}

func (s *Service) openOrder(o *Order) error {
	if len(o.sealed) == 0 {
		return nil
	}
	b, err := s.Keys.OpenSealed(orders, o.sealed, orderPlace(o.ID))
	if err != nil {
		return fmt.Errorf("followup: order %s: %w", o.ID, err)
	}
	if json.Unmarshal(b, &o.Content) != nil { // the cause would quote it
		return fmt.Errorf("followup: order %s: not JSON", o.ID)
	}
	return nil
}

// noteOrder writes down an act on an order; the person finds it among the acts on them.
func (s *Service) noteOrder(tx *store.Tx, sc auth.Scope, act string, o Order) error {
	return audit.Append(tx, sc.Entry(act, "person", o.Person.String(), o.Area, map[string]any{"order": o.ID, "number": o.Numbered(), "kind": o.Kind}))
}

// Signature is who signs: the account's own name, and as what.
type Signature struct {
	Name  string
	Title string
}

// signedMost bounds how many orders are signed or printed at once.
const signedMost = 300

// Sign gives drafts in scope their numbers, in the order in which they were made,
// and what stands below them. What is signed by the same account stays as it is.
func (s *Service) Sign(ctx context.Context, sc auth.Scope, ids []id.ID, by Signature) (all []Order, err error) {
	by.Title = strings.TrimSpace(by.Title)
	switch {
	case !sc.Allows(auth.Order):
		return nil, errAct
	case len(ids) == 0 || len(ids) > signedMost:
		return nil, fault.New(fault.Invalid, "followup.orders_many").At("orders", "").With("most", signedMost)
	case by.Title == "" || len([]rune(by.Title)) > 120:
		return nil, fault.New(fault.Invalid, "form.required").At("sign_as", "")
	}
	ids = slices.Clone(ids)
	slices.SortFunc(ids, func(a, b id.ID) int { return strings.Compare(a.String(), b.String()) })
	err = s.DB.Tx(ctx, func(tx *store.Tx) error {
		all = nil
		for _, i := range slices.Compact(ids) {
			o, err := s.sign(tx, sc, i, by)
			if err != nil {
				return err
			}
			all = append(all, o)
		}
		return nil
	})
	return all, err
}

func (s *Service) sign(tx *store.Tx, sc auth.Scope, i id.ID, by Signature) (Order, error) {
	o, err := orderByID(tx.Context(), tx, sc, i)
	if err != nil {
		return o, err
	}
	if o.State == Signed && o.SignedBy == sc.Actor() {
		return o, nil
	}
	if o.State != Draft {
		return o, errOrderState
	}
	o.State, o.Signer, o.Title, o.SignedBy = Signed, by.Name, by.Title, sc.Actor()
	o.Signed = store.Time(store.Millis(sc.Now()))
	o.Year = day.Today(o.Signed).Time().Year()
	if o.Number, err = nextNumber(tx, sc, o.Series, o.Year); err != nil {
		return o, err
	}
	done, err := signOrder(tx, sc, o)
	if err != nil {
		return o, err
	}
	if !done {
		return o, errOrderState
	}
	return o, s.noteOrder(tx, sc, "order.sign", o)
}

// Withdraw ends a signed order; its number stays used. Twice is once.
func (s *Service) Withdraw(ctx context.Context, sc auth.Scope, i id.ID, reason string) (o Order, err error) {
	if !sc.Allows(auth.Order) {
		return o, errAct
	}
	if reason = strings.TrimSpace(reason); reason == "" {
		return o, errReason
	}
	err = s.DB.Tx(ctx, func(tx *store.Tx) error {
		if o, err = orderByID(tx.Context(), tx, sc, i); err != nil || o.State == Withdrawn {
			return err
		}
		if o.State != Signed {
			return errOrderState
		}
		o.State, o.Withdrawn, o.Reason = Withdrawn, store.Time(store.Millis(sc.Now())), reason
		if err := withdrawOrder(tx, sc, o); err != nil {
			return err
		}
		return s.noteOrder(tx, sc, "order.withdraw", o)
	})
	return o, err
}

// Discard throws a draft away, which has no number yet.
func (s *Service) Discard(ctx context.Context, sc auth.Scope, i id.ID) error {
	if !sc.Allows(auth.Order) {
		return errAct
	}
	return s.DB.Tx(ctx, func(tx *store.Tx) error {
		o, err := orderByID(tx.Context(), tx, sc, i)
		if err != nil {
			return err
		}
		if o.State != Draft {
			return errOrderState
		}
		if err := deleteOrder(tx, sc, i); err != nil {
			return err
		}
		return s.noteOrder(tx, sc, "order.discard", o)
	})
}
