package app_test

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"khien/kernel/config"
)

// An invented province goes to a demo's server by its API, and the server counts
// what was sent.
func TestSimLoad(t *testing.T) {
	eachSettings(t, func(t *testing.T, c *config.Config) {
		_, addr := serve(t, c, "--demo")
		out, code := run(t, c, "sim", "load", "--to", addr, "--accounts", filepath.Join(c.Data, "demo.json"), "--places", "12", "--declarations", "300",
			"--people", "120", "--phones", "1", "--json")
		var got struct {
			Places, Declarations, Visits int
			Found                        int `json:"people_found"`
		}
		if err := json.Unmarshal([]byte(out), &got); err != nil || code != 0 {
			t.Fatalf("%d %v: %s", code, err, out)
		}
		if got.Places != 12 || got.Declarations != 300 || got.Visits != 301 || got.Found < 100 || got.Found > 200 {
			t.Errorf("got %s", strings.ReplaceAll(out, "\n", " "))
		}
	})
}
