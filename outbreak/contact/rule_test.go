package contact_test

import (
	"strings"
	"testing"
	"time"

	"khien/kernel/day"
	"khien/kernel/event"
	"khien/outbreak/contact"
)

func on(t *testing.T, text string) day.Day {
	t.Helper()
	d, err := day.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestRuleInForce(t *testing.T) {
	rules, err := contact.LoadRules()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ on, want string }{
		{"2019-12-31", "covid19-2020-01"}, {"2021-05-14", "covid19-2020-01"}, {"2021-07-29", "covid19-2020-01"},
		{"2021-07-30", "covid19-2021-07"}, {"2021-12-28", "covid19-2021-07"}, {"2021-12-29", "covid19-2021-12"}, {"2026-11-27", "covid19-2021-12"},
	} {
		if r, ok := contact.RuleFor(rules, contact.Covid, on(t, c.on)); !ok || r.ID != c.want {
			t.Errorf("%s: got %q, want %q", c.on, r.ID, c.want)
		}
	}
	if _, ok := contact.RuleFor(rules, "A00", on(t, "2021-05-14")); ok {
		t.Error("a rule for cholera")
	}
}

func TestWindowOfACase(t *testing.T) {
	rules, err := contact.LoadRules()
	if err != nil {
		t.Fatal(err)
	}
	day := func(text string) day.Day { return on(t, text) }
	for name, c := range map[string]struct {
		c        event.CaseChanged
		from, to string // days in Vietnam, to excluded
	}{
		"with symptoms, 2022":       {event.CaseChanged{Onset: day("2022-01-10"), Specimen: day("2022-01-12"), Reported: day("2022-01-13")}, "2022-01-08", "2022-01-25"},
		"without symptoms, 2022":    {event.CaseChanged{Specimen: day("2022-01-12"), Reported: day("2022-01-13")}, "2022-01-10", "2022-01-27"},
		"only reported, 2022":       {event.CaseChanged{Reported: day("2022-01-13")}, "2022-01-11", "2022-01-28"},
		"with symptoms, May 2021":   {event.CaseChanged{Onset: day("2021-05-10"), Reported: day("2021-05-13")}, "2021-05-07", "2021-05-25"},
		"without symptoms, August":  {event.CaseChanged{Specimen: day("2021-08-20"), Reported: day("2021-08-21")}, "2021-08-06", "2021-09-04"},
		"recovered early":           {event.CaseChanged{Onset: day("2022-01-10"), Reported: day("2022-01-13"), OutcomeOn: day("2022-01-15")}, "2022-01-08", "2022-01-16"},
		"an outcome before it all":  {event.CaseChanged{Onset: day("2022-01-10"), Reported: day("2022-01-13"), OutcomeOn: day("2021-12-01")}, "2022-01-08", "2022-01-09"},
		"an outcome after it ended": {event.CaseChanged{Onset: day("2022-01-10"), Reported: day("2022-01-13"), OutcomeOn: day("2022-03-15")}, "2022-01-08", "2022-01-25"},
	} {
		r, _ := contact.RuleFor(rules, contact.Covid, c.c.Reported)
		w := r.WindowOf(c.c)
		from, to := on(t, c.from).Time().Add(-7*time.Hour), on(t, c.to).Time().Add(-7*time.Hour)
		if !w.From.Equal(from) || !w.To.Equal(to) {
			t.Errorf("%s: got %v to %v, want %v to %v", name, w.From, w.To, from, to)
		}
	}
}

func TestMinutesByKind(t *testing.T) {
	rules, err := contact.LoadRules()
	if err != nil {
		t.Fatal(err)
	}
	old, now := rules[0], rules[len(rules)-1]
	for _, c := range []struct {
		r    contact.Rule
		kind string
		want int
	}{{old, "household", 1}, {old, "market", 15}, {now, "market", 30}, {now, "shop", 30}, {now, "office", 15}, {now, "new kind", 15}} {
		if got := c.r.Least(c.kind); got != c.want {
			t.Errorf("%s at %s: got %d, want %d", c.r.ID, c.kind, got, c.want)
		}
	}
}

const goodRule = `{"id":"a","disease":"U07.1","from":"2021-01-01","before_onset_days":2,"before_specimen_days":2,"after_days":14,"minutes":{"default":15},"crowd":100,"source":"x"}`

func TestParseRulesRefuses(t *testing.T) {
	for name, c := range map[string]string{
		"no list":      `{}`,
		"no source":    "[" + strings.Replace(goodRule, `"source":"x"`, `"source":""`, 1) + "]",
		"no default":   "[" + strings.Replace(goodRule, `"default"`, `"market"`, 1) + "]",
		"many days":    "[" + strings.Replace(goodRule, `"before_onset_days":2`, `"before_onset_days":29`, 1) + "]",
		"they overlap": "[" + goodRule + "," + strings.Replace(goodRule, "2021-01-01", "2021-02-01", 1) + "]",
	} {
		if _, err := contact.ParseRules([]byte(c)); err == nil {
			t.Errorf("%s: got no error", name)
		}
	}
	if _, err := contact.ParseRules([]byte("[" + goodRule + "]")); err != nil {
		t.Error(err)
	}
}

func FuzzParseRules(f *testing.F) {
	f.Add([]byte("[" + goodRule + "]"))
	f.Add([]byte(`[{"minutes":null}]`))
	f.Fuzz(func(t *testing.T, b []byte) {
		rules, err := contact.ParseRules(b)
		if err != nil {
			return
		}
		for _, r := range rules {
			if r.Least("market") < 0 && r.Minutes["market"] >= 0 {
				t.Errorf("%+v", r)
			}
			if w := r.WindowOf(event.CaseChanged{Reported: r.From}); !w.From.Before(w.To) {
				t.Errorf("%+v: window %v", r, w)
			}
		}
	})
}
