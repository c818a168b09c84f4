package id_test

import (
	"testing"
	"time"

	"khien/kernel/fault"
	"khien/kernel/id"
)

func TestRoundTrip(t *testing.T) {
	a := id.New()
	var fromText, fromBytes, fromString id.ID
	text, err := a.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	if err := fromText.UnmarshalText(text); err != nil || fromText != a {
		t.Errorf("text: got %v, %v, want %v", fromText, err, a)
	}
	if err := fromBytes.Scan(a[:]); err != nil || fromBytes != a {
		t.Errorf("bytes: got %v, %v, want %v", fromBytes, err, a)
	}
	if err := fromString.Scan(a.String()); err != nil || fromString != a {
		t.Errorf("string: got %v, %v, want %v", fromString, err, a)
	}
}

func TestTimeIsTheMoment(t *testing.T) {
	before := time.Now().Add(-time.Second)
	got := id.New().Time()
	if got.Before(before) || got.After(time.Now().Add(time.Second)) {
		t.Errorf("got %v, want about now", got)
	}
}

func TestParseRefuses(t *testing.T) {
	for _, s := range []string{"", "1", "{01890a5d-ac96-774b-bcce-b302099a8057}", "01890a5d-ac96-774b-bcce-b302099a805z", "01890a5dac96774bbcceb302099a8057"} {
		if _, err := id.Parse(s); !fault.Is(err, fault.Invalid) {
			t.Errorf("Parse(%q): got %v, want invalid", s, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(id.New().String())
	f.Fuzz(func(t *testing.T, s string) {
		v, err := id.Parse(s)
		if err != nil {
			return
		}
		if again, err := id.Parse(v.String()); err != nil || again != v {
			t.Errorf("Parse(%q) = %v, which reads back as %v, %v", s, v, again, err)
		}
	})
}
