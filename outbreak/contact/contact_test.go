package contact_test

import (
	"slices"
	"testing"
	"time"

	"khien/kernel/auth"
	"khien/kernel/event"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/person"
	"khien/kernel/place"
	"khien/kernel/store"
	"khien/outbreak/contact"
)

// scene is a case, who met them for long, for a moment, and not at all.
type scene struct {
	sick, met, passed, later id.ID
	market, office           id.ID
	kase                     event.CaseChanged
}

func (w *world) scene(t *testing.T) (s scene) {
	t.Helper()
	s.sick, s.met, s.passed, s.later = w.somebody(t, "Lý Văn Ca"), w.somebody(t, "Nông Thị Gặp"), w.somebody(t, "Hoàng Văn Qua"), w.somebody(t, "Vi Thị Sau")
	s.market, s.office = w.place(t, place.Market, minhHoa), w.place(t, place.Office, elsewhere)
	w.visit(t, id.ID{}, stay(s.sick, s.market, 600, 660))
	w.visit(t, id.ID{}, stay(s.met, s.market, 610, 700))
	w.visit(t, id.ID{}, stay(s.passed, s.market, 655, 700)) // five minutes
	w.visit(t, id.ID{}, stay(s.met, s.office, 800, 860))
	w.visit(t, id.ID{}, stay(s.later, s.office, 810, 900)) // of the F1, later
	s.kase = w.reported(t, s.sick)
	return s
}

func (w *world) want(t *testing.T, who id.ID, degree int, status contact.Status) contact.File {
	t.Helper()
	f, ok := w.of(t, who)
	if !ok || f.Degree != degree || f.Status != status {
		t.Fatalf("got %v, F%d %s %s; want F%d %s", ok, f.Degree, f.Status, f.Reason, degree, status)
	}
	return f
}

func (w *world) wantNone(t *testing.T, who id.ID) {
	t.Helper()
	if f, ok := w.of(t, who); ok {
		t.Fatalf("got F%d %s, want no contact", f.Degree, f.Status)
	}
}

// A case is entered: whom it met is on the list, with where, how long and how certain.
func TestCaseIsTraced(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		s := w.scene(t)
		w.tell(t, s.kase)
		f := w.want(t, s.met, 1, contact.Found)
		if len(f.Exposures) != 1 {
			t.Fatalf("got %d exposures", len(f.Exposures))
		}
		if e := f.Exposures[0]; e.Minutes != 50 || e.Locus != s.market || e.Certainty != contact.Certain || e.Case != s.kase.Case || e.Kind != "market" || e.Rule != "covid19-2021-12" {
			t.Errorf("got %+v", e)
		}
		w.wantNone(t, s.passed)
		w.wantNone(t, s.later)
		w.wantNone(t, s.sick)
		if got := w.list(t, contact.Filter{Case: s.kase.Case, Status: contact.Found}); len(got) != 1 {
			t.Errorf("got %d contacts of the case", len(got))
		}
	})
}

// A suspected case is not traced; confirmed, it is; discarded, its contacts go,
// and come back when it is taken up again.
func TestClassificationMoves(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		s := w.scene(t)
		s.kase.Classification = "suspected"
		w.tell(t, s.kase)
		w.wantNone(t, s.met)
		for n, step := range []struct {
			classification string
			status         contact.Status
		}{{"probable", contact.Found}, {"discarded", contact.Dismissed}, {"confirmed", contact.Found}} {
			s.kase.Classification, s.kase.Version = step.classification, n+2
			w.tell(t, s.kase)
			w.want(t, s.met, 1, step.status)
		}
	})
}

// A moved onset withdraws what no longer holds and does not delete it; what a
// person decided stands.
func TestMovedOnset(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		s := w.scene(t)
		w.tell(t, s.kase)
		f := w.want(t, s.met, 1, contact.Found)
		s.kase.Onset, s.kase.Version = on(t, "2022-01-18"), 2
		w.tell(t, s.kase)
		f = w.want(t, s.met, 1, contact.Dismissed)
		if f.Reason != contact.Withdrawn || len(f.Exposures) != 1 || f.Exposures[0].Held {
			t.Fatalf("got %s, %+v", f.Reason, f.Exposures)
		}
		s.kase.Onset, s.kase.Version = on(t, "2022-01-13"), 3
		w.tell(t, s.kase)
		w.confirm(t, w.want(t, s.met, 1, contact.Found))
		s.kase.Onset, s.kase.Version = on(t, "2022-01-18"), 4
		w.tell(t, s.kase)
		if f = w.want(t, s.met, 1, contact.Confirmed); f.Held != 0 {
			t.Errorf("got %d exposures that hold", f.Held)
		}
	})
}

// A visit that is told late, and one that ends earlier than assumed, move the contacts.
func TestVisitsMove(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		s := w.scene(t)
		w.tell(t, s.kase)
		open := stay(s.passed, s.market, 500, 620)
		open.Assumed = true
		w.visit(t, id.ID{}, open) // twenty minutes: not enough at a market
		w.settle(t)
		w.wantNone(t, s.passed)
		other := w.place(t, place.Office, minhHoa)
		w.visit(t, id.ID{}, stay(s.sick, other, 1000, 1100))
		at := stay(s.passed, other, 1010, 1080)
		at.Assumed = true
		v := w.visit(t, id.ID{}, at)
		w.settle(t)
		if f := w.want(t, s.passed, 1, contact.Found); f.Exposures[0].Certainty != contact.Probable {
			t.Errorf("an end that is assumed: got %s", f.Exposures[0].Certainty)
		}
		at.To, at.Assumed = at.From.Add(10*time.Minute), false
		w.visit(t, v, at)
		w.settle(t)
		w.want(t, s.passed, 1, contact.Dismissed)
	})
}

// Confirmed F1 bring their F2; an F2 of two is one contact; taken back, they go.
func TestSecondDegree(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		s := w.scene(t)
		w.tell(t, s.kase)
		f := w.want(t, s.met, 1, contact.Found)
		c := w.confirm(t, f)
		l := w.want(t, s.later, 2, contact.Found)
		if e := l.Exposures[0]; e.Via != s.met || e.Minutes != 50 {
			t.Errorf("got %+v", e)
		}
		if _, err := w.Decide(t.Context(), w.scope(), contact.Decision{Contact: f.ID, Version: c.Version, Act: contact.Undo}); err != nil {
			t.Fatal(err)
		}
		w.settle(t)
		w.want(t, s.later, 2, contact.Dismissed)
	})
}

// A contact becomes a case: their own contacts are traced, their F2 become F1;
// and back when the case is discarded.
func TestCascade(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		s := w.scene(t)
		w.tell(t, s.kase)
		second := w.reported(t, s.met)
		w.tell(t, second)
		w.want(t, s.met, 1, contact.BecameCase)
		w.want(t, s.later, 1, contact.Found)
		w.want(t, s.sick, 1, contact.BecameCase) // each met the other
		second.Classification, second.Version = "discarded", 2
		w.tell(t, second)
		w.want(t, s.met, 1, contact.Found)
		w.want(t, s.later, 1, contact.Dismissed)
	})
}

// One household are contacts, whatever they scanned.
func TestHousehold(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		s := w.scene(t)
		sick := w.person(t, person.Person{Name: "Lý Văn Nhà", Area: must(t, minhHoa), Household: "HK77"})
		child := w.person(t, person.Person{Name: "Lý Văn Con", Area: must(t, minhHoa), Household: "HK77"})
		s.kase.Person = sick
		w.tell(t, s.kase)
		if f := w.want(t, child, 1, contact.Found); f.Kind != contact.Household || f.Exposures[0].Certainty != contact.Probable {
			t.Errorf("got %+v", f.Exposures[0])
		}
	})
}

// Decisions are told apart by version, answer again as the first time, and need reasons.
func TestDecide(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		s := w.scene(t)
		w.tell(t, s.kase)
		f := w.want(t, s.met, 1, contact.Found)
		if _, err := w.Decide(t.Context(), w.scope(), contact.Decision{Contact: f.ID, Version: f.Version, Act: contact.Dismiss}); !fault.Is(err, fault.Invalid) {
			t.Errorf("without a reason: got %v", err)
		}
		d := contact.Decision{Contact: f.ID, Version: f.Version, Act: contact.Dismiss, Reason: contact.NotThere}
		first, err := w.Decide(t.Context(), w.scope(), d)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := w.Decide(t.Context(), w.scope(), d); err != nil || again != first {
			t.Errorf("again: got %+v, %v", again, err)
		}
		d.Act = contact.Confirm
		if _, err := w.Decide(t.Context(), w.scope(), d); !fault.Is(err, fault.Conflict) {
			t.Errorf("on what was seen before: got %v", err)
		}
		w.visit(t, id.ID{}, stay(s.met, s.market, 601, 650))
		w.settle(t)
		w.want(t, s.met, 1, contact.Dismissed) // no tracing overwrites it
	})
}

// What somebody tells stands beside what was traced; several cases make one contact.
func TestAddByHand(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		s := w.scene(t)
		w.tell(t, s.kase)
		st := stay(s.met, s.market, 900, 960)
		told := contact.Told{ID: id.New(), Case: s.kase.Case, Who: person.Person{Name: "Triệu Văn Kể", Phone: "0912345678"}, Kind: "restaurant",
			Area: must(t, minhHoa), From: st.From, To: st.To, Certainty: contact.Certain}
		c, err := w.Add(t.Context(), w.scope(), told)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := w.Add(t.Context(), w.scope(), told); err != nil || again.ID != c.ID {
			t.Errorf("again: got %v, %v", again.ID, err)
		}
		w.settle(t)
		if err := w.Retrace(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.settle(t)
		f := w.want(t, c.Person, 1, contact.Found)
		if len(f.Exposures) != 1 || f.Exposures[0].Origin != "manual" || f.Exposures[0].Minutes != 60 {
			t.Errorf("got %+v", f.Exposures)
		}
		other := w.reported(t, s.later)
		w.tell(t, other)
		told.ID, told.Case, told.Person = id.New(), other.Case, c.Person
		if both, err := w.Add(t.Context(), w.scope(), told); err != nil || both.ID != c.ID || both.Held != 2 {
			t.Errorf("of a second case: got %+v, %v", both, err)
		}
		told.ID, told.To = id.New(), told.From
		if _, err := w.Add(t.Context(), w.scope(), told); !fault.Is(err, fault.Invalid) {
			t.Errorf("no time at all: got %v", err)
		}
	})
}

// Asking answers without writing contacts, and is written down.
func TestAsk(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		s := w.scene(t)
		s.kase.Classification = "suspected"
		w.tell(t, s.kase)
		a, err := w.Ask(t.Context(), w.scope(), contact.Query{Case: s.kase.Case, Second: true})
		if err != nil {
			t.Fatal(err)
		}
		if a.F1s != 1 || len(a.F1) != 1 || a.F1[0].Person != s.met || a.F1[0].Who.Name != "Nông Thị Gặp" || a.F2s < 1 {
			t.Errorf("got %+v", a)
		}
		if _, err := w.Ask(t.Context(), auth.Console(20, "test", ""), contact.Query{Case: s.kase.Case}); !fault.Is(err, fault.Invalid) {
			t.Errorf("without a purpose: got %v", err)
		}
		s.kase.Classification, s.kase.Version = "confirmed", 2
		w.tell(t, s.kase)
		c, err := w.Take(t.Context(), w.scope(), s.kase.Case, s.later)
		if err != nil || c.Degree != 2 {
			t.Fatalf("got %+v, %v", c, err)
		}
		if again, err := w.Take(t.Context(), w.scope(), s.kase.Case, s.later); err != nil || again.ID != c.ID {
			t.Errorf("again: got %v, %v", again.ID, err)
		}
		w.settle(t)
		w.want(t, s.later, 2, contact.Found)
	})
}

// An officer of a commune lists whom a reader of everything finds there: those who
// live in it and those exposed in it, each once, page by page and by case; of
// another commune nobody.
func TestCommuneList(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		s := w.scene(t)
		office := w.place(t, place.Office, cacSon)
		w.visit(t, id.ID{}, stay(s.sick, office, 1000, 1100))
		w.visit(t, id.ID{}, stay(s.met, office, 1010, 1080))
		w.tell(t, s.kase)
		met := w.want(t, s.met, 1, contact.Found)
		here := w.officer(t, "minhhoa", minhHoa, auth.HealthOfficer, auth.Trace).WithClock(func() time.Time { return w.now })
		exposed := w.officer(t, "cacson", cacSon, auth.HealthOfficer, auth.Trace).WithClock(func() time.Time { return w.now })
		there := w.officer(t, "khac", elsewhere, auth.HealthOfficer, auth.Trace).WithClock(func() time.Time { return w.now })
		for name, f := range map[string]contact.Filter{"all": {}, "status": {Status: contact.Found}, "case": {Case: s.kase.Case}} {
			page, err := w.List(t.Context(), here, f)
			if err != nil || len(page.Contacts) != len(w.list(t, f)) || !slices.ContainsFunc(page.Contacts, func(c contact.Contact) bool { return c.ID == met.ID }) {
				t.Errorf("%s: got %+v, %v", name, page.Contacts, err)
			}
			if page, err = w.List(t.Context(), exposed, f); err != nil || len(page.Contacts) != 1 || page.Contacts[0].ID != met.ID {
				t.Errorf("%s, who was exposed there: got %+v, %v", name, page.Contacts, err)
			}
			if page, err = w.List(t.Context(), there, f); err != nil || len(page.Contacts) != 0 {
				t.Errorf("%s, elsewhere: got %+v, %v", name, page.Contacts, err)
			}
		}
	})
}

// An officer of another district sees whom they answer for and who was exposed at
// their places; the others are counted, and a guessed id is not there.
func TestAnotherDistrict(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		s := w.scene(t)
		w.tell(t, s.kase)
		f := w.want(t, s.met, 1, contact.Found)
		theirs := w.officer(t, "chilang", chiLang, auth.HealthOfficer, auth.Trace).WithClock(func() time.Time { return w.now })
		page, err := w.List(t.Context(), theirs, contact.Filter{})
		if err != nil || len(page.Contacts) != 0 {
			t.Errorf("list: got %d, %v", len(page.Contacts), err)
		}
		if _, err := w.Read(t.Context(), theirs, f.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("read: got %v", err)
		}
		if _, err := w.Decide(t.Context(), theirs, contact.Decision{Contact: f.ID, Version: f.Version, Act: contact.Confirm}); !fault.Is(err, fault.NotFound) {
			t.Errorf("decide: got %v", err)
		}
		if _, err := w.Ask(t.Context(), theirs, contact.Query{Case: s.kase.Case}); !fault.Is(err, fault.NotFound) {
			t.Errorf("ask of a case: got %v", err)
		}
		if _, err := w.Take(t.Context(), theirs, s.kase.Case, s.later); !fault.Is(err, fault.NotFound) {
			t.Errorf("take: got %v", err)
		}
		told := contact.Told{ID: id.New(), Case: s.kase.Case, Person: s.later, From: noon.Add(-time.Hour), To: noon}
		if _, err := w.Add(t.Context(), theirs, told); !fault.Is(err, fault.NotFound) {
			t.Errorf("add: got %v", err)
		}
		own := w.reported(t, w.person(t, person.Person{Name: "Vi Văn Khác", Area: must(t, elsewhere)}))
		own.Area = must(t, elsewhere)
		w.visit(t, id.ID{}, stay(own.Person, s.market, 600, 700))
		w.tell(t, own)
		a, err := w.Ask(t.Context(), theirs, contact.Query{Case: own.Case})
		if err != nil || a.F1s == 0 || a.Hidden != a.F1s || len(a.F1) != 0 {
			t.Errorf("met elsewhere, live elsewhere: got %+v, %v", a, err)
		}
	})
}

// Whose watch is over is released, and dies four weeks later.
func TestReleasedAndErased(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		s := w.scene(t)
		w.tell(t, s.kase)
		f := w.want(t, s.met, 1, contact.Found)
		w.now = w.now.Add(10 * 24 * time.Hour)
		w.tell(t, event.FollowUpChanged{Contact: f.ID, Person: f.Person, State: "completed", From: today(w) - 7, Until: today(w), At: w.now})
		if f = w.want(t, s.met, 1, contact.Released); f.Follow != "completed" {
			t.Errorf("got %q", f.Follow)
		}
		w.now = w.now.Add(29 * 24 * time.Hour)
		if n, err := w.Erase(t.Context()); err != nil || n != 1 {
			t.Errorf("erased %d, %v", n, err)
		}
		w.settle(t)
		w.wantNone(t, s.met)
	})
}

// Two who turn out to be one are one contact.
func TestMerged(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		s := w.scene(t)
		twin := w.somebody(t, "Nông Thị Gặp")
		w.visit(t, id.ID{}, stay(twin, s.market, 600, 650))
		w.tell(t, s.kase)
		w.want(t, twin, 1, contact.Found)
		w.tx(t, func(tx *store.Tx) error { return w.people.Merge(tx, w.scope(), s.met, twin) })
		if err := w.Retrace(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.settle(t)
		w.want(t, twin, 1, contact.Dismissed)
		if f := w.want(t, s.met, 1, contact.Found); f.Held != 2 {
			t.Errorf("got %d exposures", f.Held)
		}
	})
}

// A visit that is withdrawn takes away at once whom it found, also from memory; a
// visit of the same minute at another place stands.
func TestVisitWithdrawn(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		s := w.scene(t)
		wrong := w.visit(t, id.ID{}, stay(s.later, s.market, 600, 640))
		w.visit(t, id.ID{}, stay(s.later, w.place(t, place.School, minhHoa), 600, 640))
		w.tell(t, s.kase)
		w.want(t, s.later, 1, contact.Found)
		w.withdraw(t, wrong)
		w.settle(t)
		f := w.want(t, s.later, 1, contact.Dismissed)
		if f.Reason != contact.Withdrawn || f.Held != 0 {
			t.Errorf("got %s, %d exposures that hold", f.Reason, f.Held)
		}
		a, err := w.Ask(t.Context(), w.scope(), contact.Query{Case: s.kase.Case})
		if err != nil || a.F1s != 1 || a.F1[0].Person != s.met {
			t.Errorf("asked: got %+v, %v", a, err)
		}
		w.want(t, s.met, 1, contact.Found)
	})
}

// Visits that die of age take nobody away, on a node that ran and on one that
// starts: neither F1 nor the F2 of one who is confirmed. A decision and a moved
// onset still do.
func TestVisitsDieOfAge(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		s := w.scene(t)
		w.tell(t, s.kase)
		f := w.want(t, s.met, 1, contact.Found)
		c := w.confirm(t, f)
		w.want(t, s.later, 2, contact.Found)
		for hour := range 24 {
			w.now = stay(s.sick, s.market, 0, 1).From.Add(contact.Kept + time.Duration(hour+1)*time.Hour)
			w.age(t, s.sick)
			w.settle(t)
			if hour%2 == 0 {
				w.restart(t)
			}
			if err := w.Retrace(t.Context()); err != nil {
				t.Fatal(err)
			}
			w.settle(t)
			w.want(t, s.met, 1, contact.Confirmed)
			if l := w.want(t, s.later, 2, contact.Found); l.Held != 1 {
				t.Fatalf("hour %d: the F2 holds by %d", hour, l.Held)
			}
		}
		if f, _ = w.of(t, s.met); f.Held != 1 {
			t.Errorf("the F1 holds by %d", f.Held)
		}
		if _, err := w.Decide(t.Context(), w.scope(), contact.Decision{Contact: f.ID, Version: c.Version, Act: contact.Undo}); err != nil {
			t.Fatal(err)
		}
		w.settle(t)
		w.want(t, s.later, 2, contact.Dismissed)
		s.kase.Onset, s.kase.Version = on(t, "2022-01-18"), 2
		w.tell(t, s.kase)
		w.want(t, s.met, 1, contact.Dismissed)
	})
}

// A merge and its undoing are followed at once: no round has to come by.
func TestMergeUndone(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		s := w.scene(t)
		twin := w.somebody(t, "Nông Thị Gặp")
		w.visit(t, id.ID{}, stay(twin, s.market, 600, 650))
		w.tell(t, s.kase)
		w.tx(t, func(tx *store.Tx) error { return w.people.Merge(tx, w.scope(), s.met, twin) })
		w.settle(t)
		w.want(t, twin, 1, contact.Dismissed)
		if f := w.want(t, s.met, 1, contact.Found); f.Held != 2 {
			t.Errorf("merged: got %d exposures", f.Held)
		}
		w.tx(t, func(tx *store.Tx) error { return w.people.Undo(tx, w.scope(), twin) })
		w.settle(t)
		for _, who := range []id.ID{s.met, twin} {
			if f := w.want(t, who, 1, contact.Found); f.Held != 1 {
				t.Errorf("undone: got %d exposures", f.Held)
			}
		}
	})
}

// A case whose person turns out to be somebody else's other row is traced by both.
func TestCaseMerged(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		s := w.scene(t)
		s.kase.Person = w.somebody(t, "Lý Văn Ca")
		w.tell(t, s.kase)
		w.wantNone(t, s.met)
		w.tx(t, func(tx *store.Tx) error { return w.people.Merge(tx, w.scope(), s.sick, s.kase.Person) })
		w.settle(t)
		w.want(t, s.met, 1, contact.Found)
		w.tx(t, func(tx *store.Tx) error { return w.people.Undo(tx, w.scope(), s.kase.Person) })
		w.settle(t)
		w.want(t, s.met, 1, contact.Dismissed)
	})
}
