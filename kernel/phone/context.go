package phone

import (
	"context"
	"net/http"
	"strings"

	"khien/kernel/fault"
	"khien/kernel/web"
)

// The cookie of a device. Over TLS its name keeps it to this host and to TLS
// (RFC 6265bis, 4.1.3.2); the plain one is never read there, so that nobody on
// the line can plant a device.
const (
	cookieTLS   = "__Host-khien-phone"
	cookiePlain = "khien_phone"
	cookieDays  = 400 // the most that browsers keep one (RFC 6265bis, 5.5)
)

type deviceKey struct{}

// caller is where a request comes from, for handlers that do not see it.
type caller struct {
	from, agent string
	secure      bool
}

type callerKey struct{}

func callerOf(ctx context.Context) caller {
	c, _ := ctx.Value(callerKey{}).(caller)
	return c
}

// DeviceOf returns the device of a request, and whether it has one.
func DeviceOf(ctx context.Context) (Device, bool) {
	d, ok := ctx.Value(deviceKey{}).(Device)
	return d, ok
}

// Require lets only those through whose browser has proved a number. Others are
// led to /phone, or get status 401.
func Require(next web.Handler) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if _, ok := DeviceOf(r.Context()); !ok {
			return web.ErrProve
		}
		return next(w, r)
	}
}

// Middleware finds the device of every request by its cookie and puts it into
// the context. A request without the cookie costs nothing, one of a device that
// was seen within the minute no query.
func (s *Service) Middleware(next web.Handler) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if strings.HasPrefix(r.URL.Path, "/assets/") {
			return next(w, r)
		}
		ctx := r.Context()
		if isOurs(r.URL.Path) {
			ctx = context.WithValue(ctx, callerKey{}, caller{web.AddrKey(r), r.UserAgent(), web.Secure(r)})
		}
		if c, err := r.Cookie(cookieName(web.Secure(r))); err == nil {
			d, err := s.Device(ctx, c.Value)
			switch {
			case err == nil:
				ctx = context.WithValue(ctx, deviceKey{}, d)
			case !fault.Is(err, fault.NotFound):
				return err
			}
		}
		return next(w, r.WithContext(ctx))
	}
}

// isOurs reports whether a path is of those that ask where their caller is.
func isOurs(path string) bool { return strings.HasPrefix(path, "/api/v1/phone/") }

func cookieName(secure bool) string {
	if secure {
		return cookieTLS
	}
	return cookiePlain
}

// cookie gives a browser its token; "" takes it away.
func cookie(secure bool, token string) *http.Cookie {
	c := &http.Cookie{Name: cookieName(secure), Value: token, Path: "/", MaxAge: cookieDays * 24 * 60 * 60, HttpOnly: true, Secure: secure, SameSite: http.SameSiteLaxMode}
	if token == "" {
		c.MaxAge = -1
	}
	return c
}
