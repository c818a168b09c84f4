package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
)

// Snapshot is an answer held in memory, compressed once: the public map asks for
// it ten thousand times a second. Its fields do not change once it serves; what
// is newer is another Snapshot, swapped in by an atomic pointer.
type Snapshot struct {
	Body         []byte
	Gzip         []byte // nil: not worth it
	ETag         string // with its quotes
	ContentType  string
	CacheControl string
}

// NewSnapshot returns body with its compressed form and an ETag made of its content.
func NewSnapshot(body []byte, contentType, cacheControl string) *Snapshot {
	sum := sha256.Sum256(body)
	s := &Snapshot{
		Body: body, ContentType: contentType, CacheControl: cacheControl,
		ETag: `W/"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`, // weak: one for both forms
	}
	var b bytes.Buffer
	z, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // the level is valid
	_, _ = z.Write(body)                                  // a Buffer takes everything
	_ = z.Close()
	if b.Len() < len(body) {
		s.Gzip = b.Bytes()
	}
	return s
}

// ServeHTTP answers with the body, or with 304 to a reader who has it.
func (s *Snapshot) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h["Etag"] = []string{s.ETag}
	h["Cache-Control"] = []string{s.CacheControl}
	h.Add("Vary", "Accept-Encoding")
	if matches(r.Header["If-None-Match"], s.ETag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body := s.Body
	h["Content-Type"] = []string{s.ContentType}
	if s.Gzip != nil && acceptsGzip(r) {
		body = s.Gzip
		h["Content-Encoding"] = []string{"gzip"}
	}
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // a reader that has left is no news
	}
}

// matches reports whether one of the tags that the reader has is tag, by the
// weak comparison of RFC 9110 section 8.8.3.2.
func matches(have []string, tag string) bool {
	tag = strings.TrimPrefix(tag, "W/")
	for _, line := range have {
		for t := range strings.SplitSeq(line, ",") {
			if t = strings.TrimSpace(t); t == "*" || strings.TrimPrefix(t, "W/") == tag {
				return true
			}
		}
	}
	return false
}
