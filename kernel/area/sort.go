package area

import (
	"slices"
	"strings"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"
)

// SortByName sorts units by name as Vietnamese sorts: a ă â, d đ, tones last;
// numbers by value; units of one name by code.
func SortByName(us []Unit) {
	if len(us) < 2 {
		return
	}
	c := collate.New(language.Vietnamese, collate.Numeric)
	var buf collate.Buffer
	keys := make(map[Code]string, len(us))
	for _, u := range us {
		keys[u.Code] = string(c.KeyFromString(&buf, u.Name))
		buf.Reset()
	}
	slices.SortFunc(us, func(a, b Unit) int {
		if d := strings.Compare(keys[a.Code], keys[b.Code]); d != 0 {
			return d
		}
		return int(min(max(a.Code-b.Code, -1), 1))
	})
}
