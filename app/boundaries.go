package app

import (
	"errors"
	"flag"
	"fmt"
	"io"

	"khien/kernel/area"
	"khien/kernel/audit"
	"khien/kernel/i18n"
	"khien/kernel/store"
)

// boundariesReport is the answer of area import-boundaries.
type boundariesReport struct {
	Features  int               `json:"features"`
	Matched   int               `json:"matched"`
	Unmatched []boundaryProblem `json:"unmatched"`
	Problems  []boundaryProblem `json:"problems"`
	Missing   []string          `json:"missing"`
	Turned    int               `json:"turned"`
	AreaKm2   float64           `json:"area_km2"`
}

type boundaryProblem struct {
	Feature int    `json:"feature"`
	Name    string `json:"name"`
	Why     string `json:"why"`
}

func boundariesCommand(fs *flag.FlagSet) func(*call) error {
	edition := fs.Int("of", 0, "edition of the units in the file: 2021 or 2025 (default: the one that fits)")
	return func(c *call) error {
		f, err := c.oneFile()
		if err != nil {
			return err
		}
		defer f.Close()
		return c.with(func(a *App) error {
			bs, rep, err := a.readBoundaries(f, area.Edition(*edition))
			if err != nil {
				return err
			}
			if rep.Matched == 0 {
				return errors.Join(c.boundaries(a, rep), errRefused)
			}
			sc := a.console("import_boundaries")
			err = a.boundaries.Replace(c.ctx, bs, a.Now(), func(tx *store.Tx) error {
				return audit.Append(tx, sc.Entry("area.boundaries", "area", "", bs.Shapes[0].Code.Province(), map[string]any{"units": rep.Matched}))
			})
			if err != nil {
				return err
			}
			return c.boundaries(a, rep)
		})
	}
}

// readBoundaries reads the file in the edition asked for, or in the one that
// more of its features fit.
func (a *App) readBoundaries(f io.ReadSeeker, e area.Edition) (best area.Boundaries, rep area.Report, err error) {
	editions := []area.Edition{area.Edition2025, area.Edition2021}
	if e != 0 {
		editions = []area.Edition{e}
	}
	for i, e := range editions {
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return best, rep, err
		}
		bs, r, err := area.ReadBoundaries(f, a.Gazetteer, e)
		if err != nil {
			return best, rep, err
		}
		if i == 0 || r.Matched > rep.Matched {
			best, rep = bs, r
		}
		if len(rep.Unmatched) == 0 {
			break
		}
	}
	return best, rep, nil
}

func (c *call) boundaries(a *App, r area.Report) error {
	say := func(ps []area.Problem) []boundaryProblem {
		all := []boundaryProblem{}
		for _, p := range ps {
			all = append(all, boundaryProblem{p.Feature, p.Name, a.Catalog.T(i18n.Lang(c.lang), p.Why, argsOf(p.Args)...)})
		}
		return all
	}
	out := boundariesReport{Features: r.Features, Matched: r.Matched, Unmatched: say(r.Unmatched), Problems: say(r.Problems),
		Missing: []string{}, Turned: r.Turned, AreaKm2: r.AreaKm2}
	for _, m := range r.Missing {
		out.Missing = append(out.Missing, m.String()+" "+a.Gazetteer.Title(m))
	}
	if c.json {
		return c.print(out)
	}
	for _, p := range append(out.Unmatched, out.Problems...) {
		fmt.Fprintf(c.out, "%4d  %s: %s\n", p.Feature, p.Name, p.Why)
	}
	for _, m := range out.Missing {
		fmt.Fprintln(c.out, "  –", m)
	}
	fmt.Fprintf(c.out, "%d/%d, %.1f km²\n", out.Matched, out.Features, out.AreaKm2)
	return nil
}

func argsOf(m map[string]any) (args []any) {
	for k, v := range m {
		args = append(args, k, v)
	}
	return args
}
