package auth

import (
	"context"
	"sync/atomic"

	"khien/kernel/fault"
	"khien/kernel/store"
)

// CountHashes counts the passwords that are worked on.
func CountHashes(s *Service, n *atomic.Int64) { s.hasher.done = func() { n.Add(1) } }

// CheckNewPassword is the rule for new passwords.
var CheckNewPassword = checkPassword

// Peek says whether a login is locked, without trying.
func Peek(s *Service, login string) error {
	n, err := store.One(context.Background(), s.DB, store.Int, "select until_ms from auth_try where province = $1 and login_hash = $2", s.Province, s.loginHash(login))
	if err == nil && n > store.Millis(s.now()) {
		return fault.New(fault.Busy, "auth.locked")
	}
	return err
}
