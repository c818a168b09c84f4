package qr

import (
	"encoding/base64"
	"strconv"
	"strings"
)

// Our codes are links, https://host/v#TOKEN: a phone's own camera opens a page,
// and what stands behind # is never sent to a server by the browser (RFC 3986,
// 3.5). TOKEN is base64url without padding (RFC 4648, 5) of a head byte, which
// holds version and kind, and a body of fixed length. All lengths are multiples
// of three bytes, so that no text has bits to spare.

// pages are the paths of our codes, one letter each so that the code stays small; orders have a page of their own (order.go).
var pages = map[string]Kind{"/v": PlacePoster, "/c": PersonCard, "/p": PersonPhone, "/d": Declaration}

// Head bytes: version 1 in the high half, the kind in the low.
const (
	headPlace byte = 0x11
	headCard  byte = 0x12
	headPhone byte = 0x13

	headDeclaration byte = 0x14
	headOrder       byte = 0x15
)

const hostBytes = 100

var base64url = base64.RawURLEncoding.Strict()

// isLink reports whether text is meant as a link, rightly written or not.
func isLink(text string) bool {
	head := strings.ToLower(text[:min(len(text), 8)])
	return strings.HasPrefix(head, "http:") || strings.HasPrefix(head, "https:")
}

func readLink(text string) (Code, error) {
	if c, ours, err := readOrderLink(text); ours {
		return c, err
	}
	site, path, token := splitLink(text)
	kind, ours := pages[path]
	if !ours {
		return Code{}, &Error{Why: Unknown}
	}
	if !isSite(site) {
		return Code{}, &Error{Kind: kind, Field: "link", Why: Form}
	}
	if kind == PersonPhone {
		u, err := ReadPhone(token)
		if err != nil {
			return Code{}, err
		}
		u.site = site
		return Code{Kind: kind, Phone: &u}, nil
	}
	if kind == Declaration {
		u, err := ReadDeclaration(token)
		if err != nil {
			return Code{}, err
		}
		u.site = site
		return Code{Kind: kind, Declaration: &u}, nil
	}
	s, err := readSigned(kind, token)
	if err != nil {
		return Code{}, err
	}
	s.site = site
	if kind == PersonCard {
		return Code{Kind: kind, Card: &UnverifiedCard{s}}, nil
	}
	return Code{Kind: kind, Place: &UnverifiedPlace{s}}, nil
}

// splitLink cuts https://host | /v | TOKEN apart; path is "" for another link.
func splitLink(text string) (site, path, token string) {
	rest, token, found := strings.Cut(text, "#")
	slash := strings.LastIndexByte(rest, '/')
	if !found || slash < len("https://") {
		return "", "", ""
	}
	return rest[:slash], rest[slash:], token
}

// isSite reports whether s is https://host[:port] in its one spelling: lower
// case, ASCII (a name with marks in its xn-- form). Plain http is for this
// machine only, where demos run.
func isSite(s string) bool {
	rest, secure := strings.CutPrefix(s, "https://")
	if !secure {
		rest, _ = strings.CutPrefix(s, "http://")
	}
	host, port, hasPort := strings.Cut(rest, ":")
	if len(rest) == len(s) || len(host) > hostBytes || hasPort && !isPort(port) {
		return false
	}
	if !secure && host != "localhost" && host != "127.0.0.1" {
		return false
	}
	for label := range strings.SplitSeq(host, ".") {
		if label == "" || !allOf(label, "abcdefghijklmnopqrstuvwxyz0123456789-") || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
	}
	return true
}

func isPort(s string) bool {
	n, err := strconv.ParseUint(s, 10, 16)
	return err == nil && n > 0 && strconv.FormatUint(n, 10) == s
}

// link puts a token behind site's page for kind.
func link(site string, kind Kind, token string) (string, error) {
	if !isSite(site) {
		return "", &Error{Kind: kind, Field: "link", Why: Form}
	}
	for path, k := range pages {
		if k == kind {
			return site + path + "#" + token, nil
		}
	}
	return "", &Error{Kind: kind, Why: Unknown}
}

// unpack decodes a token into body, whose first byte must be head. There is one
// text for each body: no padding, no line ends, no other alphabet, no spare bits.
func unpack(kind Kind, token string, head byte, body []byte) error {
	var first [3]byte
	if len(token) < 4 {
		return &Error{Kind: kind, Field: "token", Why: CutShort}
	}
	if _, err := base64url.Decode(first[:], []byte(token[:4])); err != nil {
		return &Error{Kind: kind, Field: "token", Why: Form}
	}
	want := base64url.EncodedLen(len(body))
	switch {
	case first[0] != head:
		return &Error{Kind: kind, Field: "token", Why: Version}
	case len(token) < want:
		return &Error{Kind: kind, Field: "token", Why: CutShort}
	case len(token) > want:
		return &Error{Kind: kind, Field: "token", Why: Form}
	}
	if n, err := base64url.Decode(body, []byte(token)); err != nil || n != len(body) { // fewer: Decode skipped a line end
		return &Error{Kind: kind, Field: "token", Why: Form}
	}
	return nil
}
