package sheet_test

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"khien/wire/sheet"
)

func filled(row []string) bool { return len(row) > 0 }

func readJSON(text string) (head []string, rows [][]string, err error) {
	s, err := sheet.Open(strings.NewReader(text), filled)
	if err != nil {
		return nil, nil, err
	}
	defer s.Close()
	for {
		row, _, err := s.Next()
		if errors.Is(err, io.EOF) {
			return s.Header, rows, nil
		}
		if err != nil {
			return s.Header, rows, err
		}
		rows = append(rows, row)
	}
}

func TestJSON(t *testing.T) {
	head, rows, err := readJSON("\ufeff\n" + `{"total": 2, "meta": {"a": [1, {"b": 2}]}, "data": [
		{"id": "1", "age": 66, "at": {"province": "Hà Nội"}, "source": ["CN", "2"], "tests": [{"ct": 23.47}]},
		{"id": "2", "age": null, "late": true}]}`)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"id", "age", "at.province", "source", "tests", "late"}, head); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	want := [][]string{{"1", "66", "Hà Nội", "CN, 2", `[{"ct":23.47}]`, ""}, {"2", "", "", "", "", "true"}}
	if d := cmp.Diff(want, rows); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
}

func TestJSONRefused(t *testing.T) {
	for text, why := range map[string]string{
		`[]`: sheet.Empty, `{"a": 1}`: sheet.Empty, `{"data": [1]}`: sheet.NotJSON, `[{"a": 1}, 2]`: sheet.NotJSON,
		`[{"a": 1}`: sheet.Unreadable, `[{"a": }]`: sheet.NotJSON, `[{"a": "` + strings.Repeat("x", 2<<20) + `"}]`: sheet.LongLine,
		`[{"a": "b\u0000"}]`: sheet.Encoding,
	} {
		_, _, err := readJSON(text)
		var e *sheet.Error
		if !errors.As(err, &e) || e.Why != why {
			t.Errorf("%.40s: got %v, want %s", text, err, why)
		}
	}
}

// What Harmless adds is taken away again, whatever the cell.
func TestPlainUndoesHarmless(t *testing.T) {
	for _, cell := range []string{"", "a", "=1+1", " =1", "a;=1", "a;+b;-c", "@x\t=y", "＝1", "x'y", "|a", "\t=1", "a\n-b"} {
		if got := sheet.Plain(sheet.Harmless(cell)); got != cell {
			t.Errorf("%q: %q is read back as %q", cell, sheet.Harmless(cell), got)
		}
	}
}

func FuzzJSON(f *testing.F) {
	for _, text := range []string{`[{"a":1}]`, `{"data":[{"a":{"b":[1,2]}}]}`, `{"x":{"y":[]},"z":[{"a":[{"b":1}]}]}`, `[[]]`, `{`, `[{"a":"\ud800"}]`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		head, rows, err := readJSON(text)
		if err != nil {
			return
		}
		for _, row := range rows {
			if len(row) != len(head) {
				t.Errorf("a row of %d cells under %d headings", len(row), len(head))
			}
		}
	})
}
