package app_test

import (
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"khien/kernel/auth"
	"khien/kernel/day"
	"khien/kernel/event"
)

// hear lets the follow-up hear all that was told.
func (n *node) hear(t *testing.T) {
	t.Helper()
	b := event.Bus{DB: n.DB, Province: 20, Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
	for _, l := range n.Followed.Listeners() {
		if err := b.Drain(t.Context(), l); err != nil {
			t.Fatal(err)
		}
	}
}

// A confirmed case is followed up by its own district and by nobody else; the
// person's own link shows no name and opens for no guess.
func TestFollowUpByDistrict(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		n.account(t, "huulung", auth.HealthOfficer, "2021/20/186")
		n.account(t, "chilang", auth.HealthOfficer, "2021/20/187")
		mine, other := n.signIn(t, "huulung"), n.signIn(t, "chilang")
		today := day.Today(n.Now()).String()
		const case_ = "01890a5d-ac96-774b-bcce-b302099a8001"
		made := mine.json("POST", "/api/v1/cases", map[string]any{"id": case_, "classification": "confirmed", "area": "2021/20/186/06427", "reported": today,
			"confirmed": today, "name": "Nguyễn Thị Hương Giang", "birth_year": 1988, "phone": "0912345678"})
		if made.status != http.StatusCreated {
			t.Fatal(made.status, made.body)
		}
		n.hear(t)
		path := "/followups/" + case_
		if got := mine.get(path); got.status != 200 || !strings.Contains(got.body, "Nguyễn Thị Hương Giang") {
			t.Fatalf("their own district: got %d", got.status)
		}
		check := url.Values{"id": {"01890a5d-ac96-774b-bcce-b302099a8002"}, "check_source": {"officer"}, "temperature": {"36,4"}}
		for _, p := range []string{path, path + "/call", path + "/days", "/api/v1" + path} {
			if got := other.get(p); got.status != http.StatusNotFound || strings.Contains(got.body, "Giang") {
				t.Errorf("another district at %s: got %d", p, got.status)
			}
		}
		if got := other.form(path+"/checks", check); got.status != http.StatusNotFound {
			t.Errorf("checked by another district: got %d", got.status)
		}
		if got := other.get("/followups?show=all"); strings.Contains(got.body, "Giang") {
			t.Error("listed in another district")
		}
		for range 2 { // the second is the retry
			if got := mine.form(path+"/checks", check); got.status != http.StatusSeeOther {
				t.Errorf("checked: got %d", got.status)
			}
		}
		link := regexp.MustCompile(`http://khien\.test(/f/[\w-]{22})"`).FindStringSubmatch(mine.form(path+"/link", url.Values{}).body)
		if link == nil {
			t.Fatal("no link")
		}
		person := n.stranger(t)
		if got := person.get(link[1]); got.status != 200 || strings.Contains(got.body, "Giang") || strings.Contains(got.body, "36,4") {
			t.Errorf("their own link: got %d, or it tells who they are", got.status)
		}
		if got := person.form(link[1], url.Values{"id": {case_}}); got.status != http.StatusUnprocessableEntity {
			t.Errorf("an empty answer: got %d", got.status)
		}
		if got := person.form(link[1], url.Values{"id": {"01890a5d-ac96-774b-bcce-b302099a8003"}, "signs": {"breathless"}}); got.status != 200 || !strings.Contains(got.body, "115") {
			t.Errorf("short of breath: got %d", got.status)
		}
		if got := person.get(link[1][:len(link[1])-1] + "_"); got.status != http.StatusNotFound {
			t.Errorf("a guess: got %d", got.status)
		}
		if got := mine.get("/followups?show=alerts"); !strings.Contains(got.body, "Giang") {
			t.Error("no alert")
		}
	})
}
