package auth

import (
	"bytes"
	"crypto/rand"
	"encoding/base32"
	"encoding/base64"
	"encoding/binary"
	"html/template"
	"image/png"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"

	"khien/kernel/fault"
	"khien/kernel/id"
)

// TOTP as RFC 6238 recommends: 30 seconds, six digits, SHA-1 (what every
// authenticator app knows), one step of tolerance on either side.
const (
	stepSeconds   = 30
	stepTolerance = 1
	recoveryCodes = 8
	enrolFor      = time.Hour // from the page shown to the code typed
)

var b32 = base32.StdEncoding.WithPadding(base32.NoPadding)

var hotpOptions = hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1}

// matchStep returns the time step whose code this is, later than last; 0 when none.
// A code is good once: the step is never taken twice.
func matchStep(secret, code string, now time.Time, last int64) int64 {
	current := now.Unix() / stepSeconds
	var found int64
	for step := current - stepTolerance; step <= current+stepTolerance; step++ {
		ok, err := hotp.ValidateCustom(code, uint64(step), secret, hotpOptions)
		if err == nil && ok && step > last && found == 0 {
			found = step
		}
	}
	return found
}

// Enrolment is a second factor that is offered and not yet confirmed.
type Enrolment struct {
	Secret string       // base32, in groups of four, for typing
	QR     template.URL // PNG, as a data: URL
	Sealed string       // the form gives it back with the code
}

// offer makes a new second factor for login; bind ties it to the page's purpose.
func (s *Service) offer(login string, bind []byte) (Enrolment, error) {
	key, err := totp.Generate(totp.GenerateOpts{Issuer: s.Issuer, AccountName: login, SecretSize: 20, Rand: rand.Reader})
	if err != nil {
		return Enrolment{}, err
	}
	plain := binary.BigEndian.AppendUint64(nil, uint64(s.now().Add(enrolFor).UnixMilli()))
	sealed := s.Keys.Seal("auth enrolment", append(plain, key.Secret()...), bind)
	return s.enrolment(key, base64.RawURLEncoding.EncodeToString(sealed))
}

// offered shows an offer again, as after a mistyped code; a new one when it is too old.
func (s *Service) offered(login, sealed string, bind []byte) (Enrolment, error) {
	secret, err := s.openOffer(sealed, bind)
	if err != nil {
		return s.offer(login, bind)
	}
	raw, err := b32.DecodeString(secret)
	if err != nil {
		return s.offer(login, bind)
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: s.Issuer, AccountName: login, Secret: raw})
	if err != nil {
		return Enrolment{}, err
	}
	return s.enrolment(key, sealed)
}

func (s *Service) enrolment(key *otp.Key, sealed string) (Enrolment, error) {
	img, err := key.Image(240, 240)
	if err != nil {
		return Enrolment{}, err
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		return Enrolment{}, err
	}
	return Enrolment{
		Secret: grouped(key.Secret(), 4, " "), Sealed: sealed,
		QR: template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(b.Bytes())),
	}, nil
}

// openOffer returns the secret of an offer made for the same purpose.
func (s *Service) openOffer(sealed string, bind []byte) (secret string, err error) {
	old := fault.New(fault.Invalid, "auth.offer").At("code", "")
	b, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil {
		return "", old
	}
	plain, err := s.Keys.OpenSealed("auth enrolment", b, bind)
	if err != nil || len(plain) < 9 || s.now().UnixMilli() > int64(binary.BigEndian.Uint64(plain)) {
		return "", old
	}
	return string(plain[8:]), nil
}

// confirm checks the first code of an offer and returns the secret and the step of the code.
func (s *Service) confirm(sealed, code string, bind []byte) (secret string, step int64, err error) {
	secret, err = s.openOffer(sealed, bind)
	if err != nil {
		return "", 0, err
	}
	if step = matchStep(secret, plainCode(code), s.now(), 0); step == 0 {
		return "", 0, fault.New(fault.Invalid, "auth.code").At("code", "")
	}
	return secret, step, nil
}

func totpPlace(account id.ID) []byte { return []byte("auth_account|totp|" + account.String()) }

func (s *Service) sealTOTP(account id.ID, secret string) []byte {
	return s.Keys.Seal("auth totp", []byte(secret), totpPlace(account))
}

func (s *Service) openTOTP(a Account) (string, error) {
	b, err := s.Keys.OpenSealed("auth totp", a.totpSealed, totpPlace(a.ID))
	return string(b), err
}

// newRecovery returns fresh one-time codes, as shown once and as hashed for the table.
func (s *Service) newRecovery(account id.ID) (codes []string, hashes [][]byte) {
	for range recoveryCodes {
		code := b32.EncodeToString(random(10))[:12] // 60 bits
		codes = append(codes, grouped(code, 4, "-"))
		hashes = append(hashes, s.recoveryHash(account, code))
	}
	return codes, hashes
}

func (s *Service) recoveryHash(account id.ID, code string) []byte {
	return s.Keys.BlindIndex("auth recovery", account.String()+"|"+code)
}

// plainCode is a code as typed, without spaces and dashes.
func plainCode(s string) string {
	return strings.ToUpper(strings.NewReplacer(" ", "", "-", "").Replace(strings.TrimSpace(s)))
}

// grouped puts sep between every n letters.
func grouped(s string, n int, sep string) string {
	var parts []string
	for len(s) > n {
		parts, s = append(parts, s[:n]), s[n:]
	}
	return strings.Join(append(parts, s), sep)
}
