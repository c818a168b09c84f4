package spread

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"khien/kernel/area"
	"khien/kernel/audit"
	"khien/kernel/auth"
	"khien/kernel/day"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/store"
	"khien/outbreak"
)

// Certainties lists them from the surest, in the order of a form.
var Certainties = []outbreak.Certainty{outbreak.Certain, outbreak.Probably, outbreak.Possibly}

// Bounds of a link's fields.
const (
	nameRunes = 80
	noteRunes = 400
	daysBack  = 50 * 366
)

// nameOf is an end of a link as it is stored: a case's number, or an id in its
// one spelling.
func nameOf(text string) string {
	text = outbreak.NumberOf(text)
	if i, err := id.Parse(text); err == nil {
		return i.String()
	}
	return text
}

// Add notes who infected whom, for whoever answers for one of the two. The ID is
// the idempotency key. A pair that was removed stands again. Errors: fault.Invalid
// per field, fault.Conflict for a pair that stands.
func (s *Service) Add(ctx context.Context, sc auth.Scope, l Link) (made Link, err error) {
	if !sc.Allows(auth.WriteCases) {
		return Link{}, fault.New(fault.Forbidden, "auth.act")
	}
	w, err := s.refresh(ctx)
	if err != nil {
		return Link{}, err
	}
	if before, err := linkByID(ctx, s.db, sc.Anywhere(), l.ID); err == nil && before.Actor == sc.Actor() {
		return before, nil
	}
	l.From, l.To, l.Certainty = nameOf(l.From), nameOf(l.To), cmp.Or(l.Certainty, outbreak.Probably)
	if err := s.checkLink(w, sc, l); err != nil {
		return Link{}, err
	}
	at := w.areaOf(sc, l)
	l.From, l.To = w.idOf(l.From), w.idOf(l.To)
	l.Actor, l.Created = sc.Actor(), store.Time(store.Millis(sc.Now()))
	if l.ID.IsZero() {
		l.ID = id.New()
	}
	err = s.db.Tx(ctx, func(tx *store.Tx) error {
		made = l
		if before, err := linkByPair(tx.Context(), tx, sc.Anywhere(), l.From, l.To); err == nil {
			made.ID, made.Created = before.ID, before.Created
			if err := rewriteLink(tx, sc, made); err != nil {
				return err
			}
		} else if _, err := insertLinks(tx, sc, slices.Values([]Link{l})); err != nil {
			return err
		}
		return told(tx, sc, "chain.link.add", made, at)
	})
	return made, err
}

// told writes the audit row of a link and wakes whoever draws it.
func told(tx *store.Tx, sc auth.Scope, act string, l Link, at area.Code) error {
	if err := changed(tx, sc); err != nil {
		return err
	}
	return audit.Append(tx, sc.Entry(act, "link", l.ID.String(), at,
		map[string]any{"from": l.From, "to": l.To, "certainty": l.Certainty, "on": l.On, "reason": l.Note}))
}

// changed lets every node read the links anew.
func changed(tx *store.Tx, sc auth.Scope) error {
	tx.Wake(Topic)
	return raiseVersions(tx, sc.Province(), versions{links: 1})
}

// idOf names a case by its id, so that its number may change; what is no case stays.
func (w *world) idOf(name string) string {
	if n := w.caseOf(name); n != nobody {
		return w.cases[n].ID.String()
	}
	return name
}

// areaOf is where a link lies: where its case infected does, else its source, of
// those that the scope covers.
func (w *world) areaOf(sc auth.Scope, l Link) area.Code {
	for _, name := range []string{l.To, l.From} {
		if n := w.caseOf(name); n != nobody && sc.Covers(w.cases[n].Area) {
			return w.cases[n].Area
		}
	}
	return 0
}

func (s *Service) checkLink(w *world, sc auth.Scope, l Link) error {
	for _, e := range []struct{ field, name string }{{"infector", l.From}, {"infectee", l.To}} {
		if e.name == "" || utf8.RuneCountInString(e.name) > nameRunes {
			return fault.New(fault.Invalid, "spread.name").At(e.field, e.name)
		}
	}
	from, to := w.caseOf(l.From), w.caseOf(l.To)
	switch {
	case l.From == l.To || from == to && from != nobody:
		return fault.New(fault.Invalid, "spread.self").At("infectee", l.To)
	case w.areaOf(sc, l) == 0:
		return fault.New(fault.Invalid, "spread.not_yours").At("infectee", l.To)
	case !slices.Contains(Certainties, l.Certainty):
		return fault.New(fault.Invalid, "outbreak.choice").At("link_certainty", string(l.Certainty))
	case utf8.RuneCountInString(l.Note) > noteRunes:
		return fault.New(fault.Invalid, "form.long").At("link_reason", "").With("max", noteRunes)
	case w.linked(l.From, l.To):
		return fault.New(fault.Conflict, "spread.linked").At("infector", l.From)
	}
	return s.checkDay("exposed_on", l.On)
}

func (s *Service) checkDay(field string, d day.Day) error {
	switch {
	case d > s.today():
		return fault.New(fault.Invalid, "outbreak.future").At(field, d.String())
	case d != 0 && d < s.today()-daysBack:
		return fault.New(fault.Invalid, "outbreak.past").At(field, d.String())
	}
	return nil
}

// linked reports whether a standing link joins the two already, by whatever names.
func (w *world) linked(from, to string) bool {
	a, b := w.caseOf(from), w.caseOf(to)
	return slices.ContainsFunc(w.links, func(l resolved) bool {
		return (l.From == from || a != nobody && l.from == a) && (l.To == to || b != nobody && l.to == b)
	})
}

// Remove takes a link back; it stays in the table, and a list that tells it again
// does not bring it back. Restore undoes that. Both are for whoever answers for one
// of its cases; to others a link is fault.NotFound.
func (s *Service) Remove(ctx context.Context, sc auth.Scope, i id.ID) (Link, error) {
	return s.turn(ctx, sc, i, "chain.link.remove", store.Millis(sc.Now()))
}

// Restore lets a removed link stand again.
func (s *Service) Restore(ctx context.Context, sc auth.Scope, i id.ID) (Link, error) {
	return s.turn(ctx, sc, i, "chain.link.restore", 0)
}

func (s *Service) turn(ctx context.Context, sc auth.Scope, i id.ID, act string, ms int64) (l Link, err error) {
	if !sc.Allows(auth.WriteCases) {
		return l, fault.New(fault.Forbidden, "auth.act")
	}
	w, err := s.current(ctx)
	if err != nil {
		return l, err
	}
	err = s.db.Tx(ctx, func(tx *store.Tx) error {
		if l, err = linkByID(tx.Context(), tx, sc.Anywhere(), i); err != nil {
			return err
		}
		at := w.areaOf(sc, l)
		if at == 0 && !sc.Whole() {
			return fault.New(fault.NotFound, "spread.link")
		}
		done, err := setRemoved(tx, sc, i, ms)
		if err != nil || !done {
			return err
		}
		return told(tx, sc, act, l, at)
	})
	if fault.Is(err, fault.NotFound) {
		err = fault.New(fault.NotFound, "spread.link").Because(err)
	}
	return l, err
}

// KeepLinks is outbreak.LinkKeeper: it writes the sources that a list of cases
// tells, in the transaction of its cases. A pair told before, removed or not,
// changes nothing.
func (s *Service) KeepLinks(tx *store.Tx, sc auth.Scope, links []outbreak.Link) error {
	_, err := s.keep(tx, sc, links)
	return err
}

// keep returns how many pairs were new.
func (s *Service) keep(tx *store.Tx, sc auth.Scope, links []outbreak.Link) (int, error) {
	if !sc.Allows(auth.WriteCases) {
		return 0, fault.New(fault.Forbidden, "auth.act")
	}
	var all []Link
	seen := map[[2]string]bool{}
	for _, l := range links {
		from, to := fault.Cut(nameOf(l.From), nameRunes), fault.Cut(nameOf(l.To), nameRunes)
		if from == "" || to == "" || seen[[2]string{from, to}] {
			continue
		}
		seen[[2]string{from, to}] = true
		all = append(all, Link{ID: id.New(), From: from, To: to, Certainty: cmp.Or(l.Certainty, outbreak.Probably), On: l.On,
			Note: fault.Cut(strings.TrimSpace(l.Note), noteRunes), Actor: sc.Actor(), Created: sc.Now()})
	}
	added, err := insertLinks(tx, sc, slices.Values(all))
	if err != nil || added == 0 {
		return 0, err
	}
	if err := changed(tx, sc); err != nil {
		return 0, err
	}
	return int(added), audit.Append(tx, sc.Entry("chain.link.keep", "link", "", 0, map[string]any{"told": len(links), "new": added}))
}
