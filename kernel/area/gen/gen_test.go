package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCorrectionsAreRefusedWithoutReason(t *testing.T) {
	tests := []struct{ row, err string }{
		{"to\t05995\t06040\t# Resolution 1672", ""},
		{"# a comment", ""},
		{"to\t05995\t06040", "corrections.tsv:1"},
		{"to\t05995\t# no target", "corrections.tsv:1"},
		{"move\t1\t2\t# unknown verb", "corrections.tsv:1"},
		{"alias\t2021\t769\tQuận 2\tno mark", "corrections.tsv:1"},
	}
	for _, tt := range tests {
		path := filepath.Join(t.TempDir(), "corrections.tsv")
		if err := os.WriteFile(path, []byte(tt.row+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := readCorrections(path)
		if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%q: got %v, want %q", tt.row, err, tt.err)
		}
	}
}

func TestTidy(t *testing.T) {
	for in, want := range map[string]string{"Cò  Nòi": "Cò Nòi", "M’Đrắk": "M'Đrắk", "La\u0323ng": "Lạng", " a ": "a"} {
		if got := tidy(in); got != want {
			t.Errorf("tidy(%q) = %q, want %q", in, got, want)
		}
	}
}

// A small country: a unit known by number and name, one that was renamed, one
// known by name alone, and a row that strays into another province.
func TestSucceed(t *testing.T) {
	old := units{
		"20":    {number: "20", kind: "tỉnh", name: "Lạng Sơn"},
		"186":   {number: "186", kind: "huyện", name: "Hữu Lũng", parent: "20"},
		"00001": {number: "00001", kind: "xã", name: "Hoà Bình", parent: "186"},
		"00002": {number: "00002", kind: "xã", name: "Cũ", parent: "186"},
		"00003": {number: "00003", kind: "xã", name: "Ba", parent: "186"},
		"00004": {number: "00004", kind: "xã", name: "Bốn", parent: "186"},
	}
	b := &book{units: units{
		"20":    {number: "20", kind: "tỉnh", name: "Lạng Sơn"},
		"24":    {number: "24", kind: "tỉnh", name: "Bắc Ninh"},
		"00001": {number: "00001", kind: "xã", name: "Một", parent: "20"},
		"00002": {number: "00002", kind: "xã", name: "Hai", parent: "20"},
		"00009": {number: "00009", kind: "xã", name: "Chín", parent: "24"},
	}}
	row := func(code, name, to, toName, province string) mapping {
		return mapping{code, name, "Huyện Hữu Lũng", "Tỉnh Lạng Sơn", to, toName, province}
	}
	b.rows = []mapping{
		row("00001", "Xã Hòa Bình", "00001", "Xã Một", "Lạng Sơn"),
		row("00002", "Xã Mới", "00002", "Xã Hai", "Lạng Sơn"),
		row("", "Xã Ba", "9", "Xã Hai", "Lạng Sơn"),
		row("00001", "Xã Hoà Bình", "00009", "Xã Chín", "Bắc Ninh"),
	}
	got := succeed(old, b, &corrections{}).encode()
	want := "00001\t00001\n00002\t00002\n00003\t00002\n20\t20\n"
	if d := cmp.Diff(want, string(got)); d != "" {
		t.Errorf("want -, got +:\n%s", d)
	}
}

func TestBufferStopsAtTheEnd(t *testing.T) {
	for _, b := range [][]byte{{0x80}, {0x05, 'a'}, {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}} {
		p := &buffer{b: b}
		if got := p.bytes(); got != nil || p.err == nil {
			t.Errorf("% x: got %q, %v", b, got, p.err)
		}
	}
	p := &buffer{b: []byte{0x03}}
	if got := p.svarint(); got != -2 || p.err != nil {
		t.Errorf("got %d, %v, want -2", got, p.err)
	}
}
