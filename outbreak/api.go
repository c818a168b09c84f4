package outbreak

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"khien/kernel/area"
	"khien/kernel/auth"
	"khien/kernel/day"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/person"
	"khien/kernel/web"
)

// caseJSON is a case on the wire. Areas are paths of official numbers
// ("2021/20/186/06412"), days yyyy-mm-dd, "" not known.
type caseJSON struct {
	ID             string `json:"id,omitempty" doc:"UUIDv7, made by whoever creates the case: the idempotency key" format:"uuid"`
	Number         string `json:"number,omitempty" doc:"the health service's number" maxLength:"40" example:"BN3245"`
	Name           string `json:"name,omitempty" doc:"absent for an anonymous case, and in lists" maxLength:"120"`
	Phone          string `json:"phone,omitempty" maxLength:"20"`
	Sex            string `json:"sex,omitempty" enum:",female,male,other"`
	BirthYear      int    `json:"birth_year,omitempty" minimum:"0" maximum:"2199"`
	Classification string `json:"classification" enum:"suspected,probable,confirmed,discarded"`
	Area           string `json:"area" doc:"responsible area" example:"2021/20/186/06412"`
	Stay           string `json:"stay,omitempty" doc:"place of stay"`
	Source         string `json:"source,omitempty" enum:",community,quarantine,lockdown_zone,screening,imported"`
	Investigation  string `json:"investigation,omitempty" enum:"pending,done,discarded" doc:"how far the health office has got; absent in a change: as it was"`
	Why            string `json:"why,omitempty" writeOnly:"true" maxLength:"200" doc:"of another classification, for its history"`
	Onset          string `json:"onset,omitempty" doc:"day of the first symptom"`
	Specimen       string `json:"specimen,omitempty"`
	Confirmed      string `json:"confirmed,omitempty" doc:"required for a confirmed case"`
	Reported       string `json:"reported"`
	Outcome        string `json:"outcome,omitempty" enum:",recovered,died,lost"`
	OutcomeOn      string `json:"outcome_on,omitempty"`
	Version        int    `json:"version,omitempty" doc:"of the case as read; a change names it" minimum:"0"`
	Changed        string `json:"changed,omitempty" readOnly:"true"`
}

func wireCase(c Case, who person.Person) caseJSON {
	return caseJSON{ID: c.ID.String(), Number: c.Number, Name: who.Name, Phone: who.Phone, Sex: c.Sex, BirthYear: c.BirthYear,
		Classification: string(c.Classification), Area: c.Area.String(), Stay: c.Stay.String(), Source: string(c.Source), Investigation: string(c.Investigation),
		Onset: c.Onset.String(), Specimen: c.Specimen.String(), Confirmed: c.ConfirmedOn.String(), Reported: c.Reported.String(),
		Outcome: string(c.Outcome), OutcomeOn: c.OutcomeOn.String(), Version: c.Version, Changed: c.Changed.Format(time.RFC3339)}
}

// draft reads the wire form; what cannot be read comes back by field.
func (j caseJSON) draft() (Draft, error) {
	form := caseForm{Version: j.Version, Number: j.Number, Name: j.Name, Phone: j.Phone, Sex: j.Sex, BirthYear: j.BirthYear,
		Classification: j.Classification, Source: j.Source, Investigation: j.Investigation, Why: j.Why, Outcome: j.Outcome}
	errs := web.FieldErrors{}
	for _, f := range []struct {
		name, text string
		to         interface{ UnmarshalText([]byte) error }
	}{{"id", j.ID, &form.ID}, {"area", j.Area, &form.Area}, {"stay", j.Stay, &form.Stay}, {"onset", j.Onset, &form.Onset},
		{"specimen", j.Specimen, &form.Specimen}, {"confirmed", j.Confirmed, &form.Confirmed}, {"reported", j.Reported, &form.Reported},
		{"outcome_on", j.OutcomeOn, &form.OutcomeOn}} {
		if err := f.to.UnmarshalText([]byte(f.text)); err != nil {
			errs[f.name] = fault.Of(err).At(f.name, f.text)
		}
	}
	if len(errs) > 0 {
		return Draft{}, errs
	}
	return form.draft(), nil
}

type caseOut struct{ Body caseJSON }

type casesIn struct {
	Classification string `query:"classification" enum:"suspected,probable,confirmed,discarded"`
	Source         string `query:"source" enum:"community,quarantine,lockdown_zone,screening,imported"`
	Area           string `query:"area" doc:"responsible area: it and everything below" example:"2021/20/186"`
	From           string `query:"from" doc:"first day of the report"`
	To             string `query:"to" doc:"last day of the report"`
	Q              string `query:"q" doc:"a number, or a whole name" maxLength:"80"`
	After          string `query:"after" doc:"next of the page before"`
}

type casesOut struct {
	Body struct {
		Cases []caseJSON `json:"cases"`
		Next  string     `json:"next,omitempty" doc:"give it as after for the next page"`
	}
}

func (in casesIn) filter() (Filter, error) {
	form := filterForm{Classification: in.Classification, Source: in.Source, Search: in.Q}
	errs := web.FieldErrors{}
	var after Cursor
	for _, f := range []struct {
		name, text string
		to         interface{ UnmarshalText([]byte) error }
	}{{"area", in.Area, &form.Area}, {"from", in.From, &form.From}, {"to", in.To, &form.To}, {"after", in.After, &after}} {
		if f.text == "" {
			continue
		}
		if err := f.to.UnmarshalText([]byte(f.text)); err != nil {
			errs[f.name] = fault.Of(err).At(f.name, f.text)
		}
	}
	if len(errs) > 0 {
		return Filter{}, errs
	}
	if in.After != "" {
		form.After = &after
	}
	return form.filter(), nil
}

// api registers the JSON operations.
func (s *Service) api(rt *web.Router) {
	api := rt.API()
	security := []map[string][]string{{"session": {}}}
	huma.Register(api, huma.Operation{OperationID: "list-cases", Method: "GET", Path: "/cases", Security: security,
		Summary: "Cases that the account may read, the last reported first, without names"}, s.listAPI)
	huma.Register(api, huma.Operation{OperationID: "read-case", Method: "GET", Path: "/cases/{id}", Security: security,
		Summary: "One case; the reading is audited"}, s.readAPI)
	huma.Register(api, huma.Operation{OperationID: "create-case", Method: "POST", Path: "/cases", Security: security, DefaultStatus: 201,
		Summary: "Enter a case; the same id again answers as the first time did"}, s.createAPI)
	huma.Register(api, huma.Operation{OperationID: "change-case", Method: "PUT", Path: "/cases/{id}", Security: security,
		Summary: "Replace what a case says, if it still is at the given version"}, s.changeAPI)
	s.partAPI(api, security)
	huma.Register(api, huma.Operation{OperationID: "announce-counts", Method: "POST", Path: "/announcements", Security: security, DefaultStatus: 201,
		Summary: "Approve the recorded numbers of an area up to a day for the public"}, s.announceAPI)
}

func (s *Service) listAPI(ctx context.Context, in *casesIn) (*casesOut, error) {
	sc, err := auth.ScopeOf(ctx, auth.ReadCases, "case_list")
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
	out := &casesOut{}
	out.Body.Cases = []caseJSON{}
	for _, c := range page.Cases {
		out.Body.Cases = append(out.Body.Cases, wireCase(c, person.Person{}))
	}
	if page.Next != nil {
		out.Body.Next = page.Next.String()
	}
	return out, nil
}

type caseIn struct {
	ID string `path:"id" format:"uuid"`
}

func (s *Service) readAPI(ctx context.Context, in *caseIn) (*caseOut, error) {
	sc, err := auth.ScopeOf(ctx, auth.ReadCases, "case_page")
	if err != nil {
		return nil, err
	}
	i, err := id.Parse(in.ID)
	if err != nil {
		return nil, err
	}
	c, who, err := s.Read(ctx, sc, i)
	if err != nil {
		return nil, err
	}
	return &caseOut{wireCase(c, who)}, nil
}

func (s *Service) createAPI(ctx context.Context, in *struct{ Body caseJSON }) (*caseOut, error) {
	sc, err := auth.ScopeOf(ctx, auth.WriteCases, "case_form")
	if err != nil {
		return nil, err
	}
	d, err := in.Body.draft()
	if err != nil {
		return nil, err
	}
	c, err := s.Create(ctx, sc, d)
	if err != nil {
		return nil, err
	}
	return &caseOut{wireCase(c, d.Who)}, nil
}

func (s *Service) changeAPI(ctx context.Context, in *struct {
	ID   string `path:"id" format:"uuid"`
	Body caseJSON
}) (*caseOut, error) {
	sc, err := auth.ScopeOf(ctx, auth.WriteCases, "case_form")
	if err != nil {
		return nil, err
	}
	in.Body.ID = in.ID
	d, err := in.Body.draft()
	if err != nil {
		return nil, err
	}
	c, err := s.Change(ctx, sc, d)
	if err != nil {
		return nil, err
	}
	return &caseOut{wireCase(c, d.Who)}, nil
}

type announceIn struct {
	Body struct {
		ID      string `json:"id" format:"uuid" doc:"UUIDv7: the idempotency key"`
		Ground  string `json:"ground" doc:"the area whose numbers are announced" example:"2021/20/186"`
		Through string `json:"through" doc:"the last day" example:"2021-05-14"`
	}
}

type announceOut struct {
	Body struct {
		ID    string `json:"id"`
		Cases int    `json:"cases" doc:"how many cases the announcement counts"`
	}
}

func (s *Service) announceAPI(ctx context.Context, in *announceIn) (*announceOut, error) {
	sc, err := auth.ScopeOf(ctx, auth.Announce, "announce_form")
	if err != nil {
		return nil, err
	}
	i, err := id.Parse(in.Body.ID)
	if err != nil {
		return nil, err
	}
	ground, err := area.Parse(in.Body.Ground)
	if err != nil {
		return nil, err
	}
	through, err := day.Parse(in.Body.Through)
	if err != nil {
		return nil, err
	}
	a, err := s.Announce(ctx, sc, i, ground, through)
	if err != nil {
		return nil, err
	}
	out := &announceOut{}
	out.Body.ID, out.Body.Cases = a.ID.String(), a.Cases
	return out, nil
}
