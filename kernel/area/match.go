package area

import "slices"

// Names is one row of somebody's list. Province must be given. An empty
// District or Commune is not asked about: the match is then at the level above
// or, with a commune but no district, anywhere in the province.
type Names struct {
	Edition                     Edition // 0: Edition2021
	Province, District, Commune string
}

// Verdict is how a row of a list ends. The values are stored and sent as written.
type Verdict string

// The verdicts; the package manual says what each takes.
const (
	Matched   Verdict = "matched"
	Corrected Verdict = "corrected"
	Ambiguous Verdict = "ambiguous"
	Rejected  Verdict = "rejected"
)

// How says in which way a listed name differs from the unit's; the values are
// stored and sent as written, and are catalog entries "area.how.<value>".
type How string

// The ways, from the least to the most that was put right.
const (
	HowName     How = "name"     // not at all
	HowSpelling How = "spelling" // the tone's place, y for i: hoà for hòa
	HowShort    How = "short"    // abbreviated, or Phường 1 for Phường 01
	HowMarks    How = "marks"    // marks missing or wrong
	HowKind     How = "kind"     // another kind word: Huyện for Thị xã
	HowAlias    How = "alias"    // an older or foreign name, or a unit merged into this one
	HowTypo     How = "typo"     // one letter wrong
	HowDistrict How = "district" // it lies in another district of the listed province
	HowLevel    How = "level"    // two communes of the name: the district stands for them
)

// Match is the answer for one row. Code is 0 unless Matched or Corrected. Why
// is the catalog entry that says it all ("area.matched", …) and Args fill it:
// province, district, commune as listed, name (the unit's title), and for an
// ambiguous row "between" (their titles). Between holds the candidates of an
// ambiguous row; when the row lies under the wrong province, first the listed
// province and then where it may really lie.
type Match struct {
	Verdict Verdict
	Code    Code
	How     How
	Why     string
	Args    map[string]any
	Between []Code
}

// Match finds the unit that a row of a list means. It never moves a row into a
// province other than the listed one.
func (g *Gazetteer) Match(n Names) Match {
	if n.Edition == 0 {
		n.Edition = Edition2021
	}
	m := g.memory.match(n, g.matchOnce)
	m.Between = slices.Clone(m.Between)
	m.Args = map[string]any{"province": n.Province, "district": n.District, "commune": n.Commune}
	if m.Code != 0 {
		m.Args["name"] = g.Title(m.Code)
	}
	if len(m.Between) > 0 {
		var titles []string
		for _, c := range m.Between {
			titles = append(titles, g.Title(c))
		}
		m.Args["between"] = titles
	}
	return m
}

// matchOnce is match without the memory.
func (g *Gazetteer) matchOnce(n Names) Match {
	if len(n.Province)+len(n.District)+len(n.Commune) > longestRow {
		return Match{Verdict: Rejected, Why: "area.rejected.long"}
	}
	provinces := g.provinceNamed(n)
	switch {
	case len(provinces) == 0:
		return Match{Verdict: Rejected, Why: "area.rejected.province"}
	case len(provinces) > 1:
		return Match{Verdict: Ambiguous, Why: "area.ambiguous.name", Between: codes(provinces)}
	}
	r := row{g: g, p: provinces[0], district: read(n.District), commune: read(n.Commune)}
	switch {
	case r.district == nil && r.commune == nil:
		return settled(r.p)
	case n.Edition == Edition2025:
		return r.without()
	case r.district == nil:
		return r.among(r.inside(r.p, HowName))
	case r.commune == nil:
		return r.districtOnly()
	}
	return r.whole()
}

// longestRow is more bytes than any three names of Vietnam take.
const longestRow = 400

// provinceNamed finds the listed province; for 2025 also by the name of a
// province of 2021, all of which were merged whole.
func (g *Gazetteer) provinceNamed(n Names) []option {
	t := read(n.Province)
	os := g.named(Code(n.Edition)*stepEdition, t)
	if len(os) > 0 || n.Edition != Edition2025 {
		return os
	}
	for _, o := range g.named(Code(Edition2021)*stepEdition, t) {
		for _, c := range g.Successors(o.code) {
			os = append(os, option{c, HowAlias}.after(o.how))
		}
	}
	return os
}

// row is one listed row below its province.
type row struct {
	g                 *Gazetteer
	p                 option
	district, commune *listed
}

// without matches in an edition without districts: a listed district is of the
// past, and costs HowDistrict.
func (r row) without() Match {
	if r.commune == nil {
		return Match{Verdict: Rejected, Why: "area.rejected.nodistrict"}
	}
	os := below(r.p, r.g.named(r.p.code, r.commune))
	if r.district != nil {
		os = below(option{how: HowDistrict}, os)
	}
	return r.among(os)
}

func (r row) districtOnly() Match {
	if ds := r.g.named(r.p.code, r.district); len(ds) > 0 {
		return r.among(below(r.p, ds))
	}
	if abroad := r.abroad(); len(abroad) > 0 {
		return r.misplaced(abroad, nil)
	}
	return Match{Verdict: Rejected, Why: "area.rejected.district"}
}

// whole matches a row that lists province, district and commune. A pair found
// in its place settles it, unless the same pair stands letter for letter in
// another province and here only by other marks: then the province may be wrong.
func (r row) whole() Match {
	districts := r.g.named(r.p.code, r.district)
	var here []option
	for _, d := range districts {
		here = append(here, below(d, r.g.named(d.code, r.commune))...)
	}
	here = best(here)
	if len(here) > 0 && !here[0].how.doubtful() {
		return r.among(below(r.p, here))
	}
	abroad, aside := r.abroad(), r.inside(r.p, HowDistrict)
	known := len(districts) > 0 && HowTypo.worse(districts[0].how)
	pair := len(abroad) > 0 && abroad[0].code.Level() == Commune && HowTypo.worse(abroad[0].how)
	sure := len(here) > 0 && HowTypo.worse(here[0].how)
	switch {
	case sure && !(pair && here[0].how.worse(abroad[0].how)):
		return r.among(below(r.p, here))
	case pair && sure:
		return r.misplaced(abroad, append(here, aside...))
	case pair || len(abroad) > 0 && !known:
		return r.misplaced(abroad, aside)
	case len(here) > 0:
		return r.among(below(r.p, here))
	case known && len(aside) > 0:
		return r.among(below(r.p, aside))
	case known:
		return Match{Verdict: Rejected, Why: "area.rejected.commune", Between: codes(districts)}
	}
	return Match{Verdict: Rejected, Why: "area.rejected.district", Between: codes(aside)}
}

// misplaced answers for a row whose district, or pair of district and commune,
// is another province's: between the listed province, where it really lies,
// and the communes of the name that the listed province has.
func (r row) misplaced(abroad, aside []option) Match {
	cs := append([]Code{r.p.code}, codes(abroad)...)
	return Match{Verdict: Ambiguous, Why: "area.ambiguous.province", Between: append(cs, codes(aside)...)}
}

// among settles on the only candidate, or says between which it cannot.
func (r row) among(os []option) Match {
	switch len(os) {
	case 0:
		return Match{Verdict: Rejected, Why: "area.rejected.commune"}
	case 1:
		return settled(os[0].after(r.p.how))
	}
	if d := r.g.twins(os); d != 0 {
		return Match{Verdict: Corrected, Code: d, How: HowLevel, Why: "area.corrected.level", Between: codes(os)}
	}
	return Match{Verdict: Ambiguous, Why: "area.ambiguous.name", Between: codes(os)}
}

// twins returns the district that holds all candidates, when they are communes
// of one name that only their kind parts; else 0.
func (g *Gazetteer) twins(os []option) Code {
	first, _ := g.Unit(os[0].code)
	d := first.Code.District()
	for _, o := range os {
		if u, _ := g.Unit(o.code); u.Name != first.Name || o.code.Level() != Commune || o.code.District() != d {
			return 0
		}
	}
	return d
}

func settled(o option) Match {
	if o.how == HowName {
		return Match{Verdict: Matched, Code: o.code, How: HowName, Why: "area.matched"}
	}
	return Match{Verdict: Corrected, Code: o.code, How: o.how, Why: "area.corrected." + string(o.how)}
}

// inside finds the commune in every district of a province, the best only and
// none by a typing error; each then costs at least how.
func (r row) inside(p option, how How) []option {
	if how != HowName && r.commune.numeric() {
		return nil // every district of a city has its Phường 1
	}
	var os []option
	for _, u := range r.g.below(p.code) {
		if u.Code.Level() == District {
			os = append(os, r.g.spelledSo(u.Code, r.commune)...)
		}
	}
	return below(option{how: how}, best(os))
}

// abroad finds the listed pair of district and commune in other provinces;
// where a province has the district but not in it the commune, the commune
// elsewhere in that province, or at last the district itself.
func (r row) abroad() []option {
	var exact, near, only []option
	for _, q := range r.g.below(r.p.code.Country()) {
		if q.Code.Level() != Province || q.Code == r.p.code {
			continue
		}
		for _, d := range r.g.spelledSo(q.Code, r.district) {
			only = append(only, d)
			if r.commune == nil {
				continue
			}
			exact = append(exact, below(d, r.g.spelledSo(d.code, r.commune))...)
			near = append(near, r.inside(option{code: q.Code}, HowDistrict)...)
		}
	}
	for _, os := range [][]option{exact, near, only} {
		if len(os) > 0 {
			return best(os)
		}
	}
	return nil
}
