package chain

import (
	"fmt"
	"html"
	"io"
	"slices"
	"strings"
)

// View is a part of a layout on a picture: pixels a day and a row, the first
// pixel shown of each, and the size of the picture.
type View struct {
	DayPx, RowPx  float64
	X, Y          float64
	Width, Height int
}

// Level returns the view of tile (tx, ty), 256 pixels each way, at a level of
// detail: at level 0 a row has 1/16 pixel and each level doubles it, up to
// LevelMost with 16.
func Level(level, tx, ty int) View {
	row := 1.0 / 16 * float64(int(1)<<level)
	return View{DayPx: max(dayPx, row), RowPx: row, X: float64(tx * TilePx), Y: float64(ty * TilePx), Width: TilePx, Height: TilePx}
}

// Tiles.
const (
	TilePx    = 256
	LevelMost = 8
	dayPx     = 6.0
)

// What is drawn from how many pixels a row on.
const (
	dotsFromPx  = 3.0
	namesFromPx = 12.0
)

// Ink are the colours of a picture; the drawing is for images, which no style
// sheet reaches.
type Ink struct{ Line, Second, Dot, Spread, Ring, Hidden, Text, Sheet string }

// Draw writes the view as SVG. It draws no more than the pixels can show: below
// 3 pixels a row lines that fall together are one, and of the cases only those
// that infected many have a dot.
func (l *Layout) Draw(w io.Writer, v View, ink Ink) error {
	d := drawing{v: v, seen: map[[4]int32]bool{}}
	for _, k := range l.Links {
		d.link(k)
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d">`, v.Width, v.Height)
	for _, p := range []struct{ path, ink string }{{d.lines.String(), ink.Line}, {d.seconds.String(), ink.Second}} {
		if p.path != "" {
			fmt.Fprintf(&b, `<path d="%s" fill="none" stroke="%s"/>`, p.path, p.ink)
		}
	}
	if v.RowPx >= dotsFromPx {
		l.dots(&b, v, ink)
	} else {
		l.spreaders(&b, v, ink)
	}
	b.WriteString(`</svg>`)
	_, err := io.WriteString(w, b.String())
	return err
}

type drawing struct {
	v              View
	lines, seconds strings.Builder
	seen           map[[4]int32]bool
}

// link draws down from the source to the row, then along to the case.
func (d *drawing) link(k Link) {
	x0, y0 := d.v.at(k.FromX, k.FromY)
	x1, y1 := d.v.at(k.ToX, k.ToY)
	if d.v.outside(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)) {
		return
	}
	key := [4]int32{int32(x0), int32(y0), int32(x1), int32(y1)}
	if d.seen[key] {
		return
	}
	d.seen[key] = true
	to := &d.lines
	if k.Second {
		to = &d.seconds
	}
	fmt.Fprintf(to, "M%.0f %.0fV%.0fH%.0f", x0, y0, y1, x1)
}

// at is the middle of a day and a row, kept near the picture so that no number grows.
func (v View) at(x, y int32) (px, py float64) {
	return (float64(x)+0.5)*v.DayPx - v.X, (float64(y)+0.5)*v.RowPx - v.Y
}

const marginPx = 8

func (v View) outside(x0, y0, x1, y1 float64) bool {
	return x1 < -marginPx || y1 < -marginPx || x0 > float64(v.Width+marginPx) || y0 > float64(v.Height+marginPx)
}

func (l *Layout) dots(b *strings.Builder, v View, ink Ink) {
	for _, n := range l.within(v) {
		x, y := v.at(n.X, n.Y)
		r := min(v.RowPx/2-0.5, 2+float64(n.Out)/2)
		colour := ink.Dot
		switch {
		case n.ID == "":
			colour = ink.Hidden
		case n.Ring:
			colour = ink.Ring
		case n.Out >= 5:
			colour = ink.Spread
		}
		hollow := ""
		if !n.Told {
			hollow = fmt.Sprintf(` fill-opacity="0.2" stroke="%s"`, colour)
		}
		fmt.Fprintf(b, `<circle cx="%.1f" cy="%.1f" r="%.1f" fill="%s"%s/>`, x, y, r, colour, hollow)
		if n.Loop {
			fmt.Fprintf(b, `<circle cx="%.1f" cy="%.1f" r="%.1f" fill="none" stroke="%s"/>`, x, y, r+2, ink.Ring)
		}
		if v.RowPx >= namesFromPx && n.ID != "" {
			fmt.Fprintf(b, `<text x="%.1f" y="%.1f" font-size="9" font-family="sans-serif" fill="%s" stroke="%s" stroke-width="3" paint-order="stroke">%s</text>`, x+r+2, y+3, ink.Text, ink.Sheet, html.EscapeString(n.ID))
		}
	}
}

// spreaders draws, where single cases are too small to see, those that infected
// many, the fewer the farther away.
func (l *Layout) spreaders(b *strings.Builder, v View, ink Ink) {
	least := int32(5)
	if v.RowPx < 1 {
		least = 10
	}
	for _, n := range l.within(v) {
		if n.Out < least {
			continue
		}
		x, y := v.at(n.X, n.Y)
		colour := ink.Spread
		if n.ID == "" {
			colour = ink.Hidden
		}
		fmt.Fprintf(b, `<circle cx="%.0f" cy="%.0f" r="3" fill="%s"/>`, x, y, colour)
	}
}

// within are the nodes of the rows that the view shows.
func (l *Layout) within(v View) []Node {
	row := func(px float64) int32 { return int32(px / v.RowPx) }
	first, last := row(v.Y-marginPx)-1, row(v.Y+float64(v.Height)+marginPx)+1
	from, _ := slices.BinarySearchFunc(l.Nodes, first, func(n Node, r int32) int { return int(n.Y - r) })
	to, _ := slices.BinarySearchFunc(l.Nodes, last+1, func(n Node, r int32) int { return int(n.Y - r) })
	var all []Node
	for _, n := range l.Nodes[from:to] {
		if x, _ := v.at(n.X, n.Y); x >= -marginPx*8 && x <= float64(v.Width+marginPx) {
			all = append(all, n)
		}
	}
	return all
}

// At returns the case nearest to a pixel of the view, at most reachPx away.
func (l *Layout) At(v View, px, py float64) (Node, bool) {
	const reachPx = 12
	best, found, least := Node{}, false, float64(reachPx*reachPx)
	for _, n := range l.within(v) {
		x, y := v.at(n.X, n.Y)
		if d := (x-px)*(x-px) + (y-py)*(y-py); d <= least {
			best, found, least = n, true, d
		}
	}
	return best, found
}
