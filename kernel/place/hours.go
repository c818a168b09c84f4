package place

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"khien/kernel/area"
	"khien/kernel/fault"
)

// zone is Vietnam's, without summer time since 1975.
var zone = time.FixedZone("ICT", 7*60*60)

// Span is an opening time in minutes after midnight, From before To. To may be
// past 1,440: a bar that opens at 20:00 and closes at 02:00 is 1200 to 1560.
type Span struct{ From, To int }

// Hours are the opening times of a week, by time.Weekday. The zero value is "not
// known"; a week with at least one span is closed wherever it has none.
type Hours [7][]Span

const (
	dayMinutes = 24 * 60
	spansMost  = 4 // of one day
)

// Always is open day and night.
var Always = func() (h Hours) {
	for d := range h {
		h[d] = []Span{{0, dayMinutes}}
	}
	return h
}()

// Known reports whether the hours are known.
func (h Hours) Known() bool {
	return slices.ContainsFunc(h[:], func(d []Span) bool { return len(d) > 0 })
}

// Open reports whether a place of these hours is open at t; one whose hours are
// not known is.
func (h Hours) Open(t time.Time) bool {
	if !h.Known() {
		return true
	}
	t = t.In(zone)
	m := t.Hour()*60 + t.Minute()
	within := func(d time.Weekday, m int) bool {
		return slices.ContainsFunc(h[d], func(s Span) bool { return s.From <= m && m < s.To })
	}
	return within(t.Weekday(), m) || within((t.Weekday()+6)%7, m+dayMinutes)
}

// week is Vietnam's order of the days.
var week = [7]time.Weekday{1, 2, 3, 4, 5, 6, 0}

// dayNames are the days as String writes them, by time.Weekday.
var dayNames = [7]string{"CN", "T2", "T3", "T4", "T5", "T6", "T7"}

// dayWords are the days as people write them, folded by area.Fold.
var dayWords = map[string]time.Weekday{
	"cn": 0, "chu nhat": 0, "sun": 0, "sunday": 0, "t8": 0,
	"t2": 1, "thu 2": 1, "thu hai": 1, "mon": 1, "monday": 1, "t3": 2, "thu 3": 2, "thu ba": 2, "tue": 2, "tuesday": 2,
	"t4": 3, "thu 4": 3, "thu tu": 3, "wed": 3, "wednesday": 3, "t5": 4, "thu 5": 4, "thu nam": 4, "thu": 4, "thursday": 4,
	"t6": 5, "thu 6": 5, "thu sau": 5, "fri": 5, "friday": 5, "t7": 6, "thu 7": 6, "thu bay": 6, "sat": 6, "saturday": 6,
}

// String writes the week as UnmarshalText reads it: "24/7", "" or
// "T2-T6 07:00-11:30, 13:30-17:00; T7 07:00-11:30".
func (h Hours) String() string {
	if !h.Known() {
		return ""
	}
	if slices.EqualFunc(h[:], Always[:], slices.Equal[[]Span]) {
		return "24/7"
	}
	var parts []string
	for i := 0; i < len(week); {
		j := i + 1
		for j < len(week) && slices.Equal(h[week[j]], h[week[i]]) {
			j++
		}
		if spans := h[week[i]]; len(spans) > 0 {
			name := dayNames[week[i]]
			if j > i+1 {
				name += "-" + dayNames[week[j-1]]
			}
			parts = append(parts, name+" "+SpansText(spans))
		}
		i = j
	}
	return strings.Join(parts, "; ")
}

// SpansText writes the spans of one day: "07:00-11:30, 13:30-17:00".
func SpansText(spans []Span) string {
	texts := make([]string, len(spans))
	for i, s := range spans {
		texts[i] = clock(s.From) + "-" + clock(s.To)
	}
	return strings.Join(texts, ", ")
}

func clock(m int) string {
	if m != dayMinutes {
		m %= dayMinutes
	}
	return fmt.Sprintf("%02d:%02d", m/60, m%60)
}

// UnmarshalText reads opening hours as people write them: what String writes,
// times alone for every day ("7h-21h30"), days in words ("Thứ 2 - Thứ 6: 7h00-17h00").
// "" is not known.
func (h *Hours) UnmarshalText(b []byte) error {
	text := strings.TrimSpace(string(b))
	bad := fault.New(fault.Invalid, "place.hours").At("hours", text)
	var read Hours
	if area.Fold(text) == "24 7" || area.Fold(text) == "ca ngay" {
		read, text = Always, ""
	}
	for part := range strings.SplitSeq(text, ";") {
		if strings.TrimSpace(part) == "" {
			continue
		}
		days, times := splitDays(part)
		on, ok := parseDays(days)
		spans, err := ParseSpans(times)
		if !ok || err != nil {
			return bad
		}
		for _, d := range on {
			read[d] = spans
		}
	}
	if text != "" && !read.Known() {
		return bad
	}
	*h = read
	return nil
}

// splitDays cuts "T2-T6: 07:00-17:00" before its first time: a number that is
// followed by h or a colon.
func splitDays(part string) (days, times string) {
	for i := range part {
		rest := strings.TrimLeft(part[i:], "0123456789")
		digits := len(part[i:]) - len(rest)
		if (i == 0 || !isDigit(part[i-1])) && digits > 0 && digits <= 2 && rest != "" &&
			(rest[0] == 'h' || rest[0] == 'H' || rest[0] == 'g' || rest[0] == ':' && len(rest) > 1 && isDigit(rest[1])) {
			return strings.Trim(part[:i], " :"), part[i:]
		}
	}
	lower := strings.ToLower(strings.TrimSpace(part))
	for _, closed := range []string{"nghỉ", "nghi", "đóng cửa", "closed"} {
		if days, ok := strings.CutSuffix(lower, closed); ok {
			return strings.Trim(days, " :"), closed
		}
	}
	return strings.Trim(part, " :"), ""
}

func isDigit(b byte) bool { return b >= '0' && b <= '9' }

// parseDays reads "", "T7", "T2-T6", "T2, T4"; none named is every day.
func parseDays(s string) ([]time.Weekday, bool) {
	if strings.TrimSpace(s) == "" || area.Fold(s) == "hang ngay" || area.Fold(s) == "daily" {
		return week[:], true
	}
	var on []time.Weekday
	for part := range strings.SplitSeq(strings.ReplaceAll(s, "–", "-"), ",") {
		from, to, ranged := strings.Cut(part, "-")
		a, ok := dayWords[area.Fold(from)]
		b, okTo := a, true
		if ranged {
			b, okTo = dayWords[area.Fold(to)]
		}
		if !ok || !okTo {
			return nil, false
		}
		for d := a; ; d = (d + 1) % 7 {
			on = append(on, d)
			if d == b {
				break
			}
		}
	}
	return on, true
}

// ParseSpans reads the times of one day, in order and apart: "7h-11h30, 13h30-17h".
// "" and "nghỉ" are closed. A span that ends before it begins goes over midnight.
func ParseSpans(s string) ([]Span, error) {
	bad := fault.New(fault.Invalid, "place.hours").At("hours", s)
	if f := area.Fold(s); f == "" || f == "nghi" || f == "dong cua" || f == "closed" {
		return nil, nil
	}
	var spans []Span
	for part := range strings.SplitSeq(strings.ReplaceAll(s, "–", "-"), ",") {
		from, to, _ := strings.Cut(part, "-")
		a, okFrom := parseClock(from)
		b, okTo := parseClock(to)
		if !okFrom || !okTo || a == b || a >= dayMinutes || len(spans) == spansMost {
			return nil, bad
		}
		if b < a {
			b += dayMinutes
		}
		if n := len(spans); n > 0 && a < spans[n-1].To || b > 2*dayMinutes-1 {
			return nil, bad
		}
		spans = append(spans, Span{a, b})
	}
	return spans, nil
}

// parseClock reads "7", "7h", "7h30", "07:30", "24:00" as minutes.
func parseClock(s string) (int, bool) {
	s = strings.NewReplacer("giờ", ":", "h", ":", "H", ":", "g", ":").Replace(strings.TrimSpace(s))
	hour, minute, _ := strings.Cut(s, ":")
	number := func(s string, most int) (int, bool) {
		n := 0
		for _, b := range []byte(s) {
			if !isDigit(b) || len(s) > 2 {
				return 0, false
			}
			n = n*10 + int(b-'0')
		}
		return n, n <= most
	}
	h, okHour := number(strings.TrimSpace(hour), 24)
	m, okMinute := number(strings.TrimSpace(minute), 59)
	return h*60 + m, okHour && okMinute && hour != "" && (h < 24 || m == 0)
}
