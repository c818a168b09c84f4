package spread

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"khien/kernel/auth"
	"khien/kernel/web"
	"khien/outbreak/chain"
)

// atForm is a point of the drawing: at of a picture whose corner is left, top.
type atForm struct {
	filterForm
	Level int  `form:"level"`
	Left  int  `form:"left"`
	Top   int  `form:"top"`
	X     *int `form:"at.x,required"`
	Y     *int `form:"at.y,required"`
}

// found is what stands at a point, for the page's script.
type found struct {
	Href   string `json:"href"`   // "" where nothing is, and for a case that is not the reader's
	Name   string `json:"name"`   // "" for such a case
	Anyone bool   `json:"anyone"` // something stands there
}

// getAt leads from a point of the drawing to the page of the case that stands
// there. Where the drawing is too far away for single cases it leads nearer.
func (s *Service) getAt(w http.ResponseWriter, r *http.Request) error {
	sc, err := auth.ScopeOf(r.Context(), auth.ReadCases, "chains")
	if err != nil {
		return err
	}
	var f atForm
	if err := web.Decode(r, &f); err != nil {
		return err
	}
	v, err := s.viewFor(r, sc, f.filterForm)
	if err != nil {
		return err
	}
	now, err := s.current(r.Context())
	if err != nil {
		return err
	}
	f.Level = min(max(f.Level, 0), chain.LevelMost)
	at := foundAt(now, v, f)
	if strings.Contains(r.Header.Get("Accept"), "application/json") {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		return json.NewEncoder(w).Encode(at)
	}
	if at.Href == "" {
		at.Href = nearer(f)
	}
	http.Redirect(w, r, at.Href, http.StatusSeeOther)
	return nil
}

func foundAt(now *world, v *view, f atForm) found {
	n, ok := v.Layout.At(picture(f.Level, f.Left, f.Top), float64(*f.X), float64(*f.Y))
	if !ok {
		return found{}
	}
	at, mine := v.shown[n.ID]
	if n.ID == "" || !mine || int(at) >= len(now.cases) {
		return found{Name: n.ID, Anyone: true}
	}
	if i := now.caseOf(n.ID); i != nobody {
		return found{Href: "/cases/" + now.cases[i].ID.String(), Name: n.ID, Anyone: true}
	}
	return found{Name: n.ID, Anyone: true}
}

// nearer is the address of the drawing one level closer around the point.
func nearer(f atForm) string {
	level := min(f.Level+1, chain.LevelMost)
	was, is := chain.Level(f.Level, 0, 0), chain.Level(level, 0, 0)
	q := f.query()
	q.Set("level", strconv.Itoa(level))
	q.Set("left", strconv.Itoa(max(0, int(float64(f.Left+*f.X)*is.DayPx/was.DayPx)-pictureWidth/2)))
	q.Set("top", strconv.Itoa(max(0, int(float64(f.Top+*f.Y)*is.RowPx/was.RowPx)-pictureHeight/2)))
	return "/chains?" + q.Encode() + "#h-drawing"
}
