package followup

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"khien/kernel/auth"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/web"
)

// checkForm is a check as any of its forms sends it.
type checkForm struct {
	ID          id.ID    `form:"id,required"`
	Source      Source   `form:"check_source"`
	Answered    string   `form:"answered"` // "no": nobody answered
	Temperature string   `form:"temperature,max=8"`
	Symptoms    []string `form:"signs"`
	None        bool     `form:"no_signs"`
	Note        string   `form:"check_note,max=500"`
}

func (f checkForm) check() (Check, error) {
	t, err := Tenths(f.Temperature)
	if err != nil {
		return Check{}, err
	}
	if f.None && len(f.Symptoms) > 0 {
		return Check{}, fault.New(fault.Invalid, "followup.none_and_some").At("signs", "")
	}
	return Check{ID: f.ID, Source: f.Source, Answered: f.Answered != "no", Temperature: t, Symptoms: f.Symptoms, Note: f.Note}, nil
}

func symptomChoices(r *http.Request) (cs []web.Choice) {
	for _, c := range SymptomCodes {
		cs = append(cs, web.Choice{Value: c, Text: web.T(r.Context(), "followup.symptom."+c)})
	}
	return cs
}

func (s *Service) postCheck(w http.ResponseWriter, r *http.Request) error {
	sc, err := auth.ScopeOf(r.Context(), auth.WriteContacts, "followup_check")
	if err != nil {
		return err
	}
	i, err := pathID(r)
	if err != nil {
		return err
	}
	var f checkForm
	err = web.Decode(r, &f)
	var c Check
	if err == nil {
		c, err = f.check()
	}
	if err == nil {
		c.Watch = i
		c, err = s.Check(r.Context(), sc, c)
	}
	if err != nil {
		return s.refuse(w, r, err)
	}
	return web.Redirect(w, r, "/followups/"+i.String(), doneOf(c))
}

// doneOf names what a check came to.
func doneOf(c Check) string {
	switch {
	case !c.Answered:
		return "followup.no_answer"
	case c.Ill():
		return "followup.ill"
	}
	return "followup.checked"
}

func (s *Service) postUndo(w http.ResponseWriter, r *http.Request) error {
	sc, err := auth.ScopeOf(r.Context(), auth.WriteContacts, "followup_check")
	if err != nil {
		return err
	}
	i, err := pathID(r)
	if err != nil {
		return err
	}
	watch, err := s.Undo(r.Context(), sc, i)
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/followups/"+watch.ID.String(), "followup.undone")
}

// The script of a call: whether somebody answers, the symptoms one by one, the
// temperature, a note, and what was said, to be kept.
var script = slices.Concat([]string{"greet"}, SymptomCodes, []string{"temperature", "note", "sum"})

// callForm is what has been said so far, and the answer to the last question.
type callForm struct {
	checkForm
	Step   int    `form:"step"`
	Answer string `form:"answer"` // "yes", "no", "back"; of a form of its own "next"
}

type callPage struct {
	Row
	Step, Of    int
	Question    string // of script
	Form        web.Form
	ID          string
	Temperature string
	Signs       []string
	Note        string
	Err         error
	Action      string
}

func (s *Service) getCall(w http.ResponseWriter, r *http.Request) error {
	return s.showCall(w, r, http.StatusOK, callForm{checkForm: checkForm{ID: id.New()}}, nil)
}

func (s *Service) showCall(w http.ResponseWriter, r *http.Request, status int, f callForm, refusal error) error {
	sc, err := auth.ScopeOf(r.Context(), auth.WriteContacts, "followup_call")
	if err != nil {
		return err
	}
	i, err := pathID(r)
	if err != nil {
		return err
	}
	rec, err := s.Open(r.Context(), sc, i)
	if err != nil {
		return err
	}
	if !rec.State.Open() {
		return errClosed
	}
	f.Step = min(max(f.Step, 0), len(script)-1)
	form := web.NewForm("temperature", f.Temperature, "check_note", f.Note)
	form.Errors = web.Refused(refusal)
	if len(form.Errors) > 0 {
		refusal = nil
	}
	return s.Views.Render(w, r, status, "followup/call.html", callPage{Row: Row{rec.Watch, rec.Who}, Step: f.Step, Of: len(script), Question: script[f.Step],
		Form: form, ID: f.ID.String(), Temperature: f.Temperature, Signs: f.Symptoms, Note: f.Note, Err: refusal, Action: "/followups/" + i.String() + "/call"})
}

// postCall takes one answer and asks the next question; the last one writes the
// check down. What was said so far travels in the form, not in the address.
func (s *Service) postCall(w http.ResponseWriter, r *http.Request) error {
	var f callForm
	if err := web.Decode(r, &f); err != nil {
		return err
	}
	if f.Step < 0 || f.Step >= len(script) {
		return fault.New(fault.Invalid, "form.body").At("step", strconv.Itoa(f.Step))
	}
	switch q := script[f.Step]; {
	case f.Answer == "back":
		f.Step = max(0, f.Step-1)
		return s.showCall(w, r, http.StatusOK, f, nil)
	case q == "greet" && f.Answer == "no":
		return s.keepCall(w, r, checkForm{ID: f.ID, Answered: "no"})
	case q == "sum":
		return s.keepCall(w, r, f.checkForm)
	case q == "temperature":
		if _, err := Tenths(f.Temperature); err != nil {
			return s.showCall(w, r, http.StatusUnprocessableEntity, f, err)
		}
	case slices.Contains(SymptomCodes, q):
		f.Symptoms = slices.DeleteFunc(f.Symptoms, func(c string) bool { return c == q })
		if f.Answer == "yes" {
			f.Symptoms = append(f.Symptoms, q)
		}
	}
	f.Step++
	return s.showCall(w, r, http.StatusOK, f, nil)
}

func (s *Service) keepCall(w http.ResponseWriter, r *http.Request, f checkForm) error {
	sc, err := auth.ScopeOf(r.Context(), auth.WriteContacts, "followup_call")
	if err != nil {
		return err
	}
	i, err := pathID(r)
	if err != nil {
		return err
	}
	f.Source = ByPhone
	c, err := f.check()
	if err == nil {
		c.Watch = i
		c, err = s.Check(r.Context(), sc, c)
	}
	if err != nil {
		return s.refuse(w, r, err)
	}
	return web.Redirect(w, r, "/followups/"+i.String(), doneOf(c))
}

// ownPage is own.html: today's form of a contact, or that it is in.
type ownPage struct {
	Today
	Action   string
	Form     web.Form
	Symptoms []web.Choice
	Signs    []string
	Severe   bool
	Ill      bool
	Err      error
}

func (s *Service) own(r *http.Request) (token string, today Today, err error) {
	if ok, wait := s.tries.Allow(web.AddrKey(r)); !ok {
		return "", today, web.Rate(wait)
	}
	token = r.PathValue("token")
	today, err = s.Own(r.Context(), token)
	return token, today, err
}

func (s *Service) getOwn(w http.ResponseWriter, r *http.Request) error {
	token, today, err := s.own(r)
	if err != nil {
		return err
	}
	return s.Views.Render(w, r, http.StatusOK, "followup/own.html", ownPage{Today: today, Action: "/f/" + url.PathEscape(token), Form: web.NewForm(), Symptoms: symptomChoices(r)})
}

func (s *Service) postOwn(w http.ResponseWriter, r *http.Request) error {
	token, today, err := s.own(r)
	if err != nil {
		return err
	}
	var f checkForm
	var c Check
	if err = web.Decode(r, &f); err == nil {
		c, err = f.check()
	}
	if err == nil && !f.None && !c.Ill() {
		err = fault.New(fault.Invalid, "followup.none_or_some").At("signs", "")
	}
	if err == nil {
		_, err = s.AnswerOwn(r.Context(), token, c)
	}
	p := ownPage{Today: today, Action: "/f/" + url.PathEscape(token), Symptoms: symptomChoices(r), Signs: f.Symptoms}
	if err == nil {
		p.Done, p.CanFix, p.Ill, p.Severe, p.Form = true, true, c.Ill(), c.Severe(), web.NewForm()
		return s.Views.Render(w, r, http.StatusOK, "followup/own.html", p)
	}
	refusal := fault.Of(err)
	if refusal == nil || refusal.Kind != fault.Invalid && refusal.Kind != fault.Conflict {
		return err
	}
	if p.Form = web.FormOf(r, err); len(p.Form.Errors) == 0 {
		p.Err = err
	}
	return s.Views.Render(w, r, http.StatusUnprocessableEntity, "followup/own.html", p)
}

func (s *Service) postUndoOwn(w http.ResponseWriter, r *http.Request) error {
	token, _, err := s.own(r)
	if err != nil {
		return err
	}
	if err := web.Decode(r, &struct {
		ID id.ID `form:"id"`
	}{}); err != nil {
		return err
	}
	if err := s.UndoOwn(r.Context(), token); err != nil {
		return err
	}
	return web.Redirect(w, r, "/f/"+url.PathEscape(token), "")
}
