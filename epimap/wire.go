package epimap

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"khien/kernel/area"
	"khien/kernel/day"
	"khien/wire/sheet"
)

// areasWire answers /api/v1/map/areas.
type areasWire struct {
	Version     int64     `json:"version" doc:"rises with every change that the public can see"`
	Edition     int       `json:"edition" enum:"2021,2025"`
	Level       string    `json:"level" enum:"commune,district,province"`
	Day         string    `json:"day" format:"date"`
	FirstDay    string    `json:"first_day" format:"date"`
	LastDay     string    `json:"last_day" format:"date"`
	AsOf        time.Time `json:"as_of" doc:"when the numbers changed last"`
	Source      []string  `json:"source" doc:"whose announcements the numbers come from"`
	Approximate bool      `json:"approximate" doc:"the map's boundaries are schematic"`
	K           int       `json:"k" doc:"unannounced cases are shown in multiples of k only"`
	Whole       areaRow   `json:"whole" doc:"the unit that all of areas lie in, cases of no known area included"`
	Areas       []areaRow `json:"areas"`
}

// areaRow is one unit of areasWire, and the properties of its GeoJSON feature.
type areaRow struct {
	short      string    // the name without its kind, by which rows are sorted
	Code       area.Code `json:"code" example:"2021/20/186/06412"`
	Name       string    `json:"name"`
	Parent     area.Code `json:"parent"`
	ParentName string    `json:"parent_name"`
	Population int       `json:"population" doc:"0: unknown"`
	Announced  bool      `json:"announced" doc:"every case shown up to the day has been announced; false where there is none"`
	Estimated  bool      `json:"estimated,omitempty" doc:"carried over from the other edition, and the ground is not exactly the same"`
	New1       Count     `json:"new_1"`
	New7       Count     `json:"new_7"`
	New14      Count     `json:"new_14"`
	Total      Count     `json:"total"`
}

func (r areaRow) counts() [4]Count { return [4]Count{r.New1, r.New7, r.New14, r.Total} }

// some reports whether any window has a case, or hides one.
func (r areaRow) some() bool {
	return slices.ContainsFunc([]Count{r.New1, r.New7, r.New14, r.Total}, func(c Count) bool { return c.Cases > 0 || c.Hidden })
}

// seriesWire answers /api/v1/map/series: every day of every unit, or the recent
// ones with the sum of those before.
type seriesWire struct {
	Version  int64       `json:"version"`
	Edition  int         `json:"edition" enum:"2021,2025"`
	Level    string      `json:"level" enum:"commune,district,province"`
	FirstDay string      `json:"first_day" format:"date"`
	LastDay  string      `json:"last_day" format:"date"`
	From     string      `json:"from" format:"date" doc:"the first day of days; first_day, unless only the recent ones were asked for"`
	AsOf     time.Time   `json:"as_of"`
	Source   []string    `json:"source"`
	K        int         `json:"k"`
	Whole    seriesRow   `json:"whole" doc:"the unit that all of areas lie in, cases of no known area included"`
	Areas    []seriesRow `json:"areas"`
}

type seriesRow struct {
	Code       area.Code `json:"code"`
	Name       string    `json:"name"`
	Parent     string    `json:"parent" doc:"the name of the unit above"`
	Population int       `json:"population,omitempty"`
	Before     int       `json:"before,omitempty" doc:"all cases of the days before from"`
	Days       [][2]int  `json:"days" doc:"pairs: days after first_day, new cases; days without cases are left out"`
	Hidden     []int     `json:"hidden" doc:"days after first_day on which unannounced cases may stand behind the numbers; of those before from, the last"`
	Floor      string    `json:"floor,omitempty" doc:"the text of hidden cases alone, where it is not the level's usual one"`
}

// rows lists a layer's units with their numbers, by name.
func (s *Service) rows(v *view, la layer, d day.Day) []areaRow {
	us := s.units(la)
	rows := make([]areaRow, len(us))
	for i, u := range us {
		rows[i] = s.row(v, u, d)
	}
	return rows
}

// whole is the unit above a layer's: the gazetteer has none for the country.
func (s *Service) whole(la layer) area.Unit {
	if u, ok := s.gazetteer.Unit(la.parent); ok {
		return u
	}
	return area.Unit{Code: la.parent}
}

func (s *Service) row(v *view, u area.Unit, d day.Day) areaRow {
	parent, _ := s.gazetteer.Unit(u.Code.Parent())
	l := v.lines[u.Code]
	return areaRow{
		short: u.Name, Code: u.Code, Name: u.FullName, Parent: u.Code.Parent(), ParentName: parent.FullName, Population: u.Population,
		Announced: v.announcedOn(u.Code, d), Estimated: l != nil && l.estimated,
		New1: v.count(u.Code, d, New1), New7: v.count(u.Code, d, New7), New14: v.count(u.Code, d, New14), Total: v.count(u.Code, d, Total),
	}
}

func (s *Service) areasJSON(v *view, la layer, d day.Day, approximate bool) ([]byte, error) {
	return json.Marshal(areasWire{
		Version: v.version, Edition: int(la.edition), Level: string(la.level), Day: d.String(),
		FirstDay: v.first.String(), LastDay: v.last.String(), AsOf: v.at, Source: orNone(v.sources),
		Approximate: approximate, K: v.k, Whole: s.row(v, s.whole(la), d), Areas: s.rows(v, la, d),
	})
}

// recentDays is how many days the recent part has: the longest window, and the
// one before it that the trend compares with.
const recentDays = 2 * int(New14)

// seriesJSON answers the days from from on.
func (s *Service) seriesJSON(v *view, la layer, from day.Day) ([]byte, error) {
	w := seriesWire{
		Version: v.version, Edition: int(la.edition), Level: string(la.level),
		FirstDay: v.first.String(), LastDay: v.last.String(), From: from.String(), AsOf: v.at, Source: orNone(v.sources), K: v.k,
		Whole: s.seriesOf(v, s.whole(la), from), Areas: []seriesRow{},
	}
	w.Whole.Floor = v.floor(la.parent)
	for _, u := range s.units(la) {
		w.Areas = append(w.Areas, s.seriesOf(v, u, from))
	}
	return json.Marshal(w)
}

func (s *Service) seriesOf(v *view, u area.Unit, from day.Day) seriesRow {
	parent, _ := s.gazetteer.Unit(u.Code.Parent())
	r := seriesRow{Code: u.Code, Name: u.FullName, Parent: parent.FullName, Population: u.Population, Days: [][2]int{}, Hidden: []int{}}
	l := v.lines[u.Code]
	if l == nil {
		return r
	}
	for _, c := range l.days {
		if c.day < from {
			r.Before += c.cases
			continue
		}
		r.Days = append(r.Days, [2]int{int(c.day - v.first), c.cases})
	}
	for _, d := range l.hiddenDays(v.last) {
		if d < from {
			r.Hidden = r.Hidden[:0]
		}
		r.Hidden = append(r.Hidden, int(d-v.first))
	}
	if u.Code.Level() == area.Commune && l.marked > 1 {
		r.Floor = v.floor(u.Code)
	}
	return r
}

// csvHead names the columns; they do not change.
var csvHead = []string{"day", "edition", "level", "code", "name", "parent", "population", "new_1", "new_7", "new_14", "total", "announced", "estimated", "source", "as_of"}

// csvFile writes what the map shows as CSV, with the mark by which spreadsheets know UTF-8.
func (s *Service) csvFile(v *view, la layer, d day.Day) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("\ufeff")
	w := csv.NewWriter(&b)
	w.UseCRLF = true // RFC 4180
	_ = w.Write(csvHead)
	for _, r := range s.rows(v, la, d) {
		row := []string{d.String(), strconv.Itoa(int(la.edition)), string(la.level), r.Code.String(), r.Name, r.ParentName, known(r.Population)}
		for _, c := range r.counts() {
			row = append(row, c.Text)
		}
		row = append(row, strconv.FormatBool(r.Announced), strconv.FormatBool(r.Estimated), strings.Join(v.sources, "; "), v.at.Format(time.RFC3339))
		for i := range row {
			row[i] = sheet.Harmless(row[i])
		}
		_ = w.Write(row)
	}
	w.Flush()
	return b.Bytes(), w.Error()
}

func known(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// drawnFeature is an outline as area.WriteGeoJSON wrote it.
type drawnFeature struct {
	Properties struct {
		Code        area.Code       `json:"code"`
		Label       json.RawMessage `json:"label"`
		Approximate bool            `json:"approximate"`
		Source      string          `json:"source"`
	} `json:"properties"`
	Geometry json.RawMessage `json:"geometry"`
}

// numberedFeature is a unit with its numbers; its geometry is null where its outline is not known.
type numberedFeature struct {
	Type       string             `json:"type"`
	Properties numberedProperties `json:"properties"`
	Geometry   json.RawMessage    `json:"geometry"`
}

type numberedProperties struct {
	Day              string          `json:"day"`
	Label            json.RawMessage `json:"label,omitempty"`
	Approximate      bool            `json:"approximate"`
	BoundariesSource string          `json:"boundaries_source,omitempty"`
	areaRow
}

// geoFile writes what the map shows as GeoJSON.
func (s *Service) geoFile(v *view, la layer, d day.Day, o *outline) ([]byte, error) {
	var drawn struct {
		Features []drawnFeature `json:"features"`
	}
	if err := json.Unmarshal(o.geo, &drawn); err != nil {
		return nil, fmt.Errorf("epimap: outlines of %s: %w", la.topic(), err)
	}
	at := make(map[area.Code]drawnFeature, len(drawn.Features))
	for _, f := range drawn.Features {
		at[f.Properties.Code] = f
	}
	out := struct {
		Type     string            `json:"type"`
		AsOf     time.Time         `json:"as_of"`
		Source   []string          `json:"source"`
		Version  int64             `json:"version"`
		Features []numberedFeature `json:"features"`
	}{"FeatureCollection", v.at, orNone(v.sources), v.version, []numberedFeature{}}
	for _, r := range s.rows(v, la, d) {
		p, geometry := numberedProperties{Day: d.String(), areaRow: r}, json.RawMessage("null")
		if f, ok := at[r.Code]; ok {
			p.Label, p.Approximate, p.BoundariesSource = f.Properties.Label, f.Properties.Approximate, f.Properties.Source
			geometry = f.Geometry
		}
		out.Features = append(out.Features, numberedFeature{"Feature", p, geometry})
	}
	return json.Marshal(out)
}

func orNone(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}
