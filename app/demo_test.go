package app_test

import (
	"io"
	"net/http"
	"testing"

	"khien/app"
	"khien/kernel/area"
	"khien/kernel/auth"
	"khien/kernel/config"
)

// accounts counts the accounts of an installation on which nothing runs.
func accounts(t *testing.T, c *config.Config) (n int) {
	t.Helper()
	open(t, c, func(a *app.App) {
		as, _, err := a.Auth.Accounts(t.Context(), auth.Console(20, "test", "test"), auth.AccountFilter{})
		if err != nil {
			t.Fatal(err)
		}
		n = len(as)
	})
	return n
}

// What the demo plays is announced to the public: it must not begin beside a
// server on the same folder.
func TestDemoBesideAServer(t *testing.T) {
	c := settings(t, "")
	serve(t, c)
	if out, code := run(t, c, "serve", "--demo"); code != 1 {
		t.Errorf("got %d %s, want 1", code, out)
	}
	if n := accounts(t, c); n != 0 {
		t.Errorf("%d accounts made", n)
	}
}

// Nor where somebody has set up accounts.
func TestDemoOnRealData(t *testing.T) {
	eachSettings(t, func(t *testing.T, c *config.Config) {
		open(t, c, func(a *app.App) {
			home, err := area.Parse("2021/20")
			if err == nil {
				err = a.Auth.CreateForDemo(t.Context(), auth.Demo{Login: "that", Name: "Thật", Role: auth.HealthOfficer, Area: home, Password: password, TOTPSecret: secret})
			}
			if err != nil {
				t.Fatal(err)
			}
		})
		if out, code := run(t, c, "serve", "--demo"); code != 1 {
			t.Errorf("got %d %s, want 1", code, out)
		}
		if n := accounts(t, c); n != 1 {
			t.Errorf("got %d accounts, want 1", n)
		}
	})
}

// The page with the passwords is for a browser on this machine, whoever forwards
// and by whatever name it is asked.
func TestDemoPageIsForThisMachine(t *testing.T) {
	_, url := serve(t, untouched(t, ""), "--demo")
	for _, tt := range []struct {
		name, host, header string
		status             int
	}{
		{"here", "", "", 200}, {"by name", "localhost:8080", "", 200}, {"IPv6", "[::1]:8080", "", 200},
		{"rebound name", "evil.example", "", 404}, {"rebound name, with port", "evil.example:8080", "", 404}, {"another address", "192.0.2.1", "", 404},
		{"forwarded", "", "X-Forwarded-For", 404}, {"forwarded, RFC 7239", "", "Forwarded", 404}, {"forwarded, nginx", "", "X-Real-IP", 404},
	} {
		r, err := http.NewRequestWithContext(t.Context(), "GET", url+"/demo", nil)
		if err != nil {
			t.Fatal(err)
		}
		if r.Host = tt.host; tt.header != "" {
			r.Header.Set(tt.header, "127.0.0.1")
		}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		if resp.Body.Close(); resp.StatusCode != tt.status {
			t.Errorf("%s: got %d, want %d", tt.name, resp.StatusCode, tt.status)
		}
	}
}
