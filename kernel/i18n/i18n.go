// Package i18n says things in the reader's language: Vietnamese first, English beside it.
//
// Every package that speaks keeps two flat JSON catalogs, pages/vi.json and
// pages/en.json: key → text with {name} for arguments. The English text of a
// counted thing may hold two forms, "{n} case|{n} cases", chosen by the argument
// n; Vietnamese nouns do not change. A key that stands twice, or in one language
// only, or whose two texts name different arguments, is an error at start.
//
// Chinese is spoken in part: a package whose pages strangers from over the border
// need has pages/zh.json too. What is not in it is said in English.
//
// What the kernel packages that have no pages refuse (id, area, day, store) this
// package says itself.
//
// Dates and numbers are written as each language writes them, in the time of
// Vietnam (Asia/Ho_Chi_Minh, embedded, so that a bare machine knows it too).
package i18n

import (
	"embed"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"slices"
	"sort"
	"strings"
	"sync"
)

// Lang is a language of the reader; its values are BCP 47 tags, as sent in HTTP
// and written in <html lang>.
type Lang string

// The languages. VI is what a reader gets who asks for nothing.
const (
	VI Lang = "vi"
	EN Lang = "en"
	ZH Lang = "zh" // in part, with English for the rest
)

// Langs lists the languages that every text has, in the order in which a switch
// shows them.
var Langs = []Lang{VI, EN}

// Partial lists the languages that some packages have; a switch shows them after Langs.
var Partial = []Lang{ZH}

// ParseLang returns the language that s names ("vi", "en", "en-GB") and whether there is one.
func ParseLang(s string) (Lang, bool) {
	base, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(s)), "-")
	l := Lang(base)
	return l, slices.Contains(Langs, l) || slices.Contains(Partial, l)
}

//go:embed pages
var own embed.FS

// Catalog holds every text of the program in every language. It is safe for
// concurrent use.
type Catalog struct {
	texts map[Lang]map[string]string

	mu      sync.Mutex
	missing map[string]int
}

// New merges this package's own catalog with those of fsys, each of which holds
// pages/vi.json and pages/en.json, or neither.
func New(fsys ...fs.FS) (*Catalog, error) {
	c := &Catalog{texts: map[Lang]map[string]string{VI: {}, EN: {}, ZH: {}}, missing: map[string]int{}}
	for _, f := range append([]fs.FS{own}, fsys...) {
		for _, l := range slices.Concat(Langs, Partial) {
			if err := c.load(f, l); err != nil {
				return nil, err
			}
		}
	}
	return c, c.parity()
}

// T returns the text of key in language l. args are name, value pairs that fill
// the text's {name}s: whole numbers are grouped, times written as dates. A key
// that is not there is its own text, counted and logged once.
func (c *Catalog) T(l Lang, key string, args ...any) string {
	text, l, ok := c.find(l, key)
	if !ok {
		c.miss(key)
		return key
	}
	if len(args) == 0 {
		return text
	}
	return fill(l, text, pairs(args))
}

// Text returns the unfilled text of key and whether there is one. It counts nothing.
func (c *Catalog) Text(l Lang, key string) (string, bool) {
	text, _, ok := c.find(l, key)
	return text, ok
}

// find returns a text and its language: English for what a partial language has not.
func (c *Catalog) find(l Lang, key string) (string, Lang, bool) {
	text, ok := c.texts[l][key]
	if !ok && slices.Contains(Partial, l) {
		l = EN
		text, ok = c.texts[EN][key]
	}
	return text, l, ok
}

// Speaks reports whether fsys holds texts of a partial language, or l is spoken everywhere.
func Speaks(l Lang, fsys fs.FS) bool {
	_, err := fs.Stat(fsys, "pages/"+string(l)+".json")
	return err == nil || slices.Contains(Langs, l)
}

// Keys returns all keys that begin with prefix, sorted.
func (c *Catalog) Keys(prefix string) []string {
	var keys []string
	for k := range c.texts[VI] {
		if strings.HasPrefix(k, prefix) {
			keys = append(keys, k)
		}
	}
	sort.Strings(keys)
	return keys
}

// Missing returns the keys that were asked for and not there, sorted; a test
// that renders pages fails when there are any.
func (c *Catalog) Missing() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Sorted(maps.Keys(c.missing))
}

func (c *Catalog) miss(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.missing[key]++
	if c.missing[key] == 1 && len(c.missing) <= 1000 {
		slog.Warn("i18n: no text", "key", key)
	}
}

// fill replaces each {name} by its argument; a name without one stays as it is.
func fill(l Lang, text string, args map[string]any) string {
	text = form(l, text, args["n"])
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "{")
		b.WriteString(before)
		name, after, closed := strings.Cut(rest, "}")
		v, known := args[name]
		switch {
		case !found:
			return b.String()
		case closed && known:
			b.WriteString(Show(l, v))
			text = after
		default:
			b.WriteByte('{')
			text = rest
		}
	}
}

// form picks the English form for n: the first for exactly one, else the last.
func form(l Lang, text string, n any) string {
	one, many, two := strings.Cut(text, "|")
	if l != EN || n == nil || !two {
		return text
	}
	if fmt.Sprint(n) == "1" {
		return one
	}
	return many
}

func pairs(args []any) map[string]any {
	m := make(map[string]any, len(args)/2)
	for i := 0; i+1 < len(args); i += 2 {
		m[fmt.Sprint(args[i])] = args[i+1]
	}
	return m
}
