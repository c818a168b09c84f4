package area_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"khien/kernel/area"
)

// Every entry that the source names stands in Keys, so that a catalog checked
// against Keys lacks none.
func TestKeysAreAllThatTheSourceNames(t *testing.T) {
	whys, problems, faults := area.Keys()
	known := slices.Concat(whys, problems, faults)
	files, _ := filepath.Glob("*.go")
	key := regexp.MustCompile(`"(area\.[a-z.]+[a-z])"|say\("([a-z]+)"`)
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") || file == "keys.go" {
			continue
		}
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range key.FindAllStringSubmatch(string(b), -1) {
			name := m[1]
			if m[2] != "" {
				name = "area.boundaries." + m[2]
			}
			if !slices.Contains(known, name) {
				t.Errorf("%s names %q, which Keys lacks", file, name)
			}
		}
	}
	for _, h := range []area.How{area.HowSpelling, area.HowShort, area.HowMarks, area.HowAlias, area.HowKind, area.HowTypo, area.HowDistrict, area.HowLevel} {
		if !slices.Contains(whys, "area.corrected."+string(h)) {
			t.Errorf("Keys lacks area.corrected.%s", h)
		}
	}
}
