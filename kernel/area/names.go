package area

import (
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// option is one unit that a listed name may mean, and how far the name is from it.
type option struct {
	code Code
	how  How
}

var order = []How{HowName, HowSpelling, HowShort, HowMarks, HowAlias, HowKind, HowTypo, HowDistrict, HowLevel}

func (h How) worse(than How) bool { return h.rank() > than.rank() }

// rank puts an older name beside wrong marks: a name that is one commune's by
// its marks and another's by its past is neither's for sure.
func (h How) rank() int {
	if h == HowAlias {
		h = HowMarks
	}
	return slices.Index(order, h)
}

// doubtful reports that the name might as well be another's, elsewhere.
func (h How) doubtful() bool { return h == HowMarks || h.worse(HowMarks) }

// after returns the option with the worse of the two ways.
func (o option) after(h How) option {
	if h.worse(o.how) {
		o.how = h
	}
	return o
}

func below(above option, os []option) []option {
	out := make([]option, len(os))
	for i, o := range os {
		out[i] = o.after(above.how)
	}
	return out
}

// best keeps the options of the least worst way.
func best(os []option) []option {
	var out []option
	for _, o := range os {
		switch {
		case len(out) == 0 || out[0].how.worse(o.how):
			out = append(out[:0:0], o)
		case out[0].how.rank() == o.how.rank():
			out = append(out, o)
		}
	}
	return out
}

func codes(os []option) []Code {
	var cs []Code
	for _, o := range os {
		if !slices.Contains(cs, o.code) {
			cs = append(cs, o.code)
		}
	}
	return cs
}

// entry is one unit among its siblings, in every form that a list may write.
type entry struct {
	code    Code
	kind    string
	name    form
	aliases []form
}

// form is a name without its kind word, ever more forgiving.
type form struct{ kind, exact, spelling, fold, loose string }

// listed is one name as a list has it, in its readings; nil for no name.
type listed struct{ forms []form }

func read(text string) *listed {
	if strings.TrimSpace(text) == "" {
		return nil
	}
	return &listed{forms(text)}
}

// numeric reports whether the name is a number, with or without its kind word.
func (l *listed) numeric() bool { return digits(l.forms[len(l.forms)-1].loose) }

// named returns the units directly below parent that the name may mean, all
// equally well; nil when none. A kind word in it must agree, or costs HowKind.
func (g *Gazetteer) named(parent Code, l *listed) []option {
	if l == nil {
		return nil
	}
	if os := g.spelledSo(parent, l); len(os) > 0 {
		return os
	}
	for _, f := range l.forms {
		if g.anywhere()[f.loose] {
			return nil // a name that a unit elsewhere bears is no slip of the pen
		}
	}
	return typos(g.siblings(parent).entries, l.forms)
}

// anywhere returns the loose names of all units.
func (g *Gazetteer) anywhere() map[string]bool {
	g.once.Do(g.index)
	return g.borne
}

// spelledSo is named without typing errors.
func (g *Gazetteer) spelledSo(parent Code, l *listed) []option {
	s := g.siblings(parent)
	var os []option
	for _, f := range l.forms {
		for _, i := range s.loose[f.loose] {
			if h, ok := s.entries[i].fits(f); ok {
				os = append(os, option{s.entries[i].code, h})
			}
		}
	}
	os = best(os)
	return slices.CompactFunc(os, func(a, b option) bool { return a.code == b.code })
}

// siblings are the units directly below a parent, by loose name and alias.
type siblings struct {
	entries []entry
	loose   map[string][]int
}

// siblings returns the units directly below a parent, made once.
func (g *Gazetteer) siblings(parent Code) *siblings {
	if s, ok := g.names.Load(parent); ok {
		return s.(*siblings)
	}
	s := &siblings{loose: map[string][]int{}}
	for _, u := range g.below(parent) {
		if u.Code == parent || u.Code.Parent() != parent {
			continue
		}
		e := entry{code: u.Code, kind: u.Kind, name: formOf("", u.Name)}
		for _, a := range g.aliases[u.Code] {
			e.aliases = append(e.aliases, forms(a)...)
		}
		i := len(s.entries)
		s.loose[e.name.loose] = append(s.loose[e.name.loose], i)
		for _, a := range e.aliases {
			if !slices.Contains(s.loose[a.loose], i) {
				s.loose[a.loose] = append(s.loose[a.loose], i)
			}
		}
		s.entries = append(s.entries, e)
	}
	g.names.Store(parent, s)
	return s
}

func formOf(kind, name string) form {
	return form{kind, plainForm(name), Spelling(name), Fold(name), searchKey(name)}
}

// plainForm is what may differ in a name that still is the official one.
func plainForm(s string) string {
	s = strings.ToLower(norm.NFC.String(s))
	return strings.Join(strings.Fields(onePunctuation.Replace(s)), " ")
}

var onePunctuation = strings.NewReplacer("–", "-", " – ", "-", " - ", "-", "’", "'", "`", "'")

// kindWords are the kind words and how lists shorten them, folded, longest first.
var kindWords = []struct{ text, kind string }{
	{"thanh pho truc thuoc trung uong", "thành phố"},
	{"thanh pho", "thành phố"}, {"thi tran", "thị trấn"}, {"dac khu", "đặc khu"}, {"thi xa", "thị xã"},
	{"phuong", "phường"}, {"huyen", "huyện"}, {"quan", "quận"}, {"tinh", "tỉnh"}, {"xa", "xã"},
	{"tp", "thành phố"}, {"tt", "thị trấn"}, {"tx", "thị xã"}, {"p", "phường"}, {"q", "quận"}, {"h", "huyện"}, {"x", "xã"}, {"t", "tỉnh"},
	{"city", "thành phố"}, {"province", "tỉnh"}, {"district", ""}, {"ward", "phường"}, {"commune", "xã"}, {"town", "thị trấn"},
}

const spelledOut = 10 // how many of kindWords are whole Vietnamese words

// forms returns the readings of a listed name: as it stands, and, when it
// begins (or in English ends) with a kind word, the rest with that kind.
func forms(text string) []form {
	out := []form{formOf("", text)}
	text = strings.TrimSpace(text)
	for i, k := range kindWords {
		rest, ok := cutWord(text, k.text, i < spelledOut)
		if !ok {
			continue
		}
		f := formOf(k.kind, rest)
		if i >= spelledOut {
			f.exact, f.spelling = "", "" // short for the official name
		} else if !strings.HasPrefix(plainForm(text), k.kind) {
			f.exact = ""
		}
		return append(out, f)
	}
	return out
}

// cutWord cuts a folded kind word off the front of text, or an English one off
// its end. The abbreviations P, Q, TP, … need a point or a digit after them
// unless they are followed by a space and stand in capitals.
func cutWord(text, word string, whole bool) (rest string, ok bool) {
	r := []rune(norm.NFC.String(text))
	n, w := 0, 0
	wr := []rune(word)
	for n < len(r) && w < len(wr) {
		c := r[n]
		if p, ok := plain[c]; ok {
			c = p
		} else if c < 0x80 {
			c = []rune(strings.ToLower(string(c)))[0]
		}
		if c != wr[w] {
			return cutEnglish(text, word)
		}
		n, w = n+1, w+1
	}
	if w < len(wr) || n >= len(r) {
		return "", false
	}
	rest = string(r[n:])
	switch {
	case rest[0] == '.' || rest[0] == ' ' || !whole && rest[0] >= '0' && rest[0] <= '9':
	default:
		return "", false
	}
	rest = strings.TrimLeft(rest, ". ")
	return rest, rest != ""
}

func cutEnglish(text, word string) (string, bool) {
	switch word {
	case "city", "province", "district", "ward", "commune", "town":
	default:
		return "", false
	}
	i := len(text) - len(word) - 1
	if i < 1 || text[i] != ' ' || !strings.EqualFold(text[i+1:], word) {
		return "", false
	}
	return strings.TrimSpace(text[:i]), true
}

// fits says how a listed form fits the unit.
func (e *entry) fits(f form) (How, bool) {
	h, ok := f.like(e.name)
	if ok && (f.kind == "" || f.kind == e.kind) {
		return h, true
	}
	for _, a := range e.aliases {
		if f.loose == a.loose && (f.kind == a.kind || f.kind == "" || a.kind == "") {
			return HowAlias, true
		}
	}
	return HowKind, ok
}

// like compares two names, the official one second.
func (f form) like(g form) (How, bool) {
	switch {
	case f.exact != "" && f.exact == g.exact:
		return HowName, true
	case f.spelling != "" && f.spelling == g.spelling:
		return HowSpelling, true
	case f.fold == g.fold && f.exact == "" && f.spelling == "", f.loose == g.loose && digits(g.loose):
		return HowShort, true
	case f.loose == g.loose:
		return HowMarks, true
	}
	return "", false
}

func digits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// typos returns the one unit whose name is one letter away, when no other is
// within two and the name is long enough (six letters) for that to mean something.
func typos(es []entry, fs []form) []option {
	var near []option
	for i := range es {
		least := 3
		for _, f := range fs {
			if f := squeeze(f.fold); len(f) >= 6 && !digits(f) {
				least = min(least, distance(f, squeeze(es[i].name.fold), 2))
			}
		}
		switch least {
		case 2: // near enough to spoil another's claim
			near = append(near, option{0, HowTypo})
		case 0, 1:
			near = append(near, option{es[i].code, HowTypo})
		}
	}
	if cs := codes(near); len(cs) == 1 && cs[0] != 0 {
		return near[:1]
	}
	return nil
}

func squeeze(s string) string { return strings.ReplaceAll(s, " ", "") }

// distance counts the letters put in, left out, changed or swapped with their
// neighbour between a and b; more than limit is limit+1.
func distance(a, b string, limit int) int {
	if d := len(a) - len(b); d > limit || -d > limit {
		return limit + 1
	}
	var two, one []int
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		two, one, row = one, row, make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(one[j]+1, row[j-1]+1, one[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], two[j-2]+1)
			}
		}
	}
	return min(row[len(b)], limit+1)
}
