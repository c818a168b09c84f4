package app

import (
	"context"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"time"

	"khien/kernel/area"
	"khien/kernel/config"
	"khien/kernel/day"
	"khien/kernel/i18n"
	"khien/outbreak"
)

func serveCommand(fs *flag.FlagSet) func(*call) error {
	demo := fs.Bool("demo", false, "play an invented outbreak with invented accounts (never on real data)")
	return func(c *call) error {
		ctx, stop := signal.NotifyContext(c.ctx, os.Interrupt, syscall.SIGTERM)
		defer stop()
		return c.with(func(a *App) error {
			a.Demo = *demo
			return a.Serve(ctx, c.err, func(addr net.Addr) {
				fmt.Fprintf(c.err, "Khiên: http://%s/\n", addr)
			})
		})
	}
}

func importCountsCommand(fs *flag.FlagSet) func(*call) error {
	source := fs.String("source", "", "name of the publication, as the public reads it (default: the file's name)")
	return importer(source, func(a *App, c *call, name string, r io.Reader) (outbreak.Report, error) {
		return a.Outbreak.ImportCounts(c.ctx, a.console("import"), name, r)
	})
}

func importCasesCommand(*flag.FlagSet) func(*call) error {
	none := ""
	return importer(&none, func(a *App, c *call, _ string, r io.Reader) (outbreak.Report, error) {
		return a.Outbreak.ImportCases(c.ctx, a.console("import"), r)
	})
}

func importLineListCommand(fs *flag.FlagSet) func(*call) error {
	file := fs.String("map", "", "JSON file that says which column is what (default: our headings, or a template that knows the list)")
	try := fs.Bool("try", false, "say what would become of every row, and write nothing")
	none := ""
	return importer(&none, func(a *App, c *call, _ string, r io.Reader) (outbreak.Report, error) {
		o := outbreak.ListOptions{Try: *try}
		if *file != "" {
			b, err := os.ReadFile(*file)
			if err != nil {
				return outbreak.Report{}, err
			}
			m, err := outbreak.ReadMapping(b)
			if err != nil {
				return outbreak.Report{}, err
			}
			o.Mapping = &m
		}
		return a.Outbreak.ImportList(c.ctx, a.console("import linelist"), r, o)
	})
}

func importer(source *string, do func(*App, *call, string, io.Reader) (outbreak.Report, error)) func(*call) error {
	return func(c *call) error {
		f, err := c.oneFile()
		if err != nil {
			return err
		}
		defer f.Close()
		name := *source
		if name == "" {
			name = baseName(f.Name())
		}
		return c.with(func(a *App) error {
			report, err := do(a, c, name, f)
			if err != nil {
				return err
			}
			for i := range report.Problems {
				report.Problems[i].Why = report.Problems[i].Sentence(func(key string, args ...any) string {
					return a.Catalog.T(i18n.Lang(c.lang), key, args...)
				})
			}
			return c.report(a, report)
		})
	}
}

// baseName is a file's name without folder and ending.
func baseName(path string) string {
	name := path[strings.LastIndexByte(path, '/')+1:]
	if i := strings.LastIndexByte(name, '.'); i > 0 {
		name = name[:i]
	}
	return name
}

func (c *call) report(a *App, r outbreak.Report) error {
	if r.Problems == nil {
		r.Problems = []outbreak.Problem{}
	}
	if c.json {
		return c.print(r)
	}
	t := func(key string) string { return a.Catalog.T(i18n.Lang(c.lang), key) }
	for _, p := range r.Problems {
		fmt.Fprintf(c.out, "%6d  %-10s  %s: %s\n", p.Row, t("outbreak.verdict."+string(p.Verdict)), p.Value, p.Why)
	}
	for _, l := range []struct {
		verdict area.Verdict
		rows    int
	}{{area.Matched, r.Matched}, {area.Corrected, r.Corrected}, {area.Ambiguous, r.Ambiguous}, {area.Rejected, r.Rejected}} {
		fmt.Fprintf(c.out, "%-10s %7d  %7d\n", t("outbreak.verdict."+string(l.verdict)), l.rows, r.By[string(l.verdict)])
	}
	fmt.Fprintf(c.out, "%-10s %7d  %7d\n+%d\n", t("outbreak.total"), r.Rows, r.Cases, r.Added)
	return nil
}

func replayCommand(fs *flag.FlagSet) func(*call) error {
	speed := fs.String("speed", "1d/s", "days and the time they take: 1d/s, 7d/s, 1d/500ms")
	source := fs.String("source", "", "name of the publication, as the public reads it (default: the file's name)")
	return func(c *call) error {
		step, err := stepOf(*speed)
		if err != nil {
			return config.Usage{Err: err}
		}
		f, err := c.oneFile()
		if err != nil {
			return err
		}
		defer f.Close()
		name := *source
		if name == "" {
			name = baseName(f.Name())
		}
		days, rows, cases := 0, 0, 0
		return c.with(func(a *App) error {
			wait := pacer(c.ctx, step)
			err := a.Outbreak.ReplayCounts(c.ctx, a.console("replay"), name, f, func(day.Day) error { return wait() }, func(r outbreak.Replayed) {
				days, rows, cases = days+1, rows+r.Report.Added, cases+r.Report.Cases
				fmt.Fprintf(c.err, "%s  +%d\n", r.Day.Time().Format("02/01/2006"), r.Report.Cases)
			})
			if err != nil {
				return err
			}
			if c.json {
				return c.print(map[string]int{"days": days, "added": rows, "cases": cases})
			}
			return nil
		})
	}
}

// stepOf reads "1d/s" as the time that one day takes.
func stepOf(speed string) (time.Duration, error) {
	bad := fmt.Errorf("--speed %q: want days per time, such as 1d/s or 7d/500ms", speed)
	days, per, ok := strings.Cut(speed, "d/")
	n, err := strconv.ParseFloat(days, 64)
	if !ok || err != nil || n <= 0 {
		return 0, bad
	}
	if per != "" && (per[0] < '0' || per[0] > '9') {
		per = "1" + per
	}
	d, err := time.ParseDuration(per)
	if err != nil || d <= 0 {
		return 0, bad
	}
	return time.Duration(float64(d) / n), nil
}

// pacer returns a wait that lets one through per step, the first at once.
func pacer(ctx context.Context, step time.Duration) func() error {
	next := time.Now()
	return func() error {
		d := time.Until(next)
		next = next.Add(step)
		if d <= 0 {
			return ctx.Err()
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(d):
			return nil
		}
	}
}

func findAreaCommand(*flag.FlagSet) func(*call) error {
	return func(c *call) error {
		if len(c.args) == 0 {
			return config.Usage{Err: errors.New("area find wants a TEXT")}
		}
		g := area.Load()
		type hit struct {
			Code    area.Code `json:"code"`
			Edition int       `json:"edition"`
			Name    string    `json:"name"`
		}
		hits := []hit{}
		for _, u := range g.Find(area.Query{Text: strings.Join(c.args, " "), Limit: 50}) {
			hits = append(hits, hit{u.Code, int(u.Code.Edition()), g.Title(u.Code)})
		}
		if c.json {
			return c.print(map[string]any{"found": hits})
		}
		for _, h := range hits {
			fmt.Fprintf(c.out, "%-22s %s\n", h.Code, h.Name)
		}
		return nil
	}
}

// verdict is the answer of audit verify.
type verdict struct {
	OK      bool   `json:"ok"`
	Entries int64  `json:"entries"`
	Seq     int64  `json:"head_seq"`
	Hash    string `json:"head_hash"`
	BadSeq  int64  `json:"bad_seq,omitempty"`
	Why     string `json:"why,omitempty"`
}

func verifyCommand(fs *flag.FlagSet) func(*call) error {
	seq := fs.Int64("since-seq", 0, "number of a head that was noted before")
	hash := fs.String("since-hash", "", "its hash, in hex")
	return func(c *call) error {
		noted, err := hex.DecodeString(*hash)
		if err != nil || (*seq == 0) != (len(noted) == 0) {
			return config.Usage{Err: errors.New("--since-seq and --since-hash go together; the hash is in hex")}
		}
		return c.with(func(a *App) error {
			v, err := a.verifyAudit(c.ctx, *seq, noted)
			if err != nil {
				return err
			}
			if v.Why != "" {
				v.Why = a.Catalog.T(i18n.Lang(c.lang), v.Why, "seq", v.BadSeq)
			}
			if err := c.verdict(v); err != nil || v.OK {
				return err
			}
			return errRefused
		})
	}
}

func (c *call) verdict(v verdict) error {
	if c.json {
		return c.print(v)
	}
	if v.OK {
		fmt.Fprintf(c.out, "ok: %d, head %d %s\n", v.Entries, v.Seq, v.Hash)
		return nil
	}
	fmt.Fprintf(c.out, "BAD at %d: %s\n", v.BadSeq, v.Why)
	return nil
}

func backupCommand(*flag.FlagSet) func(*call) error {
	return func(c *call) error {
		if len(c.args) != 1 {
			return config.Usage{Err: errors.New("backup wants one FILE")}
		}
		return c.with(func(a *App) error {
			if err := a.DB.Backup(c.ctx, c.args[0]); err != nil {
				return err
			}
			fmt.Fprintln(c.err, a.Catalog.T(i18n.Lang(c.lang), "app.backup", "key", a.Config.KeyFile))
			info, err := os.Stat(c.args[0])
			if err != nil || !c.json {
				return err
			}
			return c.print(map[string]any{"file": c.args[0], "bytes": info.Size()})
		})
	}
}

func linkCommand(*flag.FlagSet) func(*call) error {
	return func(c *call) error {
		if len(c.args) > 1 {
			return config.Usage{Err: errors.New("account link wants at most one LOGIN")}
		}
		return c.with(func(a *App) error {
			link, err := a.setupLink(c.ctx, c.args)
			if err != nil {
				return err
			}
			if c.json {
				return c.print(map[string]string{"link": link})
			}
			fmt.Fprintln(c.out, link)
			return nil
		})
	}
}

func (a *App) setupLink(ctx context.Context, login []string) (string, error) {
	if len(login) == 0 {
		link, err := a.Auth.FirstRun(ctx)
		if err == nil && link == "" {
			return "", config.Usage{Err: errors.New("there is an administrator already: name a LOGIN")}
		}
		return link, err
	}
	sc := a.console("account_link")
	acc, err := a.Auth.AccountByLogin(ctx, sc, login[0])
	if err != nil {
		return "", err
	}
	return a.Auth.Reset(ctx, sc, acc.ID)
}

func configCommand(*flag.FlagSet) func(*call) error {
	return func(c *call) error {
		all := c.config.Settings()
		if c.json {
			return c.print(map[string]any{"settings": all})
		}
		for _, s := range all {
			fmt.Fprintf(c.out, "%-20s %-24s %s\n", s.Name, s.Value, s.Help)
		}
		return nil
	}
}

func versionCommand(*flag.FlagSet) func(*call) error {
	return func(c *call) error {
		version := "devel"
		if b, ok := debug.ReadBuildInfo(); ok && b.Main.Version != "" {
			version = b.Main.Version
		}
		if c.json {
			return c.print(map[string]string{"version": version})
		}
		fmt.Fprintln(c.out, version)
		return nil
	}
}
