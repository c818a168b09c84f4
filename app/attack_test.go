package app_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"khien/kernel/auth"
	"khien/kernel/id"
)

// A clerk who reads what people complain of is written down, each row as of the
// person whose words they are.
func TestReadingChallengesIsWrittenDown(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		b, _ := n.prove(t, "0912345678")
		key := id.New().String()
		has(t, "filed", b.form("/me/challenges", url.Values{"id": {key}, "text": {"Tôi không sống ở đó nữa"}, "about": {"Lý Văn B 0987654321"}}), http.StatusSeeOther)
		n.account(t, "tinh", auth.HealthOfficer, "2021/20")
		staff := n.signIn(t, "tinh")
		page := staff.get("/people/challenges")
		has(t, "staff", page, 200, "Tôi không sống ở đó nữa")
		if strings.Contains(page.body, "0987654321") {
			t.Error("what a form made up is shown, and logged, as the key of a text")
		}
		if got := n.acts(t, "person.challenge_read", ""); got != 1 {
			t.Errorf("%d rows about one challenge that was read, want 1", got)
		}
	})
}

// Whoever is confirmed sees every kind of look at them, and every thing held.
func TestOwnDataNamesEveryLook(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		i := n.person(t, huong())
		n.account(t, "huulung", auth.HealthOfficer, "2021/20/186")
		officer := n.signIn(t, "huulung")
		b, device := n.prove(t, "0912345678")
		has(t, "confirmed", officer.form("/people/"+i.String()+"/phones", url.Values{"device": {device.String()}, "seen": {"1"}}), http.StatusSeeOther)
		has(t, "visits", officer.get("/api/v1/people/"+i.String()+"/visits?purpose="+url.QueryEscape("truy vết F1")), 200)
		has(t, "card", officer.form("/people/"+i.String()+"/cards", url.Values{"id": {id.New().String()}}), http.StatusSeeOther)
		own := b.get("/me/data").body
		for _, want := range []string{"Xem các lượt vào ra", "truy vết F1", "Cấp thẻ QR", "Thẻ QR cá nhân"} {
			if !strings.Contains(own, want) {
				t.Errorf("one's own data: without %q", want)
			}
		}
	})
}
