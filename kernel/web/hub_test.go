package web_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"khien/kernel/fault"
	"khien/kernel/web"
)

// wire is a listener whose connections are pipes, so that a whole HTTP server
// runs inside a synctest bubble, on its clock.
type wire struct {
	conns chan net.Conn
	done  chan struct{}
}

func (l wire) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}
func (l wire) Close() error   { close(l.done); return nil }
func (l wire) Addr() net.Addr { return &net.TCPAddr{} }

// live serves a Hub's topic "map" in a bubble.
type live struct {
	hub   *web.Hub
	wire  wire
	hello func(uint64) ([]byte, bool)
	err   chan error
}

func newLive(t *testing.T, c web.HubConfig) *live {
	l := &live{hub: web.NewHub(c), wire: wire{make(chan net.Conn), make(chan struct{})}, err: make(chan error, 100)}
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := l.hub.Serve(w, r, "map", web.Since(r), l.hello); err != nil {
			l.err <- err
		}
	})}
	served := make(chan struct{})
	go func() { _ = srv.Serve(l.wire); close(served) }()
	t.Cleanup(func() {
		_ = l.hub.Close(context.Background())
		_ = srv.Close()
		<-served
	})
	return l
}

// connect opens a stream that has version since and reads past its head.
func (l *live) connect(t *testing.T, since uint64) (net.Conn, *bufio.Reader) {
	t.Helper()
	ours, theirs := net.Pipe()
	l.wire.conns <- theirs
	t.Cleanup(func() { ours.Close() })
	_, _ = fmt.Fprintf(ours, "GET / HTTP/1.1\r\nHost: x\r\nLast-Event-ID: %d\r\n\r\n", since)
	b := bufio.NewReader(ours)
	head := readFrame(t, b)
	wantHas(t, "head", head, "HTTP/1.1 200 OK\r", "Content-Type: text/event-stream\r", "X-Accel-Buffering: no\r", "Cache-Control: no-cache\r")
	if got := readFrame(t, b); !strings.HasPrefix(got, "retry: ") {
		t.Fatalf("got %q, want retry", got)
	}
	return ours, b
}

// readFrame returns the lines up to the next empty one.
func readFrame(t *testing.T, b *bufio.Reader) string {
	t.Helper()
	var frame string
	for {
		line, err := b.ReadString('\n')
		if err != nil {
			t.Fatalf("after %q: %v", frame, err)
		}
		if strings.TrimSpace(line) == "" {
			return frame
		}
		frame += line
	}
}

func TestStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLive(t, web.HubConfig{})
		l.hub.Start("map", 10)
		_, a := l.connect(t, 10)
		_, b := l.connect(t, 10)
		synctest.Wait()
		l.hub.Publish("map", 12, "delta", []byte("{\"n\":1}\nsecond line"))
		l.hub.Publish("map", 12, "delta", []byte(`heard twice`))
		l.hub.Publish("map", 13, "", []byte(`{"n":2}`))
		for _, r := range []*bufio.Reader{a, b} {
			got := []string{readFrame(t, r), readFrame(t, r)}
			want := []string{"id: 12\nevent: delta\ndata: {\"n\":1}\ndata: second line\n", "id: 13\ndata: {\"n\":2}\n"}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		}
	})
}

func TestStreamResumes(t *testing.T) {
	for _, tt := range []struct {
		name  string
		since uint64
		hello func(uint64) ([]byte, bool)
		want  string // the first event
	}{
		{"missed one", 5, nil, "id: 6\ndata: 6\n"},
		{"missed all that the ring holds", 2, nil, "id: 3\ndata: 3\n"},
		{"missed more", 1, nil, "id: 6\nevent: reset\ndata: {\"version\":6}\n"},
		{"has nothing", 0, nil, "id: 6\nevent: reset\ndata: {\"version\":6}\n"},
		{"has a version of another life", 99, nil, "id: 6\nevent: reset\ndata: {\"version\":6}\n"},
		{"is brought up to date", 1, func(since uint64) ([]byte, bool) { return fmt.Appendf(nil, "since %d", since), true }, "id: 6\nevent: hello\ndata: since 1\n"},
		{"cannot be brought up to date", 1, func(uint64) ([]byte, bool) { return nil, false }, "id: 6\nevent: reset\ndata: {\"version\":6}\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLive(t, web.HubConfig{Ring: 4})
				l.hello = tt.hello
				for v := uint64(1); v <= 6; v++ {
					l.hub.Publish("map", v, "", fmt.Append(nil, v))
				}
				_, r := l.connect(t, tt.since)
				if got := readFrame(t, r); got != tt.want {
					t.Errorf("got %q, want %q", got, tt.want)
				}
				l.hub.Publish("map", 7, "", []byte("7"))
				for got := ""; got != "id: 7\ndata: 7\n"; got = readFrame(t, r) {
				}
			})
		})
	}
}

func TestStreamHeartbeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLive(t, web.HubConfig{})
		_, r := l.connect(t, 0)
		for range 3 {
			began := time.Now()
			if got := readFrame(t, r); got != ":\n" || time.Since(began) > 20*time.Second {
				t.Errorf("got %q after %v, want a comment within 20 s", got, time.Since(began))
			}
		}
	})
}

// A reader that does not read is closed after the write limit; the others have
// long had the event.
func TestSlowReaderIsDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLive(t, web.HubConfig{})
		slow, _ := l.connect(t, 0)
		_, quick := l.connect(t, 0)
		synctest.Wait()
		began := time.Now()
		l.hub.Publish("map", 1, "", []byte("1"))
		if got := readFrame(t, quick); got != "id: 1\ndata: 1\n" || time.Since(began) != 0 {
			t.Errorf("the quick reader got %q after %v", got, time.Since(began))
		}
		time.Sleep(11 * time.Second) // the bubble's clock
		synctest.Wait()
		if l.hub.Clients() != 1 || l.hub.Dropped() != 1 {
			t.Errorf("got %d clients, %d dropped, want 1 and 1", l.hub.Clients(), l.hub.Dropped())
		}
		if _, err := slow.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("the slow reader got %v, want EOF", err)
		}
	})
}

// A reader so slow that the ring has gone past it is closed, and on return told
// to fetch the whole.
func TestReaderOutOfRing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLive(t, web.HubConfig{Ring: 2})
		_, r := l.connect(t, 0)
		synctest.Wait()
		for v := uint64(1); v <= 9; v++ {
			l.hub.Publish("map", v, "", []byte("x"))
			synctest.Wait()
		}
		readFrame(t, r) // version 1 was on its way
		if b, err := io.ReadAll(r); err != nil || len(b) != 0 {
			t.Errorf("got %q, %v, want the end", b, err)
		}
		_, r = l.connect(t, 1)
		if got := readFrame(t, r); !strings.Contains(got, "event: reset") {
			t.Errorf("got %q, want reset", got)
		}
	})
}

func TestStreamLimitsAndClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLive(t, web.HubConfig{MaxClients: 1})
		_, r := l.connect(t, 0)
		refused := l.hub.Serve(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil), "map", 0, nil)
		if !fault.Is(refused, fault.Busy) {
			t.Errorf("the second got %v, want busy", refused)
		}
		if err := l.hub.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if _, err := r.ReadByte(); err != io.EOF {
			t.Errorf("got %v, want EOF", err)
		}
		if l.hub.Clients() != 0 {
			t.Errorf("got %d clients, want 0", l.hub.Clients())
		}
	})
}

// One address must not take everybody's places, and gets its own back.
func TestStreamsOfOneAddress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := web.NewHub(web.HubConfig{PerAddr: 2})
		watch := func(addr string) (leave func(), err error) {
			r := httptest.NewRequest("GET", "/", nil)
			r.RemoteAddr = addr
			ctx, cancel := context.WithCancel(r.Context())
			done := make(chan error, 1)
			go func() { done <- hub.Serve(httptest.NewRecorder(), r.WithContext(ctx), "map", 0, nil) }()
			synctest.Wait()
			select {
			case err = <-done:
			default:
			}
			return func() { cancel(); synctest.Wait() }, err
		}
		var leave []func()
		for _, tt := range []struct {
			addr string
			kind fault.Kind
		}{
			{"203.0.113.7:1", ""}, {"203.0.113.7:2", ""}, {"203.0.113.7:3", fault.Busy}, {"203.0.113.8:1", ""},
			{"[2001:db8::1]:1", ""}, {"[2001:db8::2]:1", ""}, {"[2001:db8::3]:1", fault.Busy}, // one household's /64
			{"127.0.0.1:1", ""}, {"127.0.0.1:2", ""}, {"127.0.0.1:3", ""},
		} {
			l, err := watch(tt.addr)
			if leave = append(leave, l); fault.KindOf(err) != tt.kind {
				t.Errorf("%s: got %v, want %q", tt.addr, err, tt.kind)
			}
		}
		leave[0]()
		l, err := watch("203.0.113.7:4")
		if leave = append(leave, l); err != nil {
			t.Errorf("after one has left: %v", err)
		}
		for _, l := range leave {
			l()
		}
		if hub.Clients() != 0 {
			t.Errorf("got %d clients, want 0", hub.Clients())
		}
	})
}

// Over HTTP/2 nothing can be hijacked; the stream runs through net/http.
func TestStreamHTTP2(t *testing.T) {
	hub := web.NewHub(web.HubConfig{})
	hub.Start("map", 4)
	s := newSite(t, web.Config{}, func(rt *web.Router, _ *web.Views) {
		rt.Get("/stream", func(w http.ResponseWriter, r *http.Request) error {
			return hub.Serve(w, r, "map", web.Since(r), nil)
		}, web.Stream())
	})
	two := httptest.NewUnstartedServer(s.rt)
	two.EnableHTTP2 = true
	two.StartTLS()
	defer two.Close()
	defer hub.Close(t.Context())
	res, err := two.Client().Get(two.URL + "/stream?since=4")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.ProtoMajor != 2 || res.Header.Get("Strict-Transport-Security") == "" {
		t.Errorf("got %s, HSTS %q, want HTTP/2.0 with HSTS", res.Proto, res.Header.Get("Strict-Transport-Security"))
	}
	b := bufio.NewReader(res.Body)
	readFrame(t, b)
	hub.Publish("map", 5, "delta", []byte("x"))
	if got, want := readFrame(t, b), "id: 5\nevent: delta\ndata: x\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Through the whole Router on HTTP/1.1.
func TestStreamThroughRouter(t *testing.T) {
	hub := web.NewHub(web.HubConfig{})
	s := newSite(t, web.Config{}, func(rt *web.Router, _ *web.Views) {
		rt.Get("/stream", func(w http.ResponseWriter, r *http.Request) error {
			return hub.Serve(w, r, "map", web.Since(r), nil)
		}, web.Stream())
	})
	defer hub.Close(t.Context())
	res, err := http.Get(s.URL + "/stream")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.Header.Get("Content-Security-Policy") == "" || res.Header.Get("Content-Encoding") != "" {
		t.Errorf("got headers %v", res.Header)
	}
	b := bufio.NewReader(res.Body)
	readFrame(t, b)
	hub.Publish("map", 1, "delta", []byte("x"))
	if got, want := readFrame(t, b), "id: 1\nevent: delta\ndata: x\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
