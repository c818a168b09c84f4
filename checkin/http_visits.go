package checkin

import (
	"net/http"
	"slices"

	"khien/kernel/auth"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/person"
	"khien/kernel/web"
)

// visitsPage shows staff where somebody was, so that what is wrong of it can be
// withdrawn, and a withdrawal be taken back.
type visitsPage struct {
	ID      id.ID
	Purpose string // one of person.Purposes; "": it is asked for
	Ask     []web.Choice
	Form    web.Form // of the withdrawal that was refused
	Found
	Rows []visitRow
}

// visitRow is one visit in the reader's words.
type visitRow struct {
	Visit
	Where, Begins, Ends string
	Odd                 []string // keys of its flags
	MayMark             bool
}

func (s *Service) getVisits(w http.ResponseWriter, r *http.Request) error {
	var q struct {
		Purpose string `form:"purpose,max=20"`
	}
	if err := web.Decode(r, &q); err != nil {
		return err
	}
	return s.showVisits(w, r, q.Purpose, web.NewForm(), http.StatusOK)
}

func (s *Service) showVisits(w http.ResponseWriter, r *http.Request, purpose string, f web.Form, status int) error {
	who, err := id.Parse(r.PathValue("id"))
	if err != nil {
		return errPerson
	}
	page := visitsPage{ID: who, Form: f}
	if !slices.Contains(person.Purposes, purpose) {
		page.Ask = person.PurposeChoices(r)
		return s.Views.Render(w, r, status, "checkin/visits.html", page)
	}
	sc, err := auth.ScopeOf(r.Context(), auth.WritePeople, purpose)
	if err != nil {
		return err
	}
	page.Purpose = purpose
	if page.Found, err = s.ToldOfPerson(r.Context(), sc, who); err != nil {
		return err
	}
	for _, v := range slices.Backward(page.Visits) {
		p, _ := s.Places.Book().Any(v.Place)
		page.Rows = append(page.Rows, visitRow{v, p.Name, local(v.From), local(v.Until), v.Flags.Names(), sc.Covers(v.Area)})
	}
	return s.Views.Render(w, r, status, "checkin/visits.html", page)
}

// postVisits withdraws a visit of somebody, or restores it. Who presses twice has
// done it once.
func (s *Service) postVisits(w http.ResponseWriter, r *http.Request) error {
	var f struct {
		Visit   id.ID  `form:"visit,required"`
		Restore bool   `form:"restore"`
		Reason  string `form:"reason,max=200"`
		Purpose string `form:"purpose,max=20"`
	}
	mark, done := s.Withdraw, "checkin.withdraw"
	err := web.Decode(r, &f)
	if f.Restore {
		mark, done = s.Restore, "checkin.restore"
	}
	if err == nil {
		err = markFor(r, mark, f.Visit, f.Reason)
	}
	if len(web.Refused(err)) > 0 {
		return s.showVisits(w, r, f.Purpose, web.FormOf(r, err), http.StatusUnprocessableEntity)
	}
	if err != nil && !fault.Is(err, fault.NotFound) {
		return err
	}
	if err != nil { // done before, or nobody's to do: the list says how it is
		done = ""
	}
	return web.Redirect(w, r, "/people/"+r.PathValue("id")+"/visits?purpose="+f.Purpose, done)
}
