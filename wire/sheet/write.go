package sheet

import (
	"encoding/csv"
	"errors"
	"io"

	"github.com/xuri/excelize/v2"
)

// Format is how a table is written. The values stand in links.
type Format string

// The formats.
const (
	CSV  Format = "csv"
	XLSX Format = "xlsx"
)

// ContentType is the format's media type.
func (f Format) ContentType() string {
	if f == XLSX {
		return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	}
	return "text/csv; charset=utf-8"
}

// Writer writes a table row by row, in constant memory: a CSV as it comes, in
// UTF-8 with a byte order mark, an XLSX from a temporary file at Close. Every cell
// is a text, and none that a spreadsheet takes for a formula.
type Writer struct {
	csv  *csv.Writer
	out  io.Writer
	book *excelize.File
	rows *excelize.StreamWriter
	row  int
}

// NewWriter begins a table; any format but XLSX is CSV.
func NewWriter(w io.Writer, f Format) (*Writer, error) {
	if f != XLSX {
		_, err := io.WriteString(w, "\ufeff")
		return &Writer{csv: csv.NewWriter(w)}, err
	}
	book := excelize.NewFile()
	rows, err := book.NewStreamWriter(book.GetSheetName(0))
	if err != nil {
		return nil, errors.Join(err, book.Close())
	}
	return &Writer{out: w, book: book, rows: rows}, nil
}

// Write adds one row.
func (w *Writer) Write(cells ...string) error {
	w.row++
	if w.csv != nil {
		safe := make([]string, len(cells))
		for i, c := range cells {
			safe[i] = Harmless(c)
		}
		return w.csv.Write(safe)
	}
	safe := make([]any, len(cells))
	for i, c := range cells {
		safe[i] = Harmless(c)
	}
	at, err := excelize.CoordinatesToCellName(1, w.row)
	if err != nil {
		return err
	}
	return w.rows.SetRow(at, safe)
}

// Flush sends the rows that are written, as far as the format lets it.
func (w *Writer) Flush() error {
	if w.csv == nil {
		return nil
	}
	w.csv.Flush()
	return w.csv.Error()
}

// Drop frees what a table holds that will not be closed.
func (w *Writer) Drop() error {
	if w.book == nil {
		return nil
	}
	return w.book.Close()
}

// Close ends the table.
func (w *Writer) Close() error {
	if w.csv != nil {
		return w.Flush()
	}
	err := w.rows.Flush()
	if err == nil {
		_, err = w.book.WriteTo(w.out)
	}
	return errors.Join(err, w.book.Close())
}
