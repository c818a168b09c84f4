// Package config says how one installation of Khiên is set up: from its
// defaults, a file, the environment and the command line, the later before the
// earlier. A key that is not known is an error that names the nearest one, so
// that a mistyped setting never passes for a default.
//
// A file (--config FILE) holds lines KEY=value, the keys as in the environment
// with or without KHIEN_, and comments after #. A flag is the key in lower case
// with dashes: KHIEN_METRICS_ADDR is METRICS_ADDR in the file and --metrics-addr.
package config

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Config is the setting-up of one node.
type Config struct {
	Data         string         // folder of everything that this node keeps
	Addr         string         // address of the pages and the API
	DB           string         // postgres:// URL; "": the embedded database, in Data
	MetricsAddr  string         // address of /metrics and the health reasons; "": none
	KeyFile      string         // the master key, outside the database
	Province     string         // two digits of the statistics office
	Edition      int            // of the gazetteer, in which new records are made: 2021 or 2025
	K            int            // public counts of 1 to K-1 are not told; at least 3
	Log          Log            // how and how much is logged
	Origins      []string       // other origins whose forms are trusted
	Proxies      []netip.Prefix // proxies whose X-Forwarded-For and -Proto are believed
	PublicURL    string         // how the world reaches this node; "" given: this machine
	SMSURL       string         // where short messages are handed over; "": nowhere
	SMSTokenFile string         // whose one line goes with each message as bearer token
}

// Log says how and how much is logged.
type Log struct {
	JSON  bool
	Level slog.Level
}

// Setting describes one key, for the documentation and `khien config`.
type Setting struct {
	Name    string `json:"name"` // KHIEN_DATA
	Flag    string `json:"flag"` // --data
	Default string `json:"default"`
	Help    string `json:"help"`
	Value   string `json:"value,omitempty"` // in Config.Settings only
}

// key is one setting and how its text is read and written.
type key struct {
	name, def, help string
	set             func(*Config, string) error
	get             func(*Config) string
}

var keys = []key{
	text("DATA", "./data", "folder of everything that this node keeps", func(c *Config) *string { return &c.Data }),
	{"ADDR", "127.0.0.1:8080", "address of the pages and the API, host:port", setAddr(func(c *Config) *string { return &c.Addr }), func(c *Config) string { return c.Addr }},
	{"DB", "", "postgres:// URL of a database; empty: the embedded one, in the data folder", setDB, func(c *Config) string { return redact(c.DB) }},
	{"METRICS_ADDR", "127.0.0.1:9090", "address of /metrics and of the reasons behind /readyz; empty: none", setAddr(func(c *Config) *string { return &c.MetricsAddr }), func(c *Config) string { return c.MetricsAddr }},
	text("KEY_FILE", "<data>/khien.key", "the master key, made at first start; keep a copy away from the database", func(c *Config) *string { return &c.KeyFile }),
	{"PROVINCE", "20", "the province, two digits of the statistics office (20: Lạng Sơn)", setProvince, func(c *Config) string { return c.Province }},
	{"EDITION", "2021", "edition of the gazetteer in which new records are made: 2021 or 2025", setEdition, func(c *Config) string { return strconv.Itoa(c.Edition) }},
	{"K", "5", "public counts from 1 to k-1 are not told; at least 3", setK, func(c *Config) string { return strconv.Itoa(c.K) }},
	{"LOG", "text,info", "text or json, and from which level: debug, info, warn, error", setLog, func(c *Config) string { return c.Log.String() }},
	{"ORIGINS", "", "other origins whose forms are trusted, https://host[:port], separated by commas", setOrigins, func(c *Config) string { return strings.Join(c.Origins, ",") }},
	{"PROXIES", "", "proxies whose X-Forwarded-For and -Proto are believed, CIDR, separated by commas", setProxies, func(c *Config) string { return fmt.Sprint(c.Proxies) }},
	{"PUBLIC_URL", "", "how the world reaches this node, for links in messages and QR codes; empty: this machine, at the address", setURL, func(c *Config) string { return c.PublicURL }},
	{"SMS_URL", "", "where one-time codes are handed over, as JSON {\"to\",\"text\"}; https, or http in this house; empty: phones cannot be proved", setSMS, func(c *Config) string { return c.SMSURL }},
	{"SMS_TOKEN_FILE", "", "file with the bearer token of SMS_URL", func(c *Config, s string) error { c.SMSTokenFile = s; return nil }, func(c *Config) string { return c.SMSTokenFile }},
}

// Describe returns every setting with its default, in the order of the manual.
func Describe() []Setting {
	var all []Setting
	for _, k := range keys {
		all = append(all, Setting{Name: "KHIEN_" + k.name, Flag: "--" + flagName(k.name), Default: k.def, Help: k.help})
	}
	return all
}

// Settings returns every setting with the value that holds; passwords are left out.
func (c *Config) Settings() []Setting {
	all := Describe()
	for i, k := range keys {
		all[i].Value = k.get(c)
	}
	return all
}

// Usage is a wrong command line: the program ends with status 2.
type Usage struct{ Err error }

// Error says what is wrong.
func (u Usage) Error() string { return u.Err.Error() }

// Unwrap returns what is wrong.
func (u Usage) Unwrap() error { return u.Err }

// Load reads the settings: defaults, then the file that --config names, then
// environ (as os.Environ), then args. It returns what stands after the flags.
// fs may hold a command's own flags; help goes to its output, and then the error
// is flag.ErrHelp. A mistake is a Usage.
func Load(fs *flag.FlagSet, args, environ []string) (*Config, []string, error) {
	given := map[string]string{}
	var file string
	fs.StringVar(&file, "config", "", "file of KEY=value lines")
	for _, k := range keys {
		fs.Func(flagName(k.name), k.help+" (default "+strconv.Quote(k.def)+", KHIEN_"+k.name+")", func(s string) error {
			given[k.name] = s
			return nil
		})
	}
	if err := parseFlags(fs, args); err != nil {
		return nil, nil, err
	}
	c := &Config{}
	layers := []func(*Config) error{
		func(c *Config) error { return c.defaults() },
		func(c *Config) error { return c.file(file) },
		func(c *Config) error { return c.environ(environ) },
		func(c *Config) error { return c.flags(given) },
	}
	for _, layer := range layers {
		if err := layer(c); err != nil {
			return nil, nil, Usage{fmt.Errorf("config: %w", err)}
		}
	}
	c.KeyFile = strings.Replace(c.KeyFile, "<data>", c.Data, 1)
	if c.PublicURL == "" {
		c.PublicURL = here(c.Addr)
	}
	return c, fs.Args(), nil
}

// parseFlags parses args; to an unknown flag it names the nearest. What flag
// itself would print it does not: the caller says the error.
func parseFlags(fs *flag.FlagSet, args []string) error {
	help := fs.Output()
	fs.SetOutput(io.Discard)
	fs.Init(fs.Name(), flag.ContinueOnError)
	err := fs.Parse(args)
	fs.SetOutput(help)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, flag.ErrHelp):
		fs.PrintDefaults()
		return err
	}
	_, name, unknown := strings.Cut(err.Error(), "not defined: -")
	if !unknown {
		return Usage{fmt.Errorf("config: %w", err)}
	}
	var names []string
	fs.VisitAll(func(f *flag.Flag) { names = append(names, f.Name) })
	return Usage{fmt.Errorf("config: unknown flag --%s%s", name, nearest("--", name, names))}
}

func flagName(key string) string { return strings.ReplaceAll(strings.ToLower(key), "_", "-") }

func (c *Config) defaults() error {
	for _, k := range keys {
		if err := k.set(c, k.def); err != nil {
			return fmt.Errorf("default of %s: %w", k.name, err)
		}
	}
	return nil
}

// file reads the lines of a file; "" is no file.
func (c *Config) file(name string) error {
	if name == "" {
		return nil
	}
	b, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	for i, line := range strings.Split(strings.TrimPrefix(string(b), "\ufeff"), "\n") {
		line, _, _ = strings.Cut(" "+line, " #") // a # inside a value stays
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		k, v, ok := strings.Cut(line, "=")
		if !ok {
			return fmt.Errorf("%s:%d: want KEY=value, got %q", filepath.Base(name), i+1, line)
		}
		k = strings.TrimPrefix(strings.TrimSpace(k), "KHIEN_")
		if err := c.set(k, unquote(strings.TrimSpace(v)), "key "+k, ""); err != nil {
			return fmt.Errorf("%s:%d: %w", filepath.Base(name), i+1, err)
		}
	}
	return nil
}

func unquote(s string) string {
	if t, err := strconv.Unquote(s); err == nil {
		return t
	}
	return s
}

func (c *Config) environ(environ []string) error {
	for _, e := range environ {
		name, v, _ := strings.Cut(e, "=")
		k, ours := strings.CutPrefix(name, "KHIEN_")
		if !ours {
			continue
		}
		if err := c.set(k, v, "variable "+name, "KHIEN_"); err != nil {
			return err
		}
	}
	return nil
}

func (c *Config) flags(given map[string]string) error {
	for _, k := range keys {
		if v, ok := given[k.name]; ok {
			if err := k.set(c, v); err != nil {
				return fmt.Errorf("--%s: %w", flagName(k.name), err)
			}
		}
	}
	return nil
}

// set sets one key; called is how the reader wrote it.
func (c *Config) set(name, value, called, prefix string) error {
	i := slices.IndexFunc(keys, func(k key) bool { return k.name == name })
	if i < 0 {
		var names []string
		for _, k := range keys {
			names = append(names, k.name)
		}
		return fmt.Errorf("unknown %s%s", called, nearest(prefix, name, names))
	}
	if err := keys[i].set(c, value); err != nil {
		return fmt.Errorf("%s%s: %w", prefix, name, err)
	}
	return nil
}
