package declaration

import (
	"context"
	"encoding/json"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"khien/kernel/auth"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/phone"
	"khien/kernel/web"
)

// api registers /api/v1/declarations.
func (s *Service) api(rt *web.Router) {
	api := rt.API()
	op := func(name, method, path, summary string, status int) huma.Operation {
		return huma.Operation{OperationID: name, Method: method, Path: path, Summary: summary, DefaultStatus: status, Tags: []string{"declarations"}}
	}
	one, batch := op("declare", "POST", "/declarations", "Make a health declaration, by a proven phone or an account; the same id again answers as the first did", 201),
		op("declare-many", "POST", "/declarations/batch", "Up to 200 declarations of an account or a gateway; a refused one changes nothing for the others", 200)
	web.Limits(web.MaxBody(formBytes))(&one)
	web.Limits(web.MaxBody(8<<20), web.Timeout(time.Minute))(&batch)
	huma.Register(api, one, s.apiDeclare)
	huma.Register(api, batch, s.apiDeclareMany)
	huma.Register(api, op("declaration-forms", "GET", "/declarations/forms", "The forms and the rules in force", 200), s.apiForms)
	huma.Register(api, op("my-declarations", "GET", "/declarations", "What this phone declared, the newest first", 200), s.apiMine)
	huma.Register(api, op("my-declaration", "GET", "/declarations/{id}", "One declaration of this phone", 200), s.apiOne)
	huma.Register(api, op("correct-declaration", "PUT", "/declarations/{id}", "Correct a declaration of this phone, if it still is at the given version", 200), s.apiCorrect)
	huma.Register(api, op("withdraw-declaration", "DELETE", "/declarations/{id}", "Withdraw a declaration of this phone", 204), s.apiWithdraw)
	huma.Register(api, op("check-declaration", "POST", "/declarations/verify", "How a scanned declaration stands now, for gates; it is audited", 200), s.apiCheck)
}

// by says who declares: an account that may, else the phone.
func by(ctx context.Context) (By, error) {
	if _, signed := auth.SessionOf(ctx); signed {
		sc, err := auth.ScopeOf(ctx, auth.WriteDeclarations, "declaration_api")
		if err == nil {
			return By{Scope: sc}, nil
		}
		if _, ok := phone.DeviceOf(ctx); !ok {
			return By{}, err
		}
	}
	if d, ok := phone.DeviceOf(ctx); ok {
		return By{Device: d}, nil
	}
	return By{}, web.ErrProve
}

// whole is a declaration with its code and what its person is to do.
func (s *Service) whole(ctx context.Context, d Declaration, c Content) (j declarationJSON, err error) {
	j = wire(d)
	n, _ := s.ruleLine(d, c.Answers)
	j.Why, j.Do = n.Why.In(web.Lang(ctx)), n.Do.In(web.Lang(ctx))
	if d.Withdrawn.IsZero() {
		j.Code, err = s.Code(d)
	}
	return j, err
}

// toPhone completes a draft of a phone with the person whom it names.
func (s *Service) toPhone(ctx context.Context, dev phone.Device, j draftJSON, d *Draft) error {
	if j.Who != nil {
		return nil
	}
	people, err := s.Phones.Identities(ctx, dev)
	if err != nil {
		return err
	}
	number, err := s.Phones.Number(ctx, dev)
	if err != nil {
		return err
	}
	for _, p := range people {
		if p.ID.String() == j.For || j.For == "" && p.Self {
			d.Person, d.Who = p.Person, whoOf(p, number)
			return nil
		}
	}
	return fault.New(fault.Invalid, "phone.identity").At("for", "")
}

type declareIn struct{ Body draftJSON }

func (s *Service) apiDeclare(ctx context.Context, in *declareIn) (*oneOut, error) {
	b, err := by(ctx)
	if err != nil {
		return nil, err
	}
	d, err := in.Body.draft(web.Lang(ctx))
	if err != nil {
		return nil, err
	}
	if b.isPhone() {
		if err := s.toPhone(ctx, b.Device, in.Body, &d); err != nil {
			return nil, err
		}
	}
	made, err := s.Declare(ctx, b, d)
	if err != nil {
		return nil, err
	}
	j, err := s.whole(ctx, made, d.Content)
	return &oneOut{j}, err
}

type declareManyIn struct {
	Body struct {
		Declarations []draftJSON `json:"declarations" minItems:"1" maxItems:"200"`
	}
}

type resultJSON struct {
	ID     string        `json:"id"`
	State  string        `json:"state" enum:"made,known,refused"`
	Grade  string        `json:"grade,omitempty"`
	Until  string        `json:"until,omitempty"`
	Short  string        `json:"short,omitempty"`
	Why    string        `json:"why,omitempty" doc:"key of the refusal, for programs"`
	Errors []web.Trouble `json:"errors,omitempty" doc:"what is wrong with which field"`
}

type declareManyOut struct {
	Body struct {
		Results []resultJSON `json:"results" doc:"in the order of the declarations"`
	}
}

func (s *Service) apiDeclareMany(ctx context.Context, in *declareManyIn) (*declareManyOut, error) {
	sc, err := auth.ScopeOf(ctx, auth.WriteDeclarations, "declaration_batch")
	if err != nil {
		return nil, err
	}
	out := &declareManyOut{}
	out.Body.Results = make([]resultJSON, len(in.Body.Declarations))
	var drafts []Draft
	var at []int
	for i, j := range in.Body.Declarations {
		out.Body.Results[i].ID = j.ID
		d, err := j.draft(web.Lang(ctx))
		if err == nil && j.Who == nil {
			err = fault.New(fault.Invalid, "form.required").At("who", "")
		}
		if err != nil {
			out.Body.Results[i] = refusal(ctx, j.ID, err)
			continue
		}
		drafts, at = append(drafts, d), append(at, i)
	}
	if len(drafts) == 0 {
		return out, nil
	}
	results, err := s.DeclareAll(ctx, By{Scope: sc}, drafts)
	for n, r := range results {
		d := r.Declaration
		if out.Body.Results[at[n]] = (resultJSON{drafts[n].ID.String(), string(r.State), string(d.Grade), stamp(d.Until), d.Short, "", nil}); r.State == Refused {
			out.Body.Results[at[n]] = refusal(ctx, drafts[n].ID.String(), r.Err)
		}
	}
	return out, err
}

func refusal(ctx context.Context, i string, err error) resultJSON {
	p := web.APIError(ctx, err)
	return resultJSON{ID: i, State: string(Refused), Why: p.Code, Errors: p.Errors}
}

type formsOut struct {
	Body struct {
		Forms []Form `json:"forms"`
		Rules Rules  `json:"rules"`
	}
}

func (s *Service) apiForms(ctx context.Context, _ *struct{}) (*formsOut, error) {
	out := &formsOut{}
	for _, k := range Kinds {
		f, err := s.Form(ctx, k)
		if err != nil {
			return nil, err
		}
		out.Body.Forms = append(out.Body.Forms, f)
	}
	out.Body.Rules = s.rulesToday()
	return out, nil
}

type mineOut struct {
	Body struct {
		Declarations []declarationJSON `json:"declarations"`
	}
}

func (s *Service) apiMine(ctx context.Context, _ *struct{}) (*mineOut, error) {
	d, ok := phone.DeviceOf(ctx)
	if !ok {
		return nil, web.ErrProve
	}
	ds, cs, err := s.MineAll(ctx, d)
	out := &mineOut{}
	out.Body.Declarations = []declarationJSON{}
	for i := range ds {
		j := wire(ds[i])
		j.Who = wireWho(cs[i].Who)
		out.Body.Declarations = append(out.Body.Declarations, j)
	}
	return out, err
}

type pathIn struct {
	ID string `path:"id" maxLength:"36"`
}

func (p pathIn) id() (id.ID, error) {
	i, err := id.Parse(p.ID)
	if err != nil {
		return i, errNone
	}
	return i, nil
}

func (s *Service) apiOne(ctx context.Context, in *pathIn) (*oneOut, error) {
	d, ok := phone.DeviceOf(ctx)
	if !ok {
		return nil, web.ErrProve
	}
	i, err := in.id()
	if err != nil {
		return nil, err
	}
	dec, c, err := s.Mine(ctx, d, i)
	if err != nil {
		return nil, err
	}
	j, err := s.whole(ctx, dec, c)
	j.Who, j.Answers = wireWho(c.Who), c.Answers
	return &oneOut{j}, err
}

type correctIn struct {
	pathIn
	Body struct {
		Version int                        `json:"version" minimum:"1" doc:"of the declaration as read"`
		Form    int                        `json:"form,omitempty" minimum:"0"`
		Answers map[string]json.RawMessage `json:"answers"`
	}
}

func (s *Service) apiCorrect(ctx context.Context, in *correctIn) (*oneOut, error) {
	dev, ok := phone.DeviceOf(ctx)
	if !ok {
		return nil, web.ErrProve
	}
	if _, err := in.id(); err != nil {
		return nil, err
	}
	d, err := (draftJSON{ID: in.ID, Form: in.Body.Form, Answers: in.Body.Answers}).draft(web.Lang(ctx))
	if err != nil {
		return nil, err
	}
	now, err := s.Correct(ctx, dev, in.Body.Version, d)
	if err != nil {
		return nil, err
	}
	j, err := s.whole(ctx, now, d.Content)
	return &oneOut{j}, err
}

func (s *Service) apiWithdraw(ctx context.Context, in *pathIn) (*struct{}, error) {
	d, ok := phone.DeviceOf(ctx)
	if !ok {
		return nil, web.ErrProve
	}
	i, err := in.id()
	if err != nil {
		return nil, err
	}
	return nil, s.Withdraw(ctx, d, i)
}

type checkIn struct {
	Body struct {
		Text string `json:"text" maxLength:"4000" doc:"of the QR code, or the ten letters below it"`
	}
}

type checkOut struct {
	Body struct {
		Standing string `json:"standing" enum:"valid,expired,withdrawn,corrected"`
		Worst    string `json:"worst" doc:"the worst grade of all its versions"`
		Initials string `json:"initials" doc:"of the person's name, to compare with their card"`
		Year     string `json:"birth_year"`
		declarationJSON
	}
}

func (s *Service) apiCheck(ctx context.Context, in *checkIn) (*checkOut, error) {
	sc, err := auth.ScopeOf(ctx, auth.ReadDeclarations, "declaration_gate")
	if err != nil {
		return nil, err
	}
	c, err := s.Check(ctx, sc, in.Body.Text)
	if err != nil {
		return nil, err
	}
	out := &checkOut{}
	out.Body.Standing, out.Body.Worst, out.Body.Initials, out.Body.Year, out.Body.declarationJSON = string(c.Standing), string(c.Worst), c.Initials, c.Year, wire(c.Declaration)
	return out, nil
}
