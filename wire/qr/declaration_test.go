package qr_test

import (
	"encoding/base64"
	"errors"
	"testing"
	"time"

	"khien/wire/qr"
)

const vectorDeclaration = "FFZHWqdrB7zQAgGTS1x-EHq8je8BI0VniauK_fcS9iVz6chT_C8Q8e40ly4EMhizonYAn8V07cbkYfxgrFmlPUoPZz7TfEgWjvlm9zZBj64IP90IcBtVc88A"

func declared(t testing.TB, grade qr.Grade, until time.Time) qr.UnverifiedDeclaration {
	t.Helper()
	u, err := qr.SignDeclaration(private, qr.DeclarationCode{Declaration: place, Grade: grade, Until: until})
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestDeclarationCode(t *testing.T) {
	until := noon.Add(72 * time.Hour)
	u := declared(t, qr.Yellow, until)
	if u.Token() != vectorDeclaration {
		t.Errorf("the vector of docs/qr.md: got %s", u.Token())
	}
	link, err := u.Link(site)
	if err != nil {
		t.Fatal(err)
	}
	c, err := qr.Read(link)
	if err != nil || c.Kind != qr.Declaration || c.Declaration.Site() != site {
		t.Fatalf("got %+v, %v", c, err)
	}
	want := qr.DeclarationCode{Declaration: place, Grade: qr.Yellow, Until: until, Key: qr.IDOf(public(private)), Issuer: "VN-09"}
	if got, err := c.Declaration.Verify(trust); err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	if _, err := qr.ReadPlace(u.Token()); err == nil {
		t.Error("a declaration was read as a place")
	}
}

func TestDeclarationRefuses(t *testing.T) {
	until := noon.Add(72 * time.Hour)
	good := declared(t, qr.Green, until)
	flip := func(at int) qr.UnverifiedDeclaration {
		b, _ := base64.RawURLEncoding.DecodeString(good.Token())
		b[at] ^= 3
		u, err := qr.ReadDeclaration(base64.RawURLEncoding.EncodeToString(b))
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	elsewhere, key := trust, trust
	elsewhere.Issuer, key.Keys = "VN-04", []qr.Key{{Public: public(private), Issuer: "VN-09", To: "2026-10-01"}}
	for name, tt := range map[string]struct {
		code  qr.UnverifiedDeclaration
		trust qr.Trust
		want  string
	}{
		"a better grade":  {flip(9), trust, qr.Forged}, // green to yellow and back is one bit pattern
		"a later end":     {flip(7), trust, qr.Forged},
		"another's":       {flip(20), trust, qr.Forged},
		"another key":     {flip(2), trust, qr.UnknownKey},
		"the signature":   {flip(80), trust, qr.Forged},
		"another issuer":  {good, elsewhere, qr.Foreign},
		"ended":           {declared(t, qr.Green, noon), trust, qr.Expired},
		"ends in a year":  {declared(t, qr.Green, noon.AddDate(1, 0, 0)), trust, qr.Early},
		"a key of before": {good, key, qr.Expired},
	} {
		d, err := tt.code.Verify(tt.trust)
		var e *qr.Error
		if !errors.As(err, &e) || e.Why != tt.want {
			t.Errorf("%s: got %+v, %v, want %s", name, d, err, tt.want)
		}
	}
	if d, _ := declared(t, qr.Red, noon.Add(-time.Hour)).Verify(trust); d.Grade != qr.Red {
		t.Errorf("an ended code does not say what it was: %+v", d)
	}
	for _, bad := range []qr.DeclarationCode{{}, {Declaration: place, Grade: "blue", Until: until}, {Declaration: place, Grade: qr.Green}} {
		if _, err := qr.SignDeclaration(private, bad); err == nil {
			t.Errorf("signed %+v", bad)
		}
	}
}

// FuzzDeclaration: no panic, one text for each code, nothing unsigned is verified.
func FuzzDeclaration(f *testing.F) {
	f.Add(declared(f, qr.Green, noon.Add(time.Hour)).Token())
	f.Add(declared(f, qr.Red, noon.AddDate(0, 0, 30)).Token())
	f.Fuzz(func(t *testing.T, token string) {
		u, err := qr.ReadDeclaration(token)
		if err != nil {
			return
		}
		if u.Token() != token {
			t.Fatalf("two texts of one code: %q and %q", token, u.Token())
		}
		d, err := u.Verify(trust)
		if err == nil && declared(t, d.Grade, d.Until).Token() != token {
			t.Fatalf("verified what was not signed: %+v", d)
		}
	})
}
