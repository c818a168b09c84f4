package qr_test

import (
	"errors"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"

	"khien/wire/qr"
)

// card is the code of somebody invented.
const card = "020188001234|082345678|Hoàng Thị Hường|14051988|Nữ|Khối 8, Vĩnh Trại, Lạng Sơn, Lạng Sơn|15042021"

// why returns the Why and Field of an error of this package.
func why(t *testing.T, err error) (string, string) {
	t.Helper()
	var e *qr.Error
	if err == nil {
		return "", ""
	}
	if !errors.As(err, &e) {
		t.Fatalf("got %T %v, want an *Error", err, err)
	}
	return e.Why, e.Field
}

func TestTextsThatNoCodeSays(t *testing.T) {
	windows, err := charmap.Windows1258.NewEncoder().String("020188001234||Đô\u0303 Văn Sơn|14051988|Nam|Lô\u0323c Bi\u0300nh|15042021")
	if err != nil {
		t.Fatal(err)
	}
	as := func(set *charmap.Charmap, s string) string {
		u, err := set.NewDecoder().String(s)
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	in := func(sign string) string { return strings.Replace(card, "Thị", "Th"+sign+"ị", 1) }
	tests := []struct{ name, text, want string }{
		{"nothing", "", qr.Empty},
		{"100 KB", card + strings.Repeat("x", 100<<10), qr.TooLong},
		{"100 KB of separators", strings.Repeat("|", 100<<10), qr.TooLong},
		{"4 KB of separators", strings.Repeat("|", 4096), qr.Fields},
		{"Windows-1258", windows, qr.Encoding},
		{"TCVN3", "020188001234||\xa7\xe7 V\xa8n S\xacn|14051988|Nam|L\xe9c B\xd7nh|15042021", qr.Encoding},
		{"letters lost", strings.Replace(card, "ị", "\ufffd", 1), qr.Encoding},
		{"UTF-8 taken for Windows-1252", as(charmap.Windows1252, card), qr.Mojibake},
		{"UTF-8 taken for Latin-1", as(charmap.ISO8859_1, card), qr.Mojibake},
		{"NUL", in("\x00"), qr.Control},
		{"line end", card + "\r\n", qr.Control},
		{"escape", in("\x1b[2J"), qr.Control},
		{"C1", in("\u0085"), qr.Control},
		{"line separator", in("\u2028"), qr.Control},
		{"right-to-left override", in("\u202e"), qr.Bidi},
		{"isolate", in("\u2066"), qr.Bidi},
		{"right-to-left mark", in("\u200f"), qr.Bidi},
		{"zero-width space", in("\u200b"), qr.Hidden},
		{"byte order mark", "\ufeff" + card, qr.Hidden},
		{"soft hyphen", in("\u00ad"), qr.Hidden},
		{"tags", in("\U000e0041"), qr.Hidden},
		{"variation selector", in("\ufe0f"), qr.Hidden},
		{"Hangul filler", in("\u3164"), qr.Hidden},
		{"private use", in("\ue000"), qr.Hidden},
		{"marks piled up", in(strings.Repeat("\u0301", 5)), qr.Hidden},
		{"fullwidth bars", strings.ReplaceAll(card, "|", "｜"), qr.Separator},
		{"one broken bar", strings.Replace(card, "|", "¦", 1), qr.Separator},
		{"box drawing", strings.ReplaceAll(card, "|", "│"), qr.Separator},
		{"dental click", strings.ReplaceAll(card, "|", "ǀ"), qr.Separator},
		{"divides", strings.ReplaceAll(card, "|", "∣"), qr.Separator},
		{"number only", "020188001234", qr.Unknown},
		{"number cut", "0201880", qr.Unknown},
		{"formula", "=cmd|'/c calc'!A0", qr.Unknown},
		{"health certificate", "HC1:NCFOXN%TSMAHN-HRL4", qr.Unknown},
		{"NZ poster", "NZCOVIDTRACER:eyJ0eXAiOiJlbnRyeSJ9", qr.Unknown},
		{"CWA poster", "https://e.coronawarn.app?v=1#CAESLAgBEhFNeSBCaXJ0aGRheQ", qr.Unknown},
		{"other link", "https://example.vn/", qr.Unknown},
		{"script", "javascript:alert(1)", qr.Unknown},
	}
	for _, tt := range tests {
		c, err := qr.Read(tt.text)
		if got, _ := why(t, err); got != tt.want || c.Kind != "" {
			t.Errorf("%s: got %q and %v, want %q", tt.name, got, c.Kind, tt.want)
		}
	}
}

// Errors go to logs; what stood in the code does not.
func TestErrorsHoldNoData(t *testing.T) {
	for _, text := range []string{strings.Replace(card, "14051988", "31021988", 1), strings.Replace(card, "Hoàng Thị", "=SUM(1)", 1)} {
		_, err := qr.Read(text)
		if err == nil || strings.ContainsAny(err.Error(), "0123456789=") {
			t.Errorf("got %v, want an error without what was read", err)
		}
	}
}
