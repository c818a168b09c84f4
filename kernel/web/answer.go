package web

import (
	"bufio"
	"compress/gzip"
	"net"
	"net/http"
	"strings"
	"sync"
)

// minGzip is the size below which compressing a page costs more than it saves.
const minGzip = 1 << 10

// answer is the writer that handlers see. It remembers status and size for the
// log, and compresses pages of more than minGzip bytes.
type answer struct {
	http.ResponseWriter
	gzip   bool // the reader takes it
	plain  bool // the route forbids it
	head   bool
	abort  bool // the connection cannot be used on
	status int
	bytes  int64

	held   []byte // the first bytes of a page that may yet be compressed
	hold   bool
	zipper *gzip.Writer
}

var zippers = sync.Pool{New: func() any {
	z, _ := gzip.NewWriterLevel(nil, 5) // the level is valid
	return z
}}

// WriteHeader sends the status, or keeps it until the page is known to be small or large.
func (a *answer) WriteHeader(status int) {
	if a.status != 0 {
		return
	}
	if status < 200 {
		a.ResponseWriter.WriteHeader(status)
		return
	}
	a.status = status
	worth := !a.plain && status != http.StatusNoContent && status != http.StatusNotModified && squeezable(a.Header())
	if worth {
		a.Header().Add("Vary", "Accept-Encoding")
	}
	if a.hold = worth && a.gzip && !a.head; !a.hold {
		a.ResponseWriter.WriteHeader(status)
	}
}

// Write sends b, or gathers it until there is enough to compress.
func (a *answer) Write(b []byte) (int, error) {
	if a.status == 0 {
		a.WriteHeader(http.StatusOK)
	}
	switch {
	case a.zipper != nil:
		return a.zipper.Write(b)
	case !a.hold:
		n, err := a.ResponseWriter.Write(b)
		a.bytes += int64(n)
		return n, err
	}
	a.held = append(a.held, b...)
	if len(a.held) > minGzip {
		return len(b), a.squeeze()
	}
	return len(b), nil
}

// squeeze begins the compressed page with what was held back.
func (a *answer) squeeze() error {
	h := a.Header()
	h.Set("Content-Encoding", "gzip")
	h.Del("Content-Length")
	if tag := h.Get("ETag"); tag != "" && !strings.HasPrefix(tag, "W/") {
		h.Set("ETag", "W/"+tag)
	}
	a.ResponseWriter.WriteHeader(a.status)
	a.hold = false
	a.zipper = zippers.Get().(*gzip.Writer)
	a.zipper.Reset(counter{a})
	_, err := a.zipper.Write(a.held)
	a.held = nil
	return err
}

// counter writes compressed bytes past the answer and counts them.
type counter struct{ a *answer }

func (c counter) Write(b []byte) (int, error) {
	n, err := c.a.ResponseWriter.Write(b)
	c.a.bytes += int64(n)
	return n, err
}

// Flush sends what there is.
func (a *answer) Flush() {
	a.release()
	if a.zipper != nil {
		_ = a.zipper.Flush() // a reader that has left shows at the next Write
	}
	_ = http.NewResponseController(a.ResponseWriter).Flush()
}

// release sends a held page as it is.
func (a *answer) release() {
	if !a.hold {
		return
	}
	a.hold = false
	a.ResponseWriter.WriteHeader(a.status)
	n, _ := a.ResponseWriter.Write(a.held)
	a.bytes += int64(n)
	a.held = nil
}

// finish ends the page.
func (a *answer) finish() {
	a.release()
	if a.zipper != nil {
		_ = a.zipper.Close()
		zippers.Put(a.zipper)
		a.zipper = nil
	}
	if a.status == 0 {
		a.status = http.StatusOK // what net/http sends for us
	}
}

// restart forgets a page of which nothing has left yet; false when some has.
func (a *answer) restart() bool {
	if a.status != 0 && !a.hold {
		return false
	}
	a.status, a.hold, a.held = 0, false, nil
	for _, name := range []string{"Content-Disposition", "Content-Length", "Content-Type", "ETag", "Last-Modified", "Vary"} {
		a.Header().Del(name)
	}
	return true
}

// Hijack gives the connection away; the log has it as 200.
func (a *answer) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	c, rw, err := http.NewResponseController(a.ResponseWriter).Hijack()
	if err == nil {
		a.status = http.StatusOK
	}
	return c, rw, err
}

// Unwrap lets http.ResponseController reach the connection's deadlines.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// acceptsGzip reports whether the reader takes gzip; "gzip;q=0" says no.
func acceptsGzip(r *http.Request) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, q, _ := strings.Cut(strings.TrimSpace(part), ";")
		if name == "gzip" {
			q = strings.ReplaceAll(q, " ", "")
			return q != "q=0" && q != "q=0.0" && q != "q=0.00" && q != "q=0.000"
		}
	}
	return false
}

// squeezable reports whether a body of these headers is worth compressing and is not yet.
func squeezable(h http.Header) bool {
	if h.Get("Content-Encoding") != "" || h.Get("Content-Range") != "" {
		return false
	}
	kind, _, _ := strings.Cut(h.Get("Content-Type"), ";")
	switch {
	case kind == "text/event-stream":
		return false
	case strings.HasPrefix(kind, "text/"), strings.HasSuffix(kind, "json"), strings.HasSuffix(kind, "xml"):
		return true
	}
	return kind == "application/openapi+yaml"
}
