package app_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
)

// The contract that others script against: one object on standard output, and
// the exit status says done, refused or wrong usage.
func TestImportContract(t *testing.T) {
	c := untouched(t, "")
	path := filepath.Join(t.TempDir(), "counts.csv")
	text := "date,province,district,commune,new_cases\n2021-05-14,Lạng Sơn,Hữu Lũng,Minh Hòa,2\n2021-05-14,Lạng Sơn,Việt Yên,Nếnh,1\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	out, code := run(t, c, "import", "cases-by-area", path, "--json")
	var got map[string]any
	if err := json.Unmarshal([]byte(out), &got); err != nil || code != 0 {
		t.Fatalf("got %d %s", code, out)
	}
	for _, k := range []string{"rows", "cases", "matched", "corrected", "ambiguous", "rejected", "added", "cases_by", "problems"} {
		if _, ok := got[k]; !ok {
			t.Errorf("no %q in %v", k, slices.Collect(maps.Keys(got)))
		}
	}
	problem := got["problems"].([]any)[0].(map[string]any)
	for _, k := range []string{"row", "field", "value", "why"} {
		if _, ok := problem[k]; !ok {
			t.Errorf("no %q in %v", k, problem)
		}
	}
	want := map[string]any{"matched": 2.0, "corrected": 0.0, "ambiguous": 1.0, "rejected": 0.0}
	if d := cmp.Diff(want, got["cases_by"]); d != "" {
		t.Errorf("cases_by, -want +got\n%s", d)
	}
}

// A line list in somebody's own columns: tried first, then imported, then again.
func TestImportLineListContract(t *testing.T) {
	c := settings(t, "")
	list, mapping := filepath.Join(t.TempDir(), "list.json"), filepath.Join(t.TempDir(), "map.json")
	for path, text := range map[string]string{
		list:    `{"data": [{"ref": 7, "when": "05/14/2021", "where": {"district": "Hữu Lũng"}, "from": "5"}, {"ref": 8, "when": "14.05.2021", "where": {"district": "Hữu Lũng"}}]}`,
		mapping: `{"columns": {"number": "ref", "reported": "when", "district": "where.district", "sources": "from"}, "dates": "mdy", "prefix": "BN"}`,
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, step := range []struct {
		args  []string
		added float64
	}{{[]string{"--try"}, 1}, {nil, 1}, {nil, 0}} {
		out, code := run(t, c, append([]string{"import", "linelist", list, "--map", mapping, "--json"}, step.args...)...)
		var got map[string]any
		if err := json.Unmarshal([]byte(out), &got); err != nil || code != 0 {
			t.Fatalf("got %d %s", code, out)
		}
		if got["rows"] != 2.0 || got["matched"] != 1.0 || got["rejected"] != 1.0 || got["added"] != step.added || (len(step.args) == 0 && got["links"] != 1.0) {
			t.Errorf("%v: got %v", step.args, got)
		}
	}
	if out, code := run(t, c, "import", "linelist", list, "--json"); code != 1 {
		t.Errorf("without the mapping: got %d %s", code, out)
	}
}

func TestExitStatus(t *testing.T) {
	c := settings(t, "")
	broken := filepath.Join(t.TempDir(), "broken.csv")
	if err := os.WriteFile(broken, []byte("date,province\n2021-05-14,Lạng Sơn\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		args []string
		want int
	}{
		{[]string{"version"}, 0},
		{[]string{"help"}, 0},
		{[]string{"config", "--json"}, 0},
		{[]string{"audit", "verify", "--json"}, 0},
		{[]string{"area", "find", "Hữu Lũng", "--json"}, 0},
		{[]string{"import", "cases-by-area", broken, "--json"}, 1},
		{[]string{"import", "cases-by-area", broken + ".none"}, 1},
		{[]string{"nonsense"}, 2},
		{[]string{"import", "cases-by-area"}, 2},
		{[]string{"audit", "verify", "--nonsense"}, 2},
		{[]string{"replay", broken, "--speed", "fast"}, 2},
		{[]string{"serve", "--k", "1"}, 2},
	}
	for _, tt := range tests {
		out, code := run(t, c, tt.args...)
		if code != tt.want {
			t.Errorf("%v: got status %d, want %d: %s", tt.args, code, tt.want, out)
		}
		if slices.Contains(tt.args, "--json") && !json.Valid([]byte(out)) {
			t.Errorf("%v: not one JSON object: %s", tt.args, out)
		}
	}
}

// A replay tells the same as an import, day by day.
func TestReplay(t *testing.T) {
	path := list(t, 60)
	imported, replayed := settings(t, ""), settings(t, "")
	if out, code := run(t, imported, "import", "cases-by-area", path, "--json"); code != 0 {
		t.Fatalf("import: %d %s", code, out)
	}
	out, code := run(t, replayed, "replay", path, "--speed", "1000d/s", "--json")
	var r struct{ Days, Added, Cases int }
	if err := json.Unmarshal([]byte(out), &r); err != nil || code != 0 || r.Days != 10 || r.Added != 60 {
		t.Errorf("got %d %s, want 10 days and 60 rows", code, out)
	}
	if a, b := countsStored(t, imported), countsStored(t, replayed); a != b {
		t.Errorf("the import stored %d numbers, the replay %d", a, b)
	}
}

// The same list as a spreadsheet file, with Excel's numbers for dates.
func TestImportXLSX(t *testing.T) {
	c := settings(t, "")
	f := excelize.NewFile()
	for i, row := range [][]any{{"Số ca mắc mới theo ngày"}, {"Ngày", "Tỉnh", "Huyện", "Xã", "Số ca mới"}, {44330, "Lạng Sơn", "Hữu Lũng", "Minh Hòa", 2},
		{"15/05/2021", "Lạng Sơn", "Hữu Lũng", "Hòa Thắng", "1"}} {
		if err := f.SetSheetRow("Sheet1", "A"+string(rune('1'+i)), &row); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(t.TempDir(), "counts.xlsx")
	if err := f.SaveAs(path); err != nil {
		t.Fatal(err)
	}
	out, code := run(t, c, "import", "cases-by-area", path, "--json")
	var r struct{ Rows, Cases, Matched, Added int }
	if err := json.Unmarshal([]byte(out), &r); err != nil || code != 0 || r.Rows != 2 || r.Cases != 3 || r.Matched != 2 || r.Added != 2 {
		t.Errorf("got %d %s", code, strings.TrimSpace(out))
	}
}

// Places are imported as cases are: one object, the same keys, and the same file
// again adds nothing.
func TestImportPlacesContract(t *testing.T) {
	c := settings(t, "")
	path := filepath.Join(t.TempDir(), "places.csv")
	text := "Tên địa điểm,Loại,Huyện,Xã\nChợ Đồng Đăng,Chợ,Cao Lộc,Đồng Đăng\nChợ Na Sầm,Chợ,Văn Lãng,TT Na Sầm\n@SUM(1),Chợ,Cao Lộc,Đồng Đăng\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, want := range []map[string]any{{"rows": 3.0, "added": 2.0, "known": 0.0, "rejected": 1.0}, {"rows": 3.0, "added": 0.0, "known": 2.0, "rejected": 1.0}} {
		out, code := run(t, c, "import", "places", path, "--json")
		var got map[string]any
		if err := json.Unmarshal([]byte(out), &got); err != nil || code != 0 {
			t.Fatalf("got %d %s", code, out)
		}
		for k, v := range want {
			if got[k] != v {
				t.Errorf("%s: got %v, want %v", k, got[k], v)
			}
		}
		all := got["problems"].([]any)
		problem := all[len(all)-1].(map[string]any)
		if problem["row"] != 4.0 || problem["field"] != "name" || problem["value"] != "@SUM(1)" {
			t.Errorf("got %v", problem)
		}
	}
}
