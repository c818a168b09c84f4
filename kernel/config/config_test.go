package config_test

import (
	"bytes"
	"errors"
	"flag"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"khien/kernel/config"
)

var prefixes = cmpopts.EquateComparable(netip.Prefix{})

func load(args, environ []string) (*config.Config, []string, error) {
	return config.Load(flag.NewFlagSet("serve", flag.ContinueOnError), args, environ)
}

func write(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "khien.conf")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestDefaults(t *testing.T) {
	got, rest, err := load([]string{"file.csv"}, []string{"HOME=/root", "PATH=x"})
	if err != nil {
		t.Fatal(err)
	}
	want := &config.Config{
		Data: "./data", Addr: "127.0.0.1:8080", MetricsAddr: "127.0.0.1:9090", KeyFile: "./data/khien.key", Province: "20",
		Edition: 2021, K: 5, Log: config.Log{Level: slog.LevelInfo}, PublicURL: "http://127.0.0.1:8080",
	}
	if diff := cmp.Diff(want, got, prefixes); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"file.csv"}, rest); diff != "" {
		t.Errorf("rest (-want +got):\n%s", diff)
	}
}

func TestLaterBeforeEarlier(t *testing.T) {
	file := write(t, "\ufeff# Lạng Sơn\nDATA=/var/lib/khien\nKHIEN_K = 7 # more careful\nADDR=0.0.0.0:80\nLOG=\"json\"\n\n")
	environ := []string{"KHIEN_ADDR=0.0.0.0:81", "KHIEN_EDITION=2025", "KHIEN_METRICS_ADDR=", "KHIEN_ORIGINS=https://a.vn, https://b.vn:8443",
		"KHIEN_PROXIES=10.0.0.0/8,127.0.0.1", "KHIEN_DB=postgres://khien:secret@db/khien", "KHIEN_PUBLIC_URL=https://khien.langson.gov.vn/"}
	got, _, err := load([]string{"--config", file, "-addr=:82", "--log", "warn"}, environ)
	if err != nil {
		t.Fatal(err)
	}
	want := &config.Config{
		Data: "/var/lib/khien", Addr: ":82", DB: "postgres://khien:secret@db/khien", KeyFile: "/var/lib/khien/khien.key", Province: "20",
		Edition: 2025, K: 7, Log: config.Log{Level: slog.LevelWarn}, Origins: []string{"https://a.vn", "https://b.vn:8443"},
		Proxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("127.0.0.1/32")}, PublicURL: "https://khien.langson.gov.vn",
	}
	if diff := cmp.Diff(want, got, prefixes); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, s := range got.Settings() {
		if strings.Contains(s.Value, "secret") {
			t.Errorf("%s shows a password: %s", s.Name, s.Value)
		}
	}
}

func TestMistakes(t *testing.T) {
	for _, tt := range []struct {
		name    string
		file    string
		environ string
		arg     string
		want    string
	}{
		{"unknown flag", "", "", "--adr=:1", "unknown flag --adr; did you mean --addr?"},
		{"unknown variable", "", "KHIEN_DATABASE=x", "", "unknown variable KHIEN_DATABASE; did you mean KHIEN_DATA?"},
		{"unknown variable, far off", "", "KHIEN_XYZXYZXYZ=x", "", "unknown variable KHIEN_XYZXYZXYZ"},
		{"unknown key", "A\nADR=:1", "", "", `khien.conf:1: want KEY=value, got "A"`},
		{"unknown key", "\nADR=:1", "", "", "khien.conf:2: unknown key ADR; did you mean ADDR?"},
		{"k too small", "", "KHIEN_K=1", "", `KHIEN_K: want a whole number from 3 to 1000, got "1"`},
		{"no port", "", "", "--addr=localhost", `--addr: want host:port, got "localhost"`},
		{"no address", "", "KHIEN_ADDR=", "", `KHIEN_ADDR: want host:port, got ""`},
		{"port", "", "", "--addr=:99999", "want a port up to 65535"},
		{"database", "", "KHIEN_DB=mysql://root:secret@x", "", "KHIEN_DB: want a postgres:// URL"},
		{"edition", "EDITION=2019", "", "", "khien.conf:1: EDITION: want 2021 or 2025"},
		{"province", "", "KHIEN_PROVINCE=lang-son", "", "want two digits"},
		{"log", "", "KHIEN_LOG=loud", "", `got "loud"`},
		{"origin", "", "KHIEN_ORIGINS=a.vn", "", "want https://host[:port]"},
		{"proxy", "", "KHIEN_PROXIES=nginx", "", "want an address or CIDR"},
		{"data", "", "KHIEN_DATA=", "", "KHIEN_DATA: is empty"},
		{"public URL", "", "KHIEN_PUBLIC_URL=khien", "", "want https://host"},
		{"messages in the clear", "", "KHIEN_SMS_URL=http://sms.vn/send", "", "want https://host/path"},
		{"messages with a password", "", "KHIEN_SMS_URL=https://a:b@sms.vn/send", "", "the token stands in its file"},
		{"no file", "", "", "--config=/nowhere/khien.conf", "/nowhere/khien.conf"},
	} {
		var args, environ []string
		if tt.file != "" {
			args = append(args, "--config", write(t, tt.file))
		}
		if tt.arg != "" {
			args = append(args, tt.arg)
		}
		if tt.environ != "" {
			environ = append(environ, tt.environ)
		}
		_, _, err := load(args, environ)
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.want)
		}
		if !errors.As(err, new(config.Usage)) {
			t.Errorf("%s: got %T, want Usage", tt.name, err)
		}
	}
}

func TestPublicURLIsThisMachine(t *testing.T) {
	for addr, want := range map[string]string{":82": "http://localhost:82", "0.0.0.0:80": "http://localhost:80", "10.1.2.3:8080": "http://10.1.2.3:8080"} {
		if got, _, err := load([]string{"--addr", addr}, nil); err != nil || got.PublicURL != want {
			t.Errorf("%s: got %v, %v, want %s", addr, got, err, want)
		}
	}
}

func TestHelp(t *testing.T) {
	var out bytes.Buffer
	fs := flag.NewFlagSet("serve", flag.ContinueOnError)
	fs.SetOutput(&out)
	if _, _, err := config.Load(fs, []string{"-h"}, nil); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("got %v, want flag.ErrHelp", err)
	}
	for _, s := range config.Describe() {
		if !strings.Contains(out.String(), strings.TrimPrefix(s.Flag, "--")) || !strings.Contains(out.String(), s.Name) {
			t.Errorf("the help leaves out %s:\n%s", s.Name, out.String())
		}
	}
}
