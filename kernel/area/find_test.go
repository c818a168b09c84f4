package area_test

import (
	"testing"
	"unicode/utf8"

	"khien/kernel/area"
)

func TestFind(t *testing.T) {
	g := area.Load()
	langSon := code(t, "2021/20")
	tests := []struct {
		query area.Query
		first string // "" for none
	}{
		{area.Query{Text: "Lạng Sơn"}, "2025/20"},
		{area.Query{Text: "lang son", Edition: area.Edition2021}, "2021/20"},
		{area.Query{Text: "huyen huu lung"}, "2021/20/186"},
		{area.Query{Text: "hữu l", Edition: area.Edition2025}, "2025/20/-/06385"},
		{area.Query{Text: "minh hoa", Parent: langSon}, "2021/20/186/06457"},
		{area.Query{Text: "Hoà Bình", Parent: langSon, Level: area.Commune}, "2021/20/181/06103"},
		{area.Query{Text: "Quý Hoà", Edition: area.Edition2025}, "2025/20/-/06076"},
		{area.Query{Text: "quy hoa", Parent: code(t, "2025/20")}, "2025/20/-/06076"},
		{area.Query{Text: "Q.1"}, "2021/79/760"},
		{area.Query{Text: "quận 9"}, "2021/79/769"},
		{area.Query{Text: "P.7", Parent: code(t, "2021/79/773")}, ""},
		{area.Query{Text: "thủ đức", Edition: area.Edition2021, Level: area.District}, "2021/79/769"},
		{area.Query{Text: "không có đâu"}, ""},
		{area.Query{Text: "\xff"}, ""},
	}
	for _, tt := range tests {
		us := g.Find(tt.query)
		got := ""
		if len(us) > 0 {
			got = us[0].Code.String()
		}
		if got != tt.first {
			t.Errorf("%+v: got %q, want %q", tt.query, got, tt.first)
		}
	}
	if n := len(g.Find(area.Query{Text: "hòa"})); n != 20 {
		t.Errorf("no limit: got %d, want 20", n)
	}
	if n := len(g.Find(area.Query{Parent: langSon, Level: area.District, Limit: 100})); n != 11 {
		t.Errorf("no text: got %d, want 11", n)
	}
}

func TestFold(t *testing.T) {
	tests := []struct{ in, want string }{
		{"Xã  HOÀ-Bình", "xa hoa binh"},
		{"Đình Lập", "dinh lap"},
		{"Đi\u0300nh La\u0323\u0302p", "dinh lap"},
		{"Ea H'leo", "ea hleo"},
		{"M’Đrắk", "mdrak"},
		{"Bà Rịa – Vũng Tàu", "ba ria vung tau"},
		{"Thừa Thiên - Huế", "thua thien hue"},
		{" Phường 01 ", "phuong 01"},
		{"ươ ƯƠ ỵ ẵ ễ", "uo uo y a e"},
		{"", ""},
	}
	for _, tt := range tests {
		if got := area.Fold(tt.in); got != tt.want {
			t.Errorf("Fold(%q) = %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestSpelling(t *testing.T) {
	same := [][2]string{{"Hoà Bình", "hòa  bình"}, {"Thuý", "Thúy"}, {"Kỳ Lừa", "kì lừa"}, {"Hoè", "hòe"}, {"Mỹ", "mĩ"}, {"Bà Rịa - Vũng Tàu", "Bà Rịa–Vũng Tàu"}}
	for _, p := range same {
		if a, b := area.Spelling(p[0]), area.Spelling(p[1]); a != b {
			t.Errorf("Spelling(%q) = %q, but of %q = %q", p[0], a, p[1], b)
		}
	}
	differ := [][2]string{{"Hòa", "Hoa"}, {"Tân", "Tấn"}, {"Thủy", "Thùy"}, {"Quý", "Qúi"}, {"Yên", "Iên"}}
	for _, p := range differ {
		if a, b := area.Spelling(p[0]), area.Spelling(p[1]); a == b {
			t.Errorf("Spelling makes %q and %q the same: %q", p[0], p[1], a)
		}
	}
}

func FuzzFold(f *testing.F) {
	for _, s := range []string{"Xã Hoà-Bình", "Đ'", "\xff\u0301", "ǅ ß İ", "  "} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := area.Fold(s)
		if again := area.Fold(once); again != once {
			t.Errorf("Fold(%q) = %q, and of that %q", s, once, again)
		}
		if !utf8.ValidString(once) {
			t.Errorf("Fold(%q) is not UTF-8: %q", s, once)
		}
	})
}
