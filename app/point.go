package app

import (
	"flag"
	"fmt"

	"khien/checkin/point"
	"khien/kernel/i18n"
)

// importPlacesCommand registers the places of a list.
func importPlacesCommand(*flag.FlagSet) func(*call) error {
	return func(c *call) error {
		f, err := c.oneFile()
		if err != nil {
			return err
		}
		defer f.Close()
		return c.with(func(a *App) error {
			report, err := a.Points.Import(c.ctx, a.console("import"), f)
			if err != nil {
				return err
			}
			for i := range report.Problems {
				report.Problems[i].Why = report.Problems[i].Sentence(func(key string, args ...any) string {
					return a.Catalog.T(i18n.Lang(c.lang), key, args...)
				})
			}
			return c.places(a, report)
		})
	}
}

// places prints what became of a list of places.
func (c *call) places(a *App, r point.Report) error {
	if r.Problems == nil {
		r.Problems = []point.Problem{}
	}
	if c.json {
		return c.print(r)
	}
	t := func(key string, args ...any) string { return a.Catalog.T(i18n.Lang(c.lang), key, args...) }
	for _, p := range r.Problems {
		fmt.Fprintf(c.out, "%6d  %-10s  %s: %s: %s\n", p.Row, t("point.verdict."+string(p.Verdict)), t("point.list."+p.Field), p.Value, p.Why)
	}
	for _, l := range []struct {
		verdict string
		rows    int
	}{{"matched", r.Matched}, {"corrected", r.Corrected}, {"ambiguous", r.Ambiguous}, {"rejected", r.Rejected}} {
		fmt.Fprintf(c.out, "%-10s %7d\n", t("point.verdict."+l.verdict), l.rows)
	}
	fmt.Fprintf(c.out, "%-10s %7d\n+%d\n", t("point.total"), r.Rows, r.Added)
	return nil
}
