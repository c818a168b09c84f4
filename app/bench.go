package app

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"math"
	"net"
	"os"
	"os/signal"
	"runtime/pprof"
	"slices"
	"syscall"
	"time"

	"khien/kernel/config"
	"khien/kernel/store"
	"khien/kernel/web/sseload"
)

// benchOptions are the sizes of a benchmark.
type benchOptions struct {
	seconds    float64
	rows       int
	people     int
	days       int
	presences  int
	edges      int
	cases      int
	contacts   int
	clients    int
	every      time.Duration
	file       string
	boundaries string
	screen     bool
	child      string // the address that a child process reads from
	profile    string
	onto       int // visits that stand before (visits)
}

// long is how long to measure.
func (o benchOptions) long() time.Duration { return time.Duration(o.seconds * float64(time.Second)) }

// promise is one figure held to its limit. Ratio is at least 1 when it is kept:
// measured over limit where more is better, limit over measured where less is.
type promise struct {
	What     string  `json:"what"`
	Unit     string  `json:"unit"`
	Measured float64 `json:"measured"`
	Bound    string  `json:"bound"` // "at most" or "at least"
	Limit    float64 `json:"limit"`
	Ratio    float64 `json:"ratio"`
	Peer     string  `json:"peer"` // what was measured beside it, in the same run
	PeerIs   float64 `json:"peer_measured"`
}

// figures are what a benchmark measured, by name, and the promises among them.
type figures struct {
	values   map[string]any
	promises []promise
}

func (f *figures) atMost(limit float64, p promise) {
	p.Bound, p.Limit, p.Ratio = "at most", limit, round(limit/max(p.Measured, 0.01))
	f.promises = append(f.promises, p)
}

func (f *figures) atLeast(limit float64, p promise) {
	p.Bound, p.Limit, p.Ratio = "at least", limit, round(p.Measured/limit)
	f.promises = append(f.promises, p)
}

// object is what --json prints: every figure, "promises", and "ratio", the least of theirs.
func (f *figures) object(name string, e store.Engine) map[string]any {
	ratio := math.Inf(1)
	for _, p := range f.promises {
		ratio = min(ratio, p.Ratio)
	}
	all := map[string]any{"bench": name, "engine": string(e), "promises": f.promises, "ratio": ratio}
	maps.Copy(all, f.values)
	return all
}

// benches by name.
var benches = map[string]func(context.Context, *config.Config, benchOptions) (*figures, error){
	"chains":   benchChains,
	"contacts": benchContacts,
	"import":   benchImport,
	"map":      benchMap,
	"sse":      benchStream,
	"page":     benchPage,
	"people":   benchPeople,
	"lists":    benchLists,
	"match":    benchMatch,
	"trace":    benchTrace,
	"live":     benchLive,
	"visits":   benchVisits,
}

func benchCommand(fs *flag.FlagSet) func(*call) error {
	var o benchOptions
	fs.Float64Var(&o.seconds, "seconds", 10, "how long to measure")
	fs.IntVar(&o.rows, "rows", publishedRows, "rows of the invented list of counts")
	fs.IntVar(&o.people, "people", 1_000_000, "people who stand before a tenth as many are imported (people)")
	fs.IntVar(&o.days, "days", 0, "instead, a number for every commune of the province on each of so many days")
	fs.IntVar(&o.presences, "presences", tracePresences, "invented presences (trace)")
	fs.IntVar(&o.edges, "edges", 0, "invented links, instead of 98,800 and 380,000 (chains)")
	fs.IntVar(&o.cases, "cases", listCases, "cases that stand (lists, contacts)")
	fs.IntVar(&o.contacts, "contacts", contactsStand, "contacts that stand (contacts)")
	fs.IntVar(&o.clients, "clients", 10_000, "readers of the live stream (sse); connections (map: at most 64)")
	fs.DurationVar(&o.every, "every", time.Second, "between acts (sse)")
	fs.StringVar(&o.file, "file", "", "a list of counts to import instead of an invented one")
	fs.StringVar(&o.boundaries, "boundaries", "", "boundaries to import first, those of 2025 (page)")
	fs.BoolVar(&o.screen, "screen", false, "watch the map in Chromium as well, among the readers (sse)")
	fs.StringVar(&o.profile, "profile", "", "write a processor profile of this process to a file")
	fs.IntVar(&o.onto, "onto", 0, "visits that stand before the first (visits)")
	fs.StringVar(&o.child, "child", "", "used by the sse benchmark for its own readers")
	return func(c *call) error {
		if o.child != "" {
			sseload.Files()
			return sseload.Clients(c.ctx, o.child, o.clients, os.Stdin, c.out)
		}
		if len(c.args) != 1 || benches[c.args[0]] == nil {
			return config.Usage{Err: fmt.Errorf("bench wants one of %v", slices.Sorted(maps.Keys(benches)))}
		}
		if !(o.seconds >= 0.1) || o.rows < 1 || o.people < 100 || o.clients < 1 || o.presences < 1 || o.edges < 0 || o.cases < listMore || o.contacts < listMore || o.every < time.Millisecond {
			return config.Usage{Err: errors.New("bench: --rows, --clients and --presences begin at 1, --seconds at 0.1, --people at 100, --cases and --contacts at 500, --every at 1ms")}
		}
		return c.bench(c.args[0], o)
	}
}

// bench runs one benchmark and prints what it measured.
func (c *call) bench(name string, o benchOptions) error {
	stop, err := profileTo(o.profile)
	if err != nil {
		return err
	}
	ctx, cancel := signal.NotifyContext(c.ctx, os.Interrupt, syscall.SIGTERM)
	defer cancel()
	f, err := benches[name](ctx, c.config, o)
	if err = errors.Join(err, stop()); err != nil {
		return err
	}
	engine := store.SQLite
	if c.config.DB != "" {
		engine = store.Postgres
	}
	all := f.object(name, engine)
	if c.json {
		return c.print(all)
	}
	for _, k := range slices.Sorted(maps.Keys(all)) {
		v, err := json.Marshal(all[k])
		if err != nil {
			return err
		}
		fmt.Fprintf(c.out, "%-18s %s\n", k, v)
	}
	return nil
}

// profileTo begins a processor profile when there is a file for it.
func profileTo(path string) (stop func() error, err error) {
	if path == "" {
		return func() error { return nil }, nil
	}
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() error { pprof.StopCPUProfile(); return f.Close() }, nil
}

// benchNode is a whole node on a folder and a database made for it, which close removes.
type benchNode struct {
	*App
	addr   string // once it serves
	closes []func() error
}

// openForBench opens a node on nothing: the data of the installation, and a
// database that it may have, are not touched.
func openForBench(ctx context.Context, c *config.Config) (n *benchNode, err error) {
	n = &benchNode{}
	dir, err := os.MkdirTemp("", "khien-bench-")
	if err != nil {
		return nil, err
	}
	n.closes = append(n.closes, func() error { return os.RemoveAll(dir) })
	own := *c
	own.Data, own.KeyFile, own.Addr, own.MetricsAddr = dir, dir+"/khien.key", "127.0.0.1:0", ""
	if own.DB != "" {
		url, drop, err := ownDatabase(ctx, own.DB)
		if err != nil {
			return nil, errors.Join(err, n.close())
		}
		own.DB = url
		n.closes = append(n.closes, drop)
	}
	if n.App, err = Open(ctx, &own, quietLog()); err != nil {
		return nil, errors.Join(err, n.close())
	}
	n.closes = append(n.closes, n.App.Close)
	return n, nil
}

// close ends what runs and removes what was made; a second time it does nothing.
func (n *benchNode) close() error {
	var errs []error
	for _, fn := range slices.Backward(n.closes) {
		errs = append(errs, fn())
	}
	n.closes = nil
	return errors.Join(errs...)
}

// serve serves the node on a free port, listeners and jobs at work, until close.
func (n *benchNode) serve(ctx context.Context) error {
	run, cancel := context.WithCancel(ctx)
	started, ended := make(chan net.Addr, 1), make(chan error, 1)
	go func() { ended <- n.Serve(run, io.Discard, func(at net.Addr) { started <- at }) }()
	select {
	case at := <-started:
		n.addr = at.String()
		n.closes = append(n.closes, func() error { cancel(); return <-ended })
		return nil
	case err := <-ended:
		cancel()
		return err
	}
}

// openFilled opens a node that has the list of counts on its map.
func openFilled(ctx context.Context, c *config.Config, o benchOptions) (*benchNode, error) {
	n, err := openForBench(ctx, c)
	if err != nil {
		return nil, err
	}
	if _, _, err = n.importList(ctx, o); err == nil {
		err = n.Settle(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, n.close())
	}
	return n, nil
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// round keeps two decimals and rounds down: no ratio becomes 1 by it.
func round(f float64) float64 { return math.Floor(f*100) / 100 }

// middleOf returns the middle one, 0 of none.
func middleOf(all []float64) float64 {
	if len(all) == 0 {
		return 0
	}
	all = slices.Sorted(slices.Values(all))
	return all[len(all)/2]
}
