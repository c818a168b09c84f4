// Package paper makes PDF documents of A4 sheets in Vietnamese: text that is set as
// large as its box allows and never runs over it, flowing paragraphs, and QR codes.
//
// The same calls make the same bytes: a document is made anew from its row whenever
// somebody wants it, and nobody has to keep the file.
package paper

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"github.com/go-fonts/liberation/liberationsansbold"
	"github.com/go-fonts/liberation/liberationsansregular"
	"github.com/go-fonts/liberation/liberationserifbold"
	"github.com/go-fonts/liberation/liberationserifbolditalic"
	"github.com/go-fonts/liberation/liberationserifitalic"
	"github.com/go-fonts/liberation/liberationserifregular"
	"golang.org/x/text/unicode/norm"

	"khien/wire/qrcode"
)

// A4, in millimetres.
const (
	WidthMM  = 210.0
	HeightMM = 297.0
)

// lineHeight is the height of a line by the size of its letters; Vietnamese
// capitals carry two marks.
const lineHeight = 1.28

// mmPerPoint turns the size of letters into millimetres.
const mmPerPoint = 25.4 / 72

// Face is a family of letters.
type Face string

// The faces: without serifs for what is read from afar, with serifs, in the widths
// of Times New Roman, for what an office issues (Decree 30/2020/NĐ-CP, annex I).
const (
	Sans  Face = "sans"
	Serif Face = "serif"
)

// Doc is a PDF in the making, in A4 sheets. Its first error stays.
type Doc struct {
	*fpdf.Fpdf
	face     Face
	pictures int
}

// New begins a document; made is its date, and stands in its bytes.
func New(face Face, title string, made time.Time) *Doc {
	pdf := fpdf.New("P", "mm", "A4", "")
	pdf.SetAutoPageBreak(false, 0)
	pdf.SetMargins(0, 0, 0)
	pdf.SetCellMargin(0)
	if face == Serif {
		pdf.AddUTF8FontFromBytes(string(face), "", liberationserifregular.TTF)
		pdf.AddUTF8FontFromBytes(string(face), "B", liberationserifbold.TTF)
		pdf.AddUTF8FontFromBytes(string(face), "I", liberationserifitalic.TTF)
		pdf.AddUTF8FontFromBytes(string(face), "BI", liberationserifbolditalic.TTF)
	} else {
		pdf.AddUTF8FontFromBytes(string(face), "", liberationsansregular.TTF)
		pdf.AddUTF8FontFromBytes(string(face), "B", liberationsansbold.TTF)
	}
	pdf.SetCatalogSort(true)
	pdf.SetCreationDate(made)
	pdf.SetModificationDate(made)
	pdf.SetTitle(title, true)
	pdf.SetLang("vi")
	return &Doc{Fpdf: pdf, face: face}
}

// Write ends the document.
func (p *Doc) Write(w io.Writer) error {
	if err := p.Output(w); err != nil {
		return fmt.Errorf("paper: pdf: %w", err)
	}
	return nil
}

// Box is a part of a page, in millimetres from its upper left corner.
type Box struct{ X, Y, W, H float64 }

// Words is a text in a box. Italic is of Serif only.
type Words struct {
	Text        string
	Bold        bool
	Italic      bool
	Most, Least float64 // size of the letters in points
	Align       string  // "L", "C", "R"
}

// Put sets the text at the largest size at which all of it stands in the box,
// and returns how high it stands.
func (p *Doc) Put(b Box, t Words) float64 {
	lines, size := p.Fit(b, t)
	for i, line := range lines {
		p.SetXY(b.X, b.Y+float64(i)*High(size))
		p.CellFormat(b.W, High(size), line, "", 0, t.Align+"M", false, 0, "")
	}
	return float64(len(lines)) * High(size)
}

// Fit breaks the text into lines at the largest size at which they stand in the
// box. What does not fit at the least size is cut with an ellipsis: it never
// runs over what is beside it.
func (p *Doc) Fit(b Box, t Words) (lines []string, size float64) {
	text := Printable(t.Text)
	for size = t.Most; ; size -= 0.5 {
		p.SetFont(string(p.face), t.style(), size)
		lines = p.lines(text, b.W)
		if float64(len(lines))*High(size) <= b.H || size <= t.Least {
			break
		}
	}
	if room := max(1, int(b.H/High(size))); len(lines) > room {
		lines = lines[:room]
		lines[room-1] = p.shortened(lines[room-1], b.W)
	}
	return lines, size
}

func (t Words) style() string {
	style := ""
	if t.Bold {
		style = "B"
	}
	if t.Italic {
		style += "I"
	}
	return style
}

// Flow sets a paragraph at its size Most from the upper edge of the box down, as
// long as it is, and returns how high it stands. Align may be "J", both edges even.
func (p *Doc) Flow(b Box, t Words) float64 {
	p.SetFont(string(p.face), t.style(), t.Most)
	p.SetXY(b.X, b.Y)
	p.MultiCell(b.W, High(t.Most), Printable(t.Text), "", t.Align, false)
	return p.GetY() - b.Y
}

// Stands returns how high Flow will set a paragraph of a width, in millimetres.
func (p *Doc) Stands(width float64, t Words) float64 {
	p.SetFont(string(p.face), t.style(), t.Most)
	return float64(len(p.SplitText(Printable(t.Text), width))) * High(t.Most)
}

// High is the height of a line in millimetres by the size of its letters in points.
func High(points float64) float64 { return points * mmPerPoint * lineHeight }

// lines breaks a text between words, and a word that is wider than a line anywhere.
func (p *Doc) lines(text string, width float64) (lines []string) {
	line := ""
	for word := range strings.FieldsSeq(text) {
		if joined := strings.TrimSpace(line + " " + word); p.GetStringWidth(joined) <= width {
			line = joined
			continue
		}
		if line != "" {
			lines = append(lines, line)
		}
		for line = word; p.GetStringWidth(line) > width; {
			n := p.fitting(line, width)
			lines, line = append(lines, line[:n]), line[n:]
		}
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}

// fitting returns how many bytes of a word fill a line, one letter at least.
func (p *Doc) fitting(word string, width float64) int {
	n := 0
	for i, r := range word {
		if end := i + len(string(r)); n == 0 || p.GetStringWidth(word[:end]) <= width {
			n = end
			continue
		}
		break
	}
	return n
}

func (p *Doc) shortened(line string, width float64) string {
	for p.GetStringWidth(line+"…") > width && line != "" {
		_, size := lastRune(line)
		line = line[:len(line)-size]
	}
	return line + "…"
}

func lastRune(s string) (r rune, size int) {
	for i, last := range s {
		r, size = last, len(s)-i
	}
	return r, size
}

// Printable is NFC, and has only what the typeface can set: a letter beyond it
// would be an empty box, and beyond the first plane it would end the document.
func Printable(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r < ' ', r == 0x7f, r >= 0x200b && r <= 0x200f, r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r == 0xfeff:
			return -1
		case r > 0x2122 || r >= 0x0590 && r < 0x1e00:
			return '?'
		}
		return r
	}, norm.NFC.String(s))
}

// Code draws a symbol so that its dark part, without the quiet zone, fills a
// square of sideMM; the caller leaves the quiet zone free.
func (p *Doc) Code(x, y, sideMM float64, c qrcode.Code) error {
	const pixels = 6 // a module: viewers that smooth pictures blur a sixth of it at most
	b, err := c.PNG(pixels, 0)
	if err != nil {
		return fmt.Errorf("paper: qr picture: %w", err)
	}
	p.pictures++
	name := fmt.Sprint("qr", p.pictures)
	options := fpdf.ImageOptions{ImageType: "PNG"}
	p.RegisterImageOptionsReader(name, options, bytes.NewReader(b))
	p.ImageOptions(name, x, y, sideMM, sideMM, false, options, 0, "")
	return p.Error()
}
