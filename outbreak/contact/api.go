package contact

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"khien/kernel/area"
	"khien/kernel/auth"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/person"
	"khien/kernel/web"
)

// contactJSON is a contact on the wire.
type contactJSON struct {
	ID       string `json:"id" format:"uuid"`
	Person   string `json:"person" format:"uuid"`
	Name     string `json:"name,omitempty" doc:"absent for roles that may not read people"`
	Phone    string `json:"phone,omitempty"`
	Degree   int    `json:"degree" doc:"1: of a case, 2: of a contact"`
	Status   string `json:"status" enum:"found,confirmed,dismissed,became_case,released"`
	Reason   string `json:"reason,omitempty" doc:"of a dismissal; withdrawn: no source holds any more"`
	Area     string `json:"area" doc:"responsible area"`
	Kind     string `json:"kind" doc:"kind of locus of the exposure that weighs most"`
	Priority int64  `json:"priority"`
	First    string `json:"first_exposure"`
	Last     string `json:"last_exposure"`
	Rule     string `json:"rule" doc:"the rule under which the contact was made"`
	Case     string `json:"case" doc:"the first of their cases"`
	Held     int    `json:"exposures_held"`
	Called   bool   `json:"called"`
	FollowUp string `json:"follow_up,omitempty"`
	Version  int    `json:"version"`
}

func wire(c Contact, who person.Person) contactJSON {
	return contactJSON{ID: c.ID.String(), Person: c.Person.String(), Name: who.Name, Phone: who.Phone, Degree: c.Degree, Status: string(c.Status),
		Reason: string(c.Reason), Area: c.Area.String(), Kind: c.Kind, Priority: c.Priority, First: rfc(c.First), Last: rfc(c.Last), Rule: c.Rule,
		Case: c.Case.String(), Held: c.Held, Called: c.Called.UnixMilli() > 0, FollowUp: c.Follow, Version: c.Version}
}

func rfc(t time.Time) string { return t.UTC().Format(time.RFC3339) }

type exposureJSON struct {
	ID        string `json:"id"`
	Case      string `json:"case,omitempty" doc:"absent when the account does not answer for the case"`
	Via       string `json:"via,omitempty" doc:"the F1 by whom an F2 was exposed"`
	Place     string `json:"place,omitempty"`
	PlaceName string `json:"place_name,omitempty"`
	Kind      string `json:"kind"`
	From      string `json:"from"`
	To        string `json:"to"`
	Minutes   int    `json:"minutes"`
	Certainty string `json:"certainty" enum:"certain,probable,possible"`
	Origin    string `json:"origin" enum:"trace,manual"`
	Held      bool   `json:"held" doc:"false: withdrawn, it no longer holds"`
}

type fileOut struct {
	Body struct {
		contactJSON
		Exposures []exposureJSON `json:"exposures"`
		Hidden    int            `json:"hidden" doc:"exposures elsewhere, which the account may not see"`
	}
}

type contactsIn struct {
	Status   string `query:"status" enum:"found,confirmed,dismissed,became_case,released"`
	Degree   int    `query:"degree" minimum:"0" maximum:"2"`
	Kind     string `query:"kind" maxLength:"20"`
	Area     string `query:"area" doc:"responsible area: it and everything below"`
	Case     string `query:"case" doc:"contacts exposed to this case"`
	Uncalled bool   `query:"uncalled"`
	Q        string `query:"q" doc:"a whole name, or a phone" maxLength:"80"`
	After    string `query:"after" doc:"next of the page before"`
}

type contactsOut struct {
	Body struct {
		Contacts []contactJSON `json:"contacts"`
		Next     string        `json:"next,omitempty" doc:"give it as after for the next page"`
	}
}

func (in contactsIn) filter() (Filter, error) {
	f := Filter{Status: Status(in.Status), Degree: in.Degree, Kind: in.Kind, Uncalled: in.Uncalled, Search: in.Q}
	var after Cursor
	errs := web.FieldErrors{}
	for _, x := range []struct {
		name, text string
		to         interface{ UnmarshalText([]byte) error }
	}{{"area", in.Area, &f.Area}, {"case", in.Case, &f.Case}, {"after", in.After, &after}} {
		if x.text == "" {
			continue
		}
		if err := x.to.UnmarshalText([]byte(x.text)); err != nil {
			errs[x.name] = fault.Of(err).At(x.name, x.text)
		}
	}
	if len(errs) > 0 {
		return f, errs
	}
	if in.After != "" {
		f.After = &after
	}
	return f, nil
}

// api registers the JSON operations.
func (s *Service) api(rt *web.Router) {
	api := rt.API()
	security := []map[string][]string{{"session": {}}}
	huma.Register(api, huma.Operation{OperationID: "list-contacts", Method: "GET", Path: "/contacts", Security: security,
		Summary: "The tracer's work list, the most urgent first"}, s.listAPI)
	huma.Register(api, huma.Operation{OperationID: "read-contact", Method: "GET", Path: "/contacts/{id}", Security: security,
		Summary: "One contact with their exposures; the reading is audited"}, s.readAPI)
	huma.Register(api, huma.Operation{OperationID: "add-contact", Method: "POST", Path: "/contacts", Security: security, DefaultStatus: 201,
		Summary: "Add an exposure that somebody told; the same id again answers as the first time did"}, s.addAPI)
	huma.Register(api, huma.Operation{OperationID: "decide-contact", Method: "POST", Path: "/contacts/{id}/decisions", Security: security,
		Summary: "Confirm or dismiss a contact, take that back, or note a call"}, s.decideAPI)
	huma.Register(api, huma.Operation{OperationID: "trace", Method: "POST", Path: "/trace", Security: security,
		Summary: "Whom a case or a person met: F1 and F2, every meeting explained; asked for a purpose and audited"}, s.traceAPI)
}

func (s *Service) listAPI(ctx context.Context, in *contactsIn) (*contactsOut, error) {
	sc, err := auth.ScopeOf(ctx, auth.ReadContacts, "contact_list")
	if err != nil {
		return nil, err
	}
	f, err := in.filter()
	if err != nil {
		return nil, err
	}
	page, err := s.List(ctx, sc, f)
	if err != nil {
		return nil, err
	}
	out := &contactsOut{}
	out.Body.Contacts = []contactJSON{}
	for _, c := range page.Contacts {
		out.Body.Contacts = append(out.Body.Contacts, wire(c, page.Names[c.Person]))
	}
	if page.Next != nil {
		out.Body.Next = page.Next.String()
	}
	return out, nil
}

type contactIn struct {
	ID string `path:"id" format:"uuid"`
}

func (s *Service) readAPI(ctx context.Context, in *contactIn) (*fileOut, error) {
	sc, err := auth.ScopeOf(ctx, auth.ReadContacts, "contact_page")
	if err != nil {
		return nil, err
	}
	i, err := id.Parse(in.ID)
	if err != nil {
		return nil, err
	}
	f, err := s.Read(ctx, sc, i)
	if err != nil {
		return nil, err
	}
	out := &fileOut{}
	out.Body.contactJSON, out.Body.Hidden, out.Body.Exposures = wire(f.Contact, f.Who), f.Hidden, []exposureJSON{}
	for _, e := range f.Exposures {
		x := exposureJSON{ID: e.ID.String(), Via: textOf(e.Via), Place: textOf(e.Locus), Kind: e.Kind, From: rfc(e.From), To: rfc(e.To), Minutes: e.Minutes,
			Certainty: string(e.Certainty), Origin: e.Origin, Held: e.Held}
		if f.Cases[e.Case] {
			x.Case = e.Case.String()
		}
		p, _ := s.Places.Book().Any(e.Locus)
		x.PlaceName = p.Name
		out.Body.Exposures = append(out.Body.Exposures, x)
	}
	return out, nil
}

func textOf(i id.ID) string {
	if i.IsZero() {
		return ""
	}
	return i.String()
}

type contactOut struct{ Body contactJSON }

type addIn struct {
	Body struct {
		ID        string    `json:"id" format:"uuid" doc:"UUIDv7 of the exposure: the idempotency key"`
		Case      string    `json:"case" format:"uuid"`
		Person    string    `json:"person,omitempty" doc:"who it is, when they stand already"`
		Name      string    `json:"name,omitempty" maxLength:"120"`
		Phone     string    `json:"phone,omitempty" maxLength:"20"`
		Place     string    `json:"place,omitempty" doc:"a registered place"`
		Kind      string    `json:"kind,omitempty" doc:"kind of locus, where it is no registered place" maxLength:"20"`
		Area      string    `json:"area,omitempty"`
		From      time.Time `json:"from"`
		To        time.Time `json:"to"`
		Certainty string    `json:"certainty,omitempty" enum:",certain,probable,possible"`
	}
}

func (in addIn) told() (t Told, err error) {
	b := in.Body
	t = Told{Who: person.Person{Name: b.Name, Phone: b.Phone}, Kind: b.Kind, From: b.From.UTC(), To: b.To.UTC(), Certainty: Certainty(b.Certainty)}
	errs := web.FieldErrors{}
	for _, x := range []struct {
		name, text string
		to         *id.ID
	}{{"id", b.ID, &t.ID}, {"case", b.Case, &t.Case}, {"person", b.Person, &t.Person}, {"place", b.Place, &t.Place}} {
		if x.text == "" {
			continue
		}
		if err := x.to.UnmarshalText([]byte(x.text)); err != nil {
			errs[x.name] = fault.Of(err).At(x.name, x.text)
		}
	}
	if b.Area != "" {
		if t.Area, err = area.Parse(b.Area); err != nil {
			errs["area"] = fault.Of(err).At("area", b.Area)
		}
	}
	if len(errs) > 0 {
		return t, errs
	}
	return t, nil
}

func (s *Service) addAPI(ctx context.Context, in *addIn) (*contactOut, error) {
	sc, err := auth.ScopeOf(ctx, auth.WriteContacts, "contact_form")
	if err != nil {
		return nil, err
	}
	t, err := in.told()
	if err != nil {
		return nil, err
	}
	c, err := s.Add(ctx, sc, t)
	if err != nil {
		return nil, err
	}
	return &contactOut{wire(c, person.Person{})}, nil
}

type decideIn struct {
	ID   string `path:"id" format:"uuid"`
	Body struct {
		Act     string `json:"act" enum:"confirm,dismiss,undo,call"`
		Reason  string `json:"reason,omitempty" enum:",not_there,wrong_person,too_short,protected,other" doc:"required to dismiss"`
		Version int    `json:"version" minimum:"1" doc:"of the contact as read"`
	}
}

func (s *Service) decideAPI(ctx context.Context, in *decideIn) (*contactOut, error) {
	sc, err := auth.ScopeOf(ctx, auth.WriteContacts, "contact_page")
	if err != nil {
		return nil, err
	}
	i, err := id.Parse(in.ID)
	if err != nil {
		return nil, err
	}
	c, err := s.Decide(ctx, sc, Decision{Contact: i, Version: in.Body.Version, Act: DecisionAct(in.Body.Act), Reason: Reason(in.Body.Reason)})
	if err != nil {
		return nil, err
	}
	return &contactOut{wire(c, person.Person{})}, nil
}
