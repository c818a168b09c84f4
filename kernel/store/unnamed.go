package store

import (
	"strconv"
	"strings"
)

// unnamed returns a text whose parameters $1, $2, … stand once each and in order
// with a plain ? for each; any other text as it is. SQLite takes $n for a name,
// and looks through the names of a statement for every parameter that it binds:
// of a list of 500 ids that was more work than to find them.
func unnamed(text string) string {
	parts := strings.Split(text, "$")
	if len(parts) == 1 || strings.Contains(text, "?") {
		return text
	}
	var b strings.Builder
	b.WriteString(parts[0])
	quotes := strings.Count(parts[0], "'") + strings.Count(parts[0], `"`)
	for i, part := range parts[1:] {
		n := strconv.Itoa(i + 1)
		rest, ok := strings.CutPrefix(part, n)
		if !ok || rest != "" && rest[0] >= '0' && rest[0] <= '9' || quotes%2 == 1 {
			return text
		}
		quotes += strings.Count(rest, "'") + strings.Count(rest, `"`)
		b.WriteString("?" + rest)
	}
	return b.String()
}
