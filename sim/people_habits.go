package sim

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"khien/kernel/area"
	"khien/kernel/person"
)

// Habits are how often each thing goes wrong when somebody is written down: a
// model of our own, set by hand from what lists of 2021 looked like.
type Habits struct {
	NoMarks, Keys, Letter, OtherMark, Order, Middle, Capitals float64 // of the name; at most one of the first six
	YearOnly, NewYear, Swapped, Digit, NoBirth                float64 // of the birth date; at most one
	NoSex, WrongSex                                           float64
	Citizen, OldCard, Insurance                               float64 // shown, if they have one
	PaperDigit, LentPaper                                     float64
	NoPhone, NewPhone, FamilyPhone                            float64
	Moved, NoArea, NoAddress, Household                       float64
}

// Clerk copies from papers; Citizen types into a phone at a gate.
var (
	Clerk = Habits{NoMarks: 0.06, Keys: 0.003, Letter: 0.01, OtherMark: 0.004, Order: 0.003, Middle: 0.005, Capitals: 0.3,
		YearOnly: 0.06, NewYear: 0.01, Swapped: 0.005, Digit: 0.008, NoBirth: 0.005, NoSex: 0.02, WrongSex: 0.003,
		Citizen: 0.8, OldCard: 0.4, Insurance: 0.5, PaperDigit: 0.01, LentPaper: 0.001,
		NoPhone: 0.1, NewPhone: 0.03, FamilyPhone: 0.05, Moved: 0.04, NoArea: 0.02, NoAddress: 0.2, Household: 0.4}
	Citizen = Habits{NoMarks: 0.35, Keys: 0.02, Letter: 0.03, OtherMark: 0.01, Order: 0.02, Middle: 0.02, Capitals: 0.1,
		YearOnly: 0.1, NewYear: 0.02, Swapped: 0.02, Digit: 0.02, NoBirth: 0.02, NoSex: 0.03, WrongSex: 0.005,
		Citizen: 0.55, OldCard: 0.2, Insurance: 0.25, PaperDigit: 0.02, LentPaper: 0.003,
		NoPhone: 0.06, NewPhone: 0.12, FamilyPhone: 0.08, Moved: 0.08, NoArea: 0.04, NoAddress: 0.5, Household: 0.1}
)

// Written returns a human as somebody with these habits writes them down. kin
// are of the same family, for what is lent and shared; may be empty.
func (h Habits) Written(r *rand.Rand, p person.Person, kin []Human, communes []area.Unit) person.Person {
	p.ID = [16]byte{}
	p.Name = h.name(r, p.Name)
	p.Birth = h.birth(r, p.Birth)
	h.sex(r, &p)
	p.Papers = h.papers(r, p.Papers, kin)
	h.phone(r, &p, kin)
	switch x := r.Float64(); {
	case x < h.Moved:
		p.Area, p.Address = communes[r.IntN(len(communes))].Code, ""
	case x < h.Moved+h.NoArea:
		p.Area = 0
	}
	if chance(r, h.NoAddress) {
		p.Address = ""
	}
	if !chance(r, h.Household) {
		p.Household = ""
	}
	return p
}

func (h Habits) name(r *rand.Rand, name string) string {
	x := r.Float64()
	for _, way := range []struct {
		rate float64
		do   func(*rand.Rand, string) string
	}{{h.NoMarks, noMarks}, {h.Keys, keys}, {h.Letter, letter}, {h.OtherMark, otherMark}, {h.Order, order}, {h.Middle, middle}} {
		if x -= way.rate; x < 0 {
			name = way.do(r, name)
			break
		}
	}
	if chance(r, h.Capitals) {
		name = strings.ToUpper(name)
	}
	return name
}

func noMarks(_ *rand.Rand, name string) string {
	bare := strings.NewReplacer("đ", "d", "Đ", "D").Replace(norm.NFD.String(name))
	return strings.Map(func(c rune) rune {
		if c >= 0x300 && c < 0x370 {
			return -1
		}
		return c
	}, bare)
}

// keys writes one word as Telex or VNI keys, as if the keyboard were off.
func keys(r *rand.Rand, name string) string {
	w := strings.Fields(name)
	i := r.IntN(len(w))
	table := telex
	if chance(r, 0.3) {
		table = vni
	}
	var out strings.Builder
	tone := ""
	for _, c := range norm.NFD.String(w[i]) {
		key, ok := table[c]
		switch {
		case !ok:
			out.WriteRune(c)
		case strings.ContainsRune("\u0301\u0300\u0309\u0303\u0323", c):
			tone = key
		case key == "=": // the letter again
			s := out.String()
			out.WriteString(strings.ToLower(s[len(s)-1:]))
		default:
			out.WriteString(key)
		}
	}
	w[i] = out.String() + tone
	return strings.Join(w, " ")
}

var (
	telex = map[rune]string{'\u0301': "s", '\u0300': "f", '\u0309': "r", '\u0303': "x", '\u0323': "j", '\u0302': "=", '\u0306': "w", '\u031b': "w", 'đ': "dd", 'Đ': "Dd"}
	vni   = map[rune]string{'\u0301': "1", '\u0300': "2", '\u0309': "3", '\u0303': "4", '\u0323': "5", '\u0302': "6", '\u0306': "8", '\u031b': "7", 'đ': "d9", 'Đ': "D9"}
)

// letter makes a slip of one letter: one left out, doubled, another, or two swapped.
func letter(r *rand.Rand, name string) string {
	c := []rune(name)
	for range 20 {
		i := 1 + r.IntN(len(c)-1)
		if c[i] == ' ' || c[i-1] == ' ' {
			continue
		}
		switch r.IntN(4) {
		case 0:
			return string(slices.Delete(c, i, i+1))
		case 1:
			return string(slices.Insert(c, i, c[i]))
		case 2:
			c[i] = rune("bcdghiklmnoprtuvy"[r.IntN(17)])
			return string(c)
		}
		c[i], c[i-1] = c[i-1], c[i]
		return string(c)
	}
	return name
}

// otherMark changes or adds one tone.
func otherMark(r *rand.Rand, name string) string {
	w := strings.Fields(name)
	i := r.IntN(len(w))
	d := []rune(norm.NFD.String(w[i]))
	tones := []rune("\u0301\u0300\u0309\u0303\u0323")
	for j, c := range d {
		if slices.Contains(tones, c) {
			d[j] = tones[r.IntN(len(tones))]
			w[i] = norm.NFC.String(string(d))
			break
		}
	}
	return strings.Join(w, " ")
}

func order(r *rand.Rand, name string) string {
	w := strings.Fields(name)
	n := len(w)
	if chance(r, 0.7) { // the given name first, as forms in English ask
		return strings.Join(append([]string{w[n-1]}, w[:n-1]...), " ")
	}
	slices.Reverse(w)
	return strings.Join(w, " ")
}

// middle leaves the middle names out, or their first letter.
func middle(r *rand.Rand, name string) string {
	w := strings.Fields(name)
	if len(w) < 3 {
		return name
	}
	if chance(r, 0.6) {
		return w[0] + " " + w[len(w)-1]
	}
	for i := 1; i < len(w)-1; i++ {
		w[i] = string([]rune(w[i])[0]) + "."
	}
	return strings.Join(w, " ")
}

func (h Habits) birth(r *rand.Rand, b string) string {
	year, month, d := b[:4], b[5:7], b[8:]
	x := r.Float64()
	if x -= h.YearOnly; x < 0 {
		return year
	}
	if x -= h.NewYear; x < 0 {
		return year + "-01-01"
	}
	if x -= h.Swapped; x < 0 && d <= "12" {
		return year + "-" + d + "-" + month
	}
	if x -= h.Digit; x < 0 {
		if chance(r, 0.4) {
			return year[:3] + string(rune('0'+r.IntN(10))) + b[4:]
		}
		return fmt.Sprintf("%s-%s-%c%d", year, month, d[0], 1+r.IntN(8))
	}
	if x -= h.NoBirth; x < 0 {
		return ""
	}
	return b
}

func (h Habits) sex(r *rand.Rand, p *person.Person) {
	switch x := r.Float64(); {
	case x < h.NoSex:
		p.Sex = ""
	case x < h.NoSex+h.WrongSex:
		p.Sex = map[string]string{"male": "female", "female": "male"}[p.Sex]
	}
}

func (h Habits) papers(r *rand.Rand, papers []person.Paper, kin []Human) (shown []person.Paper) {
	if chance(r, h.LentPaper) && len(kin) > 0 {
		papers = kin[r.IntN(len(kin))].Papers
	}
	rate := map[person.PaperKind]float64{person.CitizenCard: h.Citizen, person.OldCard: h.OldCard, person.InsuranceTag: h.Insurance}
	for _, p := range papers {
		if !chance(r, rate[p.Kind]) {
			continue
		}
		if chance(r, h.PaperDigit) {
			i := r.IntN(len(p.Number))
			p.Number = p.Number[:i] + string(rune('0'+r.IntN(10))) + p.Number[i+1:]
		}
		shown = append(shown, p)
	}
	return shown
}

func (h Habits) phone(r *rand.Rand, p *person.Person, kin []Human) {
	switch x := r.Float64(); {
	case x < h.NoPhone:
		p.Phone = ""
	case x < h.NoPhone+h.NewPhone:
		p.Phone = fmt.Sprintf("+84599%06d", r.IntN(1_000_000))
	case x < h.NoPhone+h.NewPhone+h.FamilyPhone && len(kin) > 0:
		p.Phone = kin[r.IntN(len(kin))].Phone
	}
}
