package checkin

import (
	"context"
	"encoding/csv"
	"net/http"
	"strconv"
	"strings"
	"time"

	"khien/kernel/auth"
	"khien/kernel/day"
	"khien/kernel/id"
	"khien/kernel/person"
	"khien/kernel/web"
	"khien/wire/sheet"
)

// staff registers what tracers ask.
func (s *Service) staff(rt *web.Router) {
	read := rt.With(auth.Require(auth.ReadPeople))
	read.Get("/api/v1/people/{id}/visits", s.getOfPerson)
	read.Get("/api/v1/places/{place}/visits", s.getOfPlace)
	write := rt.With(auth.Require(auth.WritePeople))
	write.Post("/api/v1/visits/{id}/withdraw", s.postMark(s.Withdraw), web.MaxBody(visitBytes))
	write.Post("/api/v1/visits/{id}/restore", s.postMark(s.Restore), web.MaxBody(visitBytes))
	write.Get("/people/{id}/visits", s.getVisits)
	write.Post("/people/{id}/visits", s.postVisits)
	rt.With(auth.Require(auth.Export)).Get("/api/v1/places/{place}/visits.csv", s.getExport, web.Timeout(0), web.NoGzip())
}

// seenVisit is a visit as staff see it.
type seenVisit struct {
	ID     id.ID    `json:"id"`
	Place  id.ID    `json:"place"`
	Name   string   `json:"place_name"`
	Person id.ID    `json:"person"`
	Area   string   `json:"area"`
	From   string   `json:"from"`
	Until  string   `json:"until"`
	Ended  Ended    `json:"ended"`
	How    string   `json:"how"`
	With   int      `json:"with"`
	Flags  []string `json:"flags"`
}

func (s *Service) seen(v Visit) seenVisit {
	p, _ := s.Places.Book().Any(v.Place)
	return seenVisit{ID: v.ID, Place: v.Place, Name: p.Name, Person: v.Person, Area: v.Area.String(), From: v.From.Format(time.RFC3339),
		Until: v.Until.Format(time.RFC3339), Ended: v.Ended, How: string(v.How), With: v.With, Flags: v.Flags.Names()}
}

func (s *Service) writeFound(w http.ResponseWriter, f Found) error {
	visits := make([]seenVisit, len(f.Visits))
	for i, v := range f.Visits {
		visits[i] = s.seen(v)
	}
	return writeJSON(w, map[string]any{"visits": visits, "more": f.More})
}

type purposeQuery struct {
	Purpose string  `form:"purpose,max=200"`
	Day     day.Day `form:"day"`
}

// looker reads the query of a look and returns the scope for its purpose.
func looker(r *http.Request, act auth.Act) (auth.Scope, day.Day, error) {
	var q purposeQuery
	if err := web.Decode(r, &q); err != nil {
		return auth.Scope{}, 0, err
	}
	sc, err := auth.ScopeOf(r.Context(), act, q.Purpose)
	return sc, q.Day, err
}

func (s *Service) getOfPerson(w http.ResponseWriter, r *http.Request) error {
	sc, _, err := looker(r, auth.ReadPeople)
	if err != nil {
		return err
	}
	who, err := id.Parse(r.PathValue("id"))
	if err != nil {
		return errPerson
	}
	found, err := s.OfPerson(r.Context(), sc, who)
	if err != nil {
		return err
	}
	return s.writeFound(w, found)
}

func (s *Service) getOfPlace(w http.ResponseWriter, r *http.Request) error {
	found, err := s.lookPlace(r, auth.ReadPeople)
	if err != nil {
		return err
	}
	return s.writeFound(w, found)
}

func (s *Service) lookPlace(r *http.Request, act auth.Act) (Found, error) {
	sc, on, err := looker(r, act)
	if err != nil {
		return Found{}, err
	}
	where, err := id.Parse(r.PathValue("place"))
	if err != nil {
		return Found{}, errPlace
	}
	if on == 0 {
		on = day.Today(s.now())
	}
	return s.OfPlace(r.Context(), sc, where, on)
}

type reasonBody struct {
	Reason string `json:"reason"`
}

// marking is Withdraw or Restore.
type marking = func(ctx context.Context, sc auth.Scope, visit id.ID) error

// markFor marks a visit for a reason, which is the scope's purpose.
func markFor(r *http.Request, mark marking, visit id.ID, reason string) error {
	sc, err := auth.ScopeOf(r.Context(), auth.WritePeople, strings.TrimSpace(reason))
	if err != nil {
		return err
	}
	return mark(r.Context(), sc, visit)
}

// postMark takes a wrong visit away, or back again.
func (s *Service) postMark(mark marking) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		var b reasonBody
		if err := decode(r, &b); err != nil {
			return err
		}
		visit, err := id.Parse(r.PathValue("id"))
		if err != nil {
			return errNone
		}
		if err := markFor(r, mark, visit, b.Reason); err != nil {
			return err
		}
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
}

// exportColumns are the headings of the export, catalog keys.
var exportColumns = []string{"checkin.column.from", "checkin.column.until", "checkin.column.place", "checkin.column.name", "checkin.column.birth",
	"checkin.column.phone", "checkin.column.how", "checkin.column.with", "checkin.column.flags"}

// getExport streams the visits to a place on a day, with the names and phones of
// those in scope, for those who may take rows of people out. A cell that a
// spreadsheet would take for a formula is defused.
func (s *Service) getExport(w http.ResponseWriter, r *http.Request) error {
	sc, _, err := looker(r, auth.Export)
	if err != nil {
		return err
	}
	found, err := s.lookPlace(r, auth.Export)
	if err != nil {
		return err
	}
	if err := s.note(r.Context(), sc.Entry("visit.export", "place", r.PathValue("place"), 0, map[string]any{"visits": len(found.Visits)})); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="khien-luot-vao-ra.csv"`)
	if _, err := w.Write([]byte("\ufeff")); err != nil {
		return err
	}
	out, line := csv.NewWriter(w), http.NewResponseController(w)
	head := make([]string, len(exportColumns))
	for i, key := range exportColumns {
		head[i] = web.T(r.Context(), key)
	}
	_ = out.Write(head) // Error says it below
	for _, v := range found.Visits {
		_ = line.SetWriteDeadline(time.Now().Add(exportWait)) // a writer without deadlines, as in tests, goes without
		p, err := s.People.Get(r.Context(), s.DB, sc.Anywhere(), v.Person)
		if err != nil {
			p = person.Person{} // erased, or merged meanwhile
		}
		_ = out.Write(s.exportRow(r, v, p))
	}
	out.Flush()
	return out.Error()
}

// exportWait is how long a reader may take for one row.
const exportWait = 30 * time.Second

func (s *Service) exportRow(r *http.Request, v Visit, p person.Person) []string {
	at, _ := s.Places.Book().Any(v.Place)
	cells := []string{local(v.From), local(v.Until), at.Name, p.Name, p.Birth, p.Phone, web.T(r.Context(), "checkin.how."+string(v.How)), strconv.Itoa(v.With), v.Flags.String()}
	for i, c := range cells {
		cells[i] = sheet.Harmless(c)
	}
	return cells
}

var zone = time.FixedZone("ICT", 7*60*60)

func local(t time.Time) string { return t.In(zone).Format("02/01/2006 15:04") }
