package declaration

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"khien/kernel/fault"
	"khien/kernel/i18n"
	"khien/kernel/id"
	"khien/kernel/person"
	"khien/kernel/phone"
	"khien/kernel/store"
	"khien/kernel/web"
)

// Mine returns a declaration that this phone sent, with what it says;
// fault.NotFound for every other, whether it stands or not.
func (s *Service) Mine(ctx context.Context, d phone.Device, i id.ID) (Declaration, Content, error) {
	r, err := s.ownRow(ctx, s.DB, d, i)
	if err != nil {
		return Declaration{}, Content{}, err
	}
	c, err := s.content(r)
	return r.Declaration, c, err
}

func (s *Service) ownRow(ctx context.Context, q store.Querier, d phone.Device, i id.ID) (row, error) {
	r, err := selectDeclaration(ctx, q, s.own, i)
	if fault.Is(err, fault.NotFound) || err == nil && !(By{Device: d}).owns(r.Declaration) {
		return row{}, errNone
	}
	return r, err
}

func (s *Service) content(r row) (c Content, err error) {
	key, err := s.Keys.Unwrap(r.wrapped, place(s.Province, r.ID, "key"))
	if err != nil {
		return c, fmt.Errorf("declaration: key of %s: %w", r.ID, err)
	}
	plain, err := key.Open(r.sealed, versionPlace(s.Province, r.ID, r.Version))
	if err != nil {
		return c, fmt.Errorf("declaration: content of %s: %w", r.ID, err)
	}
	if json.Unmarshal(plain, &c) != nil { // the cause would quote it
		return c, fmt.Errorf("declaration: content of %s: not JSON", r.ID)
	}
	return c, nil
}

// MineMost bounds how many declarations a phone is shown.
const MineMost = 100

// MineAll lists the declarations that this phone sent, the newest first.
func (s *Service) MineAll(ctx context.Context, d phone.Device) ([]Declaration, []Content, error) {
	rows, err := selectOfDevice(ctx, s.DB, s.own, d.ID, MineMost)
	if err != nil {
		return nil, nil, err
	}
	var ds []Declaration
	var cs []Content
	for _, r := range rows {
		c, err := s.content(r)
		if err != nil {
			return nil, nil, err
		}
		ds, cs = append(ds, r.Declaration), append(cs, c)
	}
	return ds, cs, nil
}

// Last returns what this phone last declared for a person: the start of the next
// form. A Content without a name when it never did.
func (s *Service) Last(ctx context.Context, d phone.Device, who id.ID) (Content, error) {
	ds, cs, err := s.MineAll(ctx, d)
	for i := range ds {
		if ds[i].Person == who {
			return cs[i], nil
		}
	}
	return Content{}, err
}

// Correct puts another content in the place of what a declaration of this phone
// says, if it still is at a version; what it said before is kept beside it. It
// is graded anew, by today's rule. The person stays: for another, declare anew.
func (s *Service) Correct(ctx context.Context, d phone.Device, version int, draft Draft) (now Declaration, err error) {
	if err := s.fresh(ctx); err != nil {
		return Declaration{}, err
	}
	if ok, wait := s.rate.Allow(d.ID.String()); !ok {
		return Declaration{}, web.Rate(wait)
	}
	err = s.DB.Tx(ctx, func(tx *store.Tx) error {
		was, err := s.ownRow(ctx, tx, d, draft.ID)
		if err != nil {
			return err
		}
		old, err := s.content(was)
		if err != nil {
			return err
		}
		draft.Kind, draft.Who, draft.Person = was.Kind, old.Who, was.Person
		r, err := s.prepare(By{Device: d}, draft)
		if err != nil {
			return err
		}
		if now, err = s.replace(tx, was, r, version); err != nil {
			return err
		}
		return s.tell(tx, now)
	})
	return now, err
}

// replace moves what stands to the past and writes the new version.
func (s *Service) replace(tx *store.Tx, was row, r *ready, version int) (Declaration, error) {
	switch {
	case was.Version != version:
		return Declaration{}, fault.New(fault.Conflict, "declaration.corrected")
	case !was.Withdrawn.IsZero():
		return Declaration{}, fault.New(fault.Conflict, "declaration.withdrawn")
	case version >= versionsMost:
		return Declaration{}, fault.New(fault.Conflict, "declaration.versions").With("most", versionsMost)
	}
	now := r.declaration
	now.Made, now.Version, now.Short = was.Made, was.Version+1, was.Short
	plain, err := json.Marshal(r.content)
	if err != nil {
		return Declaration{}, err
	}
	key, err := s.Keys.Unwrap(was.wrapped, place(s.Province, was.ID, "key"))
	if err != nil {
		return Declaration{}, fmt.Errorf("declaration: key of %s: %w", was.ID, err)
	}
	if err := insertPast(tx, s.own, was); err != nil {
		return Declaration{}, err
	}
	replaced, err := updateDeclaration(tx, s.own, row{now, was.wrapped, key.Seal(plain, versionPlace(s.Province, now.ID, now.Version))})
	if err == nil && !replaced {
		err = fault.New(fault.Conflict, "declaration.corrected")
	}
	return now, err
}

// versionsMost bounds how often one declaration is corrected.
const versionsMost = 50

// Withdraw takes a declaration of this phone back: its code counts no more. Once
// more is the same. It dies when it would have.
func (s *Service) Withdraw(ctx context.Context, d phone.Device, i id.ID) error {
	return s.DB.Tx(ctx, func(tx *store.Tx) error {
		r, err := s.ownRow(ctx, tx, d, i)
		if err != nil || !r.Withdrawn.IsZero() {
			return err
		}
		r.Withdrawn = s.now()
		if err := withdrawDeclaration(tx, s.own, i, r.Withdrawn); err != nil {
			return err
		}
		return s.tell(tx, r.Declaration)
	})
}

// InUse returns of which people a declaration stands.
func (s *Service) InUse(ctx context.Context, people []id.ID) (map[id.ID]bool, error) {
	return selectPeopleInUse(ctx, s.DB, s.own, people)
}

// HeldAbout says to a person what declarations are held: those of their phone,
// and, when an officer has confirmed who they are, those of others about them.
func (s *Service) HeldAbout(ctx context.Context, a person.Asker) (all []person.Held, err error) {
	rows, err := selectOfDevice(ctx, s.DB, s.own, a.Device, MineMost)
	if err == nil && a.Confirmed && !a.Person.IsZero() {
		var all []id.ID
		if _, all, err = s.People.Aliases(ctx, s.DB, s.own, []id.ID{a.Person}); err != nil {
			return nil, err
		}
		var about []row
		about, err = selectOfPeople(ctx, s.DB, s.own, all, MineMost)
		for _, r := range about {
			if r.Device != a.Device {
				rows = append(rows, r)
			}
		}
	}
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		c, err := s.content(r)
		if err != nil {
			return nil, err
		}
		all = append(all, s.held(r.Declaration, c))
	}
	return all, nil
}

func (s *Service) held(d Declaration, c Content) person.Held {
	h := person.Held{ID: d.ID, What: "declaration.held", At: d.Made, Dies: d.Dies, Rule: "declaration.held.rule", Fields: []person.HeldField{
		{Label: "field.full_name", Text: c.Who.Name}, {Label: "declaration.kind", Key: "declaration.kind." + string(d.Kind)},
		{Label: "declaration.grade", Key: "declaration.grade." + string(d.Grade)}}}
	var said []string
	for _, n := range s.lines(i18n.VI, d, c.Answers) {
		said = append(said, n.Question+" "+n.Answer)
	}
	h.Fields = append(h.Fields, person.HeldField{Label: "declaration.said", Text: strings.Join(said, "; ")})
	return h
}
