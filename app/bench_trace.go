package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"time"

	"khien/kernel/config"
	"khien/kernel/store"
	"khien/kernel/store/pgserver"
	"khien/outbreak/trace"
	"khien/outbreak/trace/peer"
	"khien/sim"
)

// The speed promises of tracing, for ten million presences.
const (
	tracePresences  = 10_000_000
	traceBuildLimit = 2 * time.Second
	traceIndexMB    = 200
	traceFirstLimit = 50 * time.Microsecond
	traceSecond     = 25 * time.Millisecond
	traceWaveLimit  = 5 * time.Second
	traceWave       = 1000 // cases
	traceTimesPG    = 25
	traceMinutes    = 15 // of overlap
	traceAsked      = 200
	tracePeerAsked  = 5
)

// tracing is one run of the benchmark.
type tracing struct {
	crowd sim.Crowd
	ps    []trace.Presence
	kinds []trace.Kind
	rule  trace.Rule
	w     trace.Window
	x     *trace.Index
	f     *figures
}

// benchTrace builds an index of invented presences, asks it, and asks PostgreSQL
// and SQLite the same: the server of the configuration, or else one of its own
// from Debian's binaries. The ratio is how many times faster than PostgreSQL the
// index answers F2, and than SQLite where there is no PostgreSQL.
func benchTrace(ctx context.Context, c *config.Config, o benchOptions) (*figures, error) {
	b := newTracing(o.presences)
	b.build()
	b.ask()
	b.wave()
	b.scan()
	peers, stop := tracePeers(c)
	defer stop()
	for _, db := range peers {
		if err := b.againstNode(ctx, c, db); err != nil {
			return nil, err
		}
	}
	return b.f, nil
}

// tracePeers are the databases to ask: PostgreSQL's URL, where there is one, and "", SQLite.
func tracePeers(c *config.Config) (urls []string, stop func()) {
	if c.DB != "" {
		return []string{"", c.DB}, func() {}
	}
	s, err := pgserver.Start(true)
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench: no PostgreSQL beside it:", err)
		return []string{""}, func() {}
	}
	return []string{"", s.URL}, s.Stop
}

func (b *tracing) againstNode(ctx context.Context, c *config.Config, db string) (err error) {
	own := *c
	own.DB = db
	n, err := openForBench(ctx, &own)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, n.close()) }()
	fmt.Fprintf(os.Stderr, "bench: %s takes up %d presences and builds its indexes\n", n.DB.Engine(), len(b.ps))
	return b.against(ctx, n)
}

func newTracing(presences int) *tracing {
	b := &tracing{crowd: sim.Province(presences), rule: trace.Same(traceMinutes), f: &figures{values: map[string]any{}}}
	begin := trace.MinuteOf(time.Date(2021, 5, 1, 0, 0, 0, 0, time.UTC))
	for _, p := range b.crowd.Invent() {
		b.ps = append(b.ps, trace.Presence{Person: p.Person, Locus: p.Locus, From: begin + trace.Minute(p.From), To: begin + trace.Minute(p.To)})
	}
	b.kinds = make([]trace.Kind, b.crowd.Loci)
	b.w = trace.Window{From: begin, To: begin + trace.Minute((b.crowd.Days+1)*24*60)}
	return b
}

func (b *tracing) build() {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	began := time.Now()
	x, err := trace.Build(b.ps, b.crowd.People, b.kinds)
	took := time.Since(began)
	if err != nil {
		panic(err) // what was invented fits
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.x = x
	mb := round(float64(after.HeapAlloc-before.HeapAlloc) / 1e6)
	b.f.values["build_ms"], b.f.values["index_mb"], b.f.values["presences"] = round(ms(took)), mb, len(b.ps)
	b.f.atMost(ms(traceBuildLimit), promise{What: fmt.Sprintf("trace: index of %d presences", len(b.ps)), Unit: "ms", Measured: round(ms(took))})
	b.f.atMost(traceIndexMB, promise{What: "trace: memory of the index", Unit: "MB", Measured: mb})
}

// ask takes the middle of many cases, F1 and then F2 over the full window.
func (b *tracing) ask() {
	a, r := trace.NewAsker(b.x), rand.New(rand.NewPCG(7, 7))
	var first, second []float64
	f1s, f2s := 0, 0
	for range traceAsked {
		person := uint32(r.IntN(b.crowd.People))
		began := time.Now()
		f1 := a.First(person, b.w, &b.rule)
		first = append(first, float64(time.Since(began))/1e3)
		f2 := a.Second(person, f1, b.w.To, &b.rule)
		second = append(second, ms(time.Since(began)))
		f1s, f2s = f1s+len(f1), f2s+len(f2)
	}
	b.f.values["f1_us"], b.f.values["f2_ms"] = round(middleOf(first)), round(middleOf(second))
	b.f.values["f1_people"], b.f.values["f2_people"] = f1s/traceAsked, f2s/traceAsked
	b.f.values["f2_slowest_ms"] = round(slices.Max(second))
	b.f.atMost(float64(traceFirstLimit)/1e3, promise{What: fmt.Sprintf("trace: F0 to F1 (%d people)", f1s/traceAsked), Unit: "µs", Measured: round(middleOf(first))})
	b.f.atMost(ms(traceSecond), promise{What: fmt.Sprintf("trace: F0 to F1 to F2 (%d people), one core", f2s/traceAsked), Unit: "ms", Measured: round(middleOf(second))})
}

// wave asks of a thousand cases with the three days before their test, on all cores.
func (b *tracing) wave() {
	began := time.Now()
	workers := runtime.GOMAXPROCS(0)
	done := make(chan int, workers)
	for n := range workers {
		go func() {
			a, r := trace.NewAsker(b.x), rand.New(rand.NewPCG(9, uint64(n)))
			found := 0
			for range traceWave / workers {
				person := uint32(r.IntN(b.crowd.People))
				w := trace.Window{From: b.w.To - 4*24*60, To: b.w.To}
				found += len(a.Second(person, a.First(person, w, &b.rule), w.To, &b.rule))
			}
			done <- found
		}()
	}
	found := 0
	for range workers {
		found += <-done
	}
	took := round(ms(time.Since(began)))
	b.f.values["wave_ms"], b.f.values["wave_f2"] = took, found
	b.f.atMost(ms(traceWaveLimit), promise{What: fmt.Sprintf("trace: a wave of %d cases, three days each", traceWave), Unit: "ms", Measured: took})
}

// scan is one linear pass over the rows: less than that no answer over all of them takes.
func (b *tracing) scan() {
	began := time.Now()
	n := 0
	for i := range b.ps {
		if p := &b.ps[i]; p.From < b.w.To && p.To > b.w.From && p.Locus == 7 {
			n++
		}
	}
	b.f.values["scan_ms"], b.f.values["scan_found"] = round(ms(time.Since(began))), n
}

// against asks the database the same and compares the answers.
func (b *tracing) against(ctx context.Context, n *benchNode) error {
	if err := n.DB.Migrate(ctx, "peer", peer.Tables()); err != nil {
		return err
	}
	p := peer.Peer{DB: n.DB, Province: n.Province, MaxStay: b.longest()}
	began := time.Now()
	if err := p.Load(ctx, b.ps, b.kinds, &b.rule); err != nil {
		return err
	}
	if err := n.DB.Migrate(ctx, "peer", peer.Migrations()); err != nil {
		return err
	}
	if err := p.Analyze(ctx); err != nil {
		return err
	}
	name := string(n.DB.Engine())
	b.f.values[name+"_build_ms"] = round(ms(time.Since(began)))
	return b.compare(ctx, p, name)
}

func (b *tracing) longest() (most trace.Minute) {
	for i := range b.ps {
		most = max(most, b.ps[i].To-b.ps[i].From)
	}
	return most
}

// compare asks both, turn by turn, of the same cases.
func (b *tracing) compare(ctx context.Context, p peer.Peer, name string) error {
	a, r := trace.NewAsker(b.x), rand.New(rand.NewPCG(11, 11))
	var ours, theirs, first []float64
	identical := true
	for range tracePeerAsked {
		person := uint32(r.IntN(b.crowd.People))
		began := time.Now()
		f1 := a.First(person, b.w, &b.rule)
		f2 := a.Second(person, f1, b.w.To, &b.rule)
		ours = append(ours, ms(time.Since(began)))
		began = time.Now()
		of1, err := p.First(ctx, person, b.w)
		if err != nil {
			return err
		}
		first = append(first, float64(time.Since(began))/1e3)
		began = time.Now()
		of2, err := p.Second(ctx, person, b.w)
		if err != nil {
			return err
		}
		theirs = append(theirs, ms(time.Since(began)))
		identical = identical && sameContacts(f1, of1) && sameContacts(f2, of2)
	}
	ratio := round(middleOf(theirs) / max(middleOf(ours), 0.001))
	b.f.values[name+"_f1_us"], b.f.values[name+"_f2_ms"], b.f.values["identical"] = round(middleOf(first)), round(middleOf(theirs)), identical
	b.f.values["times_"+name], b.f.values["ratio"] = ratio, ratio
	if p.DB.Engine() == store.Postgres {
		b.f.atLeast(traceTimesPG, promise{What: "trace: F2, times faster than PostgreSQL", Measured: ratio, Peer: "PostgreSQL, ms", PeerIs: round(middleOf(theirs))})
	}
	if !identical {
		return errors.New("bench: the index and the database answer differently")
	}
	return nil
}

func sameContacts(a, b []trace.Contact) bool {
	order := func(x, y trace.Contact) int { return cmp.Compare(x.Person, y.Person) }
	slices.SortFunc(a, order)
	slices.SortFunc(b, order)
	return slices.Equal(a, b)
}
