package khien_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// capabilities are the parts of the province, one package tree each. No one of
// them may import another: they speak by facts and by questions that app answers.
var capabilities = []string{"outbreak", "checkin", "proximity", "vaccine", "passport", "healthbook", "epimap", "gate",
	"quarantine", "camera", "telehealth", "outreach", "loudspeaker", "situation"}

// TestArrows holds cmd → app → capability → {kernel, wire}; kernel imports
// neither capabilities nor wire; wire imports nothing of ours.
func TestArrows(t *testing.T) {
	for file, imports := range ourImports(t) {
		from := top(filepath.ToSlash(filepath.Dir(file)))
		test := strings.HasSuffix(file, "_test.go")
		for _, to := range imports {
			if !allowed(from, to, test) {
				t.Errorf("%s imports khien/%s", file, to)
			}
		}
	}
}

// allowed reports whether a file of part from may import package to. Tests may
// invent a world with sim; the style of the map is asked of web (package assets).
func allowed(from, to string, test bool) bool {
	target := top(to)
	switch {
	case from == target || from == "." || test && target == "sim":
		return true
	case from == "cmd":
		return target == "app"
	case from == "app" || from == "bench" || from == "test":
		return target != "cmd"
	case slices.Contains(capabilities, from):
		return target == "kernel" || target == "wire" || target == "web"
	case from == "sim":
		return target == "kernel" || target == "wire"
	}
	return false // kernel, wire and web import nothing of ours but themselves
}

func top(path string) string {
	first, _, _ := strings.Cut(path, "/")
	return first
}

// ourImports returns, for every Go file, the packages of this module it imports.
func ourImports(t *testing.T) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || strings.HasPrefix(d.Name(), ".") && path != ".") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, i := range f.Imports {
			p, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			if rest, ok := strings.CutPrefix(p, "khien/"); ok {
				all[path] = append(all[path], rest)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < 20 {
		t.Fatalf("found only %d files that import ours: the test looks in the wrong place", len(all))
	}
	return all
}
