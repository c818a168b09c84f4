// Package sheet reads tables that people send: CSV as spreadsheets of many
// countries write it, XLSX, and JSON. It knows nothing of what the columns mean.
//
// CSV must be UTF-8, with or without a byte order mark; comma, semicolon or tab
// separate. XLSX gives its first sheet, values as stored: a date is the number
// of days that Excel counts (see Date). Everything is bounded: a line, a row, a
// file, what a zip unpacks to.
package sheet

import (
	"archive/zip"
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
)

// Bounds of a file.
const (
	LineBytes   = 1 << 20   // one line of a CSV
	ColumnsMost = 1000      // in a row
	XLSXBytes   = 32 << 20  // an XLSX as sent
	UnzipBytes  = 256 << 20 // what it unpacks to
	headerRows  = 10        // where the headings may stand
)

// Why a file or a row cannot be read; the values name sentences of a catalog.
const (
	Empty      = "empty"       // no row at all
	NoHeader   = "no_header"   // no row with the headings that are needed
	Encoding   = "encoding"    // not UTF-8
	UTF16      = "utf16"       // UTF-16, as Excel's "Unicode text" is
	LongLine   = "long_line"   // a line over LineBytes
	Quote      = "quote"       // a quotation mark that is not closed, or stands astray
	Columns    = "columns"     // more than ColumnsMost
	NotJSON    = "not_json"    // JSON that breaks off, or holds no array of objects
	NotASheet  = "not_a_sheet" // a zip that is no XLSX, or a broken one
	TooLarge   = "too_large"   // over XLSXBytes, or unpacks to over UnzipBytes
	Unreadable = "unreadable"  // the file ends early, or its disk does not answer
)

// Error says which row, counted from 1 as a spreadsheet does (0: the file), and why.
type Error struct {
	Row int
	Why string
	Err error
}

// Error says row and cause, for logs.
func (e *Error) Error() string { return fmt.Sprintf("sheet: row %d: %s: %v", e.Row, e.Why, e.Err) }

// Unwrap returns the cause, or nil.
func (e *Error) Unwrap() error { return e.Err }

// Reader gives the rows after the header, one at a time.
type Reader struct {
	Header []string // trimmed
	row    int      // number of the row last read
	next   func() ([]string, int, error)
	close  func() error
}

// Open finds out what r holds and reads to its header: the first of the first
// ten rows for which isHeader holds. The caller must Close the Reader.
func Open(r io.Reader, isHeader func([]string) bool) (*Reader, error) {
	br := bufio.NewReaderSize(r, 64<<10)
	head, err := br.Peek(4)
	if len(head) == 0 {
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, &Error{0, Unreadable, err}
		}
		return nil, &Error{0, Empty, nil}
	}
	var s *Reader
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		s, err = openXLSX(br)
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}), bytes.HasPrefix(head, []byte{0xfe, 0xff}):
		return nil, &Error{1, UTF16, nil}
	case isJSON(br):
		s, err = openJSON(br)
	default:
		s, err = openCSV(br)
	}
	if err != nil {
		return nil, err
	}
	if err := s.findHeader(isHeader); err != nil {
		_ = s.Close()
		return nil, err
	}
	return s, nil
}

// isJSON reports whether an object or an array begins the text, and reads up to it.
func isJSON(br *bufio.Reader) bool {
	head, _ := br.Peek(512)
	head = bytes.TrimPrefix(head, []byte("\ufeff"))
	plain := bytes.TrimLeft(head, " \t\r\n")
	if len(plain) == 0 || plain[0] != '{' && plain[0] != '[' {
		return false
	}
	all, _ := br.Peek(512)
	_, _ = br.Discard(len(all) - len(plain))
	return true
}

func (s *Reader) findHeader(isHeader func([]string) bool) error {
	for range headerRows {
		row, n, err := s.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		s.row, s.Header = n, trim(row)
		if isHeader(s.Header) {
			return nil
		}
	}
	if s.row == 0 {
		return &Error{0, Empty, nil}
	}
	return &Error{1, NoHeader, nil}
}

// Next returns the next row that is not empty, trimmed and as long as the
// header, and its number; io.EOF after the last.
func (s *Reader) Next() (row []string, n int, err error) {
	for {
		raw, n, err := s.next()
		if err != nil {
			return nil, n, err
		}
		row = trim(raw)
		if !slices.ContainsFunc(row, func(c string) bool { return c != "" }) {
			continue
		}
		for len(row) < len(s.Header) {
			row = append(row, "")
		}
		return row[:len(s.Header)], n, nil
	}
}

// Close frees what an XLSX holds.
func (s *Reader) Close() error { return s.close() }

func trim(row []string) []string {
	for i, c := range row {
		row[i] = strings.TrimSpace(strings.ReplaceAll(c, "\u00a0", " "))
	}
	return row
}

func openCSV(br *bufio.Reader) (*Reader, error) {
	if bom, _ := br.Peek(3); bytes.Equal(bom, []byte("\ufeff")) {
		_, _ = br.Discard(3)
	}
	first, err := br.Peek(min(br.Size(), 16<<10))
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, &Error{1, Unreadable, err}
	}
	lines := &lineLimit{r: br, line: 1}
	c := csv.NewReader(lines)
	c.Comma = separator(first)
	c.FieldsPerRecord = -1
	return &Reader{close: func() error { return nil }, next: func() ([]string, int, error) { return nextCSV(c) }}, nil
}

// Plain is what Harmless made of a cell, as it was before.
func Plain(cell string) string {
	if !strings.Contains(cell, "'") {
		return cell
	}
	runes := []rune(cell)
	out := make([]rune, 0, len(runes))
	begins := true
	for i, r := range runes {
		blank := unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r)
		if begins && r == '\'' && i+1 < len(runes) && strings.ContainsRune(openers, runes[i+1]) {
			continue
		}
		begins = strings.ContainsRune(";\t\r\n", r) || begins && blank
		out = append(out, r)
	}
	return string(out)
}

// separator is whatever of comma, semicolon and tab the first line has most of.
func separator(head []byte) rune {
	line, _, _ := bytes.Cut(head, []byte("\n"))
	best, most := ',', 0
	for _, r := range ",;\t" {
		if n := bytes.Count(line, []byte(string(r))); n > most {
			best, most = r, n
		}
	}
	return best
}

func nextCSV(c *csv.Reader) ([]string, int, error) {
	row, err := c.Read()
	if errors.Is(err, io.EOF) {
		return nil, 0, io.EOF
	}
	var own *Error
	if errors.As(err, &own) {
		return nil, own.Row, own
	}
	var parse *csv.ParseError
	if errors.As(err, &parse) {
		return nil, parse.StartLine, &Error{parse.StartLine, Quote, err}
	}
	if err != nil {
		return nil, 0, &Error{0, Unreadable, err}
	}
	n, _ := c.FieldPos(0)
	if len(row) > ColumnsMost {
		return nil, n, &Error{n, Columns, nil}
	}
	if !readable(row) {
		return nil, n, &Error{n, Encoding, nil}
	}
	return row, n, nil
}

// readable reports whether every cell is a text that a database can hold.
func readable(row []string) bool {
	return !slices.ContainsFunc(row, func(cell string) bool { return !utf8.ValidString(cell) || strings.ContainsRune(cell, 0) })
}

// lineLimit refuses a line over LineBytes before it is held in memory.
type lineLimit struct {
	r    io.Reader
	line int
	run  int // bytes since the last end of line
}

// Read reads on, counting lines.
func (l *lineLimit) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	for _, b := range p[:n] {
		l.run++
		if b == '\n' {
			l.line, l.run = l.line+1, 0
		}
		if l.run > LineBytes {
			return 0, &Error{l.line, LongLine, nil}
		}
	}
	return n, err
}

func openXLSX(r io.Reader) (*Reader, error) {
	b, err := io.ReadAll(io.LimitReader(r, XLSXBytes+1))
	if err != nil {
		return nil, &Error{0, Unreadable, err}
	}
	if err := checkZip(b); err != nil {
		return nil, err
	}
	f, err := excelize.OpenReader(bytes.NewReader(b), excelize.Options{RawCellValue: true, UnzipSizeLimit: UnzipBytes, UnzipXMLSizeLimit: 16 << 20})
	if err != nil {
		return nil, &Error{0, NotASheet, err}
	}
	names := f.GetSheetList()
	if len(names) == 0 {
		_ = f.Close()
		return nil, &Error{0, Empty, nil}
	}
	rows, err := f.Rows(names[0])
	if err != nil {
		_ = f.Close()
		return nil, &Error{0, NotASheet, err}
	}
	n := 0
	next := func() ([]string, int, error) {
		n++
		if !rows.Next() {
			if err := rows.Error(); err != nil {
				return nil, n, &Error{n, NotASheet, err}
			}
			return nil, n, io.EOF
		}
		row, err := rows.Columns(excelize.Options{RawCellValue: true})
		if err != nil {
			return nil, n, &Error{n, NotASheet, err}
		}
		if len(row) > ColumnsMost {
			return nil, n, &Error{n, Columns, nil}
		}
		if !readable(row) { // XLSX can write a NUL as _x0000_
			return nil, n, &Error{n, NotASheet, nil}
		}
		return row, n, nil
	}
	return &Reader{next: next, close: func() error { return errors.Join(rows.Close(), f.Close()) }}, nil
}

// checkZip refuses a zip that unpacks to too much, by its own account or in
// truth, and one with a text that no spreadsheet has: what excelize reads it
// holds text by text, and one of 200 MB would take five times that.
func checkZip(b []byte) error {
	if len(b) > XLSXBytes {
		return &Error{0, TooLarge, nil}
	}
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return &Error{0, NotASheet, err}
	}
	var total uint64
	for _, f := range z.File {
		total += f.UncompressedSize64
		if f.UncompressedSize64 > UnzipBytes || total > UnzipBytes {
			return &Error{0, TooLarge, nil}
		}
	}
	for _, f := range z.File {
		if !strings.HasPrefix(f.Name, "xl/media/") {
			if err := checkTexts(f); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkTexts refuses a part of an XLSX in which more than LineBytes stand
// between two marks.
func checkTexts(f *zip.File) error {
	r, err := f.Open()
	if err != nil {
		return &Error{0, NotASheet, err}
	}
	defer r.Close()
	buf, run := make([]byte, 64<<10), 0
	for {
		n, err := r.Read(buf)
		if first := bytes.IndexByte(buf[:n], '<'); first < 0 {
			run += n
		} else if run += first; run <= LineBytes {
			run = n - bytes.LastIndexByte(buf[:n], '<')
		}
		switch {
		case run > LineBytes:
			return &Error{0, TooLarge, nil}
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return &Error{0, NotASheet, err}
		}
	}
}

// Date reads a number of days as Excel stores dates (1900 system; 44330 is
// 2021-05-14); false for what is no plausible date of 1954 to 2119.
func Date(cell string) (time.Time, bool) {
	f, err := strconv.ParseFloat(cell, 64)
	if err != nil || f < 20_000 || f > 80_000 {
		return time.Time{}, false
	}
	return time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC).AddDate(0, 0, int(f)), true
}

// Harmless returns a cell that no spreadsheet takes for a formula (OWASP, CSV
// injection), with an apostrophe before what would be one: behind blanks and
// invisible letters, in full width, and behind a semicolon, a tab or a line's end,
// at which a spreadsheet of a country with decimal commas splits an unquoted cell.
func Harmless(cell string) string {
	if !strings.ContainsAny(cell, openers) {
		return cell
	}
	var b strings.Builder
	begins := true
	for i, r := range cell {
		blank := unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r)
		if begins && strings.ContainsRune(openers, r) && (i == 0 || !blank) {
			b.WriteByte('\'')
		}
		begins = strings.ContainsRune(";\t\r\n", r) || begins && blank
		b.WriteRune(r)
	}
	return b.String()
}

// openers are what a formula, or a command, begins with.
const openers = "=+-@|%＝＋－＠\t\r\n"
