package person_test

import (
	"testing"

	"khien/kernel/area"
	"khien/kernel/person"
)

// who is a shorthand for the tables below.
func who(name, birth, sex, phone string, papers ...string) person.Person {
	p := person.Person{Name: name, Birth: birth, Sex: sex, Phone: phone}
	for _, n := range papers {
		k := person.CitizenCard
		switch len(n) {
		case 9:
			k = person.OldCard
		case 10, 15:
			k = person.InsuranceTag
		case 8:
			k = person.TravelPaper
		}
		p.Papers = append(p.Papers, person.Paper{Kind: k, Number: n})
	}
	return p
}

func at(p person.Person, c area.Code, address string) person.Person {
	p.Area, p.Address = c, address
	return p
}

// The same birth date, sex and phone throughout: what the name alone decides.
func TestNames(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"Nguyễn Thị Hương", "Nguyen Thi Huong", true},  // pg_trgm: 0.31, missed
		{"Nguyễn Thị Hương", "Nguyễn Thị Hường", false}, // pg_trgm: 0.70, a false match
		{"Nguyễn Thu Hà", "Nguyễn Thu Hằng", false},     // pg_trgm: 0.70, a false match
		{"Hoàng Văn An", "Hoàng Văn Ân", false},
		{"Hoang Van An", "Hoàng Văn Ân", true},
		{"Anh Nguyễn Văn", "Nguyễn Văn Anh", true},
		{"Anh Văn Nguyễn", "Nguyễn Văn Anh", true},
		{"NGUYỄN  VĂN ANH", "nguyễn văn anh", true},
		{"Đỗ Đức Đạt", "Do Duc Dat", true},
		{"Nông Thị Hoà", "Nông Thị Hòa", true},
		{"Nông Thị Thuý", "Nông Thị Thúy", true},
		{"Trần Thị Mỹ", "Trần Thị Mĩ", true},
		{"Nguyeenx Thij Huwowng", "Nguyễn Thị Hương", true},
		{"Nguyễn Thị Huowng", "Nguyễn Thị Hương", true},
		{"Nguye64n Thi5 Hu7o7ng", "Nguyễn Thị Hương", true},
		{"D9o64 Van8 D9u7c1", "Đỗ Văn Đức", true},
		{"Nguyễn Thị Hưong", "Nguyễn Thị Hương", true},
		{"Nguyễn T. Hương", "Nguyễn Thị Hương", true},
		{"Nguyễn Hương", "Nguyễn Thị Hương", true},
		{"Nguyễn Thị Thuy", "Nguyễn Thị Thúy", true},
		{"Nguyễn Văn Hùng", "Nguyễn Văn Hưng", false},
		{"Nguyễn Văn Hùng", "Nguyễn Thị Hùng", false},
		{"Nguyễn Văn Hùng", "Trần Văn Hùng", false},
		{"Nguyễn Thị Hương", "Nguyễn Thị Hươmg", true},
		{"Lý Thị Lan", "Lý Thị Loan", false},
		{"Vi Thị Kỳ", "Vy Thị Kì", true},
	} {
		l := person.Compare(who(c.a, "1988-05-14", "", "+84912345678"), who(c.b, "1988-05-14", "", "+84912345678"))
		back := person.Compare(who(c.b, "1988-05-14", "", "+84912345678"), who(c.a, "1988-05-14", "", "+84912345678"))
		if near := !vetoed(l) && l.Score >= person.ReviewBits; near != c.same {
			t.Errorf("%s ~ %s: got %+v, want near %v", c.a, c.b, l, c.same)
		}
		if l.Score != back.Score || l.Verdict != back.Verdict {
			t.Errorf("%s ~ %s: %v one way, %v the other", c.a, c.b, l, back)
		}
	}
}

func vetoed(l person.Likeness) bool {
	for _, r := range l.Reasons {
		if r.Veto {
			return true
		}
	}
	return false
}

func TestVerdicts(t *testing.T) {
	const mine, other = "020188001234", "020188005678"
	huong := who("Nguyễn Thị Hương", "1988-05-14", "female", "+84912345678", mine)
	home := func(p person.Person) person.Person {
		p = at(p, minhHoa, "Số 5 Thôn 3")
		p.Household = "HK123"
		return p
	}
	for _, c := range []struct {
		name string
		a, b person.Person
		want person.Verdict
	}{
		{"herself", huong, huong, person.Same},
		{"typed without marks, no paper, another phone", home(huong), home(who("Nguyen Thi Huong", "1988-05-14", "female", "+84987654321")), person.Same},
		{"the year only, the same card", huong, who("Nguyễn Thị Hương", "1988", "", "", mine), person.Same},
		{"day and month swapped, the same phone and home", home(who("Nông Thị Huệ", "1988-05-04", "female", "+84912345678")), home(who("Nông Thị Huệ", "1988-04-05", "female", "+84912345678")), person.Same},
		{"a namesake of the same year", huong, who("Nguyễn Thị Hương", "1988-09-02", "female", "+84987654321", other), person.Other},
		{"a namesake of the same day with another card", huong, who("Nguyễn Thị Hương", "1988-05-14", "female", "", other), person.Unsure},
		{"the same name alone", who("Nguyễn Văn Hùng", "", "", ""), who("Nguyễn Văn Hùng", "", "", ""), person.Other},
		{"the same name and year", who("Nguyễn Văn Hùng", "1988", "male", ""), who("Nguyễn Văn Hùng", "1988", "male", ""), person.Unsure},
		{"both born 01/01", who("Nguyễn Văn Hùng", "1950-01-01", "male", ""), who("Nguyễn Văn Hùng", "1950-01-01", "male", ""), person.Unsure},
		{"father and son", home(who("Hoàng Văn Nam", "1960-02-03", "male", "+84912345678")), home(who("Hoàng Văn Nam", "1988-05-14", "male", "+84912345678")), person.Other},
		{"husband and wife", home(who("Hoàng Văn Nam", "1988-02-03", "male", "+84912345678")), home(huong), person.Other},
		{"twins", home(who("Nông Thị Hương", "2015-05-14", "female", "+84912345678", "020315001234")), home(who("Nông Thị Hường", "2015-05-14", "female", "+84912345678", "020315001235")), person.Unsure},
		{"twins of two sexes", home(who("Nông Văn Nam", "2015-05-14", "male", "+84912345678")), home(who("Nông Thị Hường", "2015-05-14", "female", "+84912345678")), person.Other},
		{"a child under its mother's card", huong, home(who("Lý Minh Anh", "2015-06-01", "male", "+84912345678", mine)), person.Unsure},
		{"the old card against the new", huong, who("Nguyễn Thị Hương", "1988-05-14", "female", "+84912345678", "082123456"), person.Same},
		{"one digit misread", huong, home(who("Nguyễn Thị Hương", "1988-05-14", "female", "", "020188001284")), person.Same},
		{"insurance old and new", who("Nguyễn Thị Hương", "1988", "", "", "DN4200123456789"), who("NGUYEN THI HUONG", "1988-05-14", "", "", "0123456789"), person.Same},
		{"eleven digits of 2017", home(who("Vi Văn Sáu", "1988", "", "+841683456789")), home(who("Vi Van Sau", "1988-02-03", "", "+84383456789")), person.Same},
		{"the card tells the year", who("Vi Văn Sáu", "", "", "", "020088001234"), who("Vi Văn Sáu", "1950", "", "+84383456789"), person.Other},
		{"nobody", person.Person{}, person.Person{}, person.Other},
	} {
		if l := person.Compare(c.a, c.b); l.Verdict != c.want {
			t.Errorf("%s: got %+v, want %s", c.name, l, c.want)
		}
	}
}

func TestFlaws(t *testing.T) {
	for _, c := range []struct {
		kind               person.PaperKind
		number, birth, sex string
		want               string
	}{
		{person.CitizenCard, "020188001234", "1988-05-14", "female", ""},
		{person.CitizenCard, "020188001234", "", "", ""},
		{person.CitizenCard, "020188001234", "1989", "male", "sex year"},
		{person.CitizenCard, "003188001234", "1988", "female", "province"},
		{person.CitizenCard, "020315001234", "2015", "female", ""},
		{person.CitizenCard, "02018800123", "1988", "female", "form"},
		{person.OldCard, "082123456", "", "", ""},
		{person.OldCard, "020188001234", "1988", "female", ""},
		{person.OldCard, "08212345", "", "", "form"},
		{person.TravelPaper, "C1234567", "", "", ""},
		{person.InsuranceTag, "DN4200123456789", "", "", ""},
		{person.InsuranceTag, "0123456789", "", "", ""},
		{person.InsuranceTag, "012345678", "", "", "form"},
	} {
		p := person.Person{Birth: c.birth, Sex: c.sex}
		got := ""
		for _, f := range p.Flaws(person.Paper{Kind: c.kind, Number: c.number}) {
			if got != "" {
				got += " "
			}
			got += string(f)
		}
		if got != c.want {
			t.Errorf("%s %s: got %q, want %q", c.kind, c.number, got, c.want)
		}
	}
}

// However odd two records are, comparing them ends, is the same both ways, and
// never merges what has nothing in common but being empty.
func FuzzCompare(f *testing.F) {
	f.Add("Nguyeenx Thij Huwowng", "d9", "1988-05-14", "1988", "020188001234", "x")
	f.Add("=cmd|'/c calc'!A0", "\u0301", "-", "0000-00-00", "", "")
	f.Add("ww dd 99 00", "H'Wing Niê", "1988-13", "9", "1", "2")
	f.Fuzz(func(t *testing.T, nameA, nameB, birthA, birthB, paperA, paperB string) {
		a, b := who(nameA, birthA, "", "", paperA), who(nameB, birthB, "", "", paperB)
		x, y := person.Compare(a, b), person.Compare(b, a)
		if x.Score != y.Score || x.Verdict != y.Verdict {
			t.Errorf("%v ~ %v: %v one way, %v the other", a, b, x, y)
		}
	})
}

func BenchmarkCompare(b *testing.B) {
	x := who("Nguyễn Thị Hương", "1988-05-14", "female", "+84912345678", "020188001234")
	y := who("Nguyen Thi Huong", "1988-05-14", "female", "+84987654321", "082123456")
	for b.Loop() {
		person.Compare(x, y)
	}
}
