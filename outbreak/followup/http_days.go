package followup

import (
	"html/template"
	"net/http"

	"khien/kernel/auth"
	"khien/kernel/day"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/web"
	"khien/outbreak/plan"
	"khien/wire/qrcode"
)

// daysForm is what an officer sets, and the query of its preview.
type daysForm struct {
	ID        id.ID      `form:"id"`
	Version   int        `form:"version"`
	Protected bool       `form:"is_protected"`
	StayAt    plan.Phase `form:"stay_at"`
	First     day.Day    `form:"first_day"`
	Last      day.Day    `form:"last_day"`
	Reason    string     `form:"watch_reason,max=500"`
}

func (f daysForm) decision() Decision {
	return Decision{Protected: f.Protected, Place: f.StayAt, Begin: f.First, From: f.First, Until: f.Last, Reason: f.Reason}
}

type daysPage struct {
	Watch
	Form     web.Form
	Err      error
	Places   []web.Choice
	Rule     string // its source; "" without one
	Calendar []week
	Stays    []plan.Stay
	Tests    []day.Day
	End      day.Day
	Before   day.Day
}

func (s *Service) getDays(w http.ResponseWriter, r *http.Request) error {
	var f daysForm
	if err := web.Decode(r, &f); err != nil {
		return err
	}
	asked := r.URL.Query().Has("stay_at")
	return s.showDays(w, r, http.StatusOK, f, asked, nil)
}

// showDays shows the form with what it would set: for a form that nobody has
// filled yet, what holds.
func (s *Service) showDays(w http.ResponseWriter, r *http.Request, status int, f daysForm, asked bool, refusal error) error {
	sc, err := auth.ScopeOf(r.Context(), auth.WriteContacts, "followup_days")
	if err != nil {
		return err
	}
	i, err := pathID(r)
	if err != nil {
		return err
	}
	was, err := s.Read(r.Context(), sc, i)
	if err != nil {
		return err
	}
	if !asked {
		f = daysForm{Protected: was.Protected, StayAt: was.Place, First: was.From, Last: was.Until}
		if f.StayAt == "" {
			f.StayAt = plan.Home
		}
		if f.First == 0 {
			f.First = was.Decided
		}
	}
	if f.First == 0 {
		f.First = was.From
	}
	next, bad := s.decided(was, f.decision())
	if bad != nil && refusal == nil && asked {
		refusal = bad
	}
	form := web.NewForm("stay_at", string(f.StayAt), "first_day", f.First.String(), "last_day", f.Last.String(), "watch_reason", f.Reason)
	if f.Protected {
		form.Values.Set("is_protected", "1")
	}
	form.Errors = web.Refused(refusal)
	p := daysPage{Watch: was, Form: form, Places: placeChoices(r), Before: was.Until}
	if len(form.Errors) == 0 {
		p.Err = refusal
	}
	if rule, ok := s.Rules.For(plan.Person{Disease: was.Disease, Whom: was.Whom, Protected: f.Protected, Decided: was.Decided}); ok {
		p.Rule = rule.Source
	}
	if bad == nil {
		p.Calendar, p.Tests, p.End = calendar(next.Dates, nil, s.today()), next.Dates.Tests, next.Dates.End
		p.Stays = next.Dates.Stays
	}
	return s.Views.Render(w, r, status, "followup/days.html", p)
}

func placeChoices(r *http.Request) (cs []web.Choice) {
	for _, p := range Places {
		cs = append(cs, web.Choice{Value: string(p), Text: web.T(r.Context(), "followup.phase."+string(p))})
	}
	return cs
}

func (s *Service) postDays(w http.ResponseWriter, r *http.Request) error {
	sc, err := auth.ScopeOf(r.Context(), auth.WriteContacts, "followup_days")
	if err != nil {
		return err
	}
	i, err := pathID(r)
	if err != nil {
		return err
	}
	var f daysForm
	if err = web.Decode(r, &f); err == nil {
		_, err = s.Decide(r.Context(), sc, i, f.Version, f.decision())
	}
	if err == nil {
		return web.Redirect(w, r, "/followups/"+i.String(), "followup.changed")
	}
	if k := fault.KindOf(err); k != fault.Invalid && k != fault.Conflict {
		return err
	}
	return s.showDays(w, r, http.StatusUnprocessableEntity, f, true, err)
}

type linkPage struct {
	Watch
	Link string
	Code template.HTML // drawn by us
}

// postLink shows a contact's own link, to be sent or printed.
func (s *Service) postLink(w http.ResponseWriter, r *http.Request) error {
	sc, err := auth.ScopeOf(r.Context(), auth.WriteContacts, "followup_link")
	if err != nil {
		return err
	}
	i, err := pathID(r)
	if err != nil {
		return err
	}
	var f struct {
		ID   id.ID `form:"id"`
		Anew bool  `form:"anew"`
	}
	if err := web.Decode(r, &f); err != nil {
		return err
	}
	link, err := s.Link(r.Context(), sc, i, f.Anew)
	if err != nil {
		return err
	}
	watch, err := s.Read(r.Context(), sc, i)
	if err != nil {
		return err
	}
	code, err := qrcode.Encode(link, qrcode.M)
	if err != nil {
		return err
	}
	return s.Views.Render(w, r, http.StatusOK, "followup/link.html", linkPage{watch, link, template.HTML(code.SVG())})
}
