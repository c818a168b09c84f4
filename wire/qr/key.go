package qr

import (
	"bufio"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// KeyID is the first four bytes of the SHA-256 of a public key. It finds the key
// and proves nothing; two keys of one ID are both tried.
type KeyID [4]byte

// String writes eight hex digits.
func (k KeyID) String() string { return hex.EncodeToString(k[:]) }

// MarshalText writes eight hex digits.
func (k KeyID) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// IDOf returns the ID of a public key.
func IDOf(public ed25519.PublicKey) KeyID {
	sum := sha256.Sum256(public)
	return KeyID(sum[:4])
}

// Key is one public key that codes are verified with.
type Key struct {
	Public ed25519.PublicKey
	Issuer string // who signs with it, "VN-09"; never empty
	From   string // first day on which it signed, yyyy-mm-dd; "" any
	To     string // last day; "" any
}

// Trust is what a verifier believes.
type Trust struct {
	Keys    []Key
	Issuer  string    // whose codes are taken; "" those of all Keys
	Sites   []string  // https://host that a link may lead to; nil: any. A bare token is not asked
	Now     time.Time // moment of the scan
	MostAge int       // days from issue to the last day that a code is taken; 0: no end
}

// Ages of printed codes that we advise. Ours to choose: posters fade and places
// change hands within a year; a card lasts as long as an epidemic has so far.
const (
	PosterDays = 400
	CardDays   = 1100
)

// clockDays is how far ahead of the scanning device's clock a code may have been
// issued: that clock may be wrong by a day.
const clockDays = 1

// Bounds of a key file.
const (
	keyLineBytes = 300
	keysMost     = 1000
)

// ReadKeys reads a key file: a key a line, 64 hex digits, issuer, and the first
// and last day of signing where they are known; # begins a comment. Source:
// docs/qr.md. The Field of an *Error names the line.
func ReadKeys(r io.Reader) ([]Key, error) {
	var keys []Key
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, keyLineBytes), keyLineBytes)
	n := 0
	for lines.Scan() {
		n++
		text, _, _ := strings.Cut(lines.Text(), "#")
		words := strings.Fields(text)
		if len(words) == 0 {
			continue
		}
		k, ok := readKey(words)
		if !ok || len(keys) == keysMost {
			return nil, badLine(n)
		}
		keys = append(keys, k)
	}
	if lines.Err() != nil {
		return nil, badLine(n + 1)
	}
	return keys, nil
}

func badLine(n int) error { return &Error{Field: fmt.Sprintf("line %d", n), Why: KeyFile} }

func readKey(words []string) (Key, bool) {
	public, err := hex.DecodeString(words[0])
	if err != nil || len(public) != ed25519.PublicKeySize || len(words) < 2 || len(words) > 4 {
		return Key{}, false
	}
	words = append(slices.Clone(words), "", "")
	k := Key{Public: public, Issuer: words[1], From: words[2], To: words[3]}
	for _, iso := range []string{k.From, k.To} {
		if _, err := dayOf(iso); iso != "" && err != nil {
			return Key{}, false
		}
	}
	return k, true
}

// WriteKey writes a line that ReadKeys reads.
func WriteKey(k Key) string {
	return strings.TrimSpace(fmt.Sprintf("%x %s %s %s", []byte(k.Public), k.Issuer, k.From, k.To))
}

// accept applies everything but the signature: issuer, site, days. A key that is
// too late to sign cannot be told from one whose thief dates back: a stolen key
// is taken off the list.
func (t Trust) accept(kind Kind, k Key, site string, issued int) error {
	today, iso := dayNumber(t.Now), dayText(issued)
	why := ""
	switch {
	case t.Issuer != "" && k.Issuer != t.Issuer:
		why = Foreign
	case !t.leadsHere(site):
		why = OtherSite
	case issued > today+clockDays:
		why = Early
	case k.From != "" && iso < k.From, k.To != "" && iso > k.To, t.MostAge > 0 && today > issued+t.MostAge:
		why = Expired
	}
	if why == "" {
		return nil
	}
	return &Error{Kind: kind, Why: why}
}

// leadsHere reports whether a link's site is one that is taken; a bare token has none.
func (t Trust) leadsHere(site string) bool {
	return t.Sites == nil || site == "" || slices.Contains(t.Sites, site)
}
