package sim

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"khien/kernel/area"
	"khien/kernel/person"
)

// Human is an invented human being: all of the truth about them.
type Human struct {
	person.Person
	Number int // of the human, from 0
	Family int // of the household, from 0
}

// People returns n invented people of the province in families: couples who
// keep their surnames, children with the father's, twins, grandparents, sons
// with the father's name; phones that families share; homonyms as frequent as
// the tables of names in package person make them, half of the families with
// surnames of the Tày and Nùng. Papers are well-formed, and of nobody.
func People(g *area.Gazetteer, seed uint64, n int) ([]Human, error) {
	province, err := area.Of(area.Edition2021, "20", "", "")
	if err != nil {
		return nil, err
	}
	v := village{r: rand.New(rand.NewPCG(seed, 1954)), communes: g.Communes(province),
		kinh: cumulate(person.Surnames()), local: cumulate(person.LocalSurnames()),
		women: cumulate(person.WomensNames()), men: cumulate(person.MensNames())}
	if len(v.communes) == 0 {
		return nil, fmt.Errorf("sim: province %s has no communes", province)
	}
	for len(v.all) < n {
		v.family()
	}
	return v.all[:n], nil
}

// village makes people family by family.
type village struct {
	r                       *rand.Rand
	communes                []area.Unit
	kinh, local, women, men table
	all                     []Human
	families, phones        int
	serial                  int // of papers
}

// table draws names by their share.
type table struct {
	names []string
	upTo  []float64
}

func cumulate(cs []person.Common) (t table) {
	sum := 0.0
	for _, c := range cs {
		sum += c.Percent
		t.names, t.upTo = append(t.names, c.Name), append(t.upTo, sum)
	}
	return t
}

func (t table) draw(r *rand.Rand) string {
	x := r.Float64() * t.upTo[len(t.upTo)-1]
	for i, u := range t.upTo {
		if x < u {
			return t.names[i]
		}
	}
	return t.names[len(t.names)-1]
}

// chance is true with probability p.
func chance(r *rand.Rand, p float64) bool { return r.Float64() < p }

func (v *village) surname() string {
	if chance(v.r, 0.5) {
		return v.local.draw(v.r)
	}
	return v.kinh.draw(v.r)
}

// home is what a family shares.
type home struct {
	number    int
	commune   area.Code
	address   string
	household string
	phone     string
}

func (v *village) family() {
	h := home{number: v.families, commune: v.communes[v.r.IntN(len(v.communes))].Code, phone: v.phone(),
		address: fmt.Sprintf("Số %d, Thôn %s", 1+v.r.IntN(150), pick(v.r, hamlets)), household: fmt.Sprintf("20%07d", v.families)}
	v.families++
	year := 1945 + v.r.IntN(55)
	father := v.adult(h, v.surname(), "male", year)
	mother := v.adult(h, v.surname(), "female", year+v.r.IntN(7)-2)
	if chance(v.r, 0.25) { // his mother lives with them
		v.adult(h, v.surname(), "female", year-20-v.r.IntN(12))
	}
	surname, _, _ := strings.Cut(father.Name, " ")
	first := max(year, mother.year()) + 20
	for range v.r.IntN(5) {
		first += 1 + v.r.IntN(5)
		if first > 2021 {
			break
		}
		v.child(h, surname, first, father)
	}
}

func (h Human) year() int {
	y := 0
	for _, c := range h.Birth[:4] {
		y = y*10 + int(c-'0')
	}
	return y
}

// child adds a child, or twins.
func (v *village) child(h home, surname string, year int, father Human) {
	sex := pick(v.r, []string{"female", "male"})
	c := v.human(h, v.name(surname, sex, year), sex, year)
	if sex == "male" && chance(v.r, 0.005) {
		c.Name = father.Name
	}
	if year >= 2003 || c.Phone == "" {
		c.Phone = h.phone
	}
	v.all = append(v.all, c)
	if !chance(v.r, 0.012) {
		return
	}
	twin := c
	twin.Number = len(v.all)
	given := c.Name[strings.LastIndexByte(c.Name, ' ')+1:]
	for twin.Name == c.Name {
		twin.Name = strings.TrimSuffix(c.Name, given) + v.given(sex)
	}
	twin.Papers = nil
	for _, p := range c.Papers { // issued at the same counter, one after the other
		last := p.Number[len(p.Number)-1]
		p.Number = p.Number[:len(p.Number)-1] + string('0'+(last-'0'+1)%10)
		twin.Papers = append(twin.Papers, p)
	}
	v.all = append(v.all, twin)
}

func (v *village) adult(h home, surname, sex string, year int) Human {
	p := v.human(h, v.name(surname, sex, year), sex, year)
	switch x := v.r.Float64(); {
	case x < 0.15 || year < 1950 && x < 0.6:
		p.Phone = h.phone
	case x < 0.9:
		p.Phone = v.phone()
	}
	v.all = append(v.all, p)
	return p
}

func (v *village) phone() string {
	v.phones++
	return fmt.Sprintf("+84199%06d", v.phones) // 0199: no operator has it
}

func (v *village) given(sex string) string {
	if sex == "female" {
		return v.women.draw(v.r)
	}
	return v.men.draw(v.r)
}

// name makes a full name; Thị and Văn fade with the years.
func (v *village) name(surname, sex string, year int) string {
	usual, share := "Văn", 0.65
	if sex == "female" {
		usual, share = "Thị", 0.9
	}
	if year > 1975 {
		share -= float64(year-1975) * 0.012
	}
	words := []string{surname}
	if chance(v.r, share) {
		words = append(words, usual)
	}
	if len(words) == 1 || sex == "female" && chance(v.r, 0.3) {
		words = append(words, pick(v.r, middles))
	}
	return strings.Join(append(words, v.given(sex)), " ")
}

func (v *village) human(h home, name, sex string, year int) Human {
	month, d := 1+v.r.IntN(12), 1+v.r.IntN(28)
	if year < 1965 && chance(v.r, 0.12) { // only the year was known when the papers were made
		month, d = 1, 1
	}
	p := Human{Number: len(v.all), Family: h.number, Person: person.Person{Name: name, Sex: sex, Area: h.commune, Address: h.address, Household: h.household,
		Birth: fmt.Sprintf("%04d-%02d-%02d", year, month, d)}}
	v.serial++
	serial := v.serial * 7 % 1_000_000
	if year <= 2007 && chance(v.r, 0.75) {
		digit := (year/100 - 19) * 2
		if sex == "female" {
			digit++
		}
		p.Papers = append(p.Papers, person.Paper{Kind: person.CitizenCard, Number: fmt.Sprintf("020%d%02d%06d", digit, year%100, serial)})
	}
	if year <= 2002 && chance(v.r, 0.6) {
		p.Papers = append(p.Papers, person.Paper{Kind: person.OldCard, Number: fmt.Sprintf("08%07d", v.serial*13%10_000_000)})
	}
	if chance(v.r, 0.9) {
		p.Papers = append(p.Papers, person.Paper{Kind: person.InsuranceTag, Number: fmt.Sprintf("20%08d", v.serial*17%100_000_000)})
	}
	return p
}

var (
	hamlets = []string{"Nà Pàn", "Khuổi Mươi", "Bản Quyền", "Hoàng Tâm", "Pò Mã", "Nà Lốc", "Tân Lập", "Đồng Ý", "1", "2", "3", "Khòn Chang"}
	middles = []string{"Thu", "Minh", "Ngọc", "Thanh", "Đức", "Hoàng", "Phương", "Quốc", "Hữu", "Xuân", "Kim", "Bích", "Hồng", "Đình", "Quang", "Công",
		"Duy", "Mạnh", "Tuấn", "Anh", "Thùy", "Hải"}
)
