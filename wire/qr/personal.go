package qr

import (
	"reflect"
	"strings"
)

// Personal is a personal code of Decision 1405/QĐ-BTTTT of 2021-09-11, version
// 1.1, as PC-Covid, NCOVI and VNeID showed it: one fixed code per person, signed
// by nobody that we can check. The order inside EXT is not established.
type Personal struct {
	Paper    string   `json:"paper,omitempty"` // CCCD, CMND or passport; by default the first six characters are *
	Name     string   `json:"name"`            // capitals without marks
	Birth    string   `json:"birth,omitempty"` // "1988-05-14", "1988-05", "1988"; "" when all is hidden
	Declared string   `json:"declared"`        // who declared it: "self" or "other"
	QID      string   `json:"qid"`             // of the national QR platform
	Ext      []string `json:"ext,omitempty"`   // the pieces of EXT between <, without names; nil for none
}

// Bounds of a personal code.
const (
	paperBytes = 20
	qidBytes   = 64
	extMost    = 10
)

const upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

// isISO reports whether s has the form of yyyy-mm-dd, * standing for a hidden digit.
func isISO(s string) bool {
	return len(s) == 10 && s[4] == '-' && s[7] == '-' && allOf(s, "0123456789*-")
}

func readPersonal(f []string) (Code, error) {
	switch {
	case len(f) < 5:
		return Code{}, &Error{Kind: Personal1405, Why: CutShort}
	case len(f) > 6:
		return Code{}, &Error{Kind: Personal1405, Why: Fields}
	}
	c := &reading{kind: Personal1405, flags: []Flag{NoProof}}
	p := &Personal{
		Paper:    c.paper(f[0]),
		Name:     c.name("name", f[1]),
		Birth:    c.maskedBirth(f[2]),
		Declared: map[string]string{"0": "self", "1": "other"}[f[3]],
		QID:      c.qid(f[4]),
	}
	if p.Declared == "" {
		c.fail("declared", Number)
	}
	if len(f) == 6 && f[5] != "" {
		p.Ext = c.ext(f[5])
	}
	if !allOf(p.Name, upper+" ") {
		c.flag(NameForm)
	}
	if c.err != nil {
		return Code{}, c.err
	}
	return Code{Kind: Personal1405, Flags: c.flags, Personal: p}, nil
}

func (c *reading) paper(s string) string {
	if len(s) > paperBytes || !allOf(s, upper+"0123456789*") {
		c.fail("paper", Number)
	}
	if strings.Contains(s, "*") {
		c.flag(Masked)
	}
	return s
}

// maskedBirth reads yyyy-mm-dd of which day, day and month, or all is hidden.
func (c *reading) maskedBirth(s string) string {
	if strings.Contains(s, "*") {
		c.flag(Masked)
	}
	if s == "****-**-**" {
		return ""
	}
	s = strings.ReplaceAll(s, "-**", "-00")
	iso := joinDate(s[:4], s[5:7], s[8:])
	if iso == "" {
		c.fail("birth", Date)
	}
	return iso
}

func (c *reading) qid(s string) string {
	if s == "" || len(s) > qidBytes || !allOf(s, upper+"abcdefghijklmnopqrstuvwxyz0123456789-_.:+/=") {
		c.fail("qid", Number)
	}
	return s
}

func (c *reading) ext(s string) []string {
	pieces := strings.SplitN(s, "<", extMost+1)
	if len(pieces) > extMost {
		c.fail("ext", Fields)
		return nil
	}
	for i, p := range pieces {
		pieces[i] = c.text("ext", p)
	}
	if len(pieces) == 1 && pieces[0] == "" {
		return nil
	}
	return pieces
}

// Text writes an invented code. What Read would not give back is refused.
func (p Personal) Text() (string, error) {
	d, m, y := dateParts(p.Birth, "**")
	if y == "" {
		y = "****"
	}
	declared := map[string]string{"self": "0", "other": "1"}[p.Declared]
	f := []string{p.Paper, p.Name, y + "-" + m + "-" + d, declared, p.QID, strings.Join(p.Ext, "<")}
	return readsBack(f, func(c Code) bool { return reflect.DeepEqual(c.Personal, &p) })
}
