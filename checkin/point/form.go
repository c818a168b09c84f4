package point

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"khien/kernel/area"
	"khien/kernel/auth"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/place"
	"khien/kernel/web"
)

// placeForm is the form of a place. Opening hours are one span for every day, or
// a week in words, which comes first.
type placeForm struct {
	ID       id.ID          `form:"id"`
	Version  int            `form:"version"`
	Name     string         `form:"place_name,required,max=200"`
	Kind     string         `form:"place_kind,required"`
	Area     area.Code      `form:"place_area,required"`
	Address  string         `form:"address,max=300"`
	Position place.Position `form:"position"`
	Stay     int            `form:"stay_minutes"`
	From     string         `form:"open_from,max=5"`
	To       string         `form:"open_to,max=5"`
	Hours    place.Hours    `form:"hours"`
}

// formNames are the fields of the form by those of the service's refusals.
var formNames = map[string]string{"name": "place_name", "kind": "place_kind", "area": "place_area", "stay": "stay_minutes", "phone": "keeper_phone"}

// renamed lets a refusal of the service name the field of the form.
func renamed(err error) error {
	var fields web.FieldErrors
	if f := fault.Of(err); f != nil && !errors.As(err, &fields) && formNames[f.Field] != "" {
		return f.At(formNames[f.Field], f.Value)
	}
	return err
}

// decodePlace reads the form.
func decodePlace(r *http.Request) (place.Place, error) {
	var f placeForm
	if err := web.Decode(r, &f); err != nil {
		return place.Place{}, err
	}
	if f.Stay < 0 || f.Stay > 24*60 {
		return place.Place{}, fault.New(fault.Invalid, "place.stay").At("stay_minutes", strconv.Itoa(f.Stay))
	}
	p := place.Place{ID: f.ID, Version: f.Version, Name: f.Name, Kind: place.Kind(f.Kind), Area: f.Area, Address: f.Address, Position: f.Position,
		UsualStay: time.Duration(f.Stay) * time.Minute, Hours: f.Hours}
	if p.Hours.Known() || f.From == "" && f.To == "" {
		return p, nil
	}
	if err := p.Hours.UnmarshalText([]byte(f.From + "-" + f.To)); err != nil {
		return p, fault.New(fault.Invalid, "place.hours").At("open_from", f.From+"-"+f.To)
	}
	return p, nil
}

// filled is the form of a place that stands.
func filled(p place.Place) web.Form {
	from, to, week := "", "", p.Hours.String()
	if spans := p.Hours[1]; len(spans) == 1 && spans[0].To < 24*60 && everyDay(p.Hours) {
		from, to, _ = strings.Cut(place.SpansText(spans), "-")
		week = ""
	}
	f := web.NewForm("version", strconv.Itoa(p.Version), "place_name", p.Name, "place_kind", string(p.Kind), "place_area", p.Area.String(),
		"address", p.Address, "position", p.Position.String(), "stay_minutes", strconv.Itoa(int(p.UsualStay/time.Minute)),
		"open_from", from, "open_to", to, "hours", week)
	f.ID = p.ID.String()
	return f
}

func everyDay(h place.Hours) bool {
	return !slices.ContainsFunc(h[:], func(d []place.Span) bool { return !slices.Equal(d, h[0]) })
}

// formPage is the form as a page shows it, to an officer or to a keeper.
type formPage struct {
	Form   web.Form
	Action string
	Back   string
	New    bool
	Keeper bool
	Kinds  []web.Choice
	Areas  []web.Choice
}

func (s *Service) formPage(r *http.Request, f web.Form, sc auth.Scope, action, back string) formPage {
	return formPage{Form: f, Action: action, Back: back, Kinds: kindChoices(r, "point.choose_kind"), Areas: s.areaChoices(r, sc, "point.choose_area")}
}

func kindChoices(r *http.Request, none string) []web.Choice {
	cs := []web.Choice{{Value: "", Text: web.T(r.Context(), none)}}
	for _, k := range place.Kinds {
		cs = append(cs, web.Choice{Value: string(k), Text: web.T(r.Context(), "point.kind."+string(k))})
	}
	return cs
}

func (s *Service) areaChoices(r *http.Request, sc auth.Scope, none string) []web.Choice {
	home, _ := s.Gazetteer.Official(s.Edition, twoDigits(s.Province))
	return sc.AreaChoices(r, s.Gazetteer, home.Code, none)
}

// factsOf are the lines of a place's page; what is not known is left out.
func (s *Service) factsOf(r *http.Request, p place.Place) []web.Cell {
	var cells []web.Cell
	add := func(key, text string) {
		if text != "" {
			cells = append(cells, web.Cell{Name: web.T(r.Context(), key), Text: text})
		}
	}
	add("field.place_number", p.Number.String())
	add("field.place_kind", web.T(r.Context(), "point.kind."+string(p.Kind)))
	add("field.place_area", s.Gazetteer.Title(p.Area))
	add("field.address", p.Address)
	add("field.position", p.Position.String())
	hours := p.Hours.String()
	if hours == "" {
		hours = web.T(r.Context(), "point.hours_unknown")
	}
	add("field.hours", hours)
	add("point.stay", web.T(r.Context(), "point.minutes", "n", int(p.UsualStay/time.Minute)))
	add("point.poster_issued", vn(p.PosterIssued))
	add("point.poster_last", vn(LastDay(p)))
	return cells
}

// fileName is a name that every system takes, for a download.
func fileName(what string, p place.Place, ending string) string {
	return fmt.Sprintf("khien-%s-%s.%s", what, p.Number, ending)
}
