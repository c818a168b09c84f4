package point

import (
	"net/http"
	"strconv"
	"time"

	"khien/kernel/area"
	"khien/kernel/audit"
	"khien/kernel/auth"
	"khien/kernel/fault"
	"khien/kernel/place"
	"khien/kernel/store"
	"khien/kernel/web"
	"khien/wire/sheet"
)

type importPage struct {
	Form   web.Form
	Report *Report
	Name   string
	Took   string
	Lines  []problemLine
	More   int
}

// problemLine is a problem in the reader's words.
type problemLine struct {
	Row                int
	Field, Value       string
	Verdict, Why, Kind string
}

// problemsShown bounds the report's page; the sums are of all.
const problemsShown = 500

func (s *Service) getImport(w http.ResponseWriter, r *http.Request) error {
	if _, err := auth.ScopeOf(r.Context(), auth.WritePlaces, "place_import"); err != nil {
		return err
	}
	return s.Views.Render(w, r, http.StatusOK, "point/import.html", importPage{Form: web.NewForm()})
}

func (s *Service) postImport(w http.ResponseWriter, r *http.Request) error {
	sc, err := auth.ScopeOf(r.Context(), auth.WritePlaces, "place_import")
	if err != nil {
		return err
	}
	up, err := web.ReadUpload(r, "file", uploadBytes)
	if err != nil {
		return err
	}
	began := time.Now()
	report, err := s.Import(r.Context(), sc, up)
	p := importPage{Form: web.NewForm(), Name: up.Name}
	if f := fault.Of(err); f != nil && f.Kind == fault.Invalid {
		p.Form.Errors = web.FieldErrors{"file": f}
		return s.Views.Render(w, r, http.StatusUnprocessableEntity, "point/import.html", p)
	}
	if err != nil {
		return err
	}
	p.Report, p.Took = &report, strconv.FormatFloat(time.Since(began).Seconds(), 'f', 1, 64)
	for i, pr := range report.Problems {
		if i == problemsShown {
			p.More = len(report.Problems) - i
			break
		}
		p.Lines = append(p.Lines, problemLine{pr.Row, web.T(r.Context(), "point.list."+pr.Field), pr.Value,
			web.T(r.Context(), "point.verdict."+string(pr.Verdict)),
			pr.Sentence(func(key string, args ...any) string { return web.T(r.Context(), key, args...) }), badgeOf(pr.Verdict)})
	}
	return s.Views.Render(w, r, http.StatusOK, "point/import.html", p)
}

func badgeOf(v area.Verdict) string {
	switch v {
	case area.Corrected:
		return "info"
	case area.Ambiguous:
		return "warn"
	}
	return "bad"
}

// exportFields are the columns of an export, as Import reads them back; the
// short number and the poster's day come after.
var exportFields = []string{"name", "kind", "province", "district", "commune", "address", "position", "hours", "stay"}

// exportWait is how long an export waits for its taker without a row going out.
const exportWait = time.Minute

func (s *Service) getExport(w http.ResponseWriter, r *http.Request) error {
	sc, err := auth.ScopeOf(r.Context(), auth.Export, "place_export")
	if err != nil {
		return err
	}
	var f filterForm
	if err := web.Decode(r, &f); err != nil {
		return err
	}
	filter := f.filter()
	if !sc.Allows(auth.ReadPlaces) {
		return fault.New(fault.Forbidden, "auth.act")
	}
	if err := s.noteExport(r, sc, filter); err != nil {
		return err
	}
	format := sheet.Format(f.Format)
	if format != sheet.XLSX {
		format = sheet.CSV
	}
	w.Header().Set("Content-Type", format.ContentType())
	w.Header().Set("Content-Disposition", `attachment; filename="khien-dia-diem.`+string(format)+`"`)
	out, err := sheet.NewWriter(w, format)
	if err != nil {
		return err
	}
	line := http.NewResponseController(w)
	err = out.Write(s.exportHead(r)...)
	if err == nil {
		err = s.Places.Each(r.Context(), sc, filter, func(p place.Place) error {
			_ = line.SetWriteDeadline(time.Now().Add(exportWait)) // a writer without deadlines, as in tests, goes without
			return out.Write(s.exportRow(r, p)...)
		})
	}
	if err != nil {
		return err
	}
	return out.Close()
}

func (s *Service) noteExport(r *http.Request, sc auth.Scope, f place.Filter) error {
	return s.DB.Tx(r.Context(), func(tx *store.Tx) error {
		return audit.Append(tx, sc.Entry("place.export", "place", "", f.Area, nil))
	})
}

func (s *Service) exportHead(r *http.Request) []string {
	var head []string
	for _, field := range exportFields {
		head = append(head, web.T(r.Context(), "point.list."+field))
	}
	return append(head, web.T(r.Context(), "field.place_number"), web.T(r.Context(), "field.place_state"), web.T(r.Context(), "point.poster_issued"))
}

func (s *Service) exportRow(r *http.Request, p place.Place) []string {
	var names [3]string
	for _, u := range s.Gazetteer.Path(p.Area) {
		switch u.Code.Level() {
		case area.Province:
			names[0] = u.Name
		case area.District:
			names[1] = u.FullName
		case area.Commune:
			names[2] = u.FullName
		}
	}
	return []string{p.Name, web.T(r.Context(), "point.kind."+string(p.Kind)), names[0], names[1], names[2], p.Address, p.Position.String(),
		p.Hours.String(), strconv.Itoa(int(p.UsualStay / time.Minute)), p.Number.String(),
		web.T(r.Context(), "point.state."+placeRow{Place: p}.State()), vn(p.PosterIssued)}
}

// getPosters answers with the posters of the list's filter, one document.
func (s *Service) getPosters(w http.ResponseWriter, r *http.Request) error {
	sc, err := auth.ScopeOf(r.Context(), auth.ReadPlaces, "place_posters")
	if err != nil {
		return err
	}
	var f filterForm
	if err := web.Decode(r, &f); err != nil {
		return err
	}
	return sendPDF(w, "khien-diem-qr.pdf", func(out *pending) error { return s.Posters(r.Context(), out, sc, f.filter()) })
}
