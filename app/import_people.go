package app

import (
	"context"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"khien/kernel/area"
	"khien/kernel/auth"
	"khien/kernel/fault"
	"khien/kernel/i18n"
	"khien/kernel/id"
	"khien/kernel/person"
	"khien/wire/sheet"
)

// peopleMost bounds a list of people.
const peopleMost = 1_000_000

// peopleHeadings are the names under which lists give a column, folded by area.Fold.
var peopleHeadings = map[string][]string{
	"name":        {"ho va ten", "ho ten", "full name", "name"},
	"birth":       {"ngay sinh", "ngay thang nam sinh", "nam sinh", "date of birth", "birth"},
	"sex":         {"gioi tinh", "sex", "gender"},
	"phone":       {"dien thoai", "so dien thoai", "sdt", "phone"},
	"citizen":     {"cccd", "so cccd", "can cuoc", "so can cuoc", "can cuoc cong dan", "citizen card"},
	"old":         {"cmnd", "so cmnd", "chung minh nhan dan", "identity card"},
	"passport":    {"ho chieu", "so ho chieu", "passport"},
	"insurance":   {"bhyt", "so bhyt", "ma the bhyt", "so the bhyt", "bao hiem y te", "health insurance"},
	"province":    {"tinh", "tinh/thanh pho", "province"},
	"district":    {"huyen", "quan/huyen", "district"},
	"commune":     {"xa", "xa/phuong", "phuong/xa", "xa/phuong/thi tran", "commune"},
	"address":     {"dia chi", "address"},
	"household":   {"so ho", "so ho khau", "ma ho", "household"},
	"nationality": {"quoc tich", "nationality"},
	"occupation":  {"nghe nghiep", "occupation"},
}

// peopleReport is what became of a list, the contract of import people --json.
type peopleReport struct {
	Rows     int             `json:"rows"`
	New      int             `json:"new"`
	Merged   int             `json:"merged"`   // into somebody who stood
	Reviews  int             `json:"reviews"`  // stand beside somebody they may be
	Rejected int             `json:"rejected"` // not entered
	Problems []peopleProblem `json:"problems"`
}

type peopleProblem struct {
	Row   int    `json:"row"` // as a spreadsheet counts
	Field string `json:"field"`
	Value string `json:"value"`
	Why   string `json:"why"`
	err   *fault.Error
}

// importPeopleCommand registers the people of a list.
func importPeopleCommand(*flag.FlagSet) func(*call) error {
	return func(c *call) error {
		f, err := c.oneFile()
		if err != nil {
			return err
		}
		defer f.Close()
		return c.with(func(a *App) error {
			report, err := a.importPeople(c.ctx, a.console("import people"), baseName(f.Name()), f)
			if err != nil {
				return err
			}
			for i, p := range report.Problems {
				report.Problems[i].Why = a.Catalog.Fault(i18n.Lang(c.lang), p.err)
			}
			if c.json {
				return c.print(report)
			}
			for _, p := range report.Problems {
				fmt.Fprintf(c.out, "%6d  %-10s %s: %s\n", p.Row, p.Field, p.Value, p.Why)
			}
			fmt.Fprintf(c.out, "%d: +%d, =%d, ?%d, -%d\n", report.Rows, report.New, report.Merged, report.Reviews, report.Rejected)
			return nil
		})
	}
}

// importPeople registers the rows of a list that can be read, in parts; those
// that cannot are reported. The same list a second time changes nothing.
func (a *App) importPeople(ctx context.Context, sc auth.Scope, name string, r io.Reader) (report peopleReport, err error) {
	report.Problems = []peopleProblem{}
	people, err := a.readPeople(name, r, &report)
	if err != nil {
		return report, err
	}
	err = a.People.Import(ctx, sc, people, func(_ int, rs []person.Registered) error {
		for _, r := range rs {
			switch r.Verdict {
			case person.Same:
				report.Merged++
			case person.Unsure:
				report.Reviews++
			default:
				report.New++
			}
		}
		return nil
	})
	return report, err
}

func (a *App) readPeople(name string, r io.Reader, report *peopleReport) (people []person.Person, err error) {
	t, err := sheet.Open(r, func(row []string) bool { return columnOf(row, "name") >= 0 })
	if err != nil {
		return nil, sheetFault(err)
	}
	defer t.Close()
	for {
		row, n, err := t.Next()
		if errors.Is(err, io.EOF) {
			return people, nil
		}
		if err != nil {
			return nil, sheetFault(err)
		}
		if report.Rows++; report.Rows > peopleMost {
			return nil, fault.New(fault.Invalid, "app.too_many_people").InRow(n).With("most", peopleMost)
		}
		p, bad := a.personOf(t.Header, row)
		for _, f := range bad {
			report.Problems = append(report.Problems, peopleProblem{Row: n, Field: f.Field, Value: fault.Cut(f.Value, 80), err: f})
		}
		if err := p.Check(); err != nil {
			report.Rejected++
			f := fault.Of(err)
			report.Problems = append(report.Problems, peopleProblem{Row: n, Field: f.Field, Value: fault.Cut(f.Value, 80), err: f})
			continue
		}
		p.ID = rowID(name, n, row)
		people = append(people, p)
	}
}

// rowID is the same for the same row of the same list, so that a list which was
// cut off is sent again whole. It rises with the row, as rows are written.
func rowID(name string, n int, row []string) (i id.ID) {
	list := sha256.Sum256([]byte("khien people list\x00" + name))
	text := sha256.Sum256([]byte(name + "\x00" + strconv.Itoa(n) + "\x00" + strings.Join(row, "\x00")))
	copy(i[:4], list[:4])
	i[4], i[5] = byte(n>>16), byte(n>>8)
	i[7] = byte(n)
	copy(i[9:], text[:7])
	i[6], i[8] = 0x80|text[8]&0x0f, 0x80|text[9]&0x3f // UUID version 8: what it is made of is our own
	return i
}

// personOf reads a row; what is wrong with its place leaves the place out, and
// is reported.
func (a *App) personOf(header, row []string) (p person.Person, bad []*fault.Error) {
	cell := func(field string) string {
		if i := columnOf(header, field); i >= 0 && i < len(row) {
			return strings.TrimSpace(row[i])
		}
		return ""
	}
	p = person.Person{Name: cell("name"), Birth: cell("birth"), Phone: cell("phone"), Address: cell("address"), Household: cell("household"),
		Nationality: cell("nationality"), Occupation: cell("occupation")}
	if d, ok := sheet.Date(p.Birth); ok {
		p.Birth = d.Format("2006-01-02")
	}
	switch area.Fold(cell("sex")) {
	case "nam", "male", "m":
		p.Sex = "male"
	case "nu", "female", "f":
		p.Sex = "female"
	case "khac", "other":
		p.Sex = "other"
	case "":
	default:
		bad = append(bad, fault.New(fault.Invalid, "person.sex").At("sex", cell("sex")))
	}
	for _, k := range []struct {
		field string
		kind  person.PaperKind
	}{{"citizen", person.CitizenCard}, {"old", person.OldCard}, {"passport", person.TravelPaper}, {"insurance", person.InsuranceTag}} {
		if number := cell(k.field); number != "" {
			p.Papers = append(p.Papers, person.Paper{Kind: k.kind, Number: number})
		}
	}
	if cell("commune")+cell("district") == "" {
		return p, bad
	}
	home, _ := a.Gazetteer.Official(area.Edition(a.Config.Edition), a.Config.Province)
	m := a.Gazetteer.Match(area.Names{Edition: area.Edition(a.Config.Edition), Province: orElse(cell("province"), home.Name), District: cell("district"), Commune: cell("commune")})
	if p.Area = m.Code; m.Code.IsZero() {
		bad = append(bad, fault.New(fault.Invalid, "app.people_area").At("commune", strings.Trim(cell("commune")+", "+cell("district"), ", ")))
	}
	return p, bad
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

func columnOf(header []string, field string) int {
	return slices.IndexFunc(header, func(h string) bool { return slices.Contains(peopleHeadings[field], area.Fold(h)) })
}

// sheetFault says in the user's terms why a file cannot be read.
func sheetFault(err error) error {
	var e *sheet.Error
	if !errors.As(err, &e) {
		return err
	}
	return fault.New(fault.Invalid, "sheet."+string(e.Why)).InRow(e.Row).Because(err)
}
