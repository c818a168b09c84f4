package khien_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var (
	reTable  = regexp.MustCompile(`(?s)(-- people\s*\n)?create table (\w+) \((.*?)\n\)(?: without rowid)?;`)
	reKey    = regexp.MustCompile(`primary key \((\w+)`)
	reIndex  = regexp.MustCompile(`create (?:unique )?index (\w+) on (\w+) \((\w+)`)
	reBanned = regexp.MustCompile(`(?i)\b(serial|bigserial|autoincrement|trigger|sequence|references|foreign key)\b`)
	reUses   = regexp.MustCompile(`\b(?:from|into|update|join)\s+([a-z]+_[a-z_]+)`)
	reSQL    = regexp.MustCompile(`(?i)^\s*(select|insert|update|delete|with)\s`)
)

// schema is what the migrations of one package say.
type schema struct {
	dir    string // of the package
	people []string
}

// TestSchema holds the data rules of design.md in every migration: tables are
// named after their package, keys and indexes begin with the province, nothing
// is made that a distributed PostgreSQL does not have.
func TestSchema(t *testing.T) {
	tables := 0
	for _, file := range migrations(t) {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text := string(b)
		prefix := filepath.Base(filepath.Dir(filepath.Dir(file))) + "_"
		if bad := reBanned.FindString(stripComments(text)); bad != "" {
			t.Errorf("%s: %s", file, bad)
		}
		for _, m := range reTable.FindAllStringSubmatch(text, -1) {
			tables++
			name, body := m[2], m[3]
			if !strings.HasPrefix(name, prefix) {
				t.Errorf("%s: table %s does not begin with %s", file, name, prefix)
			}
			if k := reKey.FindStringSubmatch(body); k == nil || k[1] != "province" {
				t.Errorf("%s: the primary key of %s does not begin with province", file, name)
			}
		}
		if n := strings.Count(text, "create table"); n != len(reTable.FindAllString(text, -1)) {
			t.Errorf("%s: a create table that this test cannot read", file)
		}
		for _, m := range reIndex.FindAllStringSubmatch(text, -1) {
			if m[3] != "province" {
				t.Errorf("%s: index %s on %s does not begin with province", file, m[1], m[2])
			}
		}
	}
	if tables < 10 {
		t.Fatalf("found only %d tables: the test looks in the wrong place", tables)
	}
}

// TestStatements holds: SQL stands in store.go, in lower case, on the package's
// own tables, binds the province, pages without offset; and a function that
// touches rows of people takes an auth.Scope.
func TestStatements(t *testing.T) {
	found := 0
	for _, s := range schemas(t) {
		files, err := filepath.Glob(filepath.Join(s.dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			found += checkFile(t, s, file, f)
		}
	}
	if found < 30 {
		t.Fatalf("found only %d statements: the test looks in the wrong place", found)
	}
}

func checkFile(t *testing.T, s schema, file string, f *ast.File) (found int) {
	for _, d := range f.Decls {
		texts := sqlIn(d)
		found += len(texts)
		for _, text := range texts {
			checkStatement(t, s, file, text)
		}
		fn, ok := d.(*ast.FuncDecl)
		if ok && slices.ContainsFunc(texts, func(text string) bool { return usesPeople(s, text) }) && !takesScope(fn) {
			t.Errorf("%s: %s touches rows of people without an auth.Scope", file, fn.Name.Name)
		}
	}
	return found
}

func checkStatement(t *testing.T, s schema, file, text string) {
	own := filepath.Base(s.dir) + "_"
	short := strings.Join(strings.Fields(text), " ")
	short = short[:min(len(short), 70)]
	if base := filepath.Base(file); base != "store.go" && !strings.HasPrefix(base, "store_") {
		t.Errorf("%s: SQL outside store.go and store_NAME.go: %s", file, short)
	}
	if regexp.MustCompile(`\b(SELECT|INSERT|UPDATE|DELETE|FROM|WHERE)\b`).MatchString(text) {
		t.Errorf("%s: SQL in capitals: %s", file, short)
	}
	if strings.Contains(text, " offset ") {
		t.Errorf("%s: pages by offset: %s", file, short)
	}
	for _, m := range reUses.FindAllStringSubmatch(text, -1) {
		if !strings.HasPrefix(m[1], own) {
			t.Errorf("%s: uses %s, a table of another package: %s", file, m[1], short)
		}
	}
	if len(reUses.FindAllString(text, -1)) > 0 && !strings.Contains(text, "province") {
		t.Errorf("%s: binds no province: %s", file, short)
	}
}

// sqlIn returns the SQL texts of a declaration; texts joined by + count as one.
func sqlIn(d ast.Node) (texts []string) {
	ast.Inspect(d, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BinaryExpr:
			text := joinedText(n)
			if reSQL.MatchString(text) {
				texts = append(texts, text)
			}
			return false
		case *ast.BasicLit:
			if text := joinedText(n); reSQL.MatchString(text) && strings.Contains(text, "_") {
				texts = append(texts, text)
			}
		}
		return true
	})
	return texts
}

func joinedText(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		if s, err := strconv.Unquote(e.Value); err == nil && e.Kind == token.STRING {
			return s
		}
	case *ast.BinaryExpr:
		return joinedText(e.X) + joinedText(e.Y)
	}
	return " "
}

func usesPeople(s schema, text string) bool {
	for _, m := range reUses.FindAllStringSubmatch(text, -1) {
		if slices.Contains(s.people, m[1]) {
			return true
		}
	}
	return false
}

func takesScope(fn *ast.FuncDecl) bool {
	return slices.ContainsFunc(fn.Type.Params.List, func(p *ast.Field) bool {
		sel, ok := p.Type.(*ast.SelectorExpr)
		return ok && sel.Sel.Name == "Scope"
	})
}

func migrations(t *testing.T) (files []string) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && d.Name() == "node_modules" {
			return filepath.SkipDir
		}
		if filepath.Base(filepath.Dir(path)) == "migrations" && strings.HasSuffix(path, ".sql") {
			files = append(files, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func schemas(t *testing.T) []schema {
	t.Helper()
	byDir := map[string]*schema{}
	var dirs []string
	for _, file := range migrations(t) {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		dir := filepath.Dir(filepath.Dir(file))
		if byDir[dir] == nil {
			byDir[dir] = &schema{dir: dir}
			dirs = append(dirs, dir)
		}
		for _, m := range reTable.FindAllStringSubmatch(string(b), -1) {
			if m[1] != "" {
				byDir[dir].people = append(byDir[dir].people, m[2])
			}
		}
	}
	all := make([]schema, len(dirs))
	for i, dir := range dirs {
		all[i] = *byDir[dir]
	}
	return all
}

func stripComments(text string) string { return regexp.MustCompile(`--.*`).ReplaceAllString(text, "") }
