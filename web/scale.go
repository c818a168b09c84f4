package assets

import (
	"fmt"
	"html/template"
	"strconv"
	"strings"
)

// Scale has the lower bounds of the count classes l1 to l5 that colour the map: 1-4, 5-9, 10-19, 20-49, 50 and more. An area with
// no new case is l0; one whose number is not announced and below k is lh. The map's script reads the scale from data-scale,
// the styles in src/map.css have one rule for each class.
var Scale = [5]int{1, 5, 10, 20, 50}

// Class returns the style class of an area with n cases in the window. hidden says that n is zero or less
// and unannounced cases stand behind it, so that "<5" or "≥1" is shown.
func Class(n int, hidden bool) string {
	if n <= 0 {
		if hidden {
			return "lh"
		}
		return "l0"
	}
	class := "l1"
	for i, low := range Scale {
		if n >= low {
			class = "l" + string(rune('1'+i))
		}
	}
	return class
}

// Patterns returns the <defs> that the inline SVG of a map must hold once, before its shapes: the fills p-lh and p-l1
// to p-l4 that the classes name, so that a class is told by its pattern where colour is not seen. width is that of
// the viewBox: the patterns are drawn for 640 units and scaled to it. The script draws the same on its canvas (src/paint.ts).
func Patterns(width float64) template.HTML {
	scale := strconv.FormatFloat(width/640, 'f', 3, 64)
	var b strings.Builder
	b.WriteString("<defs>")
	for _, p := range patterns {
		fmt.Fprintf(&b, `<pattern id="p-%s" width="%d" height="%d" patternUnits="userSpaceOnUse" patternTransform="scale(%s)">`+
			`<rect class="pat-%s" width="%d" height="%d"/><path class="ink-%s" d="%s"/></pattern>`,
			p.class, p.size, p.size, scale, p.class, p.size, p.size, p.class, p.path)
	}
	b.WriteString("</defs>")
	return template.HTML(b.String())
}

// patterns are square tiles: two dots, one dot, hatch, closer hatch, cross-hatch. l0 and l5 are plain.
var patterns = []struct {
	class string
	size  int
	path  string
}{
	{"lh", 8, "M1 1h2v2h-2zM5 5h2v2h-2z"},
	{"l1", 10, "M4 4h2v2h-2z"},
	{"l2", 8, "M-2 2 2-2M0 8 8 0M6 10 10 6"},
	{"l3", 6, "M-2 4 2 8M0 0 6 6M4-2 8 2"},
	{"l4", 6, "M-2 4 2 8M0 0 6 6M4-2 8 2M-2 2 2-2M0 6 6 0M4 8 8 4"},
}
