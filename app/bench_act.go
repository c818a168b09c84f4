package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"khien/kernel/area"
	"khien/kernel/auth"
	"khien/kernel/person"
	"khien/kernel/web/sseload"
	"khien/outbreak"
)

// act is something that an officer did, and how its event is known.
type act struct {
	area      area.Code
	name      string // of the area
	cases     int    // announced; 0: a case was entered, and the area has a mark
	committed time.Time
}

// shown is the part of an event that tells an act.
type shown struct {
	Cells  [][3]any `json:"cells"`
	Hidden [][2]any `json:"hidden"`
}

// act does the ith act, in a commune of the province that no other act touches
// as long as there are any: a case entered there puts its mark on the map, and
// an announcement gives it a number that no other has.
func (n *benchNode) act(ctx context.Context, i int) (act, error) {
	home, err := area.Of(area.Edition2021, n.Config.Province, "", "")
	if err != nil {
		return act{}, err
	}
	communes := n.Gazetteer.Communes(home)
	u := communes[i%len(communes)]
	if i%2 == 0 && i < len(communes) {
		return n.enterCase(ctx, u)
	}
	return n.announceCount(ctx, u, 1000+i)
}

func (n *benchNode) enterCase(ctx context.Context, u area.Unit) (act, error) {
	on := inventedFirst + inventedDays // after everything announced
	_, err := n.Outbreak.Create(ctx, auth.System(n.Province, "bench"), outbreak.Draft{
		Case: outbreak.Case{Classification: outbreak.Confirmed, Area: u.Code, Stay: u.Code, Source: outbreak.Community, Sex: "female",
			BirthYear: 1980, ConfirmedOn: on, Reported: on},
		Who: person.Person{Name: "Người Thử Nghiệm"},
	})
	return act{area: u.Code, name: u.FullName, committed: time.Now()}, err
}

func (n *benchNode) announceCount(ctx context.Context, u area.Unit, cases int) (act, error) {
	on := inventedFirst + inventedDays - 1
	list := countsHeader + strings.Join(append([]string{on.String()}, namesOf(n.Gazetteer, u.Code)...), ",") + fmt.Sprintf(",%d\n", cases)
	r, err := n.Outbreak.ImportCounts(ctx, n.console("bench"), "bench", strings.NewReader(list))
	a := act{area: u.Code, name: u.FullName, cases: cases, committed: time.Now()}
	if err == nil && r.Added != 1 {
		err = errors.New("bench: a count was not announced: " + list)
	}
	return a, err
}

// eventOf returns the first event that shows the act.
func (a act) eventOf(h *sseload.Heard) (id uint64, ok bool) {
	for _, id := range h.IDs() {
		var s shown
		if json.Unmarshal([]byte(h.Data(id)), &s) == nil && a.in(s) {
			return id, true
		}
	}
	return 0, false
}

func (a act) in(s shown) bool {
	for _, c := range s.Cells {
		if a.cases > 0 && c[0] == a.area.String() && c[2] == float64(a.cases) {
			return true
		}
	}
	for _, h := range s.Hidden {
		if a.cases == 0 && h[0] == a.area.String() {
			return true
		}
	}
	return false
}
