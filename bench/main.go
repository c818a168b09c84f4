// Command bench measures the speed promises with bin/khien and writes them down
// as a table:
//
//	go run ./bench -out bench/results.md [-seconds N] [-only NAME,NAME] [-resume FILE]
//
// It builds nothing. Every benchmark is `khien bench NAME --json` on data of its
// own; PostgreSQL takes part when KHIEN_TEST_PG names a server, as
// kernel/store/pgrun does. It ends with status 1 when a promise is not kept or a
// benchmark does not run.
package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// jobTime is the longest life of one benchmark.
const jobTime = 3 * time.Minute

// promise is one figure held to its limit, as khien bench prints it.
type promise struct {
	What     string  `json:"what"`
	Unit     string  `json:"unit"`
	Measured float64 `json:"measured"`
	Bound    string  `json:"bound"`
	Limit    float64 `json:"limit"`
	Ratio    float64 `json:"ratio"`
	Peer     string  `json:"peer"`
	PeerIs   float64 `json:"peer_measured"`
}

// job is one benchmark and, once it has run, what came of it.
type job struct {
	name string // of the row, beside what the promises say
	args []string
	env  []string
	most time.Duration // longest life; 0: jobTime

	engine   string
	promises []promise
	ratio    float64
	at       time.Time // when it ended
	others   float64   // share of the processors that others had meanwhile
	err      error
}

// lists are what the benchmarks import: real files where the checkout has them beside it.
type lists struct{ counts, boundaries string }

// options are the command line.
type options struct {
	bin, out string
	seconds  int
	long     bool
	only     string // names, with commas between; "": all
	resume   string // file of what has been measured; "": none
}

func main() {
	var o options
	flag.StringVar(&o.out, "out", "", "file to write the table to (default: standard output)")
	flag.IntVar(&o.seconds, "seconds", 12, "how long each benchmark measures")
	flag.StringVar(&o.bin, "bin", "bin/khien", "the program")
	flag.BoolVar(&o.long, "long", false, "also what takes twenty minutes: visits for ten minutes onto ten million")
	flag.StringVar(&o.only, "only", "", "names of the benchmarks to run, with commas between (default: all)")
	flag.StringVar(&o.resume, "resume", "", "file that keeps each benchmark as it ends; those in it are not run again")
	data := flag.String("data", "../shared/data", "folder of published lists; without it invented ones are used")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ok, err := run(ctx, o, find(*data))
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
	}
	if err != nil || !ok {
		os.Exit(1)
	}
}

func find(folder string) (l lists) {
	there := func(name string) string {
		path := folder + "/" + name
		if _, err := os.Stat(path); err != nil {
			return ""
		}
		return path
	}
	return lists{there("epi/cases-2021-by-commune.csv"), there("geo/langson-2025-communes.geojson")}
}

// jobs lists the benchmarks.
func jobs(seconds int, l lists, postgres string) []job {
	n := strconv.Itoa(seconds)
	var filled []string
	if l.counts != "" {
		filled = []string{"--file", l.counts}
	}
	with := func(more ...string) []string { return append(more, filled...) }
	all := []job{{name: "", args: with("import", "--seconds", n)}}
	if postgres != "" {
		all = append(all, job{args: with("import", "--seconds", n), env: []string{"KHIEN_DB=" + postgres}})
	}
	all = append(all,
		job{args: with("map", "--seconds", n)},
		job{args: with("sse", "--screen", "--seconds", n)},
		job{name: "communes of 2021", args: with("page")},
		job{name: "a year in which every commune has cases every day", args: []string{"page", "--days", "365"}})
	if l.boundaries != "" {
		all = append(all, job{name: "communes of 2025, real boundaries", args: with("page", "--boundaries", l.boundaries)})
	}
	return all
}

// visitJobs lists the benchmarks of the check-in.
func visitJobs(o options, postgres string) []job {
	n := strconv.Itoa(o.seconds)
	all := []job{{args: []string{"visits", "--seconds", n}}}
	if postgres != "" {
		all = append(all, job{args: []string{"visits", "--seconds", n}, env: []string{"KHIEN_DB=" + postgres}})
	}
	if o.long {
		all = append(all, job{args: []string{"visits", "--seconds", "600", "--onto", "10000000"}, most: time.Hour})
	}
	return all
}

// peopleJobs lists the benchmarks of the registry; a million people take minutes to load.
func peopleJobs() []job {
	return []job{{args: []string{"people"}, most: 10 * time.Minute}, {args: []string{"match"}, most: 5 * time.Minute}}
}

// traceJobs lists the benchmarks of tracing and chains: ten million presences, and
// the same asked of both databases beside it.
func traceJobs(postgres string) []job {
	trace := job{args: []string{"trace"}, most: 30 * time.Minute}
	if postgres != "" {
		trace.env = []string{"KHIEN_DB=" + postgres}
	}
	return []job{{args: []string{"chains"}}, {name: "a visit in an answer", args: []string{"live"}}, trace}
}

// listJobs lists the benchmarks of cases in lists and of contacts among them.
func listJobs(postgres string) []job {
	all := []job{{args: []string{"lists"}, most: 10 * time.Minute}, {args: []string{"contacts"}, most: 15 * time.Minute}}
	if postgres != "" {
		all = append(all, job{args: []string{"lists"}, env: []string{"KHIEN_DB=" + postgres}, most: 10 * time.Minute},
			job{args: []string{"contacts"}, env: []string{"KHIEN_DB=" + postgres}, most: 15 * time.Minute})
	}
	return all
}

// run runs the benchmarks one after the other and writes the table; ok says that
// every promise was kept.
func run(ctx context.Context, o options, l lists) (ok bool, err error) {
	all := append(jobs(o.seconds, l, os.Getenv("KHIEN_TEST_PG")), visitJobs(o, os.Getenv("KHIEN_TEST_PG"))...)
	all = append(all, peopleJobs()...)
	all = append(all, traceJobs(os.Getenv("KHIEN_TEST_PG"))...)
	all = append(all, listJobs(os.Getenv("KHIEN_TEST_PG"))...)
	all = slices.DeleteFunc(all, func(j job) bool { return o.only != "" && !slices.Contains(strings.Split(o.only, ","), j.args[0]) })
	before, err := ended(o.resume)
	if err != nil {
		return false, err
	}
	ok = true
	for i := range all {
		j := &all[i]
		if m, there := before[j.key()]; there {
			j.take(m)
		} else {
			fmt.Fprintf(os.Stderr, "bench %s\n", strings.Join(j.args, " "))
			j.run(ctx, o.bin)
			if err := before.keep(o.resume, j); err != nil {
				return false, err
			}
		}
		if j.err != nil {
			fmt.Fprintln(os.Stderr, "bench:", j.err)
		}
		ok = ok && j.err == nil && j.ratio >= 1
	}
	text := report(l, all)
	if o.out == "" {
		_, err = os.Stdout.Write(text)
		return ok, err
	}
	return ok, os.WriteFile(o.out, text, 0o644)
}

// measurements are what benchmarks that ended have measured, by their key.
type measurements map[string]measurement

type measurement struct {
	At       time.Time `json:"at"`
	Engine   string    `json:"engine"`
	Promises []promise `json:"promises"`
	Ratio    float64   `json:"ratio"`
	Others   float64   `json:"others"`
}

// ended reads what has been measured; no file is nothing.
func ended(file string) (m measurements, err error) {
	m = measurements{}
	if file == "" {
		return m, nil
	}
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return m, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &m)
	}
	return m, err
}

// keep writes down what a benchmark that ended has measured.
func (m measurements) keep(file string, j *job) error {
	if file == "" || j.err != nil {
		return nil
	}
	m[j.key()] = measurement{j.at, j.engine, j.promises, j.ratio, j.others}
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o644)
}

func (j *job) key() string {
	return strings.Join(append(slices.Clone(j.args), j.name, strconv.Itoa(len(j.env))), " ")
}

func (j *job) take(m measurement) {
	j.at, j.engine, j.promises, j.ratio, j.others = m.At, m.Engine, m.Promises, m.Ratio, m.Others
}

// run runs one benchmark; what it says on standard error is shown.
func (j *job) run(ctx context.Context, bin string) {
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(j.most, jobTime))
	defer cancel()
	cmd := exec.CommandContext(ctx, bin, append([]string{"bench", "--json"}, j.args...)...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 20 * time.Second
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "KHIEN_") { // the installation of whoever runs this is not meant
			cmd.Env = append(cmd.Env, e)
		}
	}
	cmd.Env = append(cmd.Env, j.env...)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, os.Stderr
	before := machine()
	err := cmd.Run()
	j.at = time.Now()
	j.others = machine().since(before).without(cmd.ProcessState)
	var answer struct {
		Engine   string    `json:"engine"`
		Promises []promise `json:"promises"`
		Ratio    float64   `json:"ratio"`
		Error    string    `json:"error"`
	}
	if bad := json.Unmarshal(said.Bytes(), &answer); err == nil && bad != nil {
		err = bad
	}
	if err != nil {
		j.err = fmt.Errorf("%s: %w %s", j.args[0], err, answer.Error)
		return
	}
	j.engine, j.promises, j.ratio = answer.Engine, answer.Promises, answer.Ratio
	for i, p := range answer.Promises { // "ratio" is what a benchmark's manual says it is
		if i == 0 || p.Ratio < j.ratio {
			j.ratio = p.Ratio
		}
	}
}
