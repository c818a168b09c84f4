package web_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"khien/kernel/web"
)

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(b)
}

func TestServe(t *testing.T) {
	metrics := prometheus.NewRegistry()
	hub := web.NewHub(web.HubConfig{})
	s := newSite(t, web.Config{Metrics: metrics}, func(rt *web.Router, _ *web.Views) {
		rt.Get("/cases/{id}", refuse(nil))
		rt.Get("/stream", func(w http.ResponseWriter, r *http.Request) error { return hub.Serve(w, r, "map", 0, nil) }, web.Stream())
	})
	ctx, stop := context.WithCancel(t.Context())
	var broken error
	ops := freeAddr(t)
	addr, ended := start(ctx, s.rt, web.Listen{
		Addr: "127.0.0.1:0", MetricsAddr: ops, Metrics: metrics, Hub: hub, Log: slog.New(slog.DiscardHandler),
		Checks: []web.Check{{Name: "disk", Ask: func(context.Context) error { return broken }}},
	})
	base := "http://" + addr
	for path, want := range map[string]int{"/livez": 200, "/readyz": 200, "/cases/7?name=An": 200, "/metrics": 404} {
		if got, body := get(t, base+path); got != want {
			t.Errorf("%s: got %d %s, want %d", path, got, body, want)
		}
	}
	_, body := get(t, "http://"+ops+"/metrics")
	wantHas(t, "metrics", body, `khien_http_request_seconds_count{route="GET /cases/{id}",status="200"} 1`)

	broken = errors.New("no room left")
	if got, body := get(t, base+"/readyz"); got != 503 || strings.Contains(body, "no room") {
		t.Errorf("got %d %s, want 503 without the reason", got, body)
	}
	if _, body := get(t, "http://"+ops+"/readyz"); !strings.Contains(body, `"disk":"no room left"`) {
		t.Errorf("got %s, want the reason", body)
	}

	res, err := http.Get(base + "/stream")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	stop()
	if err := <-ended; err != nil {
		t.Errorf("got %v, want an orderly stop", err)
	}
	if b, err := io.ReadAll(res.Body); err != nil || hub.Clients() != 0 {
		t.Errorf("the stream ended with %q, %v, %d clients left", b, err, hub.Clients())
	}
}

// start serves until ctx ends, and returns the address and how it ended.
func start(ctx context.Context, h http.Handler, l web.Listen) (string, <-chan error) {
	started, ended := make(chan net.Addr, 1), make(chan error, 1)
	l.Started = func(a net.Addr) { started <- a }
	go func() { ended <- web.Serve(ctx, l, h) }()
	return (<-started).String(), ended
}

func freeAddr(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

func TestServeOnTakenAddress(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	err = web.Serve(t.Context(), web.Listen{Addr: ln.Addr().String()}, http.NotFoundHandler())
	if err == nil || !strings.Contains(err.Error(), ln.Addr().String()) {
		t.Errorf("got %v, want an error that names the address", err)
	}
}
