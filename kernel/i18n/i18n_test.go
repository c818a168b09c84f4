package i18n_test

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"khien/kernel/fault"
	"khien/kernel/i18n"
)

func pages(vi, en string) fstest.MapFS {
	return fstest.MapFS{"pages/vi.json": {Data: []byte(vi)}, "pages/en.json": {Data: []byte(en)}}
}

func TestText(t *testing.T) {
	c, err := i18n.New(pages(
		`{"cases":"{n} ca bệnh","plain":"Bản đồ dịch","by":"{who} ngày {day}"}`,
		`{"cases":"{n} case|{n} cases","plain":"Map","by":"{who} on {day}"}`))
	if err != nil {
		t.Fatal(err)
	}
	day := time.Date(2021, 5, 13, 20, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		lang i18n.Lang
		key  string
		args []any
		want string
	}{
		{i18n.VI, "cases", []any{"n", 7230}, "7.230 ca bệnh"},
		{i18n.EN, "cases", []any{"n", 7230}, "7,230 cases"},
		{i18n.EN, "cases", []any{"n", 1}, "1 case"},
		{i18n.EN, "cases", []any{"n", int64(0)}, "0 cases"},
		{i18n.VI, "plain", nil, "Bản đồ dịch"},
		{i18n.VI, "by", []any{"who", "{day}", "day", day}, "{day} ngày 14/05/2021"},
		{i18n.EN, "by", []any{"day", day}, "{who} on 14 May 2021"},
		{i18n.EN, "absent", nil, "absent"},
	} {
		if got := c.T(tt.lang, tt.key, tt.args...); got != tt.want {
			t.Errorf("T(%s, %s, %v) = %q, want %q", tt.lang, tt.key, tt.args, got, tt.want)
		}
	}
	if diff := cmp.Diff([]string{"absent"}, c.Missing()); diff != "" {
		t.Errorf("Missing (-want +got):\n%s", diff)
	}
}

func TestNewRefuses(t *testing.T) {
	for name, tt := range map[string]struct {
		fs   []fstest.MapFS
		want string
	}{
		"one language only":     {[]fstest.MapFS{pages(`{"a":"A"}`, `{}`)}, `"a" is in vi only`},
		"the other one only":    {[]fstest.MapFS{pages(`{}`, `{"a":"A"}`)}, `"a" is in en only`},
		"twice in two packages": {[]fstest.MapFS{pages(`{"a":"A"}`, `{"a":"A"}`), pages(`{"a":"A"}`, `{"a":"A"}`)}, `"a" stands twice`},
		"twice in one file":     {[]fstest.MapFS{pages(`{"a":"A","a":"B"}`, `{"a":"A"}`)}, `"a" stands twice`},
		"other arguments":       {[]fstest.MapFS{pages(`{"a":"{x}"}`, `{"a":"{y}"}`)}, "vi [x], en [y]"},
		"nested":                {[]fstest.MapFS{pages(`{"a":{"b":"c"}}`, `{}`)}, "not a non-empty string"},
		"no JSON":               {[]fstest.MapFS{pages(`[]`, `{}`)}, "not a JSON object"},
		"cut short":             {[]fstest.MapFS{pages(`{"a":"A"`, `{}`)}, "EOF"},
	} {
		var err error
		if len(tt.fs) == 2 {
			_, err = i18n.New(tt.fs[0], tt.fs[1])
		} else {
			_, err = i18n.New(tt.fs[0])
		}
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %q", name, err, tt.want)
		}
	}
}

func TestNumber(t *testing.T) {
	for _, tt := range []struct {
		n      any
		vi, en string
	}{
		{0, "0", "0"},
		{999, "999", "999"},
		{-1000, "-1.000", "-1,000"},
		{27035, "27.035", "27,035"},
		{uint64(1234567890), "1.234.567.890", "1,234,567,890"},
		{40.45, "40,45", "40.45"},
		{time.Duration(1500), "1.500", "1,500"},
		{"<5", "<5", "<5"},
	} {
		if got := i18n.Number(i18n.VI, tt.n); got != tt.vi {
			t.Errorf("Number(vi, %v) = %q, want %q", tt.n, got, tt.vi)
		}
		if got := i18n.Number(i18n.EN, tt.n); got != tt.en {
			t.Errorf("Number(en, %v) = %q, want %q", tt.n, got, tt.en)
		}
	}
}

func TestDays(t *testing.T) {
	moment := time.Date(2021, 5, 14, 17, 5, 0, 0, time.UTC) // already the 15th in Lạng Sơn
	for _, tt := range []struct{ got, want string }{
		{i18n.Date(i18n.VI, moment), "15/05/2021"},
		{i18n.Date(i18n.EN, moment), "15 May 2021"},
		{i18n.DateTime(i18n.VI, moment), "00:05 ngày 15/05/2021"},
		{i18n.DateTime(i18n.EN, moment), "15 May 2021, 00:05"},
		{i18n.Day(i18n.VI, moment), "Thứ Bảy, 15/05/2021"},
		{i18n.Day(i18n.EN, moment), "Saturday, 15 May 2021"},
		{i18n.Clock(i18n.VI, moment), "00:05"},
		{i18n.Date(i18n.VI, time.Time{}), ""},
		{i18n.Day(i18n.EN, time.Time{}), ""},
	} {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}

func TestSort(t *testing.T) {
	got := []string{"Đình Lập", "Văn Quan", "Bắc Sơn", "Chi Lăng", "Bình Gia", "Cao Lộc", "Hữu Lũng", "Ba Bể", "Dương"}
	i18n.Sort(got, func(s string) string { return s })
	want := []string{"Ba Bể", "Bắc Sơn", "Bình Gia", "Cao Lộc", "Chi Lăng", "Dương", "Đình Lập", "Hữu Lũng", "Văn Quan"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestFault(t *testing.T) {
	c, err := i18n.New(pages(
		`{"fault.case.day":"Ngày “{value}” ở cột {field} không có thật.","field.onset":"Ngày khởi phát","fault.at":"Dòng {row} sai."}`,
		`{"fault.case.day":"The day “{value}” in {field} does not exist.","field.onset":"Onset","fault.at":"Row {row} is wrong."}`))
	if err != nil {
		t.Fatal(err)
	}
	day := fault.New(fault.Invalid, "case.day").At("onset", "31/02/2021").InRow(12)
	for _, tt := range []struct {
		lang i18n.Lang
		e    *fault.Error
		want string
	}{
		{i18n.VI, day, "Dòng 12: Ngày “31/02/2021” ở cột Ngày khởi phát không có thật."},
		{i18n.EN, day, "Row 12: The day “31/02/2021” in Onset does not exist."},
		{i18n.VI, fault.New(fault.Invalid, "at").InRow(3), "Dòng 3 sai."},
		{i18n.EN, fault.New(fault.Busy, "nowhere"), "The system is busy. Try again in a few minutes."},
		{i18n.EN, nil, ""},
	} {
		if got := c.Fault(tt.lang, tt.e); got != tt.want {
			t.Errorf("Fault(%s, %v) = %q, want %q", tt.lang, tt.e, got, tt.want)
		}
	}
}

func TestChecks(t *testing.T) {
	c, err := i18n.New(pages(`{"a":"A","fault.a":"A"}`, `{"a":"A","fault.a":"A"}`))
	if err != nil {
		t.Fatal(err)
	}
	html := fstest.MapFS{"x.html": {Data: []byte(`{{t "a"}} {{tn "b" 2}} {{if eq (t "c") ""}}{{end}} alert "d"`)}}
	code := fstest.MapFS{"x.go": {Data: []byte(`fault.New(fault.Busy, "a"); fault.New(fault.Invalid, "b.c")`)}}

	got := i18n.CheckTemplates(c, html).Error() + "\n" + i18n.CheckFaults(c, code).Error()
	want := "i18n: x.html: no text for \"b\"\ni18n: x.html: no text for \"c\"\ni18n: x.go: no text for \"fault.b.c\""
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestKernelFaults holds that every refusal of the packages that have no catalog
// of their own has its sentence here.
func TestKernelFaults(t *testing.T) {
	c, err := i18n.New()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"id", "area", "day", "store"} {
		if err := i18n.CheckFaults(c, os.DirFS("../"+name)); err != nil {
			t.Errorf("kernel/%s:\n%v", name, err)
		}
	}
}

func TestParseLang(t *testing.T) {
	for s, want := range map[string]i18n.Lang{"vi": "vi", "en-GB": "en", " EN ": "en"} {
		if got, ok := i18n.ParseLang(s); !ok || got != want {
			t.Errorf("ParseLang(%q) = %q, %v, want %q", s, got, ok, want)
		}
	}
	if got, ok := i18n.ParseLang("fr"); ok {
		t.Errorf("ParseLang(fr) = %q, want none", got)
	}
}

// Chinese is spoken in part: English stands in, and nothing is said in Chinese alone.
func TestPartial(t *testing.T) {
	both := pages(`{"a":"{n} người","b":"Lưu"}`, `{"a":"{n} person|{n} people","b":"Save"}`)
	both["pages/zh.json"] = &fstest.MapFile{Data: []byte(`{"b":"保存"}`)}
	c, err := i18n.New(both)
	if err != nil {
		t.Fatal(err)
	}
	if got := c.T(i18n.ZH, "b") + c.T(i18n.ZH, "a", "n", 1) + c.T(i18n.ZH, "a", "n", 1200); got != "保存1 person1,200 people" {
		t.Errorf("got %s", got)
	}
	if l, ok := i18n.ParseLang("zh-CN"); !ok || l != i18n.ZH || !i18n.Speaks(i18n.ZH, both) || i18n.Speaks(i18n.ZH, pages(`{}`, `{}`)) {
		t.Errorf("got %s, %v", l, ok)
	}
	moment := time.Date(2021, 5, 14, 7, 5, 0, 0, time.UTC)
	if got := i18n.DateTime(i18n.ZH, moment) + i18n.Day(i18n.ZH, moment) + i18n.Number(i18n.ZH, 7230); got != "2021年5月14日 14:052021年5月14日 星期五7,230" {
		t.Errorf("got %s", got)
	}
	for zh, want := range map[string]string{`{"c":"C"}`: `"c" is in zh only`, `{"a":"{m}"}`: "vi [n], zh [m]"} {
		bad := pages(`{"a":"{n}"}`, `{"a":"{n}"}`)
		bad["pages/zh.json"] = &fstest.MapFile{Data: []byte(zh)}
		if _, err := i18n.New(bad); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", zh, err, want)
		}
	}
}
