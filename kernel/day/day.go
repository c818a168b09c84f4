// Package day is the civil date: the day on which something was reported,
// confirmed or given, with no time and no zone. Which day "now" is depends on
// where people live: Today asks for the moment and answers for Vietnam.
package day

import (
	"database/sql/driver"
	"fmt"
	"time"

	"khien/kernel/fault"
)

// Day counts days from 1900-01-01, which is 1; the zero value means "not known".
type Day int

// unixDays is the Day of 1970-01-01.
const unixDays = 25568

// vietnam has had UTC+7 without summer time since 1975.
var vietnam = time.FixedZone("ICT", 7*60*60)

// Today returns the day that moment falls on in Vietnam.
func Today(moment time.Time) Day {
	y, m, d := moment.In(vietnam).Date()
	return On(y, m, d)
}

// On returns the day of a calendar date.
func On(year int, month time.Month, d int) Day {
	return Day(time.Date(year, month, d, 0, 0, 0, 0, time.UTC).Unix()/86400) + unixDays
}

// Parse reads yyyy-mm-dd, or dd/mm/yyyy as Vietnam writes it (d/m/yyyy too).
// Years are 1900 to 2199; 31/02/2021 and anything else is fault.Invalid.
func Parse(s string) (Day, error) {
	for _, layout := range []string{"2006-01-02", "2/1/2006"} {
		t, err := time.Parse(layout, s)
		if err == nil && t.Year() >= 1900 && t.Year() < 2200 {
			return On(t.Date()), nil
		}
	}
	return 0, fault.New(fault.Invalid, "day.format").At("day", s)
}

// IsZero reports whether the day is not known.
func (d Day) IsZero() bool { return d == 0 }

// Time returns the day's midnight in UTC, for formatting; the zero time for none.
func (d Day) Time() time.Time {
	if d == 0 {
		return time.Time{}
	}
	return time.Unix(int64(d-unixDays)*86400, 0).UTC()
}

// String writes yyyy-mm-dd, "" for none.
func (d Day) String() string {
	if d == 0 {
		return ""
	}
	return d.Time().Format("2006-01-02")
}

// MarshalText writes String.
func (d Day) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what Parse reads; the empty text is none.
func (d *Day) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*d = 0
		return nil
	}
	v, err := Parse(string(b))
	if err == nil {
		*d = v
	}
	return err
}

// Value stores the number of days, 0 for none.
func (d Day) Value() (driver.Value, error) { return int64(d), nil }

// Scan reads what Value stored.
func (d *Day) Scan(src any) error {
	n, ok := src.(int64)
	if !ok {
		return fmt.Errorf("day: cannot read a %T", src)
	}
	*d = Day(n)
	return nil
}
