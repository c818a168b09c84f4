package app_test

import (
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
