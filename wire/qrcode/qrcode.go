// Package qrcode draws a text as a QR code (ISO/IEC 18004): the modules of the
// symbol, and pictures of them. What the text says is package qr's.
//
// Pictures are black on white whatever the reader's theme: many decoders do not
// read inverted codes.
package qrcode

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"strings"

	"rsc.io/qr"
)

// Level is how much of a code may be lost: M 15 %, Q 25 %, H 30 %.
type Level string

// The levels.
const (
	M Level = "M"
	Q Level = "Q"
	H Level = "H"
)

var levels = map[Level]qr.Level{M: qr.M, Q: qr.Q, H: qr.H}

// QuietModules is the empty border that a symbol needs on each side.
const QuietModules = 4

// Code is one symbol.
type Code struct {
	size int
	dark []bool
}

// Encode draws text in the densest of the standard's modes. An error is for a text
// that is too long for the largest symbol, or an unknown level.
func Encode(text string, level Level) (Code, error) {
	l, ok := levels[level]
	if !ok {
		return Code{}, fmt.Errorf("qrcode: level %q", level)
	}
	symbol, err := qr.Encode(text, l)
	if err != nil {
		return Code{}, fmt.Errorf("qrcode: %w", err)
	}
	c := Code{size: symbol.Size, dark: make([]bool, 0, symbol.Size*symbol.Size)}
	for y := range c.size {
		for x := range c.size {
			c.dark = append(c.dark, symbol.Black(x, y))
		}
	}
	return c, nil
}

// Size is the number of modules on a side, without the quiet zone.
func (c Code) Size() int { return c.size }

// Dark reports whether a module is dark; modules outside are light.
func (c Code) Dark(x, y int) bool {
	return x >= 0 && y >= 0 && x < c.size && y < c.size && c.dark[y*c.size+x]
}

// PNG returns the symbol with a border of quiet modules, scale pixels a module.
func (c Code) PNG(scale, quiet int) ([]byte, error) {
	side := (c.size + 2*quiet) * scale
	pic := image.NewPaletted(image.Rect(0, 0, side, side), color.Palette{color.White, color.Black})
	for y := range side {
		row := pic.Pix[y*pic.Stride : y*pic.Stride+side]
		if y%scale != 0 {
			copy(row, pic.Pix[(y-1)*pic.Stride:])
			continue
		}
		for x := range row {
			if c.Dark(x/scale-quiet, y/scale-quiet) {
				row[x] = 1
			}
		}
	}
	var b bytes.Buffer
	err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&b, pic)
	return b.Bytes(), err
}

// SVG returns the symbol with its quiet zone as a picture that scales.
func (c Code) SVG() []byte {
	var b strings.Builder
	side := c.size + 2*QuietModules
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h%dv%dH0z"/><path d="`, side, side, side, side)
	for y := range c.size {
		for x := 0; x < c.size; x++ {
			run := 0
			for c.Dark(x+run, y) {
				run++
			}
			if run > 0 {
				fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", x+QuietModules, y+QuietModules, run, run)
				x += run
			}
		}
	}
	b.WriteString(`"/></svg>`)
	return []byte(b.String())
}
