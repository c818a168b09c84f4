package spread

import (
	"net/http"
	"net/url"

	"khien/kernel/auth"
	"khien/kernel/day"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/web"
	"khien/outbreak"
)

// linkForm says who infected whom.
type linkForm struct {
	ID        id.ID   `form:"id"`
	Infector  string  `form:"infector,required,max=80"`
	Infectee  string  `form:"infectee,required,max=80"`
	Certainty string  `form:"link_certainty,required"`
	Exposed   day.Day `form:"exposed_on"`
	Reason    string  `form:"link_reason,required,max=400"`
}

func (s *Service) postLink(w http.ResponseWriter, r *http.Request) error {
	sc, err := auth.ScopeOf(r.Context(), auth.WriteCases, "chain_link")
	if err != nil {
		return err
	}
	var f linkForm
	var made Link
	if err = web.Decode(r, &f); err == nil {
		made, err = s.Add(r.Context(), sc, Link{ID: f.ID, From: f.Infector, To: f.Infectee, Certainty: outbreak.Certainty(f.Certainty), On: f.Exposed, Note: f.Reason})
	}
	if err == nil {
		return s.back(w, r, sc, made, url.Values{"_done": {"spread.link"}})
	}
	if len(web.Refused(err)) == 0 {
		return err
	}
	return s.showChains(w, r, http.StatusUnprocessableEntity, web.FormOf(r, err))
}

// back shows the chain of the link's case, as it now is: whoever keeps the node up
// to date may not have heard of the link yet, or be about to.
func (s *Service) back(w http.ResponseWriter, r *http.Request, sc auth.Scope, l Link, q url.Values) error {
	s.mark(false, true)
	now, err := s.refresh(r.Context())
	if err != nil {
		return err
	}
	for _, name := range []string{l.To, l.From} {
		if n := now.caseOf(name); now.covers(sc, n) {
			q.Set("case", now.cases[n].ID.String())
			break
		}
	}
	http.Redirect(w, r, "/chains?"+q.Encode(), http.StatusSeeOther)
	return nil
}

// bareForm is a button's form: its own key, and nothing else.
type bareForm struct {
	ID id.ID `form:"id"`
}

func (s *Service) postRemove(w http.ResponseWriter, r *http.Request) error {
	return s.postTurn(w, r, func(sc auth.Scope, i id.ID) (Link, url.Values, error) {
		l, err := s.Remove(r.Context(), sc, i)
		return l, url.Values{"_undo": {i.String()}}, err
	})
}

func (s *Service) postRestore(w http.ResponseWriter, r *http.Request) error {
	return s.postTurn(w, r, func(sc auth.Scope, i id.ID) (Link, url.Values, error) {
		l, err := s.Restore(r.Context(), sc, i)
		return l, url.Values{"_done": {"spread.restored"}}, err
	})
}

func (s *Service) postTurn(w http.ResponseWriter, r *http.Request, turn func(auth.Scope, id.ID) (Link, url.Values, error)) error {
	sc, err := auth.ScopeOf(r.Context(), auth.WriteCases, "chain_link")
	if err != nil {
		return err
	}
	var f bareForm
	if err := web.Decode(r, &f); err != nil {
		return err
	}
	i, err := id.Parse(r.PathValue("id"))
	if err != nil {
		return fault.New(fault.NotFound, "spread.link")
	}
	l, q, err := turn(sc, i)
	if err != nil {
		return err
	}
	return s.back(w, r, sc, l, q)
}
