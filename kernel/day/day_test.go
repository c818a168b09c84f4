package day_test

import (
	"testing"
	"time"

	"khien/kernel/day"
	"khien/kernel/fault"
)

func TestParse(t *testing.T) {
	tests := []struct{ in, want string }{
		{"2021-05-14", "2021-05-14"}, {"14/05/2021", "2021-05-14"}, {"1/6/2021", "2021-06-01"}, {"29/02/2020", "2020-02-29"}, {"01/01/1970", "1970-01-01"}, {"31/12/1969", "1969-12-31"}, {"1900-01-01", "1900-01-01"},
		{"31/02/2021", ""}, {"29/02/2021", ""}, {"2021-13-01", ""}, {"05-14-2021", ""}, {"", ""}, {"14/05/21", ""}, {"0021-05-14", ""}, {"2021-05-14T00:00:00Z", ""},
	}
	for _, tt := range tests {
		got, err := day.Parse(tt.in)
		if got.String() != tt.want || (tt.want == "") != fault.Is(err, fault.Invalid) {
			t.Errorf("Parse(%q) = %q, %v, want %q", tt.in, got, err, tt.want)
		}
	}
}

// Just before midnight in Lạng Sơn it is still the same day there, though UTC is behind.
func TestTodayIsVietnams(t *testing.T) {
	for in, want := range map[string]string{"2021-05-14T16:59:59Z": "2021-05-14", "2021-05-14T17:00:00Z": "2021-05-15"} {
		moment, err := time.Parse(time.RFC3339, in)
		if err != nil {
			t.Fatal(err)
		}
		if got := day.Today(moment).String(); got != want {
			t.Errorf("Today(%s) = %s, want %s", in, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("31/02/2021")
	f.Fuzz(func(t *testing.T, s string) {
		d, err := day.Parse(s)
		if err != nil {
			return
		}
		if again, err := day.Parse(d.String()); err != nil || again != d {
			t.Errorf("%q: %v, %v", s, again, err)
		}
	})
}
