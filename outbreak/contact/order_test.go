package contact_test

import (
	"testing"
	"time"

	"khien/kernel/event"
	"khien/kernel/id"
	"khien/kernel/store"
	"khien/outbreak/contact"
)

// aged lets the days go by until the visits of a scene's market have died, and not
// those to its office.
func (w *world) aged(t *testing.T, s scene, held ...id.ID) {
	t.Helper()
	w.now = stay(s.sick, s.market, 720, 721).From.Add(contact.Kept)
	w.age(t, held...)
	w.settle(t)
}

// What visits found that died goes with its person through a merge and back.
func TestAgedAndMerged(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		s := w.scene(t)
		w.tell(t, s.kase)
		w.confirm(t, w.want(t, s.met, 1, contact.Found))
		w.want(t, s.later, 2, contact.Found)
		w.now = stay(s.sick, s.market, 1440, 1441).From.Add(contact.Kept) // all of them
		w.age(t)
		w.settle(t)
		whole := w.somebody(t, "Nông Thị Gặp")
		w.tx(t, func(tx *store.Tx) error { return w.people.Merge(tx, w.scope(), whole, s.met) })
		w.settle(t)
		if f := w.want(t, whole, 1, contact.Confirmed); f.Held != 1 {
			t.Errorf("merged: the F1 holds by %d", f.Held)
		}
		w.wantNone(t, s.met)
		if f := w.want(t, s.later, 2, contact.Found); f.Held != 1 || f.Exposures[0].Via != whole {
			t.Errorf("merged: the F2 holds by %d, via %s", f.Held, f.Exposures[0].Via)
		}
		w.tx(t, func(tx *store.Tx) error { return w.people.Undo(tx, w.scope(), s.met) })
		w.settle(t)
		if f := w.want(t, s.met, 1, contact.Found); f.Held != 1 {
			t.Errorf("undone: the F1 holds by %d", f.Held)
		}
		if f, _ := w.of(t, whole); f.Held != 0 {
			t.Errorf("undone: the other holds by %d", f.Held)
		}
	})
}

// On the day on which a visit dies, another that is withdrawn takes its contact away
// still; a younger one than those that died.
func TestWithdrawnOnTheLastDay(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		s := w.scene(t)
		w.visit(t, id.ID{}, stay(s.sick, s.office, 790, 900))
		wrong := w.visit(t, id.ID{}, stay(s.passed, s.office, 780, 880))
		w.visit(t, id.ID{}, stay(s.sick, s.market, 700, 780)) // dies before
		late := w.visit(t, id.ID{}, stay(s.later, s.market, 725, 800))
		w.tell(t, s.kase)
		w.want(t, s.passed, 1, contact.Found)
		if f := w.want(t, s.later, 1, contact.Found); f.Held != 2 {
			t.Fatalf("got %d", f.Held)
		}
		w.aged(t, s)
		w.want(t, s.passed, 1, contact.Found)
		w.withdraw(t, wrong)
		w.settle(t)
		w.want(t, s.passed, 1, contact.Dismissed)
		w.withdraw(t, late) // of the other of the two the visit is dead
		w.settle(t)
		if f := w.want(t, s.later, 1, contact.Found); f.Held != 1 {
			t.Errorf("got %d that hold", f.Held)
		}
		w.want(t, s.met, 1, contact.Found) // both are dead
	})
}

// Two visits of one minute, of which the first ends: what is left is the other.
func TestTwinVisits(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		s := w.scene(t)
		w.tell(t, s.kase)
		long, short := stay(s.later, s.market, 600, 650), stay(s.later, s.market, 600, 610)
		long.Assumed, short.Assumed = true, true
		first := w.visit(t, id.ID{}, long)
		w.visit(t, id.ID{}, short)
		w.settle(t)
		w.want(t, s.later, 1, contact.Found)
		long.To, long.Assumed = long.From.Add(5*time.Minute), false
		w.visit(t, first, long)
		w.settle(t)
		w.want(t, s.later, 1, contact.Dismissed)
	})
}

// A node that did not trace a case itself follows its visits when the one that did
// is gone, and one that slept until facts were forgotten reads the visits anew.
func TestAnotherNode(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		s := w.scene(t)
		w.settle(t)
		first := w.Service
		w.restart(t)
		w.settle(t)
		second := w.Service
		w.tx(t, func(tx *store.Tx) error { return event.Tell(tx, 20, s.kase) })
		if err := second.Settle(t.Context()); err != nil { // it hears of the case before the row is written
			t.Fatal(err)
		}
		w.Service = first
		w.settle(t)
		w.Service = second
		w.settle(t)
		w.visit(t, id.ID{}, stay(s.later, s.market, 600, 650))
		w.settle(t)
		w.want(t, s.later, 1, contact.Found)
		w.visit(t, id.ID{}, stay(s.passed, s.market, 600, 650))
		w.settle(t)
		if _, err := event.Prune(t.Context(), w.db, 20, w.Listeners(), time.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		w.Service = first
		a, err := w.Ask(t.Context(), w.scope(), contact.Query{Case: s.kase.Case})
		if err != nil || a.F1s != 3 {
			t.Errorf("after a long sleep: got %d F1, %v, want 3", a.F1s, err)
		}
	})
}

// An officer takes a release back: the contact is active again, and their F2.
func TestReleaseTakenBack(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		s := w.scene(t)
		w.tell(t, s.kase)
		f := w.want(t, s.met, 1, contact.Found)
		w.confirm(t, f)
		followed := func(state string) {
			w.now = w.now.Add(time.Hour)
			w.tell(t, event.FollowUpChanged{Contact: f.ID, Person: f.Person, State: state, From: today(w), Until: today(w) + 14, At: w.now})
			w.settle(t)
		}
		followed("completed")
		w.want(t, s.met, 1, contact.Released)
		w.want(t, s.later, 2, contact.Dismissed)
		followed("running")
		if f := w.want(t, s.met, 1, contact.Confirmed); f.Follow != "running" || f.Released.UnixMilli() > 0 {
			t.Errorf("got %q, released %s", f.Follow, f.Released)
		}
		w.want(t, s.later, 2, contact.Found)
	})
}
