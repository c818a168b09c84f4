// Command gen makes the embedded data of kernel/area from four npm packages and
// the hand-made files beside them.
//
//	go run ./kernel/area/gen            writes kernel/area/data
//	go run ./kernel/area/gen -check     exits 1 when the committed files are stale
//	go run ./kernel/area/gen -report    says what could not be mapped
//
// The packages are fetched with npm at their exact versions into the user's
// cache folder; -packages names a node_modules folder that has them already.
// Nothing of a package is committed but the facts that the files of data hold.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"sort"
)

type output map[string][]byte // file name in the data folder -> content

func main() {
	check := flag.Bool("check", false, "compare with the committed files instead of writing them")
	report := flag.Bool("report", false, "say what has no successor")
	dir := flag.String("data", "kernel/area/data", "the data folder")
	packages := flag.String("packages", "", "a node_modules folder that has the packages")
	flag.Parse()

	out, err := generate(*dir, *packages, *report)
	if err == nil && *check {
		err = compare(*dir, out)
	} else if err == nil {
		err = write(*dir, out)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "area/gen:", err)
		os.Exit(1)
	}
}

func generate(dir, packages string, report bool) (output, error) {
	modules, err := fetch(packages)
	if err != nil {
		return nil, err
	}
	fixes, err := readCorrections(filepath.Join(dir, "corrections.tsv"))
	if err != nil {
		return nil, err
	}
	old, err := read2021(modules, fixes)
	if err != nil {
		return nil, err
	}
	book, err := read2025(modules, fixes)
	if err != nil {
		return nil, err
	}
	links := succeed(old, book, fixes)
	if report {
		links.report(os.Stdout)
	}
	shapes, err := readOutlines(modules)
	if err != nil {
		return nil, err
	}
	cities, err := readCities(modules)
	if err != nil {
		return nil, err
	}
	return output{
		"outlines.tsv":   shapes.encode(),
		"seats.tsv":      seats(old, shapes, cities),
		"units-2021.tsv": old.encode(),
		"units-2025.tsv": book.units.encode(),
		"successors.tsv": links.encode(),
	}, nil
}

func compare(dir string, out output) error {
	var stale []string
	for name, want := range out {
		got, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || !bytes.Equal(got, want) {
			stale = append(stale, name)
		}
	}
	sort.Strings(stale)
	if len(stale) > 0 {
		return fmt.Errorf("stale: %v; run go run ./kernel/area/gen", stale)
	}
	return nil
}

func write(dir string, out output) error {
	for name, b := range out {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o644); err != nil {
			return err
		}
	}
	return nil
}
