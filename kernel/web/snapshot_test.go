package web_test

import (
	"bufio"
	"compress/gzip"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"khien/kernel/web"
)

func TestSnapshot(t *testing.T) {
	body := strings.Repeat(`{"area":"2021/20/186","cases":7}`, 100)
	snap := web.NewSnapshot([]byte(body), "application/json", "public, max-age=5")
	s := newSite(t, web.Config{}, func(rt *web.Router, _ *web.Views) { rt.Get("/map", web.Wrap(snap)) })

	res, got := s.ask(t, "GET", "/map", "", "Accept-Encoding", "br, gzip;q=0.5")
	z, err := gzip.NewReader(strings.NewReader(got))
	if err != nil || res.Header.Get("Content-Encoding") != "gzip" {
		t.Fatalf("got %v, headers %v, want gzip", err, res.Header)
	}
	if plain, err := io.ReadAll(z); err != nil || string(plain) != body {
		t.Errorf("got %d bytes, %v, want %d", len(plain), err, len(body))
	}
	if got := res.Header.Get("Cache-Control"); got != "public, max-age=5" {
		t.Errorf("got Cache-Control %q", got)
	}
	for _, tt := range []struct {
		have string
		want int
	}{
		{snap.ETag, 304},
		{`"x", ` + strings.TrimPrefix(snap.ETag, "W/"), 304},
		{"*", 304},
		{`W/"old"`, 200},
		{"", 200},
	} {
		res, got := s.ask(t, "GET", "/map", "", "If-None-Match", tt.have, "Accept-Encoding", "gzip;q=0")
		if res.StatusCode != tt.want || tt.want == 200 && got != body || tt.want == 304 && got != "" {
			t.Errorf("If-None-Match %q: got %d, %d bytes, want %d", tt.have, res.StatusCode, len(got), tt.want)
		}
	}
}

func TestPagesAreCompressed(t *testing.T) {
	large := strings.Repeat("Hữu Lũng ", 1000)
	s := newSite(t, web.Config{}, func(rt *web.Router, v *web.Views) {
		rt.Get("/large", showList(v, large))
		rt.Get("/secret", showList(v, large), web.NoGzip())
		rt.Get("/small", func(w http.ResponseWriter, _ *http.Request) error {
			w.Header().Set("Content-Type", "application/json")
			_, err := io.WriteString(w, `{"n":1}`)
			return err
		})
	})
	for path, want := range map[string]string{"/large": "gzip", "/secret": "", "/small": ""} {
		res, body := s.ask(t, "GET", path, "", "Accept-Encoding", "gzip")
		if got := res.Header.Get("Content-Encoding"); got != want {
			t.Errorf("%s: got Content-Encoding %q, want %q", path, got, want)
		}
		if want == "gzip" && len(body) > len(large)/4 {
			t.Errorf("%s: got %d bytes, want them compressed", path, len(body))
		}
	}
	// A refusal after a page was begun but not yet sent is a whole refusal.
	res, body := s.ask(t, "GET", "/nowhere", "", "Accept-Encoding", "gzip")
	z, err := gzip.NewReader(strings.NewReader(body))
	if err != nil {
		t.Fatalf("%v, headers %v", err, res.Header)
	}
	b, _ := io.ReadAll(z)
	wantHas(t, "404", string(b), "Trang này không tồn tại", "</html>")
}

func TestLimiter(t *testing.T) {
	l := web.NewLimiter(1, 2, 2)
	take := func(key string) bool { ok, _ := l.Allow(key); return ok }
	for range 2 {
		if !take("a") {
			t.Error("the burst was refused")
		}
	}
	if ok, wait := l.Allow("a"); ok || wait <= 0 || wait > time.Second {
		t.Errorf("got %v, wait %v, want a refusal of up to 1 s", ok, wait)
	}
	if !take("b") {
		t.Error("another key was refused")
	}
	take("c") // a, the longest quiet, is forgotten
	if !take("a") {
		t.Error("a forgotten key was refused")
	}
	if ok, wait := web.NewLimiter(1, 0, 2).Allow("a"); ok || wait <= 0 {
		t.Errorf("without burst got %v, %v", ok, wait)
	}
}

func BenchmarkSnapshot(b *testing.B) {
	snap := web.NewSnapshot([]byte(strings.Repeat(`{"area":"2021/20/186","cases":7}`, 2000)), "application/json", "public, max-age=5")
	rt := benchRouter(b)
	rt.Get("/map", web.Wrap(snap), web.Quiet())
	r := httptest.NewRequest("GET", "/map", nil)
	r.Header.Set("If-None-Match", snap.ETag)
	b.ReportAllocs()
	for b.Loop() {
		rt.ServeHTTP(httptest.NewRecorder(), r)
	}
}

// BenchmarkSnapshotHTTP asks over real connections, client and server on the
// same processors; ns/op is the time between two answers.
func BenchmarkSnapshotHTTP(b *testing.B) {
	snap := web.NewSnapshot([]byte(strings.Repeat(`{"area":"2021/20/186","cases":7}`, 2000)), "application/json", "public, max-age=5")
	rt := benchRouter(b)
	rt.Get("/map", web.Wrap(snap), web.Quiet())
	s := httptest.NewServer(rt)
	defer s.Close()
	for _, tt := range []struct{ name, have string }{{"304", snap.ETag}, {"200", ""}} {
		b.Run(tt.name, func(b *testing.B) {
			b.SetParallelism(32)
			b.RunParallel(func(pb *testing.PB) {
				c, err := net.Dial("tcp", s.Listener.Addr().String())
				if err != nil {
					b.Error(err)
					return
				}
				defer c.Close()
				r := bufio.NewReader(c)
				ask := []byte("GET /map HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\nIf-None-Match: " + tt.have + "\r\n\r\n")
				for pb.Next() {
					_, _ = c.Write(ask)
					res, err := http.ReadResponse(r, nil)
					if err != nil {
						b.Error(err)
						return
					}
					_, _ = io.Copy(io.Discard, res.Body)
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "req/s")
		})
	}
}
