package level_test

import (
	"context"
	"testing"

	"khien/kernel/audit"
	"khien/kernel/auth"
	"khien/kernel/event"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/store"
	"khien/outbreak"
	"khien/outbreak/level"
)

const commune = "2021/20/186/06412"

// heard gathers what the committee's acts told.
func (w *world) heard(t *testing.T) (facts []event.LevelDecided) {
	t.Helper()
	l := event.Listener{Name: "test-" + id.New().String(), Kinds: []string{event.KindLevelDecided}, Hear: func(_ context.Context, _ *store.Tx, f event.Fact) error {
		d, err := event.Decode[event.LevelDecided](f)
		facts = append(facts, d)
		return err
	}}
	bus := &event.Bus{DB: w.db, Province: 20}
	if err := bus.Drain(context.Background(), l); err != nil {
		t.Fatal(err)
	}
	return facts
}

// The proposal counts cases of the community of seven days; the committee decides,
// once for a form, takes back, and each act is told and audited.
func TestDecide(t *testing.T) {
	each(t, func(t *testing.T, w *world) { // today is 2021-11-01
		ctx := context.Background()
		c := must(t, commune)
		for _, d := range []string{"2021-10-26", "2021-10-30", "2021-11-01"} {
			w.enter(t, commune, d, outbreak.Community)
		}
		w.enter(t, commune, "2021-10-25", outbreak.Community)  // eight days ago
		w.enter(t, commune, "2021-10-31", outbreak.Quarantine) // not of the community
		w.enter(t, commune, "2021-10-31", "")                  // not known: counted
		officer := w.officer(t, "huulung", "2021/20/186", auth.HealthOfficer, auth.WriteCases)
		if err := w.Enter(ctx, officer, level.Entered{Area: c, AsOf: on(t, "2021-10-31"), Population: 5000, OneDose: 65.5, FullOlder: 90, Capacity: level.IsMet, Source: "Trạm y tế"}); err != nil {
			t.Fatal(err)
		}
		row, err := w.Assess(ctx, c)
		if err != nil || row.Standing.Cases != 4 || row.Proposal.Per100k != 80 || row.Proposal.Level != 3 || row.Entered.OneDose != 65.5 {
			t.Fatalf("got %+v, %v", row, err)
		}
		committee := w.officer(t, "uyban", "2021/20/186", auth.SteeringCommittee, auth.DecideLevel)
		first := level.Decision{ID: id.New(), Area: c, Level: 3, From: on(t, "2021-11-01"), Reason: "theo đề xuất"}
		for range 2 { // the same form twice
			if got, err := w.Decide(ctx, committee, first); err != nil || got.Proposed != 3 || got.Rule != "4800/QĐ-BYT" {
				t.Fatalf("got %+v, %v", got, err)
			}
		}
		second := level.Decision{ID: id.New(), Area: c, Level: 4, From: on(t, "2021-11-01"), Reason: "chợ đông người"}
		if _, err := w.Decide(ctx, committee, second); err != nil {
			t.Fatal(err)
		}
		for _, i := range []id.ID{second.ID, second.ID, first.ID} { // taken back once each
			if _, err := w.Undo(ctx, committee, i); err != nil {
				t.Fatal(err)
			}
		}
		var told []int
		for _, f := range w.heard(t) {
			told = append(told, f.Level)
		}
		if len(told) != 4 || told[0] != 3 || told[1] != 4 || told[2] != 3 || told[3] != 0 {
			t.Errorf("told: got %v, want 3, 4, 3 and 0", told)
		}
		if row, err = w.Assess(ctx, c); err != nil || row.InForce.Level != 0 {
			t.Errorf("in force: got %+v, %v", row.InForce, err)
		}
		w.audited(t, map[string]int{"level.decide": 2, "level.undo": 2, "level.enter": 1})
	})
}

func (w *world) audited(t *testing.T, want map[string]int) {
	t.Helper()
	got := map[string]int{}
	entries, err := audit.List(context.Background(), w.db, everything, audit.Filter{Act: "level."})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		got[e.Act]++
	}
	for act, n := range want {
		if got[act] != n {
			t.Errorf("%s: got %d audit rows, want %d", act, got[act], n)
		}
	}
}

// Who may not is refused, and so is what cannot be.
func TestDecideRefused(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := context.Background()
		c, elsewhere := must(t, commune), must(t, "2021/20/187")
		officer := w.officer(t, "huulung", "2021/20/186", auth.HealthOfficer, auth.WriteCases)
		committee := w.officer(t, "uyban", "2021/20/187", auth.SteeringCommittee, auth.DecideLevel)
		good := level.Decision{ID: id.New(), Area: c, Level: 2, From: on(t, "2021-11-01"), Reason: "x"}
		for name, tt := range map[string]struct {
			sc   auth.Scope
			d    level.Decision
			kind fault.Kind
		}{
			"a health officer":   {officer, good, fault.Forbidden},
			"another district's": {committee, good, fault.Forbidden},
			"no commune":         {everything, level.Decision{Area: elsewhere, Level: 2, From: good.From, Reason: "x"}, fault.NotFound},
			"level 5":            {everything, level.Decision{Area: c, Level: 5, From: good.From, Reason: "x"}, fault.Invalid},
			"last year":          {everything, level.Decision{Area: c, Level: 2, From: good.From - 365, Reason: "x"}, fault.Invalid},
			"no reason":          {everything, level.Decision{Area: c, Level: 2, From: good.From}, fault.Invalid},
		} {
			if _, err := w.Decide(ctx, tt.sc, tt.d); !fault.Is(err, tt.kind) {
				t.Errorf("%s: got %v, want %s", name, err, tt.kind)
			}
		}
		if _, err := w.Decide(ctx, everything, good); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Undo(ctx, committee, good.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("taken back by another district's: got %v", err)
		}
		if err := w.Enter(ctx, everything, level.Entered{Area: c, AsOf: on(t, "2021-11-02"), Source: "x"}); !fault.Is(err, fault.Invalid) {
			t.Errorf("figures of tomorrow: got %v", err)
		}
	})
}
