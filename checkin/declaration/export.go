package declaration

import (
	"encoding/csv"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"khien/kernel/auth"
	"khien/kernel/fault"
	"khien/kernel/i18n"
	"khien/kernel/web"
	"khien/wire/sheet"
)

// Exports have this many columns; the catalog names them declaration.column.0 and on.
const exportColumns = 15

// exportWait is how long an export waits for its taker without a row going out.
const exportWait = time.Minute

// xlsxMost bounds an XLSX, which is made whole before it is sent; a CSV has no end.
const xlsxMost = 100_000

// rows writes a table out, row by row.
type rows interface {
	row(cells []string) error
	end() error
}

func (s *Service) getExport(w http.ResponseWriter, r *http.Request) error {
	sc, err := auth.ScopeOf(r.Context(), auth.Export, "declaration_export")
	if err != nil {
		return err
	}
	var f filterForm
	if err := web.Decode(r, &f); err != nil {
		return err
	}
	var out rows = &csvRows{w: w}
	if f.Format == "xlsx" {
		if out, err = newXLSX(w); err != nil {
			return err
		}
	}
	head := make([]string, exportColumns)
	for i := range head {
		head[i] = web.T(r.Context(), "declaration.column."+strconv.Itoa(i))
	}
	begun := false
	begin := func() error { begun = true; return out.row(head) }
	err = s.Export(r.Context(), sc, f.filter(), func(v Version) error {
		if !begun {
			if err := begin(); err != nil {
				return err
			}
		}
		return out.row(s.exportRow(r, v))
	})
	if err == nil && !begun {
		err = begin()
	}
	if err != nil {
		return err
	}
	return out.end()
}

// exportRow is one declaration; what people wrote is made harmless (OWASP, CSV
// injection): names such as =cmd|'/c calc'!A0 came with the first forms of 2021.
func (s *Service) exportRow(r *http.Request, v Version) []string {
	l := web.Lang(r.Context())
	var said []string
	for _, n := range s.lines(l, v.Declaration, v.Answers) {
		said = append(said, n.Question+" "+n.Answer)
	}
	sex := ""
	if v.Content.Who.Sex != "" {
		sex = web.T(r.Context(), "phone.sex."+v.Content.Who.Sex)
	}
	row := []string{v.Short, i18n.DateTime(l, v.Made), web.T(r.Context(), "declaration.kind."+string(v.Kind)), web.T(r.Context(), "declaration.grade."+string(v.Grade)),
		i18n.DateTime(l, v.Until), i18n.DateTime(l, v.Withdrawn), v.Content.Who.Name, v.Content.Who.Birth, sex, v.Content.Who.Nationality, v.Content.Who.Paper, v.Content.Who.Phone,
		s.Gazetteer.Title(v.Content.Who.Area), v.Content.Who.Address, strings.Join(said, "; ")}
	for i, cell := range row {
		row[i] = sheet.Harmless(cell)
	}
	return row
}

// csvRows streams a CSV; nothing is sent before the first row.
type csvRows struct {
	w   http.ResponseWriter
	out *csv.Writer
}

func (c *csvRows) row(cells []string) error {
	if c.out == nil {
		c.w.Header().Set("Content-Type", "text/csv; charset=utf-8")
		c.w.Header().Set("Content-Disposition", `attachment; filename="khien-to-khai.csv"`)
		if _, err := c.w.Write([]byte("\ufeff")); err != nil {
			return err
		}
		c.out = csv.NewWriter(c.w)
	}
	_ = http.NewResponseController(c.w).SetWriteDeadline(time.Now().Add(exportWait)) // a writer without deadlines, as in tests, goes without
	return c.out.Write(cells)
}

func (c *csvRows) end() error {
	c.out.Flush()
	return c.out.Error()
}

// xlsxRows makes an XLSX of typed texts.
type xlsxRows struct {
	w    http.ResponseWriter
	file *excelize.File
	out  *excelize.StreamWriter
	n    int
}

func newXLSX(w http.ResponseWriter) (*xlsxRows, error) {
	f := excelize.NewFile()
	out, err := f.NewStreamWriter(f.GetSheetName(0))
	return &xlsxRows{w: w, file: f, out: out}, err
}

func (x *xlsxRows) row(cells []string) error {
	if x.n++; x.n > xlsxMost {
		return fault.New(fault.Invalid, "declaration.too_many").With("most", xlsxMost)
	}
	values := make([]any, len(cells))
	for i, c := range cells {
		values[i] = c
	}
	return x.out.SetRow("A"+strconv.Itoa(x.n), values)
}

func (x *xlsxRows) end() error {
	defer x.file.Close()
	if err := x.out.Flush(); err != nil {
		return err
	}
	x.w.Header().Set("Content-Type", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
	x.w.Header().Set("Content-Disposition", `attachment; filename="khien-to-khai.xlsx"`)
	_ = http.NewResponseController(x.w).SetWriteDeadline(time.Now().Add(exportWait))
	return x.file.Write(x.w)
}
