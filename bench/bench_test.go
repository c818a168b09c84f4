package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// program writes a stand-in for bin/khien.
func program(t *testing.T, script string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "khien")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

const answer = `{"engine":"sqlite","ratio":RATIO,"promises":[{"what":"thing","unit":"ms","measured":1234.5,"bound":"at most","limit":2000,"ratio":RATIO,"peer":"other","peer_measured":7.25}]}`

func TestRun(t *testing.T) {
	t.Setenv("KHIEN_TEST_PG", "postgres://nowhere/")
	for _, c := range []struct {
		name, script string
		ok           bool
		says         string
	}{
		{"kept", "echo '" + strings.ReplaceAll(answer, "RATIO", "1.62") + "'", true, "| thing | 1,235 ms | at most 2,000 | 1.62 | other: 7.25 | sqlite |"},
		{"broken", "echo '" + strings.ReplaceAll(answer, "RATIO", "0.5") + "'", false, "| **0.5** |"},
		{"failed", `echo '{"error":"no disk"}'; exit 1`, false, "did not run: import: exit status 1 no disk"},
		{"mute", "true", false, "did not run"},
		{"settings", `env | grep -q KHIEN_TEST && exit 1; echo '` + strings.ReplaceAll(answer, "RATIO", "1") + "'", true, "thing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "results.md")
			ok, err := runWithin(t, program(t, c.script), out)
			if err != nil || ok != c.ok {
				t.Fatalf("got %v, %v; want %v", ok, err, c.ok)
			}
			text, err := os.ReadFile(out)
			if err != nil || !strings.Contains(string(text), c.says) {
				t.Errorf("got %v and\n%s\nwithout %q", err, text, c.says)
			}
		})
	}
}

// What has ended is not run again: a run that was cut goes on where it was.
func TestResume(t *testing.T) {
	t.Setenv("KHIEN_TEST_PG", "")
	dir := t.TempDir()
	count := filepath.Join(dir, "runs")
	bin := program(t, "echo x >> "+count+"; [ \"$3\" = people ] && [ ! -e "+dir+"/second ] && exit 1; echo '"+strings.ReplaceAll(answer, "RATIO", "1")+"'")
	o := options{bin: bin, out: filepath.Join(dir, "results.md"), seconds: 1, only: "visits,people", resume: filepath.Join(dir, "kept.json")}
	if ok, err := run(t.Context(), o, lists{}); ok || err != nil {
		t.Fatalf("got %v, %v; want a benchmark that fails", ok, err)
	}
	if err := os.WriteFile(dir+"/second", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if ok, err := run(t.Context(), o, lists{}); !ok || err != nil {
		t.Fatalf("again: got %v, %v", ok, err)
	}
	text, err := os.ReadFile(count)
	if runs := strings.Count(string(text), "x"); err != nil || runs != 3 { // visits, people, people
		t.Errorf("%d runs, %v; want 3", runs, err)
	}
	if table, err := os.ReadFile(o.out); err != nil || strings.Count(string(table), "| thing |") != 2 {
		t.Errorf("got %v and\n%s", err, table)
	}
}

func runWithin(t *testing.T, bin, out string) (bool, error) {
	t.Helper()
	return run(t.Context(), options{bin: bin, out: out, seconds: 1}, lists{})
}

func TestNumber(t *testing.T) {
	for f, want := range map[float64]string{0: "0", 1.2: "1.2", 1.25: "1.25", 20: "20", 99.5: "99.5", 100.4: "100", 45204: "45,204", 1234567: "1,234,567"} {
		if got := number(f); got != want {
			t.Errorf("%v: got %s, want %s", f, got, want)
		}
	}
}
