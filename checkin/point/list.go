package point

import (
	"context"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"khien/kernel/area"
	"khien/kernel/auth"
	"khien/kernel/fault"
	"khien/kernel/person"
	"khien/kernel/place"
	"khien/wire/sheet"
)

// listMost bounds a list of places.
const listMost = 100_000

// headings are the names under which lists give a column, folded by area.Fold.
// The first of each is the one that our own exports say.
var headings = map[string][]string{
	"code":     {"ma dia diem", "code", "ma", "ma diem", "ma so"},
	"name":     {"ten dia diem", "name", "ten", "dia diem", "ten diem", "ten co so", "ten don vi"},
	"kind":     {"loai", "kind", "loai dia diem", "loai hinh", "loai diem"},
	"province": {"tinh", "province", "tinh thanh", "tinh thanh pho", "tinh tp"},
	"district": {"huyen", "district", "quan huyen", "huyen thanh pho", "quan huyen tp", "huyen tp"},
	"commune":  {"xa", "commune", "ward", "phuong xa", "xa phuong", "xa phuong thi tran"},
	"address":  {"dia chi", "address", "so nha duong", "thon", "dia chi chi tiet"},
	"position": {"toa do", "position", "vi tri"},
	"lat":      {"vi do", "lat", "latitude"},
	"lon":      {"kinh do", "lon", "lng", "longitude"},
	"hours":    {"gio mo cua", "hours", "gio hoat dong", "thoi gian mo cua"},
	"stay":     {"luu lai", "stay", "thoi gian luu lai", "so phut"},
	"phone":    {"dien thoai nguoi quan ly", "phone", "dien thoai", "so dien thoai", "sdt"},
}

// kinds are the words with which lists say a kind, folded; and the values themselves.
var kinds = map[string]place.Kind{
	"cho": place.Market, "cho sieu thi": place.Market, "sieu thi": place.Shop, "cua hang": place.Shop, "tap hoa": place.Shop, "ban le": place.Shop,
	"nha thuoc": place.Shop, "nha hang": place.Restaurant, "quan an": place.Restaurant, "quan ca phe": place.Restaurant, "an uong": place.Restaurant,
	"khach san": place.Lodging, "nha nghi": place.Lodging, "luu tru": place.Lodging, "co quan": place.Office, "tru so": place.Office, "ubnd": place.Office,
	"cong so": place.Office, "cong ty": place.Company, "doanh nghiep": place.Company, "nha may": place.Company, "kho bai": place.Company,
	"truong": place.School, "truong hoc": place.School, "giao duc": place.School, "benh vien": place.Health, "tram y te": place.Health, "y te": place.Health,
	"co so y te": place.Health, "phong kham": place.Health, "xe buyt": place.Transport, "ben xe": place.Transport, "van tai": place.Transport,
	"phuong tien": place.Transport, "taxi": place.Transport, "nha ga": place.Transport, "ton giao": place.Worship, "den chua": place.Worship,
	"chua": place.Worship, "nha tho": place.Worship, "van hoa": place.Culture, "nha van hoa": place.Culture, "the thao": place.Culture, "su kien": place.Culture,
	"chung cu": place.Residence, "khu dan cu": place.Residence, "chot": place.Checkpoint, "chot kiem dich": place.Checkpoint, "khac": place.Other, "": place.Other,
}

// Report is what became of a list, row by row.
type Report struct {
	Rows      int       `json:"rows"`
	Matched   int       `json:"matched"`
	Corrected int       `json:"corrected"`
	Ambiguous int       `json:"ambiguous"`
	Rejected  int       `json:"rejected"`
	Added     int       `json:"added"`
	Known     int       `json:"known"`    // stood already, or earlier in the list
	Problems  []Problem `json:"problems"` // of every row that is not plainly matched
}

// Problem names a row that was not plainly matched: what stood there, what was
// made of it and why. Args fill the catalog entry Key.
type Problem struct {
	Row     int            `json:"row"` // as a spreadsheet counts
	Field   string         `json:"field"`
	Value   string         `json:"value"`
	Why     string         `json:"why"`
	Verdict area.Verdict   `json:"verdict"`
	Area    area.Code      `json:"area,omitzero"`
	Between []area.Code    `json:"between,omitempty"`
	Key     string         `json:"-"`
	Args    map[string]any `json:"-"`
}

// Sentence says why, by a catalog's T.
func (p Problem) Sentence(t func(key string, args ...any) string) string {
	args := []any{"row", p.Row, "field", p.Field, "value", p.Value}
	for k, v := range p.Args {
		if many, ok := v.([]string); ok {
			v = strings.Join(many, "; ")
		}
		args = append(args, k, v)
	}
	return t(p.Key, args...)
}

func (r *Report) count(v area.Verdict) {
	r.Rows++
	*map[area.Verdict]*int{area.Matched: &r.Matched, area.Corrected: &r.Corrected, area.Ambiguous: &r.Ambiguous, area.Rejected: &r.Rejected}[v]++
}

// column returns the place of a field's column, -1 when there is none.
func column(header []string, field string) int {
	return slices.IndexFunc(header, func(h string) bool {
		h, _, _ = strings.Cut(h, "(")
		return slices.Contains(headings[field], area.Fold(strings.Trim(h, " *:")))
	})
}

// Import reads a list of places with Vietnamese or English headings and
// registers those whose area and fields are certain; a row that stands already
// is left alone. The list is entered whole or, when the file cannot be read, not
// at all.
func (s *Service) Import(ctx context.Context, sc auth.Scope, r io.Reader) (Report, error) {
	if !sc.Allows(auth.Import) || !sc.Allows(auth.WritePlaces) {
		return Report{}, fault.New(fault.Forbidden, "auth.act")
	}
	ls, report, err := s.readList(ctx, sc, r)
	if err != nil {
		return Report{}, err
	}
	added, err := s.Places.Enter(ctx, sc, ls)
	if err != nil {
		return Report{}, err
	}
	for _, a := range added {
		if a {
			report.Added++
		} else {
			report.Known++
		}
	}
	return report, nil
}

func (s *Service) readList(ctx context.Context, sc auth.Scope, r io.Reader) (ls []place.Listed, report Report, err error) {
	t, err := sheet.Open(r, func(row []string) bool { return column(row, "name") >= 0 && column(row, "commune") >= 0 })
	if err != nil {
		return nil, report, fileFault(err)
	}
	defer t.Close()
	for ctx.Err() == nil {
		row, n, err := t.Next()
		if errors.Is(err, io.EOF) {
			return ls, report, nil
		}
		if err != nil {
			return nil, report, fileFault(err)
		}
		if l, ok := s.listed(sc, &report, t.Header, row, n); ok {
			ls = append(ls, l)
		}
		if report.Rows > listMost {
			return nil, report, fault.New(fault.Invalid, "point.long_list").InRow(n).With("most", listMost)
		}
	}
	return nil, report, ctx.Err()
}

// listed decides one row and reports it; false when it is not to be entered.
func (s *Service) listed(sc auth.Scope, report *Report, header, row []string, n int) (place.Listed, bool) {
	cell := func(field string) string {
		if i := column(header, field); i >= 0 {
			return row[i]
		}
		return ""
	}
	names := area.Names{Edition: s.Edition, Province: cell("province"), District: cell("district"), Commune: cell("commune")}
	if names.Province == "" {
		if home, ok := s.Gazetteer.Official(s.Edition, twoDigits(s.Province)); ok {
			names.Province = home.Name
		}
	}
	m := s.Gazetteer.Match(names)
	l, err := s.fields(cell, m.Code)
	if m.Code != 0 && err == nil && !sc.Covers(m.Code) {
		err = fault.New(fault.Forbidden, "auth.area").At("commune", names.Commune)
	}
	verdict := m.Verdict
	if bad := fault.Of(err); bad != nil {
		verdict = area.Rejected
		report.Problems = append(report.Problems, Problem{Row: n, Field: bad.Field, Value: bad.Value, Why: bad.Key, Verdict: verdict,
			Key: "fault." + bad.Key, Args: bad.Args})
	} else if verdict != area.Matched {
		report.Problems = append(report.Problems, Problem{Row: n, Field: "commune", Value: text(names), Why: m.Why, Verdict: verdict,
			Area: m.Code, Between: m.Between, Key: m.Why, Args: m.Args})
	}
	report.count(verdict)
	return l, err == nil && m.Code != 0
}

// text is a listed area as its list wrote it.
func text(n area.Names) string {
	return fault.Cut(strings.Join(slices.DeleteFunc([]string{n.Commune, n.District, n.Province}, func(s string) bool { return s == "" }), ", "), 80)
}

// fields reads what a row says of a place beside its area, which is 0 while it
// is not certain.
func (s *Service) fields(cell func(string) string, at area.Code) (l place.Listed, err error) {
	for _, field := range []string{"name", "address", "code"} {
		if v := cell(field); v != sheet.Harmless(v) {
			return l, fault.New(fault.Invalid, "point.formula").At(field, v)
		}
	}
	kind, ok := kindOf(cell("kind"))
	if !ok {
		return l, fault.New(fault.Invalid, "place.kind").At("kind", cell("kind"))
	}
	l = place.Listed{Code: cell("code"), Place: place.Place{Name: cell("name"), Kind: kind, Area: at, Address: cell("address")}}
	if err := l.Hours.UnmarshalText([]byte(cell("hours"))); err != nil {
		return l, err
	}
	where := cell("position")
	if lat, lon := cell("lat"), cell("lon"); where == "" && (lat != "" || lon != "") {
		where = decimal(lat) + "; " + decimal(lon)
	}
	if err := l.Position.UnmarshalText([]byte(where)); err != nil {
		return l, err
	}
	if stay := cell("stay"); stay != "" {
		n, err := strconv.Atoi(stay)
		if err != nil || n < 1 || n > 24*60 {
			return l, fault.New(fault.Invalid, "place.stay").At("stay", stay)
		}
		l.UsualStay = time.Duration(n) * time.Minute
	}
	if err := s.listedPhone(&l, cell("phone")); err != nil {
		return l, err
	}
	if at == 0 {
		return l, nil
	}
	return l, s.Places.Check(&l.Place)
}

// decimal reads a number with a comma, as Vietnamese spreadsheets write it.
func decimal(s string) string { return strings.Replace(s, ",", ".", 1) }

func kindOf(text string) (place.Kind, bool) {
	if k := place.Kind(text); slices.Contains(place.Kinds, k) {
		return k, true
	}
	k, ok := kinds[area.Fold(text)]
	return k, ok
}

func (s *Service) listedPhone(l *place.Listed, text string) (err error) {
	if text == "" {
		return nil
	}
	if len(text) == 9 && text[0] != '0' { // a spreadsheet took the leading zero for nothing
		text = "0" + text
	}
	if l.Number, err = person.NormalPhone(text); err != nil {
		return err
	}
	l.Phone, err = s.Phones.Index(l.Number)
	return err
}

// fileFault says why a file cannot be read.
func fileFault(err error) error {
	var e *sheet.Error
	if !errors.As(err, &e) {
		return err
	}
	if e.Why == sheet.NoHeader {
		return fault.New(fault.Invalid, "point.no_header").At("file", "")
	}
	return fault.New(fault.Invalid, "sheet."+e.Why).InRow(e.Row).At("file", "").Because(err)
}
