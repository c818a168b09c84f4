package auth_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"khien/kernel/auth"
	"khien/kernel/fault"
	"khien/kernel/store"
	"khien/kernel/store/storetest"
)

func key(err error) string {
	if f := fault.Of(err); f != nil {
		return f.Key
	}
	return fmt.Sprint(err)
}

func TestSignInAndOut(t *testing.T) {
	each(t, func(t *testing.T, s *auth.Service, c *clock) {
		demo(t, s, "lan", auth.HealthOfficer, huuLung)
		token, _ := signIn(t, s, c, " LAN ")
		v, err := s.Session(t.Context(), token)
		if err != nil || v.Account().Login != "lan" || !v.Can(auth.WriteCases) || v.Can(auth.ManageAccounts) {
			t.Fatalf("got %+v, %v", v.Account(), err)
		}
		if err := s.SignOut(t.Context(), v); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Session(t.Context(), token); !fault.Is(err, fault.NotFound) {
			t.Errorf("after sign-out: got %v", err)
		}
	})
}

// An unknown login, a wrong password, a disabled, an invited and a locked account get the same answer.
func TestRefusalsAreUniform(t *testing.T) {
	each(t, func(t *testing.T, s *auth.Service, c *clock) {
		ctx := t.Context()
		demo(t, s, "chief", auth.Administrator, langSon)
		gone := demo(t, s, "gone", auth.Tracer, huuLung)
		demo(t, s, "locked", auth.Tracer, huuLung)
		sys := auth.System(20, "test")
		if err := s.Disable(ctx, sys, gone.ID); err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.Invite(ctx, sys, auth.Invitation{Login: "new", Name: "New", Roles: []auth.Role{auth.Tracer}, Area: huuLung}); err != nil {
			t.Fatal(err)
		}
		for range 6 {
			_, _ = s.CheckPassword(ctx, "10.0.0.9", "locked", "wrong password")
		}
		for _, tt := range []struct{ login, password string }{
			{"nobody", password}, {"chief", "wrong password"}, {"gone", password}, {"new", ""}, {"new", password}, {"locked", password},
			{"'; drop table auth_account; --", password}, {"chief\x00", password}, {"", ""},
		} {
			ticket, err := s.CheckPassword(ctx, "10.0.0.2", tt.login, tt.password)
			if ticket != "" || key(err) != "auth.credentials" || fault.Of(err).Field != "" {
				t.Errorf("%q: got %q, %v", tt.login, ticket, err)
			}
		}
	})
}

// The work on a password is the same whoever asks, and so are the writes.
func TestSameWorkForStrangers(t *testing.T) {
	each(t, func(t *testing.T, s *auth.Service, c *clock) {
		ctx := t.Context()
		demo(t, s, "lan", auth.Tracer, huuLung)
		gone := demo(t, s, "gone", auth.Tracer, huuLung)
		if err := s.Disable(ctx, auth.System(20, "test"), gone.ID); err != nil {
			t.Fatal(err)
		}
		var hashed atomic.Int64
		auth.CountHashes(s, &hashed)
		for _, login := range []string{"lan", "gone", "nobody"} {
			for n := range 7 { // the last ones find the login locked
				before, rows := hashed.Load(), auditRows(t, s)
				if _, err := s.CheckPassword(ctx, fmt.Sprint("10.0.0.", n), login, "wrong password"); key(err) != "auth.credentials" {
					t.Fatalf("%s: got %v", login, err)
				}
				if got := hashed.Load() - before; got != 1 {
					t.Errorf("%s, try %d: %d hashes, want 1", login, n, got)
				}
				if got := auditRows(t, s) - rows; got != 1 {
					t.Errorf("%s, try %d: %d audit rows, want 1", login, n, got)
				}
			}
		}
	})
}

// Unless told otherwise a password costs what OWASP asks; every other test pays
// less. The hash says its price, and one of another price opens nothing.
func TestPasswordAtFullPrice(t *testing.T) {
	storetest.Each(t, lines, func(t *testing.T, db *store.DB) {
		c := newClock()
		cheap := newService(t, db, c)
		full := cheap.Config
		full.HashKiB = 0
		s, err := auth.New(full)
		if err != nil {
			t.Fatal(err)
		}
		demo(t, s, "lan", auth.Tracer, huuLung)
		hash, err := store.One(t.Context(), db, store.Text, "select password_hash from auth_account where province = 20 and login = 'lan'")
		if err != nil || !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
			t.Errorf("got %q, %v; want argon2id of 19 MiB and two passes", hash, err)
		}
		signIn(t, s, c, "lan")
		if ticket, err := cheap.CheckPassword(t.Context(), "10.0.0.3", "lan", password); ticket != "" || key(err) != "auth.credentials" {
			t.Errorf("at another price: got %q, %v", ticket, err)
		}
	})
}

func auditRows(t *testing.T, s *auth.Service) int64 {
	t.Helper()
	n, err := store.One(t.Context(), s.DB, store.Int, "select count(*) from audit_entry where province = 20")
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// However many guesses come at once, a lock lets no more through than one after the other.
func TestBruteForceIsLockedOut(t *testing.T) {
	each(t, func(t *testing.T, s *auth.Service, c *clock) {
		demo(t, s, "lan", auth.Tracer, huuLung)
		var hashed atomic.Int64
		auth.CountHashes(s, &hashed)
		var wg sync.WaitGroup
		for i := range 20 {
			wg.Go(func() {
				_, _ = s.CheckPassword(context.Background(), fmt.Sprint("10.1.0.", i), "lan", "wrong password")
			})
		}
		wg.Wait()
		try := func() error {
			_, err := s.CheckPassword(t.Context(), "10.2.0.1", "lan", password)
			return err
		}
		if key(try()) != "auth.credentials" {
			t.Error("twenty wrong guesses at once did not lock the login")
		}
		c.pass(29 * time.Second)
		if key(try()) != "auth.credentials" {
			t.Error("the lock ended too soon")
		}
		c.pass(2 * time.Second)
		if err := try(); err != nil {
			t.Errorf("after the lock: got %v", err)
		}
		// Every further mistake locks for twice as long, up to fifteen minutes.
		var locks []time.Duration
		for range 8 {
			_, _ = s.CheckPassword(t.Context(), "10.3.0.1", "lan", "wrong password")
			waited := time.Duration(0)
			for ; auth.Locked(s, "lan"); waited += time.Second {
				c.pass(time.Second)
			}
			locks = append(locks, waited)
		}
		if got, want := fmt.Sprint(locks), "[1m0s 2m0s 4m0s 8m0s 15m0s 15m0s 15m0s 15m0s]"; got != want {
			t.Errorf("got locks %s, want %s", got, want)
		}
	})
}

func TestAddressIsLimited(t *testing.T) {
	each(t, func(t *testing.T, s *auth.Service, c *clock) {
		var last error
		tries := 0
		for ; tries < 90 && key(last) != "web.rate"; tries++ {
			_, last = s.CheckPassword(t.Context(), "10.0.0.66", fmt.Sprint("user", tries), "wrong password")
		}
		if tries <= 30 || !fault.Is(last, fault.Busy) {
			t.Errorf("try %d of one address: got %v", tries, last)
		}
		if _, err := s.CheckPassword(t.Context(), "10.0.0.67", "user", "wrong password"); key(err) != "auth.credentials" {
			t.Errorf("another address: got %v", err)
		}
	})
}

func TestCodeIsGoodOnce(t *testing.T) {
	each(t, func(t *testing.T, s *auth.Service, c *clock) {
		ctx := t.Context()
		demo(t, s, "lan", auth.Tracer, huuLung)
		ticket, err := s.CheckPassword(ctx, "a", "lan", password)
		if err != nil {
			t.Fatal(err)
		}
		code := codeAt(t, secret32, c.now())
		var wg sync.WaitGroup
		var good atomic.Int64
		for range 4 {
			wg.Go(func() {
				if _, _, err := s.SignIn(context.Background(), "a", ticket, code, ""); err == nil {
					good.Add(1)
				}
			})
		}
		wg.Wait()
		if good.Load() != 1 {
			t.Errorf("one code opened %d sessions", good.Load())
		}
		c.pass(time.Minute)
		refused := func(name, ticket, code, want string) {
			t.Helper()
			if _, _, err := s.SignIn(ctx, "b", ticket, code, ""); key(err) != want {
				t.Errorf("%s: got %v, want %s", name, err, want)
			}
			c.pass(time.Minute) // no lock in the way of the next
		}
		fresh := func() string {
			t.Helper()
			ticket, err := s.CheckPassword(ctx, "c", "lan", password)
			if err != nil {
				t.Fatal(err)
			}
			return ticket
		}
		refused("two steps old", fresh(), codeAt(t, secret32, c.now().Add(-time.Minute)), "auth.code_refused")
		refused("two steps ahead", fresh(), codeAt(t, secret32, c.now().Add(time.Minute)), "auth.code_refused")
		refused("empty", fresh(), "", "auth.code_refused")
		old := fresh()
		c.pass(6 * time.Minute)
		refused("old ticket", old, codeAt(t, secret32, c.now()), "auth.ticket")
		refused("forged ticket", "AAAA", codeAt(t, secret32, c.now()), "auth.ticket")
		if _, _, err := s.SignIn(ctx, "b", fresh(), codeAt(t, secret32, c.now().Add(-30*time.Second)), ""); err != nil {
			t.Errorf("one step old: got %v", err)
		}
	})
}

// A ticket is worth nothing once the password behind it has changed or the account was disabled.
func TestTicketDiesWithThePassword(t *testing.T) {
	each(t, func(t *testing.T, s *auth.Service, c *clock) {
		ctx := t.Context()
		a := demo(t, s, "lan", auth.Tracer, huuLung)
		ticket, err := s.CheckPassword(ctx, "a", "lan", password)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Disable(ctx, auth.System(20, "test"), a.ID); err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.SignIn(ctx, "a", ticket, codeAt(t, secret32, c.now()), ""); key(err) != "auth.ticket" {
			t.Errorf("disabled: got %v", err)
		}
		if err := s.Enable(ctx, auth.System(20, "test"), a.ID); err != nil {
			t.Fatal(err)
		}
		_, v := signIn(t, s, c, "lan")
		if ticket, err = s.CheckPassword(ctx, "a", "lan", password); err != nil {
			t.Fatal(err)
		}
		if _, err := s.ChangePassword(ctx, "a", v, password, "chín con trâu vàng", ""); err != nil {
			t.Fatal(err)
		}
		c.pass(time.Minute)
		if _, _, err := s.SignIn(ctx, "a", ticket, codeAt(t, secret32, c.now()), ""); key(err) != "auth.ticket" {
			t.Errorf("changed password: got %v", err)
		}
	})
}

// The same letters typed on another keyboard (NFD) are the same password.
func TestPasswordInAnyUnicodeForm(t *testing.T) {
	each(t, func(t *testing.T, s *auth.Service, c *clock) {
		demo(t, s, "lan", auth.Tracer, huuLung)
		if _, err := s.CheckPassword(t.Context(), "a", "lan", "ba\u0309y con ngu\u031b\u0323a \u00f4"); err != nil {
			t.Error(err)
		}
	})
}
