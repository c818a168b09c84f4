package app

import (
	"bytes"
	"cmp"
	"context"
	"embed"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"khien/kernel/config"
	"khien/kernel/store"
	"khien/outbreak"
)

// The promise: the list of spring 2021 in two seconds, matched and durable.
const (
	importLimit   = 2 * time.Second
	publishedRows = 7230
)

//go:embed migrations/*.sql
var benchTable embed.FS

// importRun is one import into an empty node, in milliseconds.
type importRun struct {
	report                        outbreak.Report
	open, took, plain, commit, on float64
}

// benchImport imports the list again and again, each time into a new node. The
// slowest run counts. Its peer writes the same lines into a table of their own,
// unread and unmatched, in one transaction of the same database.
//
//	ms, slowest_ms     middle and slowest import, from the file's bytes to the commit
//	plain_ms           middle of the peer; times_plain is what reading and matching cost upon it
//	commit_ms          middle of a transaction of one row: what durable costs here
//	map_ms             from the commit until the public map has the list
//	open_ms            opening an empty node, its tables made
func benchImport(ctx context.Context, c *config.Config, o benchOptions) (*figures, error) {
	var runs []importRun
	for end := time.Now().Add(o.long()); len(runs) == 0 || time.Now().Before(end); {
		r, err := importOnce(ctx, c, o)
		if err != nil {
			return nil, err
		}
		runs = append(runs, r)
	}
	middle := func(of func(importRun) float64) float64 {
		var all []float64
		for _, r := range runs {
			all = append(all, of(r))
		}
		return round(middleOf(all))
	}
	slowest := slices.MaxFunc(runs, func(a, b importRun) int { return cmp.Compare(a.took, b.took) })
	report := slowest.report
	took, plain := middle(func(r importRun) float64 { return r.took }), middle(func(r importRun) float64 { return r.plain })
	f := &figures{values: map[string]any{
		"runs": len(runs), "rows": report.Rows, "added": report.Added,
		"matched": report.Matched, "corrected": report.Corrected, "ambiguous": report.Ambiguous, "rejected": report.Rejected,
		"ms": took, "slowest_ms": round(slowest.took), "plain_ms": plain, "times_plain": round(took / max(plain, 0.01)),
		"commit_ms": middle(func(r importRun) float64 { return r.commit }), "map_ms": middle(func(r importRun) float64 { return r.on }),
		"open_ms": middle(func(r importRun) float64 { return r.open }), "rows_per_s": int(float64(report.Rows) / took * 1000),
	}}
	limit := importLimit * time.Duration(max(report.Rows, publishedRows)) / publishedRows
	f.atMost(ms(limit), promise{What: fmt.Sprintf("import of %d rows with matching, slowest of %d", report.Rows, len(runs)), Unit: "ms",
		Measured: round(slowest.took), Peer: "the same lines written plainly", PeerIs: plain})
	return f, nil
}

func importOnce(ctx context.Context, c *config.Config, o benchOptions) (r importRun, err error) {
	began := time.Now()
	n, err := openForBench(ctx, c)
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, n.close()) }()
	r.open = ms(time.Since(began))
	var took time.Duration
	if r.report, took, err = n.importList(ctx, o); err != nil {
		return r, err
	}
	r.took = ms(took)
	began = time.Now()
	if err := n.Settle(ctx); err != nil {
		return r, err
	}
	r.on = ms(time.Since(began))
	r.plain, r.commit, err = n.importPlainly(ctx, o)
	return r, err
}

// importList imports the list of a run and says how long it took to be durable.
func (n *benchNode) importList(ctx context.Context, o benchOptions) (report outbreak.Report, took time.Duration, err error) {
	list, err := n.benchList(o)
	if err != nil {
		return report, 0, err
	}
	began := time.Now()
	report, err = n.Outbreak.ImportCounts(ctx, n.console("bench"), "bench", bytes.NewReader(list))
	return report, time.Since(began), err
}

// importPlainly writes the lines of the list as they are, and then some rows in
// a transaction each.
func (n *benchNode) importPlainly(ctx context.Context, o benchOptions) (plain, commit float64, err error) {
	if err := n.DB.Migrate(ctx, "app", store.MigrationFiles(benchTable)); err != nil {
		return 0, 0, err
	}
	list, err := n.benchList(o)
	if err != nil {
		return 0, 0, err
	}
	began := time.Now()
	if err := n.writePlainly(ctx, 0, strings.Split(string(list), "\n")); err != nil {
		return 0, 0, err
	}
	plain = ms(time.Since(began))
	var commits []float64
	for i := range 9 {
		began = time.Now()
		if err := n.writePlainly(ctx, -1-i, []string{"one"}); err != nil {
			return 0, 0, err
		}
		commits = append(commits, ms(time.Since(began)))
	}
	return plain, middleOf(commits), nil
}

func (n *benchNode) writePlainly(ctx context.Context, first int, lines []string) error {
	return n.DB.Tx(ctx, func(tx *store.Tx) error {
		b := store.Bulk{Table: "app_bench_row", Columns: []string{"province", "row", "line"}}
		_, err := b.Insert(tx, func(yield func([]any) bool) {
			for i, l := range lines {
				if !yield([]any{n.Province, first + i, l}) {
					return
				}
			}
		})
		return err
	})
}
