package level_test

import (
	"strings"
	"testing"

	"khien/kernel/day"
	"khien/outbreak/level"
)

// The table of the rule of October 2021, with its source in rules.json: bands,
// first doses, older people, and what does not fall.
func TestRuleOfOctober2021(t *testing.T) {
	on, err := day.Parse("2021-11-01")
	if err != nil {
		t.Fatal(err)
	}
	r := level.RuleOn(on)
	if r.Name != "4800/QĐ-BYT" || r.Source == "" || r.From == 0 {
		t.Fatalf("got %+v", r)
	}
	for _, tt := range []struct {
		name                string
		cases, people       int
		one, older          float64
		capacity            level.Met
		now, want, wantBand int
		why                 string
	}{
		{"no case, nothing known", 0, 0, -1, -1, level.Unknown, 0, 1, 1, "coverage_unknown"},
		{"a case, population not known", 3, 0, 90, 90, level.IsMet, 0, 0, 0, "population"},
		{"just below the second band", 19, 100_000, 60, 85, level.IsMet, 0, 1, 1, "coverage"},
		{"the second band begins", 20, 100_000, 60, 85, level.IsMet, 0, 2, 2, "coverage"},
		{"the second band, covered", 20, 100_000, 70, 85, level.IsMet, 0, 1, 2, ""},
		{"just below the third", 499, 1_000_000, 69.9, 85, level.IsMet, 0, 2, 2, "coverage"},
		{"the third band begins", 50, 100_000, 69.9, 85, level.IsMet, 0, 3, 3, "coverage"},
		{"the third band, covered", 149, 100_000, 71, 85, level.IsMet, 0, 2, 3, ""},
		{"the fourth band begins", 150, 100_000, 69, 85, level.IsMet, 0, 4, 4, "coverage"},
		{"the fourth band, covered", 150, 100_000, 90, 80, level.IsMet, 0, 3, 4, ""},
		{"older people below 80 %: one higher", 60, 100_000, 90, 79.9, level.IsMet, 0, 3, 3, "older"},
		{"older people below 80 %, but level 4 stays 4", 200, 100_000, 10, 10, level.IsMet, 0, 4, 4, "coverage"},
		{"older people below 80 %, but no case", 0, 100_000, 90, 10, level.IsMet, 0, 1, 1, ""},
		{"older people not known: as below", 30, 100_000, 90, -1, level.IsMet, 0, 2, 2, "older_unknown"},
		{"falls where both criteria are met", 0, 100_000, 90, 90, level.IsMet, 3, 1, 1, ""},
		{"does not fall without capacity", 0, 100_000, 90, 90, level.Unmet, 3, 3, 1, "capacity held"},
		{"does not fall while capacity is not known", 0, 100_000, 90, 90, level.Unknown, 3, 3, 1, "capacity held"},
		{"does not fall without coverage", 10, 100_000, 60, 90, level.IsMet, 2, 2, 1, "coverage held"},
		{"rises whatever is met", 150, 100_000, 60, 90, level.Unmet, 2, 4, 4, "coverage"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := r.Propose(level.Standing{Cases: tt.cases, Population: tt.people, OneDose: tt.one, FullOlder: tt.older, Capacity: tt.capacity, InForce: tt.now})
			if got.Level != tt.want || got.Band != tt.wantBand || strings.Join(got.Why, " ") != tt.why {
				t.Errorf("got level %d, band %d, why %q; want %d, %d, %q", got.Level, got.Band, strings.Join(got.Why, " "), tt.want, tt.wantBand, tt.why)
			}
		})
	}
}
