package area_test

import (
	"testing"

	"khien/kernel/area"
)

func TestCodeLevels(t *testing.T) {
	tests := []struct {
		text, official string
		level          area.Level
		parent         string
	}{
		{"2021", "", area.Country, ""},
		{"2021/20", "20", area.Province, "2021"},
		{"2021/20/186", "186", area.District, "2021/20"},
		{"2021/20/186/06412", "06412", area.Commune, "2021/20/186"},
		{"2025/20/-/05977", "05977", area.Commune, "2025/20"},
	}
	for _, tt := range tests {
		c, err := area.Parse(tt.text)
		if err != nil {
			t.Fatalf("Parse(%q): %v", tt.text, err)
		}
		if c.String() != tt.text || c.Official() != tt.official || c.Level() != tt.level || c.Parent().String() != tt.parent {
			t.Errorf("%s: got %s, %s, %s, parent %s", tt.text, c, c.Official(), c.Level(), c.Parent())
		}
	}
}

func TestContains(t *testing.T) {
	parse := func(s string) area.Code {
		c, err := area.Parse(s)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	huuLung := parse("2021/20/186")
	for text, want := range map[string]bool{
		"2021/20/186": true, "2021/20/186/06412": true, "2021/20/187/06412": false,
		"2021/20": false, "2025/20/-/06412": false,
	} {
		if got := huuLung.Contains(parse(text)); got != want {
			t.Errorf("Contains(%s) = %v, want %v", text, got, want)
		}
	}
	if area.Code(0).Contains(huuLung) {
		t.Error("no area contains something")
	}
}

func FuzzParse(f *testing.F) {
	f.Add("2021/20/186/06412")
	f.Add("2025/20/-/05977")
	f.Fuzz(func(t *testing.T, s string) {
		if c, err := area.Parse(s); err == nil && c.String() != s {
			t.Errorf("Parse(%q).String() = %q", s, c.String())
		}
	})
}
