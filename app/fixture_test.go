package app_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"khien/app"
	"khien/kernel/area"
	"khien/kernel/auth"
	"khien/kernel/config"
	"khien/kernel/store/storetest"
)

// TestMain lets the test binary be khien itself, so that a test can kill it.
func TestMain(m *testing.M) {
	app.HashQuickly()
	if os.Getenv("BE_KHIEN") == "1" {
		var environ []string
		for _, e := range os.Environ() {
			if !strings.HasPrefix(e, "BE_KHIEN") && !strings.HasPrefix(e, "KHIEN_TEST_") {
				environ = append(environ, e)
			}
		}
		os.Exit(app.Main(context.Background(), os.Args[1:], environ, os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// each runs test on a node of its own, once per engine.
func each(t *testing.T, test func(t *testing.T, n *node)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, start(t, "")) })
	t.Run("postgres", func(t *testing.T) { test(t, start(t, postgres(t))) })
}

// node is a whole Khiên that serves.
type node struct {
	*app.App
	url string
}

// settings are those of a node whose tables are made; db is "" for SQLite, or a
// URL of postgres.
func settings(t *testing.T, db string) *config.Config {
	t.Helper()
	c := untouched(t, db)
	if db == "" {
		storetest.Fill(t, c.Data, app.Lines())
	}
	return c
}

// postgres makes a database of the test's own, with the tables made.
func postgres(t *testing.T) string {
	t.Helper()
	return storetest.PostgresURL(t, app.Lines()...)
}

// untouched are the settings of the first start in an empty folder.
func untouched(t *testing.T, db string) *config.Config {
	t.Helper()
	dir := t.TempDir()
	return &config.Config{Data: dir, Addr: "127.0.0.1:0", DB: db, KeyFile: filepath.Join(dir, "khien.key"), Province: "20",
		Edition: 2021, K: 5, PublicURL: "http://khien.test"}
}

func start(t *testing.T, db string) *node {
	t.Helper()
	return serveNode(t, settings(t, db))
}

// serveNode serves in this process until the test ends.
func serveNode(t *testing.T, c *config.Config) *node {
	t.Helper()
	a, err := app.Open(t.Context(), c, slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	started, ended := make(chan net.Addr, 1), make(chan error, 1)
	go func() { ended <- a.Serve(ctx, io.Discard, func(at net.Addr) { started <- at }) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("serve: %v", err)
		}
		if err := a.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	select {
	case at := <-started:
		return &node{a, "http://" + at.String()}
	case err := <-ended:
		ended <- err
		t.Fatal(err)
	}
	return nil
}

// The second factor of every account in the tests.
const secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"

const password = "mot mat khau dai"

// account makes an account that can sign in; areaPath such as "2021/20/186".
func (n *node) account(t *testing.T, login string, role auth.Role, areaPath string) {
	t.Helper()
	c, err := area.Parse(areaPath)
	if err != nil {
		t.Fatal(err)
	}
	err = n.Auth.CreateForDemo(t.Context(), auth.Demo{Login: login, Name: login, Role: role, Area: c, Password: password, TOTPSecret: secret})
	if err != nil {
		t.Fatal(err)
	}
}

// browser is a client that keeps cookies and follows no redirect.
type browser struct {
	t *testing.T
	*http.Client
	base string
}

func (n *node) stranger(t *testing.T) *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t, &http.Client{Jar: jar, Timeout: 30 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, n.url}
}

// answer is a response read to its end.
type answer struct {
	status int
	header http.Header
	body   string
}

func (b *browser) do(method, path, contentType, body string) answer {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), method, b.base+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	r, err := b.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return answer{r.StatusCode, r.Header, string(text)}
}

func (b *browser) get(path string) answer { return b.do("GET", path, "", "") }

func (b *browser) form(path string, fields url.Values) answer {
	return b.do("POST", path, "application/x-www-form-urlencoded", fields.Encode())
}

func (b *browser) json(method, path string, v any) answer {
	b.t.Helper()
	var body bytes.Buffer
	if err := json.NewEncoder(&body).Encode(v); err != nil {
		b.t.Fatal(err)
	}
	return b.do(method, path, "application/json", body.String())
}

// signIn signs an account in through the forms, as a person would.
func (n *node) signIn(t *testing.T, login string) *browser {
	t.Helper()
	b := n.stranger(t)
	code, err := totp.GenerateCode(secret, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	page := b.form("/sign-in", url.Values{"login": {login}, "password": {password}})
	fields := url.Values{"code": {code}}
	for _, m := range regexp.MustCompile(`<input type="hidden" name="(\w+)" value="([^"]*)"`).FindAllStringSubmatch(page.body, -1) {
		fields.Set(m[1], m[2])
	}
	in := b.form("/sign-in/code", fields)
	if in.status != http.StatusSeeOther {
		t.Fatalf("sign in as %s: got %d %s", login, in.status, in.body)
	}
	return b
}
