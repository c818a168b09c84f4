package qr

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// likeBar are signs that look like the separator | and are not.
const likeBar = "¦ǀ‖∣│┃❘｜￨⏐⎪"

// Bounds of a text within a code. The longest name that a card of 2021 prints
// and the longest address are not published; these are generous.
const (
	nameRunes = 100
	textRunes = 300
	marksMost = 3 // upon one another: ế has two in NFD; one more for Ê Đê and Ba Na
)

// unclean returns why text is nothing that a code can say, "" when it is clean.
func unclean(text string) string {
	switch {
	case text == "":
		return Empty
	case len(text) > TextBytes:
		return TooLong
	case !utf8.ValidString(text):
		return Encoding
	case isMojibake(text): // before the controls that it may contain
		return Mojibake
	}
	marks := 0
	for _, r := range text {
		if why := uncleanRune(r); why != "" {
			return why
		}
		if marks++; !unicode.Is(unicode.Mn, r) {
			marks = 0
		}
		if marks > marksMost {
			return Hidden
		}
	}
	return ""
}

func uncleanRune(r rune) string {
	switch {
	case r < 0x7f && r >= ' ':
		return ""
	case r == utf8.RuneError:
		return Encoding
	case unicode.IsControl(r), unicode.In(r, unicode.Zl, unicode.Zp):
		return Control
	case unicode.Is(unicode.Bidi_Control, r):
		return Bidi
	case unicode.In(r, unicode.Cf, unicode.Co, unicode.Cs, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point):
		return Hidden
	case unicode.In(r, unicode.L, unicode.M, unicode.N, unicode.P, unicode.S, unicode.Zs):
		return ""
	}
	return Hidden // not assigned
}

// isMojibake finds what the UTF-8 of ắ, ễ, đ, Đ, ư, ơ looks like when it is read
// as Windows-1252 or Latin-1. None of these pairs occurs in Vietnamese.
func isMojibake(text string) bool {
	for _, pair := range []string{"á»", "áº", "Ä‘", "Ä\u0091", "Ä\u0090", "Æ°", "Æ¡"} {
		if strings.Contains(text, pair) {
			return true
		}
	}
	return false
}

// reading is one card being read: it gathers flags and keeps the first error.
type reading struct {
	kind  Kind
	flags []Flag
	err   *Error
}

func (c *reading) flag(f Flag) {
	for _, have := range c.flags {
		if have == f {
			return
		}
	}
	c.flags = append(c.flags, f)
}

func (c *reading) fail(field, why string) {
	if c.err == nil {
		c.err = &Error{Kind: c.kind, Field: field, Why: why}
	}
}

// text returns s in NFC with single spaces. It may be empty.
func (c *reading) text(field, s string) string {
	if !norm.NFC.IsNormalString(s) {
		c.flag(Decomposed)
		s = norm.NFC.String(s)
		if why := unclean(s); why != "" { // NFC takes some rare signs apart
			c.fail(field, why)
		}
	}
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool { return unicode.Is(unicode.Zs, r) }), " ")
	if utf8.RuneCountInString(s) > textRunes {
		c.fail(field, Text)
	}
	return s
}

// name returns a name; letters that are not Latin are flagged, signs refused. Ð
// and Þ are flagged too: that is what Đ and ~ of Windows-1258 look like when a
// scanner took them for Latin-1.
func (c *reading) name(field, s string) string {
	s = c.text(field, s)
	letters := 0
	for _, r := range s {
		switch {
		case unicode.IsLetter(r):
			letters++
			if !unicode.Is(unicode.Latin, r) || strings.ContainsRune("ÐðÞþ", r) {
				c.flag(NameScript)
			}
		case !unicode.Is(unicode.M, r) && !strings.ContainsRune(" '’.-", r):
			c.fail(field, Name)
		}
	}
	if letters == 0 || utf8.RuneCountInString(s) > nameRunes {
		c.fail(field, Name)
	}
	return s
}

// sex reads one of two words or digits, whatever their case.
func (c *reading) sex(s, male, female string) string {
	switch fold := strings.ToLower(norm.NFC.String(s)); fold {
	case male:
		return "male"
	case female, "nu":
		return "female"
	}
	c.fail("sex", Sex)
	return ""
}

// isDigits reports whether s is n ASCII digits.
func isDigits(s string, n int) bool { return len(s) == n && allOf(s, "0123456789") }

// allOf reports whether s has only bytes of set; an empty s does.
func allOf(s, set string) bool { return strings.Trim(s, set) == "" }
