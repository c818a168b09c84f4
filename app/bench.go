package app

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"khien/kernel/area"
	"khien/kernel/config"
	"khien/kernel/day"
	"khien/kernel/web/sseload"
)

// benchOptions are the sizes of a benchmark.
type benchOptions struct {
	seconds int
	rows    int
	clients int
	file    string
	child   string // the address that a child process reads from
}

// benches by name. Each prints its figures, what they are compared with, and
// "ratio", which is at least 1 when the promise is kept.
var benches = map[string]func(context.Context, *config.Config, benchOptions) (map[string]any, error){
	"import": benchImport,
	"map":    benchMap,
	"sse":    benchStream,
}

func benchCommand(fs *flag.FlagSet) func(*call) error {
	var o benchOptions
	fs.IntVar(&o.seconds, "seconds", 10, "how long to measure")
	fs.IntVar(&o.rows, "rows", 7230, "rows of the invented list (import)")
	fs.IntVar(&o.clients, "clients", 10_000, "readers of the live stream (sse), connections (map: at most 64)")
	fs.StringVar(&o.file, "file", "", "a list of counts to import instead of an invented one (import)")
	fs.StringVar(&o.child, "child", "", "used by the sse benchmark for its own readers")
	return func(c *call) error {
		if o.child != "" {
			return sseload.Clients(c.ctx, o.child, o.clients, os.Stdin, c.out)
		}
		if len(c.args) != 1 || benches[c.args[0]] == nil {
			return config.Usage{Err: fmt.Errorf("bench wants one of %v", slices.Sorted(mapKeys(benches)))}
		}
		dir, err := os.MkdirTemp("", "khien-bench-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		c.config.Data, c.config.KeyFile, c.config.Addr, c.config.MetricsAddr = dir, dir+"/khien.key", "127.0.0.1:0", ""
		figures, err := benches[c.args[0]](c.ctx, c.config, o)
		if err != nil {
			return err
		}
		if c.json {
			return c.print(figures)
		}
		for _, k := range slices.Sorted(mapKeys(figures)) {
			fmt.Fprintf(c.out, "%-22s %v\n", k, figures[k])
		}
		return nil
	}
}

func mapKeys[V any](m map[string]V) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// importLimit is the promise: the list of spring 2021 in two seconds, matched and durable.
const importLimit = 2 * time.Second

func benchImport(ctx context.Context, c *config.Config, o benchOptions) (map[string]any, error) {
	a, err := Open(ctx, c, quietLog())
	if err != nil {
		return nil, err
	}
	defer a.Close()
	list := inventedList(a.Gazetteer, o.rows)
	if o.file != "" {
		if list, err = os.ReadFile(o.file); err != nil {
			return nil, err
		}
	}
	began := time.Now()
	report, err := a.Outbreak.ImportCounts(ctx, a.console("bench"), "bench", bytes.NewReader(list))
	if err != nil {
		return nil, err
	}
	took := time.Since(began)
	limit := importLimit * time.Duration(max(report.Rows, 1)) / 7230
	return map[string]any{"rows": report.Rows, "matched": report.Matched + report.Corrected, "ms": ms(took), "rows_per_s": int(float64(report.Rows) / took.Seconds()),
		"limit_ms": ms(limit), "ratio": round(limit.Seconds() / took.Seconds()), "engine": string(a.DB.Engine())}, nil
}

// inventedList has rows of real places and invented numbers, one in eight spelled without marks.
func inventedList(g *area.Gazetteer, rows int) []byte {
	var b bytes.Buffer
	b.WriteString("date,province,district,commune,new_cases\n")
	first := day.On(2021, time.April, 27)
	country, _ := area.Of(area.Edition2021, "", "", "")
	communes := g.Communes(country)
	for i := range rows {
		u := communes[(i*7919)%len(communes)]
		path := g.Path(u.Code)
		names := []string{path[0].Name, path[1].Name, path[2].Name}
		if i%8 == 0 {
			names[2] = area.Fold(names[2])
		}
		fmt.Fprintf(&b, "%s,%s,%d\n", first+day.Day(i%78), strings.Join(names, ","), 1+i%9)
	}
	return b.Bytes()
}

// mapLimit is the promise: requests of the areas' snapshot a second.
const mapLimit = 10_000

func benchMap(ctx context.Context, c *config.Config, o benchOptions) (map[string]any, error) {
	a, addr, stop, err := startForBench(ctx, c)
	if err != nil {
		return nil, err
	}
	defer stop()
	if _, err := a.Outbreak.ImportCounts(ctx, a.console("bench"), "bench", bytes.NewReader(inventedList(a.Gazetteer, 7230))); err != nil {
		return nil, err
	}
	path := "/api/v1/map/areas?edition=2021&level=commune"
	etag, body, err := settledTag(ctx, "http://"+addr+path)
	if err != nil {
		return nil, err
	}
	conns := min(o.clients, 64)
	fresh, err := hammer(ctx, addr, path, "", conns, time.Duration(o.seconds)*time.Second/2)
	if err != nil {
		return nil, err
	}
	same, err := hammer(ctx, addr, path, etag, conns, time.Duration(o.seconds)*time.Second/2)
	if err != nil {
		return nil, err
	}
	return map[string]any{"requests_per_s": int(same), "full_per_s": int(fresh), "bytes": body, "connections": conns,
		"limit_per_s": mapLimit, "ratio": round(same / mapLimit)}, nil
}

// startForBench serves an empty node on a free port until stop.
func startForBench(ctx context.Context, c *config.Config) (a *App, addr string, stop func(), err error) {
	if a, err = Open(ctx, c, quietLog()); err != nil {
		return nil, "", nil, err
	}
	run, cancel := context.WithCancel(ctx)
	started, ended := make(chan net.Addr, 1), make(chan error, 1)
	go func() { ended <- a.Serve(run, io.Discard, func(at net.Addr) { started <- at }) }()
	stop = func() { cancel(); <-ended; _ = a.Close() }
	select {
	case at := <-started:
		return a, at.String(), stop, nil
	case err := <-ended:
		cancel()
		return nil, "", nil, errors.Join(err, a.Close())
	}
}

// settledTag waits until the map shows the import, and returns its ETag and size.
func settledTag(ctx context.Context, url string) (etag string, size int, err error) {
	for range 600 {
		r, err := http.Get(url)
		if err != nil {
			return "", 0, err
		}
		b, err := io.ReadAll(r.Body)
		_ = r.Body.Close()
		if err != nil {
			return "", 0, err
		}
		if tag := r.Header.Get("ETag"); r.StatusCode == http.StatusOK && tag != "" && tag == etag {
			return tag, len(b), nil
		}
		etag = r.Header.Get("ETag")
		if err := pause(ctx, 500*time.Millisecond); err != nil {
			return "", 0, err
		}
	}
	return "", 0, errors.New("app: the map does not settle")
}

// hammer asks for path on conns connections, one request at a time each, and
// returns the answers a second. With an ETag every answer must be 304.
func hammer(ctx context.Context, addr, path, etag string, conns int, d time.Duration) (float64, error) {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	req := fmt.Sprintf("GET %s HTTP/1.1\r\nHost: %s\r\nAccept-Encoding: gzip\r\n", path, addr)
	if etag != "" {
		req += "If-None-Match: " + etag + "\r\n"
	}
	req += "\r\n"
	var answers atomic.Int64
	var all sync.WaitGroup
	errs := make(chan error, conns)
	began := time.Now()
	for range conns {
		all.Go(func() {
			if err := askOn(ctx, addr, []byte(req), etag != "", &answers); err != nil {
				errs <- err
			}
		})
	}
	all.Wait()
	close(errs)
	return float64(answers.Load()) / time.Since(began).Seconds(), <-errs
}

func askOn(ctx context.Context, addr string, req []byte, same bool, answers *atomic.Int64) error {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	defer c.Close()
	r := bufio.NewReaderSize(c, 64<<10)
	for ctx.Err() == nil {
		if _, err := c.Write(req); err != nil {
			return err
		}
		if err := readAnswer(r, same); err != nil {
			return err
		}
		answers.Add(1)
	}
	return nil
}

// readAnswer reads one answer by its Content-Length.
func readAnswer(r *bufio.Reader, same bool) error {
	length, line := 0, 0
	for {
		b, err := r.ReadSlice('\n')
		if err != nil {
			return err
		}
		if line == 0 && same != bytes.Contains(b, []byte(" 304 ")) {
			return fmt.Errorf("app: answered %q", b)
		}
		line++
		if len(b) <= 2 {
			_, err := r.Discard(length)
			return err
		}
		if v, ok := bytes.CutPrefix(b, []byte("Content-Length: ")); ok && !same {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(v))); err != nil {
				return err
			}
		}
	}
}

// Promises of the live stream.
const (
	streamLate = time.Second // 99 of 100, from commit to reader
	streamKB   = 40.0        // memory a reader
)

func benchStream(ctx context.Context, _ *config.Config, o benchOptions) (map[string]any, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	child := func(ctx context.Context, url string, n int) *exec.Cmd {
		cmd := exec.CommandContext(ctx, exe, "bench", "sse", "--child", url, "--clients", strconv.Itoa(n))
		cmd.Env = os.Environ()
		return cmd
	}
	r, err := sseload.Bench(ctx, sseload.Options{Clients: o.clients, Seconds: o.seconds}, child)
	if err != nil {
		return nil, err
	}
	late := streamLate.Seconds() * 1000 / max(r.P99Ms, 1)
	return map[string]any{"clients": r.Clients, "p50_ms": r.P50Ms, "p99_ms": r.P99Ms, "limit_ms": ms(streamLate), "memory_kb": r.MemoryKB,
		"process_kb": r.ProcessKB, "limit_kb": streamKB, "missed": r.Missed, "dropped": r.Dropped,
		"ratio": round(min(late, streamKB/max(r.MemoryKB, 0.1)))}, nil
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func round(f float64) float64 { return float64(int(f*100)) / 100 }
