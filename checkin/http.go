package checkin

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"khien/kernel/auth"
	"khien/kernel/day"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/phone"
	"khien/kernel/place"
	"khien/kernel/web"
)

// Bounds of bodies: a visit is a token and two moments, a delivery 200 rows of
// which each may hold the largest code there is.
const (
	visitBytes    = 2 << 10
	deliveryBytes = 1 << 20
)

// Routes registers the pages and the API. The visits' routes are plain handlers:
// they are asked thousands of times a second (docs/adr/030-visits.md).
func (s *Service) Routes(rt *web.Router) {
	mine := rt.With(phone.Require)
	mine.Post("/api/v1/visits", s.postVisit, web.MaxBody(visitBytes), web.Quiet())
	mine.Post("/api/v1/visits/{id}/leave", s.postLeave, web.MaxBody(visitBytes), web.Quiet())
	mine.Get("/api/v1/visits/mine", s.getMine, web.Quiet())
	rt.Post("/api/v1/places/{place}/visits", s.postDelivery, web.MaxBody(deliveryBytes), web.Quiet())
	rt.Get("/api/v1/places/{place}/today", s.getToday, web.Quiet())
	s.staff(rt)
	s.describe(rt)
	s.show(rt)
}

// visitBody is what a visitor's page sends. at is when the poster was scanned, by
// the phone's clock; sent_at what that clock says now.
type visitBody struct {
	ID     id.ID     `json:"id"`
	Place  string    `json:"place"`
	At     time.Time `json:"at"`
	SentAt time.Time `json:"sent_at,omitzero"`
	With   int       `json:"with,omitempty"`
}

func (s *Service) postVisit(w http.ResponseWriter, r *http.Request) error {
	v, p, err := s.readVisit(r)
	if err != nil {
		return err
	}
	if v, err = s.Record(r.Context(), v); err != nil {
		return err
	}
	return writeVisit(w, http.StatusCreated, v, p)
}

// Unstored answers a visit without keeping it: what benchmarks measure beside
// the real thing. No route leads to it.
func (s *Service) Unstored(w http.ResponseWriter, r *http.Request) error {
	v, p, err := s.readVisit(r)
	if err != nil {
		return err
	}
	return writeVisit(w, http.StatusCreated, v, p)
}

// readVisit reads and checks everything that can be known without the database.
func (s *Service) readVisit(r *http.Request) (Visit, place.Place, error) {
	device, ok := phone.DeviceOf(r.Context())
	if !ok || device.Person.IsZero() {
		return Visit{}, place.Place{}, errUnknown
	}
	if ok, wait := s.visits.Allow(string(device.ID[:])); !ok {
		return Visit{}, place.Place{}, web.Rate(wait)
	}
	var b visitBody
	if err := decode(r, &b); err != nil {
		return Visit{}, place.Place{}, err
	}
	from, flags, err := s.check(row{ID: b.ID, At: b.At}, b.SentAt)
	if err != nil {
		return Visit{}, place.Place{}, err
	}
	if b.With < 0 || b.With > withMost {
		return Visit{}, place.Place{}, errWith.At("with", strconv.Itoa(b.With))
	}
	p, err := s.Codes.Place(b.Place)
	if err != nil {
		return Visit{}, place.Place{}, err
	}
	v := s.visit(p, b.ID, from, b.At)
	v.Person, v.Device, v.With, v.Flags = device.Person, device.ID, b.With, v.Flags|flags
	return v, p, nil
}

// writeVisit answers with a visit, written by hand: encoding/json takes as long
// as all the rest of the answer.
func writeVisit(w http.ResponseWriter, status int, v Visit, p place.Place) error {
	b := append(make([]byte, 0, 320), `{"id":"`...)
	b = append(b, v.ID.String()...)
	b = append(b, `","place":{"id":"`...)
	b = append(b, p.ID.String()...)
	b = append(b, `","name":`...)
	name, err := json.Marshal(p.Name)
	if err != nil {
		return err
	}
	b = append(b, name...)
	b = append(b, `},"at":"`...)
	b = v.From.UTC().AppendFormat(b, time.RFC3339)
	b = append(b, `","until":"`...)
	b = v.Until.UTC().AppendFormat(b, time.RFC3339)
	b = append(b, `","ended":"`...)
	b = append(append(b, v.Ended...), "\"}\n"...)
	return write(w, status, b)
}

func write(w http.ResponseWriter, status int, b []byte) error {
	h := w.Header()
	h["Content-Type"] = jsonType
	h["Content-Length"] = []string{strconv.Itoa(len(b))}
	w.WriteHeader(status)
	_, _ = w.Write(b) // a reader that has left is no news
	return nil
}

var jsonType = []string{"application/json"}

func writeJSON(w http.ResponseWriter, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return write(w, http.StatusOK, append(b, '\n'))
}

var errBody = fault.New(fault.Invalid, "checkin.body")

// decode reads one JSON object of known members and nothing after it.
func decode(r *http.Request, dst any) error {
	b, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(dst); err != nil {
		if f := fault.Of(err); f != nil {
			return f
		}
		return errBody.Because(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errBody
	}
	return nil
}

type leaveBody struct {
	At     time.Time `json:"at"`
	SentAt time.Time `json:"sent_at,omitzero"`
}

// postLeave ends a visit of the device's own, or of a place that it keeps. Any
// other visit is not there.
func (s *Service) postLeave(w http.ResponseWriter, r *http.Request) error {
	var b leaveBody
	if err := decode(r, &b); err != nil {
		return err
	}
	v, by, err := s.leaver(r)
	if err != nil {
		return err
	}
	if b.At.IsZero() {
		return errAt.At("at", "")
	}
	at, flags, err := moment(b.At, b.SentAt, s.now())
	if err != nil {
		return err
	}
	v.Flags |= flags
	if v, err = s.Leave(r.Context(), v, at, by); err != nil {
		return err
	}
	p, _ := s.Places.Book().Any(v.Place)
	return writeVisit(w, http.StatusOK, v, p)
}

func (s *Service) leaver(r *http.Request) (Visit, Ended, error) {
	i, err := id.Parse(r.PathValue("id"))
	if err != nil {
		return Visit{}, "", errNone
	}
	v, err := toldVisit(r.Context(), s.DB, s.system, i)
	if err != nil {
		return Visit{}, "", err
	}
	device, _ := phone.DeviceOf(r.Context())
	if v.Device == device.ID {
		return v, EndVisitor, nil
	}
	keeps, err := s.Places.Keeps(r.Context(), device.Number, v.Place)
	if err == nil && !keeps {
		err = errNone
	}
	return v, EndKeeper, err
}

// ownVisit is a visit as its visitor's page shows it.
type ownVisit struct {
	ID    id.ID `json:"id"`
	Place struct {
		ID   id.ID  `json:"id"`
		Name string `json:"name,omitempty"`
	} `json:"place"`
	At    string `json:"at"`
	Until string `json:"until"`
	Ended Ended  `json:"ended"`
	Open  bool   `json:"open"`
}

// mineMost bounds the visits of one phone that a page shows.
const mineMost = 500

// getMine lists what this device told of today, and what it told that is open yet.
func (s *Service) getMine(w http.ResponseWriter, r *http.Request) error {
	device, _ := phone.DeviceOf(r.Context())
	now := s.now()
	today := dayBegins(day.Today(now))
	all, err := s.aliases(r.Context(), device.Person)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return writeJSON(w, map[string]any{"visits": []ownVisit{}})
	}
	visits, err := visitsOf(r.Context(), s.DB, s.system, standing, all, now.Add(-2*stayMost), now.Add(time.Minute), mineMost)
	if err != nil {
		return err
	}
	own := []ownVisit{}
	for _, v := range visits {
		open := v.Ended == EndAssumed && v.Until.After(now)
		if v.Device != device.ID || !open && v.From.Before(today) {
			continue
		}
		o := ownVisit{ID: v.ID, At: v.From.Format(time.RFC3339), Until: v.Until.Format(time.RFC3339), Ended: v.Ended, Open: open}
		p, _ := s.Places.Book().Any(v.Place)
		o.Place.ID, o.Place.Name = v.Place, p.Name
		own = append(own, o)
	}
	return writeJSON(w, map[string]any{"visits": own})
}

// keeper returns the place that the path names and who acts for it: a phone that
// keeps it, or an account of the area. To all others there is no such place.
func (s *Service) keeper(r *http.Request) (place.Place, id.ID, error) {
	i, err := id.Parse(r.PathValue("place"))
	if err != nil {
		return place.Place{}, id.ID{}, errPlace
	}
	return s.keeperOf(r, i)
}

func (s *Service) keeperOf(r *http.Request, i id.ID) (place.Place, id.ID, error) {
	p, known := s.Places.Book().Any(i)
	if device, ok := phone.DeviceOf(r.Context()); ok && known {
		keeps, err := s.Places.Keeps(r.Context(), device.Number, i)
		if err != nil || keeps {
			return p, device.ID, err
		}
	}
	sc, err := auth.ScopeOf(r.Context(), auth.KeepPlaces, "checkin_keeper")
	switch {
	case errors.Is(err, web.ErrSignIn):
		if _, ok := phone.DeviceOf(r.Context()); ok {
			err = errPlace // whose phone is proved and keeps another
		}
		return place.Place{}, id.ID{}, err
	case err != nil:
		return place.Place{}, id.ID{}, err
	case !known || !sc.Covers(p.Area):
		return place.Place{}, id.ID{}, errPlace
	}
	return p, sc.Account(), nil
}

var errPlace = fault.New(fault.NotFound, "checkin.place")

// deliveryBody is what a keeper's page sends, at once or hours later.
type deliveryBody struct {
	SentAt time.Time `json:"sent_at,omitzero"`
	Visits []rowBody `json:"visits"`
}

type rowBody struct {
	ID    id.ID     `json:"id"`
	At    time.Time `json:"at"`
	Code  string    `json:"code,omitempty"`
	Name  string    `json:"name,omitempty"`
	Phone string    `json:"phone,omitempty"`
	Birth string    `json:"birth,omitempty"`
	Leave bool      `json:"leave,omitempty"`
}

var errRows = fault.New(fault.Invalid, "checkin.rows").With("max", rowsMost)

func (s *Service) postDelivery(w http.ResponseWriter, r *http.Request) error {
	p, device, err := s.keeper(r)
	if err != nil {
		return err
	}
	phoned, _ := phone.DeviceOf(r.Context())
	officer := phoned.ID != device
	if !officer {
		if ok, wait := s.boxes.Allow(string(device[:])); !ok {
			return web.Rate(wait)
		}
	}
	var b deliveryBody
	if err := decode(r, &b); err != nil {
		return err
	}
	if len(b.Visits) == 0 || len(b.Visits) > rowsMost {
		return errRows.At("visits", strconv.Itoa(len(b.Visits)))
	}
	d := delivery{place: p, device: device, officer: officer, sent: b.SentAt}
	for _, v := range b.Visits {
		d.rows = append(d.rows, row(v))
	}
	if err := s.deliver(r.Context(), &d); err != nil {
		return err
	}
	return writeJSON(w, map[string]any{"results": d.results})
}

// getToday tells a keeper how many came today and how many are inside, and never who.
func (s *Service) getToday(w http.ResponseWriter, r *http.Request) error {
	p, _, err := s.keeper(r)
	if err != nil {
		return err
	}
	today := day.Today(s.now())
	all, inside, err := countsOf(r.Context(), s.DB, s.system, p.ID, dayBegins(today), s.now())
	if err != nil {
		return err
	}
	return writeJSON(w, map[string]any{"day": today, "visits": all, "inside": inside})
}
