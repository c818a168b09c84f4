package qr_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"khien/wire/qr"
)

const site = "https://khien.langson.gov.vn"

var (
	private = keyOf(0)
	other   = keyOf(100)
	place   = [16]byte{0x01, 0x93, 0x4b, 0x5c, 0x7e, 0x10, 0x7a, 0xbc, 0x8d, 0xef, 0x01, 0x23, 0x45, 0x67, 0x89, 0xab}
	noon    = time.Date(2026, 11, 23, 5, 0, 0, 0, time.UTC) // 12:00 in Lạng Sơn
	issued  = "2026-11-01"
	trust   = qr.Trust{Keys: []qr.Key{{Public: public(private), Issuer: "VN-09"}, {Public: public(other), Issuer: "VN-04"}}, Issuer: "VN-09", Now: noon}
)

// keyOf is the key of the seed first, first+1, … as docs/qr.md uses it.
func keyOf(first byte) ed25519.PrivateKey {
	seed := make([]byte, ed25519.SeedSize)
	for i := range seed {
		seed[i] = first + byte(i)
	}
	return ed25519.NewKeyFromSeed(seed)
}

func public(k ed25519.PrivateKey) ed25519.PublicKey { return k.Public().(ed25519.PublicKey) }

func signed(t testing.TB, k ed25519.PrivateKey, day string) qr.UnverifiedPlace {
	t.Helper()
	u, err := qr.SignPlace(k, place, day)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestPlaceCode(t *testing.T) {
	link, err := signed(t, private, issued).Link(site)
	if err != nil {
		t.Fatal(err)
	}
	c, err := qr.Read(link)
	if err != nil || c.Kind != qr.PlacePoster || c.Place.Site() != site {
		t.Fatalf("got %+v, %v", c, err)
	}
	got, err := c.Place.Verify(trust)
	want := qr.PlaceCode{Place: place, Issued: issued, Key: qr.IDOf(public(private)), Issuer: "VN-09"}
	if err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	if again, err := c.Place.Link(site); err != nil || again != link {
		t.Errorf("got %s, %v, want %s", again, err, link)
	}
	if s := fmt.Sprintf("%v %+v %s", *c.Place, c.Place, c.Place); strings.Contains(s, "1 147") || !strings.HasPrefix(s, "unverified") {
		t.Errorf("an unverified code prints as %s", s)
	}
}

// The vectors of docs/qr.md: who reads codes in another language checks by them.
func TestVectors(t *testing.T) {
	card, err := qr.SignCard(private, place, issued)
	if err != nil {
		t.Fatal(err)
	}
	phone, err := qr.ShowPhone(place, slices.Repeat([]byte{7}, qr.SecretBytes), noon)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, got, want string }{
		{"key", hex.EncodeToString(public(private)), "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8"},
		{"key id", qr.IDOf(public(private)).String(), "56475aa7"},
		{"place", signed(t, private, issued).Token(), placeVector},
		{"card", card.Token(), cardVector},
		{"phone", phone.Token(), phoneVector},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, tt.got, tt.want)
		}
	}
}

const (
	placeVector = "EVZHWqcJwAGTS1x-EHq8je8BI0Vniatfl2l7iMH_uQOdG6CiENYjYGve4JktEZN_8WWwnyyKdW5UBpTEWwybwRLF5GuLAYAjdjhX1EKWfYMqZ_RpcIUK"
	cardVector  = "ElZHWqcJwAGTS1x-EHq8je8BI0Vniat9P4nwUy1fm_FhCHfK17bedxuyrgjZ0EeH04MXq8L9fHbVp5rH1k-xHpmpuUdjKedzYMnre2_28KB069gaUl0J"
	phoneVector = "EwGTS1x-EHq8je8BI0VniasDkTFYlitXUIfopQZx60Vu"
)

func TestTrust(t *testing.T) {
	with := func(change func(*qr.Trust)) qr.Trust { t := trust; change(&t); return t }
	from := func(from, to string) qr.Trust {
		return with(func(t *qr.Trust) { t.Keys = []qr.Key{{Public: public(private), Issuer: "VN-09", From: from, To: to}} })
	}
	at := func(d time.Duration) qr.Trust { return with(func(t *qr.Trust) { t.Now, t.MostAge = noon.Add(d), 30 }) }
	const day = 24 * time.Hour
	tests := []struct {
		name  string
		code  qr.UnverifiedPlace
		trust qr.Trust
		want  string
	}{
		{"ours", signed(t, private, issued), trust, ""},
		{"another province's", signed(t, other, issued), trust, qr.Foreign},
		{"another province's, welcome", signed(t, other, issued), with(func(t *qr.Trust) { t.Issuer = "" }), ""},
		{"nobody's", signed(t, keyOf(50), issued), trust, qr.UnknownKey},
		{"no keys", signed(t, private, issued), qr.Trust{Now: noon}, qr.UnknownKey},
		{"a broken key", signed(t, private, issued), qr.Trust{Now: noon, Keys: []qr.Key{{Public: []byte{1}}}}, qr.UnknownKey},
		{"last day", signed(t, private, issued), at(8 * day), ""},
		{"too old", signed(t, private, issued), at(9 * day), qr.Expired},
		{"key not yet in use", signed(t, private, issued), from("2026-11-02", ""), qr.Expired},
		{"key's first day", signed(t, private, issued), from("2026-11-01", "2026-11-01"), ""},
		{"key out of use", signed(t, private, issued), from("", "2026-10-31"), qr.Expired},
		{"a day ahead of our clock", signed(t, private, "2026-11-24"), trust, ""},
		{"two days ahead", signed(t, private, "2026-11-25"), trust, qr.Early},
		{"midnight in Vietnam, not in Greenwich", signed(t, private, "2026-11-25"), with(func(t *qr.Trust) { t.Now = noon.Add(12 * time.Hour) }), ""},
		{"bare token, sites given", signed(t, private, issued), with(func(t *qr.Trust) { t.Sites = []string{site} }), ""},
	}
	for _, tt := range tests {
		_, err := tt.code.Verify(tt.trust)
		if got, _ := why(t, err); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
	link, _ := signed(t, private, issued).Link("https://khien-langson.example")
	c, err := qr.Read(link)
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Place.Verify(with(func(t *qr.Trust) { t.Sites = []string{site} }))
	if got, _ := why(t, err); got != qr.OtherSite {
		t.Errorf("our code behind another's link: got %q, want %q", got, qr.OtherSite)
	}
}

// No change of a single bit or character is accepted, and no other text stands
// for the same code.
func TestOneTextPerCode(t *testing.T) {
	token := signed(t, private, issued).Token()
	accepted := func(s string) bool {
		u, err := qr.ReadPlace(s)
		if err == nil {
			_, err = u.Verify(trust)
		}
		return err == nil
	}
	if !accepted(token) || len(token) != 116 {
		t.Fatalf("%d characters, accepted %v", len(token), accepted(token))
	}
	for i := range token {
		for _, c := range []byte("ABab01-_+/=.\n %") {
			if changed := token[:i] + string(c) + token[i+1:]; changed != token && accepted(changed) {
				t.Errorf("accepted %s", changed)
			}
		}
	}
	body, _ := base64.RawURLEncoding.DecodeString(token)
	for bit := range len(body) * 8 {
		b := slices.Clone(body)
		b[bit/8] ^= 1 << (bit % 8)
		if accepted(base64.RawURLEncoding.EncodeToString(b)) {
			t.Errorf("accepted with bit %d changed", bit)
		}
	}
	order, _ := new(big.Int).SetString("7237005577332262213973186563042994240857116359379907606001950938285454250989", 10)
	s := slices.Clone(body[55:])
	slices.Reverse(s)
	sum := new(big.Int).Add(new(big.Int).SetBytes(s), order).FillBytes(make([]byte, 32))
	slices.Reverse(sum)
	if accepted(base64.RawURLEncoding.EncodeToString(append(body[:55:55], sum...))) {
		t.Error("accepted with the order of the group added to S (RFC 8032, 8.4)")
	}
	for _, s := range []string{token + "=", token + "\n", token[:60] + "\n" + token[60:], token + "AAAA", " " + token, strings.ToUpper(token), strings.ToLower(token), token[:115], ""} {
		if accepted(s) {
			t.Errorf("accepted %q", s)
		}
	}
}

func TestLinksRefused(t *testing.T) {
	token := signed(t, private, issued).Token()
	card, _ := qr.SignCard(private, place, issued)
	tests := []struct{ text, want string }{
		{"https://khien.langson.gov.vn/v#" + token, ""},
		{"https://khien.langson.gov.vn:8443/v#" + token, ""},
		{"http://127.0.0.1:8080/v#" + token, ""},
		{"http://khien.langson.gov.vn/v#" + token, qr.Form},
		{"HTTPS://khien.langson.gov.vn/v#" + token, qr.Form},
		{"https://Khien.langson.gov.vn/v#" + token, qr.Form},
		{"https://khien.langson.gov.vn./v#" + token, qr.Form},
		{"https://khien.langson.gov.vn:080/v#" + token, qr.Form},
		{"https://khien.langson.gov.vn:99999/v#" + token, qr.Form},
		{"https://khiên.langson.gov.vn/v#" + token, qr.Form},
		{"https://khien.lаngson.gov.vn/v#" + token, qr.Form}, // Cyrillic а
		{"https://khien.langson.gov.vn@evil.example/v#" + token, qr.Form},
		{"https://-khien.vn/v#" + token, qr.Form},
		{"https:///v#" + token, qr.Form},
		{"https://" + strings.Repeat("a", 200) + "/v#" + token, qr.Form},
		{"https://khien.langson.gov.vn/x/v#" + token, qr.Form},
		{"https://khien.langson.gov.vn/v/#" + token, qr.Unknown},
		{"https://khien.langson.gov.vn/v?x=1#" + token, qr.Unknown},
		{"https://khien.langson.gov.vn/V#" + token, qr.Unknown},
		{"https://khien.langson.gov.vn/v#", qr.CutShort},
		{"https://khien.langson.gov.vn/v#" + token[:50], qr.CutShort},
		{"https://khien.langson.gov.vn/v#" + token + "#", qr.Form},
		{"https://khien.langson.gov.vn/v#%45" + token[1:], qr.Form},
		{"https://khien.langson.gov.vn/v#" + "IR" + token[2:], qr.Version},
		{"https://khien.langson.gov.vn/v#" + card.Token(), qr.Version},
		{"https://khien.langson.gov.vn/c#" + token, qr.Version},
		{"https://khien.langson.gov.vn/p#" + token, qr.Version},
	}
	for _, tt := range tests {
		_, err := qr.Read(tt.text)
		if got, _ := why(t, err); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.text, got, tt.want)
		}
	}
}

// A signature of one kind is none of another.
func TestKindsApart(t *testing.T) {
	swap := func(token string, head byte) string {
		b, _ := base64.RawURLEncoding.DecodeString(token)
		b[0] = head
		return base64.RawURLEncoding.EncodeToString(b)
	}
	card, err := qr.SignCard(private, place, issued)
	if err != nil {
		t.Fatal(err)
	}
	u, err := qr.ReadCard(swap(signed(t, private, issued).Token(), 0x12))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := u.Verify(trust); err == nil {
		t.Error("a place's signature made a card")
	}
	p, err := qr.ReadPlace(swap(card.Token(), 0x11))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Verify(trust); err == nil {
		t.Error("a card's signature made a place")
	}
	got, err := card.Verify(trust)
	if want := (qr.CardCode{Token: place, Issued: issued, Key: qr.IDOf(public(private)), Issuer: "VN-09"}); err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
}

func TestNotSigned(t *testing.T) {
	for _, day := range []string{"", "2019-12-31", "2199-06-07", "2026-02-30", "1/11/2026"} {
		if _, err := qr.SignPlace(private, place, day); err == nil {
			t.Errorf("signed on %q", day)
		}
	}
	if _, err := qr.SignPlace(private, [16]byte{}, issued); err == nil {
		t.Error("signed no place")
	}
	if _, err := qr.SignCard(nil, place, issued); err == nil {
		t.Error("signed without a key")
	}
}

func TestPhoneCode(t *testing.T) {
	secret := slices.Repeat([]byte{7}, qr.SecretBytes)
	secretOf := func(h [16]byte) ([]byte, error) {
		if h == place {
			return secret, nil
		}
		return nil, nil
	}
	shown := func(handle [16]byte, secret []byte, off time.Duration) qr.UnverifiedPhone {
		u, err := qr.ShowPhone(handle, secret, noon.Add(off))
		if err != nil {
			t.Fatal(err)
		}
		link, err := u.Link(site)
		if err != nil {
			t.Fatal(err)
		}
		c, err := qr.Read(link)
		if err != nil || c.Kind != qr.PersonPhone {
			t.Fatalf("got %v, %v", c.Kind, err)
		}
		return *c.Phone
	}
	tests := []struct {
		name   string
		code   qr.UnverifiedPhone
		window qr.Window
		want   string
		off    time.Duration
	}{
		{"now", shown(place, secret, 0), qr.Online, "", 0},
		{"a minute ago", shown(place, secret, -time.Minute), qr.Online, "", 0},
		{"a screenshot of 90 s ago", shown(place, secret, -90*time.Second), qr.Online, qr.Stale, -90 * time.Second},
		{"clock half a minute fast", shown(place, secret, 30*time.Second), qr.Online, "", 0},
		{"clock a minute fast", shown(place, secret, time.Minute), qr.Online, qr.Ahead, time.Minute},
		{"clock a day slow", shown(place, secret, -24*time.Hour), qr.Offline, qr.Stale, -24 * time.Hour},
		{"clock a day fast", shown(place, secret, 24*time.Hour), qr.Offline, qr.Ahead, 24 * time.Hour},
		{"offline, four minutes", shown(place, secret, -4*time.Minute), qr.Offline, "", 0},
		{"another phone's secret", shown(place, slices.Repeat([]byte{8}, qr.SecretBytes), 0), qr.Online, qr.Forged, 0},
		{"unknown or withdrawn", shown([16]byte{9}, secret, 0), qr.Online, qr.UnknownKey, 0},
	}
	for _, tt := range tests {
		got, err := tt.code.Verify(secretOf, noon, tt.window)
		var e *qr.Error
		if err == nil {
			if tt.want != "" || got.Handle != place || got.Shown().After(noon.Add(time.Minute)) {
				t.Errorf("%s: got %+v, want %q", tt.name, got, tt.want)
			}
		} else if !errors.As(err, &e) || e.Why != tt.want || e.Off != tt.off {
			t.Errorf("%s: got %v, want %q off by %v", tt.name, err, tt.want, tt.off)
		}
	}
	down := errors.New("disk")
	_, err := shown(place, secret, 0).Verify(func([16]byte) ([]byte, error) { return nil, down }, noon, qr.Online)
	if !errors.Is(err, down) {
		t.Errorf("got %v, want %v", err, down)
	}
	if d := qr.Online.Remember(); d != 2*time.Minute {
		t.Errorf("remember %v, want 2m", d)
	}
}

func TestKeyFile(t *testing.T) {
	line := qr.WriteKey(qr.Key{Public: public(private), Issuer: "VN-09", From: "2026-01-01", To: "2026-12-31"})
	keys, err := qr.ReadKeys(strings.NewReader("# Lạng Sơn\n\n" + line + " # first\r\n" + qr.WriteKey(trust.Keys[1]) + "\n"))
	if err != nil || len(keys) != 2 || qr.WriteKey(keys[0]) != line || qr.WriteKey(keys[1]) != qr.WriteKey(trust.Keys[1]) {
		t.Fatalf("got %+v, %v", keys, err)
	}
	hexKey := hex.EncodeToString(public(private))
	for _, bad := range []string{hexKey, hexKey[2:] + " VN-09", "zz" + hexKey[2:] + " VN-09", hexKey + " VN-09 2026-13-01", hexKey + " VN-09 a b c", strings.Repeat("x", 400), "-----BEGIN PUBLIC KEY-----"} {
		_, err := qr.ReadKeys(strings.NewReader("\n" + bad))
		if w, f := why(t, err); w != qr.KeyFile || f != "line 2" {
			t.Errorf("%q: got %q at %q, want %q at line 2", bad, w, f, qr.KeyFile)
		}
	}
	if _, err := qr.ReadKeys(strings.NewReader(strings.Repeat(line+"\n", 2000))); err == nil {
		t.Error("2,000 keys were read")
	}
}
