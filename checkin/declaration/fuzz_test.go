package declaration_test

import (
	"encoding/json"
	"reflect"
	"testing"
	"unicode/utf8"

	"khien/checkin/declaration"
	"khien/kernel/day"
	"khien/kernel/i18n"
	"khien/kernel/web"
)

var everyType = declaration.Form{Kind: declaration.Everyone, Version: 1, Sections: []declaration.Section{{Questions: []declaration.Question{
	{Key: "a", Type: declaration.TypeYesNo, Required: true, Text: declaration.Text{i18n.VI: "A", i18n.EN: "A"}},
	{Key: "b", Type: declaration.TypeMany, Choices: []declaration.Choice{{Value: "x"}, {Value: "y"}}, If: &declaration.Condition{Question: "a", Is: []string{"yes"}}},
	{Key: "c", Type: declaration.TypeDay}, {Key: "d", Type: declaration.TypeLines, Max: 20}, {Key: "e", Type: declaration.TypeText},
}}}}

// FuzzCheck: no panic; what is refused names its question; what is taken is
// taken again as it is, and is text that a database holds.
func FuzzCheck(f *testing.F) {
	for _, s := range []string{`{"a":"yes","b":["x","y"]}`, `{"a":"no","c":"31/02/2021"}`, `{"a":["yes","no"],"d":"=cmd|'/c calc'!A0"}`, `{"a":null}`, `[]`, `{"a":"yes","e":"\u0000"}`} {
		f.Add(s)
	}
	today := day.On(2021, 11, 1)
	f.Fuzz(func(t *testing.T, text string) {
		var a declaration.Answers
		if json.Unmarshal([]byte(text), &a) != nil {
			return
		}
		clean, err := everyType.Check(i18n.VI, a, today)
		if err != nil {
			if fields, ok := err.(web.FieldErrors); !ok || len(fields) == 0 || clean != nil {
				t.Fatalf("got %v, %v", clean, err)
			}
			return
		}
		for key, values := range clean {
			for _, v := range values {
				if v == "" || !utf8.ValidString(v) || utf8.RuneCountInString(v) > 200 {
					t.Fatalf("%s: took %q", key, v)
				}
			}
		}
		written, err := json.Marshal(clean)
		if err != nil {
			t.Fatal(err)
		}
		var again declaration.Answers
		if err := json.Unmarshal(written, &again); err != nil {
			t.Fatal(err)
		}
		if again, err = everyType.Check(i18n.VI, again, today); err != nil || !reflect.DeepEqual(again, clean) {
			t.Fatalf("%s: got %v, %v, want %v", written, again, err, clean)
		}
	})
}

// FuzzCursor: a link's cursor is read as it was written, and nothing else is.
func FuzzCursor(f *testing.F) {
	f.Add("20211101T030000.000.01934b5c-7e10-7abc-8def-0123456789ab")
	f.Fuzz(func(t *testing.T, text string) {
		var c declaration.Cursor
		if c.UnmarshalText([]byte(text)) == nil {
			var again declaration.Cursor
			if err := again.UnmarshalText([]byte(c.String())); err != nil || again != c {
				t.Fatalf("%q: got %v, %v", text, again, err)
			}
		}
	})
}
