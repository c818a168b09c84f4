package auth_test

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"khien/kernel/area"
	"khien/kernel/audit"
	"khien/kernel/auth"
	"khien/kernel/secret"
	"khien/kernel/store"
	"khien/kernel/store/storetest"
)

var lines = []storetest.Line{{Name: "audit", Files: audit.Migrations()}, {Name: "auth", Files: auth.Migrations()}}

const (
	langSon  = area.Code(20212000000000000) // 2021/20
	langSon5 = area.Code(20252000000000000) // 2025/20
	huuLung  = area.Code(20212018600000000) // 2021/20/186
	caoLoc   = area.Code(20212018300000000) // 2021/20/183
	password = "bảy con ngựa ô"
	secret32 = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
)

// clock is a time that only the test moves.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func newClock() *clock { return &clock{t: time.Date(2021, 5, 14, 1, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

func newService(t *testing.T, db *store.DB, c *clock) *auth.Service {
	t.Helper()
	s, err := auth.New(auth.Config{
		DB: db, Keys: secret.New(bytes.Repeat([]byte{7}, 32)), Province: 20, Home: langSon5,
		Ground: area.Load(), BaseURL: "https://khien.example", Now: c.now, HashKiB: 64,
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// each runs a test on both engines with a service and its clock.
func each(t *testing.T, test func(t *testing.T, s *auth.Service, c *clock)) {
	storetest.Each(t, lines, func(t *testing.T, db *store.DB) {
		c := newClock()
		test(t, newService(t, db, c), c)
	})
}

// demo makes an account that can sign in.
func demo(t *testing.T, s *auth.Service, login string, role auth.Role, at area.Code) auth.Account {
	t.Helper()
	err := s.CreateForDemo(context.Background(), auth.Demo{Login: login, Name: "Nguyễn Văn " + login, Role: role, Area: at, Password: password, TOTPSecret: secret32})
	if err != nil {
		t.Fatal(err)
	}
	a, err := s.AccountByLogin(context.Background(), auth.System(20, "test"), login)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func codeAt(t *testing.T, secret string, at time.Time) string {
	t.Helper()
	code, err := totp.GenerateCode(strings.ReplaceAll(secret, " ", ""), at)
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// signIn passes both steps with a code that was not used before.
func signIn(t *testing.T, s *auth.Service, c *clock, login string) (string, auth.Session) {
	t.Helper()
	c.pass(time.Minute)
	ticket, err := s.CheckPassword(t.Context(), "10.0.0.1", login, password)
	if err != nil {
		t.Fatalf("%s: password: %v", login, err)
	}
	token, v, err := s.SignIn(t.Context(), "10.0.0.1", ticket, codeAt(t, secret32, c.now()), "test")
	if err != nil {
		t.Fatalf("%s: code: %v", login, err)
	}
	return token, v
}

// manage returns the scope of an administrator who is signed in.
func manage(t *testing.T, v auth.Session) auth.Scope {
	t.Helper()
	sc, err := v.Scope(auth.ManageAccounts, "test")
	if err != nil {
		t.Fatal(err)
	}
	return sc
}
