package auth

import (
	"net/http"

	"khien/kernel/i18n"
	"khien/kernel/web"
)

// profilePage is profile.html.
type profilePage struct {
	Form     web.Form
	Account  Account
	Area     string
	Sessions web.Table
	Recovery int64 // recovery codes left
}

func (s *Service) getProfile(w http.ResponseWriter, r *http.Request) error {
	return s.showProfile(w, r, http.StatusOK, web.NewForm())
}

func (s *Service) showProfile(w http.ResponseWriter, r *http.Request, status int, f web.Form) error {
	ctx := r.Context()
	v, _ := SessionOf(ctx)
	own, err := s.Sessions(ctx, v)
	if err != nil {
		return err
	}
	left, err := countRecovery(ctx, s.DB, s.Province, v.account.ID)
	if err != nil {
		return err
	}
	l := web.Lang(ctx)
	table := web.Table{Caption: web.T(ctx, "auth.sessions"), Head: []web.Cell{
		{Text: web.T(ctx, "auth.session.agent")}, {Text: web.T(ctx, "auth.session.created")}, {Text: web.T(ctx, "auth.session.seen")}}}
	for _, o := range own {
		agent := o.Agent
		if o.Current {
			agent += " · " + web.T(ctx, "auth.session.this")
		}
		table.Rows = append(table.Rows, []web.Cell{{Text: agent}, {Text: i18n.DateTime(l, o.Created)}, {Text: i18n.DateTime(l, o.Seen)}})
	}
	return s.Views.Render(w, r, status, "auth/profile.html", profilePage{f, v.account, s.title(v.account.Area), table, left})
}

func (s *Service) postPassword(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Current  string `form:"current,raw,required"`
		Password string `form:"password,raw,required"`
		Again    string `form:"again,raw,required"`
	}
	err := web.Decode(r, &in)
	if err == nil && in.Password != in.Again {
		err = errAgain
	}
	token := ""
	if err == nil {
		v, _ := SessionOf(r.Context())
		token, err = s.ChangePassword(r.Context(), web.AddrKey(r), v, in.Current, in.Password, r.UserAgent())
	}
	if status, ok := again(err); ok {
		return s.showProfile(w, r, status, web.FormOf(r, err))
	}
	if err != nil {
		return err
	}
	setCookie(w, r, token)
	return web.Redirect(w, r, "/profile", "auth.password_changed")
}

// authenticatorPage is authenticator.html.
type authenticatorPage struct {
	Form      web.Form
	Enrolment Enrolment
}

func (s *Service) getAuthenticator(w http.ResponseWriter, r *http.Request) error {
	v, _ := SessionOf(r.Context())
	e, err := s.OfferTOTP(v, "")
	if err != nil {
		return err
	}
	return s.Views.Render(w, r, http.StatusOK, "auth/authenticator.html", authenticatorPage{web.NewForm(), e})
}

func (s *Service) postAuthenticator(w http.ResponseWriter, r *http.Request) error {
	v, _ := SessionOf(r.Context())
	var in struct {
		Current string `form:"current,raw,required"`
		Offer   string `form:"offer"`
		Code    string `form:"code,required,max=40"`
	}
	err := web.Decode(r, &in)
	token, codes := "", []string(nil)
	if err == nil {
		token, codes, err = s.ChangeTOTP(r.Context(), web.AddrKey(r), v, in.Current, in.Offer, in.Code, r.UserAgent())
	}
	if status, ok := again(err); ok {
		e, offerErr := s.OfferTOTP(v, in.Offer)
		if offerErr != nil {
			return offerErr
		}
		return s.Views.Render(w, r, status, "auth/authenticator.html", authenticatorPage{web.FormOf(r, err), e})
	}
	if err != nil {
		return err
	}
	setCookie(w, r, token)
	return s.Views.Render(w, r, http.StatusOK, "auth/codes.html", codesPage{codes, "/profile"})
}

func (s *Service) postSignOutEverywhere(w http.ResponseWriter, r *http.Request) error {
	if err := web.Decode(r, &struct{}{}); err != nil {
		return err
	}
	v, _ := SessionOf(r.Context())
	if err := s.SignOutEverywhere(r.Context(), v); err != nil {
		return err
	}
	setCookie(w, r, "")
	return web.Redirect(w, r, "/sign-in", "auth.signed_out")
}
