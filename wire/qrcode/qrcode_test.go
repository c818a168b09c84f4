package qrcode_test

import (
	"bytes"
	"image/png"
	"strings"
	"testing"

	"khien/wire/qrcode"
)

const link = "https://khien.langson.gov.vn/v#EVZHWqcJwAGTS1x-EHq8je8BI0Vniatfl2l7iMH_uQOdG6CiENYjYGve4JktEZN_8WWwnyyKdW5UBpTEWwybwRLF5GuLAYAjdjhX1EKWfYMqZ_RpcIUK"

// The sizes that docs/qr.md prints.
func TestSizes(t *testing.T) {
	for level, want := range map[qrcode.Level]int{qrcode.M: 49, qrcode.Q: 57, qrcode.H: 65} {
		c, err := qrcode.Encode(link, level)
		if err != nil || c.Size() != want {
			t.Errorf("%s: got %d, %v, want %d", level, c.Size(), err, want)
		}
	}
}

func TestPicturesAgree(t *testing.T) {
	c, err := qrcode.Encode(link, qrcode.H)
	if err != nil {
		t.Fatal(err)
	}
	b, err := c.PNG(3, 2)
	if err != nil {
		t.Fatal(err)
	}
	pic, err := png.Decode(bytes.NewReader(b))
	if err != nil || pic.Bounds().Dx() != (65+4)*3 {
		t.Fatalf("got %v, %v", pic.Bounds(), err)
	}
	for y := -2; y < 67; y++ {
		for x := -2; x < 67; x++ {
			r, _, _, _ := pic.At((x+2)*3+1, (y+2)*3+1).RGBA()
			if (r == 0) != c.Dark(x, y) {
				t.Fatalf("module %d, %d differs", x, y)
			}
		}
	}
	if svg := string(c.SVG()); !strings.HasPrefix(svg, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 73 73"`) {
		t.Errorf("got %.120s", svg)
	}
}

func FuzzEncode(f *testing.F) {
	f.Add(link)
	f.Add("điểm quét QR")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := qrcode.Encode(text, qrcode.H)
		if err == nil && (c.Size() < 21 || c.Size() > 177 || c.Size()%4 != 1) {
			t.Errorf("%q: %d modules", text, c.Size())
		}
		if err != nil && len(text) <= 1000 {
			t.Errorf("%q: %v", text, err)
		}
	})
}
