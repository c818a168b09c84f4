package area

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// plain maps every marked Vietnamese letter to its bare lower-case letter.
var plain = func() map[rune]rune {
	m := map[rune]rune{'đ': 'd', 'Đ': 'd', 'ð': 'd', 'Ð': 'd'}
	for _, base := range "aăâeêioôơuưy" {
		for _, tone := range []string{"", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323"} {
			lower := []rune(norm.NFC.String(string(base) + tone))[0]
			bare := []rune(norm.NFD.String(string(base)))[0]
			m[lower], m[unicode.ToUpper(lower)] = bare, bare
		}
	}
	return m
}()

// Fold returns the bare skeleton of a name, by which names are compared without
// marks: lower case, no tone or vowel marks, đ as d, apostrophes dropped, all
// other punctuation as a space, single spaces, none at the ends. Any Unicode
// normal form gives the same skeleton: Fold("Xã  HOÀ-Bình") is "xa hoa binh".
func Fold(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	gap := false
	for _, r := range s {
		if p, ok := plain[r]; ok {
			r = p
		} else if r >= 0x80 {
			r = bare(r)
		} else {
			r = unicode.ToLower(r)
		}
		switch {
		case r == 0 || r == '\'' || r == '`' || unicode.Is(unicode.Mn, r):
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			if gap && b.Len() > 0 {
				b.WriteByte(' ')
			}
			gap = false
			b.WriteRune(r)
		default:
			gap = true
		}
	}
	return b.String()
}

// bare folds the rare letter that plain does not hold; 0 drops it.
func bare(r rune) rune {
	if strings.ContainsRune("’‘ʼ´", r) {
		return 0
	}
	d := []rune(norm.NFKD.String(string(r)))
	if len(d) == 0 {
		return r
	}
	return unicode.ToLower(d[0])
}

// Spelling returns the name in the one spelling by which old and new habits
// compare equal while tones and marks still count: NFC, lower case, single
// spaces, the tone on the main vowel (hoà → hòa, thuý → thúy), a final y as i
// after a single consonant (kỳ → kì).
func Spelling(s string) string {
	s = strings.ToLower(norm.NFC.String(s))
	w := strings.Fields(unpunctuated.Replace(s))
	for i := range w {
		w[i] = spellWord(w[i])
	}
	return strings.Join(w, " ")
}

var unpunctuated = strings.NewReplacer("-", " ", "–", " ", ".", " ", ",", " ", "’", "", "'", "", "`", "")

var (
	toneMarks = "\u0300\u0301\u0303\u0309\u0323"
	oldTones  = []string{"oa", "oe", "uy"} // hoà hoè thuý: the tone stood on the second vowel
)

func spellWord(w string) string {
	d := []rune(norm.NFD.String(w))
	n := len(d)
	if n >= 3 && strings.ContainsRune(toneMarks, d[n-1]) {
		for _, v := range oldTones {
			if string(d[n-3:n-1]) == v && !(n >= 4 && d[n-4] == 'q') {
				d[n-2], d[n-1] = d[n-1], d[n-2]
				return norm.NFC.String(string(d))
			}
		}
	}
	y := n - 1
	if y > 0 && strings.ContainsRune(toneMarks, d[y]) {
		y--
	}
	if y > 0 && d[y] == 'y' && strings.ContainsRune("hklmst", d[y-1]) {
		d[y] = 'i'
		return norm.NFC.String(string(d))
	}
	return w
}
