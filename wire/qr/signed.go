package qr

import (
	"crypto/ed25519"
	"encoding/binary"
	"fmt"
)

// A signed body is 87 bytes: head 1, key id 4, issue day 2 (big endian, from
// 2020-01-01), id 16, Ed25519 signature 64 (RFC 8032) of the kind's domain and
// the 23 bytes before it. Its token has 116 characters.
const (
	signedBytes = 87
	claimBytes  = 23
)

// Domains keep a signature of one kind from standing for another, and ours from
// anything else that the same key may ever sign.
var (
	domains = map[Kind]string{PlacePoster: "khien/qr place v1\n", PersonCard: "khien/qr person card v1\n", Order: "khien/qr order v1\n"}
	heads   = map[Kind]byte{PlacePoster: headPlace, PersonCard: headCard, Order: headOrder}
)

// signed is what UnverifiedPlace and UnverifiedCard have in common.
type signed struct {
	site string // https://host of the link; "" of a bare token
	body [signedBytes]byte
}

// Site is the https://host that the scanned link leads to; "" for a bare token.
// It is not signed.
func (s signed) Site() string { return s.site }

// Key names the key that is needed to verify.
func (s signed) Key() KeyID { return KeyID(s.body[1:5]) }

// Token is the one text behind # of this code, 116 characters, to be handed on.
func (s signed) Token() string { return base64url.EncodeToString(s.body[:]) }

func (s signed) day() int     { return int(binary.BigEndian.Uint16(s.body[5:7])) }
func (s signed) id() [16]byte { return [16]byte(s.body[7:23]) }

func readSigned(kind Kind, token string) (signed, error) {
	var s signed
	if err := unpack(kind, token, heads[kind], s.body[:]); err != nil {
		return signed{}, err
	}
	if s.id() == [16]byte{} {
		return signed{}, &Error{Kind: kind, Field: "token", Why: Form}
	}
	return s, nil
}

// message is what is signed.
func (s signed) message(kind Kind) []byte {
	return append([]byte(domains[kind]), s.body[:claimBytes]...)
}

func sign(private ed25519.PrivateKey, kind Kind, id [16]byte, issued string) (signed, error) {
	day, err := dayOf(issued)
	if err != nil {
		return signed{}, err
	}
	if id == [16]byte{} || len(private) != ed25519.PrivateKeySize {
		return signed{}, fmt.Errorf("qr: a code needs an id and a private key of %d bytes", ed25519.PrivateKeySize)
	}
	var s signed
	key := IDOf(ed25519.PublicKey(private[ed25519.SeedSize:]))
	s.body[0] = heads[kind]
	copy(s.body[1:5], key[:])
	binary.BigEndian.PutUint16(s.body[5:7], uint16(day))
	copy(s.body[7:23], id[:])
	copy(s.body[claimBytes:], ed25519.Sign(private, s.message(kind)))
	return s, nil
}

// verify returns the key that signed s, when t takes the code.
func (s signed) verify(kind Kind, t Trust) (Key, error) {
	why := UnknownKey
	for _, k := range t.Keys {
		if len(k.Public) != ed25519.PublicKeySize || IDOf(k.Public) != s.Key() {
			continue
		}
		if ed25519.Verify(k.Public, s.message(kind), s.body[claimBytes:]) {
			return k, t.accept(kind, k, s.site, s.day())
		}
		why = Forged
	}
	return Key{}, &Error{Kind: kind, Why: why}
}

// UnverifiedPlace is the code of a poster before its signature is checked. Until
// Verify it tells only where it leads and which key it names.
type UnverifiedPlace struct{ signed }

// PlaceCode is what a poster says, once verified: that its issuer gave this code
// to this place on this day. That somebody was there it does not say; a photo of
// the poster is the same code. Whoever knows the place compares Issued with the
// day from which its codes count, so that a withdrawn poster is found out.
type PlaceCode struct {
	Place  [16]byte // UUID
	Issued string   // yyyy-mm-dd
	Key    KeyID
	Issuer string // of the key
}

// SignPlace makes the code of a place, issued on a day (yyyy-mm-dd).
func SignPlace(private ed25519.PrivateKey, place [16]byte, issued string) (UnverifiedPlace, error) {
	s, err := sign(private, PlacePoster, place, issued)
	return UnverifiedPlace{s}, err
}

// ReadPlace reads the token of a poster's link, what stands behind #.
func ReadPlace(token string) (UnverifiedPlace, error) {
	s, err := readSigned(PlacePoster, token)
	return UnverifiedPlace{s}, err
}

// Verify checks the signature, then issuer, site and days.
func (u UnverifiedPlace) Verify(t Trust) (PlaceCode, error) {
	k, err := u.verify(PlacePoster, t)
	if err != nil {
		return PlaceCode{}, err
	}
	return PlaceCode{Place: u.id(), Issued: dayText(u.day()), Key: u.Key(), Issuer: k.Issuer}, nil
}

// Link is the text of the QR code, for a site "https://host".
func (u UnverifiedPlace) Link(site string) (string, error) {
	return link(site, PlacePoster, u.Token())
}

// String says no more than may be known before Verify.
func (u UnverifiedPlace) String() string { return "unverified place code, key " + u.Key().String() }

// UnverifiedCard is the code of a person's printed card before its signature is
// checked.
type UnverifiedCard struct{ signed }

// CardCode is what a printed card says, once verified: that its issuer made this
// token. The token is 16 random bytes that lead to a person in the issuer's
// database only, are stored there as a hash, can be withdrawn, and grant one
// thing: that a keeper checks the bearer in. Never show by it what is held about
// the person.
type CardCode struct {
	Token  [16]byte
	Issued string // yyyy-mm-dd
	Key    KeyID
	Issuer string // of the key
}

// SignCard makes the code of a card from 16 random bytes, issued on a day.
func SignCard(private ed25519.PrivateKey, token [16]byte, issued string) (UnverifiedCard, error) {
	s, err := sign(private, PersonCard, token, issued)
	return UnverifiedCard{s}, err
}

// ReadCard reads the token of a card's link, what stands behind #.
func ReadCard(token string) (UnverifiedCard, error) {
	s, err := readSigned(PersonCard, token)
	return UnverifiedCard{s}, err
}

// Verify checks the signature, then issuer, site and days. That the card was not
// withdrawn its issuer knows.
func (u UnverifiedCard) Verify(t Trust) (CardCode, error) {
	k, err := u.verify(PersonCard, t)
	if err != nil {
		return CardCode{}, err
	}
	return CardCode{Token: u.id(), Issued: dayText(u.day()), Key: u.Key(), Issuer: k.Issuer}, nil
}

// Link is the text of the QR code, for a site "https://host".
func (u UnverifiedCard) Link(site string) (string, error) {
	return link(site, PersonCard, u.Token())
}

// String says no more than may be known before Verify.
func (u UnverifiedCard) String() string { return "unverified person card, key " + u.Key().String() }
