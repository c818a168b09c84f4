package followup

import (
	"context"
	"io"
	"net/http"
	"net/url"

	"khien/kernel/area"
	"khien/kernel/auth"
	"khien/kernel/day"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/web"
)

func (s *Service) zoneRoutes(rt *web.Router) {
	read, order := rt.With(auth.Require(auth.ReadContacts)), rt.With(auth.Require(auth.Order))
	read.Get("/zones", s.getZones)
	order.Get("/zones/new", s.getNewZone)
	order.Post("/zones", s.postZone, web.MaxBody(boundaryBytes+64<<10))
	read.Get("/zones/{id}", s.getZone)
	read.Get("/zones/{id}/order.pdf", s.getZonePaper(false))
	read.Get("/zones/{id}/lift.pdf", s.getZonePaper(true))
	order.Post("/zones/{id}/sign", s.postSignZone)
	order.Post("/zones/{id}/lift", s.postLiftZone)
}

type zoneFilterForm struct {
	State ZoneState `form:"state"`
	Area  area.Code `form:"area"`
	After id.ID     `form:"after"`
}

type zonesPage struct {
	Tabs     []web.Choice
	Path     string
	Form     web.Form
	States   []web.Choice
	Areas    []web.Choice
	Zones    []zoneRow
	Pager    web.Pager
	MayOrder bool
	Filtered bool
}

type zoneRow struct {
	Zone
	AreaName string
	Over     bool // planned to end, and not lifted
}

func (s *Service) getZones(w http.ResponseWriter, r *http.Request) error {
	sc, err := auth.ScopeOf(r.Context(), auth.ReadContacts, "zone_list")
	if err != nil {
		return err
	}
	var f zoneFilterForm
	if err := web.Decode(r, &f); err != nil {
		return err
	}
	all, next, err := s.Zones(r.Context(), sc, ZoneFilter(f))
	if err != nil {
		return err
	}
	q := url.Values{}
	for name, v := range map[string]string{"state": string(f.State), "area": f.Area.String()} {
		if v != "" {
			q.Set(name, v)
		}
	}
	p := zonesPage{Tabs: tabs(r), Path: "/zones", Form: web.NewForm("state", string(f.State), "area", f.Area.String()), Areas: sc.AreaChoices(r, s.Gazetteer, s.Home, "followup.all_areas"),
		States: choices(r, "followup.zone.state.", ZoneStates), MayOrder: sc.Allows(auth.Order), Filtered: len(q) > 0}
	for _, z := range all {
		p.Zones = append(p.Zones, zoneRow{z, s.Gazetteer.Short(z.Area), z.State == ZoneInForce && z.Until < s.today()})
	}
	if !f.After.IsZero() {
		p.Pager.First = "/zones?" + q.Encode()
	}
	if !next.IsZero() {
		q.Set("after", next.String())
		p.Pager.Next = "/zones?" + q.Encode()
	}
	return s.Views.Render(w, r, http.StatusOK, "followup/zones.html", p)
}

type zoneForm struct {
	ID         id.ID     `form:"id,required"`
	Name       string    `form:"zone_name,required,max=200"`
	Reason     string    `form:"zone_reason,required,max=1000"`
	Area       area.Code `form:"zone_area,required"`
	Boundary   string    `form:"zone_boundary,max=500000"`
	Listed     string    `form:"zone_listed,max=20000"`
	Households int       `form:"zone_households"`
	People     int       `form:"zone_people"`
	From       day.Day   `form:"zone_from,required"`
	Until      day.Day   `form:"zone_until,required"`
}

type newZonePage struct {
	Form  web.Form
	Areas []web.Choice
}

// zoneAreas begin with none: a province is not closed by a slip.
func (s *Service) zoneAreas(r *http.Request, sc auth.Scope) []web.Choice {
	cs := sc.AreaChoices(r, s.Gazetteer, s.Home, "followup.all_areas")
	cs[0].Text = web.T(r.Context(), "followup.choose_area")
	return cs
}

func (s *Service) getNewZone(w http.ResponseWriter, r *http.Request) error {
	sc, err := auth.ScopeOf(r.Context(), auth.Order, "zone_form")
	if err != nil {
		return err
	}
	f := web.NewForm("zone_from", s.today().String(), "zone_until", (s.today() + 14).String())
	return s.Views.Render(w, r, http.StatusOK, "followup/zone_new.html", newZonePage{f, s.zoneAreas(r, sc)})
}

func (s *Service) postZone(w http.ResponseWriter, r *http.Request) error {
	sc, err := auth.ScopeOf(r.Context(), auth.Order, "zone_form")
	if err != nil {
		return err
	}
	var f zoneForm
	var z Zone
	if err = web.Decode(r, &f); err == nil {
		z, err = s.DraftZone(r.Context(), sc, Zone{ID: f.ID, Name: f.Name, Reason: f.Reason, Area: f.Area, Boundary: f.Boundary, Listed: f.Listed,
			Households: f.Households, People: f.People, From: f.From, Until: f.Until})
	}
	if err == nil {
		return web.Redirect(w, r, "/zones/"+z.ID.String(), "followup.zone")
	}
	form := web.FormOf(r, err)
	if len(form.Errors) == 0 {
		return err
	}
	return s.Views.Render(w, r, http.StatusUnprocessableEntity, "followup/zone_new.html", newZonePage{form, s.zoneAreas(r, sc)})
}

type zonePage struct {
	Zone
	AreaName string
	Form     web.Form
	Err      error
	MayOrder bool
	Path     string // of the boundary's drawing
	High     int
}

func (s *Service) getZone(w http.ResponseWriter, r *http.Request) error {
	return s.showZone(w, r, http.StatusOK, web.NewForm("lifted_on", s.today().String()), nil)
}

func (s *Service) showZone(w http.ResponseWriter, r *http.Request, status int, f web.Form, refusal error) error {
	sc, err := auth.ScopeOf(r.Context(), auth.ReadContacts, "zone_page")
	if err != nil {
		return err
	}
	i, err := id.Parse(r.PathValue("id"))
	if err != nil {
		return errZone
	}
	z, err := s.Zone(r.Context(), sc, i)
	if err != nil {
		return err
	}
	if f.Value("sign_as") == "" {
		title, err := s.LastTitle(r.Context(), sc)
		if err != nil {
			return err
		}
		f.Values.Set("sign_as", title)
	}
	p := zonePage{Zone: z, AreaName: s.Gazetteer.Title(z.Area), Form: f, Err: refusal, MayOrder: sc.Allows(auth.Order)}
	if z.Boundary != "" {
		shape, err := readPolygons([]byte(z.Boundary))
		if err != nil {
			return err
		}
		p.Path, p.High = shape.drawn()
	}
	return s.Views.Render(w, r, status, "followup/zone.html", p)
}

// signForm is what is asked of whoever signs or lifts.
type signForm struct {
	Title  string  `form:"sign_as,max=120"`
	On     day.Day `form:"lifted_on"`
	Reason string  `form:"zone_reason,max=1000"`
}

func (s *Service) postSignZone(w http.ResponseWriter, r *http.Request) error {
	return s.signZone(w, r, "followup.signed", func(sc auth.Scope, i id.ID, f signForm) error {
		_, err := s.SignZone(r.Context(), sc, i, signatureOf(r.Context(), f.Title))
		return err
	})
}

func (s *Service) postLiftZone(w http.ResponseWriter, r *http.Request) error {
	return s.signZone(w, r, "followup.lifted", func(sc auth.Scope, i id.ID, f signForm) error {
		_, err := s.LiftZone(r.Context(), sc, i, f.On, f.Reason, signatureOf(r.Context(), f.Title))
		return err
	})
}

func (s *Service) signZone(w http.ResponseWriter, r *http.Request, done string, act func(auth.Scope, id.ID, signForm) error) error {
	sc, err := auth.ScopeOf(r.Context(), auth.Order, "zone_sign")
	if err != nil {
		return err
	}
	i, err := id.Parse(r.PathValue("id"))
	if err != nil {
		return errZone
	}
	var f signForm
	if err = web.Decode(r, &f); err == nil {
		err = act(sc, i, f)
	}
	if err == nil {
		return web.Redirect(w, r, "/zones/"+i.String(), done)
	}
	if k := fault.KindOf(err); k != fault.Invalid && k != fault.Conflict {
		return err
	}
	form := web.FormOf(r, err)
	if len(form.Errors) > 0 {
		err = nil
	}
	return s.showZone(w, r, http.StatusUnprocessableEntity, form, err)
}

func (s *Service) getZonePaper(lift bool) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		sc, err := auth.ScopeOf(r.Context(), auth.ReadContacts, "zone_print")
		if err != nil {
			return err
		}
		i, err := id.Parse(r.PathValue("id"))
		if err != nil {
			return errZone
		}
		return sendPDF(r.Context(), w, "khien-quyet-dinh.pdf", func(ctx context.Context, out io.Writer) error { return s.PrintZone(ctx, out, sc, i, lift) })
	}
}
