package point

import (
	"net/http"
	"strings"

	"khien/kernel/web"
	"khien/wire/qr"
)

// Routes registers the pages and the API.
func (s *Service) Routes(rt *web.Router) {
	rt.Get("/api/v1/code-keys", s.getKeys)
}

// getKeys publishes the public keys as docs/qr.md says.
func (s *Service) getKeys(w http.ResponseWriter, _ *http.Request) error {
	var b strings.Builder
	for _, k := range s.codes.Keys() {
		b.WriteString(qr.WriteKey(k) + "\n")
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "public, max-age=300")
	w.Header().Set("Access-Control-Allow-Origin", "*")
	_, err := w.Write([]byte(b.String()))
	return err
}
