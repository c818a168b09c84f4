package followup_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"khien/kernel/audit"
	"khien/kernel/auth"
	"khien/kernel/day"
	"khien/kernel/event"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/outbreak/followup"
	"khien/outbreak/plan"
)

// A contact from confirmation to release, by the rule of July 2021: 14 days in a
// facility, 14 watched at home.
func TestFromConfirmationToRelease(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c := w.confirmed(t, w.somebody(t, "Vi Thị Mẫu"))
		got := w.watch(t, c.Contact)
		if got.State != followup.Running || got.Place != plan.Facility || got.From != d("2021-07-14") || got.Until != d("2021-08-11") || got.Dates.Rule != "f1-2021-07" {
			t.Fatalf("begun: got %+v", got)
		}
		_, dates, err := w.Preview(t.Context(), w.all(), c.Contact, followup.Decision{Place: plan.Home})
		if err != nil || dates.Stays[0].Phase != plan.Home || dates.End != got.Until {
			t.Errorf("preview at home: got %+v, %v", dates, err)
		}
		decided, err := w.Decide(t.Context(), w.all(), c.Contact, got.Version, followup.Decision{Place: plan.Home, Reason: "có phòng riêng"})
		if err != nil || decided.Place != plan.Home || decided.Until != got.Until {
			t.Errorf("decided: got %+v, %v", decided, err)
		}
		again, err := w.Decide(t.Context(), w.all(), c.Contact, got.Version, followup.Decision{Place: plan.Home, Reason: "có phòng riêng"})
		if err != nil || again.Version != decided.Version {
			t.Errorf("once more: got version %d, %v, want %d", again.Version, err, decided.Version)
		}
		if _, err := w.Decide(t.Context(), w.all(), c.Contact, got.Version, followup.Decision{Place: plan.Home, Reason: "khác"}); !fault.Is(err, fault.Conflict) {
			t.Errorf("a second tab: got %v, want a conflict", err)
		}
		w.now = time.Date(2021, 8, 11, 16, 59, 59, 0, time.UTC) // a second before midnight in Vietnam
		w.check(t, w.all(), c.Contact, followup.Check{Answered: true})
		if n, err := w.ReleaseDue(t.Context()); n != 0 || err != nil {
			t.Errorf("on the last day: got %d released, %v", n, err)
		}
		w.now = w.now.Add(time.Second)
		if n, err := w.ReleaseDue(t.Context()); n != 1 || err != nil {
			t.Errorf("after it: got %d released, %v", n, err)
		}
		if diff := cmp.Diff([]string{"running", "completed"}, w.states(t, c.Contact)); diff != "" {
			t.Errorf("told, -want +got\n%s", diff)
		}
	})
}

func (w *world) check(t *testing.T, sc auth.Scope, watch id.ID, c followup.Check) followup.Check {
	t.Helper()
	c.Watch = watch
	if c.Source == "" {
		c.Source = followup.ByOfficer
	}
	got, err := w.Check(t.Context(), sc, c)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// What a fact makes of a watch that runs.
func TestFacts(t *testing.T) {
	later := func(c event.ContactChanged, status string) event.ContactChanged {
		c.Version, c.Status = c.Version+1, status
		return c
	}
	for _, tt := range []struct {
		name  string
		fact  func(w *world, c event.ContactChanged) event.Body
		state followup.State
		until string
	}{
		{"dismissed", func(_ *world, c event.ContactChanged) event.Body { return later(c, "dismissed") }, followup.Ended, "2021-08-11"},
		{"found again", func(_ *world, c event.ContactChanged) event.Body { return later(c, "found") }, followup.Ended, "2021-08-11"},
		{"released", func(_ *world, c event.ContactChanged) event.Body { return later(c, "released") }, followup.Completed, "2021-08-11"},
		{"became a case", func(_ *world, c event.ContactChanged) event.Body { return later(c, "became_case") }, followup.Ended, "2021-08-11"},
		{"an old fact", func(_ *world, c event.ContactChanged) event.Body { c.Status = "dismissed"; return c }, followup.Running, "2021-08-11"},
		{"exposed later", func(w *world, c event.ContactChanged) event.Body {
			c = later(c, "confirmed")
			c.Last = w.now.Add(48 * time.Hour)
			return c
		}, followup.Running, "2021-08-11"},
		{"their case", func(w *world, c event.ContactChanged) event.Body {
			return event.CaseChanged{Case: id.New(), Version: 1, Person: c.Person, Classification: "confirmed", Area: c.Area, Confirmed: d("2021-07-14"), Reported: d("2021-07-14")}
		}, followup.Ended, "2021-08-11"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			each(t, func(t *testing.T, w *world) {
				c := w.confirmed(t, w.somebody(t, "Hoàng Văn Thử"))
				w.tell(t, tt.fact(w, c))
				got := w.watch(t, c.Contact)
				if got.State != tt.state || got.Until != d(tt.until) {
					t.Errorf("got %s until %s, want %s until %s", got.State, got.Until, tt.state, tt.until)
				}
				if want := tt.name == "exposed later"; (got.Proposed.End != 0) != want {
					t.Errorf("proposed: got %+v", got.Proposed)
				}
			})
		})
	}
}

// Facts of one contact that are heard together come to what they come to one by one.
func TestFactsHeardTogether(t *testing.T) {
	for _, tt := range []struct {
		statuses []string
		state    followup.State // "": nobody watches
	}{
		{[]string{"found"}, ""},
		{[]string{"found", "dismissed"}, ""},
		{[]string{"found", "confirmed"}, followup.Running},
		{[]string{"found", "confirmed", "dismissed"}, followup.Ended},
		{[]string{"confirmed", "released"}, followup.Completed},
		{[]string{"confirmed", "found", "confirmed"}, followup.Running},
		{[]string{"confirmed", "became_case"}, followup.Ended},
	} {
		t.Run(strings.Join(tt.statuses, ", "), func(t *testing.T) {
			each(t, func(t *testing.T, w *world) {
				for _, together := range []bool{true, false} {
					c := event.ContactChanged{Contact: id.New(), Person: w.somebody(t, "Hoàng Văn Thử"), Case: id.New(), Degree: 1, Area: must(t, minhHoa),
						First: w.now.Add(-25 * time.Hour), Last: w.now.Add(-24 * time.Hour), At: w.now}
					var all []event.Body
					for i, status := range tt.statuses {
						c.Version, c.Status = i+1, status
						all = append(all, c)
					}
					if together {
						w.tell(t, all...)
					} else {
						for _, f := range all {
							w.tell(t, f)
						}
					}
					got, err := w.Read(t.Context(), w.all(), c.Contact)
					if got.State != tt.state || (err != nil) != (tt.state == "") {
						t.Errorf("together %v: got %q, %v, want %q", together, got.State, err, tt.state)
					}
				}
			})
		})
	}
}

// A contact who becomes a case has one isolation, whichever fact is heard first,
// and it ends with the outcome.
func TestIsolation(t *testing.T) {
	for _, order := range []string{"case first", "contact first"} {
		t.Run(order, func(t *testing.T) {
			each(t, func(t *testing.T, w *world) {
				c := w.confirmed(t, w.somebody(t, "Hoàng Văn Thử"))
				found := event.CaseChanged{Case: id.New(), Version: 1, Person: c.Person, Classification: "confirmed", Area: c.Area, Confirmed: d("2021-07-13"), Reported: d("2021-07-14")}
				became := c
				became.Version, became.Status = 2, "became_case"
				facts := []event.Body{found, became}
				if order == "contact first" {
					slices.Reverse(facts)
				}
				for _, f := range facts {
					w.tell(t, f)
				}
				page, err := w.List(t.Context(), w.all(), followup.Filter{Show: followup.ShowAll})
				if err != nil || len(page.Rows) != 1 {
					t.Fatalf("open: got %+v, %v", page.Rows, err)
				}
				if got := page.Rows[0]; got.Whom != plan.F0 || got.Case != found.Case || got.From != d("2021-07-13") || got.Until != d("2021-07-23") {
					t.Errorf("got %s of case %s from %s until %s", got.Whom, got.Case, got.From, got.Until)
				}
				found.Version, found.Outcome, found.OutcomeOn = 2, "recovered", d("2021-07-14")
				w.tell(t, found)
				if got := w.watch(t, page.Rows[0].ID); got.State != followup.Completed || got.Until != d("2021-07-14") {
					t.Errorf("recovered: got %s until %s", got.State, got.Until)
				}
			})
		})
	}
}

// A proposal is an officer's to take or leave, with a reason, and history keeps it.
func TestProposal(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c := w.confirmed(t, w.somebody(t, "Hoàng Văn Thử"))
		c.Version, c.Last = 2, w.now.Add(72*time.Hour)
		w.tell(t, c)
		got := w.watch(t, c.Contact)
		if got.Proposed.End != d("2021-08-14") {
			t.Fatalf("proposed until %s", got.Proposed.End)
		}
		if _, err := w.Answer(t.Context(), w.all(), c.Contact, got.Version, true, ""); !fault.Is(err, fault.Invalid) {
			t.Errorf("without a reason: got %v", err)
		}
		got, err := w.Answer(t.Context(), w.all(), c.Contact, got.Version, true, "tiếp xúc lại F0")
		if err != nil || got.Until != d("2021-08-14") || got.From != d("2021-07-14") || got.Proposed.End != 0 {
			t.Errorf("accepted: got %+v, %v", got, err)
		}
		got, err = w.Change(t.Context(), w.all(), c.Contact, got.Version, plan.Change{Stay: 0, To: d("2021-07-25"), Reason: "theo văn bản mới"})
		if err != nil || got.Until != d("2021-08-08") {
			t.Errorf("reduced: got until %s, %v", got.Until, err)
		}
		r, err := w.Open(t.Context(), w.all(), c.Contact)
		if err != nil || len(r.Steps) != 4 || r.Steps[0].Act != "reduced" || r.Steps[0].WasUntil != d("2021-08-14") || r.Steps[0].Reason == "" {
			t.Errorf("history: got %+v, %v", r.Steps, err)
		}
	})
}

// Symptoms and silence stand first and are dealt with by somebody.
func TestEscalation(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ill, quiet, fine := w.confirmed(t, w.somebody(t, "A Ốm")), w.confirmed(t, w.somebody(t, "B Lặng")), w.confirmed(t, w.somebody(t, "C Khỏe"))
		w.check(t, w.all(), ill.Contact, followup.Check{Answered: true, Temperature: 380, Note: "mệt từ tối qua"})
		w.check(t, w.all(), fine.Contact, followup.Check{Answered: true})
		w.check(t, w.all(), quiet.Contact, followup.Check{})
		w.now = w.now.Add(36*time.Hour + time.Minute)
		if n, err := w.NoteSilence(t.Context()); n != 2 || err != nil {
			t.Errorf("silent: got %d, %v, want the one who never answered and the one who did not since", n, err)
		}
		if n, err := w.NoteSilence(t.Context()); n != 0 || err != nil {
			t.Errorf("silent again: got %d, %v", n, err)
		}
		page, err := w.List(t.Context(), w.all(), followup.Filter{})
		if err != nil || len(page.Rows) != 3 || page.Rows[0].ID != ill.Contact || page.Rows[0].State != followup.Symptoms || page.Rows[1].ID != quiet.Contact {
			t.Fatalf("list: got %+v, %v", page.Rows, err)
		}
		w.check(t, w.all(), quiet.Contact, followup.Check{Answered: true})
		if got := w.watch(t, quiet.Contact); got.State != followup.Running {
			t.Errorf("heard again: got %s", got.State)
		}
		r, err := w.Open(t.Context(), w.all(), ill.Contact)
		if err != nil || r.Checks[0].Note != "mệt từ tối qua" || r.Who.Name != "A Ốm" {
			t.Errorf("opened: got %+v, %v", r, err)
		}
		got, err := w.Handled(t.Context(), w.all(), ill.Contact, r.Version, "đã lấy mẫu")
		if err != nil || got.State != followup.Running {
			t.Errorf("handled: got %s, %v", got.State, err)
		}
		if diff := cmp.Diff([]string{"running", "symptoms", "running"}, w.states(t, ill.Contact)); diff != "" {
			t.Errorf("told, -want +got\n%s", diff)
		}
	})
}

// One row a day and source; a slip is taken back while it is one.
func TestChecksAreOneADay(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c := w.confirmed(t, w.somebody(t, "Hoàng Văn Thử"))
		first := w.check(t, w.all(), c.Contact, followup.Check{ID: id.New(), Answered: true, Symptoms: []string{"cough", "fever", "cough"}})
		if diff := cmp.Diff([]string{"fever", "cough"}, first.Symptoms); diff != "" {
			t.Errorf("symptoms, -want +got\n%s", diff)
		}
		if again := w.check(t, w.all(), c.Contact, followup.Check{ID: id.New(), Answered: true}); again.ID != first.ID {
			t.Errorf("a second check of the day is another")
		}
		if _, err := w.Undo(t.Context(), w.all(), first.ID); err != nil {
			t.Fatal(err)
		}
		if got := w.watch(t, c.Contact); got.State != followup.Running || got.Checked != 0 {
			t.Errorf("undone: got %s, checked %s", got.State, got.Checked)
		}
		if _, err := w.Check(t.Context(), w.all(), followup.Check{ID: first.ID, Watch: c.Contact, Source: followup.ByOfficer, Answered: true}); !fault.Is(err, fault.Conflict) {
			t.Errorf("the retry of what was undone: got %v", err)
		}
		second := w.check(t, w.all(), c.Contact, followup.Check{ID: id.New(), Answered: true})
		w.now = w.now.Add(followup.UndoFor + time.Second)
		if _, err := w.Undo(t.Context(), w.all(), second.ID); !fault.Is(err, fault.Conflict) {
			t.Errorf("undone too late: got %v", err)
		}
		page, err := w.List(t.Context(), w.all(), followup.Filter{Show: followup.ShowDone})
		if err != nil || len(page.Rows) != 1 || len(page.Days) != 1 || page.Days[0].Due != 1 || page.Days[0].Done != 1 || page.Days[0].Ill != 0 {
			t.Errorf("progress: got %+v, %v", page.Days, err)
		}
	})
}

// The contact's own link opens today's form and nothing else, and dies with the watch.
func TestOwnLink(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c := w.confirmed(t, w.somebody(t, "Hoàng Văn Thử"))
		link, err := w.Link(t.Context(), w.all(), c.Contact, false)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := w.Link(t.Context(), w.all(), c.Contact, false); again != link || err != nil {
			t.Errorf("printed again: got %s, %v, want %s", again, err, link)
		}
		token := link[len(site+"/f/"):]
		if got, err := w.Own(t.Context(), token); err != nil || got.Done || got.Days != 29 {
			t.Errorf("opened: got %+v, %v", got, err)
		}
		if _, err := w.AnswerOwn(t.Context(), token, followup.Check{ID: id.New(), Symptoms: []string{"breathless"}}); err != nil {
			t.Fatal(err)
		}
		if got := w.watch(t, c.Contact); got.State != followup.Symptoms {
			t.Errorf("told of symptoms: got %s", got.State)
		}
		if got, err := w.Own(t.Context(), token); err != nil || !got.Done || !got.CanFix {
			t.Errorf("after the answer: got %+v, %v", got, err)
		}
		if err := w.UndoOwn(t.Context(), token); err != nil {
			t.Fatal(err)
		}
		if got := w.watch(t, c.Contact); got.State != followup.Running {
			t.Errorf("taken back: got %s", got.State)
		}
		for name, guess := range map[string]string{"an id": c.Contact.String(), "nothing": "", "a token": "AAAAAAAAAAAAAAAAAAAAAA", "longer": token + "A"} {
			if _, err := w.Own(t.Context(), guess); !fault.Is(err, fault.NotFound) {
				t.Errorf("%s opens: %v", name, err)
			}
		}
		newer, err := w.Link(t.Context(), w.all(), c.Contact, true)
		if _, old := w.Own(t.Context(), token); err != nil || newer == link || !fault.Is(old, fault.NotFound) {
			t.Errorf("a new link: got %s, %v; the old one %v", newer, err, old)
		}
		c.Version, c.Status = 2, "dismissed"
		w.tell(t, c)
		if _, err := w.Own(t.Context(), newer[len(site+"/f/"):]); !fault.Is(err, fault.NotFound) {
			t.Errorf("after the end: got %v", err)
		}
	})
}

// An officer of another district finds nothing, by list, id or act.
func TestAnotherDistrict(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c := w.confirmed(t, w.somebody(t, "Hoàng Văn Thử"))
		check := w.check(t, w.all(), c.Contact, followup.Check{Answered: true})
		other := w.officer(t, "chilang", chiLang, auth.HealthOfficer, auth.WriteContacts)
		mine := w.officer(t, "huulung", huuLung, auth.QuarantineOfficer, auth.WriteContacts)
		for name, err := range map[string]error{
			"read":    second(w.Read(t.Context(), other, c.Contact)),
			"open":    second(w.Open(t.Context(), other, c.Contact)),
			"check":   second(w.Check(t.Context(), other, followup.Check{Watch: c.Contact, Source: followup.ByOfficer, Answered: true})),
			"undo":    second(w.Undo(t.Context(), other, check.ID)),
			"release": second(w.Release(t.Context(), other, c.Contact, 2, d("2021-07-14"), "x")),
			"link":    second(w.Link(t.Context(), other, c.Contact, false)),
			"order":   second(w.Prepare(t.Context(), other, followup.Ready{Watch: c.Contact, Kind: followup.OrderFacility, Place: "x"})),
		} {
			if !fault.Is(err, fault.NotFound) {
				t.Errorf("%s: got %v, want not found", name, err)
			}
		}
		if page, err := w.List(t.Context(), other, followup.Filter{Show: followup.ShowAll}); err != nil || len(page.Rows) != 0 || len(page.Days) != 0 {
			t.Errorf("list: got %+v, %v", page, err)
		}
		if page, err := w.List(t.Context(), mine, followup.Filter{Show: followup.ShowAll}); err != nil || len(page.Rows) != 1 || page.Rows[0].Who.Name == "" {
			t.Errorf("their own list: got %+v, %v", page, err)
		}
		doctor := w.officer(t, "bacsi", huuLung, auth.Doctor, auth.ReadContacts)
		if _, err := w.Check(t.Context(), doctor, followup.Check{Watch: c.Contact, Source: followup.ByOfficer}); !fault.Is(err, fault.Forbidden) {
			t.Errorf("a role that only reads: got %v", err)
		}
	})
}

// An officer takes a release back: the plan that it cut short holds again, with its
// days that are due; whoever is out of scope, gives no reason or comes too late does not.
func TestResume(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c := w.confirmed(t, w.somebody(t, "Vi Thị Mẫu"))
		before := w.watch(t, c.Contact)
		if _, err := w.Resume(t.Context(), w.all(), c.Contact, before.Version, "nhầm"); !fault.Is(err, fault.Conflict) {
			t.Errorf("nobody released it: got %v", err)
		}
		due := w.due(t)
		w.now = w.now.Add(48 * time.Hour)
		out, err := w.Release(t.Context(), w.all(), c.Contact, before.Version, d("2021-07-16"), "gõ nhầm người")
		if err != nil || out.State != followup.Completed || w.due(t) != 0 {
			t.Fatalf("released: got %+v, %v, %d due", out, err, w.due(t))
		}
		other := w.officer(t, "chilang", chiLang, auth.HealthOfficer, auth.WriteContacts)
		if _, err := w.Resume(t.Context(), other, c.Contact, out.Version, "nhầm"); !fault.Is(err, fault.NotFound) {
			t.Errorf("out of scope: got %v", err)
		}
		doctor := w.officer(t, "bacsi", huuLung, auth.Doctor, auth.ReadContacts)
		if _, err := w.Resume(t.Context(), doctor, c.Contact, out.Version, "nhầm"); !fault.Is(err, fault.Forbidden) {
			t.Errorf("a role that only reads: got %v", err)
		}
		if _, err := w.Resume(t.Context(), w.all(), c.Contact, out.Version, ""); !fault.Is(err, fault.Invalid) {
			t.Errorf("without a reason: got %v", err)
		}
		mine := w.officer(t, "huulung", huuLung, auth.HealthOfficer, auth.WriteContacts)
		got, err := w.Resume(t.Context(), mine, c.Contact, out.Version, "gõ nhầm người")
		if err != nil || got.State != followup.Running || got.Until != before.Until || got.DueUntil != before.DueUntil || got.Before != nil {
			t.Fatalf("resumed: got %+v, %v", got, err)
		}
		if d := cmp.Diff(before.Dates, w.watch(t, c.Contact).Dates); d != "" {
			t.Errorf("the plan: -want +got\n%s", d)
		}
		if again, err := w.Resume(t.Context(), mine, c.Contact, out.Version, "gõ nhầm người"); err != nil || again.Version != got.Version {
			t.Errorf("once more: got version %d, %v", again.Version, err)
		}
		if n := w.due(t); n != due {
			t.Errorf("%d checks are due on the day, want %d", n, due)
		}
		if d := cmp.Diff([]string{"running", "completed", "running"}, w.states(t, c.Contact)); d != "" {
			t.Errorf("told, -want +got\n%s", d)
		}
		rows, err := audit.List(t.Context(), w.db, w.all(), audit.Filter{Act: "followup.resumed"})
		if err != nil || len(rows) != 1 || rows[0].ObjectID != c.Contact.String() {
			t.Errorf("audit: got %+v, %v", rows, err)
		}
		if out, err = w.Release(t.Context(), w.all(), c.Contact, got.Version, d("2021-07-16"), "lần nữa"); err != nil {
			t.Fatal(err)
		}
		w.now = before.Until.Time().Add(24 * time.Hour)
		if _, err := w.Resume(t.Context(), w.all(), c.Contact, out.Version, "quá muộn"); !fault.Is(err, fault.Conflict) {
			t.Errorf("the plan is over: got %v", err)
		}
	})
}

// Whoever became a case since is isolated, and no contact again.
func TestResumeOfACase(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		who := w.somebody(t, "Vi Thị Mẫu")
		c := w.confirmed(t, who)
		out, err := w.Release(t.Context(), w.all(), c.Contact, w.watch(t, c.Contact).Version, d("2021-07-14"), "gõ nhầm người")
		if err != nil {
			t.Fatal(err)
		}
		w.tell(t, event.CaseChanged{Case: id.New(), Version: 1, Person: who, Classification: "confirmed", Area: must(t, minhHoa), Confirmed: d("2021-07-14"), Reported: d("2021-07-14")})
		if _, err := w.Resume(t.Context(), w.all(), c.Contact, out.Version, "mở lại"); !fault.Is(err, fault.Conflict) {
			t.Errorf("got %v", err)
		}
	})
}

// due is how many checks are due today in the whole province.
func (w *world) due(t *testing.T) int {
	t.Helper()
	page, err := w.List(t.Context(), w.all(), followup.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range page.Days {
		if p.Day == day.Today(w.now) {
			return p.Due
		}
	}
	return 0
}

func second[T any](_ T, err error) error { return err }

// What is held dies after its time, unless a case holds the person.
func TestDeath(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		kept, gone := w.confirmed(t, w.somebody(t, "A Giữ")), w.confirmed(t, w.somebody(t, "B Xóa"))
		for _, c := range []event.ContactChanged{kept, gone} {
			w.check(t, w.all(), c.Contact, followup.Check{Answered: true})
			c.Version, c.Status = 2, "dismissed"
			w.tell(t, c)
		}
		w.held[kept.Person] = true
		w.now = w.now.Add(followup.KeptAfter - time.Second)
		if n, err := w.Bury(t.Context()); n != 0 || err != nil {
			t.Errorf("before its time: got %d, %v", n, err)
		}
		w.now = w.now.Add(time.Second)
		if n, err := w.Bury(t.Context()); n != 1 || err != nil {
			t.Errorf("in its time: got %d, %v", n, err)
		}
		used, err := w.InUse(t.Context(), []id.ID{kept.Person, gone.Person})
		if err != nil || !used[kept.Person] || used[gone.Person] {
			t.Errorf("in use: got %v, %v", used, err)
		}
	})
}
