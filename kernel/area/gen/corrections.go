package main

import (
	"fmt"
	"os"
	"strings"
)

// corrections is the hand-made file: one verb a row, each with its reason.
//
//	name   EDITION  NUMBER  NAME     the package's spelling is wrong
//	alias  EDITION  NUMBER  TEXT     another name that lists use: an old name, or a unit merged into this one
//	to     OLD      NEW,…            what became of a unit of 2021; replaces what the package says
//
// A reason follows in the last column and begins with "#".
type corrections struct {
	rows []correction
	used map[int]bool
}

type correction struct {
	line int
	verb string
	args []string
}

func readCorrections(path string) (*corrections, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	c := &corrections{used: map[int]bool{}}
	want := map[string]int{"name": 3, "alias": 3, "to": 2}
	for i, line := range strings.Split(string(b), "\n") {
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.Split(line, "\t")
		last := len(f) - 1
		if want[f[0]] != last-1 || !strings.HasPrefix(f[last], "# ") {
			return nil, fmt.Errorf("corrections.tsv:%d: want a known verb, its arguments and a reason", i+1)
		}
		c.rows = append(c.rows, correction{line: i + 1, verb: f[0], args: f[1:last]})
	}
	return c, nil
}

// apply corrects the units of one edition.
func (c *corrections) apply(edition string, us units) error {
	for _, r := range c.rows {
		if (r.verb != "name" && r.verb != "alias") || r.args[0] != edition {
			continue
		}
		u := us[r.args[1]]
		if u == nil {
			return fmt.Errorf("corrections.tsv:%d: no unit %s in %s", r.line, r.args[1], edition)
		}
		if r.verb == "name" {
			u.name = tidy(r.args[2])
		} else {
			u.aliases = append(u.aliases, tidy(r.args[2]))
		}
	}
	return nil
}

// successors returns the rows that say what became of a unit.
func (c *corrections) successors() map[string][]string {
	to := map[string][]string{}
	for _, r := range c.rows {
		if r.verb == "to" {
			to[r.args[0]] = strings.Split(r.args[1], ",")
		}
	}
	return to
}
