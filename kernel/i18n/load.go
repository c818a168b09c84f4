package i18n

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// load reads one catalog file into c. A package without the file says nothing.
func (c *Catalog) load(f fs.FS, l Lang) error {
	name := "pages/" + string(l) + ".json"
	b, err := fs.ReadFile(f, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("i18n: %s: %w", name, err)
	}
	entries, err := parse(b)
	if err != nil {
		return fmt.Errorf("i18n: %s: %w", name, err)
	}
	for _, e := range entries {
		if _, twice := c.texts[l][e.key]; twice {
			return fmt.Errorf("i18n: %s: key %q stands twice", name, e.key)
		}
		c.texts[l][e.key] = e.text
	}
	return nil
}

type entry struct{ key, text string }

// parse reads a flat JSON object by its tokens, for encoding/json would let the
// last of two equal keys win in silence.
func parse(b []byte) ([]entry, error) {
	d := json.NewDecoder(strings.NewReader(string(b)))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, errors.New("not a JSON object")
	}
	var entries []entry
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, err
		}
		text, err := d.Token()
		if err != nil {
			return nil, err
		}
		s, ok := text.(string)
		if !ok || s == "" {
			return nil, fmt.Errorf("key %q: the text is not a non-empty string", key)
		}
		entries = append(entries, entry{key.(string), s})
	}
	_, err := d.Token()
	return entries, err
}

var argument = regexp.MustCompile(`\{([a-z_]+)\}`)

// parity holds that every key has every language and the same arguments in each.
func (c *Catalog) parity() error {
	var errs []error
	for _, l := range Langs {
		for _, key := range slices.Sorted(maps.Keys(c.texts[l])) {
			other, ok := c.texts[c.other(l)][key]
			if !ok {
				errs = append(errs, fmt.Errorf("i18n: key %q is in %s only", key, l))
				continue
			}
			if a, b := names(c.texts[l][key]), names(other); l == VI && !slices.Equal(a, b) {
				errs = append(errs, fmt.Errorf("i18n: key %q: arguments vi %v, en %v", key, a, b))
			}
		}
	}
	for _, l := range Partial {
		errs = append(errs, c.partialParity(l)...)
	}
	return errors.Join(errs...)
}

// partialParity holds that a partial language says nothing that the others do
// not, with the same arguments.
func (c *Catalog) partialParity(l Lang) (errs []error) {
	for _, key := range slices.Sorted(maps.Keys(c.texts[l])) {
		vi, ok := c.texts[VI][key]
		if !ok {
			errs = append(errs, fmt.Errorf("i18n: key %q is in %s only", key, l))
		} else if a, b := names(vi), names(c.texts[l][key]); !slices.Equal(a, b) {
			errs = append(errs, fmt.Errorf("i18n: key %q: arguments vi %v, %s %v", key, a, l, b))
		}
	}
	return errs
}

func (c *Catalog) other(l Lang) Lang {
	if l == VI {
		return EN
	}
	return VI
}

// names returns the arguments of a text, sorted, each once.
func names(text string) []string {
	var ns []string
	for _, m := range argument.FindAllStringSubmatch(text, -1) {
		ns = append(ns, m[1])
	}
	slices.Sort(ns)
	return slices.Compact(ns)
}
