package qr

import (
	"crypto/ed25519"
	"strings"
)

// OrderDays is how long the code of an order is taken: its issuer forgets whom the
// order named after a year.
const OrderDays = 800

// orderPath is the page of orders. Its token stands in the path, not behind #: the
// issuer has to say whether the order still stands, to any telephone, without a
// script; and the token is of a paper that is made to be shown.
const orderPath = "/order/"

// UnverifiedOrder is the code of a printed order before its signature is checked.
type UnverifiedOrder struct{ signed }

// OrderCode is what an order's code says, once verified: that its issuer signed this
// order on this day. Whom it is for, from when to when, and whether it was withdrawn
// the issuer says.
type OrderCode struct {
	Order  [16]byte // UUID
	Signed string   // yyyy-mm-dd
	Key    KeyID
	Issuer string // of the key
}

// SignOrder makes the code of an order, signed on a day (yyyy-mm-dd).
func SignOrder(private ed25519.PrivateKey, order [16]byte, on string) (UnverifiedOrder, error) {
	s, err := sign(private, Order, order, on)
	return UnverifiedOrder{s}, err
}

// ReadOrder reads the token of an order's link, its last part.
func ReadOrder(token string) (UnverifiedOrder, error) {
	s, err := readSigned(Order, token)
	return UnverifiedOrder{s}, err
}

// Verify checks the signature, then issuer, site and days.
func (u UnverifiedOrder) Verify(t Trust) (OrderCode, error) {
	k, err := u.verify(Order, t)
	if err != nil {
		return OrderCode{}, err
	}
	return OrderCode{Order: u.id(), Signed: dayText(u.day()), Key: u.Key(), Issuer: k.Issuer}, nil
}

// Link is the text of the QR code, for a site "https://host".
func (u UnverifiedOrder) Link(site string) (string, error) {
	if !isSite(site) {
		return "", &Error{Kind: Order, Field: "link", Why: Form}
	}
	return site + orderPath + u.Token(), nil
}

// String says no more than may be known before Verify.
func (u UnverifiedOrder) String() string { return "unverified order code, key " + u.Key().String() }

// readOrderLink reads a link to the page of orders; ours is false for another link.
func readOrderLink(text string) (c Code, ours bool, err error) {
	site, token, ours := strings.Cut(text, orderPath)
	if !ours || strings.Contains(site, "#") {
		return Code{}, false, nil
	}
	if !isSite(site) {
		return Code{}, true, &Error{Kind: Order, Field: "link", Why: Form}
	}
	u, err := ReadOrder(token)
	if err != nil {
		return Code{}, true, err
	}
	u.site = site
	return Code{Kind: Order, Order: &u}, true, nil
}
