package web_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/go-cmp/cmp"

	"khien/kernel/fault"
	"khien/kernel/web"
)

type areasIn struct {
	Edition int `query:"edition" minimum:"2021" maximum:"2025" doc:"edition of the gazetteer"`
}

type areasOut struct {
	Body struct {
		Cases int `json:"cases"`
	}
}

type caseIn struct {
	Body struct {
		Name string `json:"name" maxLength:"80"`
	}
}

func newAPI(t *testing.T) *site {
	return newSite(t, web.Config{}, func(rt *web.Router, _ *web.Views) {
		api := rt.API()
		huma.Get(api, "/map/areas", func(context.Context, *areasIn) (*areasOut, error) { return &areasOut{}, nil })
		huma.Post(api, "/cases", func(_ context.Context, in *caseIn) (*areasOut, error) {
			switch in.Body.Name {
			case "twice":
				return nil, fault.New(fault.Conflict, "form.value").At("name", "twice")
			case "ours":
				return nil, errors.New("disk full on /dev/sda")
			case "bug":
				panic("a bug")
			}
			return &areasOut{}, nil
		})
		huma.Post(api, "/import", func(context.Context, *caseIn) (*areasOut, error) { return &areasOut{}, nil }, web.Limits(web.MaxBody(1<<20)))
	})
}

func TestAPI(t *testing.T) {
	s := newAPI(t)
	large := `{"name":"` + strings.Repeat("a", 100<<10) + `"}`
	for _, tt := range []struct {
		method, path, body string
		status             int
		has                string
	}{
		{"GET", "/map/areas?edition=2021", "", 200, `{"cases":0}`},
		{"GET", "/map/areas?edition=1999", "", 422, `"field":"query.edition","value":"1999"`},
		{"GET", "/map/areas?nosuch=1", "", 422, "Không có mục “query.nosuch”"},
		{"POST", "/cases", `{"name":"An"}`, 200, `{"cases":0}`},
		{"POST", "/cases", `{"name":"An","extra":1}`, 422, "Không có mục “body.extra”"},
		{"POST", "/cases", `{}`, 422, `"code":"web.api.required"`},
		{"POST", "/cases", `{"name":`, 400, "Yêu cầu không hợp lệ"},
		{"POST", "/cases", `{"name":"twice"}`, 409, `"code":"form.value"`},
		{"POST", "/cases", `{"name":"ours"}`, 500, "Hệ thống gặp lỗi"},
		{"POST", "/cases", `{"name":"bug"}`, 500, "Hệ thống gặp lỗi"},
		{"POST", "/cases", large, 413, "65.536 byte"},
		{"POST", "/import", large, 422, "body.name"},
		{"DELETE", "/cases", "", 405, "Phương thức không được hỗ trợ"},
		{"GET", "/nowhere", "", 404, "Trang này không tồn tại"},
	} {
		res, body := s.ask(t, tt.method, "/api/v1"+tt.path, tt.body, "Content-Type", "application/json")
		kind := "application/json"
		if tt.status != 200 {
			kind = "application/problem+json"
		}
		if res.StatusCode != tt.status || res.Header.Get("Content-Type") != kind || !strings.Contains(body, tt.has) || strings.Contains(body, "/dev/sda") {
			t.Errorf("%s %s %.40s: got %d %s\n%s\nwant %d %s with %s", tt.method, tt.path, tt.body,
				res.StatusCode, res.Header.Get("Content-Type"), body, tt.status, kind, tt.has)
		}
	}
	if got := strings.Count(s.log.String(), `"level":"ERROR"`); got != 2 {
		t.Errorf("got %d errors logged, want 2:\n%s", got, s.log)
	}
}

func TestOpenAPI(t *testing.T) {
	s := newAPI(t)
	_, body := s.ask(t, "GET", "/api/v1/openapi.json", "")
	var doc struct {
		OpenAPI string
		Servers []struct{ URL string }
		Paths   map[string]any
	}
	if err := json.Unmarshal([]byte(body), &doc); err != nil {
		t.Fatal(err)
	}
	if doc.OpenAPI != "3.1.0" || len(doc.Paths) != 3 || doc.Paths["/map/areas"] == nil {
		t.Errorf("got %+v", doc)
	}
	if diff := cmp.Diff("/api/v1", doc.Servers[0].URL); diff != "" {
		t.Error(diff)
	}
	wantHas(t, "schema of refusals", body, "application/problem+json", `"Problem"`)
	_, body = s.ask(t, "GET", "/api/v1/openapi.yaml", "")
	wantHas(t, "yaml", body, "openapi: 3.1.0")
	_, body = s.ask(t, "GET", "/api/v1/docs", "", "Accept-Language", "en")
	wantHas(t, "docs", body, "GET /api/v1/map/areas", "POST /api/v1/cases", "edition of the gazetteer", "openapi.json")
	if strings.Contains(body, "unpkg") {
		t.Error("the page takes scripts from elsewhere")
	}
}
