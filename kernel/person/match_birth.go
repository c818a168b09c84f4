package person

import (
	"strconv"
	"strings"

	"khien/kernel/area"
)

// birth is a birth date in parts; 0 is not known.
type birth struct{ year, month, day int }

func readBirth(s string) (b birth) {
	for i, part := range strings.SplitN(s, "-", 3) {
		n, err := strconv.Atoi(part)
		if err != nil {
			return birth{}
		}
		*[]*int{&b.year, &b.month, &b.day}[i] = n
	}
	return b
}

// whole reports whether day, month and year are known and are more than a
// default: forms and old registers write 01/01 for those who know their year only.
func (b birth) whole() bool   { return b.day != 0 && !b.newYear() }
func (b birth) newYear() bool { return b.day == 1 && b.month == 1 }

// compareBirths: the same day m 0.9, u 1/(365·60) among people of any age; the
// year alone 1/60.
func compareBirths(a, b birth) Reason {
	r := Reason{Field: fieldBirth}
	if a.year == 0 || b.year == 0 {
		return Reason{}
	}
	switch {
	case a.year != b.year:
		r.How, r.Bits, r.Veto = otherYear(a, b)
	case !a.whole() || !b.whole():
		r.How, r.Bits, r.Veto = sameYear(a, b)
	case a == b:
		r.How, r.Bits = howSame, 13.5
	case a.day == b.month && a.month == b.day:
		r.How, r.Bits = "day_month_swapped", 7 // m 0.015, u 1/(365·60)
	case a.month == b.month && digitSlip(a.day, b.day) || a.day == b.day && digitSlip(a.month, b.month):
		r.How, r.Bits = "one_digit", 5 // m 0.02, u 12/(365·60)
	default:
		r.How, r.Bits, r.Veto = "same_year", -1, true // m 0.01, u 1/60
	}
	return r
}

// sameYear compares dates of which one is no more precise than its month, or 01/01.
func sameYear(a, b birth) (how string, bits float64, veto bool) {
	switch {
	case a == b && a.newYear():
		return "same_new_year", 6.5, false // a tenth of the old are all born that day
	case a.newYear() || b.newYear() || a.month == 0 || b.month == 0:
		return "year_only", 5.5, false
	case a.month == b.month:
		return "month_only", 9, false
	}
	return "same_year", 1, false
}

func otherYear(a, b birth) (how string, bits float64, veto bool) {
	apart := max(a.year-b.year, b.year-a.year)
	sameDay := a.month == b.month && a.day == b.day
	switch {
	case a.whole() && b.whole() && sameDay && (apart == 1 || digitSlip(a.year, b.year)):
		return "one_digit", 3, false // m 0.015, u 15/(365·60), and brothers share no birthday
	case apart == 1 && !(a.whole() && b.whole()):
		return "year_near", -1, false // counted the Vietnamese way, from 1
	case digitSlip(a.year, b.year) && !(a.whole() && b.whole()):
		return "year_near", -3, true
	}
	return howOther, -9, true // m 0.002
}

// digitSlip reports whether one digit differs or two neighbours are swapped.
func digitSlip(x, y int) bool {
	a, b := strconv.Itoa(x), strconv.Itoa(y)
	for len(a) < len(b) {
		a = "0" + a
	}
	for len(b) < len(a) {
		b = "0" + b
	}
	return oneSlip(a, b)
}

// addressOf is an address as it is compared: the words' skeletons, without the
// words for house, street, hamlet.
func addressOf(s string) string {
	var kept []string
	for _, w := range strings.Fields(area.Fold(s)) {
		switch w {
		case "so", "nha", "duong", "pho", "thon", "ban", "xom", "khoi", "to", "ap", "ngo", "ngach":
		default:
			kept = append(kept, w)
		}
	}
	return strings.Join(kept, " ")
}

// moved are the mobile prefixes of eleven digits and what they became between
// 2018-09-15 and 2018-11-15 (Plan 02/KH-BTTTT of 2018).
var moved = strings.NewReplacer("120", "70", "121", "79", "122", "77", "126", "76", "128", "78",
	"123", "83", "124", "84", "125", "85", "127", "81", "129", "82",
	"162", "32", "163", "33", "164", "34", "165", "35", "166", "36", "167", "37", "168", "38", "169", "39",
	"186", "56", "188", "58", "199", "59")

// nowPhone is a number as it is dialled today.
func nowPhone(e164 string) string {
	rest, ok := strings.CutPrefix(e164, "+84")
	if !ok || len(rest) != 10 {
		return e164
	}
	return "+84" + moved.Replace(rest[:3]) + rest[3:]
}
