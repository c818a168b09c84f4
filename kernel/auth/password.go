package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	_ "embed"
	"encoding/base64"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"khien/kernel/area"
	"khien/kernel/fault"
)

// argon2id as OWASP's Password Storage Cheat Sheet has it: 19 MiB, 2 passes.
const (
	argonKiB    = 19 * 1024
	argonPasses = 2
	argonLanes  = 1
	saltSize    = 16
	hashSize    = 32
)

// Bounds of a password; ASVS 5.0 6.2.1, 6.2.9. The upper one keeps the work small.
const (
	passwordLeast = 10  // letters
	passwordMost  = 256 // bytes
)

// hasher bounds how many passwords are worked on at once and how many wait: a
// crowd at the door must not take the machine from those inside.
type hasher struct {
	kib   uint32 // memory of one work
	work  chan struct{}
	queue chan struct{}
	wait  time.Duration
	dummy string // the hash of nothing anybody knows
	done  func() // tests count the work
}

func newHasher(kib uint32) *hasher {
	h := &hasher{kib: kib, work: make(chan struct{}, 2), queue: make(chan struct{}, 32), wait: 5 * time.Second, done: func() {}}
	h.dummy = h.encode(random(saltSize), random(hashSize))
	return h
}

func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return b
}

// hash returns the encoded hash of a new password.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	salt := random(saltSize)
	sum, err := h.sum(ctx, password, salt)
	if err != nil {
		return "", err
	}
	return h.encode(salt, sum), nil
}

// match reports whether password has the encoded hash. It does the same work
// for an account that has none.
func (h *hasher) match(ctx context.Context, encoded, password string) (bool, error) {
	salt, want, ok := h.decode(encoded)
	if !ok {
		salt, want, _ = h.decode(h.dummy)
	}
	got, err := h.sum(ctx, password, salt)
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(got, want) == 1 && ok, nil
}

// sum works in one of the two places; fault.Busy when too many wait already.
func (h *hasher) sum(ctx context.Context, password string, salt []byte) ([]byte, error) {
	busy := fault.New(fault.Busy, "auth.crowded")
	select {
	case h.queue <- struct{}{}:
		defer func() { <-h.queue }()
	default:
		return nil, busy
	}
	ctx, cancel := context.WithTimeout(ctx, h.wait)
	defer cancel()
	select {
	case h.work <- struct{}{}:
		defer func() { <-h.work }()
	case <-ctx.Done():
		return nil, busy.Because(ctx.Err())
	}
	h.done()
	return argon2.IDKey(spelled(password), salt, argonPasses, h.kib, argonLanes, hashSize), nil
}

// spelled is the password in Unicode form NFC: two keyboards write the same
// Vietnamese letter as one rune or as two.
func spelled(password string) []byte {
	if len(password) > passwordMost {
		password = password[:passwordMost]
	}
	return norm.NFC.Bytes([]byte(password))
}

// head begins every hash of this strength.
func (h *hasher) head() string { return fmt.Sprintf("$argon2id$v=19$m=%d,t=2,p=1$", h.kib) }

// encode writes the PHC string format.
func (h *hasher) encode(salt, sum []byte) string {
	e := base64.RawStdEncoding
	return h.head() + e.EncodeToString(salt) + "$" + e.EncodeToString(sum)
}

func (h *hasher) decode(encoded string) (salt, sum []byte, ok bool) {
	rest, ok := strings.CutPrefix(encoded, h.head())
	if !ok {
		return nil, nil, false
	}
	a, b, ok := strings.Cut(rest, "$")
	salt, err := base64.RawStdEncoding.DecodeString(a)
	if err != nil || !ok {
		return nil, nil, false
	}
	sum, err = base64.RawStdEncoding.DecodeString(b)
	return salt, sum, err == nil && len(salt) == saltSize && len(sum) == hashSize
}

//go:embed common.txt
var commonText string

// common holds words and whole passwords that everybody tries first, folded.
var common = func() map[string]bool {
	m := map[string]bool{}
	for line := range strings.Lines(commonText) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			m[line] = true
		}
	}
	return m
}()

// checkPassword refuses what is too short, too long or guessed first: a common
// word with digits and signs around it, the login itself, digits alone in a row
// or as a telephone number. There are no rules of composition.
func checkPassword(password, login string) error {
	bad := func(key string) error {
		return fault.New(fault.Invalid, key).At("password", "").With("least", passwordLeast)
	}
	switch {
	case !utf8.ValidString(password) || len(password) > passwordMost:
		return bad("auth.password_long")
	case utf8.RuneCount(spelled(password)) < passwordLeast:
		return bad("auth.password_short")
	}
	folded := strings.ReplaceAll(area.Fold(password), " ", "")
	letters := strings.TrimFunc(folded, func(r rune) bool { return !unicode.IsLetter(r) })
	name, _, _ := strings.Cut(strings.ToLower(login), "@")
	name = strings.ReplaceAll(area.Fold(name), " ", "")
	switch {
	case common[folded], common[letters], repeats(folded), phoneLike(folded):
		return bad("auth.password_common")
	case name != "" && (letters == name || folded == name || strings.Contains(folded, name) && len(folded)-len(name) < 6):
		return bad("auth.password_login")
	}
	return nil
}

// repeats reports whether s is one short piece over and over, or a run of
// neighbouring digits or letters.
func repeats(s string) bool {
	for n := 1; n <= 4 && n < len(s); n++ {
		if strings.Repeat(s[:n], len(s)/n+1)[:len(s)] == s {
			return true
		}
	}
	up, down := true, true
	for i := 1; i < len(s); i++ {
		step := int(s[i]) - int(s[i-1])
		up = up && (step == 1 || s[i-1] == '9' && s[i] == '0')
		down = down && (step == -1 || s[i-1] == '0' && s[i] == '9')
	}
	return up || down
}

// phoneLike reports whether s is nothing but a telephone number or a date.
func phoneLike(s string) bool {
	return strings.Trim(s, "0123456789") == "" && len(s) <= 12
}
