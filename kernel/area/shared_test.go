package area_test

import (
	"os"
	"path/filepath"
	"testing"

	"khien/kernel/area"
)

// shared opens a file of the steering data beside the checkout (or in
// KHIEN_SHARED) and skips the test where there is none.
func shared(t testing.TB, path string) *os.File {
	t.Helper()
	root := os.Getenv("KHIEN_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared")
	}
	f, err := os.Open(filepath.Join(root, "data", path))
	if err != nil {
		t.Skipf("no shared data: %v", err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func code(t testing.TB, s string) area.Code {
	t.Helper()
	c, err := area.Parse(s)
	if err != nil {
		t.Fatalf("Parse(%q): %v", s, err)
	}
	return c
}
