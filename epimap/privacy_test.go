package epimap_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"khien/epimap"
	"khien/kernel/area"
	"khien/kernel/day"
	"khien/kernel/event"
)

// step is one transaction of a history.
type step struct {
	at    time.Time
	facts []event.Body
}

// history is what happened; the public looks after step one and after step two.
type history struct {
	steps    []step
	one, two int
}

// grounds are what announcements in the tests speak of.
func grounds() []area.Code { return []area.Code{langSon, huuLung, binhGia, yenVuong, communeB, 0} }

// units are where cases are recorded: communes of two districts and two
// editions, and a district where the commune is not known.
func units() []area.Code {
	in2025, _ := area.Load().In(yenVuong, area.Edition2025)
	return []area.Code{yenVuong, communeB, communeC, huuLung, in2025[0]}
}

const days = 45

// random invents a history: cases confirmed, discarded and moved, imports of
// several in one transaction, announcements whose numbers have nothing to do with them.
func random(r *rand.Rand, announce bool) history {
	var h history
	var alive []event.Counted
	us := units()
	now := newClock().t
	n := 12 + r.IntN(40)
	pick := func() event.Counted {
		return event.Counted{Area: us[r.IntN(len(us))], Day: may1 + day.Day(r.IntN(days))}
	}
	near := pick()
	for range n {
		now = now.Add(time.Second)
		st := step{at: now}
		switch x := r.IntN(100); {
		case x < 12 && len(alive) > 0:
			i := r.IntN(len(alive))
			st.facts = []event.Body{event.CaseClassified{Was: alive[i]}}
			alive = slices.Delete(alive, i, i+1)
		case x < 20 && len(alive) > 0:
			i := r.IntN(len(alive))
			to := pick()
			st.facts = []event.Body{event.CaseClassified{Was: alive[i], Is: to}}
			alive[i] = to
		case x < 30 && announce:
			st.facts = []event.Body{announcement(r, us)}
		case x < 38:
			c := pick()
			for range 1 + r.IntN(9) {
				st.facts = append(st.facts, event.CaseClassified{Is: c})
				alive = append(alive, c)
			}
		default:
			if r.IntN(3) == 0 {
				near = pick()
			}
			c := event.Counted{Area: near.Area, Day: near.Day + day.Day(r.IntN(4))}
			st.facts = []event.Body{event.CaseClassified{Is: c}}
			alive = append(alive, c)
		}
		h.steps = append(h.steps, st)
	}
	h.one = r.IntN(n - 1)
	h.two = h.one + 1 + r.IntN(n-h.one-1)
	return h
}

func announcement(r *rand.Rand, us []area.Code) event.CountsAnnounced {
	gs := grounds()
	a := event.CountsAnnounced{Source: "Sở Y tế", Ground: gs[r.IntN(len(gs))], Through: may1 + day.Day(r.IntN(days))}
	for range r.IntN(4) {
		c := event.AreaCount{Area: us[r.IntN(len(us))], Day: may1 + day.Day(r.IntN(days)), Cases: r.IntN(12)}
		c.Rest = c.Area == huuLung && r.IntN(2) == 0
		a.Counts = append(a.Counts, c)
	}
	return a
}

// seen is what a history shows and hides at its two snapshots.
type seen struct {
	public [2]string
	hidden [2]map[area.Code]int
	since  [2]map[area.Code]day.Day // of the marks
	latest [2]map[area.Code]day.Day // last days with a pending case
	view   [2]*epimap.View
}

func (h history) run(s *epimap.Service) seen {
	var out seen
	m := epimap.NewModel(s)
	for i, st := range h.steps {
		if i > h.two {
			break
		}
		m.Hear(st.at, st.facts...)
		for at, snapshot := range []int{h.one, h.two} {
			if i != snapshot {
				continue
			}
			out.view[at] = m.View()
			out.public[at], out.hidden[at] = out.view[at].Dump(), m.Pending()
			out.since[at], out.latest[at] = map[area.Code]day.Day{}, map[area.Code]day.Day{}
			for a := range out.hidden[at] {
				out.since[at][a], out.latest[at][a] = m.Since(a), m.Latest(a)
			}
		}
	}
	return out
}

// insert returns the history with one more transaction before step i.
func (h history) insert(i int, f event.Body) history {
	at := h.steps[max(0, min(i, len(h.steps)-1))].at
	out := history{slices.Insert(slices.Clone(h.steps), i, step{at, []event.Body{f}}), h.one, h.two}
	if i <= h.one {
		out.one++
	}
	if i <= h.two {
		out.two++
	}
	return out
}

// without returns the history without fact j of step i, which stays, perhaps empty.
func (h history) without(i, j int) history {
	out := history{slices.Clone(h.steps), h.one, h.two}
	out.steps[i].facts = slices.Delete(slices.Clone(h.steps[i].facts), j, j+1)
	return out
}

// others yields histories that differ from h in where and when cases of unit a
// were confirmed, and little else.
func (h history) others(a area.Code, at int, is seen, yield func(history) bool) {
	snapshot := []int{h.one, h.two}[at]
	extra := event.CaseClassified{Is: event.Counted{Area: a, Day: is.since[at][a]}}
	gone := event.CaseClassified{Was: extra.Is}
	fewer := event.CaseClassified{Was: event.Counted{Area: a, Day: is.latest[at][a]}}
	back := event.CaseClassified{Is: fewer.Was}
	for _, f := range [][2]event.Body{{extra, gone}, {fewer, back}} { // one more, or less, at the last moment
		last := h.insert(snapshot+1, f[0])
		if last.two = max(last.two, snapshot+1); at == 0 {
			last.one = snapshot + 1
		}
		if !yield(last) || at == 0 && !yield(last.insert(last.one+1, f[1])) { // and for a while
			return
		}
	}
	for i := snapshot; i > 0; i-- {
		if !yield(h.insert(i, extra)) { // one more
			return
		}
		if at == 0 && !yield(h.insert(i, extra).insert(h.one+2, gone)) { // one more for a while
			return
		}
	}
	for i := h.two; i >= 0; i-- {
		for j, f := range h.steps[i].facts {
			c, ok := f.(event.CaseClassified)
			if !ok || c.Is.Area != a || !c.Was.Area.IsZero() {
				continue
			}
			if i <= snapshot && !yield(h.without(i, j)) { // one less
				return
			}
			if i <= h.one && at == 0 && !yield(h.without(i, j).insert(h.one+1, c)) { // one later
				return
			}
			if i > h.one && at == 0 {
				if !yield(h.without(i, j).insert(h.one+1, c).before(h.one + 1)) { // one earlier
					return
				}
				if !yield(h.without(i, j).insert(h.one+1, extra).before(h.one + 1)) { // one earlier, on the mark's day
					return
				}
			}
		}
	}
}

// before lets the first snapshot be taken after step i as well.
func (h history) before(i int) history {
	h.one = max(h.one, i)
	return h
}

// Every hidden number could as well be another: for each unit with 1 to k-1
// pending cases at a snapshot there is a history with another number that shows
// the same, to the last byte, at both of two snapshots.
func TestHiddenNumbersCannotBeTold(t *testing.T) {
	for _, k := range []int{3, epimap.K} {
		t.Run(fmt.Sprint("k=", k), func(t *testing.T) { hiddenNumbersCannotBeTold(t, k) })
	}
}

func hiddenNumbersCannotBeTold(t *testing.T, k int) {
	n := newNode(t, openLite(t), newClock(), func(c *epimap.Config) { c.K = k })
	cells, alone := 0, 0
	for seed := range 800 {
		h := random(rand.New(rand.NewPCG(1, uint64(seed))), seed%2 == 0)
		is := h.run(n.s)
		for at := range 2 {
			for a, hidden := range is.hidden[at] {
				if hidden < 1 || hidden >= k {
					continue
				}
				cells++
				if !couldBeOther(n.s, h, is, a, at) {
					alone++
					t.Errorf("seed %d: %s has %d hidden cases at snapshot %d of steps %d and %d, and no other number would look the same", seed, a, hidden, at+1, h.one, h.two)
				}
			}
		}
		if alone > 5 {
			break
		}
	}
	if cells < 500 {
		t.Errorf("only %d hidden numbers in all histories: the test looks at too little", cells)
	}
	t.Logf("%d hidden numbers, %d told", cells, alone)
}

func couldBeOther(s *epimap.Service, h history, is seen, a area.Code, at int) (found bool) {
	h.others(a, at, is, func(o history) bool {
		was := o.run(s)
		found = was.public == is.public && was.hidden[at][a] != is.hidden[at][a]
		return !found
	})
	return found
}

// Unannounced cases show in multiples of k only: at every level, in every
// edition, window and day, at each snapshot, so that no difference is less.
func TestNoSmallDifference(t *testing.T) {
	n := newNode(t, openLite(t), newClock())
	for seed := range 150 {
		h := random(rand.New(rand.NewPCG(2, uint64(seed))), seed%2 == 0)
		bare := history{nil, h.one, h.two} // the announcements alone
		for _, st := range h.steps {
			st.facts = slices.DeleteFunc(slices.Clone(st.facts), func(f event.Body) bool { return f.FactKind() != event.KindCountsAnnounced })
			bare.steps = append(bare.steps, st)
		}
		with, without := h.run(n.s), bare.run(n.s)
		for at := range 2 {
			with.view[at].Numbers(may1-1, may1+days+20, func(a area.Code, d day.Day, w epimap.Window, c epimap.Count) {
				if more := c.Cases - without.view[at].Count(a, d, w).Cases; more%epimap.K != 0 || more < 0 {
					t.Errorf("seed %d snapshot %d: %s to %s window %d shows %d, %d of them unannounced", seed, at+1, a, d, w, c.Cases, more)
				}
				if want := c.Text; c.Hidden && c.Cases == 0 && want != "<5" && want != "≥1" || !c.Hidden && want != fmt.Sprint(c.Cases) {
					t.Errorf("seed %d: %s to %s window %d: text %q of %+v", seed, a, d, w, c.Text, c)
				}
			})
		}
		if t.Failed() {
			return
		}
	}
}

// play tells a history to a node, up to a step.
func (n *node) play(t testing.TB, c *clock, h history, from, to int) {
	for _, st := range h.steps[from:to] {
		c.mu.Lock()
		c.t = st.at
		c.mu.Unlock()
		n.tellTogether(t, st.facts)
	}
}

// The model of the tests above says what the service says, over HTTP.
func TestModelIsTheService(t *testing.T) {
	for seed := range 12 {
		c := newClock()
		n := newNode(t, openLite(t), c)
		h := random(rand.New(rand.NewPCG(3, uint64(seed))), true)
		h.two = len(h.steps) - 1
		n.play(t, c, h, 0, len(h.steps))
		view := h.run(n.s).view[1]
		for _, e := range []area.Edition{area.Edition2021, area.Edition2025} {
			for _, level := range []area.Level{area.Commune, area.Province} {
				for _, part := range []string{"", "recent"} {
					got := n.get(t, fmt.Sprintf("/api/v1/map/series?edition=%d&level=%s&part=%s", e, level, part))
					if want := view.Series(e, level, part); untimed(t, got) != untimed(t, want) {
						t.Fatalf("seed %d, %d %s %s: got\n%s\nwant\n%s", seed, e, level, part, untimed(t, got), untimed(t, want))
					}
				}
			}
		}
	}
}

func untimed(t *testing.T, body string) string {
	var m map[string]any
	if err := json.Unmarshal([]byte(body), &m); err != nil {
		t.Fatal(err)
	}
	delete(m, "as_of")
	b, _ := json.Marshal(m)
	return string(b)
}

// Over HTTP, two histories that differ in a hidden number answer the same bytes
// at both snapshots, in every format.
func TestHiddenOverHTTP(t *testing.T) {
	tried := 0
	for seed := 0; tried < 4 && seed < 100; seed++ {
		probe := newNode(t, openLite(t), newClock())
		h := random(rand.New(rand.NewPCG(4, uint64(seed))), true)
		is := h.run(probe.s)
		var other *history
		for a, hidden := range is.hidden[1] {
			if hidden < 1 || hidden >= epimap.K {
				continue
			}
			h.others(a, 1, is, func(o history) bool {
				if was := o.run(probe.s); was.public == is.public && was.hidden[1][a] != hidden {
					other = &o
				}
				return other == nil
			})
		}
		if other == nil {
			continue
		}
		tried++
		a, b := answersOf(t, h), answersOf(t, *other)
		for at := range a {
			for path, body := range a[at] {
				if b[at][path] != body {
					t.Errorf("seed %d snapshot %d %s: got\n%.500s\nand\n%.500s", seed, at+1, path, body, b[at][path])
				}
			}
		}
	}
	if tried < 4 {
		t.Errorf("only %d histories tried", tried)
	}
}

// answersOf plays a history to a new node and returns all that it answers at the two snapshots.
func answersOf(t *testing.T, h history) (all [2]map[string]string) {
	c := newClock()
	n := newNode(t, openLite(t), c)
	n.play(t, c, h, 0, h.one+1)
	all[0] = n.answers(t)
	n.play(t, c, h, h.one+1, h.two+1)
	all[1] = n.answers(t)
	return all
}

func (n *node) answers(t *testing.T) map[string]string {
	all := map[string]string{}
	for _, path := range publicPaths(may1+10, may1+25) {
		res, body := n.ask(t, path)
		if res.StatusCode != 200 {
			body = fmt.Sprint(res.StatusCode)
		}
		all[path] = body
	}
	all["page"] = n.get(t, "/area/2021/20/186")
	return all
}
