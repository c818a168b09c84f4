package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"golang.org/x/sync/singleflight"
)

// Check is one thing that must hold for this node to take requests: the
// database answers, the disk has room, the outbox is not old.
type Check struct {
	Name string
	Ask  func(context.Context) error
}

// Listen says where and how Serve serves. Addr must be there.
type Listen struct {
	Addr        string              // "127.0.0.1:8080"; port 0 picks a free one
	MetricsAddr string              // /metrics, /livez and /readyz with their reasons; "": nowhere
	Metrics     prometheus.Gatherer // what /metrics shows; nil: prometheus.DefaultGatherer
	Checks      []Check             // what /readyz asks, in order
	Hub         *Hub                // closed before the connections are; may be nil
	Log         *slog.Logger        // nil: slog.Default
	Drain       time.Duration       // how long /readyz says no before anything closes, for load balancers; 0: not at all
	Grace       time.Duration       // how long requests under way may take to end; 0: 20 s
	Started     func(addr net.Addr) // called once connections are taken; may be nil
}

// Serve answers at l.Addr with h, and /livez and /readyz itself, until ctx ends.
// Then it stops in order: /readyz says no, the Hub's streams end, no connection
// is taken any more, requests under way finish. It returns nil after an orderly
// stop, and otherwise why it could not begin or end.
func Serve(ctx context.Context, l Listen, h http.Handler) error {
	s := &server{Listen: l}
	if s.Log == nil {
		s.Log = slog.Default()
	}
	main, err := s.open(l.Addr, s.front(h, false))
	if err != nil {
		return err
	}
	servers := []*running{main}
	if l.MetricsAddr != "" {
		ops, err := s.open(l.MetricsAddr, s.front(http.NotFoundHandler(), true))
		if err != nil {
			return errors.Join(err, main.Close())
		}
		servers = append(servers, ops)
	}
	failed := make(chan error, len(servers))
	for _, srv := range servers {
		go func() { failed <- srv.run() }()
	}
	if l.Started != nil {
		l.Started(main.listener.Addr())
	}
	select {
	case err = <-failed:
	case <-ctx.Done():
		err = nil
	}
	return errors.Join(err, s.stop(context.WithoutCancel(ctx), servers))
}

// server is what Serve keeps while it runs.
type server struct {
	Listen
	leaving atomic.Bool
	asking  singleflight.Group // strangers who ask all at once are one question to the database
}

type running struct {
	*http.Server
	listener net.Listener
}

func (r *running) run() error {
	if err := r.Serve(r.listener); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("web: serve %s: %w", r.listener.Addr(), err)
	}
	return nil
}

func (s *server) open(addr string, h http.Handler) (*running, error) {
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("web: listen: %w", err)
	}
	return &running{&http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		IdleTimeout:       90 * time.Second,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          slog.NewLogLogger(s.Log.Handler(), slog.LevelDebug), // strangers' broken handshakes
	}, ln}, nil
}

// front puts the health routes before h. To the public /readyz says yes or no
// only; at the metrics address it says why.
func (s *server) front(h http.Handler, ops bool) http.Handler {
	metrics := http.NotFoundHandler()
	if ops {
		g := s.Metrics
		if g == nil {
			g = prometheus.DefaultGatherer
		}
		metrics = promhttp.HandlerFor(g, promhttp.HandlerOpts{Timeout: 10 * time.Second, MaxRequestsInFlight: 3})
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/livez":
			_, _ = w.Write([]byte("ok\n"))
		case r.URL.Path == "/readyz":
			s.getReady(w, r, ops)
		case r.URL.Path == "/metrics" && ops:
			metrics.ServeHTTP(w, r)
		default:
			h.ServeHTTP(w, r)
		}
	})
}

func (s *server) getReady(w http.ResponseWriter, r *http.Request, ops bool) {
	asked, _, _ := s.asking.Do("", func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), 3*time.Second) // the one who leaves asks for all
		defer cancel()
		return s.ask(ctx), nil
	})
	why := asked.(map[string]string)
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Type", "application/json")
	if len(why) > 0 {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	answer := map[string]any{"ready": len(why) == 0}
	if ops {
		answer["failed"] = why
	}
	_ = json.NewEncoder(w).Encode(answer) // a prober that has left is no news
}

// ask returns the checks that fail, by name, with their reasons.
func (s *server) ask(ctx context.Context) map[string]string {
	why := map[string]string{}
	if s.leaving.Load() {
		why["stopping"] = "the node is shutting down"
		return why
	}
	for _, c := range s.Checks {
		if err := c.Ask(ctx); err != nil {
			why[c.Name] = err.Error()
		}
	}
	return why
}

// stop ends everything in order; see Serve.
func (s *server) stop(ctx context.Context, servers []*running) error {
	s.leaving.Store(true)
	time.Sleep(s.Drain)
	grace := s.Grace
	if grace == 0 {
		grace = 20 * time.Second
	}
	ctx, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	var errs []error
	if s.Hub != nil {
		errs = append(errs, s.Hub.Close(ctx))
	}
	for _, srv := range servers {
		if err := srv.Shutdown(ctx); err != nil {
			errs = append(errs, fmt.Errorf("web: stop %s: %w", srv.listener.Addr(), err), srv.Close())
		}
	}
	return errors.Join(errs...)
}
