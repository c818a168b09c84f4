package epimap

import (
	"net/http"
	"strings"

	"khien/kernel/area"
	"khien/kernel/day"
	"khien/kernel/fault"
	"khien/kernel/web"
)

// How long answers may be kept on the way.
const (
	fresh     = "public, max-age=5"
	immutable = "public, max-age=31536000, immutable"
)

// Paths of the public map.
const (
	pathAreas  = "/map/areas" // below /api/v1
	pathSeries = "/map/series"
	pathStream = "/map/stream"
	apiPrefix  = "/api/v1"
)

// Routes registers the public map, "/" included.
func (s *Service) routes(rt *web.Router) {
	rt.Get("/{$}", s.getMap)
	rt.Get("/area/{code...}", s.getArea)
	rt.Get(apiPrefix+pathAreas, s.getAreas, web.Quiet())
	rt.Get(apiPrefix+pathSeries, s.getSeries, web.Quiet())
	rt.Get(apiPrefix+pathStream, s.getStream, web.Stream(), web.Quiet())
	rt.Get("/map/shapes/{edition}/{file}", s.getShapes, web.Quiet())
	rt.Get("/map.csv", s.getCSV, web.Quiet())
	rt.Get("/map.geojson", s.getGeoJSON, web.Quiet())
	describe(rt.API().OpenAPI())
}

// answerKey names an answer made of a view. outline is the version of the
// boundaries, where the answer depends on them.
type answerKey struct {
	kind string
	layer
	day     day.Day
	outline string
}

// answer returns the kept answer, or makes it: once, whoever asks meanwhile waits.
func (v *view) answer(k answerKey, kind string, make func() ([]byte, error)) (*web.Snapshot, error) {
	return v.answers.get(k, func() (*web.Snapshot, int, error) {
		b, err := make()
		if err != nil {
			return nil, 0, err
		}
		a := web.NewSnapshot(b, kind, fresh)
		return a, len(a.Body) + len(a.Gzip), nil
	})
}

// asked reads a program's query and the view that answers it.
func (s *Service) asked(r *http.Request, known ...string) (query, *view, error) {
	values := r.URL.Query()
	if err := only(values, known...); err != nil {
		return query{}, nil, err
	}
	q, err := s.parse(values)
	if err != nil {
		return q, nil, err
	}
	v, err := s.current(r.Context())
	if err != nil {
		return q, nil, err
	}
	q.day, err = q.on(v, s.now())
	return q, v, err
}

// getAreas answers the numbers of one day as the map shows them.
func (s *Service) getAreas(w http.ResponseWriter, r *http.Request) error {
	q, v, err := s.asked(r, paramEdition, paramLevel, paramParent, paramDay)
	if err != nil {
		return err
	}
	o := s.outline(r.Context(), q.layer)
	a, err := v.answer(answerKey{"areas", q.layer, q.day, o.version}, "application/json", func() ([]byte, error) {
		return s.areasJSON(v, q.layer, q.day, o.approximate)
	})
	return answer(a, err, w, r)
}

// getSeries answers all days of a layer, or the recent ones.
func (s *Service) getSeries(w http.ResponseWriter, r *http.Request) error {
	q, v, err := s.asked(r, paramEdition, paramLevel, paramParent, paramPart)
	if err != nil {
		return err
	}
	from := v.first
	switch part := r.URL.Query().Get(paramPart); part {
	case "":
	case "recent":
		from = max(v.first, v.last-day.Day(recentDays)+1)
	default:
		return fault.New(fault.Invalid, "epimap.part").At(paramPart, part)
	}
	a, err := v.answer(answerKey{kind: "series", layer: q.layer, day: from}, "application/json", func() ([]byte, error) {
		return s.seriesJSON(v, q.layer, from)
	})
	return answer(a, err, w, r)
}

func (s *Service) getCSV(w http.ResponseWriter, r *http.Request) error {
	q, v, err := s.asked(r, paramEdition, paramLevel, paramParent, paramDay, paramWindow)
	if err != nil {
		return err
	}
	a, err := v.answer(answerKey{kind: "csv", layer: q.layer, day: q.day}, "text/csv; charset=utf-8", func() ([]byte, error) {
		return s.csvFile(v, q.layer, q.day)
	})
	w.Header().Set("Content-Disposition", disposition(q, "csv"))
	return answer(a, err, w, r)
}

func (s *Service) getGeoJSON(w http.ResponseWriter, r *http.Request) error {
	q, v, err := s.asked(r, paramEdition, paramLevel, paramParent, paramDay, paramWindow)
	if err != nil {
		return err
	}
	o := s.outline(r.Context(), q.layer)
	a, err := v.answer(answerKey{"geojson", q.layer, q.day, o.version}, "application/geo+json", func() ([]byte, error) {
		return s.geoFile(v, q.layer, q.day, o)
	})
	w.Header().Set("Content-Disposition", disposition(q, "geojson"))
	return answer(a, err, w, r)
}

// disposition names the file that is saved: all of it is digits, letters and dashes.
func disposition(q query, ext string) string {
	code := strings.ReplaceAll(q.parent.String(), "/", "-")
	return `attachment; filename="khien-` + code + "-" + string(q.level) + "-" + q.day.String() + "." + ext + `"`
}

func answer(a *web.Snapshot, err error, w http.ResponseWriter, r *http.Request) error {
	if err != nil {
		return err
	}
	a.ServeHTTP(w, r)
	return nil
}

// getShapes answers the outlines of a layer, or of the country, as GeoJSON. With
// the version that it has in the address it may be kept for good.
func (s *Service) getShapes(w http.ResponseWriter, r *http.Request) error {
	values := r.URL.Query()
	if err := only(values, "v", paramParent); err != nil {
		return err
	}
	level, ok := strings.CutSuffix(r.PathValue("file"), ".json")
	if !ok {
		return fault.New(fault.NotFound, "web.page")
	}
	parent, err := s.parseParent(values.Get(paramParent))
	if err != nil {
		return err
	}
	if level == string(area.Country) {
		la, err := s.parseLayer(r.PathValue("edition"), string(area.Province), 0)
		if err != nil {
			return err
		}
		return kept(s.country(la.edition).file, values.Get("v") == countryVersion, w, r)
	}
	la, err := s.parseLayer(r.PathValue("edition"), level, parent)
	if err != nil {
		return err
	}
	o := s.outline(r.Context(), la)
	return kept(o.file, values.Get("v") == o.version, w, r)
}

// countryVersion rises when the country is drawn anew.
const countryVersion = "1"

func kept(a *web.Snapshot, forGood bool, w http.ResponseWriter, r *http.Request) error {
	if !forGood {
		now := *a
		now.CacheControl = fresh
		a = &now
	}
	a.ServeHTTP(w, r)
	return nil
}

// getStream streams a layer's changes. Layers that have no stream of their own
// (other provinces) are fault.Invalid: their readers poll.
func (s *Service) getStream(w http.ResponseWriter, r *http.Request) error {
	values := r.URL.Query()
	if err := only(values, paramEdition, paramLevel, paramSince); err != nil {
		return err
	}
	q, err := s.parse(values)
	if err != nil {
		return err
	}
	if s.hub == nil {
		return fault.New(fault.NotFound, "web.page")
	}
	if _, err := s.current(r.Context()); err != nil {
		return err
	}
	return s.hub.Serve(w, r, q.topic(), web.Since(r), nil)
}
