package web_test

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"khien/kernel/web"
)

func multipartBody(fields [][2]string, file string, size int) (string, string) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, f := range fields {
		_ = w.WriteField(f[0], f[1])
	}
	if file != "" {
		p, _ := w.CreateFormFile("file", file)
		_, _ = p.Write(bytes.Repeat([]byte("x"), size))
	}
	_ = w.Close()
	return b.String(), w.FormDataContentType()
}

func TestUpload(t *testing.T) {
	const max = 100_000
	s := newSite(t, web.Config{}, func(rt *web.Router, _ *web.Views) {
		rt.Post("/api/import", func(w http.ResponseWriter, r *http.Request) error {
			u, err := web.ReadUpload(r, "file", max)
			if err != nil {
				return err
			}
			var f struct {
				Edition int `form:"edition,required"`
			}
			if err := web.DecodeValues(u.Fields, &f); err != nil {
				return err
			}
			n, err := io.Copy(io.Discard, u)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(w, "%d %s %d", f.Edition, u.Name, n)
			return err
		}, web.MaxBody(max+web.DefaultMaxBody))
	})
	edition := [][2]string{{"edition", "2021"}}
	for _, tt := range []struct {
		name   string
		fields [][2]string
		file   string
		size   int
		status int
		want   string
	}{
		{"whole", edition, "ca bệnh.csv", max, 200, "2021 ca bệnh.csv 100000"},
		{"empty", edition, "x.csv", 0, 200, "2021 x.csv 0"},
		{"one byte too many", edition, "x.csv", max + 1, 413, "100.000 byte"},
		{"far too large", edition, "x.csv", 10 << 20, 413, "byte"},
		{"no file", edition, "", 0, 422, "form.file"},
		{"no field", nil, "x.csv", 1, 422, "form.required"},
		{"a field as large as a file", [][2]string{{"edition", strings.Repeat("1", 70_000)}}, "x.csv", 1, 413, "web.too_large"},
	} {
		body, kind := multipartBody(tt.fields, tt.file, tt.size)
		res, got := s.ask(t, "POST", "/api/import", body, "Content-Type", kind)
		if res.StatusCode != tt.status {
			t.Errorf("%s: got %d %s, want %d", tt.name, res.StatusCode, got, tt.status)
		}
		wantHas(t, tt.name, got, tt.want)
	}
	if res, _ := s.ask(t, "POST", "/api/import", "a=b", "Content-Type", "application/x-www-form-urlencoded"); res.StatusCode != 422 {
		t.Errorf("no multipart: got %d, want 422", res.StatusCode)
	}
}
