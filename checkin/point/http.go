package point

import (
	"net/http"
	"strings"
	"time"

	"khien/kernel/auth"
	"khien/kernel/id"
	"khien/kernel/phone"
	"khien/kernel/place"
	"khien/kernel/web"
	"khien/wire/qr"
)

// uploadBytes bounds a list sent by form.
const uploadBytes = 32 << 20

// Routes registers the pages and the API.
func (s *Service) Routes(rt *web.Router) {
	rt.Get("/api/v1/code-keys", s.getKeys)
	s.officerRoutes(rt.With(auth.Require(auth.ReadPlaces)), rt.With(auth.Require(auth.WritePlaces)))
	rt.With(auth.Require(auth.Export)).Get("/places/export", s.getExport, web.Timeout(0), web.NoGzip())
	imports := rt.With(auth.Require(auth.Import))
	imports.Get("/places/import", s.getImport)
	imports.Post("/places/import", s.postImport, web.MaxBody(uploadBytes+64<<10), web.Timeout(10*time.Minute))
	s.keeperRoutes(rt.With(phone.Require))
	s.cardRoutes(rt.With(auth.Require(auth.ReadPeople)), rt.With(auth.Require(auth.WritePeople)))
	rt.Get("/n", s.getNumber)
	s.api(rt)
}

func (s *Service) cardRoutes(read, write *web.Router) {
	read.Get("/people/{id}/cards", s.getCards)
	write.Post("/people/{id}/cards", s.postCard)
	write.Post("/cards/{id}/withdraw", s.postWithdrawCard)
	read.Get("/cards/{id}/card.pdf", s.getCardPaper(s.CardSheet))
	read.Get("/cards/batches/{id}/cards.pdf", s.getCardPaper(s.BatchSheet), web.Timeout(5*time.Minute))
	write.Get("/cards/list", s.getCardList)
	write.Post("/cards/list", s.postCardList, web.MaxBody(uploadBytes+64<<10), web.Timeout(10*time.Minute))
}

func (s *Service) officerRoutes(read, write *web.Router) {
	read.Get("/places", s.getPlaces)
	read.Get("/places/posters", s.getPosters, web.Timeout(5*time.Minute))
	read.Get("/places/{id}", s.getPlace)
	read.Get("/places/{id}/code.svg", s.getCode)
	read.Get("/places/{id}/poster.pdf", s.getPoster)
	write.Get("/places/new", s.getNewPlace)
	write.Post("/places", s.postPlace)
	write.Get("/places/{id}/edit", s.getEditPlace)
	write.Post("/places/{id}", s.postEditPlace)
	for name, act := range map[string]func(*http.Request, auth.Scope, id.ID) error{
		"close": func(r *http.Request, sc auth.Scope, i id.ID) error {
			_, err := s.Places.Close(r.Context(), sc, i)
			return err
		},
		"reopen": func(r *http.Request, sc auth.Scope, i id.ID) error {
			_, err := s.Places.Reopen(r.Context(), sc, i)
			return err
		},
		"seen": func(r *http.Request, sc auth.Scope, i id.ID) error {
			_, err := s.Places.MarkSeen(r.Context(), sc, i)
			return err
		},
		"reissue": func(r *http.Request, sc auth.Scope, i id.ID) error {
			_, err := s.Places.Reissue(r.Context(), sc, i)
			return err
		},
	} {
		write.Post("/places/{id}/"+name, s.officerAct("point."+name, act))
	}
	write.Post("/places/{id}/keepers", s.postOfficerKeepers)
	write.Post("/places/{id}/keepers/remove", s.officerAct("point.keeper_remove", func(r *http.Request, sc auth.Scope, i id.ID) error {
		index, err := chosenPhone(r)
		if err != nil {
			return err
		}
		return s.Places.OfficerRemoveKeeper(r.Context(), sc, i, index)
	}))
}

func (s *Service) keeperRoutes(own *web.Router) {
	own.Get("/keeper", s.getKeeper)
	own.Get("/keeper/new", s.getKeeperNew)
	own.Post("/keeper/places", s.postKeeperPlace)
	own.Get("/keeper/{id}", s.getKept)
	own.Get("/keeper/{id}/code.svg", s.getKeptCode)
	own.Get("/keeper/{id}/poster.pdf", s.getKeptPoster)
	own.Get("/keeper/{id}/edit", s.getEditKept)
	own.Post("/keeper/{id}", s.postEditKept)
	for name, act := range map[string]func(*http.Request, place.Keeper, id.ID) error{
		"close": func(r *http.Request, k place.Keeper, i id.ID) error {
			_, err := s.Places.KeeperClose(r.Context(), k, i)
			return err
		},
		"reopen": func(r *http.Request, k place.Keeper, i id.ID) error {
			_, err := s.Places.KeeperReopen(r.Context(), k, i)
			return err
		},
		"reissue": func(r *http.Request, k place.Keeper, i id.ID) error {
			_, err := s.Places.KeeperReissue(r.Context(), k, i)
			return err
		},
	} {
		own.Post("/keeper/{id}/"+name, s.keeperAct("point."+name, act))
	}
	own.Post("/keeper/{id}/keepers", s.postKeepers)
	own.Post("/keeper/{id}/keepers/remove", s.keeperAct("point.keeper_remove", func(r *http.Request, k place.Keeper, i id.ID) error {
		index, err := chosenPhone(r)
		if err != nil {
			return err
		}
		return s.Places.RemoveKeeper(r.Context(), k, i, index)
	}))
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
