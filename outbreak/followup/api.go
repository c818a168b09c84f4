package followup

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"khien/kernel/area"
	"khien/kernel/auth"
	"khien/kernel/day"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/web"
	"khien/outbreak/plan"
)

// api registers the JSON side: the same acts, the same refusals.
func (s *Service) api(rt *web.Router) {
	api := rt.API()
	huma.Get(api, "/followups", s.apiList, staff)
	huma.Get(api, "/followups/{id}", s.apiOpen, staff)
	huma.Post(api, "/followups/{id}/checks", s.apiCheck, staff)
	huma.Post(api, "/checks/{id}/undo", s.apiUndo, staff)
	huma.Put(api, "/followups/{id}/days", s.apiDays, staff)
	huma.Post(api, "/followups/{id}/change", s.apiChange, staff)
	huma.Post(api, "/followups/{id}/proposal", s.apiProposal, staff)
	huma.Post(api, "/followups/{id}/release", s.apiRelease, staff)
	huma.Post(api, "/followups/{id}/resume", s.apiResume, staff)
	huma.Post(api, "/followups/{id}/handled", s.apiHandled, staff)
	s.orderAPI(api)
}

// staff marks what a session opens.
func staff(op *huma.Operation) { op.Security = []map[string][]string{{"session": {}}} }

// watchJSON is a watch on the wire; days are yyyy-mm-dd, "" not known.
type watchJSON struct {
	ID        string      `json:"id" doc:"of the contact, or of the isolation"`
	Whom      string      `json:"whom" enum:"F0,F1,F2"`
	State     string      `json:"state" enum:"waiting,running,symptoms,silent,completed,ended"`
	Area      string      `json:"area"`
	Place     string      `json:"place,omitempty" enum:",home,facility"`
	Protected bool        `json:"protected"`
	From      string      `json:"from,omitempty"`
	Until     string      `json:"until,omitempty"`
	Dates     *plan.Dates `json:"dates,omitempty"`
	Proposed  *plan.Dates `json:"proposed,omitempty" doc:"an extension that waits for an officer"`
	Checked   string      `json:"checked,omitempty" doc:"day of the last check that was answered"`
	Version   int         `json:"version" doc:"a change names it"`
	Name      string      `json:"name,omitempty" doc:"for roles that may read people"`
	Phone     string      `json:"phone,omitempty"`
}

func wire(w Watch, who Who) watchJSON {
	j := watchJSON{ID: w.ID.String(), Whom: string(w.Whom), State: string(w.State), Area: w.Area.String(), Place: string(w.Place), Protected: w.Protected,
		From: w.From.String(), Until: w.Until.String(), Checked: w.Checked.String(), Version: w.Version, Name: who.Name, Phone: who.Phone}
	if w.Dates.End != 0 {
		j.Dates = &w.Dates
	}
	if w.Proposed.End != 0 {
		j.Proposed = &w.Proposed
	}
	return j
}

type checkJSON struct {
	ID          string   `json:"id,omitempty" doc:"UUIDv7, made by whoever writes the check down: the idempotency key" format:"uuid"`
	Day         string   `json:"day,omitempty" readOnly:"true"`
	Source      string   `json:"source" enum:"officer,phone,link"`
	Answered    bool     `json:"answered"`
	Temperature int      `json:"temperature,omitempty" doc:"tenths of a degree Celsius" minimum:"0" maximum:"500"`
	Symptoms    []string `json:"symptoms,omitempty" nullable:"false"`
	Note        string   `json:"note,omitempty" maxLength:"500"`
	At          string   `json:"at,omitempty" readOnly:"true"`
}

func wireCheck(c Check) checkJSON {
	return checkJSON{c.ID.String(), c.Day.String(), string(c.Source), c.Answered, c.Temperature, c.Symptoms, c.Note, c.At.Format(time.RFC3339)}
}

type idIn struct {
	ID string `path:"id" format:"uuid"`
}

func (in idIn) id() (id.ID, error) {
	i, err := id.Parse(in.ID)
	if err != nil {
		return i, errNone
	}
	return i, nil
}

// days reads days from the wire, each refused by its field's name.
func days(errs web.FieldErrors, texts map[string]string) map[string]day.Day {
	read := map[string]day.Day{}
	for name, text := range texts {
		var d day.Day
		if err := d.UnmarshalText([]byte(text)); err != nil {
			errs[name] = fault.Of(err).At(name, text)
		}
		read[name] = d
	}
	return read
}

type listIn struct {
	Day   string `query:"day" doc:"yyyy-mm-dd; absent: today"`
	Area  string `query:"area" doc:"it and everything below" example:"2021/20/186"`
	Show  string `query:"show" enum:"due,alerts,overdue,done,decide,all,closed" default:"due"`
	After string `query:"after" doc:"next of the page before" maxLength:"80"`
}

type listOut struct {
	Body struct {
		Followups []watchJSON `json:"followups"`
		Next      string      `json:"next,omitempty"`
	}
}

func (s *Service) apiList(ctx context.Context, in *listIn) (*listOut, error) {
	sc, err := auth.ScopeOf(ctx, auth.ReadContacts, "followup_list")
	if err != nil {
		return nil, err
	}
	errs := web.FieldErrors{}
	f := Filter{Day: days(errs, map[string]string{"day": in.Day})["day"], Show: Show(in.Show)}
	if in.Area != "" {
		if f.Area, err = area.Parse(in.Area); err != nil {
			errs["area"] = fault.Of(err).At("area", in.Area)
		}
	}
	if in.After != "" {
		f.After = &Cursor{}
		if err := f.After.UnmarshalText([]byte(in.After)); err != nil {
			errs["after"] = fault.Of(err)
		}
	}
	if len(errs) > 0 {
		return nil, errs
	}
	page, err := s.List(ctx, sc, f)
	if err != nil {
		return nil, err
	}
	out := &listOut{}
	out.Body.Followups = []watchJSON{}
	for _, r := range page.Rows {
		out.Body.Followups = append(out.Body.Followups, wire(r.Watch, r.Who))
	}
	if page.Next != nil {
		out.Body.Next = page.Next.String()
	}
	return out, nil
}

type openOut struct {
	Body struct {
		watchJSON
		Checks []checkJSON `json:"checks"`
		Orders []orderJSON `json:"orders"`
	}
}

func (s *Service) apiOpen(ctx context.Context, in *idIn) (*openOut, error) {
	sc, err := auth.ScopeOf(ctx, auth.ReadContacts, "followup_page")
	if err != nil {
		return nil, err
	}
	i, err := in.id()
	if err != nil {
		return nil, err
	}
	r, err := s.Open(ctx, sc, i)
	if err != nil {
		return nil, err
	}
	out := &openOut{}
	out.Body.watchJSON, out.Body.Checks, out.Body.Orders = wire(r.Watch, r.Who), []checkJSON{}, []orderJSON{}
	for _, c := range r.Checks {
		out.Body.Checks = append(out.Body.Checks, wireCheck(c))
	}
	for _, o := range r.Orders {
		out.Body.Orders = append(out.Body.Orders, wireOrder(o))
	}
	return out, nil
}

type checkOut struct{ Body checkJSON }

func (s *Service) apiCheck(ctx context.Context, in *struct {
	idIn
	Body checkJSON
}) (*checkOut, error) {
	sc, err := auth.ScopeOf(ctx, auth.WriteContacts, "followup_check")
	if err != nil {
		return nil, err
	}
	i, err := in.id()
	if err != nil {
		return nil, err
	}
	c := Check{Watch: i, Source: Source(in.Body.Source), Answered: in.Body.Answered, Temperature: in.Body.Temperature, Symptoms: in.Body.Symptoms, Note: in.Body.Note}
	if err := c.ID.UnmarshalText([]byte(in.Body.ID)); err != nil {
		return nil, fault.Of(err).At("id", in.Body.ID)
	}
	if c, err = s.Check(ctx, sc, c); err != nil {
		return nil, err
	}
	if err := s.unseal(&c); err != nil {
		return nil, err
	}
	return &checkOut{wireCheck(c)}, nil
}

type watchOut struct{ Body watchJSON }

// did answers an act with the watch after it, without its person.
func did(w Watch, err error) (*watchOut, error) {
	if err != nil {
		return nil, err
	}
	return &watchOut{wire(w, Who{})}, nil
}

// writer is what every act on a watch begins with.
func writer(ctx context.Context, in idIn) (auth.Scope, id.ID, error) {
	sc, err := auth.ScopeOf(ctx, auth.WriteContacts, "followup_page")
	if err != nil {
		return sc, id.ID{}, err
	}
	i, err := in.id()
	return sc, i, err
}

func (s *Service) apiUndo(ctx context.Context, in *idIn) (*watchOut, error) {
	sc, i, err := writer(ctx, *in)
	if err != nil {
		return nil, err
	}
	return did(s.Undo(ctx, sc, i))
}

func (s *Service) apiDays(ctx context.Context, in *struct {
	idIn
	Body struct {
		Version   int    `json:"version" minimum:"1"`
		Protected bool   `json:"protected"`
		Place     string `json:"place" enum:"home,facility"`
		First     string `json:"first,omitempty"`
		Last      string `json:"last,omitempty" doc:"only where no rule is in force"`
		Reason    string `json:"reason" maxLength:"500"`
	}
}) (*watchOut, error) {
	sc, i, err := writer(ctx, in.idIn)
	if err != nil {
		return nil, err
	}
	errs := web.FieldErrors{}
	d := days(errs, map[string]string{"first": in.Body.First, "last": in.Body.Last})
	if len(errs) > 0 {
		return nil, errs
	}
	return did(s.Decide(ctx, sc, i, in.Body.Version, Decision{Protected: in.Body.Protected, Place: plan.Phase(in.Body.Place), Begin: d["first"], From: d["first"],
		Until: d["last"], Reason: in.Body.Reason}))
}

func (s *Service) apiChange(ctx context.Context, in *struct {
	idIn
	Body struct {
		Version int    `json:"version" minimum:"1"`
		Stay    int    `json:"stay" minimum:"0" doc:"place in dates.stays"`
		To      string `json:"to" doc:"its new last day"`
		Reason  string `json:"reason" maxLength:"500"`
	}
}) (*watchOut, error) {
	sc, i, err := writer(ctx, in.idIn)
	if err != nil {
		return nil, err
	}
	errs := web.FieldErrors{}
	d := days(errs, map[string]string{"to": in.Body.To})
	if len(errs) > 0 {
		return nil, errs
	}
	return did(s.Change(ctx, sc, i, in.Body.Version, plan.Change{Stay: in.Body.Stay, To: d["to"], Reason: in.Body.Reason}))
}

func (s *Service) apiProposal(ctx context.Context, in *struct {
	idIn
	Body struct {
		Version int    `json:"version" minimum:"1"`
		Accept  bool   `json:"accept"`
		Reason  string `json:"reason" maxLength:"500"`
	}
}) (*watchOut, error) {
	sc, i, err := writer(ctx, in.idIn)
	if err != nil {
		return nil, err
	}
	return did(s.Answer(ctx, sc, i, in.Body.Version, in.Body.Accept, in.Body.Reason))
}

func (s *Service) apiRelease(ctx context.Context, in *struct {
	idIn
	Body struct {
		Version int    `json:"version" minimum:"1"`
		On      string `json:"on" doc:"the last day that is kept"`
		Reason  string `json:"reason" maxLength:"500"`
	}
}) (*watchOut, error) {
	sc, i, err := writer(ctx, in.idIn)
	if err != nil {
		return nil, err
	}
	errs := web.FieldErrors{}
	d := days(errs, map[string]string{"on": in.Body.On})
	if len(errs) > 0 {
		return nil, errs
	}
	return did(s.Release(ctx, sc, i, in.Body.Version, d["on"], in.Body.Reason))
}

func (s *Service) apiResume(ctx context.Context, in *struct {
	idIn
	Body struct {
		Version int    `json:"version" minimum:"1"`
		Reason  string `json:"reason" maxLength:"500"`
	}
}) (*watchOut, error) {
	sc, i, err := writer(ctx, in.idIn)
	if err != nil {
		return nil, err
	}
	return did(s.Resume(ctx, sc, i, in.Body.Version, in.Body.Reason))
}

func (s *Service) apiHandled(ctx context.Context, in *struct {
	idIn
	Body struct {
		Version int    `json:"version" minimum:"1"`
		Reason  string `json:"reason" maxLength:"500" doc:"what was done"`
	}
}) (*watchOut, error) {
	sc, i, err := writer(ctx, in.idIn)
	if err != nil {
		return nil, err
	}
	return did(s.Handled(ctx, sc, i, in.Body.Version, in.Body.Reason))
}
