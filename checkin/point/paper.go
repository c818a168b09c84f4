package point

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"github.com/go-fonts/liberation/liberationsansbold"
	"github.com/go-fonts/liberation/liberationsansregular"
	"golang.org/x/text/unicode/norm"

	"khien/wire/qrcode"
)

// A4, in millimetres.
const (
	pageWidthMM  = 210.0
	pageHeightMM = 297.0
)

// lineHeight is the height of a line by the size of its letters; Vietnamese
// capitals carry two marks.
const lineHeight = 1.28

// mmPerPoint turns the size of letters into millimetres.
const mmPerPoint = 25.4 / 72

// paper is a PDF in the making, in A4 sheets. Its first error stays.
type paper struct {
	*fpdf.Fpdf
	pictures int
}

const typeface = "liberation"

func newPaper(title string, made time.Time) *paper {
	pdf := fpdf.New("P", "mm", "A4", "")
	pdf.SetAutoPageBreak(false, 0)
	pdf.SetMargins(0, 0, 0)
	pdf.SetCellMargin(0)
	pdf.AddUTF8FontFromBytes(typeface, "", liberationsansregular.TTF)
	pdf.AddUTF8FontFromBytes(typeface, "B", liberationsansbold.TTF)
	pdf.SetCatalogSort(true)
	pdf.SetCreationDate(made)
	pdf.SetModificationDate(made)
	pdf.SetTitle(title, true)
	pdf.SetLang("vi")
	return &paper{Fpdf: pdf}
}

// writeTo ends the document.
func (p *paper) writeTo(w io.Writer) error {
	if err := p.Output(w); err != nil {
		return fmt.Errorf("point: pdf: %w", err)
	}
	return nil
}

// box is a part of a page, in millimetres from its upper left corner.
type box struct{ x, y, w, h float64 }

// words is a text in a box.
type words struct {
	text        string
	bold        bool
	most, least float64 // size of the letters in points
	align       string  // "L", "C"
}

// put sets the text at the largest size at which all of it stands in the box,
// and returns how high it stands.
func (p *paper) put(b box, t words) float64 {
	lines, size := p.fit(b, t)
	for i, line := range lines {
		p.SetXY(b.x, b.y+float64(i)*high(size))
		p.CellFormat(b.w, high(size), line, "", 0, t.align+"M", false, 0, "")
	}
	return float64(len(lines)) * high(size)
}

// fit breaks the text into lines at the largest size at which they stand in the
// box. What does not fit at the least size is cut with an ellipsis: it never
// runs over what is beside it.
func (p *paper) fit(b box, t words) (lines []string, size float64) {
	style := ""
	if t.bold {
		style = "B"
	}
	text := printable(t.text)
	for size = t.most; ; size -= 0.5 {
		p.SetFont(typeface, style, size)
		lines = p.lines(text, b.w)
		if float64(len(lines))*high(size) <= b.h || size <= t.least {
			break
		}
	}
	if room := max(1, int(b.h/high(size))); len(lines) > room {
		lines = lines[:room]
		lines[room-1] = p.shortened(lines[room-1], b.w)
	}
	return lines, size
}

func high(points float64) float64 { return points * mmPerPoint * lineHeight }

// lines breaks a text between words, and a word that is wider than a line anywhere.
func (p *paper) lines(text string, width float64) (lines []string) {
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
func (p *paper) fitting(word string, width float64) int {
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

func (p *paper) shortened(line string, width float64) string {
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

// printable is NFC, and has only what the typeface can set: a letter beyond it
// would be an empty box, and beyond the first plane it would end the document.
func printable(s string) string {
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

// code draws a symbol so that its dark part, without the quiet zone, fills a
// square of sideMM; the caller leaves the quiet zone free.
func (p *paper) code(x, y, sideMM float64, c qrcode.Code) error {
	const pixels = 6 // a module: viewers that smooth pictures blur a sixth of it at most
	b, err := c.PNG(pixels, 0)
	if err != nil {
		return fmt.Errorf("point: qr picture: %w", err)
	}
	p.pictures++
	name := fmt.Sprint("qr", p.pictures)
	options := fpdf.ImageOptions{ImageType: "PNG"}
	p.RegisterImageOptionsReader(name, options, bytes.NewReader(b))
	p.ImageOptions(name, x, y, sideMM, sideMM, false, options, 0, "")
	return p.Error()
}
