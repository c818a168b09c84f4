package app_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"khien/kernel/auth"
	"khien/kernel/id"
)

// An officer of another district learns nothing of a place and changes nothing;
// a keeper's own place waits to be seen by those of its area.
func TestPlacesOfAnotherDistrict(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		n.account(t, "lang-son", auth.HealthOfficer, "2021/20/178")
		n.account(t, "huu-lung", auth.HealthOfficer, "2021/20/186")
		own, other := n.signIn(t, "lang-son"), n.signIn(t, "huu-lung")
		form := url.Values{"id": {id.New().String()}, "place_name": {"Chợ Kỳ Lừa"}, "place_kind": {"market"}, "place_area": {"2021/20/178/05977"}}
		if a := other.form("/places", form); a.status != http.StatusForbidden {
			t.Errorf("in another's area: got %d", a.status)
		}
		made := own.form("/places", form)
		if made.status != http.StatusSeeOther {
			t.Fatalf("got %d %s", made.status, made.body)
		}
		base, _, _ := strings.Cut(made.header.Get("Location"), "?")
		if a := own.get(base); a.status != http.StatusOK || !strings.Contains(a.body, "Chợ Kỳ Lừa") {
			t.Errorf("its own officer: got %d", a.status)
		}
		for _, path := range []string{"", "/edit", "/code.svg", "/poster.pdf"} {
			if a := other.get(base + path); a.status != http.StatusNotFound || strings.Contains(a.body, "Kỳ Lừa") {
				t.Errorf("another's officer at %s: got %d", path, a.status)
			}
		}
		for _, path := range []string{"", "/close", "/reopen", "/seen", "/reissue", "/keepers"} {
			fields := url.Values{"keeper_phone": {"0912345678"}}
			if path == "" {
				fields = form
			}
			if a := other.form(base+path, fields); a.status != http.StatusNotFound {
				t.Errorf("another's officer posts %s: got %d", path, a.status)
			}
		}
		for _, path := range []string{"/places", "/places/export", "/places/export?format=xlsx"} {
			if a := other.get(path); a.status != http.StatusOK || strings.Contains(a.body, "Kỳ Lừa") {
				t.Errorf("another's %s: got %d", path, a.status)
			}
		}
		if a := own.get("/places/export"); !strings.Contains(a.body, "Chợ Kỳ Lừa,Chợ,Lạng Sơn,Thành phố Lạng Sơn,Phường Vĩnh Trại") {
			t.Errorf("the export: %s", a.body)
		}
	})
}

// The same over the API, with the code that the poster carries.
func TestPlacesAPI(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		n.account(t, "lang-son", auth.HealthOfficer, "2021/20/178")
		own := n.signIn(t, "lang-son")
		key := id.New().String()
		body := map[string]any{"id": key, "name": "Bến xe phía Bắc", "kind": "transport", "area": "2021/20/178/05977", "hours": "4h-20h", "position": "21.87, 106.75"}
		var made struct {
			ID, Number, Hours, Token string
			Version                  int
		}
		for range 2 {
			a := own.json("POST", "/api/v1/places", body)
			if a.status != http.StatusCreated {
				t.Fatalf("got %d %s", a.status, a.body)
			}
			if err := json.Unmarshal([]byte(a.body), &made); err != nil {
				t.Fatal(err)
			}
		}
		if made.ID != key || made.Number == "" || made.Hours != "T2-CN 04:00-20:00" || len(made.Token) != 116 {
			t.Errorf("got %+v", made)
		}
		body["name"], body["version"] = "Bến xe", made.Version
		if a := own.json("PUT", "/api/v1/places/"+key, body); a.status != http.StatusOK || !strings.Contains(a.body, `"version":2`) {
			t.Errorf("change: got %d %s", a.status, a.body)
		}
		if a := own.json("PUT", "/api/v1/places/"+key, body); a.status != http.StatusConflict {
			t.Errorf("an old version: got %d", a.status)
		}
		if a := own.get("/api/v1/places?q=ben+xe"); !strings.Contains(a.body, key) {
			t.Errorf("list: %s", a.body)
		}
		body["hours"], body["position"] = "sáng", "9"
		if a := own.json("POST", "/api/v1/places", body); a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "place.hours") || !strings.Contains(a.body, "place.position") {
			t.Errorf("wrong fields: got %d %s", a.status, a.body)
		}
	})
}
