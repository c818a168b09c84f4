package i18n

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"
)

var (
	textUse  = regexp.MustCompile(`[\s({|]tn?\s+"([^"]+)"`)
	faultUse = regexp.MustCompile(`fault\.New\(\s*fault\.[A-Za-z]+,\s*"([^"]+)"`)
)

// CheckTemplates reports every {{t "key"}} and {{tn "key" …}} in the .html files
// of fsys whose key has no text. Keys put together at run time it cannot see.
func CheckTemplates(c *Catalog, fsys fs.FS) error {
	return check(c, fsys, ".html", "", textUse)
}

// CheckFaults reports every fault.New(kind, "key") in the .go files of fsys that
// has no sentence "fault.<key>". Give it a package's folder, or the whole module.
// Keys put together at run time, "sheet."+why, it cannot see.
func CheckFaults(c *Catalog, fsys fs.FS) error {
	return check(c, fsys, ".go", "fault.", faultUse)
}

func check(c *Catalog, fsys fs.FS, ext, prefix string, use *regexp.Regexp) error {
	var errs []error
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) != ext {
			return err
		}
		b, err := fs.ReadFile(fsys, name)
		for _, m := range use.FindAllSubmatch(b, -1) {
			key := prefix + string(m[1])
			if strings.HasSuffix(key, ".") { // the rest is put to it at run time
				continue
			}
			if !c.has(key) {
				errs = append(errs, fmt.Errorf("i18n: %s: no text for %q", name, key))
			}
		}
		return err
	})
	return errors.Join(append(errs, err)...)
}

func (c *Catalog) has(key string) bool {
	_, ok := c.Text(VI, key)
	return ok
}
