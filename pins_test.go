package khien_test

import (
	"os/exec"
	"regexp"
	"testing"
)

// The embedded database is translated C that fits one version of its C library
// and no other (modernc.org/sqlite's README): the module list must select it.
func TestSQLiteHasItsOwnLibc(t *testing.T) {
	graph, err := exec.Command("go", "mod", "graph").Output()
	if err != nil {
		t.Fatal(err)
	}
	wanted := regexp.MustCompile(`(?m)^modernc\.org/sqlite@\S+ modernc\.org/libc@(\S+)$`).FindSubmatch(graph)
	selected, err := exec.Command("go", "list", "-m", "-f", "{{.Version}}", "modernc.org/libc").Output()
	if err != nil || wanted == nil {
		t.Fatalf("the module graph cannot be read: %v", err)
	}
	if got := string(regexp.MustCompile(`\s`).ReplaceAll(selected, nil)); got != string(wanted[1]) {
		t.Errorf("modernc.org/libc is %s, want %s", got, wanted[1])
	}
}
