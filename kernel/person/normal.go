package person

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"khien/kernel/fault"
)

// normalise brings every field into its one form, or says which cannot be.
func (p *Person) normalise() (err error) {
	p.Name, p.Address = oneLine(p.Name), oneLine(p.Address)
	if n := utf8.RuneCountInString(p.Name); n == 0 || n > 200 || strings.ContainsFunc(p.Name, unseen) {
		return fault.New(fault.Invalid, "person.name").At("name", p.Name)
	}
	if p.Sex != "" && !slices.Contains(Sexes, p.Sex) {
		return fault.New(fault.Invalid, "person.sex").At("sex", p.Sex)
	}
	if p.Birth, err = NormalBirth(p.Birth); err != nil {
		return err
	}
	if strings.TrimSpace(p.Phone) == "" {
		p.Phone = ""
	} else if p.Phone, err = NormalPhone(p.Phone); err != nil {
		return err
	}
	p.Papers = slices.Clone(p.Papers)
	for i := range p.Papers {
		if p.Papers[i].Number, err = normalPaper(p.Papers[i].Number); err != nil {
			return err
		}
	}
	return p.normaliseMore()
}

// listed bounds the further names, phones and papers of somebody.
const listed = 20

func (p *Person) normaliseMore() error {
	p.Household = strings.ToUpper(strings.NewReplacer(" ", "", ".", "", "-", "").Replace(norm.NFC.String(p.Household)))
	p.Nationality, p.Occupation = strings.ToUpper(strings.TrimSpace(p.Nationality)), oneLine(p.Occupation)
	p.OtherNames, p.OtherPhones = slices.Clone(p.OtherNames), slices.Clone(p.OtherPhones)
	for i, n := range p.OtherNames {
		if p.OtherNames[i] = oneLine(n); p.OtherNames[i] == "" || utf8.RuneCountInString(n) > 200 || i >= listed {
			return fault.New(fault.Invalid, "person.name").At("name", n)
		}
	}
	for i, n := range p.OtherPhones {
		var err error
		if p.OtherPhones[i], err = NormalPhone(n); err != nil || i >= listed {
			return fault.New(fault.Invalid, "person.phone").At("phone", n)
		}
	}
	return nil
}

// unseen finds what no name holds and a screen does not show, or shows turned round.
func unseen(r rune) bool {
	return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || r == utf8.RuneError
}

// Check returns what Create would refuse of p, or nil: for lists, which name the
// row before they enter any.
func (p Person) Check() error { return p.normalise() }

// Normal returns p with every field in its one form, as Create stores it, or
// what Create would refuse.
func (p Person) Normal() (Person, error) {
	err := p.normalise()
	return p, err
}

func oneLine(s string) string { return strings.Join(strings.Fields(norm.NFC.String(s)), " ") }

// NormalBirth reads a birth date as precise as it is known: 14/05/1988,
// 05/1988, 1988, or the same as ISO 8601 writes it, and returns the latter. ""
// stays "". Anything else, and a day the calendar does not have, is fault.Invalid.
func NormalBirth(s string) (string, error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return "", nil
	}
	for _, f := range []struct{ in, out string }{
		{"2/1/2006", time.DateOnly}, {time.DateOnly, time.DateOnly}, {"1/2006", "2006-01"}, {"2006-01", "2006-01"}, {"2006", "2006"},
	} {
		if t, err := time.Parse(f.in, s); err == nil && t.Year() >= 1850 && t.Year() <= 2200 {
			return t.Format(f.out), nil
		}
	}
	return "", fault.New(fault.Invalid, "person.birth").At("birth", s)
}

// NormalPhone returns a telephone number as E.164 writes it. A number without
// "+" or "00" is Vietnam's: 0912 345 678 is +84912345678. What cannot be one is
// fault.Invalid.
func NormalPhone(s string) (string, error) {
	bad := fault.New(fault.Invalid, "person.phone").At("phone", s)
	n := strings.NewReplacer(" ", "", "\u00a0", "", ".", "", "-", "", "(", "", ")", "").Replace(strings.TrimSpace(s))
	switch {
	case strings.HasPrefix(n, "+"):
		n = n[1:]
	case strings.HasPrefix(n, "00"):
		n = n[2:]
	case strings.HasPrefix(n, "0"):
		n = "84" + n[1:]
	case strings.HasPrefix(n, "84") && len(n) >= 11:
	default:
		return "", bad
	}
	if rest, ok := strings.CutPrefix(n, "840"); ok { // +84 0912…, as some write
		n = "84" + rest
	}
	if strings.Trim(n, "0123456789") != "" || n == "" || n[0] == '0' || len(n) < 8 || len(n) > 15 {
		return "", bad
	}
	if strings.HasPrefix(n, "84") && len(n) != 11 && len(n) != 12 { // nine digits, ten for land lines
		return "", bad
	}
	return "+" + n, nil
}

// normalPaper returns the number of a paper in capitals, without what people put between.
func normalPaper(s string) (string, error) {
	n := strings.ToUpper(strings.NewReplacer(" ", "", ".", "", "-", "").Replace(strings.TrimSpace(s)))
	if len(n) < 5 || len(n) > 20 || strings.Trim(n, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return "", fault.New(fault.Invalid, "person.paper").At("paper", "")
	}
	return n, nil
}
