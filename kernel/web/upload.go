package web

import (
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"

	"khien/kernel/fault"
)

// Upload is a multipart form read as a stream: the fields that came before the
// file, and the file itself, which is never held whole.
type Upload struct {
	Fields url.Values // for DecodeValues
	Name   string     // the file's name as its sender has it; shown, never used as a path
	Type   string     // the content type that the sender claims
	file   io.Reader
	left   int64
	max    int64
}

// ReadUpload reads the form of r up to the file in field, whose size may be max
// bytes. Fields after the file are not read: put the file last. The route needs
// MaxBody(max + DefaultMaxBody), and a Timeout that a slow line can keep.
// Refusals: form.body when r is no multipart form, form.file when the file is missing.
func ReadUpload(r *http.Request, field string, max int64) (*Upload, error) {
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, fault.New(fault.Invalid, "form.body").Because(err)
	}
	u := &Upload{Fields: url.Values{}, left: max, max: max}
	total := 0
	for {
		p, err := parts.NextPart()
		if err != nil {
			return nil, noFile(err, field)
		}
		if p.FormName() == field {
			if p.FileName() == "" {
				return nil, fault.New(fault.Invalid, "form.file").At(field, "")
			}
			u.Name, u.Type, u.file = p.FileName(), p.Header.Get("Content-Type"), p
			return u, nil
		}
		if err := u.addField(p, &total); err != nil {
			return nil, err
		}
	}
}

// noFile says why there is no further part: the form ended without the file, its
// body was too large, or it was broken.
func noFile(err error, field string) error {
	var large *http.MaxBytesError
	switch {
	case errors.Is(err, io.EOF):
		return fault.New(fault.Invalid, "form.file").At(field, "")
	case errors.As(err, &large):
		return err
	}
	return fault.New(fault.Invalid, "form.body").Because(err)
}

// addField keeps one small field; all fields together may be DefaultMaxBody long.
func (u *Upload) addField(p *multipart.Part, total *int) error {
	b, err := io.ReadAll(io.LimitReader(p, DefaultMaxBody+1))
	if err != nil {
		return noFile(err, p.FormName())
	}
	if *total += len(b) + len(p.FormName()); *total > DefaultMaxBody {
		return errTooLarge.With("bytes", DefaultMaxBody)
	}
	u.Fields.Add(p.FormName(), string(b))
	return nil
}

// Read reads the file; more than max bytes are the refusal web.too_large.
func (u *Upload) Read(b []byte) (int, error) {
	if int64(len(b)) > u.left+1 {
		b = b[:u.left+1]
	}
	n, err := u.file.Read(b)
	if int64(n) > u.left {
		return int(u.left), errTooLarge.With("bytes", u.max)
	}
	u.left -= int64(n)
	return n, err
}
