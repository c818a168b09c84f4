package spread

import (
	"bytes"
	"fmt"
	"time"

	"khien/kernel/day"
	"khien/outbreak/chain"
)

// inks are the colours of a drawing for each theme. They hold 3:1 against the
// sheet that it lies on (WCAG 2.1, 1.4.11), names 4.5:1.
var inks = map[string]chain.Ink{
	"light": {Line: "#73838f", Second: "#b35900", Dot: "#0b5482", Spread: "#a01729", Ring: "#7a1fa2", Hidden: "#73838f", Text: "#16242f", Sheet: "#ffffff"},
	"dark":  {Line: "#8496a3", Second: "#ffc46b", Dot: "#8cc8f2", Spread: "#ffa7ae", Ring: "#e0a8ff", Hidden: "#8496a3", Text: "#e8eef2", Sheet: "#18232c"},
	"sun":   {Line: "#000000", Second: "#9c0060", Dot: "#00266b", Spread: "#7a0014", Ring: "#4a0070", Hidden: "#444444", Text: "#000000", Sheet: "#ffffff"},
}

// Size of the drawing that needs no script.
const (
	pictureWidth  = 720
	pictureHeight = 440
)

// levelOf is the closest level at which the whole layout fits into a picture, 0
// where none does.
func levelOf(l *chain.Layout, width, height int) int {
	for level := chain.LevelMost; level > 0; level-- {
		v := chain.Level(level, 0, 0)
		if float64(l.Rows)*v.RowPx <= float64(height) && float64(l.Days)*v.DayPx <= float64(width) {
			return level
		}
	}
	return 0
}

// picture is the view of a level whose left upper corner lies at a pixel.
func picture(level, left, top int) chain.View {
	v := chain.Level(level, 0, 0)
	v.X, v.Y, v.Width, v.Height = float64(left), float64(top), pictureWidth, pictureHeight
	return v
}

// drawPicture writes the view with its days along the top.
func drawPicture(l *chain.Layout, v chain.View, ink chain.Ink) ([]byte, error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d">`, v.Width, v.Height)
	for _, t := range ticks(l, v) {
		fmt.Fprintf(&b, `<path d="M%.0f 0V%d" stroke="%s" stroke-opacity="0.25"/><text x="%.0f" y="10" font-size="10" font-family="sans-serif" fill="%s">%s</text>`,
			t.x, v.Height, ink.Line, t.x+2, ink.Text, t.text)
	}
	if err := l.Draw(&b, v, ink); err != nil {
		return nil, err
	}
	b.WriteString(`</svg>`)
	return b.Bytes(), nil
}

type tick struct {
	x    float64
	text string
}

// tickPx is the least distance of two ticks.
const tickPx = 64

// ticks are the days written along the top of a view.
func ticks(l *chain.Layout, v chain.View) (all []tick) {
	if l.First == 0 {
		return nil
	}
	step := day.Day(1)
	for _, s := range []day.Day{1, 2, 7, 14, 28, 91, 182, 364} {
		step = s
		if float64(s)*v.DayPx >= tickPx {
			break
		}
	}
	from := l.First + day.Day(v.X/v.DayPx)
	for d := monday(from); d <= from+day.Day(float64(v.Width)/v.DayPx)+1; d += step {
		x := (float64(d-l.First))*v.DayPx - v.X
		if x >= 0 && x < float64(v.Width) {
			all = append(all, tick{x, d.Time().Format("02/01/06")})
		}
	}
	return all
}

// tileLife is how long a browser keeps a tile, whose address has its version.
const tileLife = 10 * time.Minute
