package paper_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"khien/wire/paper"
	"khien/wire/qrcode"
)

// made is a page with everything that a document can hold.
func made(t *testing.T, face paper.Face) []byte {
	t.Helper()
	doc := paper.New(face, "Quyết định", time.Date(2021, 7, 14, 3, 0, 0, 0, time.UTC))
	doc.AddPage()
	doc.Put(paper.Box{X: 20, Y: 20, W: 100, H: 20}, paper.Words{Text: strings.Repeat("Nguyễn Thị Hương 😀 ", 20), Bold: true, Most: 20, Least: 8, Align: "C"})
	doc.Flow(paper.Box{X: 20, Y: 60, W: 100}, paper.Words{Text: "Điều 1. Áp dụng biện pháp cách ly y tế", Most: 13, Align: "J"})
	code, err := qrcode.Encode("https://khien.langson.gov.vn/", qrcode.M)
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Code(20, 100, 40, code); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := doc.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestTheSameCallsMakeTheSameBytes(t *testing.T) {
	for _, face := range []paper.Face{paper.Sans, paper.Serif} {
		if a, b := made(t, face), made(t, face); !bytes.Equal(a, b) || !bytes.HasPrefix(a, []byte("%PDF")) {
			t.Errorf("%s: two documents of %d and %d bytes differ", face, len(a), len(b))
		}
	}
}

// What stands in a box never leaves it, however long it is.
func TestFit(t *testing.T) {
	doc := paper.New(paper.Serif, "", time.Unix(0, 0))
	doc.AddPage()
	for _, text := range []string{"Vi Thị Mẫu", strings.Repeat("Ủy ban nhân dân ", 80), strings.Repeat("W", 900)} {
		b := paper.Box{W: 60, H: 15}
		lines, size := doc.Fit(b, paper.Words{Text: text, Most: 14, Least: 9, Align: "L"})
		if high := float64(len(lines)) * paper.High(size); high > b.H {
			t.Errorf("%.20s: %d lines of %.1f stand %.1f mm high in %.0f", text, len(lines), size, high, b.H)
		}
		for _, l := range lines {
			if w := doc.GetStringWidth(l); w > b.W+0.01 {
				t.Errorf("%.20s: a line is %.1f mm wide in %.0f", text, w, b.W)
			}
		}
	}
}

func TestPrintable(t *testing.T) {
	if got := paper.Printable("A\u202e\x00 Điê\u0323n 😀 ก"); got != "A Điện ? ?" {
		t.Errorf("got %q", got)
	}
}
