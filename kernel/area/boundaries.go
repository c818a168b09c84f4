package area

import (
	"fmt"
	"io"
	"math"
	"sort"
	"strings"

	"khien/kernel/fault"
)

// Boundaries are the shapes that a file gave, sorted by code, one for each unit.
type Boundaries struct {
	Edition Edition
	Shapes  []Shape
}

// Report says what a file of boundaries held.
type Report struct {
	Features  int       // in the file
	Matched   int       // that found their unit
	Unmatched []Problem // that did not, and why
	Problems  []Problem // found in the matched ones; those that could be mended were
	Missing   []Code    // siblings of matched units that the file does not have
	Turned    int       // rings that ran the wrong way and were turned
	AreaKm2   float64   // of all matched shapes together
}

// Problem is one finding. Feature counts from 1 in the file, 0 for the whole;
// Why is a catalog entry under "area.boundaries." and Args fill it.
type Problem struct {
	Feature int
	Name    string
	Code    Code
	Why     string
	Args    map[string]any
}

// Importer reads a file of boundaries. The zero CodeField takes the first of
// the usual properties that holds an official number or a Code.
type Importer struct {
	Gazetteer *Gazetteer
	Edition   Edition
	CodeField string
	Source    string // whose the boundaries are; kept with each Shape
	Parent    Code   // 0: anywhere; else only units below it are matched
}

// ReadBoundaries reads GeoJSON (RFC 7946, WGS 84, at most 64 MB) and matches its
// features to the units of an edition, by official number, else by name. A
// geometry that breaks the rules (an open ring, swapped axes, a place outside
// Vietnam) refuses the whole file as fault.Invalid with the feature's number as
// Row; nothing is half-read. What does not match, and what looks wrong but can
// be drawn, stands in the Report.
func ReadBoundaries(r io.Reader, g *Gazetteer, e Edition) (Boundaries, Report, error) {
	return Importer{Gazetteer: g, Edition: e}.Read(r)
}

// Read is ReadBoundaries with the importer's settings.
func (im Importer) Read(r io.Reader) (Boundaries, Report, error) {
	fs, err := readFeatures(r)
	if err != nil {
		return Boundaries{}, Report{}, err
	}
	rep := Report{Features: len(fs)}
	shapes := map[Code]Shape{}
	from := map[Code]int{}
	for i := range fs {
		polygons, flat, bad := fs[i].polygons()
		if bad != nil {
			return Boundaries{}, Report{}, bad.InRow(i+1).With("feature", i+1).With("name", fs[i].name())
		}
		c, why := im.find(&fs[i])
		if _, twice := shapes[c]; c != 0 && twice {
			c, why = 0, "area.boundaries.twice"
		}
		if c == 0 {
			rep.Unmatched = append(rep.Unmatched, Problem{Feature: i + 1, Name: fs[i].name(), Why: why})
			continue
		}
		s := Shape{Code: c, Source: im.Source}
		for _, rings := range polygons {
			rings, turned := oriented(rings)
			rep.Turned += turned
			s.Polygons = append(s.Polygons, rings)
		}
		shapes[c], from[c] = s, i+1
		if len(flat) > 0 {
			rep.Problems = append(rep.Problems, Problem{Feature: i + 1, Name: fs[i].name(), Code: c, Why: "area.boundaries.dropped", Args: map[string]any{"rings": flat}})
		}
	}
	out := Boundaries{Edition: im.Edition}
	for c, s := range shapes {
		out.Shapes = append(out.Shapes, s)
		rep.examine(im.Gazetteer, s, from[c])
	}
	sort.Slice(out.Shapes, func(i, j int) bool { return out.Shapes[i].Code < out.Shapes[j].Code })
	rep.Matched = len(out.Shapes)
	rep.compare(im.Gazetteer, out.Shapes)
	return out, rep, nil
}

// codeFields are the properties in which files carry the official number.
var codeFields = []string{"code", "ma", "ma_xa", "maxa", "ma_huyen", "ma_tinh", "ward_code", "district_code", "province_code", "commune_code", "gso_code"}

var nameFields = []string{"fullName", "full_name", "name", "ten", "ten_xa", "tenxa", "ten_huyen", "NAME_3", "NAME_2", "NAME_1", "shapeName"}

func (f *feature) name() string {
	for _, k := range nameFields {
		if s, ok := f.Properties[k].(string); ok && s != "" {
			return fault.Cut(s, 80)
		}
	}
	return ""
}

// find returns the unit of a feature, or why there is none.
func (im Importer) find(f *feature) (Code, string) {
	fields := codeFields
	if im.CodeField != "" {
		fields = []string{im.CodeField}
	}
	for _, k := range fields {
		if c := im.official(f.Properties[k]); c != 0 {
			return c, ""
		}
	}
	if im.CodeField != "" || f.name() == "" {
		return 0, "area.boundaries.nocode"
	}
	return im.named(f.name())
}

func (im Importer) official(v any) Code {
	var s string
	switch v := v.(type) {
	case string:
		s = v
	case float64: // a number has lost its zeros; below 1,000 nobody can say of which width it was
		if v >= 1000 && v < 100000 && v == math.Trunc(v) {
			s = fmt.Sprintf("%05.0f", v)
		}
	}
	if len(s) == 4 {
		s = "0" + s
	}
	if c, err := Parse(s); err == nil && c.Edition() == im.Edition {
		s = c.Official()
	}
	u, ok := im.Gazetteer.Official(im.Edition, s)
	if !ok || im.Parent != 0 && !im.Parent.Contains(u.Code) {
		return 0
	}
	return u.Code
}

func (im Importer) named(name string) (Code, string) {
	var found []Code
	for _, u := range im.Gazetteer.Find(Query{Edition: im.Edition, Parent: im.Parent, Text: name, Limit: 1000}) {
		if key := Spelling(name); key == Spelling(u.Name) || key == Spelling(u.FullName) {
			found = append(found, u.Code)
		}
	}
	switch len(found) {
	case 0:
		return 0, "area.boundaries.unknown"
	case 1:
		return found[0], ""
	}
	return 0, "area.boundaries.several"
}

// examine looks at one shape: crossings, holes, its official area.
func (rep *Report) examine(g *Gazetteer, s Shape, feature int) {
	u, _ := g.Unit(s.Code)
	say := func(why string, args map[string]any) {
		rep.Problems = append(rep.Problems, Problem{Feature: feature, Name: u.FullName, Code: s.Code, Why: "area.boundaries." + why, Args: args})
	}
	for _, rings := range s.Polygons {
		checked := crossed(segments(rings), func(a, b segment) bool {
			p := a.meet(b)
			say("crossing", map[string]any{"lon": p[0], "lat": p[1]})
			return false
		})
		if !checked {
			say("tangled", nil)
		}
		for _, hole := range rings[1:] {
			if !rings[0].contains(hole[0]) && !rings[0].contains(hole[1]) {
				say("hole", map[string]any{"lon": hole[0][0], "lat": hole[0][1]})
			}
		}
	}
	km2 := s.AreaKm2()
	rep.AreaKm2 += km2
	if u.AreaKm2 > 0 && math.Abs(km2-u.AreaKm2) > areaSlack*u.AreaKm2 {
		say("area", map[string]any{"km2": km2, "official": u.AreaKm2})
	}
}

// areaSlack is how far a drawn area may be from the official one: surveys,
// projections and dates differ by a few per cent.
const areaSlack = 0.1

// compare looks at all shapes together: who is missing, and whether they make up their parents.
func (rep *Report) compare(g *Gazetteer, shapes []Shape) {
	sort.Slice(rep.Problems, func(i, j int) bool { return rep.Problems[i].Feature < rep.Problems[j].Feature })
	have := map[Code]bool{}
	sum := map[Code]float64{}
	for _, s := range shapes {
		have[s.Code] = true
		sum[s.Code.Parent()] += s.AreaKm2()
	}
	for parent, km2 := range sum {
		whole := true
		for _, u := range g.Children(parent) {
			if !have[u.Code] {
				whole = false
				rep.Missing = append(rep.Missing, u.Code)
			}
		}
		u, _ := g.Unit(parent)
		if whole && u.AreaKm2 > 0 && math.Abs(km2-u.AreaKm2) > areaSlack*u.AreaKm2 {
			rep.Problems = append(rep.Problems, Problem{Name: u.FullName, Code: parent, Why: "area.boundaries.sum",
				Args: map[string]any{"km2": km2, "official": u.AreaKm2}})
		}
	}
	sortCodes(rep.Missing)
}

// String says the problem for a log or a test.
func (p Problem) String() string {
	return strings.TrimSpace(fmt.Sprintf("feature %d %s %s %v", p.Feature, p.Name, p.Why, p.Args))
}
