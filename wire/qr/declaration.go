package qr

import (
	"crypto/ed25519"
	"encoding/binary"
	"fmt"
	"time"
)

// A declaration's body is 90 bytes: head 1, key id 4, until 4 (Unix seconds, big
// endian), grade 1, id 16, Ed25519 signature 64 of the domain and the 26 bytes
// before it. Its token has 120 characters.
const (
	declarationBytes  = 90
	declarationClaim  = 26
	domainDeclaration = "khien/qr declaration v1\n"
)

// DeclarationDays is the longest that a declaration's code may run. A day of
// until farther ahead was signed by nobody's rule.
const DeclarationDays = 31

// Grade is what the answers of a declaration came to, by the province's rule.
type Grade string

// The grades, from the one that passes.
const (
	Green  Grade = "green"
	Yellow Grade = "yellow"
	Red    Grade = "red"
)

// grades are the bytes of the grades: their place here, and one more.
var grades = []Grade{Green, Yellow, Red}

// DeclarationCode is what a declaration's code says, once verified: that its
// issuer graded the declaration so, until then. It names nobody, and that its
// bearer made the declaration it does not say: whoever must know reads the
// declaration online, where it may also have been corrected or withdrawn.
type DeclarationCode struct {
	Declaration [16]byte
	Grade       Grade
	Until       time.Time // to the second, UTC
	Key         KeyID     // set by Verify
	Issuer      string    // of the key, set by Verify
}

// UnverifiedDeclaration is the code of a declaration before its signature is checked.
type UnverifiedDeclaration struct {
	site string
	body [declarationBytes]byte
}

// SignDeclaration makes the code of a declaration.
func SignDeclaration(private ed25519.PrivateKey, d DeclarationCode) (UnverifiedDeclaration, error) {
	grade, until := gradeByte(d.Grade), d.Until.Unix()
	if d.Declaration == [16]byte{} || grade == 0 || until <= 0 || until > 1<<32-1 || len(private) != ed25519.PrivateKeySize {
		return UnverifiedDeclaration{}, fmt.Errorf("qr: a declaration needs an id, a grade, an end and a private key of %d bytes", ed25519.PrivateKeySize)
	}
	var u UnverifiedDeclaration
	key := IDOf(ed25519.PublicKey(private[ed25519.SeedSize:]))
	u.body[0] = headDeclaration
	copy(u.body[1:5], key[:])
	binary.BigEndian.PutUint32(u.body[5:9], uint32(until))
	u.body[9] = grade
	copy(u.body[10:declarationClaim], d.Declaration[:])
	copy(u.body[declarationClaim:], ed25519.Sign(private, u.message()))
	return u, nil
}

func gradeByte(g Grade) byte {
	for i, known := range grades {
		if g == known {
			return byte(i + 1)
		}
	}
	return 0
}

// ReadDeclaration reads the token of a declaration's link, what stands behind #.
func ReadDeclaration(token string) (UnverifiedDeclaration, error) {
	var u UnverifiedDeclaration
	if err := unpack(Declaration, token, headDeclaration, u.body[:]); err != nil {
		return UnverifiedDeclaration{}, err
	}
	if g := u.body[9]; g == 0 || int(g) > len(grades) || [16]byte(u.body[10:declarationClaim]) == [16]byte{} {
		return UnverifiedDeclaration{}, &Error{Kind: Declaration, Field: "token", Why: Form}
	}
	return u, nil
}

func (u UnverifiedDeclaration) message() []byte {
	return append([]byte(domainDeclaration), u.body[:declarationClaim]...)
}

// Verify checks the signature, then issuer, site and the end. What has ended is
// Expired and comes back beside the error, so that a gate can say since when.
func (u UnverifiedDeclaration) Verify(t Trust) (DeclarationCode, error) {
	why := UnknownKey
	for _, k := range t.Keys {
		if len(k.Public) != ed25519.PublicKeySize || IDOf(k.Public) != u.Key() {
			continue
		}
		if why = Forged; !ed25519.Verify(k.Public, u.message(), u.body[declarationClaim:]) {
			continue
		}
		until := time.Unix(int64(binary.BigEndian.Uint32(u.body[5:9])), 0).UTC()
		d := DeclarationCode{Declaration: [16]byte(u.body[10:declarationClaim]), Grade: grades[u.body[9]-1], Until: until, Key: u.Key(), Issuer: k.Issuer}
		switch why = t.doubt(k, u.site, until); why {
		case "":
			return d, nil
		case Expired:
			return d, &Error{Kind: Declaration, Why: why}
		}
		return DeclarationCode{}, &Error{Kind: Declaration, Why: why}
	}
	return DeclarationCode{}, &Error{Kind: Declaration, Why: why}
}

// doubt says why a rightly signed declaration that runs until then is not taken.
// Its key must have begun to sign by then, and may have ceased before.
func (t Trust) doubt(k Key, site string, until time.Time) (why string) {
	switch {
	case t.Issuer != "" && k.Issuer != t.Issuer:
		return Foreign
	case !t.leadsHere(site):
		return OtherSite
	case until.After(t.Now.AddDate(0, 0, DeclarationDays+clockDays)):
		return Early
	case !until.After(t.Now), k.From != "" && dayText(dayNumber(until)) < k.From, k.To != "" && dayText(dayNumber(until)-DeclarationDays) > k.To:
		return Expired
	}
	return ""
}

// Site is the https://host that the scanned link leads to; "" for a bare token.
func (u UnverifiedDeclaration) Site() string { return u.site }

// Key names the key that is needed to verify.
func (u UnverifiedDeclaration) Key() KeyID { return KeyID(u.body[1:5]) }

// Token is the one text behind # of this code, 120 characters, to be handed on.
func (u UnverifiedDeclaration) Token() string { return base64url.EncodeToString(u.body[:]) }

// Link is the text of the QR code, for a site "https://host".
func (u UnverifiedDeclaration) Link(site string) (string, error) {
	return link(site, Declaration, u.Token())
}

// String says no more than may be known before Verify.
func (u UnverifiedDeclaration) String() string {
	return "unverified declaration code, key " + u.Key().String()
}
