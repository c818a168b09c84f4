package app_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"khien/kernel/auth"
	"khien/kernel/id"
)

// caseOf is a confirmed case of a commune, as the API takes it.
func caseOf(i id.ID, number, areaPath string) map[string]any {
	return map[string]any{"id": i.String(), "number": number, "name": "Vi Thị Mẫu", "classification": "confirmed", "area": areaPath,
		"source": "community", "confirmed": "2021-05-14", "reported": "2021-05-14"}
}

const (
	minhHoa = "2021/20/186/06412" // a commune of Hữu Lũng
	chiLang = "2021/20/187/06463" // a commune of Chi Lăng
)

// An officer of one district is refused another district's case by page, by
// API, by export, by change and by guessed id, and cannot tell whether it exists.
func TestOfficerOfAnotherDistrict(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		n.account(t, "huulung", auth.HealthOfficer, "2021/20/186")
		n.account(t, "chilang", auth.HealthOfficer, "2021/20/187")
		mine, theirs := n.signIn(t, "huulung"), n.signIn(t, "chilang")
		i := id.New()
		if a := mine.json("POST", "/api/v1/cases", caseOf(i, "BN1", minhHoa)); a.status != http.StatusCreated {
			t.Fatalf("create: got %d %s", a.status, a.body)
		}
		path := "/cases/" + i.String()
		for _, b := range []struct {
			name string
			b    *browser
			want int
		}{{"own", mine, 200}, {"other district", theirs, 404}} {
			for _, p := range []string{path, path + "/edit", "/api/v1" + path} {
				if a := b.b.get(p); a.status != b.want {
					t.Errorf("%s, GET %s: got %d, want %d", b.name, p, a.status, b.want)
				}
			}
			for _, p := range []string{"/cases", "/cases?q=BN1", "/api/v1/cases", "/cases/export"} {
				if a := b.b.get(p); a.status != 200 || strings.Contains(a.body, "BN1") != (b.want == 200 || p == "/cases?q=BN1") {
					t.Errorf("%s, GET %s: got %d, names the case: %v", b.name, p, a.status, strings.Contains(a.body, "BN1"))
				}
			}
		}
		if a := theirs.get("/cases?q=BN1"); strings.Contains(a.body, i.String()) {
			t.Error("a search by others finds the case")
		}
		missing, guessed := theirs.get("/api/v1/cases/"+id.New().String()), theirs.get("/api/v1"+path)
		if missing.status != guessed.status || withoutIDs(missing.body) != withoutIDs(guessed.body) {
			t.Errorf("a case of others and one that is not are told apart:\n%s\n%s", guessed.body, missing.body)
		}
		stolen := caseOf(i, "BN1", chiLang)
		stolen["version"] = 1
		if a := theirs.json("PUT", "/api/v1"+path, stolen); a.status != 404 {
			t.Errorf("change by others: got %d %s, want 404", a.status, a.body)
		}
		if a := theirs.json("POST", "/api/v1/cases", caseOf(i, "BN9", chiLang)); a.status != 409 || strings.Contains(a.body, "BN1") {
			t.Errorf("create over a guessed id: got %d %s, want 409 that says nothing", a.status, a.body)
		}
		if a := theirs.json("POST", "/api/v1/cases", caseOf(id.New(), "BN2", minhHoa)); a.status != 403 {
			t.Errorf("create in another district: got %d %s, want 403", a.status, a.body)
		}
		form := url.Values{"id": {id.New().String()}, "version": {"1"}, "classification": {"discarded"}, "area": {chiLang}, "reported": {"2021-05-14"}}
		if a := theirs.form(path, form); a.status != 404 {
			t.Errorf("form of others: got %d, want 404", a.status)
		}
		var c struct{ Classification string }
		if a := mine.get("/api/v1" + path); json.Unmarshal([]byte(a.body), &c) != nil || c.Classification != "confirmed" {
			t.Errorf("the case was changed: %s", a.body)
		}
	})
}

// withoutIDs is a problem without the name of its request.
func withoutIDs(body string) string {
	return regexp.MustCompile(`"instance":"[^"]*"`).ReplaceAllString(body, "")
}

// Whoever is not signed in, or has another job, gets nothing.
func TestDeniedByDefault(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		n.account(t, "auditor", auth.Auditor, "2021/20")
		stranger, auditor := n.stranger(t), n.signIn(t, "auditor")
		for _, p := range []string{"/cases", "/cases/new", "/cases/export", "/cases/import", "/announcements", "/accounts", "/audit", "/profile"} {
			if a := stranger.get(p); a.status != http.StatusSeeOther || !strings.HasPrefix(a.header.Get("Location"), "/sign-in") {
				t.Errorf("stranger, GET %s: got %d %s", p, a.status, a.header.Get("Location"))
			}
			if a := auditor.get(p); (a.status == 200) != (p == "/audit" || p == "/profile") {
				t.Errorf("auditor, GET %s: got %d", p, a.status)
			}
		}
		if a := stranger.get("/api/v1/cases"); a.status != 401 {
			t.Errorf("stranger, API: got %d, want 401", a.status)
		}
		if a := stranger.json("POST", "/api/v1/cases", caseOf(id.New(), "BN1", minhHoa)); a.status != 401 {
			t.Errorf("stranger, create: got %d, want 401", a.status)
		}
	})
}

// A form from another site is refused, and one that is sent twice counts once.
func TestForgedAndReplayedForm(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		n.account(t, "huulung", auth.HealthOfficer, "2021/20/186")
		b := n.signIn(t, "huulung")
		form := url.Values{"id": {id.New().String()}, "number": {"BN7"}, "classification": {"suspected"}, "area": {minhHoa}, "reported": {"14/05/2021"}}
		req, err := http.NewRequestWithContext(t.Context(), "POST", n.url+"/cases", strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Origin", "https://evil.example")
		req.Header.Set("Sec-Fetch-Site", "cross-site")
		r, err := b.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		if r.StatusCode != 403 {
			t.Errorf("forged: got %d, want 403", r.StatusCode)
		}
		first, again := b.form("/cases", form), b.form("/cases", form)
		if first.status != 303 || first.header.Get("Location") != again.header.Get("Location") {
			t.Errorf("got %d %s, then %d %s", first.status, first.header.Get("Location"), again.status, again.header.Get("Location"))
		}
		var list struct{ Cases []struct{ ID string } }
		if a := b.get("/api/v1/cases"); json.Unmarshal([]byte(a.body), &list) != nil || len(list.Cases) != 1 {
			t.Errorf("got %s, want one case", a.body)
		}
		form.Set("is_admin", "1")
		if a := b.form("/cases", form); a.status != 422 {
			t.Errorf("unknown field: got %d, want 422", a.status)
		}
	})
}
