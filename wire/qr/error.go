package qr

import (
	"fmt"
	"time"
)

// Why a text cannot be read or a code is not accepted; the values name sentences
// of a catalog.
const (
	// Any text.
	Empty     = "empty"
	TooLong   = "too_long"  // over TextBytes
	Encoding  = "encoding"  // not UTF-8 (Windows-1258, TCVN3), or letters already lost
	Mojibake  = "mojibake"  // UTF-8 that the scanner took for Windows-1252
	Control   = "control"   // a control character
	Bidi      = "bidi"      // a character that turns the direction of writing
	Hidden    = "hidden"    // another character that nobody sees, or marks piled up
	Separator = "separator" // a sign that only looks like |
	Unknown   = "unknown"   // none of the codes that are known

	// A field of a card.
	CutShort = "cut_short" // the text ends too early
	Fields   = "fields"    // more fields than any layout that is known
	Number   = "number"    // not the digits it should be
	Name     = "name"      // none, too long, or not a name's letters
	Date     = "date"      // no such day, or not in a form that is known
	Sex      = "sex"       // neither word or digit that is known
	Text     = "text"      // too long, or not the hex of a text

	// Our own codes.
	Form       = "form"        // not the one text that a code has
	Version    = "version"     // a version or kind that this program does not know
	OtherSite  = "other_site"  // the link leads elsewhere
	UnknownKey = "unknown_key" // signed with a key, or shown by a phone, that is not known
	Forged     = "forged"      // the signature is wrong
	Foreign    = "foreign"     // rightly signed, by another issuer
	Expired    = "expired"     // too old, or its key's time is over
	Early      = "early"       // issued on a day to come
	Stale      = "stale"       // a phone's code of earlier: a screenshot, or a slow clock
	Ahead      = "ahead"       // a phone's code of later: a fast clock
	KeyFile    = "key_file"    // a line of a key file that cannot be read
)

// Whys lists all of them, for whoever keeps the catalog complete.
var Whys = []string{Empty, TooLong, Encoding, Mojibake, Control, Bidi, Hidden, Separator, Unknown,
	CutShort, Fields, Number, Name, Date, Sex, Text,
	Form, Version, OtherSite, UnknownKey, Forged, Foreign, Expired, Early, Stale, Ahead, KeyFile}

// Error says which code ("" when it is not known which), which field ("" for
// the whole) and why. It never holds what stood there: that is somebody's name
// or number, and errors go to logs.
type Error struct {
	Kind  Kind
	Field string // as in the JSON of the code's type
	Why   string
	Off   time.Duration // Stale, Ahead: how far the phone's clock is off; negative when behind
}

// Error says kind, field and cause, for logs.
func (e *Error) Error() string {
	kind, field := e.Kind, e.Field
	if kind == "" {
		kind = "text"
	}
	if field != "" {
		field = " field " + field
	}
	return fmt.Sprintf("qr: %s%s: %s", kind, field, e.Why)
}
