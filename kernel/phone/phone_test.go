package phone_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"khien/kernel/auth"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/phone"
)

var (
	uuids     = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f-]{27}`)
	requestID = regexp.MustCompile(`Mã yêu cầu: \w+`)
)

// The way of somebody new, without JavaScript: number, code, who, and whom for.
func TestPages(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		b := w.browser()
		b.get("/phone/who").want(t, http.StatusSeeOther)
		b.get("/phone?next=/declare").want(t, 200, `autocomplete="tel"`, `value="/declare"`)
		b.post("/phone/code", "phone", "12", "next", "/declare").want(t, 422, "không hợp lệ")
		page := b.post("/phone/code", "phone", mine, "next", "https://evil.example/").want(t, 200, `autocomplete="one-time-code"`, `name="next" value="/phone"`)
		if strings.Contains(page.Request.URL.String(), "912") {
			t.Error("the number is in an address")
		}
		b.post("/phone/code", "phone", mine).want(t, 429, "Hãy thử lại sau")
		w.deliver()
		code := sixDigits.FindString(w.gateway.texts[0])
		b.post("/phone/prove", "phone", mine, "code", wrong(code)).want(t, 422, "Mã không đúng", `value="0912 345 678"`)
		r := b.post("/phone/prove", "phone", mine, "code", code, "next", "/declare").want(t, http.StatusSeeOther)
		if got := r.Header.Get("Location"); got != "/phone/who?_done=phone.proved&next=%2Fdeclare" {
			t.Errorf("led to %s", got)
		}
		b.get("/phone/who?next=/declare").want(t, 200, "Bạn là ai", "Hữu Lũng")
		b.post("/phone/who", "id", id.New().String(), "name", "", "birth", "31/02/1988").want(t, 422, "Hãy điền ô này")
		b.post("/phone/who", "id", id.New().String(), "name", "Nông Văn Ba", "birth", "31/02/1988").want(t, 422, "Ngày sinh không hợp lệ")
		b.post("/phone/who", "id", id.New().String(), "name", "Nông Văn Ba", "birth", "1988", "area", "2021/20/999").want(t, 422)
		b.post("/phone/who", "id", id.New().String(), "name", "Nông Văn Ba", "birth", "1988", "sex", "male", "area", "2021/20/186", "next", "/declare").want(t, http.StatusSeeOther)
		child := id.New().String()
		for range 2 { // twice is once
			b.post("/phone/people", "id", child, "name", "Nông Thị Út", "birth", "14/05/2015").want(t, http.StatusSeeOther)
		}
		page = b.get("/phone").want(t, 200, "Nông Văn Ba", "Nông Thị Út", "14/05/2015", "0912 345 678")
		if strings.Count(page.body, "Nông Thị Út</strong>") != 1 {
			t.Error("a repeated form made two")
		}
		b.post("/phone/people/"+child+"/remove").want(t, http.StatusSeeOther)
		b.post("/phone/people/"+child+"/remove").want(t, 404)
		b.post("/phone/sign-off").want(t, http.StatusSeeOther)
		b.get("/phone").want(t, 200, "Xác nhận số điện thoại")
		b.get("/phone?lang=en").want(t, 200, "Confirm your phone number")
		if m := w.Catalog.Missing(); len(m) > 0 {
			t.Errorf("texts missing: %v", m)
		}
	})
}

// The API does the same, and gives the code that changes to its phone alone.
func TestAPI(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		b := w.browser()
		for _, path := range []string{"/api/v1/phone/device", "/api/v1/phone/secret"} {
			b.get(path).want(t, 401, `"web.prove"`)
		}
		b.do("POST", "/api/v1/phone/codes", "application/json", `{"number":"0912345678"}`).want(t, 204)
		w.deliver()
		code := sixDigits.FindString(w.gateway.texts[0])
		b.do("POST", "/api/v1/phone/devices", "application/json", `{"number":"0912345678","code":"`+code+`","person":"x"}`).want(t, 422, "unexpected")
		b.do("POST", "/api/v1/phone/devices", "application/json", `{"number":"0912345678","code":"`+code+`"}`).want(t, 200, `"number":"…678"`, `"said":false`)
		b.get("/api/v1/phone/secret").want(t, 200, `"handle":`, `"now":"2021-11-01T03:00:00Z"`)
		d, err := w.DevicesOf(t.Context(), auth.Console(20, "test", "test"), mine)
		if err != nil || len(d) != 1 {
			t.Fatalf("got %v, %v", d, err)
		}
		sec, err := w.Secret(t.Context(), d[0])
		if err != nil {
			t.Fatal(err)
		}
		got, bytes, err := w.ByHandle(t.Context(), sec.Handle)
		if err != nil || got != d[0] || string(bytes) != string(sec.Secret) || len(bytes) != 32 {
			t.Errorf("by handle: got %v, %v", got, err)
		}
		b.do("DELETE", "/api/v1/phone/device", "", "").want(t, 204)
		if _, _, err := w.ByHandle(t.Context(), sec.Handle); !fault.Is(err, fault.NotFound) {
			t.Errorf("the handle of a device signed off: %v", err)
		}
	})
}

// What has served is deleted; a device that is in use stays.
func TestSweep(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		sc := auth.Console(20, "test", "test")
		all, err := w.EnrolForDemo(t.Context(), sc, mine, other)
		if err != nil || len(all) != 2 {
			t.Fatalf("got %v, %v", all, err)
		}
		if _, err := w.Say(t.Context(), all[1].Device, phone.Identity{ID: id.New(), Self: true, Name: "Lý Bảo", Birth: "1970"}); err != nil {
			t.Fatal(err)
		}
		w.pass(399 * 24 * time.Hour)
		if _, err := w.Device(t.Context(), all[0].Token); err != nil { // used: seen
			t.Fatal(err)
		}
		w.pass(2 * 24 * time.Hour)
		if err := w.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Number(t.Context(), all[0].Device); err != nil {
			t.Errorf("the one in use: %v", err)
		}
		if _, err := w.Number(t.Context(), all[1].Device); !fault.Is(err, fault.NotFound) {
			t.Errorf("the forgotten one: %v", err)
		}
		if left, err := w.Identities(t.Context(), all[1].Device); err != nil || left != nil {
			t.Errorf("its people: %v, %v", left, err)
		}
		var zero auth.Scope
		if _, err := w.EnrolForDemo(t.Context(), zero, mine); !fault.Is(err, fault.Forbidden) {
			t.Errorf("enrolled by nobody: %v", err)
		}
	})
}
