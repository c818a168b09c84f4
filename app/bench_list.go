package app

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"time"

	"khien/kernel/area"
	"khien/kernel/day"
)

// benchList is the list of a run: the file that is given, or an invented one.
func (n *benchNode) benchList(o benchOptions) ([]byte, error) {
	if o.file != "" {
		return os.ReadFile(o.file)
	}
	if o.days > 0 {
		return fullList(n.Gazetteer, n.Config.Province, o.days)
	}
	return inventedList(n.Gazetteer, o.rows), nil
}

const countsHeader = "date,province,district,commune,new_cases\n"

// inventedFirst and inventedDays are when the invented list plays, as the published one does.
var inventedFirst = day.On(2021, time.April, 27)

const inventedDays = 78

// inventedList has rows of real places and invented numbers, one in eight spelled without marks.
func inventedList(g *area.Gazetteer, rows int) []byte {
	var b bytes.Buffer
	b.WriteString(countsHeader)
	country, _ := area.Of(area.Edition2021, "", "", "")
	communes := g.Communes(country)
	for i := range rows {
		u := communes[(i*7919)%len(communes)]
		names := namesOf(g, u.Code)
		if i%8 == 0 {
			names[2] = area.Fold(names[2])
		}
		fmt.Fprintf(&b, "%s,%s,%d\n", inventedFirst+day.Day(i%inventedDays), strings.Join(names, ","), 1+i%9)
	}
	return b.Bytes()
}

// fullList has a number for every commune of a province on each of so many days
// up to the end of the invented list: the most that a map can have to show.
func fullList(g *area.Gazetteer, province string, days int) ([]byte, error) {
	home, err := area.Of(area.Edition2021, province, "", "")
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.WriteString(countsHeader)
	invent := rand.New(rand.NewPCG(2021, 78))
	for d := range days {
		for _, u := range g.Communes(home) {
			fmt.Fprintf(&b, "%s,%s,%d\n", inventedFirst+day.Day(inventedDays-days+d), strings.Join(namesOf(g, u.Code), ","), 1+invent.IntN(60))
		}
	}
	return b.Bytes(), nil
}

// namesOf lists the names of a commune's province, district and itself.
func namesOf(g *area.Gazetteer, c area.Code) []string {
	path := g.Path(c)
	return []string{path[0].Name, path[1].Name, path[2].Name}
}
