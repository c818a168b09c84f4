package web

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// The headers of every answer. Scripts, styles and connections come from
// ourselves only, nothing is inline, nobody frames us; images may also be data:
// and blob: (QR codes, camera pictures).
var always = map[string][]string{
	"Content-Security-Policy": {"default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; " +
		"connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"},
	"X-Content-Type-Options":     {"nosniff"},
	"Referrer-Policy":            {"same-origin"},
	"Permissions-Policy":         {"camera=(self), microphone=(self), geolocation=(self), display-capture=(self), payment=(), usb=(), serial=(), midi=(), browsing-topics=()"},
	"Cross-Origin-Opener-Policy": {"same-origin"},
	"Cache-Control":              {"no-store"}, // a handler that may be cached says so itself
}

// hsts is two years, the least that browsers' preload lists take.
var hsts = []string{"max-age=63072000; includeSubDomains"}

// secure writes the security headers.
func (rt *shared) secure(h http.Header, r *http.Request) {
	for name, value := range always {
		h[name] = value
	}
	if stateOf(r.Context()).secure(r) {
		h["Strict-Transport-Security"] = hsts
	}
	h["X-Request-Id"] = []string{stateOf(r.Context()).id}
}

// secure reports whether the reader's side of the connection is TLS.
func (st *state) secure(r *http.Request) bool {
	return r.TLS != nil || st.router != nil && r.Header.Get("X-Forwarded-Proto") == "https" && st.router.proxied(peer(r))
}

// Secure reports whether the request came by TLS, here or at a trusted proxy.
// Cookies that must not travel in the clear ask it.
func Secure(r *http.Request) bool { return stateOf(r.Context()).secure(r) }

func (rt *shared) proxied(a netip.Addr) bool {
	return slices.ContainsFunc(rt.Proxies, func(p netip.Prefix) bool { return p.Contains(a) })
}

// Addr returns the reader's address: the last one in X-Forwarded-For that is no
// trusted proxy, else the peer of the connection. The zero Addr when there is
// none. It is personal data: use it to limit rates, never store it.
func Addr(r *http.Request) netip.Addr {
	a, st := peer(r), stateOf(r.Context())
	if st.router == nil || !st.router.proxied(a) {
		return a
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		h, err := netip.ParseAddr(strings.TrimSpace(hop))
		if err != nil {
			return a
		}
		if a = h.Unmap(); !st.router.proxied(a) {
			return a
		}
	}
	return a
}

// AddrKey returns the key under which a rate limiter counts the reader: the
// address, or the /64 of an IPv6 one, for a household holds a whole /64.
func AddrKey(r *http.Request) string {
	a := Addr(r)
	if a.Is6() {
		p, _ := a.WithZone("").Prefix(64)
		return p.String()
	}
	return a.String()
}

func peer(r *http.Request) netip.Addr {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	a, _ := netip.ParseAddr(host)
	return a.Unmap()
}
