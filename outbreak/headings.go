package outbreak

import (
	"slices"
	"strings"

	"khien/kernel/area"
	"khien/kernel/fault"
)

// headings are the names under which lists give a column, folded by area.Fold.
// The first of each is the one that our own exports and errors say.
var headings = map[string][]string{
	"date":      {"ngay", "date", "ngay cong bo", "ngay ghi nhan", "thoi gian"},
	"province":  {"tinh", "province", "tinh thanh", "tinh thanh pho", "tinh tp", "tinh/thanh pho", "tinh/tp", "tinh, thanh pho"},
	"district":  {"huyen", "district", "quan huyen", "quan/huyen", "huyen/thanh pho", "quan/huyen/tp", "quan, huyen", "huyen/tp"},
	"commune":   {"xa", "commune", "ward", "phuong xa", "xa phuong", "phuong/xa", "xa/phuong", "xa/phuong/thi tran", "xa, phuong"},
	"new_cases": {"so ca", "new_cases", "new cases", "so ca mac moi", "ca mac moi", "ca moi", "so ca moi", "so ca mac"},

	"id":             {"ma ho so", "id", "case id"},
	"version":        {"lan sua", "version"},
	"age":            {"tuoi", "age"},
	"area":           {"ma dia ban", "area", "area code"},
	"stay":           {"ma noi o", "stay", "stay code"},
	"stay_province":  {"tinh noi o", "stay_province", "tinh noi cu tru", "noi cu tru", "residence"},
	"stay_district":  {"huyen noi o", "stay_district", "huyen noi cu tru"},
	"stay_commune":   {"xa noi o", "stay_commune", "xa noi cu tru"},
	"investigation":  {"dieu tra", "investigation", "dieu tra dich te"},
	"symptoms":       {"trieu chung", "symptoms"},
	"tests":          {"xet nghiem", "tests"},
	"hospital_stays": {"nam vien", "hospital_stays"},
	"exposures":      {"tiep xuc da khai", "exposures"},
	"sources":        {"lay tu ca", "sources", "source_ids", "source ids", "nguoi lay"},

	"number":         {"ma benh nhan", "number", "ma bn", "so benh nhan", "ma ca benh", "ma so"},
	"name":           {"ho va ten", "name", "ho ten", "ten"},
	"sex":            {"gioi tinh", "sex", "gioi", "gender"},
	"birth":          {"nam sinh", "birth_year", "birth", "ngay sinh", "nam sinh/tuoi"},
	"phone":          {"dien thoai", "phone", "so dien thoai", "sdt"},
	"classification": {"phan loai", "classification", "phan loai ca benh", "loai ca benh"},
	"source":         {"nguon", "source", "nguon phat hien", "nguon lay nhiem", "noi phat hien"},
	"onset":          {"ngay khoi phat", "onset", "khoi phat"},
	"specimen":       {"ngay lay mau", "specimen", "lay mau"},
	"confirmed":      {"ngay xac dinh", "confirmed", "ngay khang dinh", "ngay duong tinh", "ngay co ket qua"},
	"reported":       {"ngay bao cao", "reported", "bao cao"},
	"outcome":        {"ket qua dieu tri", "outcome", "ket cuc", "tinh trang ra vien"},
	"outcome_on":     {"ngay ket thuc", "outcome_on", "ngay ra vien", "ngay khoi benh", "ngay tu vong"},
}

// column returns the place of a field's column, -1 when there is none.
func column(header []string, field string) int {
	return slices.IndexFunc(header, func(h string) bool {
		return folded[field][foldHeading(h)]
	})
}

// folded has the headings as foldHeading gives them.
var folded = foldHeadings()

func foldHeadings() map[string]map[string]bool {
	all := map[string]map[string]bool{}
	for field, names := range headings {
		all[field] = map[string]bool{}
		for _, n := range names {
			all[field][area.Fold(n)] = true
		}
	}
	return all
}

// foldHeading is the heading without marks, stars and bracketed hints.
func foldHeading(h string) string {
	h, _, _ = strings.Cut(h, "(")
	return strings.TrimSpace(area.Fold(strings.Trim(h, " *:")))
}

func isCountsHeader(row []string) bool {
	return column(row, "date") >= 0
}

// countColumns turns one row of a sheet into its numbers.
type countColumns struct {
	day, province, district, commune, cases int
	provinces                               []int // of a table with a province a column
	names                                   []string
}

// countsColumns finds a list's columns, or a table's provinces. A column that is
// missing is fault.Invalid that names it.
func countsColumns(header []string) (countColumns, error) {
	c := countColumns{day: column(header, "date"), province: column(header, "province"), district: column(header, "district"),
		commune: column(header, "commune"), cases: column(header, "new_cases")}
	if c.cases >= 0 && c.province >= 0 {
		return c, nil
	}
	missing := "new_cases"
	if c.cases >= 0 {
		missing = "province"
	}
	if c.province >= 0 || c.cases >= 0 || len(header) < 3 {
		return c, fault.New(fault.Invalid, "sheet.no_column").InRow(1).At(missing, strings.Join(header, ", "))
	}
	for i, h := range header {
		if i != c.day && h != "" {
			c.provinces = append(c.provinces, i)
			c.names = append(c.names, h)
		}
	}
	return c, nil
}

func (c countColumns) rows(row []string) []listed {
	at := func(i int) string {
		if i < 0 || i >= len(row) {
			return ""
		}
		return row[i]
	}
	if c.provinces == nil {
		return []listed{{at(c.day), at(c.province), at(c.district), at(c.commune), at(c.cases)}}
	}
	var ls []listed
	for j, i := range c.provinces {
		if at(i) != "" {
			ls = append(ls, listed{day: at(c.day), province: c.names[j], cases: at(i)})
		}
	}
	return ls
}
