package outbreak_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"khien/kernel/auth"
	"khien/kernel/day"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/person"
	"khien/kernel/store"
	"khien/outbreak"
)

func at(d day.Day, hour int) time.Time { return d.Time().Add(time.Duration(hour-7) * time.Hour).UTC() }

// everyPart is one part of every kind, around the day of draft.
func everyPart(t *testing.T, c id.ID) []outbreak.Part {
	d := day.On(2021, 5, 12)
	return []outbreak.Part{
		{ID: id.New(), Case: c, Kind: outbreak.SymptomPart, Symptom: &outbreak.Symptom{Code: "fever", From: d - 2}},
		{ID: id.New(), Case: c, Kind: outbreak.TestPart, Test: &outbreak.Test{Type: outbreak.RTPCR, Laboratory: "CDC Lạng Sơn", Taken: at(d, 8), Received: at(d, 15),
			Run: at(d, 20), Reported: at(d+1, 7), Result: outbreak.Positive, Ct: 23.47}},
		{ID: id.New(), Case: c, Kind: outbreak.HospitalPart, Hospital: &outbreak.HospitalStay{Facility: "Bệnh viện Bệnh nhiệt đới Trung ương", Area: must(t, "2021/01"),
			Ward: outbreak.IntensiveCare, From: d + 2}},
		{ID: id.New(), Case: c, Kind: outbreak.ExposurePart, Exposure: &outbreak.Told{Kind: outbreak.AtGathering, Place: "Đám cưới ở Quang Châu", From: at(d-6, 10), To: at(d-6, 14)}},
	}
}

func TestPartsAreWrittenReadRemovedAndPutBack(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		mine := w.officer(t, "huulung", huuLung, auth.HealthOfficer, auth.WriteCases)
		other := w.officer(t, "chilang", chiLang, auth.HealthOfficer, auth.WriteCases)
		none := w.officer(t, "bacson", "2021/20/185", auth.HealthOfficer, auth.WriteCases)
		d := draft(t, minhHoa)
		d.Stay = must(t, "2021/20/187/06463")
		c, err := w.Create(t.Context(), mine, d)
		if err != nil {
			t.Fatal(err)
		}
		parts := everyPart(t, c.ID)
		for _, p := range parts {
			for range 2 { // the same act again answers as the first
				if got, err := w.PutPart(t.Context(), mine, p); err != nil || got.Version != 1 {
					t.Fatalf("%s: got version %d, %v", p.Kind, got.Version, err)
				}
			}
			for sc, want := range map[*auth.Scope]fault.Kind{&other: fault.Forbidden, &none: fault.NotFound} {
				if _, err := w.PutPart(t.Context(), *sc, p); fault.KindOf(err) != want {
					t.Errorf("%s by another: got %v, want %s", p.Kind, err, want)
				}
				if err := w.RemovePart(t.Context(), *sc, c.ID, p.ID); fault.KindOf(err) != want {
					t.Errorf("%s removed by another: got %v, want %s", p.Kind, err, want)
				}
			}
		}
		whole, err := w.ReadWhole(t.Context(), other, c.ID) // it stays with them
		if err != nil || len(whole.Parts) != 4 {
			t.Fatalf("got %d parts, %v", len(whole.Parts), err)
		}
		for i, p := range whole.Parts {
			want := parts[i]
			p.Version, p.Changed, p.Actor = 0, time.Time{}, ""
			if diff := cmp.Diff(want, p); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		}
		test := whole.Live(outbreak.TestPart)[0]
		test.Test.Result = outbreak.Negative
		if p, err := w.PutPart(t.Context(), mine, test); err != nil || p.Version != 2 {
			t.Errorf("change: got version %d, %v", p.Version, err)
		}
		test.Test.Result = outbreak.Indeterminate
		if _, err := w.PutPart(t.Context(), mine, test); !fault.Is(err, fault.Conflict) {
			t.Errorf("change of an old version: got %v, want conflict", err)
		}
		for _, step := range []struct {
			do   func() error
			live int
		}{{func() error { return w.RemovePart(t.Context(), mine, c.ID, test.ID) }, 0}, {func() error { return w.RestorePart(t.Context(), mine, c.ID, test.ID) }, 1}} {
			for range 2 {
				if err := step.do(); err != nil {
					t.Fatal(err)
				}
			}
			if whole, err = w.ReadWhole(t.Context(), mine, c.ID); err != nil || len(whole.Live(outbreak.TestPart)) != step.live {
				t.Errorf("got %d tests, %v, want %d", len(whole.Live(outbreak.TestPart)), err, step.live)
			}
		}
		if _, err := w.ReadWhole(t.Context(), none, c.ID); !fault.Is(err, fault.NotFound) {
			t.Errorf("out of scope: got %v", err)
		}
		if got := w.audited(t, "case.part."); got != 7 {
			t.Errorf("%d audit rows of parts, want 4 added, 1 changed, 1 removed, 1 put back", got)
		}
	})
}

// audited counts the audit rows whose act begins so.
func (w *world) audited(t *testing.T, act string) int64 {
	t.Helper()
	n, err := store.One(t.Context(), w.db, store.Int, "select count(*) from audit_entry where province = 20 and act >= $1 and act < $2", act, act+"~")
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestWrongPartsAreNamed(t *testing.T) {
	tests := []struct {
		field string
		kind  int
		spoil func(*outbreak.Part)
	}{
		{"symptom", 0, func(p *outbreak.Part) { p.Symptom.Code = "sneeze" }},
		{"from", 0, func(p *outbreak.Part) { p.Symptom.From = day.On(2031, 1, 1) }},
		{"part_note", 0, func(p *outbreak.Part) { p.Symptom.Code = "other" }},
		{"test_type", 1, func(p *outbreak.Part) { p.Test.Type = "guess" }},
		{"taken", 1, func(p *outbreak.Part) {
			p.Test.Taken, p.Test.Received, p.Test.Run, p.Test.Reported = time.Time{}, time.Time{}, time.Time{}, time.Time{}
		}},
		{"test_run", 1, func(p *outbreak.Part) { p.Test.Run = p.Test.Taken.Add(-time.Hour) }},
		{"ct", 1, func(p *outbreak.Part) { p.Test.Ct = 99 }},
		{"laboratory", 1, func(p *outbreak.Part) { p.Test.Laboratory = "a\u202eb" }},
		{"facility", 2, func(p *outbreak.Part) { p.Hospital.Facility = "" }},
		{"ward", 2, func(p *outbreak.Part) { p.Hospital.Ward = "spa" }},
		{"to", 2, func(p *outbreak.Part) { p.Hospital.To = p.Hospital.From - 1 }},
		{"where", 2, func(p *outbreak.Part) { p.Hospital.Area += 999 * 1000 }},
		{"told_at", 3, func(p *outbreak.Part) { p.Exposure.Place = " " }},
		{"ended", 3, func(p *outbreak.Part) { p.Exposure.To = p.Exposure.From.Add(-time.Hour) }},
		{"kind", 3, func(p *outbreak.Part) { p.Kind = outbreak.TestPart }},
	}
	each(t, func(t *testing.T, w *world) {
		c, err := w.Create(t.Context(), everything, draft(t, minhHoa))
		if err != nil {
			t.Fatal(err)
		}
		for _, tt := range tests {
			p := everyPart(t, c.ID)[tt.kind]
			tt.spoil(&p)
			_, err := w.PutPart(t.Context(), everything, p)
			if !fault.Is(err, fault.Invalid) || !strings.Contains(fmt.Sprint(err), tt.field) {
				t.Errorf("%s: got %v", tt.field, err)
			}
		}
	})
}

// A positive proposes; the officer decides; who, when, from, to and why stay.
func TestClassificationByRule(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		d := draft(t, minhHoa)
		d.Classification, d.ConfirmedOn = outbreak.Suspected, 0
		c, err := w.Create(t.Context(), everything, d)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range everyPart(t, c.ID)[:2] {
			if _, err := w.PutPart(t.Context(), everything, p); err != nil {
				t.Fatal(err)
			}
		}
		whole, err := w.ReadWhole(t.Context(), everything, c.ID)
		if err != nil || whole.Proposal == nil {
			t.Fatalf("got proposal %v, %v", whole.Proposal, err)
		}
		p := *whole.Proposal
		p.Source = ""
		want := outbreak.Proposal{Rule: "molecular", Is: outbreak.Confirmed, Onset: day.On(2021, 5, 10), Specimen: day.On(2021, 5, 12), Confirmed: day.On(2021, 5, 13)}
		if diff := cmp.Diff(want, p); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
		if _, err := w.Classify(t.Context(), everything, c.ID, c.Version, outbreak.Judgement{Is: outbreak.Probable, Rule: "antigen"}); !fault.Is(err, fault.Conflict) {
			t.Errorf("a rule that does not propose: got %v, want conflict", err)
		}
		j := outbreak.Judgement{Is: p.Is, Rule: p.Rule, Why: "Kết quả của CDC"}
		c, err = w.Classify(t.Context(), everything, c.ID, c.Version, j)
		if err != nil || c.Classification != outbreak.Confirmed || c.Onset != p.Onset || c.Specimen != p.Specimen || c.ConfirmedOn != p.Confirmed {
			t.Errorf("got %+v, %v", c, err)
		}
		whole, err = w.ReadWhole(t.Context(), everything, c.ID)
		want2 := []outbreak.Judgement{{At: w.now, Actor: "console:test", Was: outbreak.Suspected, Is: outbreak.Confirmed, Rule: "molecular", Why: "Kết quả của CDC"}}
		for i := range whole.History {
			whole.History[i].At = w.now
		}
		if diff := cmp.Diff(want2, whole.History); diff != "" || err != nil || whole.Proposal != nil {
			t.Errorf("%v, %v, -want +got\n%s", whole.Proposal, err, diff)
		}
	})
}

func TestRules(t *testing.T) {
	d := day.On(2022, 1, 10)
	test := func(kind outbreak.TestType, result outbreak.TestResult, at time.Time) outbreak.Part {
		return outbreak.Part{Kind: outbreak.TestPart, Test: &outbreak.Test{Type: kind, Result: result, Taken: at}}
	}
	fever := outbreak.Part{Kind: outbreak.SymptomPart, Symptom: &outbreak.Symptom{Code: "fever"}}
	met := outbreak.Part{Kind: outbreak.ExposurePart, Exposure: &outbreak.Told{Kind: outbreak.AtHome}}
	gone := test(outbreak.RTPCR, outbreak.Positive, at(d, 8))
	gone.Removed = true
	for _, tt := range []struct {
		name  string
		was   outbreak.Classification
		parts []outbreak.Part
		want  string
	}{
		{"nothing", outbreak.Suspected, nil, ""},
		{"removed", outbreak.Suspected, []outbreak.Part{gone}, ""},
		{"molecular", outbreak.Probable, []outbreak.Part{test(outbreak.RTPCR, outbreak.Positive, at(d, 8))}, "molecular"},
		{"antigen alone", outbreak.Suspected, []outbreak.Part{test(outbreak.Antigen, outbreak.Positive, at(d, 8))}, "antigen"},
		{"antigen, ill and exposed", outbreak.Suspected, []outbreak.Part{test(outbreak.Antigen, outbreak.Positive, at(d, 8)), fever, met}, "antigen_told"},
		{"the same before the rule", outbreak.Suspected, []outbreak.Part{test(outbreak.Antigen, outbreak.Positive, at(day.On(2021, 12, 28), 8)), fever, met}, "antigen"},
		{"twice in eight hours", outbreak.Suspected, []outbreak.Part{test(outbreak.Antigen, outbreak.Positive, at(d, 8)), test(outbreak.Antigen, outbreak.Positive, at(d, 16)), met}, "antigen_twice"},
		{"twice in nine", outbreak.Suspected, []outbreak.Part{test(outbreak.Antigen, outbreak.Positive, at(d, 8)), test(outbreak.Antigen, outbreak.Positive, at(d, 17)), met}, "antigen"},
		{"negative", outbreak.Suspected, []outbreak.Part{test(outbreak.RTPCR, outbreak.Negative, at(d, 8))}, "molecular_negative"},
		{"negative of a confirmed case", outbreak.Confirmed, []outbreak.Part{test(outbreak.RTPCR, outbreak.Negative, at(d, 8))}, ""},
	} {
		w := outbreak.Whole{Case: outbreak.Case{Classification: tt.was, Specimen: d, ConfirmedOn: d}, Parts: tt.parts}
		got := ""
		if p := outbreak.Propose(w); p != nil {
			got = p.Rule
		}
		if got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
	for _, r := range outbreak.Rules {
		if r.Source == "" || r.From == 0 {
			t.Errorf("rule %s has no source or no first day", r.Key)
		}
	}
}

// The same person again: the case before is found wherever it lies, and told by
// its interval; only whoever may read it is told which.
func TestReinfection(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		there := w.officer(t, "chilang", chiLang, auth.HealthOfficer, auth.WriteCases)
		here := w.officer(t, "huulung", huuLung, auth.HealthOfficer, auth.WriteCases)
		who := person.Person{Name: "Vi Thị Mẫu", Phone: "0912345678", Birth: "1990"}
		first := draft(t, chiLang)
		first.Number, first.Who = "BN1", who
		if _, err := w.Create(t.Context(), there, first); err != nil {
			t.Fatal(err)
		}
		second := draft(t, minhHoa)
		second.Reported, second.ConfirmedOn, second.Who = second.Reported+120, second.ConfirmedOn+120, who
		c, err := w.Create(t.Context(), here, second)
		if err != nil {
			t.Fatal(err)
		}
		for sc, number := range map[*auth.Scope]string{&everything: "BN1", &here: ""} {
			whole, err := w.ReadWhole(t.Context(), *sc, c.ID)
			if err != nil || len(whole.Earlier) != 1 {
				t.Fatalf("got %+v, %v", whole.Earlier, err)
			}
			if e := whole.Earlier[0]; e.Days != 120 || !e.Reinfected() || e.Number != number {
				t.Errorf("got %+v, want BN1 only for who may read it", e)
			}
		}
	})
}
