package app

import (
	"flag"
	"fmt"

	"khien/kernel/i18n"
	"khien/outbreak/spread"
)

// importEdgesCommand imports who infected whom.
func importEdgesCommand(*flag.FlagSet) func(*call) error {
	return func(c *call) error {
		f, err := c.oneFile()
		if err != nil {
			return err
		}
		defer f.Close()
		return c.with(func(a *App) error {
			report, err := a.Spread.ImportEdges(c.ctx, a.console("import edges"), f)
			if err != nil {
				return err
			}
			for i, p := range report.Problems {
				report.Problems[i].Why = a.Catalog.Fault(i18n.Lang(c.lang), p.Fault)
			}
			if c.json {
				return c.print(report)
			}
			return c.sayEdges(a, report)
		})
	}
}

func (c *call) sayEdges(a *App, r spread.Report) error {
	for _, p := range r.Problems {
		fmt.Fprintf(c.out, "%6d  %-10s %s: %s\n", p.Row, p.Field, p.Value, p.Why)
	}
	fmt.Fprintln(c.out, a.Catalog.T(i18n.Lang(c.lang), "spread.import.rows", "rows", r.Rows, "added", r.Added, "known", r.Known,
		"rejected", r.Rejected, "loops", r.SelfLoops, "dangling", len(r.Dangling)))
	return nil
}

// chainsCommand sums up the chains of the province.
func chainsCommand(*flag.FlagSet) func(*call) error {
	return func(c *call) error {
		return c.with(func(a *App) error {
			f, err := a.Spread.Figures(c.ctx, a.console("chains"))
			if err != nil {
				return err
			}
			if c.json {
				return c.print(f)
			}
			t := func(key string, args ...any) string { return a.Catalog.T(i18n.Lang(c.lang), key, args...) }
			fmt.Fprintf(c.out, "%s: %d\n%s: %d\n%s: %s\n", t("spread.cases"), f.Cases, t("spread.edges"), f.Edges,
				t("spread.clusters"), t("spread.clusters.of", "n", f.Clusters, "largest", f.LargestCluster))
			for i, n := range f.Generations {
				fmt.Fprintf(c.out, "%s %d: %d\n", t("spread.generation"), i, n)
			}
			for _, s := range f.Top {
				fmt.Fprintf(c.out, "%-16s %d\n", s.ID, s.Out)
			}
			return nil
		})
	}
}
