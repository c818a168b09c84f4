package point_test

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"khien/checkin/point"
	"khien/kernel/auth"
	"khien/kernel/i18n"
	"khien/kernel/person"
	"khien/kernel/phone"
	"khien/kernel/place"
	"khien/kernel/web"
	"khien/wire/qr"
)

// serve answers for the points alone, with phones and without accounts.
func (w *world) serve(t *testing.T) *httptest.Server {
	t.Helper()
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	texts, err := i18n.New(web.Texts, point.Pages().FS, phone.Pages().FS, person.Pages().FS, auth.Pages().FS)
	if err != nil {
		t.Fatal(err)
	}
	if w.Views, err = web.NewViews(texts, nil, point.Pages()); err != nil {
		t.Fatal(err)
	}
	rt, err := web.NewRouter(web.Config{Catalog: texts, Views: w.Views, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	rt.Use(w.Phones.Middleware)
	w.Routes(rt)
	s := httptest.NewServer(rt)
	t.Cleanup(s.Close)
	return s
}

// holder is a browser that has proved a number; the zero token has not.
type holder struct {
	*httptest.Server
	token string
}

func (w *world) holder(t *testing.T, s *httptest.Server, number string) holder {
	t.Helper()
	all, err := w.Phones.EnrolForDemo(t.Context(), w.console(), number)
	if err != nil {
		t.Fatal(err)
	}
	return holder{s, all[0].Token}
}

// ask sends one request and returns status, place to go to, and body.
func (h holder) ask(t *testing.T, method, path string, fields url.Values) (status int, to, body string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, h.URL+path, strings.NewReader(fields.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if h.token != "" {
		r.AddCookie(&http.Cookie{Name: "khien_phone", Value: h.token})
	}
	client := *h.Client()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	res, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, res.Header.Get("Location"), string(b)
}

var shopForm = url.Values{"id": {"01934b5c-7e10-7abc-8def-0123456789ab"}, "place_name": {"Tạp hoá <b>Lan</b>"}, "place_kind": {"shop"},
	"place_area": {"2021/20/178/05977"}, "open_from": {"07:00"}, "open_to": {"21:00"}}

// A keeper registers, prints, adds a phone; who has proved another number, or
// none, gets nowhere.
func TestAKeeperAtTheirPages(t *testing.T) {
	w := open(t)
	s := w.serve(t)
	lan, thief, nobody := w.holder(t, s, "0912345678"), w.holder(t, s, "0987654321"), holder{s, ""}
	if status, to, _ := nobody.ask(t, "GET", "/keeper", nil); status != http.StatusSeeOther || !strings.HasPrefix(to, "/phone") {
		t.Errorf("without a number: got %d to %s", status, to)
	}
	status, base, body := lan.ask(t, "POST", "/keeper/places", shopForm)
	if status != http.StatusSeeOther {
		t.Fatalf("got %d %s", status, body)
	}
	base, _, _ = strings.Cut(base, "?")
	if status, again, _ := lan.ask(t, "POST", "/keeper/places", shopForm); status != http.StatusSeeOther || !strings.HasPrefix(again, base) {
		t.Errorf("the form sent twice: got %d to %s", status, again)
	}
	_, _, page := lan.ask(t, "GET", base, nil)
	if !strings.Contains(page, "Tạp hoá &lt;b&gt;Lan&lt;/b&gt;") || !strings.Contains(page, "T2-CN 07:00-21:00") || strings.Contains(page, "912345678") {
		t.Errorf("the page: %s", page)
	}
	if status, _, pdf := lan.ask(t, "GET", base+"/poster.pdf", nil); status != http.StatusOK || !strings.HasPrefix(pdf, "%PDF-") {
		t.Errorf("the poster: got %d", status)
	}
	for _, path := range []string{"", "/edit", "/code.svg", "/poster.pdf"} {
		if status, _, body := thief.ask(t, "GET", base+path, nil); status != http.StatusNotFound || strings.Contains(body, "Lan") {
			t.Errorf("another's phone at %s: got %d", path, status)
		}
	}
	for _, path := range []string{"", "/close", "/reopen", "/reissue", "/keepers", "/keepers/remove"} {
		fields := url.Values{"keeper_phone": {"0987654321"}}
		switch path {
		case "":
			fields = shopForm
		case "/keepers/remove":
			fields = url.Values{"keeper": {strings.Repeat("00", 16)}}
		}
		if status, _, _ := thief.ask(t, "POST", base+path, fields); status != http.StatusNotFound {
			t.Errorf("another's phone posts %s: got %d", path, status)
		}
	}
	if status, _, _ := lan.ask(t, "POST", base+"/keepers", url.Values{"keeper_phone": {"0987 654 321"}}); status != http.StatusSeeOther {
		t.Errorf("a second keeper: got %d", status)
	}
	if status, _, _ := thief.ask(t, "GET", base, nil); status != http.StatusOK {
		t.Errorf("the second keeper: got %d", status)
	}
}

func TestWhatTheFormRefuses(t *testing.T) {
	w := open(t)
	lan := w.holder(t, w.serve(t), "0912345678")
	for field, value := range map[string]string{"place_name": "", "place_kind": "bank", "place_area": "2021/20/999", "position": "1, 2", "hours": "sáng",
		"open_from": "07:99", "stay_minutes": "99999"} {
		fields := url.Values{}
		for k, v := range shopForm {
			fields[k] = v
		}
		fields.Set(field, value)
		status, _, body := lan.ask(t, "POST", "/keeper/places", fields)
		if status != http.StatusUnprocessableEntity || !strings.Contains(body, `href="#f-`+field+`"`) {
			t.Errorf("%s %q: got %d", field, value, status)
		}
	}
	if n := w.Places.Book().Len(); n != 0 {
		t.Errorf("%d places were made", n)
	}
}

// The keys are published as docs/qr.md says, and numbers are not counted through.
func TestKeysAndNumbers(t *testing.T) {
	w := open(t)
	anybody := holder{w.serve(t), ""}
	_, _, body := anybody.ask(t, "GET", "/api/v1/code-keys", nil)
	keys, err := qr.ReadKeys(strings.NewReader(body))
	if err != nil || len(keys) != 1 || keys[0].Issuer != "VN-09" {
		t.Errorf("got %v, %v", keys, err)
	}
	shop := w.create(t, "Chợ Đông Kinh", place.Market)
	if status, to, _ := anybody.ask(t, "GET", "/n?number="+shop.Number.String(), nil); status != http.StatusSeeOther || !regexp.MustCompile(`^/v#[\w-]{116}$`).MatchString(to) {
		t.Errorf("got %d to %s", status, to)
	}
	if status, _, _ := anybody.ask(t, "GET", "/n", nil); status != http.StatusOK {
		t.Errorf("the form: got %d", status)
	}
	last := 0
	for i := range 40 {
		last, _, _ = anybody.ask(t, "GET", fmt.Sprintf("/n?number=%08d", 20000000+i), nil)
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("the fortieth number: got %d, want 429", last)
	}
}
