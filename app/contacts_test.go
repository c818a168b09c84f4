package app_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"khien/checkin"
	"khien/kernel/auth"
	"khien/kernel/day"
	"khien/kernel/event"
	"khien/kernel/id"
	"khien/kernel/person"
	"khien/kernel/place"
	"khien/outbreak"
)

// A case is entered: whom it met is on the tracer's list within a second, by page
// and API; the officer of another district sees nobody, by no way.
func TestCaseToContacts(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		now := time.Now().UTC()
		sick := n.person(t, person.Person{Name: "Lý Văn Ca", Area: minhHoaCode})
		met := n.person(t, person.Person{Name: "Nông Thị Gặp", Phone: "+84912000111", Area: minhHoaCode})
		market, err := n.Places.Create(t.Context(), world, place.Place{Name: "Chợ Cai Kinh", Kind: place.Market, Area: minhHoaCode})
		if err != nil {
			t.Fatal(err)
		}
		visit := func(who id.ID, ago time.Duration) checkin.Visit {
			return checkin.Visit{ID: id.New(), Place: market.ID, Person: who, Device: id.New(), Area: market.Area, From: now.Add(-ago), Until: now.Add(-ago + 2*time.Hour),
				Told: now, How: event.ByPoster, Ended: checkin.EndVisitor}
		}
		if err := n.Checkin.RecordAll(t.Context(), []checkin.Visit{visit(sick, 26*time.Hour), visit(met, 25*time.Hour)}); err != nil {
			t.Fatal(err)
		}
		today := day.Today(now)
		c, err := n.Outbreak.Create(t.Context(), world, outbreak.Draft{Case: outbreak.Case{Person: sick, Classification: outbreak.Confirmed, Area: minhHoaCode,
			Onset: today, ConfirmedOn: today, Reported: today, Number: "BN77"}})
		if err != nil {
			t.Fatal(err)
		}
		n.account(t, "truyvet", auth.Tracer, "2021/20/186")
		n.account(t, "khac", auth.Tracer, "2021/20/187")
		mine, theirs := n.signIn(t, "truyvet"), n.signIn(t, "khac")
		contact := n.firstContact(t, mine)
		if page := mine.get("/contacts"); !strings.Contains(page.body, "Nông Thị Gặp") {
			t.Errorf("the list does not name the contact:\n%s", page.body)
		}
		if page := mine.get("/contacts/" + contact); page.status != http.StatusOK || !strings.Contains(page.body, "Chợ Cai Kinh") {
			t.Errorf("page: got %d\n%s", page.status, page.body)
		}
		ask := url.Values{"case": {c.ID.String()}, "purpose": {"truy vết ca bệnh"}, "second": {"1"}}
		if page := mine.form("/trace", ask); page.status != http.StatusOK || !strings.Contains(page.body, "Nông Thị Gặp") {
			t.Errorf("trace: got %d\n%s", page.status, page.body)
		}
		ask.Set("case", strings.ToLower(c.Number))
		if page := mine.form("/trace", ask); page.status != http.StatusOK || !strings.Contains(page.body, "Nông Thị Gặp") {
			t.Errorf("trace by number: got %d\n%s", page.status, page.body)
		}
		if page := theirs.form("/trace", ask); page.status != http.StatusUnprocessableEntity || strings.Contains(page.body, "Nông Thị Gặp") {
			t.Errorf("trace by number out of scope: got %d", page.status)
		}
		n.outOfScope(t, theirs, contact, c.ID)
		decided := mine.confirm(contact)
		if decided.status != http.StatusOK || !strings.Contains(decided.body, `"confirmed"`) {
			t.Errorf("confirm: got %d %s", decided.status, decided.body)
		}
	})
}

// firstContact waits for somebody on the list and returns their id.
func (n *node) firstContact(t *testing.T, b *browser) string {
	t.Helper()
	if err := n.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
	var list struct {
		Contacts []struct{ ID string }
	}
	if err := json.Unmarshal([]byte(b.get("/api/v1/contacts").body), &list); err != nil || len(list.Contacts) == 0 {
		t.Fatalf("got %d contacts, %v", len(list.Contacts), err)
	}
	return list.Contacts[0].ID
}

// confirm confirms a contact as it now reads, and reads it again when a fact that
// came late changed it meanwhile, as its tracer would.
func (b *browser) confirm(contact string) (a answer) {
	b.t.Helper()
	for range 5 {
		var read struct{ Version int }
		if err := json.Unmarshal([]byte(b.get("/api/v1/contacts/"+contact).body), &read); err != nil {
			b.t.Fatal(err)
		}
		a = b.json("POST", "/api/v1/contacts/"+contact+"/decisions", map[string]any{"act": "confirm", "version": read.Version})
		if a.status != http.StatusConflict {
			break
		}
	}
	return a
}

func (n *node) outOfScope(t *testing.T, b *browser, contact string, kase id.ID) {
	t.Helper()
	for path, want := range map[string]int{"/contacts/" + contact: http.StatusNotFound, "/api/v1/contacts/" + contact: http.StatusNotFound,
		"/contacts": http.StatusOK, "/api/v1/contacts?case=" + kase.String(): http.StatusOK} {
		if a := b.get(path); a.status != want || strings.Contains(a.body, "Nông Thị Gặp") || strings.Contains(a.body, contact) && want == http.StatusOK {
			t.Errorf("%s: got %d\n%s", path, a.status, a.body)
		}
	}
	for path, body := range map[string]map[string]any{
		"/api/v1/contacts/" + contact + "/decisions": {"act": "confirm", "version": 1},
		"/api/v1/trace":    {"case": kase.String(), "purpose": "truy vết ca bệnh"},
		"/api/v1/contacts": {"id": id.New().String(), "case": kase.String(), "name": "Ai Đó", "from": "2021-05-14T08:00:00Z", "to": "2021-05-14T09:00:00Z"},
	} {
		if a := b.json("POST", path, body); a.status != http.StatusNotFound {
			t.Errorf("%s: got %d %s", path, a.status, a.body)
		}
	}
	if a := b.form("/trace", url.Values{"case": {kase.String()}, "purpose": {"truy vết ca bệnh"}}); a.status != http.StatusUnprocessableEntity || strings.Contains(a.body, "Nông Thị Gặp") {
		t.Errorf("trace: got %d", a.status)
	}
}
