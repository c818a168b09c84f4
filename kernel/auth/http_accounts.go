package auth

import (
	"net/http"
	"slices"

	"khien/kernel/area"
	"khien/kernel/i18n"
	"khien/kernel/id"
	"khien/kernel/web"
)

// accountsPage is accounts.html.
type accountsPage struct {
	Form   web.Form
	States []web.Choice
	Table  web.Table
	Pager  web.Pager
}

func (s *Service) getAccounts(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Search string `form:"search,max=100"`
		State  State  `form:"state,max=20"`
		After  string `form:"after,max=100"`
	}
	if err := web.Decode(r, &in); err != nil {
		return err
	}
	ctx := r.Context()
	sc, err := ScopeOf(ctx, ManageAccounts, "accounts_page")
	if err != nil {
		return err
	}
	as, next, err := s.Accounts(ctx, sc, AccountFilter{Search: in.Search, State: in.State, After: in.After})
	if err != nil {
		return err
	}
	page := accountsPage{Form: web.FormOf(r, nil), States: []web.Choice{{Value: "", Text: web.T(ctx, "auth.state.all")}}}
	for _, st := range []State{Active, Invited, Disabled} {
		page.States = append(page.States, web.Choice{Value: string(st), Text: web.T(ctx, "auth.state."+string(st))})
	}
	page.Table = s.accountTable(r, as)
	if in.After != "" {
		page.Pager.First = pageURL("/accounts", "search", in.Search, "state", string(in.State))
	}
	if next != "" {
		page.Pager.Next = pageURL("/accounts", "search", in.Search, "state", string(in.State), "after", next)
	}
	return s.Views.Render(w, r, http.StatusOK, "auth/accounts.html", page)
}

func (s *Service) accountTable(r *http.Request, as []Account) web.Table {
	ctx := r.Context()
	t := web.Table{Caption: web.T(ctx, "auth.accounts")}
	for _, k := range []string{"login", "full_name", "roles", "jurisdiction", "state", "signed_in"} {
		t.Head = append(t.Head, web.Cell{Text: web.T(ctx, "field."+k)})
	}
	for _, a := range as {
		t.Rows = append(t.Rows, []web.Cell{
			{Text: a.Login, Href: "/accounts/" + a.ID.String()}, {Text: a.Name}, {Text: roleNames(r, a.Roles)}, {Text: s.title(a.Area)},
			{Text: web.T(ctx, "auth.state."+string(a.State))}, {Text: i18n.DateTime(web.Lang(ctx), a.SignedIn)},
		})
	}
	return t
}

func roleNames(r *http.Request, rs []Role) string {
	text := ""
	for i, role := range rs {
		if i > 0 {
			text += ", "
		}
		text += web.T(r.Context(), roleKey(role))
	}
	return text
}

// title names an area, by its code when nobody knows better.
func (s *Service) title(c area.Code) string {
	if s.Areas != nil {
		if t := s.Areas.Title(c); t != "" {
			return t
		}
	}
	return c.String()
}

// accountPage is account.html: an account, or the form of a new one.
type accountPage struct {
	Form    web.Form
	Account Account // zero: a new one
	Title   string
	Own     bool
	Roles   []roleChoice
	Areas   []web.Choice
}

type roleChoice struct {
	web.Choice
	Checked bool
}

// accountForm is what both forms send.
type accountForm struct {
	ID    string    `form:"id,max=36"`
	Login string    `form:"login,max=100"`
	Name  string    `form:"full_name,required"`
	Roles []Role    `form:"roles"`
	Area  area.Code `form:"jurisdiction,required"`
}

func (s *Service) showAccount(w http.ResponseWriter, r *http.Request, status int, a Account, f web.Form) error {
	ctx := r.Context()
	v, _ := SessionOf(ctx)
	sc, err := ScopeOf(ctx, ManageAccounts, "")
	if err != nil {
		return err
	}
	page := accountPage{Form: f, Account: a, Title: s.title(a.Area), Own: a.ID == v.account.ID}
	for _, role := range Roles {
		page.Roles = append(page.Roles, roleChoice{web.Choice{Value: string(role), Text: web.T(ctx, roleKey(role))}, slices.Contains(f.Values["roles"], string(role))})
	}
	if s.Areas != nil {
		page.Areas = []web.Choice{{Value: "", Text: web.T(ctx, "auth.area.choose")}}
		for _, c := range s.Areas.Options() {
			if sc.Covers(c) {
				page.Areas = append(page.Areas, web.Choice{Value: c.String(), Text: s.Areas.Title(c)})
			}
		}
	}
	return s.Views.Render(w, r, status, "auth/account.html", page)
}

func (s *Service) getInvite(w http.ResponseWriter, r *http.Request) error {
	return s.showAccount(w, r, http.StatusOK, Account{}, web.NewForm())
}

// linkPage is link.html: a one-time link, shown once.
type linkPage struct {
	Account Account
	Link    string
}

func (s *Service) postInvite(w http.ResponseWriter, r *http.Request) error {
	var in accountForm
	err := web.Decode(r, &in)
	var a Account
	link := ""
	if err == nil {
		var sc Scope
		if sc, err = ScopeOf(r.Context(), ManageAccounts, "accounts_page"); err != nil {
			return err
		}
		a, link, err = s.Invite(r.Context(), sc, Invitation{Login: in.Login, Name: in.Name, Roles: in.Roles, Area: in.Area})
	}
	if status, ok := again(err); ok {
		return s.showAccount(w, r, status, Account{}, web.FormOf(r, err))
	}
	if err != nil {
		return err
	}
	return s.Views.Render(w, r, http.StatusOK, "auth/link.html", linkPage{a, link})
}

// target returns the account that the path names, as the administrator may see it.
func (s *Service) target(r *http.Request) (Scope, Account, error) {
	sc, err := ScopeOf(r.Context(), ManageAccounts, "accounts_page")
	if err != nil {
		return Scope{}, Account{}, err
	}
	i, err := id.Parse(r.PathValue("id"))
	if err != nil {
		return Scope{}, Account{}, errNoAccount
	}
	a, err := s.Account(r.Context(), sc, i)
	return sc, a, err
}

func (s *Service) getAccount(w http.ResponseWriter, r *http.Request) error {
	_, a, err := s.target(r)
	if err != nil {
		return err
	}
	f := web.NewForm("full_name", a.Name, "jurisdiction", a.Area.String())
	for _, role := range a.Roles {
		f.Values.Add("roles", string(role))
	}
	return s.showAccount(w, r, http.StatusOK, a, f)
}

func (s *Service) postAccount(w http.ResponseWriter, r *http.Request) error {
	sc, a, err := s.target(r)
	if err != nil {
		return err
	}
	var in accountForm
	if err = web.Decode(r, &in); err == nil {
		err = s.Change(r.Context(), sc, a.ID, Change{Name: in.Name, Roles: in.Roles, Area: in.Area})
	}
	if status, ok := again(err); ok && len(web.Refused(err)) > 0 {
		return s.showAccount(w, r, status, a, web.FormOf(r, err))
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/accounts/"+a.ID.String(), "auth.account_saved")
}

func (s *Service) postDisable(w http.ResponseWriter, r *http.Request) error {
	sc, a, err := s.target(r)
	if err != nil {
		return err
	}
	if err := s.Disable(r.Context(), sc, a.ID); err != nil {
		return err
	}
	return web.Redirect(w, r, "/accounts/"+a.ID.String(), "auth.account_disabled")
}

func (s *Service) postEnable(w http.ResponseWriter, r *http.Request) error {
	sc, a, err := s.target(r)
	if err != nil {
		return err
	}
	if err := s.Enable(r.Context(), sc, a.ID); err != nil {
		return err
	}
	return web.Redirect(w, r, "/accounts/"+a.ID.String(), "auth.account_enabled")
}

func (s *Service) postReset(w http.ResponseWriter, r *http.Request) error {
	sc, a, err := s.target(r)
	if err != nil {
		return err
	}
	link, err := s.Reset(r.Context(), sc, a.ID)
	if err != nil {
		return err
	}
	return s.Views.Render(w, r, http.StatusOK, "auth/link.html", linkPage{a, link})
}
