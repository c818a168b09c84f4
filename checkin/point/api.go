package point

import (
	"context"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"khien/kernel/auth"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/place"
	"khien/kernel/web"
)

// placeJSON is a place on the wire. Areas are paths of official numbers
// ("2021/20/178/05977"), days yyyy-mm-dd.
type placeJSON struct {
	ID       string `json:"id,omitempty" doc:"UUIDv7, made by whoever creates the place: the idempotency key" format:"uuid"`
	Number   string `json:"number,omitempty" doc:"short, to be typed" readOnly:"true" example:"1234-5674"`
	Name     string `json:"name" maxLength:"200"`
	Kind     string `json:"kind" enum:"market,shop,restaurant,lodging,office,company,school,health,transport,worship,culture,residence,checkpoint,other"`
	Area     string `json:"area" example:"2021/20/178/05977"`
	Address  string `json:"address,omitempty" maxLength:"300"`
	Position string `json:"position,omitempty" doc:"latitude, longitude" maxLength:"60" example:"21.853056, 106.761111"`
	Hours    string `json:"hours,omitempty" doc:"opening hours of the week; none: not known" maxLength:"300" example:"T2-T6 07:00-11:30, 13:30-17:00; T7 07:00-11:30"`
	Stay     int    `json:"stay_minutes,omitempty" doc:"usual stay; none: that of the kind" minimum:"0" maximum:"1440"`
	Issued   string `json:"poster_issued,omitempty" doc:"posters of earlier days are withdrawn" readOnly:"true"`
	Token    string `json:"token,omitempty" doc:"of the poster's QR code, what stands behind # (docs/qr.md); none of a closed place" readOnly:"true"`
	State    string `json:"state,omitempty" readOnly:"true"`
	Version  int    `json:"version,omitempty" doc:"of the place as read; a change names it" minimum:"0"`
	Changed  string `json:"changed,omitempty" readOnly:"true"`
}

func (s *Service) wire(p place.Place) (placeJSON, error) {
	j := placeJSON{ID: p.ID.String(), Number: p.Number.String(), Name: p.Name, Kind: string(p.Kind), Area: p.Area.String(), Address: p.Address,
		Position: p.Position.String(), Hours: p.Hours.String(), Stay: int(p.UsualStay / time.Minute), Issued: p.PosterIssued.String(),
		State: placeRow{Place: p}.State(), Version: p.Version, Changed: p.Changed.Format(time.RFC3339)}
	if p.Closed {
		return j, nil
	}
	u, err := s.codes.SignPlace(p)
	if err == nil {
		j.Token = u.Token()
	}
	return j, err
}

// place reads the wire form; what cannot be read comes back by field.
func (j placeJSON) place() (place.Place, error) {
	p := place.Place{Name: j.Name, Kind: place.Kind(j.Kind), Address: j.Address, UsualStay: time.Duration(j.Stay) * time.Minute, Version: j.Version}
	errs := web.FieldErrors{}
	for _, f := range []struct {
		name, text string
		to         interface{ UnmarshalText([]byte) error }
	}{{"id", j.ID, &p.ID}, {"area", j.Area, &p.Area}, {"position", j.Position, &p.Position}, {"hours", j.Hours, &p.Hours}} {
		if err := f.to.UnmarshalText([]byte(f.text)); err != nil {
			errs[f.name] = fault.Of(err).At(f.name, f.text)
		}
	}
	if len(errs) > 0 {
		return place.Place{}, errs
	}
	return p, nil
}

type placeOut struct{ Body placeJSON }

type placesIn struct {
	Q     string `query:"q" doc:"words of the name, with or without marks, or a short number" maxLength:"80"`
	Area  string `query:"area" doc:"it and everything below" example:"2021/20/178"`
	Kind  string `query:"kind"`
	State string `query:"state" enum:"open,unseen,closed"`
	After string `query:"after" doc:"next of the page before" maxLength:"300"`
}

type placesOut struct {
	Body struct {
		Places []placeJSON `json:"places"`
		Next   string      `json:"next,omitempty" doc:"give it as after for the next page"`
	}
}

// api registers the JSON operations.
func (s *Service) api(rt *web.Router) {
	api := rt.API()
	security := []map[string][]string{{"session": {}}}
	huma.Register(api, huma.Operation{OperationID: "list-places", Method: "GET", Path: "/places", Security: security,
		Summary: "Places of the account's area, by name, with the tokens of their codes"}, s.listAPI)
	huma.Register(api, huma.Operation{OperationID: "read-place", Method: "GET", Path: "/places/{place}", Security: security,
		Summary: "One place"}, s.readAPI)
	huma.Register(api, huma.Operation{OperationID: "create-place", Method: "POST", Path: "/places", Security: security, DefaultStatus: 201,
		Summary: "Register a place; the same id again answers as the first time did"}, s.createAPI)
	huma.Register(api, huma.Operation{OperationID: "change-place", Method: "PUT", Path: "/places/{place}", Security: security,
		Summary: "Replace what a place says, if it still is at the given version"}, s.changeAPI)
}

func (s *Service) listAPI(ctx context.Context, in *placesIn) (*placesOut, error) {
	sc, err := auth.ScopeOf(ctx, auth.ReadPlaces, "place_list")
	if err != nil {
		return nil, err
	}
	f := place.Filter{Search: in.Q, Kind: place.Kind(in.Kind), State: place.State(in.State)}
	if in.Area != "" {
		if err := f.Area.UnmarshalText([]byte(in.Area)); err != nil {
			return nil, err
		}
	}
	if in.After != "" {
		f.After = &place.Cursor{}
		if err := f.After.UnmarshalText([]byte(in.After)); err != nil {
			return nil, err
		}
	}
	page, err := s.Places.List(ctx, sc, f)
	if err != nil {
		return nil, err
	}
	out := &placesOut{}
	out.Body.Places = make([]placeJSON, len(page.Places))
	for i, p := range page.Places {
		if out.Body.Places[i], err = s.wire(p); err != nil {
			return nil, err
		}
	}
	if page.Next != nil {
		out.Body.Next = page.Next.String()
	}
	return out, nil
}

type placeIn struct {
	Place string `path:"place" format:"uuid"`
}

func (s *Service) readAPI(ctx context.Context, in *placeIn) (*placeOut, error) {
	sc, err := auth.ScopeOf(ctx, auth.ReadPlaces, "place_page")
	if err != nil {
		return nil, err
	}
	i, err := id.Parse(in.Place)
	if err != nil {
		return nil, err
	}
	return s.sent(s.Places.Get(ctx, sc, i))
}

func (s *Service) sent(p place.Place, err error) (*placeOut, error) {
	if err != nil {
		return nil, err
	}
	j, err := s.wire(p)
	return &placeOut{j}, err
}

func (s *Service) createAPI(ctx context.Context, in *struct{ Body placeJSON }) (*placeOut, error) {
	sc, err := auth.ScopeOf(ctx, auth.WritePlaces, "place_form")
	if err != nil {
		return nil, err
	}
	p, err := in.Body.place()
	if err != nil {
		return nil, err
	}
	return s.sent(s.Places.Create(ctx, sc, p))
}

func (s *Service) changeAPI(ctx context.Context, in *struct {
	Place string `path:"place" format:"uuid"`
	Body  placeJSON
}) (*placeOut, error) {
	sc, err := auth.ScopeOf(ctx, auth.WritePlaces, "place_form")
	if err != nil {
		return nil, err
	}
	p, err := in.Body.place()
	if err != nil {
		return nil, err
	}
	if p.ID, err = id.Parse(in.Place); err != nil {
		return nil, err
	}
	if p.Version == 0 {
		return nil, fault.New(fault.Invalid, "form.required").At("version", strconv.Itoa(p.Version))
	}
	return s.sent(s.Places.Change(ctx, sc, p))
}
