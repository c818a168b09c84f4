package declaration

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"khien/kernel/area"
	"khien/kernel/audit"
	"khien/kernel/auth"
	"khien/kernel/day"
	"khien/kernel/event"
	"khien/kernel/fault"
	"khien/kernel/i18n"
	"khien/kernel/id"
	"khien/kernel/person"
	"khien/kernel/phone"
	"khien/kernel/store"
	"khien/kernel/web"
)

// By is who declares: a phone, for its holder or for others, or an account, for
// people in its jurisdiction and those who pass.
type By struct {
	Device phone.Device
	Scope  auth.Scope
}

func (b By) isPhone() bool { return !b.Device.ID.IsZero() }

// owns reports whether a declaration was sent by b: who else asks finds nothing.
func (b By) owns(d Declaration) bool {
	if b.isPhone() {
		return d.Device == b.Device.ID
	}
	return d.Device.IsZero() && d.Account == b.Scope.Account()
}

// Draft is a declaration to be made.
type Draft struct {
	ID     id.ID // made by its author: the same again is one act
	Kind   Kind
	Form   int       // version that was filled in; 0: the one in force
	At     time.Time // of an account only: when it was declared, at most 28 days ago; zero: now
	Person id.ID     // known already, of an identity of the phone; zero: registered from Who
	Lang   i18n.Lang // in which refusals name their question
	Content
}

// State says what became of a draft. The values are sent as written.
type State string

// The states.
const (
	Made    State = "made"
	Known   State = "known" // the same id came before, and stands as it was
	Refused State = "refused"
)

// Result is what became of one draft of many. Err is set for Refused only.
type Result struct {
	State State
	Declaration
	Err error
}

// BatchMost bounds the drafts of one call.
const BatchMost = 200

// How late an account may bring what was declared on paper or elsewhere.
const lateMost = 28 * 24 * time.Hour

var (
	errNone = fault.New(fault.NotFound, "declaration.none")
	errID   = fault.New(fault.Conflict, "declaration.id")
)

// Declare makes one declaration; the same id again answers as the first did.
func (s *Service) Declare(ctx context.Context, by By, d Draft) (Declaration, error) {
	rs, err := s.DeclareAll(ctx, by, []Draft{d})
	if err != nil {
		return Declaration{}, err
	}
	return rs[0].Declaration, rs[0].Err
}

// DeclareAll makes up to BatchMost declarations in one transaction. A draft that
// is refused changes nothing for its neighbours.
func (s *Service) DeclareAll(ctx context.Context, by By, drafts []Draft) ([]Result, error) {
	if !by.isPhone() && !by.Scope.Allows(auth.WriteDeclarations) {
		return nil, fault.New(fault.Forbidden, "auth.act")
	}
	if len(drafts) == 0 || len(drafts) > BatchMost {
		return nil, fault.New(fault.Invalid, "declaration.batch").With("most", BatchMost)
	}
	if err := s.fresh(ctx); err != nil {
		return nil, err
	}
	if by.isPhone() {
		if ok, wait := s.rate.Allow(string(by.Device.Number[:])); !ok {
			return nil, web.Rate(wait)
		}
	}
	ready := make([]*ready, len(drafts))
	results := make([]Result, len(drafts))
	for i, d := range drafts {
		r, err := s.prepare(by, d)
		if ready[i] = r; err != nil {
			ready[i], results[i] = nil, Result{State: Refused, Err: err}
		}
	}
	act := func(tx *store.Tx) error { return s.write(tx, by, ready, results) }
	err := s.DB.Tx(ctx, act)
	if f := fault.Of(err); f != nil && f.Key == "store.duplicate" { // the same came at the same moment, and was quicker
		err = s.DB.Tx(ctx, act)
	}
	return results, err
}

// ready is a draft that may be stored.
type ready struct {
	declaration Declaration
	person      person.Person
	content     Content
}

// prepare checks and grades a draft, without a query.
func (s *Service) prepare(by By, d Draft) (*ready, error) {
	now := s.now()
	if d.ID.IsZero() {
		return nil, fault.New(fault.Invalid, "form.required").At("id", "")
	}
	at := d.At.UTC().Truncate(time.Millisecond)
	if d.At.IsZero() || by.isPhone() {
		at = now
	} else if at.After(now.Add(5*time.Minute)) || at.Before(now.Add(-lateMost)) {
		return nil, fault.New(fault.Invalid, "declaration.at").At("at", d.At.Format(time.RFC3339))
	}
	who, p, whoErr := s.who(d.Who)
	form, answers, err := s.answers(d, at)
	if err = join(whoErr, err); err != nil {
		return nil, err
	}
	r := &ready{person: p, content: Content{who, answers}}
	rules := s.book.rule(day.Today(at))
	r.declaration = Declaration{ID: d.ID, Person: d.Person, Device: by.Device.ID, Kind: d.Kind, Form: form.Version, Rule: rules.Version,
		Grade: rules.Grade(d.Kind, answers).Grade, Area: who.Area, Made: at, Until: at.Add(rules.validity(d.Kind)), Changed: at, Version: 1, Short: newShort()}
	if !by.isPhone() {
		r.declaration.Account = by.Scope.Account()
	}
	r.declaration.Dies = r.declaration.Until.AddDate(0, 0, rules.KeepDays)
	return r, nil
}

// who brings a person into the registry's form, or says what it refuses.
func (s *Service) who(w Who) (Who, person.Person, error) {
	p := person.Person{Name: w.Name, Birth: w.Birth, Sex: w.Sex, Phone: w.Phone, Area: w.Area, Address: w.Address, Nationality: w.Nationality}
	errs := web.FieldErrors{}
	if w.Birth == "" {
		errs["birth"] = fault.New(fault.Invalid, "form.required").At("birth", "")
	}
	if _, ok := s.Gazetteer.Unit(w.Area); !w.Area.IsZero() && (!ok || w.Area.Level() == area.Country) {
		errs["area"] = fault.New(fault.Invalid, "phone.area").At("area", "")
	}
	if len([]rune(w.Address)) > 300 || len(w.Nationality) > 2 {
		errs["address"] = fault.New(fault.Invalid, "declaration.long").At("address", "").With("max", 300)
	}
	if w.Paper != "" {
		p.Papers = []person.Paper{{Kind: phone.PaperKind(w.Paper), Number: w.Paper}}
	}
	p, err := p.Normal()
	if f := fault.Of(err); f != nil {
		errs[f.Field] = f
	}
	if len(errs) > 0 {
		return Who{}, p, errs
	}
	w.Name, w.Birth, w.Phone, w.Address, w.Nationality = p.Name, p.Birth, p.Phone, p.Address, p.Nationality
	if len(p.Papers) > 0 {
		w.Paper = p.Papers[0].Number
	}
	return w, p, nil
}

// answers checks the answers against the form that was in force then.
func (s *Service) answers(d Draft, at time.Time) (Form, Answers, error) {
	form := s.book.form(d.Kind, day.Today(at))
	switch {
	case form.Version == 0:
		return form, nil, fault.New(fault.Invalid, "declaration.kind").At("kind", string(d.Kind))
	case d.Form != 0 && d.Form != form.Version:
		return form, nil, fault.New(fault.Conflict, "declaration.old_form").With("version", form.Version)
	}
	a, err := form.Check(d.Lang, d.Answers, day.Today(at))
	return form, a, err
}

// join makes one of the fields that two steps refused.
func join(a, b error) error {
	x, okX := a.(web.FieldErrors)
	y, okY := b.(web.FieldErrors)
	switch {
	case a == nil:
		return b
	case b == nil || !okX || !okY:
		return a
	}
	for name, f := range y {
		x[name] = f
	}
	return x
}

// write stores what is ready and not there yet, and fills the results.
func (s *Service) write(tx *store.Tx, by By, all []*ready, results []Result) error {
	var ids []id.ID
	for i, r := range all {
		if r != nil {
			ids, results[i] = append(ids, r.declaration.ID), Result{}
		}
	}
	known, err := selectMany(tx.Context(), tx, s.own, ids)
	if err != nil {
		return err
	}
	var fresh []*ready
	var at []int
	first := map[id.ID]int{}
	for i, r := range all {
		if r == nil {
			continue
		}
		d := r.declaration
		if stands, ok := known[d.ID]; ok {
			if results[i] = (Result{State: Known, Declaration: stands}); !by.owns(stands) {
				results[i] = Result{State: Refused, Err: errID}
			}
			continue
		}
		if _, twice := first[d.ID]; !twice {
			first[d.ID] = i
			fresh, at = append(fresh, r), append(at, i)
		}
	}
	if err := s.insert(tx, by, fresh); err != nil {
		return err
	}
	for n, i := range at {
		results[i] = Result{State: Made, Declaration: fresh[n].declaration}
	}
	for i, r := range all {
		if r != nil && results[i].State == "" { // the same id twice in one call
			results[i] = Result{State: Known, Declaration: results[first[r.declaration.ID]].Declaration}
		}
	}
	return nil
}

func (s *Service) insert(tx *store.Tx, by By, fresh []*ready) error {
	if len(fresh) == 0 {
		return nil
	}
	if err := s.register(tx, fresh); err != nil {
		return err
	}
	rows := make([]row, len(fresh))
	for i, r := range fresh {
		plain, err := json.Marshal(r.content)
		if err != nil {
			return err
		}
		d := r.declaration
		key, wrapped := s.Keys.NewKey(place(s.Province, d.ID, "key"))
		rows[i] = row{d, wrapped, key.Seal(plain, versionPlace(s.Province, d.ID, d.Version))}
		if err := s.tell(tx, d); err != nil {
			return err
		}
	}
	if err := insertDeclarations(tx, s.own, rows); err != nil || by.isPhone() {
		return err // what a phone sends about itself is its own record
	}
	return audit.Append(tx, by.Scope.Entry("declaration.make", "declaration", rows[0].ID.String(), rows[0].Area, map[string]any{"count": len(rows)}))
}

// register finds out who the people are whom no phone has said before.
func (s *Service) register(tx *store.Tx, fresh []*ready) error {
	var people []person.Person
	var of []*ready
	for _, r := range fresh {
		if r.declaration.Person.IsZero() {
			p := r.person
			p.ID = id.New() // ours: an id chosen outside could be somebody's
			people, of = append(people, p), append(of, r)
		}
	}
	if len(people) == 0 {
		return nil
	}
	found, err := s.People.RegisterAll(tx, s.own, people)
	for i := range found {
		of[i].declaration.Person = found[i].ID
	}
	return err
}

func (s *Service) tell(tx *store.Tx, d Declaration) error {
	return event.Tell(tx, s.Province, event.DeclarationMade{Declaration: d.ID, Person: d.Person, Kind: string(d.Kind), Grade: string(d.Grade),
		Area: d.Area, At: d.Changed, Until: d.Until, Version: d.Version, Withdrawn: !d.Withdrawn.IsZero()})
}

// place and versionPlace are what sealed values are bound to.
func place(province int, d id.ID, column string) []byte {
	return fmt.Appendf(nil, "declaration_declaration|%d|%s|%s", province, d, column)
}

func versionPlace(province int, d id.ID, version int) []byte {
	return place(province, d, fmt.Sprintf("version %d", version))
}
