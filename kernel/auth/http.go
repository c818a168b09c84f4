package auth

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"khien/kernel/fault"
	"khien/kernel/web"
)

// Routes registers the pages of staff and the API's session. The Router also
// needs Use(s.Middleware).
func (s *Service) Routes(rt *web.Router) {
	rt.Get("/sign-in", s.getSignIn)
	rt.Post("/sign-in", s.postSignIn, web.NoGzip())
	rt.Post("/sign-in/code", s.postCode, web.NoGzip())
	rt.Post("/sign-out", s.postSignOut)
	rt.Get("/set-up/{token}", s.getSetUp, web.NoGzip())
	rt.Post("/set-up/{token}", s.postSetUp, web.NoGzip())

	own := rt.With(SignedIn)
	own.Get("/profile", s.getProfile)
	own.Post("/profile/password", s.postPassword)
	own.Get("/profile/authenticator", s.getAuthenticator, web.NoGzip())
	own.Post("/profile/authenticator", s.postAuthenticator, web.NoGzip())
	own.Post("/profile/sign-out-everywhere", s.postSignOutEverywhere)

	admin := rt.With(Require(ManageAccounts))
	admin.Get("/accounts", s.getAccounts)
	admin.Get("/accounts/new", s.getInvite)
	admin.Post("/accounts", s.postInvite, web.NoGzip())
	admin.Get("/accounts/{id}", s.getAccount)
	admin.Post("/accounts/{id}", s.postAccount)
	admin.Post("/accounts/{id}/disable", s.postDisable)
	admin.Post("/accounts/{id}/enable", s.postEnable)
	admin.Post("/accounts/{id}/reset", s.postReset, web.NoGzip())

	auditor := rt.With(Require(ReadAudit))
	auditor.Get("/audit", s.getAudit)
	auditor.Post("/audit", s.postVerify, web.Timeout(verifyTime))

	s.apiRoutes(rt.API())
}

// again reports whether a page is shown again with what was refused, and its status.
func again(err error) (status int, ok bool) {
	switch fault.KindOf(err) {
	case fault.Invalid:
		return http.StatusUnprocessableEntity, true
	case fault.Conflict:
		return http.StatusConflict, true
	}
	return 0, false
}

// signInPage is sign-in.html and code.html.
type signInPage struct {
	Form   web.Form
	Next   string
	Ticket string
	Err    error // a refusal of no one field
}

func (s *Service) getSignIn(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Next string `form:"next,max=2000"`
	}
	if err := web.Decode(r, &in); err != nil {
		return err
	}
	if _, ok := SessionOf(r.Context()); ok {
		return web.Redirect(w, r, s.landing(in.Next), "")
	}
	return s.Views.Render(w, r, http.StatusOK, "auth/sign-in.html", signInPage{Form: web.NewForm(), Next: web.LocalPath(in.Next)})
}

// landing is where a sign-in leads: back to a page of ours, or to the first page of staff.
func (s *Service) landing(next string) string {
	if next = web.LocalPath(next); next == "/" && s.Landing != "" {
		return s.Landing
	}
	return next
}

func (s *Service) postSignIn(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Login    string `form:"login,required,max=100"`
		Password string `form:"password,raw,required"`
		Next     string `form:"next,max=2000"`
	}
	err := web.Decode(r, &in)
	ticket := ""
	if err == nil {
		ticket, err = s.CheckPassword(r.Context(), web.AddrKey(r), in.Login, in.Password)
	}
	page := signInPage{Next: web.LocalPath(in.Next), Ticket: ticket}
	if err != nil {
		return s.refuseSignIn(w, r, "auth/sign-in.html", page, err)
	}
	page.Form = web.NewForm()
	return s.Views.Render(w, r, http.StatusOK, "auth/code.html", page)
}

func (s *Service) refuseSignIn(w http.ResponseWriter, r *http.Request, name string, page signInPage, err error) error {
	status, ok := again(err)
	if !ok {
		return err
	}
	page.Form = web.FormOf(r, err)
	if f := fault.Of(err); f != nil && f.Field == "" {
		page.Err = err
	}
	return s.Views.Render(w, r, status, name, page)
}

func (s *Service) postCode(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Ticket string `form:"ticket,max=500"`
		Code   string `form:"code,required,max=40"`
		Next   string `form:"next,max=2000"`
	}
	err := web.Decode(r, &in)
	page := signInPage{Next: web.LocalPath(in.Next), Ticket: in.Ticket}
	if err != nil {
		return s.refuseSignIn(w, r, "auth/code.html", page, err)
	}
	token, _, err := s.SignIn(r.Context(), web.AddrKey(r), in.Ticket, in.Code, r.UserAgent())
	switch {
	case fault.Of(err) != nil && fault.Of(err).Key == errTicket.Key:
		return s.refuseSignIn(w, r, "auth/sign-in.html", page, err)
	case err != nil:
		return s.refuseSignIn(w, r, "auth/code.html", page, err)
	}
	if err := s.endOld(r.Context()); err != nil {
		return err
	}
	setCookie(w, r, token)
	return web.Redirect(w, r, s.landing(in.Next), "")
}

// endOld ends the session that the browser had, if any: a sign-in always begins a new one.
func (s *Service) endOld(ctx context.Context) error {
	if v, ok := SessionOf(ctx); ok {
		return s.SignOut(ctx, v)
	}
	return nil
}

func (s *Service) postSignOut(w http.ResponseWriter, r *http.Request) error {
	if err := web.Decode(r, &struct{}{}); err != nil {
		return err
	}
	if err := s.endOld(r.Context()); err != nil {
		return err
	}
	setCookie(w, r, "")
	return web.Redirect(w, r, "/", "auth.signed_out")
}

// setUpPage is set-up.html; codes.html shows the recovery codes.
type setUpPage struct {
	Form      web.Form
	Token     string
	Setup     Setup
	Enrolment Enrolment
}

type codesPage struct {
	Codes []string
	Next  string
}

func (s *Service) getSetUp(w http.ResponseWriter, r *http.Request) error {
	token := r.PathValue("token")
	u, err := s.OpenSetup(r.Context(), token)
	if err != nil {
		return err
	}
	e, err := s.OfferSetup(u, "", "")
	if err != nil {
		return err
	}
	return s.Views.Render(w, r, http.StatusOK, "auth/set-up.html", setUpPage{web.NewForm(), token, u, e})
}

func (s *Service) postSetUp(w http.ResponseWriter, r *http.Request) error {
	token := r.PathValue("token")
	u, err := s.OpenSetup(r.Context(), token)
	if err != nil {
		return err
	}
	var in struct {
		Login    string `form:"login,max=100"`
		Name     string `form:"full_name"`
		Password string `form:"password,raw,required"`
		Again    string `form:"again,raw,required"`
		Offer    string `form:"offer"`
		Code     string `form:"code,required,max=40"`
	}
	err = web.Decode(r, &in)
	if err == nil && in.Password != in.Again {
		err = errAgain
	}
	var session string
	var codes []string
	if err == nil {
		f := SetupForm{Login: in.Login, Name: in.Name, Password: in.Password, Sealed: in.Offer, Code: in.Code}
		session, codes, err = s.SetUp(r.Context(), web.AddrKey(r), u, f, r.UserAgent())
	}
	if status, ok := again(err); ok {
		e, offerErr := s.OfferSetup(u, in.Login, in.Offer)
		if offerErr != nil {
			return offerErr
		}
		return s.Views.Render(w, r, status, "auth/set-up.html", setUpPage{web.FormOf(r, err), token, u, e})
	}
	if err != nil {
		return err
	}
	if err := s.endOld(r.Context()); err != nil {
		return err
	}
	setCookie(w, r, session)
	return s.Views.Render(w, r, http.StatusOK, "auth/codes.html", codesPage{codes, s.landing("")})
}

var errAgain = fault.New(fault.Invalid, "auth.again").At("again", "")

// apiRoutes registers /api/v1/session, for programs that sign in.
func (s *Service) apiRoutes(api huma.API) {
	huma.Post(api, "/session", s.apiSignIn, func(o *huma.Operation) {
		o.Summary = "Sign in"
		o.Description = "Returns a token for the header Authorization: Bearer. It ends after 30 minutes without use and after 12 hours."
		o.Tags = []string{"session"}
	})
	huma.Delete(api, "/session", s.apiSignOut, func(o *huma.Operation) {
		o.Summary = "Sign out"
		o.Tags = []string{"session"}
	})
}

type apiSignInInput struct {
	Body struct {
		Login    string `json:"login" maxLength:"100"`
		Password string `json:"password" maxLength:"256"`
		Code     string `json:"code" maxLength:"40" doc:"six digits of the authenticator, or a recovery code"`
	}
}

type apiSignInOutput struct {
	Body struct {
		Token   string `json:"token" doc:"keep it secret"`
		Expires string `json:"expires" format:"date-time" doc:"when it ends at the latest"`
	}
}

func (s *Service) apiSignIn(ctx context.Context, in *apiSignInInput) (*apiSignInOutput, error) {
	c := callerOf(ctx)
	ticket, err := s.CheckPassword(ctx, c.from, in.Body.Login, in.Body.Password)
	if err != nil {
		return nil, err
	}
	token, v, err := s.SignIn(ctx, c.from, ticket, in.Body.Code, c.agent)
	if err != nil {
		return nil, err
	}
	out := &apiSignInOutput{}
	out.Body.Token, out.Body.Expires = token, v.Expires().Format("2006-01-02T15:04:05Z07:00")
	return out, nil
}

func (s *Service) apiSignOut(ctx context.Context, _ *struct{}) (*struct{}, error) {
	v, ok := SessionOf(ctx)
	if !ok {
		return nil, web.ErrSignIn
	}
	return nil, s.SignOut(ctx, v)
}
