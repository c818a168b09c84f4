package contact_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"khien/kernel/day"
	"khien/kernel/event"
	"khien/kernel/id"
	"khien/outbreak/contact"
	"khien/outbreak/trace"
	"khien/outbreak/trace/peer"
)

// meet says which exposure of a case is meant, under the ids that the two had.
type meet struct {
	Case, As, With, Locus id.ID
	Second                bool
	From                  int64 // Unix seconds
}

// held is what is said of it. The visits began at Began, as Unix seconds.
type held struct {
	Person    id.ID
	To        int64
	Minutes   int
	Certainty contact.Certainty
	As, With  int64
}

func (c *chance) floor() time.Time { return c.now.Add(-contact.Kept).Truncate(time.Hour) }

func (c *chance) canonical(t *testing.T) map[id.ID]id.ID {
	t.Helper()
	now, _, err := c.world.people.Aliases(t.Context(), c.db, c.scope(), c.people)
	if err != nil {
		t.Fatal(err)
	}
	return now
}

// look settles the node that works, and compares what stands with the model.
func (c *chance) look(t *testing.T) {
	t.Helper()
	c.looks++
	c.settle(t)
	m := c.model(t)
	stored := map[meet]held{}
	for _, k := range c.cases {
		all, err := c.StoredOf(t.Context(), k.Case)
		if err != nil {
			t.Fatal(err)
		}
		c.standing(t, m, all, stored)
	}
	for key, h := range m.want {
		if s, stands := stored[key]; stands && m.faded(key, h) {
			h.Certainty = s.Certainty
			m.want[key] = h
		}
	}
	if d := cmp.Diff(m.want, stored); d != "" {
		t.Fatalf("seed %d, look %d, %s: -model +stored\n%s", c.seed, c.looks, c.now, d)
	}
	c.stood = m.want
	c.consistent(t, m)
}

// standing reads what stands, with the contact whose it is.
func (c *chance) standing(t *testing.T, m *model, all []contact.Exposure, stored map[meet]held) {
	t.Helper()
	for _, e := range all {
		if !e.Held || e.Origin != "trace" {
			continue
		}
		key := meet{e.Case, e.As, e.With, e.Locus, !e.Via.IsZero(), e.From.Unix()}
		if _, twice := stored[key]; twice {
			t.Fatalf("seed %d, look %d: stands twice: %+v", c.seed, c.looks, e)
		}
		stored[key] = held{m.persons[e.Contact], e.To.Unix(), e.Minutes, e.Certainty, e.Begun.As.Unix(), e.Begun.With.Unix()}
	}
}

// consistent checks that every contact says what its exposures say.
func (c *chance) consistent(t *testing.T, m *model) {
	t.Helper()
	sick := map[id.ID]bool{}
	for _, k := range c.cases {
		sick[m.now[k.Person]] = sick[m.now[k.Person]] || open(k)
	}
	for _, x := range m.contacts {
		n, degree := 0, 2
		for key, h := range m.want {
			if h.Person == x.Person {
				n++
				if !key.Second {
					degree = 1
				}
			}
		}
		if x.Held != n || n > 0 && x.Degree != degree {
			t.Fatalf("seed %d, look %d: %+v, want %d exposures that hold, F%d", c.seed, c.looks, x, n, degree)
		}
		if withdrawn := x.Status == contact.Dismissed && x.Reason == contact.Withdrawn; !x.Decided && x.Status != contact.BecameCase && withdrawn != (n == 0) {
			t.Fatalf("seed %d, look %d: %+v with %d exposures that hold", c.seed, c.looks, x, n)
		}
		if became := x.Status == contact.BecameCase; m.now[x.Person] == x.Person && became != sick[x.Person] {
			t.Fatalf("seed %d, look %d: %+v, is a case: %v", c.seed, c.looks, x, sick[x.Person])
		}
	}
}

func open(k event.CaseChanged) bool { return k.Classification != "discarded" }

// model says what should stand: what a fresh node answers, which must be what SQL
// answers, and what is kept of dead visits.
type model struct {
	*chance
	now      map[id.ID]id.ID
	contacts []contact.Contact
	persons  map[id.ID]id.ID // of contacts
	fresh    *contact.Service
	sql      question
	want     map[meet]held
}

func (c *chance) model(t *testing.T) *model {
	t.Helper()
	m := &model{chance: c, now: c.canonical(t), persons: map[id.ID]id.ID{}, want: map[meet]held{}}
	var err error
	if m.contacts, err = c.Contacts(t.Context(), c.people); err != nil {
		t.Fatal(err)
	}
	for _, x := range m.contacts {
		m.persons[x.ID] = x.Person
	}
	works := c.Service
	c.restart(t)
	m.fresh, c.Service = c.Service, works
	m.sql = m.question(t)
	for _, k := range c.cases {
		if open(k) {
			m.trace(t, k)
		}
	}
	return m
}

// ask asks both nodes, which must say the same.
func (m *model) ask(t *testing.T, q contact.Query) contact.Answer {
	t.Helper()
	a, err := m.fresh.Ask(t.Context(), m.scope(), q)
	if err != nil {
		t.Fatal(err)
	}
	b, err := m.Ask(t.Context(), m.scope(), q)
	a.Took, b.Took = 0, 0
	if d := cmp.Diff(a, b, cmp.AllowUnexported(contact.Hit{}), cmp.AllowUnexported(trace.Rule{})); d != "" || err != nil {
		t.Fatalf("seed %d, look %d: %v, -fresh node +node\n%s", m.seed, m.looks, err, d)
	}
	return a
}

func (m *model) trace(t *testing.T, k event.CaseChanged) {
	t.Helper()
	a := m.ask(t, contact.Query{Case: k.Case, Second: true})
	m.sql.same(t, m, m.now[k.Person], a.Window, a.F1)
	m.sql.sameSecond(t, m, m.now[k.Person], a)
	f1 := map[id.ID]time.Time{}
	for _, l := range a.F1 {
		m.stands(k, l, false)
		f1[l.Person] = l.First
	}
	for key, h := range m.stood {
		if e := m.keeps(key, h, f1); key.Case == k.Case && !key.Second && e && m.now[key.With] == m.now[k.Person] && m.now[key.As] != m.now[k.Person] &&
			h.To > a.Window.From.Unix() && key.From < a.Window.To.Unix() {
			m.keep(key, h)
		}
	}
	for key, h := range m.want {
		if from := time.Unix(key.From, 0).UTC(); key.Case == k.Case && (f1[h.Person].IsZero() || from.Before(f1[h.Person])) {
			f1[h.Person] = from
		}
	}
	m.second(t, k, m.now[k.Person], m.byNow(f1))
}

// byNow is a map by who people are now; what stands names a contact's person.
func (m *model) byNow(of map[id.ID]time.Time) map[id.ID]time.Time {
	all := map[id.ID]time.Time{}
	for who, at := range of {
		if old, known := all[m.now[who]]; !known || at.Before(old) {
			all[m.now[who]] = at
		}
	}
	return all
}

// second are the F2 of the confirmed F1.
func (m *model) second(t *testing.T, k event.CaseChanged, self id.ID, f1 map[id.ID]time.Time) {
	t.Helper()
	tomorrow := (day.Today(m.chance.now) + 1).Time().Add(-7 * time.Hour)
	for who, since := range f1 {
		if m.confirmed(who) {
			w := contact.Window{From: since, To: tomorrow}
			if floor := m.floor(); since.Before(floor) {
				w.From = floor
			}
			a := m.ask(t, contact.Query{Person: who, From: w.From, To: w.To})
			m.sql.same(t, m, who, w, a.F1)
			for _, l := range a.F1 {
				if _, first := f1[l.Person]; !first && l.Person != self {
					m.stands(k, l, true)
				}
			}
		}
	}
	for key, h := range m.stood {
		since, first := f1[m.now[key.With]]
		_, itself := f1[m.now[key.As]]
		if key.Case == k.Case && key.Second && m.keeps(key, h, nil) && first && m.confirmed(m.now[key.With]) && !itself && m.now[key.As] != self && h.To > since.Unix() {
			m.keep(key, h)
		}
	}
}

// confirmed reports whether the contact that a person is stands confirmed: of two
// rows the person's own, else the older.
func (m *model) confirmed(who id.ID) bool {
	var of []contact.Contact
	for _, x := range m.contacts {
		if m.now[x.Person] == who {
			of = append(of, x)
		}
	}
	slices.SortFunc(of, func(a, b contact.Contact) int {
		if (a.Person == who) != (b.Person == who) {
			if a.Person == who {
				return -1
			}
			return 1
		}
		if d := a.Created.Compare(b.Created); d != 0 {
			return d
		}
		return slices.Compare(a.ID[:], b.ID[:])
	})
	return len(of) > 0 && of[0].Status == contact.Confirmed
}

// stands notes what a fresh node says.
func (m *model) stands(k event.CaseChanged, l contact.Line, second bool) {
	for _, h := range l.Hits {
		key := meet{k.Case, h.As, h.With, h.Locus, second, h.From.Unix()}
		m.want[key] = held{h.Person, h.To.Unix(), h.Minutes, h.Certainty, m.came(h.As, h), m.came(h.With, h)}
	}
}

// came is when the last visit began by which somebody was there for a whole meeting.
func (m *model) came(who id.ID, h contact.Hit) (at int64) {
	at = time.Time{}.Unix()
	for _, s := range m.visits.all {
		if s.Person == who && s.Place == h.Locus && !s.From.Before(m.floor()) && !s.From.After(h.From) && !s.To.Before(h.To) {
			at = max(at, s.From.Unix())
		}
	}
	return at
}

// keeps reports whether something that stood, and that no row shows, lost a visit by
// age alone.
func (m *model) keeps(key meet, h held, _ map[id.ID]time.Time) bool {
	if _, shown := m.want[key]; shown {
		return false
	}
	floor := m.floor().Unix()
	hit := contact.Hit{Locus: key.Locus, From: time.Unix(key.From, 0), To: time.Unix(h.To, 0)}
	as, with := h.As < floor, h.With < floor
	return (as || with) && (as || m.came(key.As, hit) > 0) && (with || m.came(key.With, hit) > 0)
}

// faded reports whether a check-out of either that would say more died of age.
func (m *model) faded(key meet, h held) bool {
	return slices.ContainsFunc(m.dead, func(s contact.Stay) bool {
		who := m.now[s.Person]
		return (who == m.now[key.As] || who == m.now[key.With]) && s.Place == key.Locus && !s.Assumed && s.From.Unix() <= key.From && s.To.Unix() >= h.To
	})
}

func (m *model) keep(key meet, h held) {
	h.Person = m.now[key.As]
	m.want[key] = h
}

// question is the rows in a table of their own, to be asked in SQL.
type question struct {
	peer.Peer
	number map[id.ID]uint32 // of people, by who they are now
	people []id.ID
}

func (m *model) question(t *testing.T) question {
	t.Helper()
	q := question{Peer: peer.Peer{DB: m.db, Province: 100 + m.looks, MaxStay: trace.MaxStay}, number: map[id.ID]uint32{}}
	for _, who := range m.chance.people {
		if now := m.now[who]; q.number[now] == 0 {
			q.people = append(q.people, now)
			q.number[now] = uint32(len(q.people))
		}
	}
	var rows []trace.Presence
	for _, s := range m.visits.all {
		if from := trace.MinuteOf(s.From); !s.From.Before(m.floor()) {
			rows = append(rows, trace.Presence{Person: q.number[m.now[s.Person]], Locus: uint32(slices.Index(m.places, s.Place)), From: from, To: max(trace.MinuteOf(s.To), from+1)})
		}
	}
	rule, _ := contact.RuleFor(m.rules, contact.Covid, day.Today(noon))
	least := trace.Rule{}
	for i, kind := range []string{"market", "office", "restaurant"} {
		least.MinOverlap[i] = trace.Minute(rule.Least(kind))
	}
	if err := q.Load(t.Context(), rows, []trace.Kind{0, 1, 2}, &least); err != nil {
		t.Fatal(err)
	}
	return q
}

func window(w contact.Window) trace.Window {
	return trace.Window{From: trace.MinuteOf(w.From), To: trace.MinuteOf(w.To)}
}

func (q question) asMap(all []trace.Contact) map[id.ID]int64 {
	said := map[id.ID]int64{}
	for _, x := range all {
		said[q.people[x.Person-1]] = x.First.Time().Unix()
	}
	return said
}

func asMap(all []contact.Line) map[id.ID]int64 {
	said := map[id.ID]int64{}
	for _, l := range all {
		said[l.Person] = l.First.Unix()
	}
	return said
}

func (q question) same(t *testing.T, m *model, who id.ID, w contact.Window, f1 []contact.Line) {
	t.Helper()
	said, err := q.First(t.Context(), q.number[who], window(w))
	if d := cmp.Diff(q.asMap(said), asMap(f1)); d != "" || err != nil {
		t.Fatalf("seed %d, look %d, F1 of %s: %v, -sql +node\n%s", m.seed, m.looks, who, err, d)
	}
}

// sameSecond compares the F2 of all F1: those who met one from then until tomorrow.
func (q question) sameSecond(t *testing.T, m *model, who id.ID, a contact.Answer) {
	t.Helper()
	said := map[id.ID]int64{}
	for _, l := range a.F1 {
		all, err := q.First(t.Context(), q.number[l.Person], window(contact.Window{From: l.First, To: m.chance.now.Add(24 * time.Hour)}))
		if err != nil {
			t.Fatal(err)
		}
		for whom, at := range q.asMap(all) {
			if old, known := said[whom]; !known || at < old {
				said[whom] = at
			}
		}
	}
	for _, l := range a.F1 {
		delete(said, l.Person)
	}
	delete(said, who)
	got := asMap(a.F2)
	if d := cmp.Diff(slices.Sorted(maps.Values(said)), slices.Sorted(maps.Values(got))); d != "" || !maps.Equal(said, got) {
		t.Fatalf("seed %d, look %d, F2 of %s: -sql +node\n%s\n%v\n%v", m.seed, m.looks, who, d, said, got)
	}
}
