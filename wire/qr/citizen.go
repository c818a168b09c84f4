package qr

import (
	"fmt"
	"reflect"
	"strings"
)

// Citizen is what a citizen card's code says; nobody has signed it.
type Citizen struct {
	Number    string  `json:"number"`               // 12 digits
	OldNumber string  `json:"old_number,omitempty"` // CMND, 9 or 12 digits; "" none
	Name      string  `json:"name"`                 // NFC, with its marks, as printed
	Birth     string  `json:"birth"`                // "1988-05-14", "1988-05" or "1988"
	Sex       string  `json:"sex"`                  // "male" or "female"
	Address   string  `json:"address"`              // NFC; may be empty
	Issued    string  `json:"issued"`               // yyyy-mm-dd
	Expires   string  `json:"expires,omitempty"`    // yyyy-mm-dd; "" when the code does not say, or never
	Says      Meaning `json:"number_says"`          // what the digits of Number say
}

// Meaning is what the digits of a citizen's number say (Decree 137/2015/NĐ-CP
// art. 13; Circular 59/2021/TT-BCA art. 4): three of the province or country
// where the birth was registered, one of century and sex, two of the birth year.
type Meaning struct {
	Province  string `json:"province"`         // "020"; a country's code from 100 on
	Abroad    bool   `json:"abroad,omitempty"` // Province is a country's code
	BirthYear int    `json:"birth_year"`
	Sex       string `json:"sex"`
}

// provinces are the codes of the 63 provinces of 2021 (Circular 59/2021/TT-BCA,
// annex 1), which numbers given before 2025-07-01 keep.
const provinces = " 001 002 004 006 008 010 011 012 014 015 017 019 020 022 024 025 026 027 030 031 033 034 035 036 037 038 040 042 044 045 046" +
	" 048 049 051 052 054 056 058 060 062 064 066 067 068 070 072 074 075 077 079 080 082 083 084 086 087 089 091 092 093 094 095 096 "

// Decode says what the digits of a citizen's number mean; false for what is not
// 12 digits. The numbers have no check digit.
func Decode(number string) (Meaning, bool) {
	if !isDigits(number, 12) {
		return Meaning{}, false
	}
	century := int(number[3]-'0') / 2 // 0, 1: 20th; 2, 3: 21st
	m := Meaning{
		Province:  number[:3],
		Abroad:    number[0] != '0',
		BirthYear: 1900 + 100*century + int(number[4]-'0')*10 + int(number[5]-'0'),
		Sex:       "male",
	}
	if number[3]%2 == 1 {
		m.Sex = "female"
	}
	return m, true
}

// Citizen card fields by place, when all seven are there.
const (
	citizenNumber = iota
	citizenOld
	citizenName
	citizenBirth
	citizenSex
	citizenAddress
	citizenIssued
	citizenExpires
)

func readCitizen(f []string) (Code, error) {
	c := &reading{kind: CitizenCard, flags: []Flag{NoProof}}
	f, why := sevenFields(f)
	if why != "" {
		return Code{}, &Error{Kind: CitizenCard, Why: why}
	}
	p := &Citizen{
		Number:    f[citizenNumber],
		OldNumber: c.oldNumber(f[citizenOld]),
		Name:      c.name("name", f[citizenName]),
		Birth:     c.birth(f[citizenBirth]),
		Sex:       c.sex(f[citizenSex], "nam", "nữ"),
		Address:   c.text("address", f[citizenAddress]),
		Issued:    c.day("issued", f[citizenIssued]),
	}
	switch {
	case len(f) == 8 && !isForever(f[citizenExpires]):
		p.Expires = c.dayOrNone("expires", f[citizenExpires])
	case len(f) > 8:
		c.flag(MoreFields)
	}
	if c.err != nil {
		return Code{}, c.err
	}
	c.compare(p)
	return Code{Kind: CitizenCard, Flags: c.flags, Citizen: p}, nil
}

// sevenFields puts the old number, empty, where six fields leave it out, and
// tells a text that was cut from one with a field too few.
func sevenFields(f []string) ([]string, string) {
	n := len(f)
	switch {
	case n < 6 || n == 6 && allOf(f[1], "0123456789"):
		return nil, CutShort
	case n > 12:
		return nil, Fields
	case n == 6:
		f = append([]string{f[0], ""}, f[1:]...)
	}
	if last := f[len(f)-1]; n <= 8 && last != "" && len(last) < 8 && allOf(last, "0123456789/") || n <= 7 && last == "" {
		return nil, CutShort
	}
	return f, ""
}

func (c *reading) oldNumber(s string) string {
	if s == "" || s == "-" {
		return ""
	}
	if len(s) > 20 || !allOf(s, "0123456789") {
		c.fail("old_number", Number)
	}
	if len(s) != 9 && len(s) != 12 {
		c.flag(OldNumberForm)
	}
	return s
}

// isForever reports whether an expiry says that the card of someone over 60 has none.
func isForever(s string) bool { return strings.EqualFold(s, "Không thời hạn") }

// compare keeps and flags a number whose digits contradict what is printed.
func (c *reading) compare(p *Citizen) {
	p.Says, _ = Decode(p.Number)
	if fmt.Sprint(p.Says.BirthYear) != p.Birth[:4] {
		c.flag(BirthContradicts)
	}
	if p.Says.Sex != p.Sex {
		c.flag(SexContradicts)
	}
	if !p.Says.Abroad && !strings.Contains(provinces, " "+p.Says.Province+" ") {
		c.flag(ProvinceUnknown)
	}
	c.inOrder(p.Birth, p.Issued)
	c.inOrder(p.Issued, p.Expires)
}

// Text writes the code of an invented card: seven fields, eight with Expires.
// Says need not be filled in. What Read would not give back is refused.
func (p Citizen) Text() (string, error) {
	sex := map[string]string{"male": "Nam", "female": "Nữ"}[p.Sex]
	f := []string{p.Number, p.OldNumber, p.Name, writeDate(p.Birth, ""), sex, p.Address, writeDate(p.Issued, "")}
	if p.Expires != "" {
		f = append(f, writeDate(p.Expires, ""))
	}
	p.Says, _ = Decode(p.Number)
	return readsBack(f, func(c Code) bool { return reflect.DeepEqual(c.Citizen, &p) })
}

// readsBack joins fields to a text and checks that it says the same again.
func readsBack(f []string, same func(Code) bool) (string, error) {
	text := strings.Join(f, "|")
	c, err := Read(text)
	if err != nil {
		return "", err
	}
	if !same(c) {
		return "", &Error{Kind: c.Kind, Why: Form}
	}
	return text, nil
}
