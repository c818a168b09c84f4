package person

import (
	"slices"
	"strings"
	"sync"

	"golang.org/x/text/unicode/norm"

	"khien/kernel/area"
)

// syllable is one word of a name, in the normal form by which habits of typing
// compare equal: tone on the main vowel, y as i, Telex and VNI keys resolved.
type syllable struct {
	full   string // letters, each before its mark, the tone at the end
	bare   string // skeleton: a-z
	marked bool   // carries a tone or a letter mark
	slip   bool   // was typed as keys: Huowng, Nguye64n, d9
}

// nameOf reads a name into its syllables.
func nameOf(name string) []syllable {
	words := strings.Fields(name)
	all := make([]syllable, 0, len(words))
	for _, w := range words {
		all = append(all, wordOf(w)...)
	}
	return all
}

// words remembers how the commonest words are read: a people has few, and
// reading one is most of the work of reading a name.
var words struct {
	sync.RWMutex
	read map[string][]syllable
}

// Bounds of what is remembered; the rest is read each time.
const (
	wordsMost = 20_000
	wordBytes = 24
)

// wordOf returns the syllables of one word, nearly always one; never to be changed.
func wordOf(word string) []syllable {
	words.RLock()
	all, ok := words.read[word]
	words.RUnlock()
	if ok {
		return all
	}
	for w := range strings.FieldsSeq(area.Spelling(word)) {
		if y := readSyllable(w); y.bare != "" {
			all = append(all, y)
		}
	}
	words.Lock()
	defer words.Unlock()
	if words.read == nil {
		words.read = map[string][]syllable{}
	}
	if len(words.read) < wordsMost && len(word) <= wordBytes {
		words.read[strings.Clone(word)] = all
	}
	return all
}

// glyph is a letter with what stands on it.
type glyph struct {
	base rune
	mark rune // combining circumflex, breve, horn; '-' of đ; 0
}

const (
	circumflex = '\u0302'
	breve      = '\u0306'
	horn       = '\u031b'
	stroke     = '-'
)

var (
	telexTones = map[rune]rune{'s': '\u0301', 'f': '\u0300', 'r': '\u0309', 'x': '\u0303', 'j': '\u0323'}
	vniTones   = map[rune]rune{'1': '\u0301', '2': '\u0300', '3': '\u0309', '4': '\u0303', '5': '\u0323'}
	tones      = "\u0300\u0301\u0303\u0309\u0323"
)

// reading is a syllable as its letters arrive.
type reading struct {
	letters []glyph
	tone    rune
	vowel   bool // one has been seen
	slip    bool
}

// readSyllable reads one lower-case word.
func readSyllable(word string) syllable {
	word = area.Spelling(word)
	r := reading{letters: make([]glyph, 0, len(word))}
	for _, c := range norm.NFD.String(word) {
		r.take(c)
	}
	r.settle()
	return r.syllable()
}

func (r *reading) take(c rune) {
	n := len(r.letters)
	switch {
	case strings.ContainsRune(tones, c):
		r.tone = c
	case c == circumflex || c == breve || c == horn:
		if n > 0 {
			r.letters[n-1].mark = c
		}
	case c == 'đ' || c == 'ð': // the latter is Icelandic, and common in old files
		r.letters = append(r.letters, glyph{'d', stroke})
	case !r.key(c):
		r.vowel = r.vowel || strings.ContainsRune("aeiouy", c)
		r.letters = append(r.letters, glyph{base: c})
	}
}

// key reports whether c is a key of Telex or VNI that went into the text; no
// Vietnamese syllable has s, f, r, x, j behind its vowel, nor w, dd or digits.
func (r *reading) key(c rune) bool {
	n := len(r.letters)
	tone, isTone := telexTones[c]
	if vni, ok := vniTones[c]; ok {
		tone, isTone = vni, true
	}
	switch {
	case isTone && r.vowel:
		if r.tone == 0 {
			r.tone = tone
		}
	case c == '0':
		r.letters, r.vowel = append(r.letters, glyph{base: 'o'}), true
	case c == 'w' && !r.vowel:
		r.letters, r.vowel = append(r.letters, glyph{'u', horn}), true
	case c == 'w':
		r.mark("ou", horn, "a", breve)
	case c == '6':
		r.mark("aeo", circumflex, "", 0)
	case c == '7':
		r.mark("ou", horn, "", 0)
	case c == '8':
		r.mark("a", breve, "", 0)
	case c == '9' || c == 'd':
		i := slices.IndexFunc(r.letters, func(g glyph) bool { return g.base == 'd' })
		if i < 0 || c == 'd' && i != n-1 {
			return false
		}
		r.letters[i].mark = stroke
	case strings.ContainsRune("aeo", c) && n > 0 && r.letters[n-1].base == c && r.letters[n-1].mark == 0:
		r.letters[n-1].mark = circumflex
	default:
		return false
	}
	r.slip = true
	return true
}

// mark sets m on the last of letters, or m2 on the last of letters2.
func (r *reading) mark(letters string, m rune, letters2 string, m2 rune) {
	for i := len(r.letters) - 1; i >= 0; i-- {
		g := &r.letters[i]
		switch {
		case g.mark != 0:
		case strings.ContainsRune(letters, g.base):
			g.mark = m
			return
		case letters2 != "" && strings.ContainsRune(letters2, g.base):
			g.mark = m2
			return
		}
	}
}

// settle puts right ưo and uơ before a consonant, where only ươ is written, and
// writes a final y as i where both are (area.Spelling, once the keys are gone).
func (r *reading) settle() {
	if n := len(r.letters); n > 1 && r.letters[n-1].base == 'y' {
		before := r.letters[n-2].base
		if strings.ContainsRune("hklmstv", before) || before == 'u' && n > 2 && r.letters[n-3].base == 'q' { // Vi, Vy; Quí, Quý
			r.letters[n-1].base = 'i'
		}
	}
	for i := 0; i+2 < len(r.letters); i++ {
		u, o := &r.letters[i], &r.letters[i+1]
		if u.base == 'u' && o.base == 'o' && (u.mark == horn || o.mark == horn) && (i == 0 || r.letters[i-1].base != 'q') {
			u.mark, o.mark = horn, horn
		}
	}
}

func (r *reading) syllable() syllable {
	var full, bare strings.Builder
	y := syllable{slip: r.slip, marked: r.tone != 0}
	for _, g := range r.letters {
		bare.WriteRune(g.base)
		full.WriteRune(g.base)
		if g.mark != 0 {
			full.WriteRune(g.mark)
			y.marked = true
		}
	}
	y.bare = bare.String()
	if r.tone != 0 {
		full.WriteRune(r.tone) // behind the word: where it stood is a habit of spelling
	}
	y.full = full.String()
	return y
}

// oneSlip reports whether a and b differ by one letter: another, one more, one
// less, or two neighbours swapped.
func oneSlip(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > 1 || a == b {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	if len(a) < len(b) {
		return a[i:] == b[i+1:]
	}
	if a[i+1:] == b[i+1:] {
		return true
	}
	return i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
}
