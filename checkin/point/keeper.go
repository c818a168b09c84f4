package point

import (
	"encoding/hex"
	"net/http"

	"khien/kernel/auth"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/person"
	"khien/kernel/phone"
	"khien/kernel/place"
	"khien/kernel/web"
)

// keeperOf returns who asks, by the proven phone of the request.
func keeperOf(r *http.Request) (place.Keeper, phone.Device, error) {
	d, ok := phone.DeviceOf(r.Context())
	if !ok {
		return place.Keeper{}, d, web.ErrProve
	}
	return place.Keeper{Device: d.ID, Phone: d.Number}, d, nil
}

type keeperPage struct{ Places []placeRow }

// getKeeper lists the places that the phone keeps.
func (s *Service) getKeeper(w http.ResponseWriter, r *http.Request) error {
	k, _, err := keeperOf(r)
	if err != nil {
		return err
	}
	all, err := s.Places.KeptBy(r.Context(), k.Phone)
	if err != nil {
		return err
	}
	var page keeperPage
	for _, p := range all {
		page.Places = append(page.Places, placeRow{p, s.Gazetteer.Short(p.Area)})
	}
	return s.Views.Render(w, r, http.StatusOK, "point/keeper.html", page)
}

// everywhere is the scope in which a keeper's form offers areas: all of the province.
func (s *Service) everywhere() auth.Scope { return auth.System(s.Province, "choices") }

func (s *Service) keeperForm(r *http.Request, f web.Form, action, back string) formPage {
	page := s.formPage(r, f, s.everywhere(), action, back)
	page.Keeper, page.New = true, action == "/keeper/places"
	return page
}

func (s *Service) getKeeperNew(w http.ResponseWriter, r *http.Request) error {
	return s.Views.Render(w, r, http.StatusOK, "point/form.html", s.keeperForm(r, web.NewForm(), "/keeper/places", "/keeper"))
}

func (s *Service) postKeeperPlace(w http.ResponseWriter, r *http.Request) error {
	k, d, err := keeperOf(r)
	if err != nil {
		return err
	}
	p, err := decodePlace(r)
	if err == nil {
		p, err = s.register(r, k, d, p)
	}
	if err == nil {
		return web.Redirect(w, r, "/keeper/"+p.ID.String(), "point.place")
	}
	return s.formAgain(w, r, err, s.keeperForm(r, web.FormOf(r, renamed(err)), "/keeper/places", "/keeper"))
}

func (s *Service) register(r *http.Request, k place.Keeper, d phone.Device, p place.Place) (place.Place, error) {
	number, err := s.Phones.Number(r.Context(), d)
	if err != nil {
		return place.Place{}, err
	}
	return s.Places.Register(r.Context(), k, number, p)
}

// keptFor reads the place that the path names, if the phone keeps it.
func (s *Service) keptFor(r *http.Request) (place.Place, place.Keeper, error) {
	k, _, err := keeperOf(r)
	if err != nil {
		return place.Place{}, k, err
	}
	i, err := pathID(r)
	if err != nil {
		return place.Place{}, k, err
	}
	p, err := s.Places.Kept(r.Context(), k, i)
	return p, k, err
}

func (s *Service) getKept(w http.ResponseWriter, r *http.Request) error {
	p, k, err := s.keptFor(r)
	if err != nil {
		return err
	}
	return s.showKept(w, r, k, p, web.NewForm(), http.StatusOK)
}

func (s *Service) showKept(w http.ResponseWriter, r *http.Request, k place.Keeper, p place.Place, f web.Form, status int) error {
	all, err := s.Places.Keepers(r.Context(), k, p.ID)
	if err != nil {
		return err
	}
	page := s.placePage(r, p, "/keeper/"+p.ID.String(), "/keeper", f)
	page.Keeper, page.MayWrite, page.Keepers, page.Alone = true, true, all, len(all) < 2
	return s.Views.Render(w, r, status, "point/place.html", page)
}

func (s *Service) getEditKept(w http.ResponseWriter, r *http.Request) error {
	p, _, err := s.keptFor(r)
	if err != nil {
		return err
	}
	base := "/keeper/" + p.ID.String()
	return s.Views.Render(w, r, http.StatusOK, "point/form.html", s.keeperForm(r, filled(p), base, base))
}

func (s *Service) postEditKept(w http.ResponseWriter, r *http.Request) error {
	was, k, err := s.keptFor(r)
	if err != nil {
		return err
	}
	base := "/keeper/" + was.ID.String()
	p, err := decodePlace(r)
	if err == nil {
		p.ID = was.ID
		_, err = s.Places.KeeperChange(r.Context(), k, p)
	}
	if err == nil {
		return web.Redirect(w, r, base, "point.place")
	}
	return s.formAgain(w, r, err, s.keeperForm(r, web.FormOf(r, renamed(err)), base, base))
}

// keeperAct answers a button on a keeper's page of a place.
func (s *Service) keeperAct(done string, act func(r *http.Request, k place.Keeper, i id.ID) error) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		k, _, err := keeperOf(r)
		if err != nil {
			return err
		}
		i, err := pathID(r)
		if err != nil {
			return err
		}
		if err := act(r, k, i); err != nil {
			return err
		}
		return web.Redirect(w, r, "/keeper/"+i.String(), done)
	}
}

func (s *Service) getKeptCode(w http.ResponseWriter, r *http.Request) error {
	p, _, err := s.keptFor(r)
	if err != nil {
		return err
	}
	return s.sendCode(w, p)
}

func (s *Service) getKeptPoster(w http.ResponseWriter, r *http.Request) error {
	p, _, err := s.keptFor(r)
	if err != nil {
		return err
	}
	return s.sendPoster(w, r, p)
}

// typedPhone is the number that the form of a further keeper names.
func (s *Service) typedPhone(r *http.Request) (index [16]byte, number string, err error) {
	var f struct {
		Phone string `form:"keeper_phone,required,max=20"`
	}
	if err := web.Decode(r, &f); err != nil {
		return index, "", err
	}
	if number, err = person.NormalPhone(f.Phone); err != nil {
		return index, "", renamed(err)
	}
	index, err = s.Phones.Index(number)
	return index, number, err
}

// postKeepers adds a phone, by one who keeps the place.
func (s *Service) postKeepers(w http.ResponseWriter, r *http.Request) error {
	p, k, err := s.keptFor(r)
	if err != nil {
		return err
	}
	index, number, err := s.typedPhone(r)
	if err == nil {
		err = s.Places.AddKeeper(r.Context(), k, p.ID, index, number)
	}
	if len(web.Refused(err)) > 0 {
		return s.showKept(w, r, k, p, web.FormOf(r, err), http.StatusUnprocessableEntity)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/keeper/"+p.ID.String(), "point.keeper_add")
}

// postOfficerKeepers adds a phone, by an officer.
func (s *Service) postOfficerKeepers(w http.ResponseWriter, r *http.Request) error {
	p, sc, err := s.placeFor(r, auth.WritePlaces, "place_page")
	if err != nil {
		return err
	}
	index, number, err := s.typedPhone(r)
	if err == nil {
		err = s.Places.OfficerAddKeeper(r.Context(), sc, p.ID, index, number)
	}
	if len(web.Refused(err)) > 0 {
		return s.showPlace(w, r, sc, p, web.FormOf(r, err), http.StatusUnprocessableEntity)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/places/"+p.ID.String(), "point.keeper_add")
}

// chosenPhone is the keeper that a button names, by the index of their number.
func chosenPhone(r *http.Request) (index [16]byte, err error) {
	var f struct {
		Keeper string `form:"keeper,required,max=32"`
	}
	if err := web.Decode(r, &f); err != nil {
		return index, err
	}
	b, err := hex.DecodeString(f.Keeper)
	if err != nil || len(b) != len(index) {
		return index, fault.New(fault.NotFound, "place.place")
	}
	return [16]byte(b), nil
}
