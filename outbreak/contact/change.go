package contact

import (
	"bytes"
	"maps"
	"slices"
	"time"

	"khien/kernel/area"
	"khien/kernel/id"
	"khien/kernel/store"
)

// change brings the rows of one case in line with its plan.
type change struct {
	s  *Service
	tx *store.Tx
	plan
	at time.Time

	stand     map[id.ID]*Contact    // by person
	before    map[id.ID]Contact     // as read, by id
	exposures map[id.ID][]*Exposure // of these contacts, by contact
	fresh     []*Exposure
	changed   []*Exposure
	touched   map[id.ID]bool // contacts, by id
	withdrawn int
}

// read reads the contacts that the case has and those that it will have.
func (c *change) read() error {
	ctx, sc := c.tx.Context(), c.s.system
	c.stand, c.before, c.exposures, c.touched = map[id.ID]*Contact{}, map[id.ID]Contact{}, map[id.ID][]*Exposure{}, map[id.ID]bool{}
	had, err := exposuresOfCase(ctx, c.tx, sc, c.Case)
	if err != nil {
		return err
	}
	ids := map[id.ID]bool{}
	for _, e := range had {
		ids[e.Contact] = true
	}
	now, all, err := c.s.People.Aliases(ctx, c.tx, sc, append(slices.Collect(maps.Keys(c.hits)), c.self))
	if err != nil {
		return err
	}
	of, err := contactsOf(ctx, c.tx, sc, all)
	if err != nil {
		return err
	}
	more, err := contactsByID(ctx, c.tx, sc, slices.Collect(maps.Keys(ids)))
	if err != nil {
		return err
	}
	became, err := contactsBecome(ctx, c.tx, sc, c.Case)
	if err != nil {
		return err
	}
	for _, x := range slices.Concat(of, more, became) {
		if _, known := c.before[x.ID]; !known {
			c.before[x.ID] = x
			c.stands(now, x)
		}
	}
	got, err := exposuresOf(ctx, c.tx, sc, slices.Collect(maps.Keys(c.before)))
	for contact, es := range got {
		for i := range es {
			c.exposures[contact] = append(c.exposures[contact], &es[i])
		}
	}
	return err
}

// stands notes a contact under the person they are now. Of two who turned out to
// be one, the row of the one who stayed counts, and the other's is emptied.
func (c *change) stands(now map[id.ID]id.ID, x Contact) {
	is, known := now[x.Person]
	if !known {
		is = x.Person
	}
	old := c.stand[is]
	switch {
	case old == nil:
		c.stand[is] = &x
	case x.Person == is:
		c.stand[is] = &x
		c.stand[old.Person] = old
	default:
		c.stand[x.Person] = &x
	}
}

type exposureKey struct {
	contact, via, locus id.ID
	from                int64
}

func keyOf(e *Exposure) exposureKey {
	return exposureKey{e.Contact, e.Via, e.Locus, e.From.UnixMilli()}
}

// expose compares the exposures of the case with the hits.
func (c *change) expose() {
	had := map[exposureKey]*Exposure{}
	for _, es := range c.exposures {
		for _, e := range es {
			if e.Case == c.Case {
				had[keyOf(e)] = e
			}
		}
	}
	people := slices.SortedFunc(maps.Keys(c.hits), func(a, b id.ID) int { return bytes.Compare(a[:], b[:]) })
	for _, who := range people {
		contact := c.contact(who)
		for _, h := range c.hits[who] {
			e := c.exposure(contact, h)
			old, known := had[keyOf(&e)]
			if !known {
				c.fresh = append(c.fresh, &e)
				c.exposures[contact.ID] = append(c.exposures[contact.ID], &e)
				c.touched[contact.ID] = true
				continue
			}
			delete(had, keyOf(&e))
			if old.Origin == byTrace {
				c.set(old, e.To, e.Minutes, e.Certainty, true)
			}
		}
	}
	for _, e := range had {
		c.set(e, e.To, e.Minutes, e.Certainty, c.stillHolds(e))
	}
}

// stillHolds says whether an exposure that the index does not show holds: one that
// was told by hand, as long as the case counts; one whose visits died of age, as
// long as it lies in the case's window, or the F1 of an F2 stands confirmed.
func (c *change) stillHolds(e *Exposure) bool {
	if !c.open() {
		return false
	}
	if e.Origin == byHand {
		return true
	}
	counts := e.To.After(c.window.From) && e.From.Before(c.window.To)
	if !e.Via.IsZero() {
		_, counts = c.confirmed[e.Via]
	}
	return e.Held && aged(*e, c.floor) && counts
}

// aged reports whether a visit of an exposure may have died of age: it may have
// begun before the index's floor, as much as a stay before the two met. Who was at
// home with whom hangs on no visit.
func aged(e Exposure, floor time.Time) bool {
	return e.Kind != Household && e.From.Before(floor.Add(assumedMost))
}

func (c *change) set(e *Exposure, to time.Time, minutes int, certainty Certainty, held bool) {
	if e.To.Equal(to) && e.Minutes == minutes && e.Certainty == certainty && e.Held == held {
		return
	}
	if e.Held && !held {
		c.withdrawn++
	}
	e.To, e.Minutes, e.Certainty, e.Held = to, minutes, certainty, held
	c.changed = append(c.changed, e)
	c.touched[e.Contact] = true
}

func (c *change) contact(who id.ID) *Contact {
	x := c.stand[who]
	if x == nil {
		x = &Contact{ID: id.New(), Person: who, Status: Found, Rule: c.rule.ID, Case: c.Case, Created: c.at, Actor: c.s.system.Actor()}
		c.stand[who] = x
	}
	x.Person = who
	return x
}

func (c *change) exposure(x *Contact, h Hit) Exposure {
	where := c.homes[h.Person]
	if p, ok := c.s.Places.Book().Any(h.Locus); ok {
		where = p.Area
	}
	if where == 0 {
		where = c.Area
	}
	return Exposure{ID: id.New(), Contact: x.ID, Case: c.Case, Via: h.Via, Locus: h.Locus, Kind: h.Kind, Area: where, From: h.From, To: h.To,
		Minutes: h.Minutes, Certainty: h.Certainty, Origin: byTrace, Held: true, Rule: c.rule.ID, Noted: c.at, Actor: c.s.system.Actor()}
}

// become makes the contact that the case's person is a case, and one whom the
// case no longer makes one what they were.
func (c *change) become() error {
	for who, x := range c.stand {
		mine := c.open() && who == c.self
		switch {
		case mine && x.Status != BecameCase:
			x.Was, x.Status, x.Became = x.Status, BecameCase, c.Case
			c.touched[x.ID] = true
		case !mine && x.Status == BecameCase && x.Became == c.Case:
			others, err := casesOf(c.tx.Context(), c.tx, c.s.system, []id.ID{x.Person})
			if err != nil {
				return err
			}
			if x.unbecome(); len(others) > 0 {
				x.Was, x.Status, x.Became = x.Status, BecameCase, others[0].Case
			}
			c.touched[x.ID] = true
		case x.Version == 0 && !c.sick[who].IsZero():
			x.Was, x.Status, x.Became = Found, BecameCase, c.sick[who]
		}
	}
	return nil
}

func (x *Contact) unbecome() {
	x.Status, x.Was, x.Became = x.Was, "", id.ID{}
	if x.Status == "" {
		x.Status = Found
	}
}

// write settles every contact that was touched and writes the rows.
func (c *change) write() error {
	var made []Contact
	told := 0
	for who, x := range c.stand {
		if !c.touched[x.ID] {
			continue
		}
		x.settle(c.exposures[x.ID], !c.open(), c.homes[who], c.at)
		was, known := c.before[x.ID]
		if x.Changed, x.Version = c.at, was.Version+1; known && sameContact(was, *x) {
			continue
		}
		if !known {
			made = append(made, *x)
		} else if done, err := updateContact(c.tx, c.s.system, *x); err != nil || !done {
			return cmpErr(err)
		}
		told++
		if !known || was.Degree != x.Degree || was.Status != x.Status || was.Area != x.Area || !was.Last.Equal(x.Last) {
			if err := c.s.told(c.tx, *x); err != nil {
				return err
			}
		}
	}
	if err := insertContacts(c.tx, c.s.system, made); err != nil {
		return err
	}
	if err := c.writeExposures(); err != nil || told+len(c.fresh)+len(c.changed) == 0 {
		return err
	}
	return noteTrace(c.tx, c.s.system, c.plan, map[string]any{"found": c.kase.Found, "new": len(made), "exposures": len(c.fresh), "withdrawn": c.withdrawn})
}

func (c *change) writeExposures() error {
	fresh := make([]Exposure, len(c.fresh))
	for i, e := range c.fresh {
		fresh[i] = *e
	}
	if err := insertExposures(c.tx, c.s.system, fresh); err != nil {
		return err
	}
	for _, e := range c.changed {
		if err := updateExposure(c.tx, c.s.system, *e); err != nil {
			return err
		}
	}
	return nil
}

func cmpErr(err error) error {
	if err == nil {
		return errChanged
	}
	return err
}

// sameContact reports whether a contact says what it said.
func sameContact(a, b Contact) bool {
	a.Version, a.Changed = b.Version, b.Changed
	return a == b
}

// settle draws from the exposures what a contact says. closed: the case that
// changed them does not count any more, so that also a confirmed one is withdrawn.
func (x *Contact) settle(all []*Exposure, closed bool, home area.Code, now time.Time) {
	degree := 2
	x.Held = 0
	var best int64 = -1
	for _, e := range all {
		if !e.Held {
			continue
		}
		if x.Held++; x.Held == 1 || e.From.Before(x.First) {
			x.First, x.Case = e.From, e.Case
		}
		if x.Held == 1 || e.To.After(x.Last) {
			x.Last = e.To
		}
		if e.Via.IsZero() {
			degree = 1
		}
		if w := weightOf(e.Kind, e.Certainty); w > best {
			best, x.Kind = w, e.Kind
		}
		if x.Area == 0 {
			x.Area = e.Area
		}
	}
	if home != 0 {
		x.Area = home
	}
	if x.Held > 0 || x.Degree == 0 {
		x.Degree = degree
	}
	x.withdraw(closed)
	x.rank(best)
}

// withdraw dismisses who has no source any more, and brings back who has one again.
func (x *Contact) withdraw(closed bool) {
	switch {
	case x.Held == 0 && (x.Status == Found || x.Status == Confirmed) && (closed || !x.Decided):
		x.Was, x.Status, x.Reason = x.Status, Dismissed, Withdrawn
	case x.Held > 0 && x.Status == Dismissed && x.Reason == Withdrawn:
		x.Status, x.Was, x.Reason = x.Was, "", ""
	case x.Held > 0 && x.Status == Released && x.Last.After(x.Released):
		x.Status, x.Released, x.Decided = Found, time.Time{}, false
	}
}

// rank orders the work list: degree and kind of the exposure that weighs most,
// then its day, then who was not called yet.
func (x *Contact) rank(best int64) {
	tier := best
	if x.Degree == 1 {
		tier += 4
	}
	x.Priority = max(tier, 0)*1_000_000 + x.Last.Unix()/86_400*10
	if x.Called.IsZero() {
		x.Priority += 5
	}
}
