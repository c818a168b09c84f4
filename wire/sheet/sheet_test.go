package sheet_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"khien/wire/sheet"
)

func hasDay(row []string) bool { return len(row) > 0 && row[0] == "Ngày" }

func readAll(r io.Reader) (rows [][]string, numbers []int, err error) {
	s, err := sheet.Open(r, hasDay)
	if err != nil {
		return nil, nil, err
	}
	defer s.Close()
	for {
		row, n, err := s.Next()
		if errors.Is(err, io.EOF) {
			return rows, numbers, nil
		}
		if err != nil {
			return rows, numbers, err
		}
		rows, numbers = append(rows, row), append(numbers, n)
	}
}

func TestCSV(t *testing.T) {
	want := [][]string{{"14/05/2021", "Hòa Thắng", "4"}, {"15/05/2021", "Minh, Hòa", ""}}
	for name, text := range map[string]string{
		"comma":            "Ngày,Xã,Số\n14/05/2021,Hòa Thắng,4\n15/05/2021,\"Minh, Hòa\"\n",
		"semicolon, BOM":   "\ufeffNgày;Xã;Số\r\n14/05/2021;Hòa Thắng;4\r\n;;\r\n15/05/2021;Minh, Hòa;\r\n",
		"tab, title above": "Báo cáo ngày\t\t\nNgày\tXã\tSố\n14/05/2021\t Hòa Thắng\u00a0\t4\n15/05/2021\tMinh, Hòa\t\n",
	} {
		rows, _, err := readAll(strings.NewReader(text))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if d := cmp.Diff(want, rows); d != "" {
			t.Errorf("%s: -want +got\n%s", name, d)
		}
	}
}

func TestRefused(t *testing.T) {
	head := "Ngày,Xã\n1,a\n"
	tests := []struct {
		name, text, why string
		row             int
	}{
		{"nothing", "", sheet.Empty, 0},
		{"no header", "a,b\n1,2\n", sheet.NoHeader, 1},
		{"windows-1258", head + "2,H\xf2a\n", sheet.Encoding, 3},
		{"utf-16", "\xff\xfeN\x00g\x00", sheet.UTF16, 1},
		{"long line", head + "2," + strings.Repeat("x", 50<<20) + "\n", sheet.LongLine, 3},
		{"open quote", head + "2,\"abc\n", sheet.Quote, 3},
		{"a zip that is no sheet", "PK\x03\x04garbage", sheet.NotASheet, 0},
		{"NUL", head + "2,a\x00b\n", sheet.Encoding, 3},
		{"columns", head + strings.Repeat(",", 2000) + "\n", sheet.Columns, 3},
	}
	for _, tt := range tests {
		_, _, err := readAll(strings.NewReader(tt.text))
		var e *sheet.Error
		if !errors.As(err, &e) || e.Why != tt.why || e.Row != tt.row {
			t.Errorf("%s: got %v, want %s in row %d", tt.name, err, tt.why, tt.row)
		}
	}
}

func TestXLSX(t *testing.T) {
	f := excelize.NewFile()
	for i, row := range [][]any{{"Ngày", "Xã", "Số"}, {44330, "Hòa Thắng", 4}, {"15/05/2021", "Minh Hòa", "2"}} {
		if err := f.SetSheetRow("Sheet1", "A"+string(rune('1'+i)), &row); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	rows, numbers, err := readAll(&b)
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{{"44330", "Hòa Thắng", "4"}, {"15/05/2021", "Minh Hòa", "2"}}
	if d := cmp.Diff(want, rows); d != "" || numbers[0] != 2 {
		t.Errorf("numbers %v, -want +got\n%s", numbers, d)
	}
	if day, ok := sheet.Date(rows[0][0]); !ok || day.Format("2006-01-02") != "2021-05-14" {
		t.Errorf("got %v, %v, want 2021-05-14", day, ok)
	}
}

func TestZipBomb(t *testing.T) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create("xl/worksheets/sheet1.xml")
	if err != nil {
		t.Fatal(err)
	}
	zeros := make([]byte, 1<<20)
	for range 300 {
		if _, err := w.Write(zeros); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	_, _, err = readAll(&b)
	var e *sheet.Error
	if !errors.As(err, &e) || e.Why != sheet.TooLarge {
		t.Errorf("got %v, want too large", err)
	}
}

// zipped returns an XLSX of one sheet, whose rows are given as they stand in its XML.
func zipped(t *testing.T, rows string) *bytes.Buffer {
	t.Helper()
	const open = `<?xml version="1.0"?>`
	const main, office = "http://schemas.openxmlformats.org/spreadsheetml/2006/main", "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	const rels = open + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="` + office
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, text := range map[string]string{
		"[Content_Types].xml":        open + `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"></Types>`,
		"_rels/.rels":                rels + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
		"xl/_rels/workbook.xml.rels": rels + `/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
		"xl/workbook.xml":            open + `<workbook xmlns="` + main + `" xmlns:r="` + office + `"><sheets><sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>`,
		"xl/worksheets/sheet1.xml":   open + `<worksheet xmlns="` + main + `"><sheetData>` + rows + `</sheetData></worksheet>`,
	} {
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write([]byte(text))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return &b
}

func TestHostileXLSX(t *testing.T) {
	const head = `<row r="1"><c r="A1" t="inlineStr"><is><t>Ngày</t></is></c></row>`
	cell := func(text string) string {
		return head + `<row r="2"><c r="A2" t="inlineStr"><is><t>` + text + `</t></is></c></row>`
	}
	for _, tt := range []struct{ name, rows, why string }{
		{"well", cell("Minh Hòa"), ""},
		{"a NUL", cell("a_x0000_b"), sheet.NotASheet},
		{"one text of megabytes", cell(strings.Repeat("0", 5<<20)), sheet.TooLarge},
		{"one mark of megabytes", head + `<row r="2` + strings.Repeat(" ", 5<<20) + `"></row>`, sheet.TooLarge},
		{"many rows", head + strings.Repeat(`<row><c><v>1</v></c></row>`, 60_000), ""},
	} {
		_, _, err := readAll(zipped(t, tt.rows))
		var e *sheet.Error
		if errors.As(err, &e); tt.why == "" && err != nil || tt.why != "" && (e == nil || e.Why != tt.why) {
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.why)
		}
	}
}

func TestHarmless(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "BN1": "BN1", "=cmd|'/c calc'!A0": "'=cmd|'/c calc'!A0", "@SUM(1)": "'@SUM(1)", "-1": "'-1", "+1": "'+1",
		"\t=1": "'\t'=1", "\n=1": "'\n'=1", "|x": "'|x", "%x": "'%x", "Đông Kinh": "Đông Kinh",
		"＝1": "'＝1", "＋1": "'＋1", "－1": "'－1", "＠x": "'＠x", " =1": " '=1", "\u200b=1": "\u200b'=1", "\u00a0@x": "\u00a0'@x",
		"An;=1": "An;'=1", "An; =1": "An; '=1", "An\t@x": "An\t'@x", "dòng 1\n=1": "dòng 1\n'=1", "07:00-11:00; 13:00-17:00": "07:00-11:00; 13:00-17:00", "a=b": "a=b",
	} {
		if got := sheet.Harmless(in); got != want {
			t.Errorf("Harmless(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzOpen(f *testing.F) {
	f.Add([]byte("Ngày,Xã\n1,a\n"))
	f.Add([]byte("\ufeffNgày;Xã\n\"1\";a\n"))
	f.Add([]byte("PK\x03\x04"))
	f.Fuzz(func(t *testing.T, b []byte) {
		rows, numbers, _ := readAll(bytes.NewReader(b))
		for i := range rows {
			if i > 0 && numbers[i] <= numbers[i-1] {
				t.Errorf("row numbers %v do not rise", numbers)
			}
		}
	})
}

// What is written is read back, and no cell of it is a formula.
func TestWrittenTablesAreReadBack(t *testing.T) {
	rows := [][]string{{"Tên", "Ghi chú"}, {"Chợ Kỳ Lừa", "dòng 1\ndòng 2"}, {"=cmd|'/c calc'!A0", "@SUM(1)"}, {"0912", "-1"}}
	want := [][]string{{"Chợ Kỳ Lừa", "dòng 1\ndòng 2"}, {"'=cmd|'/c calc'!A0", "'@SUM(1)"}, {"0912", "'-1"}}
	for _, f := range []sheet.Format{sheet.CSV, sheet.XLSX} {
		var b bytes.Buffer
		w, err := sheet.NewWriter(&b, f)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			if err := w.Write(r...); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		r, err := sheet.Open(&b, func([]string) bool { return true })
		if err != nil {
			t.Fatalf("%s: %v", f, err)
		}
		for _, want := range want {
			if got, _, err := r.Next(); err != nil || !slices.Equal(got, want) {
				t.Errorf("%s: got %q, %v, want %q", f, got, err, want)
			}
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}
