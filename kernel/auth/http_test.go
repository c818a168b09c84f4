package auth_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"khien/kernel/audit"
	"khien/kernel/auth"
	"khien/kernel/i18n"
	"khien/kernel/store"
	"khien/kernel/store/storetest"
	"khien/kernel/web"
)

// From an empty database: first administrator, invitation, set-up, work, audit, sign-out.
func TestFromFirstStartToAuditor(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		link, err := s.FirstRun(t.Context())
		if err != nil || !strings.HasPrefix(link, s.url+"/set-up/") {
			t.Fatalf("got %q, %v", link, err)
		}
		chief := s.browser()
		chief.setUp(link, "login", "Chief", "full_name", "Trần Thị Hoa")
		chief.get("/profile").want(t, 200, "Trần Thị Hoa", "chief", "Quản trị viên", "phiên này", "Còn 8 mã dự phòng", "Tỉnh Lạng Sơn")
		if again, err := s.FirstRun(t.Context()); again != "" || err != nil {
			t.Errorf("a second first run gave %q, %v", again, err)
		}

		page := chief.post("/accounts", "login", "lan", "full_name", "Vi Thị Lan", "roles", "health_officer", "roles", "tracer", "jurisdiction", huuLung.String()).
			want(t, 200, "dùng được một lần", "Vi Thị Lan")
		lan := s.browser()
		lan.setUp(codeTag.FindStringSubmatch(page.body)[1])
		lan.get("/cases").want(t, 200, "cases")
		lan.get("/accounts").want(t, 403)
		lan.get("/audit").want(t, 403)
		chief.get("/cases").want(t, 403)
		chief.get("/accounts?search=vi+thi+l&state=active").want(t, 200, "Vi Thị Lan", "Cán bộ y tế, Cán bộ truy vết", "Huyện Hữu Lũng")
		chief.get("/accounts?search=nobody").want(t, 200, "Không có tài khoản nào phù hợp")

		page = chief.post("/accounts", "login", "eye", "full_name", "Nông Văn Mắt", "roles", "auditor", "jurisdiction", langSon.String()).want(t, 200)
		eye := s.browser()
		eye.setUp(codeTag.FindStringSubmatch(page.body)[1])
		eye.get("/audit").want(t, 200, "account.invite", "account.set_up", "Trần Thị Hoa")
		eye.get("/audit?actor=chief&act=account.&since=2021-05-14&until=14/05/2021").want(t, 200, "account.invite")
		if r := eye.get("/audit?act=session.begin"); strings.Contains(r.body, "account.invite") {
			t.Error("the filter lets other acts through")
		}
		eye.get("/audit?since=31/02/2021").want(t, 422, "31/02/2021")
		eye.get("/audit?actor=nobody").want(t, 200, "Không có dòng nhật ký nào phù hợp")
		head := codeTag.FindStringSubmatch(eye.post("/audit", "noted", "").want(t, 200, "Nhật ký nguyên vẹn").body)[1]
		eye.post("/audit", "noted", head).want(t, 200, "Nhật ký nguyên vẹn")
		eye.post("/audit", "noted", "12:zz").want(t, 422, "Dấu kiểm tra không đúng dạng")
		err = s.DB.Tx(t.Context(), func(tx *store.Tx) error {
			_, err := tx.Exec("update audit_entry set purpose = 'x' where province = 20 and seq = 3")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		eye.post("/audit", "noted", "").want(t, 200, "Dòng số 3 đã bị sửa")

		eye.post("/sign-out").want(t, 303)
		eye.get("/audit").want(t, 303)
		eye.get("/profile?lang=en").want(t, 303)
	})
}

func TestSignInPages(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		b := s.browser()
		b.demo("lan", auth.HealthOfficer, huuLung)
		r := b.get("/cases?page=2").want(t, 303)
		if got, want := r.Header.Get("Location"), "/sign-in?next=%2Fcases%3Fpage%3D2"; got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		next := b.get(r.Header.Get("Location")).want(t, 200, "Đăng nhập").hidden(t, "next")
		a := b.post("/sign-in", "login", "lan", "password", "wrong password", "next", next).want(t, 422, "Tên đăng nhập hoặc mật khẩu không đúng")
		n := b.post("/sign-in", "login", "nan", "password", "wrong password", "next", next).want(t, 422)
		if one, two := strings.ReplaceAll(a.body, "lan", "nan"), strings.ReplaceAll(n.body, "lan", "nan"); one != two {
			t.Error("a stranger's refusal looks different")
		}
		if strings.Contains(a.body, "wrong password") {
			t.Error("the password is repeated")
		}
		page := b.post("/sign-in", "login", "lan", "password", password, "next", next).want(t, 200)
		ticket := page.hidden(t, "ticket")
		b.post("/sign-in/code", "ticket", ticket, "code", "123456", "next", next).want(t, 422, "Mã không đúng")
		b.post("/sign-in/code", "ticket", "forged", "code", "123456", "next", next).want(t, 422, "Đã quá 5 phút", `action="/sign-in"`)
		r = b.post("/sign-in/code", "ticket", ticket, "code", codeAt(t, secret32, s.clock.now()), "next", page.hidden(t, "next")).want(t, 303)
		if got := r.Header.Get("Location"); got != "/cases?page=2" {
			t.Errorf("got %s", got)
		}
		b.get("/cases?page=2").want(t, 200)
	})
}

func TestNoOpenRedirect(t *testing.T) {
	s := newSite(t, storetest.Open(t, store.Config{Dir: t.TempDir()}, lines))
	b := s.browser()
	b.demo("lan", auth.HealthOfficer, huuLung)
	for _, next := range []string{"https://evil.example", "//evil.example", `/\evil.example`, `\\evil.example`, "/\t/evil.example", "javascript:alert(1)", "evil", "///evil.example",
		"/%0d%0aSet-Cookie:x=y", "/a\r\nX-Evil: 1", "http:evil", "/x/../..//evil.example"} {
		s.clock.pass(time.Minute)
		page := b.get("/sign-in?next=" + url.QueryEscape(next))
		if page.StatusCode == 303 {
			b.post("/sign-out")
		}
		page = b.post("/sign-in", "login", "lan", "password", password, "next", next)
		if page.StatusCode == 422 { // the form itself refuses control characters
			continue
		}
		r := b.post("/sign-in/code", "ticket", page.hidden(t, "ticket"), "code", codeAt(t, secret32, s.clock.now()), "next", next).want(t, 303)
		to, err := url.Parse(r.Header.Get("Location"))
		if err != nil || to.Host != "" || to.Scheme != "" || strings.HasPrefix(r.Header.Get("Location"), "//") || r.Header.Get("X-Evil") != "" || len(r.Header.Values("Set-Cookie")) != 1 {
			t.Errorf("%q leads to %q, headers %v", next, r.Header.Get("Location"), r.Header)
		}
		b.post("/sign-out").want(t, 303)
	}
}

func TestCookie(t *testing.T) {
	s := newSite(t, storetest.Open(t, store.Config{Dir: t.TempDir()}, lines))
	b := s.browser()
	b.demo("lan", auth.HealthOfficer, huuLung)
	cookie := func(r reply) *http.Cookie {
		t.Helper()
		for _, c := range r.Cookies() {
			if strings.Contains(c.Name, "khien") {
				return c
			}
		}
		t.Fatal("no session cookie")
		return nil
	}
	plain := cookie(b.signIn("lan"))
	if plain.Name != "khien_session" || !plain.HttpOnly || plain.SameSite != http.SameSiteLaxMode || plain.Path != "/" || plain.Domain != "" || plain.MaxAge != 0 {
		t.Errorf("got %+v", plain)
	}
	// A session planted before sign-in is not the one that is signed in (fixation), and the old one ends.
	second := cookie(b.signIn("lan"))
	if second.Value == plain.Value {
		t.Error("sign-in kept the token")
	}
	if _, err := s.Session(t.Context(), plain.Value); err == nil {
		t.Error("the session before lives on")
	}
	planted := s.browser()
	u, _ := url.Parse(s.url)
	planted.c.Jar.SetCookies(u, []*http.Cookie{{Name: "khien_session", Value: "planted-by-an-attacker-0000000000000000000000"}})
	if third := cookie(planted.signIn("lan")); third.Value == "planted-by-an-attacker-0000000000000000000000" {
		t.Error("a planted token was signed in")
	}
	// Behind TLS the cookie has the __Host- name, and the plain one is not read.
	tls := s.browser()
	s.clock.pass(time.Minute)
	https := []string{"X-Forwarded-Proto", "https"}
	page := tls.do("POST", "/sign-in", url.Values{"login": {"lan"}, "password": {password}}, append(https, "Origin", "")...).want(t, 200)
	r := tls.do("POST", "/sign-in/code", url.Values{"ticket": {page.hidden(t, "ticket")}, "code": {codeAt(t, secret32, s.clock.now())}}, append(https, "Origin", "")...).want(t, 303)
	if c := cookie(r); c.Name != "__Host-khien" || !c.Secure {
		t.Errorf("got %+v", c)
	}
	b.do("GET", "/cases", nil, https...).want(t, 303)
	// The table holds the hash, not the token.
	dump := fmt.Sprint(store.All(t.Context(), s.DB, store.Text, "select hex(token_hash) from auth_session where province = 20"))
	if token := cookie(r).Value; strings.Contains(dump, token) || strings.Contains(dump, strings.ToUpper(fmt.Sprintf("%x", token))) {
		t.Error("a token stands in the database")
	}
}

// A role that may not manage accounts cannot, by whatever it posts; nobody raises themself.
func TestNobodyRaisesThemself(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		lan := s.browser()
		me := lan.demo("lan", auth.HealthOfficer, huuLung)
		chief := lan.demo("chief", auth.Administrator, langSon)
		local := lan.demo("local", auth.Administrator, huuLung)
		far := lan.demo("far", auth.Tracer, caoLoc)
		lan.signIn("lan")
		mine := "/accounts/" + me.ID.String()
		raise := []string{"full_name", "Lan", "roles", "administrator", "jurisdiction", langSon.String()}
		for _, path := range []string{mine, "/accounts", mine + "/enable", mine + "/reset", "/accounts/" + chief.ID.String() + "/disable"} {
			lan.post(path, raise...).want(t, 403)
		}
		lan.post("/profile/password", append(raise, "current", password, "password", "chín con trâu vàng", "again", "chín con trâu vàng")...).want(t, 422)

		loc := s.browser()
		loc.signIn("local")
		loc.get("/accounts/"+far.ID.String()).want(t, 404)
		loc.post("/accounts/"+far.ID.String()+"/disable").want(t, 404)
		loc.post("/accounts/"+chief.ID.String()+"/reset").want(t, 404)
		loc.post("/accounts/"+local.ID.String(), raise...).want(t, 409)
		loc.post(mine, raise...).want(t, 403)
		loc.post(mine, "full_name", "Lan", "roles", "administrator", "jurisdiction", huuLung.String()).want(t, 403)
		loc.post(mine, "full_name", "Lan", "roles", "god", "jurisdiction", huuLung.String()).want(t, 422, "không phải là một vai trò")
		loc.post(mine, "full_name", "Lan", "jurisdiction", huuLung.String()).want(t, 422, "Chọn ít nhất một vai trò")
		loc.post(mine, "full_name", "Lan", "roles", "tracer", "jurisdiction", "2021/24").want(t, 422)
		loc.post(mine, "full_name", "Lan", "roles", "tracer", "jurisdiction", huuLung.String(), "state", "active").want(t, 422)
		loc.get("/accounts/not-an-id").want(t, 404)
		if r := loc.get("/accounts"); strings.Contains(r.body, "far") || !strings.Contains(r.body, ">lan<") {
			t.Errorf("a district's administrator sees: %s", plainText(r.body))
		}
		lan.get("/cases").want(t, 200)
		loc.post(mine, "full_name", "Lan", "roles", "vaccinator", "jurisdiction", huuLung.String()).want(t, 303)
		lan.get("/cases").want(t, 303) // the session ended with the rights
	})
}

func TestProfilePages(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		b, other := s.browser(), s.browser()
		b.demo("lan", auth.HealthOfficer, huuLung)
		b.signIn("lan")
		other.signIn("lan")
		b.post("/profile/password", "current", "wrong password", "password", "chín con trâu vàng", "again", "chín con trâu vàng").want(t, 422, "Mật khẩu hiện tại không đúng")
		b.post("/profile/password", "current", password, "password", "matkhau2021", "again", "matkhau2021").want(t, 422, "bị đoán đầu tiên")
		other.get("/profile").want(t, 200)
		b.post("/profile/password", "current", password, "password", "chín con trâu vàng", "again", "chín con trâu vàng").want(t, 303)
		b.get("/profile?_done=auth.password_changed").want(t, 200, "Đã đổi mật khẩu")
		other.get("/profile").want(t, 303)

		page := b.get("/profile/authenticator").want(t, 200, "data:image/png")
		secret := codeTag.FindStringSubmatch(page.body)[1]
		b.post("/profile/authenticator", "current", "chín con trâu vàng", "offer", "forged", "code", codeAt(t, secret, s.clock.now())).want(t, 422, "Mã QR đã hết hạn")
		page = b.post("/profile/authenticator", "current", "chín con trâu vàng", "offer", page.hidden(t, "offer"), "code", codeAt(t, secret, s.clock.now())).want(t, 200, "Mã dự phòng")
		recovery := codeTag.FindStringSubmatch(page.body)[1]
		b.post("/profile/sign-out-everywhere").want(t, 303)
		b.get("/profile").want(t, 303)

		ticket := func() string {
			t.Helper()
			s.clock.pass(time.Minute)
			return b.post("/sign-in", "login", "lan", "password", "chín con trâu vàng").want(t, 200).hidden(t, "ticket")
		}
		b.post("/sign-in/code", "ticket", ticket(), "code", codeAt(t, secret32, s.clock.now())).want(t, 422) // the old authenticator
		b.post("/sign-in/code", "ticket", ticket(), "code", strings.ToLower(recovery)).want(t, 303)
		b.get("/profile?lang=en").want(t, 200, "7 recovery codes left")
		b.post("/sign-out").want(t, 303)
		b.post("/sign-in/code", "ticket", ticket(), "code", recovery).want(t, 422)
	})
}

func TestForeignFormIsRefused(t *testing.T) {
	s := newSite(t, storetest.Open(t, store.Config{Dir: t.TempDir()}, lines))
	b := s.browser()
	b.demo("lan", auth.HealthOfficer, huuLung)
	b.signIn("lan")
	b.do("POST", "/profile/sign-out-everywhere", url.Values{}, "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site").want(t, 403)
	b.get("/profile").want(t, 200)
}

func TestAPISession(t *testing.T) {
	eachSite(t, func(t *testing.T, s *site) {
		b := s.browser()
		b.demo("lan", auth.HealthOfficer, huuLung)
		call := func(method, path, body string, head ...string) reply {
			t.Helper()
			r, _ := http.NewRequest(method, s.url+path, strings.NewReader(body))
			r.Header.Set("Content-Type", "application/json")
			for i := 0; i+1 < len(head); i += 2 {
				r.Header.Set(head[i], head[i+1])
			}
			res, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			text, _ := io.ReadAll(res.Body)
			return reply{res, string(text)}
		}
		body := func(p, code string) string {
			j, _ := json.Marshal(map[string]string{"login": "lan", "password": p, "code": code})
			return string(j)
		}
		call("POST", "/api/v1/session", body("wrong password", "000000")).want(t, 422, "auth.credentials")
		call("POST", "/api/v1/session", body(password, "000000")).want(t, 422, "auth.code_refused")
		r := call("POST", "/api/v1/session", body(password, codeAt(t, secret32, s.clock.now()))).want(t, 200)
		var out struct{ Token, Expires string }
		if err := json.Unmarshal([]byte(r.body), &out); err != nil || len(out.Token) != 43 || out.Expires == "" {
			t.Fatalf("got %s, %v", r.body, err)
		}
		bearer := []string{"Authorization", "Bearer " + out.Token}
		call("GET", "/cases", "", bearer...).want(t, 200)
		call("GET", "/cases", "", "Authorization", "Bearer "+out.Token[:42]+"x", "Accept", "application/json").want(t, 401, "web.sign_in")
		call("DELETE", "/api/v1/session", "", bearer...).want(t, 204)
		call("DELETE", "/api/v1/session", "", bearer...).want(t, 401)
	})
}

func TestEveryTextIsThere(t *testing.T) {
	cat, err := i18n.New(web.Texts, auth.Texts)
	if err != nil {
		t.Fatal(err)
	}
	if err := i18n.CheckTemplates(cat, auth.Texts); err != nil {
		t.Error(err)
	}
	for _, dir := range []string{".", "../audit", "../secret"} {
		if err := i18n.CheckFaults(cat, os.DirFS(dir)); err != nil {
			t.Error(err)
		}
	}
	for _, r := range auth.Roles {
		if _, ok := cat.Text(i18n.VI, "role."+string(r)); !ok {
			t.Errorf("role %s has no name", r)
		}
	}
	for _, f := range []audit.Flaw{audit.Changed, audit.Removed, audit.Inserted, audit.Headless, audit.Rewritten} {
		if _, ok := cat.Text(i18n.VI, "auth.verify."+string(f)); !ok {
			t.Errorf("flaw %s has no sentence", f)
		}
	}
}
