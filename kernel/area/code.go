package area

import (
	"database/sql/driver"
	"fmt"
	"strconv"
	"strings"

	"khien/kernel/fault"
)

// Edition is the year whose list of units a Code belongs to: 2021 or 2025.
// The same official number may name different communes in two editions.
type Edition int

// The editions of the gazetteer.
const (
	Edition2021 Edition = 2021 // 63 provinces, 705 districts, 10,599 communes; in force until 2025-06-30
	Edition2025 Edition = 2025 // 34 provinces, no districts, 3,321 communes; in force since 2025-07-01
)

// Level is the tier of a unit. The values are stored and sent as written.
type Level string

// The levels, from the top.
const (
	Country  Level = "country"
	Province Level = "province"
	District Level = "district"
	Commune  Level = "commune"
	Hamlet   Level = "hamlet"
)

// Code names one unit of one edition in 17 decimal digits:
// edition (4), province (2), district (3; 000 where the edition has none),
// commune (5), hamlet (3); a part that is all zeros is absent. So every unit's
// descendants form one half-open range of codes, and a jurisdiction is a range
// comparison on one bigint column. The zero Code means "none".
type Code int64

const (
	stepHamlet   Code = 1
	stepCommune  Code = 1_000
	stepDistrict Code = 100_000_000
	stepProvince Code = 100_000_000_000
	stepEdition  Code = 10_000_000_000_000
)

// Of builds a Code from official numbers; "" leaves a part out.
// A part that is not a number of the right width is fault.Invalid.
func Of(e Edition, province, district, commune string) (Code, error) {
	c := Code(e) * stepEdition
	for _, p := range []struct {
		text  string
		width int
		step  Code
	}{{province, 2, stepProvince}, {district, 3, stepDistrict}, {commune, 5, stepCommune}} {
		if p.text == "" {
			continue
		}
		n, err := strconv.ParseUint(p.text, 10, 32)
		if err != nil || len(p.text) != p.width {
			return 0, fault.New(fault.Invalid, "area.code").At("area", p.text)
		}
		c += Code(n) * p.step
	}
	return c, nil
}

// Parse reads what String writes: "2021/20/186/06412", "2025/20/-/05977", "2021/20".
func Parse(s string) (Code, error) {
	bad := fault.New(fault.Invalid, "area.code").At("area", s)
	parts := strings.Split(s, "/")
	e, err := strconv.Atoi(parts[0])
	if err != nil || len(parts) > 4 || (Edition(e) != Edition2021 && Edition(e) != Edition2025) {
		return 0, bad
	}
	var p [3]string
	copy(p[:], parts[1:])
	if p[1] == "-" {
		p[1] = ""
	}
	c, err := Of(Edition(e), p[0], p[1], p[2])
	if err != nil || c.String() != s {
		return 0, bad
	}
	return c, nil
}

// IsZero reports whether the code is "none".
func (c Code) IsZero() bool { return c == 0 }

// Edition returns the edition the code belongs to.
func (c Code) Edition() Edition { return Edition(c / stepEdition) }

// Level returns the tier of the unit.
func (c Code) Level() Level {
	switch {
	case c%stepCommune != 0:
		return Hamlet
	case c%stepDistrict != 0:
		return Commune
	case c%stepProvince != 0:
		return District
	case c%stepEdition != 0:
		return Province
	}
	return Country
}

func (c Code) step() Code {
	switch c.Level() {
	case Hamlet:
		return stepHamlet
	case Commune:
		return stepCommune
	case District:
		return stepDistrict
	case Province:
		return stepProvince
	}
	return stepEdition
}

// Range returns the half-open range [lo, hi) of the unit and everything below it.
func (c Code) Range() (lo, hi Code) { return c, c + c.step() }

// Contains reports whether d is c or lies below it, in the same edition.
func (c Code) Contains(d Code) bool {
	lo, hi := c.Range()
	return c != 0 && lo <= d && d < hi
}

// Country returns the whole of the code's edition.
func (c Code) Country() Code { return c - c%stepEdition }

// Province returns the province the unit lies in, or 0 for a country.
func (c Code) Province() Code { return c.cut(stepProvince, stepEdition) }

// District returns the district the unit lies in; 0 above districts and in editions without them.
func (c Code) District() Code { return c.cut(stepDistrict, stepProvince) }

// Commune returns the commune the unit lies in, or 0 above communes.
func (c Code) Commune() Code { return c.cut(stepCommune, stepDistrict) }

func (c Code) cut(step, above Code) Code {
	if c%above < step {
		return 0
	}
	return c - c%step
}

// Parent returns the unit directly above: a commune without a district lies in
// its province; the parent of a country is 0.
func (c Code) Parent() Code {
	switch c.Level() {
	case Hamlet:
		return c.Commune()
	case Commune:
		if d := c.District(); d != 0 {
			return d
		}
		return c.Province()
	case District:
		return c.Province()
	case Province:
		return c.Country()
	}
	return 0
}

// Official returns the number that the statistics office gives the unit: two
// digits for a province, three for a district, five for a commune; "" above.
func (c Code) Official() string {
	switch c.Level() {
	case Province:
		return fmt.Sprintf("%02d", c%stepEdition/stepProvince)
	case District:
		return fmt.Sprintf("%03d", c%stepProvince/stepDistrict)
	case Commune, Hamlet:
		return fmt.Sprintf("%05d", c%stepDistrict/stepCommune)
	}
	return ""
}

// String writes the path of official numbers, "-" for a district that the
// edition does not have: "2025/20/-/05977". It is what Parse reads.
func (c Code) String() string {
	if c == 0 {
		return ""
	}
	s := strconv.Itoa(int(c.Edition()))
	if p := c.Province(); p != 0 {
		s += "/" + p.Official()
	}
	if d := c.District(); d != 0 {
		s += "/" + d.Official()
	}
	if m := c.Commune(); m != 0 {
		if c.District() == 0 {
			s += "/-"
		}
		s += "/" + m.Official()
	}
	return s
}

// MarshalText writes String.
func (c Code) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads String; the empty text is the zero Code.
func (c *Code) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*c = 0
		return nil
	}
	v, err := Parse(string(b))
	if err == nil {
		*c = v
	}
	return err
}

// Value stores the code as a bigint, 0 for none.
func (c Code) Value() (driver.Value, error) { return int64(c), nil }
