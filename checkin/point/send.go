package point

import (
	"bytes"
	"net/http"
	"strconv"
)

// pending holds a document until it is whole: an error leaves nothing half-sent.
type pending struct{ bytes.Buffer }

// sendPDF makes a document and sends it as a download.
func sendPDF(w http.ResponseWriter, name string, make func(*pending) error) error {
	var out pending
	if err := make(&out); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "application/pdf")
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	h.Set("Content-Length", strconv.Itoa(out.Len()))
	_, err := out.WriteTo(w)
	return err
}
