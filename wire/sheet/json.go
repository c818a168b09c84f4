package sheet

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"unicode/utf8"
)

// Bounds of a JSON table.
const (
	jsonDepth  = 8   // objects inside objects that become headings
	jsonSample = 200 // rows from which the headings are gathered
)

// openJSON reads an array of objects, at the top or the first one in an object at
// the top: keys are headings, "a.b" for b inside a; what stands in an array is one
// cell, joined by commas, or JSON where it holds objects. A key that the first 200
// rows do not have is not a heading. Rows are counted from 1.
func openJSON(br *bufio.Reader) (*Reader, error) {
	dec := json.NewDecoder(br)
	dec.UseNumber()
	if err := enter(dec); err != nil {
		return nil, err
	}
	t := &jsonTable{dec: dec, at: map[string]int{}}
	for range jsonSample {
		row, err := t.read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		for _, c := range row {
			if _, known := t.at[c.key]; !known && len(t.head) < ColumnsMost {
				t.at[c.key] = len(t.head)
				t.head = append(t.head, c.key)
			}
		}
		t.first = append(t.first, row)
	}
	if len(t.first) == 0 {
		return nil, &Error{0, Empty, nil}
	}
	return &Reader{next: t.next, close: func() error { return nil }}, nil
}

// enter reads up to the array of the rows.
func enter(dec *json.Decoder) error {
	t, err := dec.Token()
	if err != nil {
		return jsonError(0, err)
	}
	if t == json.Delim('[') {
		return nil
	}
	for dec.More() {
		if _, err := dec.Token(); err != nil { // the key
			return jsonError(0, err)
		}
		t, err := dec.Token()
		if err != nil {
			return jsonError(0, err)
		}
		if t == json.Delim('[') {
			return nil
		}
		if t == json.Delim('{') {
			if err := leave(dec); err != nil {
				return err
			}
		}
	}
	return &Error{0, Empty, nil}
}

// leave reads to the end of the object that was begun.
func leave(dec *json.Decoder) error {
	for depth := 1; depth > 0; {
		t, err := dec.Token()
		if err != nil {
			return jsonError(0, err)
		}
		switch t {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
	}
	return nil
}

func jsonError(row int, err error) error {
	if errors.Is(err, io.EOF) { // the text ends before its array does
		err = io.ErrUnexpectedEOF
	}
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	if errors.As(err, &syntax) || errors.As(err, &kind) {
		return &Error{row, NotJSON, err}
	}
	return &Error{row, Unreadable, err}
}

// jsonTable gives the rows, first the headings.
type jsonTable struct {
	dec   *json.Decoder
	at    map[string]int
	head  []string
	first [][]pair
	said  bool // the headings
	n     int  // rows given
	taken int  // rows read
	ended bool
}

type pair struct{ key, text string }

func (t *jsonTable) next() ([]string, int, error) {
	if !t.said {
		t.said = true
		return append([]string(nil), t.head...), 0, nil
	}
	var row []pair
	if len(t.first) > 0 {
		row, t.first = t.first[0], t.first[1:]
	} else {
		var err error
		if row, err = t.read(); err != nil {
			return nil, t.n + 1, err
		}
	}
	t.n++
	cells := make([]string, len(t.head))
	for _, c := range row {
		if i, ok := t.at[c.key]; ok {
			cells[i] = c.text
		}
	}
	return cells, t.n, nil
}

// read reads the next object; io.EOF after the last.
func (t *jsonTable) read() (row []pair, err error) {
	if t.ended {
		return nil, io.EOF
	}
	if !t.dec.More() {
		if _, err := t.dec.Token(); err != nil {
			return nil, jsonError(t.taken+1, err)
		}
		t.ended = true
		return nil, io.EOF
	}
	t.taken++
	var raw json.RawMessage
	if err := t.dec.Decode(&raw); err != nil {
		return nil, jsonError(t.taken, err)
	}
	switch {
	case len(raw) > LineBytes:
		return nil, &Error{t.taken, LongLine, nil}
	case raw[0] != '{':
		return nil, &Error{t.taken, NotJSON, nil}
	}
	err = flatten("", raw, 0, func(key, text string) { row = append(row, pair{key, text}) })
	if err != nil {
		return nil, jsonError(t.taken, err)
	}
	for _, c := range row {
		if !utf8.ValidString(c.text) || strings.ContainsRune(c.text+c.key, 0) {
			return nil, &Error{t.taken, Encoding, nil}
		}
	}
	return row, nil
}

// flatten tells every value of an object under its path, in the order of the text.
func flatten(path string, raw json.RawMessage, depth int, put func(key, text string)) error {
	dec := json.NewDecoder(bytes.NewReader(raw))
	if _, err := dec.Token(); err != nil {
		return err
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return err
		}
		var v json.RawMessage
		if err := dec.Decode(&v); err != nil {
			return err
		}
		name := path + key.(string)
		if v[0] == '{' && depth < jsonDepth {
			if err := flatten(name+".", v, depth+1, put); err != nil {
				return err
			}
			continue
		}
		text, err := cellOf(v)
		if err != nil {
			return err
		}
		put(name, text)
	}
	return nil
}

// cellOf is a value as a cell says it.
func cellOf(v json.RawMessage) (string, error) {
	switch v[0] {
	case '"':
		var s string
		err := json.Unmarshal(v, &s)
		return s, err
	case 'n': // null
		return "", nil
	case '{':
		return compact(v)
	case '[':
		var all []json.RawMessage
		if err := json.Unmarshal(v, &all); err != nil {
			return "", err
		}
		var texts []string
		for _, one := range all {
			if one[0] == '{' || one[0] == '[' {
				return compact(v)
			}
			text, err := cellOf(one)
			if err != nil {
				return "", err
			}
			texts = append(texts, text)
		}
		return strings.Join(texts, ", "), nil
	}
	return string(v), nil
}

func compact(v json.RawMessage) (string, error) {
	var b bytes.Buffer
	err := json.Compact(&b, v)
	return b.String(), err
}
