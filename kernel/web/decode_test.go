package web_test

import (
	"errors"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"khien/kernel/area"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/web"
)

type common struct {
	ID id.ID `form:"id"`
}

type level string

type caseForm struct {
	common
	Name   string     `form:"name,required,max=20"`
	Level  level      `form:"level"`
	Count  int        `form:"count"`
	Small  uint8      `form:"small"`
	Rate   float64    `form:"rate"`
	Anon   bool       `form:"anonymous"`
	Onset  time.Time  `form:"onset"`
	Seen   time.Time  `form:"seen,time"`
	Out    *time.Time `form:"out"`
	Area   area.Code  `form:"area"`
	Tags   []string   `form:"tag"`
	IDs    []id.ID    `form:"ids"`
	Secret string     `form:"password,raw"`
	Hidden string
}

func decodeForm(t *testing.T, body string) (caseForm, error) {
	t.Helper()
	r := httptest.NewRequest("POST", "/cases?name=ignored", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	var f caseForm
	return f, web.Decode(r, &f)
}

func TestDecode(t *testing.T) {
	key := id.New()
	r := httptest.NewRequest("POST", "/cases", strings.NewReader(url.Values{
		"id": {key.String()}, "name": {"  Ho\u0300a \r\nAn "}, "level": {"4"}, "count": {"-7230"}, "small": {"255"}, "rate": {"40,45"},
		"anonymous": {"on"}, "onset": {"5/5/2021"}, "seen": {"2021-05-14T14:30"}, "out": {"2021-05-20"}, "area": {"2021/20/186"},
		"tag": {"a", "", "b"}, "ids": {key.String(), key.String()}, "password": {" p "}, "lang": {"en"}, "_done": {"x"},
	}.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	var got caseForm
	if err := web.Decode(r, &got); err != nil {
		t.Fatal(err)
	}
	hl, _ := area.Parse("2021/20/186")
	out := time.Date(2021, 5, 20, 0, 0, 0, 0, time.UTC)
	want := caseForm{
		common: common{key}, Name: "Hòa \nAn", Level: "4", Count: -7230, Small: 255, Rate: 40.45, Anon: true,
		Onset: time.Date(2021, 5, 5, 0, 0, 0, 0, time.UTC), Seen: time.Date(2021, 5, 14, 7, 30, 0, 0, time.UTC), Out: &out,
		Area: hl, Tags: []string{"a", "b"}, IDs: []id.ID{key, key}, Secret: " p ",
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(caseForm{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestDecodeRefuses(t *testing.T) {
	for body, want := range map[string]string{
		"":                                  "name form.required",
		"name=+++":                          "name form.required",
		"name=a&hidden=1":                   "hidden form.unknown",
		"name=a&Hidden=1":                   "Hidden form.unknown",
		"name=a&name=b":                     "name form.twice",
		"name=aaaaaaaaaaaaaaaaaaaaa":        "name form.long",
		"name=%ff":                          "name form.text",
		"name=a%00b":                        "name form.text",
		"name=a&count=1.5":                  "count form.number",
		"name=a&count=99999999999999999999": "count form.number",
		"name=a&small=256":                  "small form.number",
		"name=a&rate=NaN":                   "rate form.decimal",
		"name=a&rate=1e999":                 "rate form.decimal",
		"name=a&anonymous=maybe":            "anonymous form.bool",
		"name=a&onset=31/02/2021":           "onset form.date",
		"name=a&onset=14/05/21":             "onset form.date",
		"name=a&onset=2021-5-14":            "onset form.date",
		"name=a&seen=2021-05-14":            "seen form.time",
		"name=a&area=1999/20":               "area area.code",
		"name=a&id=7":                       "id id",
		"name=a&ids=7":                      "ids id",
		"name=a&password=%00":               "password form.text",
		"name=%zz":                          " form.body",
	} {
		_, err := decodeForm(t, body)
		f := fault.Of(err)
		if f == nil || f.Kind != fault.Invalid {
			t.Errorf("%s: got %v, want %s", body, err, want)
			continue
		}
		if got := f.Field + " " + f.Key; got != want {
			t.Errorf("%s: got %q, want %q", body, got, want)
		}
	}
}

func TestDecodeGathersAll(t *testing.T) {
	_, err := decodeForm(t, "count=x&onset=31/02/2021&nosuch=1&password=%00secret")
	var fields web.FieldErrors
	if !errors.As(err, &fields) {
		t.Fatalf("got %v", err)
	}
	got := map[string]string{}
	for name, f := range fields {
		got[name] = f.Key + " " + f.Value
	}
	want := map[string]string{
		"name": "form.required ", "count": "form.number x", "onset": "form.date 31/02/2021", "nosuch": "form.unknown 1",
		"password": "form.text ",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestDecodeQuery(t *testing.T) {
	var f struct {
		After string `form:"after"`
	}
	if err := web.Decode(httptest.NewRequest("GET", "/cases?after=x&lang=en&theme=sun&_done=a", nil), &f); err != nil || f.After != "x" {
		t.Errorf("got %q, %v", f.After, err)
	}
	if err := web.Decode(httptest.NewRequest("POST", "/cases", strings.NewReader("{}")), &f); !fault.Is(err, fault.Invalid) {
		t.Errorf("a body without a type: got %v, want invalid", err)
	}
}

func TestFormAgain(t *testing.T) {
	key := id.New().String()
	r := httptest.NewRequest("POST", "/cases", strings.NewReader("count=x&id="+key))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	var dst caseForm
	f := web.FormOf(r, web.Decode(r, &dst))
	if f.ID != key || f.Value("count") != "x" || f.Error("count") == nil || f.Error("rate") != nil || len(f.Sorted()) != 2 {
		t.Errorf("got %+v", f)
	}
	if g := web.FormOf(httptest.NewRequest("GET", "/cases?id=7", nil), nil); len(g.ID) != 36 {
		t.Errorf("got id %q, want a fresh one", g.ID)
	}
	one := web.Refused(fault.New(fault.Conflict, "form.value").At("name", "An"))
	if one["name"] == nil {
		t.Errorf("got %v", one)
	}
}

func FuzzDecode(f *testing.F) {
	for _, s := range []string{"name=a", "name=%ff&count=1", "onset=31/02/2021&name=a", "a=b;c=d", "name=a&tag=x&tag=y&area=2021/20/-/1", "%zz", "rate=1e308&name=a"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, body string) {
		got, err := decodeForm(t, body)
		if err == nil && (got.Name == "" || strings.TrimSpace(got.Name) != got.Name) {
			t.Errorf("%q was taken as %+v", body, got)
		}
		if err != nil && fault.KindOf(err) != fault.Invalid {
			t.Errorf("%q: got %v, want a refusal", body, err)
		}
	})
}
