package person

import (
	"strconv"
	"strings"
)

// Flaw is what a paper's number says against itself or its holder. A flawed
// paper is kept: people lend papers, and clerks mistype them.
type Flaw string

// The flaws. A citizen number is province (3 digits), sex and century (1), year
// of birth (2) and 6 at random: Circular 59/2021/TT-BCA.
const (
	BadForm     Flaw = "form"     // not the length or the signs of its kind
	BadProvince Flaw = "province" // the first three digits are no province's
	BadSex      Flaw = "sex"      // it says the other sex
	BadYear     Flaw = "year"     // it says another year of birth
)

// provinces are the numbers of 2021's provinces, which citizen numbers keep
// after the mergers of 2025. Source: Decision 124/2004/QĐ-TTg, as amended.
const provinces = " 001 002 004 006 008 010 011 012 014 015 017 019 020 022 024 025 026 027 030 031 033 034 035 036 037 038 040 042 044 045 046 048 049" +
	" 051 052 054 056 058 060 062 064 066 067 068 070 072 074 075 077 079 080 082 083 084 086 087 089 091 092 093 094 095 096 "

// Flaws returns what is wrong with a paper of p; nil when nothing shows.
func (p Person) Flaws(paper Paper) (flaws []Flaw) {
	switch c, ok := readCitizen(paper.Number); {
	case paper.Kind == OldCard && len(paper.Number) == 9 && digits(paper.Number):
	case paper.Kind == TravelPaper && len(paper.Number) >= 6 && len(paper.Number) <= 9:
	case paper.Kind == InsuranceTag:
		if n := paper.Number; len(n) != 10 && len(n) != 15 || !digits(insuranceCore(n)) {
			flaws = append(flaws, BadForm)
		}
	case paper.Kind != CitizenCard && paper.Kind != OldCard || !ok:
		flaws = append(flaws, BadForm)
	default:
		if !strings.Contains(provinces, " "+c.province+" ") {
			flaws = append(flaws, BadProvince)
		}
		if p.Sex != "" && p.Sex != "other" && p.Sex != c.sex {
			flaws = append(flaws, BadSex)
		}
		if len(p.Birth) >= 4 && p.Birth[:4] != strconv.Itoa(c.year) {
			flaws = append(flaws, BadYear)
		}
	}
	return flaws
}

// citizen is what a number of 12 digits says.
type citizen struct {
	province, sex string
	year          int
}

func readCitizen(number string) (citizen, bool) {
	if len(number) != 12 || !digits(number) {
		return citizen{}, false
	}
	century := int(number[3] - '0')
	yy := int(number[4]-'0')*10 + int(number[5]-'0')
	return citizen{number[:3], [2]string{"male", "female"}[century%2], 1900 + century/2*100 + yy}, true
}

func digits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// insuranceCore returns the ten digits that the old card of 15 signs (group 2
// letters, benefit 1, province 2) and the new one of 10 share.
func insuranceCore(number string) string {
	if len(number) == 15 {
		return number[5:]
	}
	return number
}

// class is the sort of number by which papers are compared, whatever kind the
// clerk chose: the last old cards already had the citizen's 12 digits.
func (p Paper) class() string {
	switch {
	case p.Kind == InsuranceTag:
		return "i"
	case p.Kind == TravelPaper:
		return "p"
	case len(p.Number) == 12 && digits(p.Number):
		return "c"
	case len(p.Number) == 9 && digits(p.Number):
		return "o"
	}
	return "?"
}

// core is the number as it is compared inside its class.
func (p Paper) core() string {
	if p.Kind == InsuranceTag {
		return insuranceCore(p.Number)
	}
	return p.Number
}
