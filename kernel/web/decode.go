package web

import (
	"encoding"
	"errors"
	"mime"
	"net/http"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"khien/kernel/fault"
	"khien/kernel/i18n"
)

// maxText is how many runes a text field may hold that says nothing else.
const maxText = 1000

// Decode reads the fields of r into the struct that dst points to: of the body
// for requests that have one (urlencoded or multipart), else of the query. Each
// struct field carries its name and conditions in a tag,
//
//	Name  string    `form:"name,required,max=80"`
//	Onset time.Time `form:"onset"`            // 14/05/2021, 14/5/2021 or 2021-05-14: midnight UTC of that day
//	Seen  time.Time `form:"seen,time"`        // 2021-05-14T14:30, Vietnam's time
//	Pass  string    `form:"password,raw"`     // not trimmed
//
// and is a string (trimmed, NFC, no control characters but line ends and tabs),
// a whole or decimal number, a bool (a checkbox), a time.Time, anything that
// reads itself from text (id.ID, area.Code, day.Day), a pointer to one of these (nil when
// the field is empty) or a slice of them. An empty field is the zero value.
//
// A field that the struct does not have is refused, but for "lang", "theme" and
// names that begin with "_". What is wrong comes back as FieldErrors, all at once.
func Decode(r *http.Request, dst any) error {
	values, err := read(r)
	if err != nil {
		return err
	}
	return DecodeValues(values, dst)
}

// DecodeValues is Decode for fields that were read otherwise, as from an Upload.
func DecodeValues(values url.Values, dst any) error {
	errs := FieldErrors{}
	known := map[string]bool{"lang": true, "theme": true}
	decodeStruct(reflect.ValueOf(dst).Elem(), values, known, errs)
	for name := range values {
		if !known[name] && !strings.HasPrefix(name, "_") {
			errs[fault.Cut(name, 80)] = fault.New(fault.Invalid, "form.unknown").At(fault.Cut(name, 80), values.Get(name))
		}
	}
	if len(errs) > 0 {
		return errs
	}
	return nil
}

// read parses the body, and names what cannot be read.
func read(r *http.Request) (url.Values, error) {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		values, err := url.ParseQuery(r.URL.RawQuery)
		if err != nil {
			return nil, fault.New(fault.Invalid, "form.body").Because(err)
		}
		return values, nil
	}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	var err error
	switch kind {
	case "application/x-www-form-urlencoded":
		err = r.ParseForm()
	case "multipart/form-data":
		if err = r.ParseMultipartForm(DefaultMaxBody); err == nil {
			err = r.MultipartForm.RemoveAll() // files are for ReadUpload
		}
	default:
		err = errors.New("content type " + kind)
	}
	var large *http.MaxBytesError
	if err != nil && !errors.As(err, &large) {
		return nil, fault.New(fault.Invalid, "form.body").Because(err)
	}
	return r.PostForm, err
}

func decodeStruct(dst reflect.Value, values url.Values, known map[string]bool, errs FieldErrors) {
	for i := range dst.NumField() {
		f := dst.Type().Field(i)
		if f.Anonymous && f.Type.Kind() == reflect.Struct {
			decodeStruct(dst.Field(i), values, known, errs)
			continue
		}
		tag, ok := f.Tag.Lookup("form")
		if !ok {
			continue
		}
		rule := parseRule(tag)
		known[rule.name] = true
		if e := rule.decode(dst.Field(i), values[rule.name]); e != nil {
			errs[rule.name] = e
		}
	}
}

// rule is a parsed form tag.
type rule struct {
	name     string
	required bool
	raw      bool
	moment   bool
	max      int
}

func parseRule(tag string) rule {
	parts := strings.Split(tag, ",")
	ru := rule{name: parts[0], max: maxText}
	for _, p := range parts[1:] {
		switch {
		case p == "required":
			ru.required = true
		case p == "raw":
			ru.raw = true
		case p == "time":
			ru.moment = true
		case strings.HasPrefix(p, "max="):
			ru.max, _ = strconv.Atoi(p[4:])
		default:
			panic("web: form tag " + tag)
		}
	}
	return ru
}

func (ru rule) refuse(key, value string) *fault.Error {
	if ru.raw {
		value = "" // a password is never repeated
	}
	return fault.New(fault.Invalid, "form."+key).At(ru.name, value)
}

func (ru rule) decode(dst reflect.Value, given []string) *fault.Error {
	var texts []string
	for _, g := range given {
		s, e := ru.clean(g)
		if e != nil {
			return e
		}
		if s != "" {
			texts = append(texts, s)
		}
	}
	switch {
	case len(texts) == 0 && ru.required:
		return ru.refuse("required", "")
	case len(texts) == 0:
		return nil
	case dst.Kind() == reflect.Slice && !readsText(dst):
		return ru.decodeSlice(dst, texts)
	case len(given) > 1:
		return ru.refuse("twice", strings.Join(texts, ", "))
	}
	return ru.decodeOne(dst, texts[0])
}

func (ru rule) decodeSlice(dst reflect.Value, texts []string) *fault.Error {
	s := reflect.MakeSlice(dst.Type(), len(texts), len(texts))
	for i, t := range texts {
		if e := ru.decodeOne(s.Index(i), t); e != nil {
			return e
		}
	}
	dst.Set(s)
	return nil
}

// clean brings a text into the one form in which the program holds texts.
func (ru rule) clean(s string) (string, *fault.Error) {
	if !utf8.ValidString(s) {
		return "", ru.refuse("text", strings.ToValidUTF8(s, "\uFFFD"))
	}
	s = norm.NFC.String(s)
	if !ru.raw {
		s = strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n"))
	}
	if strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }) {
		return "", ru.refuse("text", strings.Map(printable, s))
	}
	if utf8.RuneCountInString(s) > ru.max {
		return "", ru.refuse("long", s).With("max", ru.max)
	}
	return s, nil
}

func printable(r rune) rune {
	if unicode.IsControl(r) {
		return '\uFFFD'
	}
	return r
}

func readsText(dst reflect.Value) bool {
	_, ok := dst.Addr().Interface().(encoding.TextUnmarshaler)
	return ok
}

func (ru rule) decodeOne(dst reflect.Value, s string) *fault.Error {
	if t, ok := dst.Addr().Interface().(*time.Time); ok {
		return ru.decodeTime(t, s)
	}
	if u, ok := dst.Addr().Interface().(encoding.TextUnmarshaler); ok {
		return ru.asField(u.UnmarshalText([]byte(s)), s)
	}
	switch dst.Kind() {
	case reflect.Pointer:
		p := reflect.New(dst.Type().Elem())
		e := ru.decodeOne(p.Elem(), s)
		if e == nil {
			dst.Set(p)
		}
		return e
	case reflect.String:
		dst.SetString(s)
		return nil
	case reflect.Bool:
		return ru.decodeBool(dst, s)
	case reflect.Float32, reflect.Float64:
		return ru.decodeDecimal(dst, s)
	}
	return ru.decodeWhole(dst, s)
}

func (ru rule) decodeWhole(dst reflect.Value, s string) *fault.Error {
	switch {
	case dst.CanInt():
		n, err := strconv.ParseInt(s, 10, dst.Type().Bits())
		if err != nil {
			return ru.refuse("number", s)
		}
		dst.SetInt(n)
	case dst.CanUint():
		n, err := strconv.ParseUint(s, 10, dst.Type().Bits())
		if err != nil {
			return ru.refuse("number", s)
		}
		dst.SetUint(n)
	default:
		panic("web: form field " + ru.name + ": a form cannot fill a " + dst.Type().String())
	}
	return nil
}

// decodeDecimal reads 40.45, and 40,45 as Vietnamese write it; a number that is
// none (NaN) or endless is refused.
func (ru rule) decodeDecimal(dst reflect.Value, s string) *fault.Error {
	plain := strings.Replace(s, ",", ".", 1)
	n, err := strconv.ParseFloat(plain, dst.Type().Bits())
	if err != nil || strings.Trim(plain, "+-.0123456789eE") != "" {
		return ru.refuse("decimal", s)
	}
	dst.SetFloat(n)
	return nil
}

func (ru rule) decodeBool(dst reflect.Value, s string) *fault.Error {
	switch s {
	case "1", "on", "true":
		dst.SetBool(true)
	case "0", "false":
		dst.SetBool(false)
	default:
		return ru.refuse("bool", s)
	}
	return nil
}

func (ru rule) decodeTime(dst *time.Time, s string) *fault.Error {
	if ru.moment {
		t, err := time.ParseInLocation("2006-01-02T15:04", s, i18n.Zone)
		if err != nil {
			return ru.refuse("time", s)
		}
		*dst = t.UTC()
		return nil
	}
	for _, layout := range []string{"2/1/2006", time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil && t.Year() >= 1000 {
			*dst = t
			return nil
		}
	}
	return ru.refuse("date", s)
}

// asField says err of this field; what is no fault is an unusable value.
func (ru rule) asField(err error, s string) *fault.Error {
	switch f := fault.Of(err); {
	case err == nil:
		return nil
	case f != nil:
		return f.At(ru.name, s)
	}
	return ru.refuse("value", s).Because(err)
}

func fieldsOf(err error) (FieldErrors, bool) {
	var fields FieldErrors
	return fields, errors.As(err, &fields)
}
