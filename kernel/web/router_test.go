package web_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"khien/kernel/fault"
	"khien/kernel/web"
)

func refuse(err error) web.Handler {
	return func(http.ResponseWriter, *http.Request) error { return err }
}

func TestRefusals(t *testing.T) {
	s := newSite(t, web.Config{}, func(rt *web.Router, _ *web.Views) {
		for path, err := range map[string]error{
			"/not-found": fault.New(fault.NotFound, "id").At("id", "x"),
			"/invalid":   web.FieldErrors{"onset": fault.New(fault.Invalid, "form.date").At("onset", "31/02/2021")},
			"/conflict":  fault.New(fault.Conflict, "web.page"),
			"/forbidden": fault.New(fault.Forbidden, "web.page"),
			"/busy":      fault.New(fault.Busy, "web.streams").With("seconds", 7),
			"/rate":      web.Rate(1500 * time.Millisecond),
			"/ours":      errors.New("disk full on /dev/sda"),
			"/late":      context.DeadlineExceeded,
			"/sign":      web.ErrSignIn,
		} {
			rt.Get(path, refuse(err))
			rt.Get("/api"+path, refuse(err))
		}
	})
	for _, tt := range []struct {
		path   string
		status int
		vi, en string
	}{
		{"/not-found", 404, "Không tìm thấy", "Not found"},
		{"/invalid", 422, "“31/02/2021” không phải là ngày có thật", "“31/02/2021” is not a day of the calendar"},
		{"/conflict", 409, "Dữ liệu đã thay đổi", "The data has changed"},
		{"/forbidden", 403, "Không có quyền", "Not allowed"},
		{"/busy", 503, "sau 7 giây", "after 7 seconds"},
		{"/rate", 429, "sau 2 giây", "in 2 seconds"},
		{"/ours", 500, "Hệ thống gặp lỗi", "Something went wrong here"},
		{"/late", 503, "quá lâu", "too long"},
		{"/nowhere", 404, "Trang này không tồn tại", "This page does not exist"},
	} {
		res, body := s.ask(t, "GET", tt.path, "")
		if res.StatusCode != tt.status {
			t.Errorf("%s: got %d, want %d", tt.path, res.StatusCode, tt.status)
		}
		wantHas(t, tt.path, body, tt.vi, `<html lang="vi"`, "</html>")
		_, body = s.ask(t, "GET", tt.path, "", "Accept-Language", "en-GB,en;q=0.9")
		wantHas(t, tt.path, body, tt.en, `<html lang="en"`)
		if strings.Contains(body, "disk full") {
			t.Errorf("%s tells its cause:\n%s", tt.path, body)
		}
		checkProblem(t, s, "/api"+tt.path, tt.status, tt.vi)
	}
}

func checkProblem(t *testing.T, s *site, path string, status int, says string) {
	t.Helper()
	res, body := s.ask(t, "GET", path, "")
	var p web.Problem
	if err := json.Unmarshal([]byte(body), &p); err != nil {
		t.Fatalf("%s: %v in %s", path, err, body)
	}
	if got := res.Header.Get("Content-Type"); got != "application/problem+json" || p.Status != status || res.StatusCode != status {
		t.Errorf("%s: got %d %d %s, want %d application/problem+json", path, res.StatusCode, p.Status, got, status)
	}
	wantHas(t, path, body, says, "urn:khien:request:"+res.Header.Get("X-Request-Id"))
}

func TestSignIn(t *testing.T) {
	s := newSite(t, web.Config{}, func(rt *web.Router, _ *web.Views) {
		rt.Get("/cases", refuse(web.ErrSignIn))
		rt.Get("/api/v1/cases", refuse(web.ErrSignIn))
	})
	res, _ := s.ask(t, "GET", "/cases?after=x", "")
	if got, want := res.Header.Get("Location"), "/sign-in?next=%2Fcases%3Fafter%3Dx"; got != want || res.StatusCode != 303 {
		t.Errorf("got %d %s, want 303 %s", res.StatusCode, got, want)
	}
	if res, body := s.ask(t, "GET", "/api/v1/cases", ""); res.StatusCode != 401 {
		t.Errorf("got %d %s, want 401", res.StatusCode, body)
	}
}

func TestMethod(t *testing.T) {
	s := newSite(t, web.Config{}, func(rt *web.Router, _ *web.Views) { rt.Post("/cases", refuse(nil)) })
	res, body := s.ask(t, "GET", "/cases", "")
	if res.StatusCode != 405 || res.Header.Get("Allow") != "POST" {
		t.Errorf("got %d, Allow %q, want 405, POST", res.StatusCode, res.Header.Get("Allow"))
	}
	wantHas(t, "405", body, "Phương thức không được hỗ trợ")
}

func TestPanicIsLoggedOnce(t *testing.T) {
	s := newSite(t, web.Config{}, func(rt *web.Router, _ *web.Views) {
		rt.Get("/people/{id}", func(http.ResponseWriter, *http.Request) error { panic("a bug") })
	})
	res, body := s.ask(t, "GET", "/people/0912345678?name=An", "")
	if res.StatusCode != 500 {
		t.Errorf("got %d, want 500", res.StatusCode)
	}
	id := res.Header.Get("X-Request-Id")
	wantHas(t, "page", body, id)
	log := s.log.String()
	wantHas(t, "log", log, "panic: a bug", "router_test.go", id, `"route":"GET /people/{id}"`)
	if got := strings.Count(log, `"level":"ERROR"`); got != 1 {
		t.Errorf("got %d errors logged, want 1:\n%s", got, log)
	}
	if strings.Contains(log, "0912345678") || strings.Contains(log, "name=An") {
		t.Errorf("the log names a person:\n%s", log)
	}
}

func TestBusyWithACauseIsLogged(t *testing.T) {
	s := newSite(t, web.Config{}, func(rt *web.Router, _ *web.Views) {
		rt.Get("/full", refuse(fault.New(fault.Busy, "store.full").Because(errors.New("database or disk is full"))))
		rt.Get("/rate", refuse(web.Rate(time.Second)))
	})
	s.ask(t, "GET", "/full", "")
	s.ask(t, "GET", "/rate", "")
	if got := strings.Count(s.log.String(), `"level":"WARN"`); got != 1 || !strings.Contains(s.log.String(), "disk is full") {
		t.Errorf("got %d warnings, want 1 with the cause:\n%s", got, s.log)
	}
}

func TestPanicHalfWay(t *testing.T) {
	s := newSite(t, web.Config{}, func(rt *web.Router, _ *web.Views) {
		rt.Get("/export", func(w http.ResponseWriter, _ *http.Request) error {
			_, _ = io.WriteString(w, "row 1\n")
			_ = http.NewResponseController(w).Flush()
			return errors.New("row 2 is lost")
		}, web.NoGzip())
	})
	res, err := http.Get(s.URL + "/export")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if b, err := io.ReadAll(res.Body); err == nil {
		t.Errorf("got a whole answer %q, want it broken off", b)
	}
}

func TestSecurityHeaders(t *testing.T) {
	s := newSite(t, web.Config{}, func(rt *web.Router, v *web.Views) {
		rt.Get("/", func(w http.ResponseWriter, r *http.Request) error { return v.Render(w, r, 200, "try/list.html", "x") })
	})
	for _, path := range []string{"/", "/nowhere", "/api/nowhere", "/assets/app.css"} {
		res, body := s.ask(t, "GET", path, "")
		got := map[string]string{}
		for _, name := range []string{"Content-Security-Policy", "X-Content-Type-Options", "Referrer-Policy", "Cross-Origin-Opener-Policy", "Strict-Transport-Security"} {
			got[name] = res.Header.Get(name)
		}
		want := map[string]string{
			"Content-Security-Policy": "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; " +
				"connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
			"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin",
			"Cross-Origin-Opener-Policy": "same-origin", "Strict-Transport-Security": "",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
		if strings.Contains(body, "<script>") || strings.Contains(body, "style=") || strings.Contains(body, "onclick") {
			t.Errorf("%s has something inline:\n%s", path, body)
		}
	}
}

func TestForgedForm(t *testing.T) {
	c := web.Config{Origins: []string{"https://dvc.langson.gov.vn"}}
	s := newSite(t, c, func(rt *web.Router, _ *web.Views) {
		rt.Post("/cases", func(w http.ResponseWriter, r *http.Request) error { return web.Redirect(w, r, "/cases", "") })
	})
	for _, tt := range []struct {
		name    string
		headers []string
		want    int
	}{
		{"from elsewhere", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"from a sister site", []string{"Sec-Fetch-Site", "same-site", "Origin", "http://evil.example"}, 403},
		{"from an old browser elsewhere", []string{"Origin", "http://evil.example"}, 403},
		{"from our page", []string{"Sec-Fetch-Site", "same-origin"}, 303},
		{"from a trusted origin", []string{"Sec-Fetch-Site", "cross-site", "Origin", "https://dvc.langson.gov.vn"}, 303},
		{"from a program", nil, 303},
	} {
		res, body := s.ask(t, "POST", "/cases", "", tt.headers...)
		if res.StatusCode != tt.want {
			t.Errorf("%s: got %d, want %d", tt.name, res.StatusCode, tt.want)
		}
		if tt.want == 403 {
			wantHas(t, tt.name, body, "từ một trang web khác")
		}
	}
}

func TestLargeBody(t *testing.T) {
	read := func(w http.ResponseWriter, r *http.Request) error {
		var f struct {
			Note string `form:"note,max=20000000"`
		}
		return web.Decode(r, &f)
	}
	s := newSite(t, web.Config{}, func(rt *web.Router, _ *web.Views) {
		rt.Post("/small", read)
		rt.Post("/large", read, web.MaxBody(11<<20))
	})
	body := "note=" + strings.Repeat("a", 10<<20)
	form := []string{"Content-Type", "application/x-www-form-urlencoded"}
	res, page := s.ask(t, "POST", "/small", body, form...)
	if res.StatusCode != 413 {
		t.Errorf("got %d, want 413", res.StatusCode)
	}
	wantHas(t, "413", page, "65.536 byte")
	if res, _ := s.ask(t, "POST", "/large", body, form...); res.StatusCode != 200 {
		t.Errorf("with MaxBody: got %d, want 200", res.StatusCode)
	}
}

func TestTimeout(t *testing.T) {
	s := newSite(t, web.Config{}, func(rt *web.Router, _ *web.Views) {
		rt.Get("/slow", func(_ http.ResponseWriter, r *http.Request) error {
			<-r.Context().Done()
			return r.Context().Err()
		}, web.Timeout(time.Millisecond))
	})
	if res, _ := s.ask(t, "GET", "/slow", ""); res.StatusCode != 503 {
		t.Errorf("got %d, want 503", res.StatusCode)
	}
}

func TestMiddleware(t *testing.T) {
	mark := func(name string) web.Middleware {
		return func(next web.Handler) web.Handler {
			return func(w http.ResponseWriter, r *http.Request) error {
				w.Header().Add("Ran", name)
				return next(w, r)
			}
		}
	}
	s := newSite(t, web.Config{}, func(rt *web.Router, _ *web.Views) {
		rt.Get("/", refuse(nil))
		rt.With(mark("staff"), mark("admin")).Get("/admin/{id}", func(w http.ResponseWriter, r *http.Request) error {
			w.Header().Add("Ran", r.PathValue("id"))
			return nil
		})
		rt.Use(mark("first"), mark("second"))
	})
	for path, want := range map[string]string{
		"/":        "first second",
		"/admin/7": "first second staff admin 7",
		"/nowhere": "first second",
	} {
		res, _ := s.ask(t, "GET", path, "")
		if got := strings.Join(res.Header["Ran"], " "); got != want {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
	}
}
