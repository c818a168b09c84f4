package app_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"khien/app"
	"khien/kernel/store/storetest"
)

// Every benchmark prints one object with the keys that others script against;
// what the figures are is no matter here.
func TestBench(t *testing.T) {
	for name, want := range map[string]struct {
		args []string
		keys []string
	}{
		"import": {[]string{"--rows", "60"}, []string{"rows", "ms", "slowest_ms", "plain_ms", "times_plain", "commit_ms", "map_ms", "open_ms"}},
		"map":    {[]string{"--rows", "60", "--clients", "2"}, []string{"same_per_s", "full_per_s", "constant_per_s", "bytes", "gz_bytes"}},
		"people": {[]string{"--people", "300"}, []string{"rows_per_s", "cpu_us_per_row", "register_per_s", "find_paper_p50_ms", "find_phone_p99_ms", "find_name_p99_ms",
			"audited_p50_ms", "precision", "recall", "reviewed", "load_s"}},
		"lists": {[]string{"--cases", "500"}, []string{"cases", "import_rows_per_s", "more_rows_per_s", "commit_ms", "pages", "export_csv_per_s", "export_xlsx_per_s", "export_json_per_s", "export_mb", "identity", "identity_rows",
			"again_rows", "again_added"}},
		"contacts": {[]string{"--cases", "500", "--contacts", "500"}, []string{"cases", "contacts", "followups", "import_rows_per_s", "commit_ms", "pages", "slowest_page_ms"}},
		"live":     {nil, []string{"visits_per_s", "live_p50_ms", "live_p99_ms"}},
		"trace":    {[]string{"--presences", "5000"}, []string{"build_ms", "index_mb", "f1_us", "f2_ms", "wave_ms", "scan_ms", "identical"}},
		"visits": {[]string{"--clients", "4", "--onto", "100"},
			[]string{"acked_per_s", "null_per_s", "ratio", "p50_ms", "p99_ms", "batch_rows_per_s", "lag_ms", "stood"}},
		"sse": {[]string{"--days", "1", "--clients", "50", "--every", "50ms"},
			[]string{"clients", "acts", "p50_ms", "p99_ms", "first_ms", "floor_p99_ms", "memory_kb", "process_kb", "kernel_kb", "missed", "dropped"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Run("sqlite", func(t *testing.T) { checkBench(t, name, "", want.args, want.keys) })
			t.Run("postgres", func(t *testing.T) { checkBench(t, name, storetest.PostgresURL(t), want.args, want.keys) })
		})
	}
}

func checkBench(t *testing.T, name, db string, args, keys []string) {
	t.Helper()
	t.Setenv("BE_KHIEN", "1") // the readers of sse are this program
	t.Setenv("TMPDIR", t.TempDir())
	var environ []string
	if db != "" {
		environ = append(environ, "KHIEN_DB="+db)
	}
	var out, said bytes.Buffer
	status := app.Main(t.Context(), append([]string{"bench", name, "--json", "--seconds", "0.2"}, args...), environ, &out, &said)
	if status != 0 || said.Len() > 0 {
		t.Fatalf("got status %d, %s", status, &said)
	}
	var got map[string]any
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatalf("got %v: %s", err, &out)
	}
	for _, k := range append(keys, "bench", "engine", "ratio", "promises") {
		if _, ok := got[k]; !ok {
			t.Errorf("%s is missing in %v", k, slices.Sorted(maps.Keys(got)))
		}
	}
	engine := map[bool]string{true: "sqlite", false: "postgres"}[db == ""]
	if got["engine"] != engine || got["bench"] != name {
		t.Errorf("got bench %v on %v, want %s on %s", got["bench"], got["engine"], name, engine)
	}
	if name == "sse" && (got["missed"] != 0.0 || got["acts"] != 4.0 || got["clients"] != 50.0) {
		t.Errorf("got %v acts, %v readers, %v readings missed", got["acts"], got["clients"], got["missed"])
	}
}

// Without a browser, or with sizes that make no sense, the command says so.
func TestBenchRefused(t *testing.T) {
	t.Setenv("PATH", "")
	for _, c := range []struct {
		args   []string
		status int
		says   string
	}{
		{[]string{"page"}, 1, "Node.js"},
		{[]string{"nothing"}, 2, "[chains contacts import lists live map match page people sse trace visits]"},
		{[]string{"sse", "--clients", "0"}, 2, "--clients"},
		{[]string{"sse", "--seconds", "NaN"}, 2, "--seconds"},
		{[]string{"sse", "--clients", "900000000"}, 1, "ulimit"},
		{[]string{"import", "--file", "no/such/file"}, 1, "no such file"},
	} {
		var out, said bytes.Buffer
		status := app.Main(t.Context(), append([]string{"bench"}, c.args...), nil, &out, &said)
		if status != c.status || !strings.Contains(said.String(), c.says) {
			t.Errorf("%v: got status %d, %q; want %d and %q", c.args, status, &said, c.status, c.says)
		}
	}
}
