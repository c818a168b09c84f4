package i18n

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // Vietnam's time on machines without a zone database

	"golang.org/x/text/collate"
	"golang.org/x/text/language"
)

// Zone is the time of Vietnam, in which every moment is shown: UTC+7.
var Zone = zone()

func zone() *time.Location {
	z, err := time.LoadLocation("Asia/Ho_Chi_Minh")
	if err != nil {
		panic(err) // the database is embedded
	}
	return z
}

// Show writes one value as language l writes it: whole numbers and fractions
// grouped, times as Date, all else as fmt prints it.
func Show(l Lang, v any) string {
	switch v := v.(type) {
	case string:
		return v
	case int, int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64, float32, float64:
		return Number(l, v)
	case time.Time:
		return Date(l, v)
	}
	return fmt.Sprint(v)
}

// Number writes a number with its thousands grouped: 7.230 and 2,5 in
// Vietnamese, 7,230 and 2.5 in English. A fraction keeps the digits it needs.
// A value of a named integer type is a number too; what is none is printed as is.
func Number(l Lang, n any) string {
	var s string
	switch v := n.(type) {
	case float64:
		s = strconv.FormatFloat(v, 'f', -1, 64)
	case float32:
		s = strconv.FormatFloat(float64(v), 'f', -1, 32)
	default:
		s = fmt.Sprintf("%d", v)
	}
	whole, part, fraction := strings.Cut(s, ".")
	sign := ""
	if strings.HasPrefix(whole, "-") {
		sign, whole = "-", whole[1:]
	}
	if strings.Trim(whole, "0123456789") != "" {
		return fmt.Sprint(n)
	}
	group, point := ".", ","
	if l == EN || l == ZH {
		group, point = ",", "."
	}
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + group + whole[i:]
	}
	if !fraction {
		return sign + whole
	}
	return sign + whole + point + part
}

// Date writes the day: 14/05/2021, or 14 May 2021. The zero time is "".
func Date(l Lang, t time.Time) string {
	return layout(l, t, "02/01/2006", "2 January 2006", "2006年1月2日")
}

// DateTime writes the day and the minute: 14:30 ngày 14/05/2021, or 14 May 2021, 14:30.
// The zero time is "".
func DateTime(l Lang, t time.Time) string {
	return layout(l, t, "15:04 ngày 02/01/2006", "2 January 2006, 15:04", "2006年1月2日 15:04")
}

// Clock writes the minute of the day: 14:30. The zero time is "".
func Clock(l Lang, t time.Time) string { return layout(l, t, "15:04", "15:04", "15:04") }

// Day writes the day with its weekday: Thứ Sáu, 14/05/2021, or Friday, 14 May 2021.
// The zero time is "".
func Day(l Lang, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	if l == EN {
		return t.In(Zone).Format("Monday, 2 January 2006")
	}
	if l == ZH {
		return Date(ZH, t) + " " + [...]string{"星期日", "星期一", "星期二", "星期三", "星期四", "星期五", "星期六"}[t.In(Zone).Weekday()]
	}
	names := [...]string{"Chủ nhật", "Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy"}
	return names[t.In(Zone).Weekday()] + ", " + Date(VI, t)
}

func layout(l Lang, t time.Time, vi, en, zh string) string {
	switch {
	case t.IsZero():
		return ""
	case l == EN:
		return t.In(Zone).Format(en)
	case l == ZH:
		return t.In(Zone).Format(zh)
	}
	return t.In(Zone).Format(vi)
}

// Sort orders xs by the name that by returns, as a Vietnamese dictionary does:
// a ă â … d đ e ê, and tones after letters. Equal names keep their order.
func Sort[T any](xs []T, by func(T) string) {
	c := collate.New(language.Vietnamese)
	var buf collate.Buffer
	type keyed struct {
		key []byte
		x   T
	}
	ks := make([]keyed, len(xs))
	for i, x := range xs {
		ks[i] = keyed{slices.Clone(c.KeyFromString(&buf, by(x))), x}
		buf.Reset()
	}
	slices.SortStableFunc(ks, func(a, b keyed) int { return slices.Compare(a.key, b.key) })
	for i := range ks {
		xs[i] = ks[i].x
	}
}
