package outbreak

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"khien/kernel/auth"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/person"
)

// partJSON is a part on the wire: the object that its kind names is set.
type partJSON struct {
	ID       string        `json:"id,omitempty" doc:"UUIDv7, made by whoever creates the part: the idempotency key" format:"uuid"`
	Kind     string        `json:"kind" enum:"symptom,test,hospital_stay,exposure"`
	Version  int           `json:"version,omitempty" doc:"of the part as read; 0 creates" minimum:"0"`
	Removed  bool          `json:"removed,omitempty" readOnly:"true"`
	Symptom  *symptomJSON  `json:"symptom,omitempty"`
	Test     *testJSON     `json:"test,omitempty"`
	Hospital *hospitalJSON `json:"hospital_stay,omitempty"`
	Exposure *toldJSON     `json:"exposure,omitempty"`
}

type symptomJSON struct {
	Code string `json:"code" doc:"of the list of symptoms" example:"fever"`
	From string `json:"from,omitempty" doc:"first day" example:"2021-05-10"`
	Note string `json:"note,omitempty" maxLength:"200"`
}

type testJSON struct {
	Type       string  `json:"type" enum:"rt_pcr,antigen,antibody,other"`
	Laboratory string  `json:"laboratory,omitempty" maxLength:"200"`
	Taken      string  `json:"taken,omitempty" example:"2021-05-12T08:00:00+07:00"`
	Received   string  `json:"received,omitempty"`
	Run        string  `json:"run,omitempty"`
	Reported   string  `json:"reported,omitempty"`
	Result     string  `json:"result,omitempty" enum:",positive,negative,indeterminate"`
	Ct         float64 `json:"ct,omitempty" minimum:"0" maximum:"60"`
}

type hospitalJSON struct {
	Facility string `json:"facility" maxLength:"200"`
	Area     string `json:"area,omitempty" example:"2021/01"`
	Ward     string `json:"ward" enum:"isolation,hospitalization,icu"`
	From     string `json:"from" example:"2021-05-14"`
	To       string `json:"to,omitempty"`
}

type toldJSON struct {
	Kind  string `json:"kind" enum:"household,work,school,health_care,gathering,transport,place,other"`
	Place string `json:"place" maxLength:"200"`
	Area  string `json:"area,omitempty"`
	From  string `json:"from" example:"2021-05-06T10:00:00+07:00"`
	To    string `json:"to,omitempty"`
	Note  string `json:"note,omitempty" maxLength:"200"`
}

// part reads the wire form, whose names are those of Part.
func (j partJSON) part(c string) (p Part, err error) {
	b, err := json.Marshal(j)
	if err != nil {
		return p, fmt.Errorf("outbreak: part: %w", err)
	}
	if err := json.Unmarshal(b, &p); err != nil {
		if f := fault.Of(err); f != nil {
			return p, f
		}
		return p, fault.New(fault.Invalid, "outbreak.part_form").At(j.Kind, "").Because(err)
	}
	p.Version = j.Version
	p.Case, err = id.Parse(c)
	return p, err
}

func wirePart(p Part) (j partJSON, err error) {
	b, err := json.Marshal(p)
	if err == nil {
		err = json.Unmarshal(b, &j)
	}
	j.Version, j.Removed = p.Version, p.Removed
	return j, err
}

type partIn struct {
	ID   string `path:"id" format:"uuid"`
	Part string `path:"part" format:"uuid"`
	Body partJSON
}

type partOut struct{ Body partJSON }

type partKey struct {
	ID   string `path:"id" format:"uuid"`
	Part string `path:"part" format:"uuid"`
}

type wholeOut struct {
	Body struct {
		Case     caseJSON      `json:"case"`
		Parts    []partJSON    `json:"parts" doc:"removed ones too"`
		History  []judgeJSON   `json:"history" doc:"changes of the classification, the first first"`
		Earlier  []earlierJSON `json:"earlier" doc:"cases of the same person before this one"`
		Proposal *proposedJSON `json:"proposal,omitempty" doc:"what the rules make of the tests"`
	}
}

type judgeJSON struct {
	At    string `json:"at"`
	Actor string `json:"actor"`
	Was   string `json:"was"`
	Is    string `json:"is"`
	Rule  string `json:"rule,omitempty"`
	Why   string `json:"why,omitempty"`
}

type earlierJSON struct {
	Case       string `json:"case,omitempty" doc:"absent when another area answers for it"`
	Number     string `json:"number,omitempty"`
	On         string `json:"on"`
	Days       int    `json:"days"`
	Reinfected bool   `json:"reinfected" doc:"90 days or more"`
}

type proposedJSON struct {
	Classification string `json:"classification"`
	Rule           string `json:"rule"`
	Source         string `json:"source"`
	Onset          string `json:"onset,omitempty"`
	Specimen       string `json:"specimen,omitempty"`
	Confirmed      string `json:"confirmed,omitempty"`
}

func (s *Service) partAPI(api huma.API, security []map[string][]string) {
	huma.Register(api, huma.Operation{OperationID: "read-whole-case", Method: "GET", Path: "/cases/{id}/whole", Security: security,
		Summary: "One case with its symptoms, tests, hospital stays, exposures and history; the reading is audited"}, s.wholeAPI)
	huma.Register(api, huma.Operation{OperationID: "put-part", Method: "PUT", Path: "/cases/{id}/parts/{part}", Security: security,
		Summary: "Write a symptom, test, hospital stay or exposure of a case; the same again answers as the first time did"}, s.putPartAPI)
	huma.Register(api, huma.Operation{OperationID: "remove-part", Method: "DELETE", Path: "/cases/{id}/parts/{part}", Security: security, DefaultStatus: 204,
		Summary: "Take a part away; it can be put back"}, func(ctx context.Context, in *partKey) (*struct{}, error) {
		return nil, s.removedAPI(ctx, in, s.RemovePart)
	})
	huma.Register(api, huma.Operation{OperationID: "restore-part", Method: "POST", Path: "/cases/{id}/parts/{part}/restore", Security: security, DefaultStatus: 204,
		Summary: "Put back a part that was taken away"}, func(ctx context.Context, in *partKey) (*struct{}, error) {
		return nil, s.removedAPI(ctx, in, s.RestorePart)
	})
	huma.Register(api, huma.Operation{OperationID: "classify-case", Method: "POST", Path: "/cases/{id}/classification", Security: security,
		Summary: "Decide a case's classification, with a reason or by the rule that proposes it"}, s.classifyAPI)
}

func (s *Service) wholeAPI(ctx context.Context, in *caseIn) (*wholeOut, error) {
	sc, err := auth.ScopeOf(ctx, auth.ReadCases, "case_page")
	if err != nil {
		return nil, err
	}
	i, err := id.Parse(in.ID)
	if err != nil {
		return nil, err
	}
	w, err := s.ReadWhole(ctx, sc, i)
	if err != nil {
		return nil, err
	}
	return wireWhole(w)
}

func wireWhole(w Whole) (*wholeOut, error) {
	out := &wholeOut{}
	b := &out.Body
	b.Case, b.Parts, b.History, b.Earlier = wireCase(w.Case, w.Who), []partJSON{}, []judgeJSON{}, []earlierJSON{}
	for _, p := range w.Parts {
		j, err := wirePart(p)
		if err != nil {
			return nil, err
		}
		b.Parts = append(b.Parts, j)
	}
	for _, j := range w.History {
		b.History = append(b.History, judgeJSON{j.At.Format(time.RFC3339), j.Actor, string(j.Was), string(j.Is), j.Rule, j.Why})
	}
	for _, e := range w.Earlier {
		j := earlierJSON{Number: e.Number, On: e.On.String(), Days: e.Days, Reinfected: e.Reinfected()}
		if !e.Case.IsZero() {
			j.Case = e.Case.String()
		}
		b.Earlier = append(b.Earlier, j)
	}
	if p := w.Proposal; p != nil {
		b.Proposal = &proposedJSON{string(p.Is), p.Rule, p.Source, p.Onset.String(), p.Specimen.String(), p.Confirmed.String()}
	}
	return out, nil
}

func (s *Service) putPartAPI(ctx context.Context, in *partIn) (*partOut, error) {
	sc, err := auth.ScopeOf(ctx, auth.WriteCases, "case_part")
	if err != nil {
		return nil, err
	}
	in.Body.ID = in.Part
	p, err := in.Body.part(in.ID)
	if err != nil {
		return nil, err
	}
	if p, err = s.PutPart(ctx, sc, p); err != nil {
		return nil, err
	}
	j, err := wirePart(p)
	return &partOut{j}, err
}

func (s *Service) removedAPI(ctx context.Context, in *partKey, do func(context.Context, auth.Scope, id.ID, id.ID) error) error {
	sc, err := auth.ScopeOf(ctx, auth.WriteCases, "case_part")
	if err != nil {
		return err
	}
	c, err := id.Parse(in.ID)
	if err != nil {
		return err
	}
	part, err := id.Parse(in.Part)
	if err != nil {
		return err
	}
	return do(ctx, sc, c, part)
}

func (s *Service) classifyAPI(ctx context.Context, in *struct {
	ID   string `path:"id" format:"uuid"`
	Body struct {
		Version        int    `json:"version" doc:"of the case as read"`
		Classification string `json:"classification" enum:"suspected,probable,confirmed,discarded"`
		Rule           string `json:"rule,omitempty" doc:"that proposes it"`
		Why            string `json:"why,omitempty" maxLength:"200"`
	}
}) (*caseOut, error) {
	sc, err := auth.ScopeOf(ctx, auth.WriteCases, "case_classify")
	if err != nil {
		return nil, err
	}
	i, err := id.Parse(in.ID)
	if err != nil {
		return nil, err
	}
	c, err := s.Classify(ctx, sc, i, in.Body.Version, Judgement{Is: Classification(in.Body.Classification), Rule: in.Body.Rule, Why: in.Body.Why})
	if err != nil {
		return nil, err
	}
	return &caseOut{wireCase(c, person.Person{})}, nil
}
