package plan_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"khien/kernel/day"
	"khien/outbreak/plan"
)

func d(s string) day.Day {
	v, err := day.Parse(s)
	if err != nil {
		panic(err)
	}
	return v
}

func days(ss ...string) (all []day.Day) {
	for _, s := range ss {
		all = append(all, d(s))
	}
	return all
}

// The rules as the reference has them, each with a person of its time.
func TestMinistry(t *testing.T) {
	for _, tt := range []struct {
		name string
		p    plan.Person
		want plan.Dates
	}{
		{"21 + 7", plan.Person{Whom: plan.F1, Decided: d("2021-05-10"), LastExposure: d("2021-05-08"), Begin: d("2021-05-10")},
			plan.Dates{Rule: "f1-2021-05", Stays: []plan.Stay{{plan.Facility, d("2021-05-10"), d("2021-05-31")}, {plan.Watch, d("2021-06-01"), d("2021-06-07")}},
				Tests: days("2021-05-11", "2021-05-17", "2021-05-24", "2021-05-30"), End: d("2021-06-07")}},
		{"decided on the last day of 21 + 7", plan.Person{Whom: plan.F1, Decided: d("2021-07-13"), LastExposure: d("2021-07-12"), Begin: d("2021-07-14")},
			plan.Dates{Rule: "f1-2021-05", Stays: []plan.Stay{{plan.Facility, d("2021-07-14"), d("2021-08-04")}, {plan.Watch, d("2021-08-05"), d("2021-08-11")}},
				Tests: days("2021-07-15", "2021-07-21", "2021-07-28", "2021-08-03"), End: d("2021-08-11")}},
		{"14 + 14", plan.Person{Whom: plan.F1, Decided: d("2021-07-14"), LastExposure: d("2021-07-13"), Begin: d("2021-07-14")},
			plan.Dates{Rule: "f1-2021-07", Stays: []plan.Stay{{plan.Facility, d("2021-07-14"), d("2021-07-28")}, {plan.Watch, d("2021-07-29"), d("2021-08-11")}},
				Tests: days("2021-07-15", "2021-07-21", "2021-07-28"), End: d("2021-08-11")}},
		{"vaccinated, found three days late", plan.Person{Whom: plan.F1, Protected: true, Decided: d("2021-12-20"), LastExposure: d("2021-12-17"), Begin: d("2021-12-20")},
			plan.Dates{Rule: "f1-protected-2021-12", Stays: []plan.Stay{{plan.Home, d("2021-12-20"), d("2021-12-24")}, {plan.Watch, d("2021-12-25"), d("2021-12-31")}},
				Tests: days("2021-12-18", "2021-12-24"), End: d("2021-12-31")}},
		{"found when the first phase is over", plan.Person{Whom: plan.F1, Protected: true, Decided: d("2021-12-28"), LastExposure: d("2021-12-17"), Begin: d("2021-12-28")},
			plan.Dates{Rule: "f1-protected-2021-12", Stays: []plan.Stay{{plan.Watch, d("2021-12-28"), d("2021-12-31")}},
				Tests: days("2021-12-18", "2021-12-24"), End: d("2021-12-31")}},
		{"vaccinated before there was a rule for them", plan.Person{Whom: plan.F1, Protected: true, Decided: d("2021-12-15"), LastExposure: d("2021-12-15"), Begin: d("2021-12-15")},
			plan.Dates{Rule: "f1-2021-07", Stays: []plan.Stay{{plan.Facility, d("2021-12-15"), d("2021-12-29")}, {plan.Watch, d("2021-12-30"), d("2022-01-12")}},
				Tests: days("2021-12-16", "2021-12-22", "2021-12-29"), End: d("2022-01-12")}},
		{"5 days, over a leap day's month", plan.Person{Whom: plan.F1, Protected: true, Decided: d("2024-02-27"), LastExposure: d("2024-02-26")},
			plan.Dates{Rule: "f1-protected-2022-02", Stays: []plan.Stay{{plan.Home, d("2024-02-27"), d("2024-03-02")}, {plan.Watch, d("2024-03-03"), d("2024-03-07")}},
				Tests: days("2024-03-02"), End: d("2024-03-07")}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.p.Disease = "U07.1"
			rule, ok := plan.Ministry().For(tt.p)
			if !ok {
				t.Fatal("no rule")
			}
			got, err := rule.Dates(tt.p)
			tt.want.Source = rule.Source
			if diff := cmp.Diff(tt.want, got); diff != "" || err != nil {
				t.Errorf("%v, -want +got\n%s", err, diff)
			}
		})
	}
}

func TestNoRule(t *testing.T) {
	for name, p := range map[string]plan.Person{
		"before the first": {Disease: "U07.1", Whom: plan.F1, Decided: d("2020-01-01")},
		"of F2":            {Disease: "U07.1", Whom: plan.F2, Decided: d("2021-08-01")},
		"of another":       {Disease: "A90", Whom: plan.F1, Decided: d("2021-08-01")},
	} {
		if r, ok := plan.Ministry().For(p); ok {
			t.Errorf("%s: got %s", name, r.Name)
		}
	}
}

func quarantined(t *testing.T) plan.Dates {
	t.Helper()
	p := plan.Person{Disease: "U07.1", Whom: plan.F1, Decided: d("2021-07-14"), LastExposure: d("2021-07-13"), Begin: d("2021-07-14")}
	r, _ := plan.Ministry().For(p)
	got, err := r.Dates(p)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestChanges(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(plan.Dates) (plan.Dates, error)
		stays  []plan.Stay
		tests  []day.Day
		bad    bool
	}{
		{"a week longer", func(d0 plan.Dates) (plan.Dates, error) {
			return d0.Changed(plan.Change{Stay: 0, To: d("2021-08-04"), Reason: "F0 cùng phòng"})
		},
			[]plan.Stay{{plan.Facility, d("2021-07-14"), d("2021-08-04")}, {plan.Watch, d("2021-08-05"), d("2021-08-18")}}, days("2021-07-15", "2021-07-21", "2021-07-28"), false},
		{"let go after a week", func(d0 plan.Dates) (plan.Dates, error) { return d0.Released(d("2021-07-21"), "không phải F1") },
			[]plan.Stay{{plan.Facility, d("2021-07-14"), d("2021-07-21")}}, days("2021-07-15", "2021-07-21"), false},
		{"no reason", func(d0 plan.Dates) (plan.Dates, error) { return d0.Changed(plan.Change{To: d("2021-08-04")}) }, nil, nil, true},
		{"before it began", func(d0 plan.Dates) (plan.Dates, error) {
			return d0.Changed(plan.Change{To: d("2021-07-13"), Reason: "x"})
		}, nil, nil, true},
		{"let go before it began", func(d0 plan.Dates) (plan.Dates, error) { return d0.Released(d("2021-07-01"), "x") }, nil, nil, true},
		{"no such stay", func(d0 plan.Dates) (plan.Dates, error) {
			return d0.Changed(plan.Change{Stay: 2, To: d("2021-09-01"), Reason: "x"})
		}, nil, nil, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := quarantined(t)
			got, err := tt.change(before)
			if tt.bad {
				if !errors.Is(err, plan.ErrDays) {
					t.Errorf("got %v", err)
				}
				return
			}
			if diff := cmp.Diff(tt.stays, got.Stays) + cmp.Diff(tt.tests, got.Tests); diff != "" || err != nil || got.End != tt.stays[len(tt.stays)-1].To {
				t.Errorf("%v, end %s, -want +got\n%s", err, got.End, diff)
			}
			if diff := cmp.Diff(quarantined(t), before); diff != "" {
				t.Errorf("the plan before changed with it:\n%s", diff)
			}
		})
	}
}

func TestReadRefuses(t *testing.T) {
	good := `{"name":"a","disease":"x","whom":"F1","from":"2021-01-01","count":"begin","phases":[{"phase":"home","days":5}],"tests":[5],"source":"s","verified":true}`
	if _, err := plan.Read([]byte("[" + good + "]")); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"two at once":    "[" + good + "," + good[:9] + "b" + good[10:] + "]",
		"no source":      `[{"name":"a","disease":"x","whom":"F1","from":"2021-01-01","count":"begin","phases":[{"phase":"home","days":5}]}]`,
		"a late test":    `[{"name":"a","disease":"x","whom":"F1","from":"2021-01-01","count":"begin","phases":[{"phase":"home","days":5}],"tests":[6],"source":"s"}]`,
		"unknown words":  `[{"name":"a","disease":"x","whom":"F9","from":"2021-01-01","count":"begin","phases":[{"phase":"home","days":5}],"source":"s"}]`,
		"unknown fields": `[{"nmae":"a"}]`,
	} {
		if _, err := plan.Read([]byte(text)); !errors.Is(err, plan.ErrRule) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
