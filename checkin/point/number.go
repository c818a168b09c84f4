package point

import (
	"net/http"

	"khien/kernel/fault"
	"khien/kernel/place"
	"khien/kernel/web"
)

// Numbers that one address may try: people mistype, programs count through.
const (
	triesASecond = 0.5
	triesAtOnce  = 20
	triersMost   = 100_000
)

// getNumber leads whoever cannot scan from the short number under a code to the
// page that the code leads to, and asks for the number where none was given.
func (s *Service) getNumber(w http.ResponseWriter, r *http.Request) error {
	text := r.URL.Query().Get("number")
	if text == "" {
		return s.Views.Render(w, r, http.StatusOK, "point/number.html", web.NewForm())
	}
	if ok, wait := s.tries.Allow(web.AddrKey(r)); !ok {
		return web.Rate(wait)
	}
	link, err := s.byNumber(text)
	if f := fault.Of(err); f != nil {
		form := web.NewForm("number", fault.Cut(text, 20))
		form.Errors = web.FieldErrors{"number": f.At("number", text)}
		return s.Views.Render(w, r, http.StatusUnprocessableEntity, "point/number.html", form)
	}
	if err != nil {
		return err
	}
	http.Redirect(w, r, link, http.StatusSeeOther)
	return nil
}

// byNumber returns the path of the page of a place, its code behind #.
func (s *Service) byNumber(text string) (string, error) {
	n, err := place.ParseNumber(text)
	if err != nil {
		return "", err
	}
	p, ok := s.Places.Book().Numbered(n)
	if !ok {
		return "", fault.New(fault.NotFound, "point.gone")
	}
	u, err := s.codes.SignPlace(p)
	if err != nil {
		return "", err
	}
	return "/v#" + u.Token(), nil
}
