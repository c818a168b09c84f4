package app_test

import (
	"crypto/ed25519"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"khien/wire/qr"
)

// The contract of qr read: kind, fields and flags, or an error object and status 1.
func TestQRRead(t *testing.T) {
	private := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	place, err := qr.SignPlace(private, [16]byte{1}, "2026-01-02")
	if err != nil {
		t.Fatal(err)
	}
	link, err := place.Link("https://khien.example")
	if err != nil {
		t.Fatal(err)
	}
	keys := func(k ed25519.PrivateKey) string {
		path := filepath.Join(t.TempDir(), "keys")
		line := qr.WriteKey(qr.Key{Public: k.Public().(ed25519.PublicKey), Issuer: "VN-09"})
		if err := os.WriteFile(path, []byte(line+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	other := keys(ed25519.NewKeyFromSeed([]byte("another seed of thirty-two bytes")))
	tests := []struct {
		args      []string
		code      int
		is, field string // kind and a field of it, or the error's key
		value     any
	}{
		{[]string{"--text", "020188001234||Hoàng Thị Hường|14051988|Nữ|Lạng Sơn|15042021"}, 0, "citizen_card", "birth", "1988-05-14"},
		{[]string{"--text", link}, 0, "place", "signature", "not_checked"},
		{[]string{"--text", link, "--key", keys(private)}, 0, "place", "place", "01000000-0000-0000-0000-000000000000"},
		{[]string{"--text", link, "--key", other}, 1, "qr.unknown_key", "", nil},
		{[]string{"--text", "020188001234||Ho\xe0ng|14051988|Nam|x|15042021"}, 1, "qr.encoding", "", nil},
		{[]string{"--text", ""}, 1, "qr.empty", "", nil},
	}
	for _, tt := range tests {
		out, code := run(t, settings(t, ""), append([]string{"qr", "read", "--json"}, tt.args...)...)
		var got struct {
			Kind   string
			Key    string
			Fields map[string]any
			Flags  []string
		}
		if err := json.Unmarshal([]byte(out), &got); err != nil || code != tt.code {
			t.Errorf("%v: got %d %s %v", tt.args, code, out, err)
		}
		if code == 0 && (got.Kind != tt.is || got.Fields[tt.field] != tt.value || got.Flags == nil) || code == 1 && got.Key != tt.is {
			t.Errorf("%v: got %s, want %s with %s %v", tt.args, out, tt.is, tt.field, tt.value)
		}
	}
}
