package auth

import (
	"context"
	"sync/atomic"

	"khien/kernel/store"
)

// CountHashes counts the passwords that are worked on.
func CountHashes(s *Service, n *atomic.Int64) { s.hasher.done = func() { n.Add(1) } }

// CheckNewPassword is the rule for new passwords.
var CheckNewPassword = checkPassword

// Locked says whether a login is locked, without trying.
func Locked(s *Service, login string) bool {
	n, err := store.One(context.Background(), s.DB, store.Int, "select until_ms from auth_try where province = $1 and login_hash = $2", s.Province, s.loginHash(login))
	return err == nil && n > store.Millis(s.now())
}
