package checkin

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"khien/kernel/auth"
	"khien/kernel/id"
	"khien/kernel/phone"
	"khien/kernel/place"
	"khien/kernel/web"
)

// show registers the pages of visitors and keepers. They are empty shells that
// anybody may open, the service worker among them: what they show they ask of the
// API, so that nothing about a person stands in a page that a browser keeps.
func (s *Service) show(rt *web.Router) {
	rt.Get("/v", s.getShell("checkin/visit.html"))
	rt.Get("/keep", s.getShell("checkin/keep.html"))
	rt.Get("/me/code", s.getShell("checkin/code.html"))
	rt.Get("/keep/manifest.webmanifest", s.getManifest)
	rt.Get("/sw.js", s.getWorker(), web.Quiet())
	rt.Post("/api/v1/places/of-code", s.postOfCode, web.MaxBody(visitBytes), web.Quiet())
	rt.Get("/api/v1/places/kept", s.getKept)
}

// shell is what the three pages are given.
type shell struct {
	Text string // the script's sentences, as JSON
	Site string // the province's address, which posters and codes lead to
}

func (s *Service) getShell(page string) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		text, err := s.sentences(r)
		if err != nil {
			return err
		}
		return s.Views.Render(w, r, http.StatusOK, page, shell{text, s.Site})
	}
}

// spoken are the texts that the scripts say, by the beginning of their keys, and
// how the scripts call them: "why_" for refusals, "flag_" for flags.
var spoken = []struct{ keys, as string }{
	{"checkin.js.", ""}, {"checkin.flag.", "flag_"},
	{"declaration.grade.", "grade_"}, {"declaration.standing.", "standing_"}, // of the declarations that a keeper's account may check
	{"fault.checkin.", "why_checkin."}, {"fault.qr.", "why_qr."}, {"fault.point.", "why_point."}, {"fault.person.", "why_person."},
	{"fault.phone.", "why_phone."}, {"fault.place.", "why_place."},
}

func (s *Service) sentences(r *http.Request) (string, error) {
	m := map[string]string{}
	for _, sp := range spoken {
		for _, key := range s.Views.Keys(sp.keys) {
			m[sp.as+strings.TrimPrefix(key, sp.keys)] = web.T(r.Context(), key)
		}
	}
	b, err := json.Marshal(m)
	return string(b), err
}

// placeBody is a place as a visitor and its keeper see it.
type placeBody struct {
	ID      id.ID      `json:"id"`
	Name    string     `json:"name"`
	Kind    place.Kind `json:"kind"`
	Address string     `json:"address,omitempty"`
}

func bodyOf(p place.Place) placeBody { return placeBody{p.ID, p.Name, p.Kind, p.Address} }

// postOfCode says which place a poster names. The code comes in the body: in an
// address it would stand in logs and histories.
func (s *Service) postOfCode(w http.ResponseWriter, r *http.Request) error {
	var b struct {
		Place string `json:"place"`
	}
	if err := decode(r, &b); err != nil {
		return err
	}
	p, err := s.Codes.Place(b.Place)
	if err != nil {
		return err
	}
	return writeJSON(w, bodyOf(p))
}

// getKept lists the open places for which this phone or this account may note
// visits: a phone's own; of an account's area a page of them, by name, those of
// the words in q. With place it is that one alone.
func (s *Service) getKept(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Words string `form:"q,max=120"`
		Place id.ID  `form:"place"`
	}
	if err := web.Decode(r, &in); err != nil {
		return err
	}
	var places []place.Place
	var more bool
	var err error
	if in.Place.IsZero() {
		places, more, err = s.keptBy(r, in.Words)
	} else {
		places = make([]place.Place, 1)
		places[0], _, err = s.keeperOf(r, in.Place)
	}
	if err != nil {
		return err
	}
	all := []placeBody{}
	for _, p := range places {
		if !p.Closed {
			all = append(all, bodyOf(p))
		}
	}
	return writeJSON(w, map[string]any{"places": all, "more": more})
}

func (s *Service) keptBy(r *http.Request, words string) (places []place.Place, more bool, err error) {
	device, proved := phone.DeviceOf(r.Context())
	if proved {
		places, err = s.Places.KeptBy(r.Context(), device.Number)
		if err != nil || len(places) > 0 {
			return places, false, err
		}
	}
	sc, err := auth.ScopeOf(r.Context(), auth.KeepPlaces, "checkin_keep")
	if errors.Is(err, web.ErrSignIn) && proved { // a phone that keeps nothing, and nobody signed in
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	page, err := s.Places.List(r.Context(), sc, place.Filter{Search: words, State: place.StateOpen})
	return page.Places, page.Next != nil, err
}
