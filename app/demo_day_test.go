package app

import (
	"testing"
	"time"

	"khien/kernel/auth"
	"khien/kernel/config"
	"khien/kernel/person"
)

// The demo's day is full, leaves a pair to be told apart, and is the same day
// after another start.
func TestDemoDay(t *testing.T) {
	c := &config.Config{Data: t.TempDir(), Province: "20", Edition: 2021, K: 5, PublicURL: "http://localhost"}
	c.KeyFile = c.Data + "/khien.key"
	evening := time.Date(2026, 11, 23, 13, 0, 0, 0, time.UTC)
	var counts []int64
	for range 2 {
		a, err := Open(t.Context(), c, quietLog())
		if err != nil {
			t.Fatal(err)
		}
		a.Now = func() time.Time { return evening }
		d := &demo{app: a}
		if err := d.fillDay(t.Context()); err != nil {
			t.Fatal(err)
		}
		n, err := a.Checkin.Count(t.Context(), auth.Console(20, "test", "test"))
		if err != nil {
			t.Fatal(err)
		}
		counts = append(counts, n)
		rs, err := a.People.Reviews(t.Context(), a.DB, auth.Console(20, "test", "test"), person.Review{}, 10)
		if err != nil || len(rs) == 0 {
			t.Errorf("got %d pairs to tell apart, %v, want some", len(rs), err)
		}
		if ps, err := d.posters(); err != nil || len(ps) != len(demoPlaces) {
			t.Errorf("got %d posters, %v", len(ps), err)
		}
		if err := a.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if counts[0] < demoVisits/2 || counts[0] != counts[1] {
		t.Errorf("got %v visits", counts)
	}
}
