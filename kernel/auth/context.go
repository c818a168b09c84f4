package auth

import (
	"context"
	"net/http"
	"strings"

	"khien/kernel/fault"
	"khien/kernel/web"
)

// The cookie of a session. Over TLS its name keeps it to this host and to TLS
// (RFC 6265bis, 4.1.3.2); the plain one is never read there, so that nobody on
// the line can plant a session.
const (
	cookieTLS   = "__Host-khien"
	cookiePlain = "khien_session"
)

type sessionKey struct{}

// caller is where a request comes from, for handlers that do not see it.
type caller struct{ from, agent string }

type callerKey struct{}

func callerOf(ctx context.Context) caller {
	c, _ := ctx.Value(callerKey{}).(caller)
	return c
}

// SessionOf returns the session of a request, and whether somebody is signed in.
func SessionOf(ctx context.Context) (Session, bool) {
	v, ok := ctx.Value(sessionKey{}).(Session)
	return v, ok
}

// ScopeOf returns the scope of whoever is signed in; web.ErrSignIn when nobody
// is, fault.Forbidden when they may not do a.
func ScopeOf(ctx context.Context, a Act, purpose string) (Scope, error) {
	v, ok := SessionOf(ctx)
	if !ok {
		return Scope{}, web.ErrSignIn
	}
	return v.Scope(a, purpose)
}

// Require lets only those through who are signed in and may do a. Others are
// led to the sign-in page, or get status 401 or 403.
func Require(a Act) web.Middleware {
	return func(next web.Handler) web.Handler {
		return func(w http.ResponseWriter, r *http.Request) error {
			if _, err := ScopeOf(r.Context(), a, ""); err != nil {
				return err
			}
			return next(w, r)
		}
	}
}

// SignedIn lets only those through who are signed in.
func SignedIn(next web.Handler) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if _, ok := SessionOf(r.Context()); !ok {
			return web.ErrSignIn
		}
		return next(w, r)
	}
}

// Middleware finds the session of every request, by the header "Authorization:
// Bearer" or by the cookie, and puts it and the web.Viewer into the context.
func (s *Service) Middleware(next web.Handler) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		ctx := context.WithValue(r.Context(), callerKey{}, caller{web.AddrKey(r), r.UserAgent()})
		token := tokenOf(r)
		if token == "" || strings.HasPrefix(r.URL.Path, "/assets/") {
			return next(w, r.WithContext(ctx))
		}
		v, err := s.Session(ctx, token)
		switch {
		case err == nil:
			ctx = web.WithViewer(context.WithValue(ctx, sessionKey{}, v), s.viewer(v))
		case !fault.Is(err, fault.NotFound):
			return err
		}
		return next(w, r.WithContext(ctx))
	}
}

// tokenOf returns the token that the request carries, or "".
func tokenOf(r *http.Request) string {
	if h := r.Header.Get("Authorization"); h != "" {
		kind, token, _ := strings.Cut(h, " ")
		if strings.EqualFold(kind, "Bearer") {
			return strings.TrimSpace(token)
		}
		return ""
	}
	c, err := r.Cookie(cookieName(r))
	if err != nil {
		return ""
	}
	return c.Value
}

func cookieName(r *http.Request) string {
	if web.Secure(r) {
		return cookieTLS
	}
	return cookiePlain
}

// setCookie gives the browser its token until it closes; "" takes it away.
func setCookie(w http.ResponseWriter, r *http.Request, token string) {
	c := &http.Cookie{Name: cookieName(r), Value: token, Path: "/", HttpOnly: true, Secure: web.Secure(r), SameSite: http.SameSiteLaxMode}
	if token == "" {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

// viewer is what the layout shows of whoever is signed in: the menu of their
// roles, and their profile.
func (s *Service) viewer(v Session) web.Viewer {
	w := web.Viewer{Name: v.account.Name, SignOut: "/sign-out"}
	if len(v.account.Roles) > 0 {
		w.Role = roleKey(v.account.Roles[0])
	}
	for _, m := range s.Menu {
		if v.Can(m.Act) {
			w.Menu = append(w.Menu, m.Link)
		}
	}
	w.Menu = append(w.Menu, web.Link{Href: "/profile", Key: "auth.nav.profile"})
	return w
}

func roleKey(r Role) string { return "role." + string(r) }
