package qr

import (
	"encoding/hex"
	"reflect"
	"strings"
)

// Layouts of the insurance card's code.
const (
	Layout15 = 15 // parts, on cards to 2021: the number has 15 characters
	Layout17 = 17 // parts, on cards since 2021: the number has 10 digits
)

// Insurance is what a health-insurance card's code says; nobody has signed it.
// Text is empty where the code has "-".
type Insurance struct {
	Layout    int    `json:"layout"`               // Layout15 or Layout17
	Number    string `json:"number"`               // 2 letters and 13 digits, or 10 digits (số BHXH)
	Name      string `json:"name"`                 // NFC
	Birth     string `json:"birth"`                // "1988-05-14", "1988-05" or "1988"
	Sex       string `json:"sex"`                  // "male" or "female"
	Address   string `json:"address,omitempty"`    // layout 15 in practice
	Hospital  string `json:"hospital,omitempty"`   // of first registration, "20 - 001"
	From      string `json:"from,omitempty"`       // yyyy-mm-dd, as all dates here
	To        string `json:"to,omitempty"`         // ends
	Issued    string `json:"issued,omitempty"`     // day of issue
	Manager   string `json:"manager,omitempty"`    // code of the managing office; 14 digits in layout 17 (unverified)
	Parent    string `json:"parent,omitempty"`     // of a child's card
	Benefit   string `json:"benefit,omitempty"`    // level (unverified)
	FiveYears string `json:"five_years,omitempty"` // five years without a gap from this day
	Check     string `json:"check,omitempty"`      // check string; how it is made is not published
	Benefit2  string `json:"benefit_2,omitempty"`  // layout 17, part 14: repeats Benefit where seen (unverified)
	IssuedAt  string `json:"issued_at,omitempty"`  // layout 17: place of issue
}

// isInsuranceNumber knows both numbers by their form.
func isInsuranceNumber(s string) bool {
	if isDigits(s, 10) {
		return true
	}
	return len(s) == 15 && allOf(s[:2], "ABCDEFGHIJKLMNOPQRSTUVWXYZ") && isDigits(s[2:], 13)
}

func readInsurance(f []string) (Code, error) {
	n := len(f)
	switch {
	case n > Layout17:
		return Code{}, &Error{Kind: InsuranceCard, Why: Fields}
	case n != Layout15 && n != Layout17, f[n-1] != "$":
		return Code{}, &Error{Kind: InsuranceCard, Why: CutShort}
	}
	c := &reading{kind: InsuranceCard, flags: []Flag{NoProof}}
	p := &Insurance{
		Layout:    n,
		Number:    f[0],
		Name:      c.name("name", c.hex("name", f[1])),
		Birth:     c.birth(f[2]),
		Sex:       c.sex(f[3], "1", "2"),
		Address:   c.text("address", c.hex("address", f[4])),
		Hospital:  c.short("hospital", f[5]),
		From:      c.dayOrNone("from", f[6]),
		To:        c.dayOrNone("to", f[7]),
		Issued:    c.dayOrNone("issued", f[8]),
		Manager:   c.short("manager", f[9]),
		Parent:    c.text("parent", c.hex("parent", f[10])),
		Benefit:   c.short("benefit", f[11]),
		FiveYears: c.dayOrNone("five_years", f[12]),
		Check:     c.short("check", f[13]),
	}
	if n == Layout17 {
		p.Benefit2 = c.short("benefit_2", f[14])
		p.IssuedAt = c.text("issued_at", c.hex("issued_at", f[15]))
	}
	if c.err != nil {
		return Code{}, c.err
	}
	c.inOrder(p.Birth, p.From)
	c.inOrder(p.From, p.To)
	return Code{Kind: InsuranceCard, Flags: c.flags, Insurance: p}, nil
}

// hex reads the hex of a UTF-8 text, which must be as clean as the code itself.
func (c *reading) hex(field, s string) string {
	if s == "" || s == "-" {
		return ""
	}
	b, err := hex.DecodeString(s)
	if err != nil {
		c.fail(field, Text)
		return ""
	}
	if why := unclean(string(b)); why != "" {
		c.fail(field, why)
		return ""
	}
	return string(b)
}

// short reads a code of letters, digits and a few signs.
func (c *reading) short(field, s string) string {
	s = strings.TrimSpace(s)
	if s == "-" {
		return ""
	}
	if len(s) > 40 || !allOf(s, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz -./") {
		c.fail(field, Text)
	}
	return s
}

// Text writes the code of an invented card in p.Layout. What Read would not give
// back is refused.
func (p Insurance) Text() (string, error) {
	sex := map[string]string{"male": "1", "female": "2"}[p.Sex]
	f := []string{p.Number, asHex(p.Name), writeDate(p.Birth, "/"), sex, asHex(p.Address), dash(p.Hospital), dash(writeDate(p.From, "/")),
		dash(writeDate(p.To, "/")), dash(writeDate(p.Issued, "/")), dash(p.Manager), asHex(p.Parent), dash(p.Benefit), dash(writeDate(p.FiveYears, "/")), dash(p.Check)}
	if p.Layout == Layout17 {
		f = append(f, dash(p.Benefit2), asHex(p.IssuedAt))
	}
	return readsBack(append(f, "$"), func(c Code) bool { return reflect.DeepEqual(c.Insurance, &p) })
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func asHex(s string) string { return dash(hex.EncodeToString([]byte(s))) }
