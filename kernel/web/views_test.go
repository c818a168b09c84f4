package web_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/fstest"

	"khien/kernel/fault"
	"khien/kernel/i18n"
	"khien/kernel/web"
)

func showList(v *web.Views, data any) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		return v.Render(w, r, 200, "try/list.html", data)
	}
}

func TestLayout(t *testing.T) {
	s := newSite(t, web.Config{Nav: []web.Link{{Href: "/map", Key: "nav.map"}}}, func(rt *web.Router, v *web.Views) {
		rt.Get("/map", showList(v, "<An & Bình>"))
		rt.Use(func(next web.Handler) web.Handler {
			return func(w http.ResponseWriter, r *http.Request) error {
				if r.URL.Query().Has("_in") {
					r = r.WithContext(web.WithViewer(r.Context(), web.Viewer{Name: "Hoàng Văn Tèo", Role: "role.tracer"}))
				}
				return next(w, r)
			}
		})
	})
	_, body := s.ask(t, "GET", "/map?day=2021-05-14", "")
	wantHas(t, "vi", body, `<html lang="vi" data-theme="auto">`, "<title>Trang thử · Khiên</title>", "&lt;An &amp; Bình&gt;",
		`<a href="/map" aria-current="page">Bản đồ</a>`, `href="/map?day=2021-05-14&amp;lang=en"`, "Đăng nhập", "Đến nội dung chính",
		`<link rel="stylesheet" href="/assets/app.css">`, `<script type="module" src="/assets/app.js"></script>`)

	res, body := s.ask(t, "GET", "/map?_in=1&lang=en&theme=dark&_done=try.saved", "")
	wantHas(t, "en", body, `<html lang="en" data-theme="dark">`, "Trial", "Hoàng Văn Tèo", "Tracer", "Saved.")
	wantHas(t, "cookies", strings.Join(res.Header["Set-Cookie"], "\n"), "lang=en; Path=/", "theme=dark; Path=/")

	_, body = s.ask(t, "GET", "/map", "", "Cookie", "lang=en; theme=sun", "Accept-Language", "vi")
	wantHas(t, "by cookie", body, `<html lang="en" data-theme="sun">`)
	_, body = s.ask(t, "GET", "/map", "", "Cookie", `lang=xx; theme="><script>`)
	wantHas(t, "by a bad cookie", body, `<html lang="vi" data-theme="auto">`)
	_, body = s.ask(t, "GET", "/nowhere?_in=1", "")
	wantHas(t, "error page", body, "Hoàng Văn Tèo")
}

func TestRenderErrorLeavesNothingHalfDone(t *testing.T) {
	s := newSite(t, web.Config{}, func(rt *web.Router, v *web.Views) {
		rt.Get("/", func(w http.ResponseWriter, r *http.Request) error {
			return v.Render(w, r, 200, "try/nothing.html", nil)
		})
	})
	if res, body := s.ask(t, "GET", "/", ""); res.StatusCode != 500 {
		t.Errorf("got %d %s, want 500", res.StatusCode, body)
	}
	wantHas(t, "log", s.log.String(), "web: page try/nothing.html: not there")
}

func TestNewViewsRefuses(t *testing.T) {
	cat, err := i18n.New(web.Texts)
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		`{{define "main"}}{{nosuch}}{{end}}`: "nosuch",
		`<p>`:                                `defines no "main"`,
	} {
		fs := fstest.MapFS{"pages/x.html": {Data: []byte(text)}}
		if _, err := web.NewViews(cat, nil, web.Pages{Name: "bad", FS: fs}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
	}
}

func TestOwnTemplatesHaveTexts(t *testing.T) {
	cat, err := i18n.New(web.Texts)
	if err != nil {
		t.Fatal(err)
	}
	if err := i18n.CheckTemplates(cat, web.Texts); err != nil {
		t.Error(err)
	}
}

// TestComponents shows every component once, in both languages.
func TestComponents(t *testing.T) {
	page := fstest.MapFS{"pages/all.html": {Data: []byte(`{{define "main"}}
{{template "form-errors" .Form}}{{template "form-id" .Form}}
{{template "field" (dict "form" .Form "name" "onset" "required" true "hint" "h" "type" "text")}}
{{template "field" (dict "form" .Form "name" "password" "type" "password")}}
{{template "text" (dict "form" .Form "name" "note")}}
{{template "select" (dict "form" .Form "name" "level" "options" .Levels)}}
{{template "check" (dict "form" .Form "name" "anonymous")}}
{{template "table" .Table}}{{template "pager" .Pager}}
{{template "empty" (dict "text" "nothing")}}{{template "progress" (dict "label" "L" "value" 1000 "max" 7230)}}
{{template "alert" (dict "kind" "bad" "text" "A")}}{{template "undo" (dict "text" "U" "action" "/undo")}}
{{template "tabs" (dict "label" "T" "path" "/a" "tabs" .Levels)}}{{template "badge" (dict "kind" "level-4" "text" "4")}}
{{template "kv" .Pairs}}{{path "/cases" "a/b" 7}} {{query "/cases?x=1&after=2" "after" "3" "x" ""}}
{{end}}`)}}
	cat, err := i18n.New(web.Texts)
	if err != nil {
		t.Fatal(err)
	}
	views, err := web.NewViews(cat, nil, web.Pages{Name: "try", FS: page})
	if err != nil {
		t.Fatal(err)
	}
	form := web.NewForm("note", "ghi chú", "password", "secret", "level", "2", "anonymous", "1")
	form.Errors = web.FieldErrors{"onset": fault.New(fault.Invalid, "form.required").At("onset", "")}
	data := map[string]any{
		"Form": form, "Levels": []web.Choice{{Value: "1", Text: "Cấp 1"}, {Value: "2", Text: "Cấp 2"}},
		"Table": web.Table{Caption: "Bảng", Head: []web.Cell{{Text: "Xã"}}, Rows: [][]web.Cell{{{Text: "Hữu Lũng", Href: "/x"}}}},
		"Pager": web.Pager{Next: "/n"}, "Pairs": []web.Cell{{Name: "Ngày", Text: "14/05"}},
	}
	s := newSite(t, web.Config{}, func(rt *web.Router, _ *web.Views) {
		rt.Get("/", func(w http.ResponseWriter, r *http.Request) error {
			return views.Render(w, r, 200, "try/all.html", data)
		})
	})
	_, body := s.ask(t, "GET", "/", "")
	wantHas(t, "components", body, `name="id" value="`+form.ID+`"`, `<option value="2" selected>Cấp 2</option>`, "Hãy điền ô này.",
		`aria-invalid="true"`, "1.000/7.230", `href="/x">Hữu Lũng`, "Trang sau", "Hoàn tác", `value="1" checked`, "ghi chú", "/cases/a%2Fb/7 /cases?after=3")
	if strings.Contains(body, "secret") {
		t.Errorf("a password is shown again:\n%s", body)
	}
	if m := cat.Missing(); m != nil {
		t.Errorf("texts not there: %v", m)
	}
}

func TestLocalPath(t *testing.T) {
	for s, want := range map[string]string{
		"/cases?after=1":   "/cases?after=1",
		"//evil.example/":  "/",
		"/\\evil.example":  "/",
		"https://evil/":    "/",
		"javascript:alert": "/",
		"":                 "/",
		"/a\r\nb":          "/",
	} {
		if got := web.LocalPath(s); got != want {
			t.Errorf("LocalPath(%q) = %q, want %q", s, got, want)
		}
	}
}
