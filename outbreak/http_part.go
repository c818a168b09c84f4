package outbreak

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"khien/kernel/area"
	"khien/kernel/auth"
	"khien/kernel/day"
	"khien/kernel/fault"
	"khien/kernel/i18n"
	"khien/kernel/id"
	"khien/kernel/web"
)

// Namer answers what colleagues call an account; app lets auth answer.
type Namer interface {
	// AccountName returns "" for an account that is not known.
	AccountName(ctx context.Context, account id.ID) string
}

func (s *Service) partRoutes(write *web.Router) {
	write.Get("/cases/{id}/parts/new", s.getNewPart)
	write.Post("/cases/{id}/parts", s.postPart)
	write.Get("/cases/{id}/parts/{part}", s.getEditPart)
	write.Post("/cases/{id}/parts/{part}", s.postEditPart)
	write.Post("/cases/{id}/parts/{part}/remove", s.postRemovePart)
	write.Post("/cases/{id}/parts/{part}/restore", s.postRestorePart)
	write.Post("/cases/{id}/classify", s.postClassify)
}

// partForm is the form of a part of any kind.
type partForm struct {
	ID       id.ID     `form:"id"`
	Kind     string    `form:"kind,required"`
	Version  int       `form:"version"`
	Code     string    `form:"symptom"`
	From     day.Day   `form:"from"`
	To       day.Day   `form:"to"`
	Note     string    `form:"part_note,max=200"`
	Type     string    `form:"test_type"`
	Lab      string    `form:"laboratory,max=200"`
	Taken    time.Time `form:"taken,time"`
	Received time.Time `form:"received,time"`
	Run      time.Time `form:"test_run,time"`
	Reported time.Time `form:"test_reported,time"`
	Result   string    `form:"test_result"`
	Ct       float64   `form:"ct"`
	Facility string    `form:"facility,max=200"`
	Where    area.Code `form:"where"`
	Ward     string    `form:"ward"`
	Setting  string    `form:"setting"`
	Place    string    `form:"told_at,max=200"`
	Begun    time.Time `form:"begun,time"`
	Ended    time.Time `form:"ended,time"`
}

func (f partForm) part(c id.ID) Part {
	p := Part{ID: f.ID, Case: c, Kind: PartKind(f.Kind), Version: f.Version}
	switch p.Kind {
	case SymptomPart:
		p.Symptom = &Symptom{Code: f.Code, From: f.From, Note: f.Note}
	case TestPart:
		p.Test = &Test{Type: TestType(f.Type), Laboratory: f.Lab, Taken: f.Taken, Received: f.Received, Run: f.Run, Reported: f.Reported, Result: TestResult(f.Result), Ct: f.Ct}
	case HospitalPart:
		p.Hospital = &HospitalStay{Facility: f.Facility, Area: f.Where, Ward: Ward(f.Ward), From: f.From, To: f.To}
	case ExposurePart:
		p.Exposure = &Told{Kind: ToldKind(f.Setting), Place: f.Place, Area: f.Where, From: f.Begun, To: f.Ended, Note: f.Note}
	}
	return p
}

// formOfPart is the form that shows a part.
func formOfPart(p Part) web.Form {
	f := web.NewForm("kind", string(p.Kind), "version", strconv.Itoa(p.Version))
	f.ID = p.ID.String()
	set := func(pairs ...string) {
		for i := 0; i < len(pairs); i += 2 {
			f.Values.Set(pairs[i], pairs[i+1])
		}
	}
	switch {
	case p.Symptom != nil:
		set("symptom", p.Symptom.Code, "from", p.Symptom.From.String(), "part_note", p.Symptom.Note)
	case p.Test != nil:
		ct := ""
		if p.Test.Ct != 0 {
			ct = strconv.FormatFloat(p.Test.Ct, 'f', -1, 64)
		}
		set("test_type", string(p.Test.Type), "laboratory", p.Test.Laboratory, "taken", moment(p.Test.Taken), "received", moment(p.Test.Received),
			"test_run", moment(p.Test.Run), "test_reported", moment(p.Test.Reported), "test_result", string(p.Test.Result), "ct", ct)
	case p.Hospital != nil:
		set("facility", p.Hospital.Facility, "where", p.Hospital.Area.String(), "ward", string(p.Hospital.Ward), "from", p.Hospital.From.String(), "to", p.Hospital.To.String())
	case p.Exposure != nil:
		set("setting", string(p.Exposure.Kind), "told_at", p.Exposure.Place, "where", p.Exposure.Area.String(), "begun", moment(p.Exposure.From),
			"ended", moment(p.Exposure.To), "part_note", p.Exposure.Note)
	}
	return f
}

// moment is a time as a form's field has it.
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(i18n.Zone).Format("2006-01-02T15:04")
}

type partPage struct {
	Form                                   web.Form
	Case                                   Case
	Kind                                   PartKind
	New                                    bool
	Codes, Types, Results, Wards, Settings []web.Choice
	Places                                 []web.Choice
}

func (s *Service) renderPart(w http.ResponseWriter, r *http.Request, status int, c Case, k PartKind, fresh bool, f web.Form) error {
	if !slices.Contains(PartKinds, k) {
		return fault.New(fault.NotFound, "outbreak.part")
	}
	p := partPage{Form: f, Case: c, Kind: k, New: fresh, Codes: choicesOf(r, "outbreak.symptom.", SymptomCodes, ""),
		Types: choicesOf(r, "outbreak.test.", TestTypes, ""), Results: choicesOf(r, "outbreak.result.", TestResults, "outbreak.result.none"),
		Wards: choicesOf(r, "outbreak.ward.", Wards, ""), Settings: choicesOf(r, "outbreak.setting.", ToldKinds, "")}
	if k == HospitalPart || k == ExposurePart {
		p.Places = s.withUnit(s.stayChoices(r), f.Value("where"))
	}
	return s.views.Render(w, r, status, "outbreak/part.html", p)
}

// withUnit adds the unit that a form holds already, when it is none of the choices.
func (s *Service) withUnit(cs []web.Choice, code string) []web.Choice {
	if code == "" || slices.ContainsFunc(cs, func(c web.Choice) bool { return c.Value == code }) {
		return cs
	}
	c, err := area.Parse(code)
	if _, known := s.gazetteer.Unit(c); err != nil || !known {
		return cs
	}
	return append(cs, web.Choice{Value: code, Text: s.gazetteer.Title(c)})
}

func (s *Service) getNewPart(w http.ResponseWriter, r *http.Request) error {
	var q struct {
		Kind string `form:"kind,required"`
	}
	if err := web.Decode(r, &q); err != nil {
		return err
	}
	c, _, _, err := s.readFor(r, auth.WriteCases, "case_part")
	if err != nil {
		return err
	}
	return s.renderPart(w, r, http.StatusOK, c, PartKind(q.Kind), true, web.NewForm("kind", q.Kind, "version", "0"))
}

// caseAndPart are the ids of the path.
func caseAndPart(r *http.Request) (c, p id.ID, err error) {
	if c, err = id.Parse(r.PathValue("id")); err != nil {
		return c, p, fault.New(fault.NotFound, "outbreak.case")
	}
	if p, err = id.Parse(r.PathValue("part")); err != nil {
		return c, p, fault.New(fault.NotFound, "outbreak.part")
	}
	return c, p, nil
}

func (s *Service) getEditPart(w http.ResponseWriter, r *http.Request) error {
	sc, err := auth.ScopeOf(r.Context(), auth.WriteCases, "case_part")
	if err != nil {
		return err
	}
	c, part, err := caseAndPart(r)
	if err != nil {
		return err
	}
	whole, err := s.ReadWhole(r.Context(), sc, c)
	if err != nil {
		return err
	}
	for _, p := range whole.Parts {
		if p.ID == part && !p.Removed {
			return s.renderPart(w, r, http.StatusOK, whole.Case, p.Kind, false, formOfPart(p))
		}
	}
	return fault.New(fault.NotFound, "outbreak.part")
}

func (s *Service) postPart(w http.ResponseWriter, r *http.Request) error {
	i, err := id.Parse(r.PathValue("id"))
	if err != nil {
		return fault.New(fault.NotFound, "outbreak.case")
	}
	return s.putPartForm(w, r, i, id.ID{})
}

func (s *Service) postEditPart(w http.ResponseWriter, r *http.Request) error {
	c, part, err := caseAndPart(r)
	if err != nil {
		return err
	}
	return s.putPartForm(w, r, c, part)
}

// putPartForm writes the part of a form, and shows the form again when its fields
// are refused.
func (s *Service) putPartForm(w http.ResponseWriter, r *http.Request, c, part id.ID) error {
	sc, err := auth.ScopeOf(r.Context(), auth.WriteCases, "case_part")
	if err != nil {
		return err
	}
	var f partForm
	if err = web.Decode(r, &f); err == nil {
		p := f.part(c)
		if !part.IsZero() {
			p.ID = part
		}
		_, err = s.PutPart(r.Context(), sc, p)
	}
	if err == nil {
		return web.Redirect(w, r, "/cases/"+c.String(), "outbreak.part")
	}
	if len(web.Refused(err)) == 0 {
		return err
	}
	whole, _, rerr := s.Read(r.Context(), sc, c)
	if rerr != nil {
		return rerr
	}
	form := web.FormOf(r, err)
	return s.renderPart(w, r, http.StatusUnprocessableEntity, whole, PartKind(form.Value("kind")), part.IsZero(), form)
}

func (s *Service) postRemovePart(w http.ResponseWriter, r *http.Request) error {
	return s.postRemoved(w, r, s.RemovePart, "outbreak.part_removed")
}

func (s *Service) postRestorePart(w http.ResponseWriter, r *http.Request) error {
	return s.postRemoved(w, r, s.RestorePart, "outbreak.part_restored")
}

func (s *Service) postRemoved(w http.ResponseWriter, r *http.Request, do func(context.Context, auth.Scope, id.ID, id.ID) error, done string) error {
	sc, err := auth.ScopeOf(r.Context(), auth.WriteCases, "case_part")
	if err != nil {
		return err
	}
	c, part, err := caseAndPart(r)
	if err != nil {
		return err
	}
	if err := do(r.Context(), sc, c, part); err != nil {
		return err
	}
	return web.Redirect(w, r, "/cases/"+c.String(), done)
}

type classifyForm struct {
	Version int    `form:"version,required"`
	Is      string `form:"classification,required"`
	Rule    string `form:"rule"`
	Why     string `form:"class_why,max=200"`
}

func (s *Service) postClassify(w http.ResponseWriter, r *http.Request) error {
	sc, err := auth.ScopeOf(r.Context(), auth.WriteCases, "case_classify")
	if err != nil {
		return err
	}
	i, err := id.Parse(r.PathValue("id"))
	if err != nil {
		return fault.New(fault.NotFound, "outbreak.case")
	}
	var f classifyForm
	if err := web.Decode(r, &f); err != nil {
		return err
	}
	if _, err := s.Classify(r.Context(), sc, i, f.Version, Judgement{Is: Classification(f.Is), Rule: f.Rule, Why: f.Why}); err != nil {
		return err
	}
	return web.Redirect(w, r, "/cases/"+i.String(), "outbreak.classified")
}
