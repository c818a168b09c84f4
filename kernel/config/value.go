package config

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// text is a key whose value is any text but none.
func text(name, def, help string, field func(*Config) *string) key {
	set := func(c *Config, s string) error {
		if s == "" {
			return errors.New("is empty")
		}
		*field(c) = s
		return nil
	}
	return key{name, def, help, set, func(c *Config) string { return *field(c) }}
}

// setAddr reads host:port; empty is an address too, that of nowhere, but not for
// the pages.
func setAddr(field func(*Config) *string) func(*Config, string) error {
	return func(c *Config, s string) error {
		f := field(c)
		if s == "" && f == &c.MetricsAddr {
			*f = ""
			return nil
		}
		_, port, err := net.SplitHostPort(s)
		if err != nil {
			return fmt.Errorf("want host:port, got %q", s)
		}
		if _, err := strconv.ParseUint(port, 10, 16); err != nil {
			return fmt.Errorf("want a port up to 65535, got %q", port)
		}
		*f = s
		return nil
	}
}

func setDB(c *Config, s string) error {
	if s != "" && !strings.HasPrefix(s, "postgres://") && !strings.HasPrefix(s, "postgresql://") {
		return errors.New("want a postgres:// URL, or nothing for the embedded database")
	}
	if _, err := url.Parse(s); err != nil {
		return errors.New("is no URL") // the reason would repeat the password
	}
	c.DB = s
	return nil
}

// redact takes the password out of a URL.
func redact(s string) string {
	u, err := url.Parse(s)
	if err != nil {
		return ""
	}
	return u.Redacted()
}

func setProvince(c *Config, s string) error {
	if len(s) != 2 || strings.Trim(s, "0123456789") != "" {
		return fmt.Errorf("want two digits, got %q", s)
	}
	c.Province = s
	return nil
}

func setEdition(c *Config, s string) error {
	if s != "2021" && s != "2025" {
		return fmt.Errorf("want 2021 or 2025, got %q", s)
	}
	c.Edition, _ = strconv.Atoi(s)
	return nil
}

func setK(c *Config, s string) error {
	k, err := strconv.Atoi(s)
	if err != nil || k < 3 || k > 1000 {
		return fmt.Errorf("want a whole number from 3 to 1000, got %q", s)
	}
	c.K = k
	return nil
}

// setLog reads "json", "warn", or both with a comma.
func setLog(c *Config, s string) error {
	l := Log{Level: slog.LevelInfo}
	for word := range strings.SplitSeq(s, ",") {
		switch word = strings.TrimSpace(word); word {
		case "text", "json":
			l.JSON = word == "json"
		case "debug", "info", "warn", "error":
			_ = l.Level.UnmarshalText([]byte(word)) // one of its own words
		default:
			return fmt.Errorf("want text or json and debug, info, warn or error, got %q", word)
		}
	}
	c.Log = l
	return nil
}

// String writes what setLog reads.
func (l Log) String() string {
	if l.JSON {
		return "json," + strings.ToLower(l.Level.String())
	}
	return "text," + strings.ToLower(l.Level.String())
}

func setOrigins(c *Config, s string) error {
	c.Origins = nil
	for _, o := range list(s) {
		u, err := url.Parse(o)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.Scheme+"://"+u.Host != o {
			return fmt.Errorf("want https://host[:port], got %q", o)
		}
		c.Origins = append(c.Origins, o)
	}
	return nil
}

func setProxies(c *Config, s string) error {
	c.Proxies = nil
	for _, p := range list(s) {
		prefix, err := netip.ParsePrefix(p)
		if a, alone := netip.ParseAddr(p); err != nil && alone == nil {
			prefix, err = a.Prefix(a.BitLen())
		}
		if err != nil {
			return fmt.Errorf("want an address or CIDR, got %q", p)
		}
		c.Proxies = append(c.Proxies, prefix)
	}
	return nil
}

func setURL(c *Config, s string) error {
	u, err := url.Parse(s)
	if s != "" && (err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "") {
		return fmt.Errorf("want https://host, got %q", s)
	}
	c.PublicURL = strings.TrimSuffix(s, "/")
	return nil
}

// setSMS reads the gateway's URL. Numbers and codes leave the house sealed only.
func setSMS(c *Config, s string) error {
	u, err := url.Parse(s)
	if s != "" && (err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && !(u.Scheme == "http" && inHouse(u.Hostname()))) {
		return errors.New("want https://host/path, or http:// with a loopback or private address; the token stands in its file")
	}
	c.SMSURL = s
	return nil
}

func inHouse(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && (a.IsLoopback() || a.IsPrivate())
}

// here returns the URL under which a browser on this machine finds addr.
func here(addr string) string {
	host, port, _ := net.SplitHostPort(addr)
	if host == "" || host == "0.0.0.0" || host == "::" {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port)
}

func list(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' })
}

// nearest returns a hint at the name that name was probably meant to be, or "".
func nearest(prefix, name string, names []string) string {
	best, at := "", 1+len(name)/2
	for _, n := range names {
		if d := distance(strings.ToLower(name), strings.ToLower(n)); d < at {
			best, at = n, d
		}
	}
	if best == "" {
		return ""
	}
	return "; did you mean " + prefix + best + "?"
}

// distance is Levenshtein's, by bytes.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}
