package contact

import (
	"bytes"
	"cmp"
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
	if c.plan.now, err = c.s.named(ctx, c.tx, c.kase, had); err != nil {
		return err
	}
	people := slices.AppendSeq(slices.Collect(maps.Keys(c.hits)), maps.Values(c.plan.now))
	now, all, err := c.s.People.Aliases(ctx, c.tx, sc, append(people, c.self))
	if err != nil {
		return err
	}
	of, err := contactsOf(ctx, c.tx, sc, all)
	if err != nil {
		return err
	}
	oldestFirst(of)
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
			setStanding(c.stand, now, &x)
		}
	}
	got, err := exposuresOf(ctx, c.tx, sc, slices.Collect(maps.Keys(c.before)))
	ours := map[id.ID]Exposure{}
	for _, e := range had {
		ours[e.ID] = e
	}
	for contact, es := range got {
		for i := range es {
			if e, mine := ours[es[i].ID]; mine {
				es[i] = e // with its ids
			}
			c.exposures[contact] = append(c.exposures[contact], &es[i])
		}
	}
	return err
}

func oldestFirst(all []Contact) {
	slices.SortFunc(all, func(a, b Contact) int { return cmp.Or(a.Created.Compare(b.Created), bytes.Compare(a.ID[:], b.ID[:])) })
}

// setStanding notes a contact under the person they are now. Of two who turned out
// to be one, the row of the one who stayed counts, else the older; the other's is
// emptied.
func setStanding(stand map[id.ID]*Contact, now map[id.ID]id.ID, x *Contact) {
	is, known := now[x.Person]
	if !known {
		is = x.Person
	}
	old := stand[is]
	switch {
	case old == nil:
		stand[is] = x
	case x.Person == is:
		stand[is] = x
		stand[old.Person] = old
	default:
		stand[x.Person] = x
	}
}

// expose compares the exposures of the case with the hits.
func (c *change) expose() {
	had := map[meeting]*Exposure{}
	for _, es := range c.exposures {
		for _, e := range es {
			if old := had[e.meeting()]; e.Case == c.Case && (old == nil || old.Origin == byTrace) {
				had[e.meeting()] = e
			}
		}
	}
	people := slices.SortedFunc(maps.Keys(c.hits), func(a, b id.ID) int { return bytes.Compare(a[:], b[:]) })
	for _, who := range people {
		contact := c.contact(who)
		for _, h := range c.hits[who] {
			e := c.exposure(contact, h)
			old, known := had[h.meeting()]
			if !known {
				c.fresh = append(c.fresh, &e)
				c.exposures[contact.ID] = append(c.exposures[contact.ID], &e)
				c.touched[contact.ID] = true
				continue
			}
			delete(had, h.meeting())
			if old.Origin == byTrace {
				c.set(old, e)
			}
		}
	}
	for _, e := range had {
		to := *e
		if to.Held = c.s.holds(&c.plan, e); to.Held {
			to.Contact = c.contact(c.plan.now[e.As]).ID
			if !to.Via.IsZero() && !to.With.IsZero() {
				to.Via = c.plan.now[e.With]
			}
		}
		c.set(e, to)
	}
}

// set makes an exposure that stands say what another says.
func (c *change) set(e *Exposure, to Exposure) {
	if e.To.Equal(to.To) && e.Begun == to.Begun && e.Minutes == to.Minutes && e.Certainty == to.Certainty && e.Held == to.Held &&
		e.Contact == to.Contact && e.Via == to.Via {
		return
	}
	if e.Held && !to.Held {
		c.withdrawn++
	}
	if e.Contact != to.Contact {
		c.touched[e.Contact] = true
		c.exposures[e.Contact] = slices.DeleteFunc(c.exposures[e.Contact], func(x *Exposure) bool { return x == e })
		c.exposures[to.Contact] = append(c.exposures[to.Contact], e)
	}
	e.To, e.Begun, e.Minutes, e.Certainty, e.Held, e.Contact, e.Via = to.To, to.Begun, to.Minutes, to.Certainty, to.Held, to.Contact, to.Via
	c.changed = append(c.changed, e)
	c.touched[e.Contact] = true
}

func (c *change) contact(who id.ID) *Contact {
	x := c.stand[who]
	if x == nil {
		x = &Contact{ID: id.New(), Person: who, Status: Found, Rule: c.rule.ID, Case: c.Case, Created: c.at, Actor: c.s.system.Actor()}
		c.stand[who] = x
	}
	if x.Person != who {
		x.Person = who
		c.touched[x.ID] = true
	}
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
	return Exposure{ID: id.New(), Contact: x.ID, Case: c.Case, Via: h.Via, As: h.As, With: h.With, Locus: h.Locus, Kind: h.Kind, Area: where,
		From: h.From, To: h.To, Begun: h.begun, Minutes: h.Minutes, Certainty: h.Certainty, Origin: byTrace, Held: true, Rule: c.rule.ID, Noted: c.at, Actor: c.s.system.Actor()}
}

// become makes the contact that the case's person is a case, and one whom the
// case no longer makes one what they were.
func (c *change) become() error {
	for who, x := range c.stand {
		mine := c.open() && who == c.self
		switch {
		case mine && x.Status != BecameCase:
			x.stand()
			x.Was, x.Status, x.Became = x.Status, BecameCase, c.Case
			c.touched[x.ID] = true
		case !mine && x.Status == BecameCase && x.Became == c.Case:
			sick, err := c.s.sickOf(c.tx.Context(), []id.ID{x.Person})
			if err != nil {
				return err
			}
			x.unbecome()
			for _, other := range sick { // of the same human being, under whatever id
				x.Was, x.Status, x.Became = x.Status, BecameCase, other
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
		if (was.Status == Confirmed) != (x.Status == Confirmed) {
			if err := c.others(x); err != nil {
				return err
			}
		}
		if !known || was.Degree != x.Degree || (was.Held == 0) != (x.Held == 0) || was.Status != x.Status || was.Area != x.Area || !was.Last.Equal(x.Last) {
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

// others leaves the other cases of a contact to be traced, whose F2 come or go with
// the confirmed F1.
func (c *change) others(x *Contact) error {
	var cases []id.ID
	for _, e := range c.exposures[x.ID] {
		if e.Case != c.Case && !slices.Contains(cases, e.Case) {
			cases = append(cases, e.Case)
		}
	}
	c.tx.Wake(Topic)
	return markDue(c.tx, c.s.system, cases)
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
	if x.Held == 0 {
		if (x.Status == Found || x.Status == Confirmed) && (closed || !x.Decided) {
			x.Was, x.Status, x.Reason = x.Status, Dismissed, Withdrawn
		}
		return
	}
	x.stand()
	if x.Status == Released && x.Last.After(x.Released) {
		x.Status, x.Released, x.Decided = Found, time.Time{}, false
	}
}

// stand makes who was withdrawn what they were.
func (x *Contact) stand() {
	if x.Status == Dismissed && x.Reason == Withdrawn {
		x.Status, x.Was, x.Reason = cmp.Or(x.Was, Found), "", ""
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
