package qr

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Years that a date may have; outside them it is a slip.
const (
	yearLeast = 1880
	yearMost  = 2199
)

// day reads a whole date, ddmmyyyy or dd/mm/yyyy, as yyyy-mm-dd.
func (c *reading) day(field, s string) string {
	iso := isoDate(s)
	if len(iso) != len("2006-01-02") {
		c.fail(field, Date)
	}
	return iso
}

// dayOrNone reads a date that may be missing: empty or "-".
func (c *reading) dayOrNone(field, s string) string {
	if s = strings.TrimSpace(s); s == "" || s == "-" {
		return ""
	}
	return c.day(field, s)
}

// birth reads a date of which the day, or day and month, may be unknown: "1950",
// "05/1950", 00001950, 00/05/1950. It returns "1950", "1950-05" or "1950-05-14".
func (c *reading) birth(s string) string {
	iso := isoDate(s)
	if iso == "" {
		c.fail("birth", Date)
	}
	return iso
}

// isoDate returns "" for what is no date.
func isoDate(s string) string {
	var d, m, y string
	switch {
	case isDigits(s, 8):
		d, m, y = s[:2], s[2:4], s[4:]
	case len(s) == 10 && s[2] == '/' && s[5] == '/':
		d, m, y = s[:2], s[3:5], s[6:]
	case len(s) == 7 && s[2] == '/':
		d, m, y = "00", s[:2], s[3:]
	case len(s) == 4:
		d, m, y = "00", "00", s
	}
	return joinDate(y, m, d)
}

// joinDate checks the parts of a date, 00 standing for not known.
func joinDate(y, m, d string) string {
	if !isDigits(y, 4) || !isDigits(m, 2) || !isDigits(d, 2) {
		return ""
	}
	year, err := strconv.Atoi(y)
	if err != nil || year < yearLeast || year > yearMost {
		return ""
	}
	switch {
	case m == "00" && d == "00":
		return y
	case d == "00" && m >= "01" && m <= "12":
		return y + "-" + m
	}
	iso := y + "-" + m + "-" + d
	if _, err := time.Parse(time.DateOnly, iso); err != nil {
		return ""
	}
	return iso
}

// dateParts returns day, month and year of what joinDate gave, unknown for what it lacks.
func dateParts(iso, unknown string) (d, m, y string) {
	d, m, y = unknown, unknown, ""
	if len(iso) >= 4 {
		y = iso[:4]
	}
	if len(iso) >= 7 {
		m = iso[5:7]
	}
	if len(iso) >= 10 {
		d = iso[8:10]
	}
	return d, m, y
}

// writeDate writes ddmmyyyy, or with slashes; of a date that is not known to the
// day what is known, none as "".
func writeDate(iso, slash string) string {
	d, m, y := dateParts(iso, "")
	switch {
	case m == "":
		return y
	case d == "" && slash == "":
		return "00" + m + y
	case d == "":
		return m + slash + y
	}
	return d + slash + m + slash + y
}

// inOrder flags dates that go backwards; an earlier or later that is not known
// to the day is compared as far as it is known.
func (c *reading) inOrder(earlier, later string) {
	n := min(len(earlier), len(later))
	if earlier[:n] > later[:n] {
		c.flag(DatesOutOfOrder)
	}
}

// vietnam has had UTC+7 without summer time since 1975.
var vietnam = time.FixedZone("ICT", 7*60*60)

// Issue days count from 2020-01-01, which is 0, in two bytes: to 2199-06-06.
var dayZero = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)

// dayNumber counts the civil day that moment falls on in Vietnam.
func dayNumber(moment time.Time) int {
	y, m, d := moment.In(vietnam).Date()
	return int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Sub(dayZero) / (24 * time.Hour))
}

// dayText is the date of a day number, yyyy-mm-dd.
func dayText(n int) string { return dayZero.AddDate(0, 0, n).Format(time.DateOnly) }

// dayOf is the number of a yyyy-mm-dd of 2020 to 2199-06-06.
func dayOf(iso string) (int, error) {
	t, err := time.Parse(time.DateOnly, iso)
	if err != nil {
		return 0, fmt.Errorf("qr: day %q: %w", iso, err)
	}
	n := int(t.Sub(dayZero) / (24 * time.Hour))
	if n < 0 || n > 1<<16-1 {
		return 0, fmt.Errorf("qr: day %q: not between %s and %s", iso, dayText(0), dayText(1<<16-1))
	}
	return n, nil
}
