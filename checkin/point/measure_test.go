package point_test

import (
	"bytes"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"testing"

	"khien/kernel/id"
	"khien/kernel/place"
)

// The codes are as large on paper as the rules of 2021 ask, with a quiet zone of
// four modules that nothing stands in: 15 × 15 cm on a poster, 5 × 5 cm on a card.
func TestCodesAreLargeEnough(t *testing.T) {
	needs(t, "pdftoppm", "poppler-utils")
	w := open(t)
	var poster, card bytes.Buffer
	p := place.Place{ID: id.New(), Number: 12345674, Name: long[:200], Kind: place.Market, Area: must(t, "2021/20/178/05977"), PosterIssued: 46348}
	if err := w.Poster(&poster, p); err != nil {
		t.Fatal(err)
	}
	c, err := w.IssueCard(t.Context(), w.console(), id.New(), w.person(t, "Công Tằng Tôn Nữ Thị Quỳnh Phương Hoài Diễm Nguyễn Hoàng Thuỳ Dương"))
	if err != nil {
		t.Fatal(err)
	}
	if err := w.CardSheet(t.Context(), &card, w.console(), c.ID); err != nil {
		t.Fatal(err)
	}
	for _, code := range []struct {
		what    string
		pdf     []byte
		sideMM  float64
		modules int
	}{{"poster", poster.Bytes(), 150, 65}, {"card", card.Bytes(), 50, 49}} {
		got := symbol(t, code.pdf, code.modules)
		quiet := 4 * got.sideMM / float64(code.modules)
		if got.sideMM < code.sideMM || got.quietMM < quiet-0.3 {
			t.Errorf("%s: %.1f mm with %.1f mm of white, want %.0f mm and %.1f mm", code.what, got.sideMM, got.quietMM, code.sideMM, quiet)
		}
	}
}

// measured is a symbol on a page.
type measured struct{ sideMM, quietMM float64 }

const dotsMM = 150 / 25.4

// symbol measures the first symbol of a page by the finder pattern in its upper
// left corner, which is seven modules wide.
func symbol(t *testing.T, pdf []byte, modules int) measured {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "page.pdf")
	if err := os.WriteFile(file, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, "pdftoppm", "-r", "150", "-gray", "-singlefile", file, filepath.Join(dir, "page"))
	pic := greyMap(t, filepath.Join(dir, "page.pgm"))
	for y := range pic.Rect.Max.Y {
		for x := 0; x < pic.Rect.Max.X; x++ {
			across := length(pic, x, y, 1, 0)
			if float64(across) > 5*dotsMM && float64(across) < 25*dotsMM && finder(pic, x, y, across) {
				box := extent(pic, x, y, across, modules)
				return measured{float64(min(box.Dx(), box.Dy())) / dotsMM, float64(white(pic, box)) / dotsMM}
			}
			x += across
		}
	}
	t.Fatal("no finder pattern on the page")
	return measured{}
}

// greyMap reads a picture as pdftoppm writes it (PGM, raw).
func greyMap(t *testing.T, file string) *image.Gray {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var w, h, most int
	if _, err := fmt.Sscanf(string(b[:min(len(b), 40)]), "P5\n%d %d\n%d\n", &w, &h, &most); err != nil || len(b) < w*h {
		t.Fatalf("%s is no grey map: %v", file, err)
	}
	return &image.Gray{Pix: b[len(b)-w*h:], Stride: w, Rect: image.Rect(0, 0, w, h)}
}

func dark(pic *image.Gray, x, y int) bool {
	return image.Pt(x, y).In(pic.Rect) && pic.Pix[y*pic.Stride+x] < 64
}

// finder reports whether a finder pattern of side s begins at x, y.
func finder(pic *image.Gray, x, y, s int) bool {
	module := s / 7
	ring := abs(length(pic, x, y, 0, 1)-s) <= 2 && abs(length(pic, x, y+s-module/2, 1, 0)-s) <= 2
	return ring && !dark(pic, x+module*3/2, y+module*3/2) && dark(pic, x+s/2, y+s/2) && !dark(pic, x+s+module/2, y+module/2)
}

// extent is the symbol whose finder pattern of side s begins at x, y: as far as
// the last dark dot beside it, before three modules after its end.
func extent(pic *image.Gray, x, y, s, modules int) image.Rectangle {
	far := s * (modules + 3) / 7
	right, low := far, far
	for !darkAlong(pic, x+right, y, 0, 1, s) {
		right--
	}
	for !darkAlong(pic, x, y+low, 1, 0, s) {
		low--
	}
	return image.Rect(x, y, x+right+1, y+low+1)
}

func darkAlong(pic *image.Gray, x, y, dx, dy, n int) bool {
	for i := range n {
		if dark(pic, x+dx*i, y+dy*i) {
			return true
		}
	}
	return false
}

func abs(n int) int { return max(n, -n) }

// length is how far dark goes from x, y.
func length(pic *image.Gray, x, y, dx, dy int) int {
	n := 0
	for ; dark(pic, x, y); x, y = x+dx, y+dy {
		n++
	}
	return n
}

// white is how many dots of white stand around the box on every side.
func white(pic *image.Gray, box image.Rectangle) int {
	n := 0
	for ; ; n++ {
		r := box.Inset(-n - 2) // a dot for the rounding
		for i := range r.Dx() {
			if dark(pic, r.Min.X+i, r.Min.Y) || dark(pic, r.Min.X+i, r.Max.Y-1) {
				return n
			}
		}
		for i := range r.Dy() {
			if dark(pic, r.Min.X, r.Min.Y+i) || dark(pic, r.Max.X-1, r.Min.Y+i) {
				return n
			}
		}
		if n > 200 {
			return n
		}
	}
}
