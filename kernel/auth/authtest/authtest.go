// Package authtest signs accounts in for tests, through the doors people use.
package authtest

import (
	"cmp"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"khien/kernel/auth"
)

// SignIn makes the account, whose Login, Role and Area are given, and signs it in
// at a moment of s's clock. It returns the session with its token.
func SignIn(t testing.TB, s *auth.Service, now time.Time, account auth.Demo) (string, auth.Session) {
	t.Helper()
	account.Name = cmp.Or(account.Name, account.Login)
	account.Password, account.TOTPSecret = "mot mat khau dai", "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
	fail := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	fail(s.CreateForDemo(t.Context(), account))
	ticket, err := s.CheckPassword(t.Context(), "127.0.0.1", account.Login, account.Password)
	fail(err)
	code, err := totp.GenerateCode(account.TOTPSecret, now)
	fail(err)
	token, session, err := s.SignIn(t.Context(), "127.0.0.1", ticket, code, "test")
	fail(err)
	return token, session
}

// Scope signs the account in as SignIn does and asks for a scope.
func Scope(t testing.TB, s *auth.Service, now time.Time, account auth.Demo, act auth.Act, purpose string) auth.Scope {
	t.Helper()
	_, session := SignIn(t, s, now, account)
	sc, err := session.Scope(act, purpose)
	if err != nil {
		t.Fatal(err)
	}
	return sc
}
