package point

import (
	"net/http"
	"net/url"

	"khien/kernel/area"
	"khien/kernel/auth"
	"khien/kernel/day"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/place"
	"khien/kernel/web"
	"khien/wire/qrcode"
)

// filterForm is the query of the list.
type filterForm struct {
	Search string        `form:"q,max=80"`
	Area   area.Code     `form:"place_area"`
	Kind   string        `form:"place_kind"`
	State  string        `form:"place_state"`
	After  *place.Cursor `form:"after"`
	Format string        `form:"format"`
}

func (f filterForm) filter() place.Filter {
	return place.Filter{Search: f.Search, Area: f.Area, Kind: place.Kind(f.Kind), State: place.State(f.State), After: f.After}
}

type placesPage struct {
	Form                           web.Form
	Places                         []placeRow
	Pager                          web.Pager
	Areas, Kinds, States           []web.Choice
	MayWrite, MayImport, MayExport bool
	MayCard                        bool
	Filtered                       bool
	Unseen                         int64 // places that wait for an officer's look; 0 when they are listed
	CSVHref, XLSXHref, PostersHref string
}

// placeRow is a place as a list shows it.
type placeRow struct {
	place.Place
	AreaName string
}

// Badge is the stylesheet's word for the state, and its text's key.
func (r placeRow) Badge() string {
	switch {
	case r.Closed:
		return "muted"
	case !r.Seen:
		return "warn"
	}
	return "good"
}

// State is the catalog's word for the state.
func (r placeRow) State() string {
	switch {
	case r.Closed:
		return string(place.StateClosed)
	case !r.Seen:
		return string(place.StateUnseen)
	}
	return string(place.StateOpen)
}

func (s *Service) getPlaces(w http.ResponseWriter, r *http.Request) error {
	sc, err := auth.ScopeOf(r.Context(), auth.ReadPlaces, "place_list")
	if err != nil {
		return err
	}
	var f filterForm
	if err := web.Decode(r, &f); err != nil {
		return err
	}
	page, err := s.Places.List(r.Context(), sc, f.filter())
	if err != nil {
		return err
	}
	q := r.URL.Query()
	for _, name := range []string{"after", "lang", "theme", "_done", "format"} { // no filters
		q.Del(name)
	}
	p := placesPage{Form: web.FormOf(r, nil), Filtered: q.Encode() != "", MayWrite: sc.Allows(auth.WritePlaces),
		MayImport: sc.Allows(auth.Import) && sc.Allows(auth.WritePlaces), MayExport: sc.Allows(auth.Export), MayCard: sc.Allows(auth.WritePeople),
		Areas: s.areaChoices(r, sc, "point.all"), Kinds: kindChoices(r, "point.all"), States: stateChoices(r),
		CSVHref: "/places/export?" + with(q, "format", "csv"), XLSXHref: "/places/export?" + with(q, "format", "xlsx")}
	q.Del("format")
	p.PostersHref = "/places/posters?" + q.Encode()
	if p.MayWrite && f.State == "" {
		if p.Unseen, err = s.Places.Unseen(r.Context(), sc); err != nil {
			return err
		}
	}
	for _, one := range page.Places {
		p.Places = append(p.Places, placeRow{one, s.Gazetteer.Short(one.Area)})
	}
	if f.After != nil {
		p.Pager.First = "/places?" + q.Encode()
	}
	if page.Next != nil {
		p.Pager.Next = "/places?" + with(q, "after", page.Next.String())
	}
	return s.Views.Render(w, r, http.StatusOK, "point/places.html", p)
}

func stateChoices(r *http.Request) []web.Choice {
	cs := []web.Choice{{Value: "", Text: web.T(r.Context(), "point.all")}}
	for _, st := range place.States {
		cs = append(cs, web.Choice{Value: string(st), Text: web.T(r.Context(), "point.state."+string(st))})
	}
	return cs
}

func with(q url.Values, key, value string) string {
	q.Set(key, value)
	return q.Encode()
}

// soonDays is how long before its last day a poster is said to end.
const soonDays = 30

// placePage shows one place, to an officer or to its keeper.
type placePage struct {
	Place    placeRow
	Base     string // path of the place, its acts below it
	Back     string
	Facts    []web.Cell
	Keepers  []place.Kept
	Form     web.Form // of a further keeper
	Alone    bool     // one keeper, who cannot be taken off
	MayKeep  bool     // notes who comes
	MayWrite bool
	MayRead  bool       // who keeps it
	Keeper   bool       // shown to a keeper
	Local    bool       // the codes lead to this machine only
	Twins    []placeRow // other open places of the commune with the name
	Soon     bool       // the poster has to be issued anew within the month
}

func (s *Service) getPlace(w http.ResponseWriter, r *http.Request) error {
	p, sc, err := s.placeFor(r, auth.ReadPlaces, "place_page")
	if err != nil {
		return err
	}
	return s.showPlace(w, r, sc, p, web.NewForm(), http.StatusOK)
}

func (s *Service) showPlace(w http.ResponseWriter, r *http.Request, sc auth.Scope, p place.Place, f web.Form, status int) error {
	page := s.placePage(r, p, "/places/"+p.ID.String(), "/places", f)
	twins, err := s.Places.Namesakes(r.Context(), sc, p)
	if err != nil {
		return err
	}
	for _, twin := range twins {
		page.Twins = append(page.Twins, placeRow{twin, s.Gazetteer.Short(twin.Area)})
	}
	page.MayWrite, page.MayRead = sc.Check(auth.WritePlaces, p.Area) == nil, sc.Allows(auth.ReadPeople)
	page.MayKeep = sc.Check(auth.KeepPlaces, p.Area) == nil
	if page.MayRead {
		all, err := s.Places.OfficerKeepers(r.Context(), sc, p.ID)
		if err != nil {
			return err
		}
		page.Keepers = all
	}
	return s.Views.Render(w, r, status, "point/place.html", page)
}

func (s *Service) placePage(r *http.Request, p place.Place, base, back string, f web.Form) placePage {
	u, err := url.Parse(s.Site)
	return placePage{Place: placeRow{p, s.Gazetteer.Short(p.Area)}, Base: base, Back: back, Facts: s.factsOf(r, p), Form: f,
		Local: err == nil && u.Scheme == "http", Soon: !p.Closed && LastDay(p) < day.Today(s.Now())+soonDays}
}

// placeFor reads the place that the path names, for a page of the given act.
func (s *Service) placeFor(r *http.Request, act auth.Act, purpose string) (place.Place, auth.Scope, error) {
	sc, err := auth.ScopeOf(r.Context(), act, purpose)
	if err != nil {
		return place.Place{}, sc, err
	}
	i, err := pathID(r)
	if err != nil {
		return place.Place{}, sc, err
	}
	p, err := s.Places.Get(r.Context(), sc, i)
	return p, sc, err
}

func pathID(r *http.Request) (id.ID, error) {
	i, err := id.Parse(r.PathValue("id"))
	if err != nil {
		return id.ID{}, fault.New(fault.NotFound, "place.place")
	}
	return i, nil
}

func (s *Service) getNewPlace(w http.ResponseWriter, r *http.Request) error {
	sc, err := auth.ScopeOf(r.Context(), auth.WritePlaces, "place_form")
	if err != nil {
		return err
	}
	page := s.formPage(r, web.NewForm(), sc, "/places", "/places")
	page.New = true
	return s.Views.Render(w, r, http.StatusOK, "point/form.html", page)
}

func (s *Service) postPlace(w http.ResponseWriter, r *http.Request) error {
	sc, err := auth.ScopeOf(r.Context(), auth.WritePlaces, "place_form")
	if err != nil {
		return err
	}
	p, err := decodePlace(r)
	if err == nil {
		p, err = s.Places.Create(r.Context(), sc, p)
	}
	if err == nil {
		return web.Redirect(w, r, "/places/"+p.ID.String(), "point.place")
	}
	page := s.formPage(r, web.FormOf(r, renamed(err)), sc, "/places", "/places")
	page.New = true
	return s.formAgain(w, r, err, page)
}

// formAgain shows the form again when its fields, not the act, are refused.
func (s *Service) formAgain(w http.ResponseWriter, r *http.Request, err error, page formPage) error {
	if len(web.Refused(err)) == 0 {
		return err
	}
	return s.Views.Render(w, r, http.StatusUnprocessableEntity, "point/form.html", page)
}

func (s *Service) getEditPlace(w http.ResponseWriter, r *http.Request) error {
	p, sc, err := s.placeFor(r, auth.WritePlaces, "place_form")
	if err != nil {
		return err
	}
	base := "/places/" + p.ID.String()
	return s.Views.Render(w, r, http.StatusOK, "point/form.html", s.formPage(r, filled(p), sc, base, base))
}

func (s *Service) postEditPlace(w http.ResponseWriter, r *http.Request) error {
	was, sc, err := s.placeFor(r, auth.WritePlaces, "place_form")
	if err != nil {
		return err
	}
	base := "/places/" + was.ID.String()
	p, err := decodePlace(r)
	if err == nil {
		p.ID = was.ID
		p, err = s.Places.Change(r.Context(), sc, p)
	}
	if err == nil {
		return web.Redirect(w, r, base, "point.place")
	}
	return s.formAgain(w, r, err, s.formPage(r, web.FormOf(r, renamed(err)), sc, base, base))
}

// officerAct answers a button on a place's page.
func (s *Service) officerAct(done string, act func(r *http.Request, sc auth.Scope, i id.ID) error) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		sc, err := auth.ScopeOf(r.Context(), auth.WritePlaces, "place_page")
		if err != nil {
			return err
		}
		i, err := pathID(r)
		if err != nil {
			return err
		}
		if err := act(r, sc, i); err != nil {
			return err
		}
		return web.Redirect(w, r, "/places/"+i.String(), done)
	}
}

// getCode answers with the code of a place as a picture.
func (s *Service) getCode(w http.ResponseWriter, r *http.Request) error {
	p, _, err := s.placeFor(r, auth.ReadPlaces, "place_page")
	if err != nil {
		return err
	}
	return s.sendCode(w, p)
}

func (s *Service) sendCode(w http.ResponseWriter, p place.Place) error {
	link, err := s.codes.PlaceLink(p)
	if err != nil {
		return err
	}
	code, err := qrcode.Encode(link, qrcode.H)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "image/svg+xml")
	_, err = w.Write(code.SVG())
	return err
}

func (s *Service) getPoster(w http.ResponseWriter, r *http.Request) error {
	p, _, err := s.placeFor(r, auth.ReadPlaces, "place_page")
	if err != nil {
		return err
	}
	return s.sendPoster(w, r, p)
}

func (s *Service) sendPoster(w http.ResponseWriter, r *http.Request, p place.Place) error {
	if ok, wait := s.paper.Allow(web.AddrKey(r)); !ok {
		return web.Rate(wait)
	}
	if p.Closed {
		return fault.New(fault.Conflict, "point.closed").With("name", p.Name)
	}
	return sendPDF(w, fileName("diem-qr", p, "pdf"), func(out *pending) error { return s.Poster(out, p) })
}
