// Package sim invents what a province would do, for tests, benchmarks and the
// demo: outbreaks now; people, phones, trucks and cameras as the capabilities
// that need them arrive. Nobody in it exists. The same seed gives the same world.
package sim

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"khien/kernel/area"
	"khien/kernel/day"
)

// weekly has the new cases of Lạng Sơn's districts in spring 2021 by week (its
// Monday), as published. District and week are all of reality that the
// invented outbreak keeps: communes, days and people are drawn.
var weekly = []struct {
	year     int
	month    time.Month
	monday   int
	district string // official number of 2021
	cases    int
}{
	{2021, time.May, 3, "186", 2}, {2021, time.May, 10, "186", 11}, {2021, time.May, 17, "187", 1},
	{2021, time.May, 17, "186", 7}, {2021, time.May, 24, "186", 28}, {2021, time.May, 31, "186", 17},
	{2021, time.June, 7, "186", 11}, {2021, time.June, 14, "185", 1}, {2021, time.June, 14, "186", 1},
	{2021, time.June, 14, "184", 4}, {2021, time.June, 21, "186", 1}, {2021, time.June, 28, "187", 1},
	{2021, time.June, 28, "186", 2}, {2021, time.June, 28, "188", 1}, {2021, time.July, 5, "183", 1},
	{2021, time.July, 5, "186", 1},
}

// Case is an invented case.
type Case struct {
	Number    string
	Commune   area.Code
	Onset     day.Day // 0: no symptoms
	Specimen  day.Day
	Confirmed day.Day
	Source    string // as package outbreak writes it
	Sex       string
	BirthYear int
	Name      string
	Phone     string // of the range 0199, which no operator has
}

// Outbreak returns the invented cases of the spring of 2021 in Lạng Sơn, by day
// of confirmation. Their sums by district and week are the published ones.
func Outbreak(g *area.Gazetteer, seed uint64) ([]Case, error) {
	r := rand.New(rand.NewPCG(seed, 2021))
	var all []Case
	spread := map[string]*cluster{}
	for _, w := range weekly {
		d, err := area.Of(area.Edition2021, "20", w.district, "")
		if err != nil {
			return nil, err
		}
		c := spread[w.district]
		if c == nil {
			c = &cluster{communes: g.Communes(d)}
			spread[w.district] = c
		}
		if len(c.communes) == 0 {
			return nil, fmt.Errorf("sim: district %s has no communes", w.district)
		}
		monday := day.On(w.year, w.month, w.monday)
		for range w.cases {
			all = append(all, invent(r, c.next(r), monday+day.Day(r.IntN(7))))
		}
	}
	slices.SortStableFunc(all, func(a, b Case) int { return cmp.Compare(a.Confirmed, b.Confirmed) })
	for i := range all {
		all[i].Number = fmt.Sprintf("MP%04d", i+1)
		all[i].Phone = fmt.Sprintf("0199%06d", r.IntN(1_000_000))
	}
	return all, nil
}

// cluster spreads a district's cases as an epidemic does: most new ones where
// the last ones were.
type cluster struct {
	communes []area.Unit
	hit      []area.Code
}

func (c *cluster) next(r *rand.Rand) area.Code {
	if len(c.hit) > 0 && r.Float64() < 0.7 {
		return c.hit[r.IntN(len(c.hit))]
	}
	code := c.communes[r.IntN(len(c.communes))].Code
	c.hit = append(c.hit, code)
	return code
}

func invent(r *rand.Rand, commune area.Code, confirmed day.Day) Case {
	c := Case{Commune: commune, Confirmed: confirmed, Specimen: confirmed - day.Day(r.IntN(3)),
		BirthYear: 2021 - 1 - r.IntN(85), Sex: "female",
		Source: pick(r, []string{"quarantine", "quarantine", "lockdown_zone", "community", "screening"})}
	if r.Float64() < 0.6 {
		c.Onset = c.Specimen - day.Day(r.IntN(5))
	}
	given := pick(r, women)
	if r.IntN(2) == 0 {
		c.Sex, given = "male", pick(r, men)
	}
	c.Name = pick(r, families) + " " + given
	return c
}

// Names that are common enough to be nobody's.
var (
	families = []string{"Nguyễn", "Hoàng", "Nông", "Lý", "Vi", "Triệu", "Lương", "Hà", "Đàm", "Chu"}
	women    = []string{"Thị Hoa", "Thị Lan", "Thu Hà", "Thị Hương", "Minh Ánh", "Thị Nhung", "Bích Ngọc"}
	men      = []string{"Văn Hùng", "Văn Nam", "Minh Đức", "Văn Thành", "Quốc Huy", "Văn Sơn", "Đình Phúc"}
)

func pick[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }
