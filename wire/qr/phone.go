package qr

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"time"
)

// A phone's body is 33 bytes: head 1, handle 16, step 4 (big endian), tag 12.
// The tag is the beginning of HMAC-SHA256 (RFC 2104; 96 bits as in RFC 4868)
// over the phone's domain and the 21 bytes before it. Its token has 44
// characters, few enough for a cracked screen in sunlight.
const (
	phoneBytes  = 33
	phoneClaim  = 21
	domainPhone = "khien/qr person phone v1\n"
)

// SecretBytes is the length of a phone's secret.
const SecretBytes = 32

// PhoneStep is how long one code is shown. 30 s as in RFC 6238, 5.2: long enough
// to be scanned, short enough that a screenshot sent on is too old.
const PhoneStep = 30 * time.Second

// Window is how many steps a phone's code may be from the moment of the scan.
type Window struct{ Back, Ahead int }

// Windows that we advise. Online the server's clock judges, and phones set
// theirs by it when they load the page. Offline it is the keeper's device: the
// visit is judged on delivery, by the moment that device noted.
var (
	Online  = Window{Back: 2, Ahead: 1}   // 90 s and 30 s (RFC 6238, 5.2 advises one step each way)
	Offline = Window{Back: 10, Ahead: 10} // 5 minutes each way
)

// Remember is how long a step that was accepted must be remembered, so that it
// is not accepted for the same handle at another place.
func (w Window) Remember() time.Duration { return time.Duration(w.Back+w.Ahead+1) * PhoneStep }

// UnverifiedPhone is the code on a person's phone before its tag is checked.
type UnverifiedPhone struct {
	site string
	body [phoneBytes]byte
}

// PhoneCode is what a phone's code says, once verified: that the phone which was
// given the secret of Handle showed it in this step. It is good for one place:
// whoever accepts it remembers (Handle, Step) for Window.Remember and refuses it
// elsewhere; the same place twice is one visit delivered twice.
type PhoneCode struct {
	Handle [16]byte // random, given to the phone with its secret; no id of a person
	Step   uint32   // since 1970 in PhoneSteps
}

// Shown is the moment at which the step began.
func (p PhoneCode) Shown() time.Time { return time.Unix(int64(p.Step)*30, 0).UTC() }

// StepAt returns the step of a moment of the years 1970 to 6053.
func StepAt(moment time.Time) uint32 { return uint32(moment.Unix() / int64(PhoneStep/time.Second)) }

// ShowPhone makes the code that a phone shows at a moment, from the handle and
// the secret of SecretBytes that the server gave it.
func ShowPhone(handle [16]byte, secret []byte, at time.Time) (UnverifiedPhone, error) {
	if len(secret) != SecretBytes || handle == [16]byte{} {
		return UnverifiedPhone{}, fmt.Errorf("qr: a phone needs a handle and a secret of %d bytes", SecretBytes)
	}
	var u UnverifiedPhone
	u.body[0] = headPhone
	copy(u.body[1:17], handle[:])
	binary.BigEndian.PutUint32(u.body[17:21], StepAt(at))
	copy(u.body[phoneClaim:], u.tag(secret))
	return u, nil
}

// ReadPhone reads the token of a phone's link, what stands behind #.
func ReadPhone(token string) (UnverifiedPhone, error) {
	var u UnverifiedPhone
	if err := unpack(PersonPhone, token, headPhone, u.body[:]); err != nil {
		return UnverifiedPhone{}, err
	}
	if u.handle() == [16]byte{} {
		return UnverifiedPhone{}, &Error{Kind: PersonPhone, Field: "token", Why: Form}
	}
	return u, nil
}

func (u UnverifiedPhone) handle() [16]byte { return [16]byte(u.body[1:17]) }

func (u UnverifiedPhone) tag(secret []byte) []byte {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(domainPhone))
	mac.Write(u.body[:phoneClaim])
	return mac.Sum(nil)[:phoneBytes-phoneClaim]
}

// Verify checks the tag, then the step against at, the moment of the scan.
// secretOf returns the secret of a handle, nil when there is none or it was
// withdrawn (UnknownKey); its errors are passed on. Off in Stale and Ahead says
// by how much the phone's clock differs, so that a page can say so.
func (u UnverifiedPhone) Verify(secretOf func(handle [16]byte) ([]byte, error), at time.Time, w Window) (PhoneCode, error) {
	secret, err := secretOf(u.handle())
	switch {
	case err != nil:
		return PhoneCode{}, fmt.Errorf("qr: secret of a phone: %w", err)
	case len(secret) != SecretBytes:
		return PhoneCode{}, &Error{Kind: PersonPhone, Why: UnknownKey}
	case !hmac.Equal(u.tag(secret), u.body[phoneClaim:]):
		return PhoneCode{}, &Error{Kind: PersonPhone, Why: Forged}
	}
	p := PhoneCode{Handle: u.handle(), Step: binary.BigEndian.Uint32(u.body[17:21])}
	switch steps := int64(p.Step) - int64(StepAt(at)); {
	case steps < -int64(w.Back):
		return PhoneCode{}, &Error{Kind: PersonPhone, Why: Stale, Off: off(steps)}
	case steps > int64(w.Ahead):
		return PhoneCode{}, &Error{Kind: PersonPhone, Why: Ahead, Off: off(steps)}
	}
	return p, nil
}

// off is a number of steps as a time, at most a hundred years either way.
func off(steps int64) time.Duration {
	const most = 100 * 365 * 24 * int64(time.Hour/PhoneStep)
	return time.Duration(max(-most, min(steps, most))) * PhoneStep
}

// Site is the https://host that the scanned link leads to; "" for a bare token.
func (u UnverifiedPhone) Site() string { return u.site }

// Token is the one text behind # of this code, 44 characters, to be handed on.
func (u UnverifiedPhone) Token() string { return base64url.EncodeToString(u.body[:]) }

// Link is the text of the QR code, for a site "https://host".
func (u UnverifiedPhone) Link(site string) (string, error) {
	return link(site, PersonPhone, u.Token())
}

// String says no more than may be known before Verify.
func (u UnverifiedPhone) String() string { return "unverified phone code" }
