package area

import "strings"

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
	m := g.match(n)
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

func (g *Gazetteer) match(n Names) Match {
	country := Code(n.Edition) * stepEdition
	provinces := g.named(country, n.Province)
	switch {
	case blank(n.Province) || len(provinces) == 0:
		return Match{Verdict: Rejected, Why: "area.rejected.province"}
	case len(provinces) > 1:
		return Match{Verdict: Ambiguous, Why: "area.ambiguous.province", Between: codes(provinces)}
	}
	p := provinces[0]
	if blank(n.District) && blank(n.Commune) {
		return settled(p)
	}
	if n.Edition == Edition2025 && blank(n.District) {
		return g.among(n, p, g.named(p.code, n.Commune))
	}
	if blank(n.District) {
		return g.among(n, p, g.inside(p, n.Commune, HowName))
	}
	return g.inDistrict(n, p)
}

// inDistrict matches a row that names a district.
func (g *Gazetteer) inDistrict(n Names, p option) Match {
	districts := g.named(p.code, n.District)
	if blank(n.Commune) {
		return g.among(n, p, below(p, districts))
	}
	var here []option
	for _, d := range districts {
		here = append(here, below(d, g.named(d.code, n.Commune))...)
	}
	here = best(below(p, here))
	typo := len(here) > 0 && here[0].how == HowTypo
	if len(here) > 0 && !typo {
		return g.among(n, p, here)
	}
	abroad := g.elsewhere(n, p)
	aside := g.inside(p, n.Commune, HowDistrict)
	if len(districts) == 0 && g.district(n) != 0 || len(aside)+len(here) == 0 {
		return misplaced(p, districts, abroad)
	}
	if len(abroad) > 0 {
		return Match{Verdict: Ambiguous, Why: "area.ambiguous.province", Between: append(append([]Code{p.code}, codes(abroad)...), codes(append(here, aside...))...)}
	}
	return g.among(n, p, append(here, aside...))
}

// misplaced answers for a row whose commune the listed province does not have
// under any district, or whose district is another province's.
func misplaced(p option, districts, abroad []option) Match {
	switch {
	case len(abroad) > 0:
		return Match{Verdict: Ambiguous, Why: "area.ambiguous.province", Between: append([]Code{p.code}, codes(abroad)...)}
	case len(districts) > 0:
		return Match{Verdict: Rejected, Why: "area.rejected.commune"}
	}
	return Match{Verdict: Rejected, Why: "area.rejected.district"}
}

// among settles on the only candidate, or says between which it cannot.
func (g *Gazetteer) among(n Names, p option, os []option) Match {
	switch {
	case len(os) == 1:
		return settled(os[0].after(p.how))
	case len(os) == 0 && !blank(n.Commune):
		return Match{Verdict: Rejected, Why: "area.rejected.commune"}
	case len(os) == 0:
		return misplaced(p, nil, g.elsewhere(n, p))
	}
	if d := os[0].code.District(); d != 0 && twins(os) {
		return Match{Verdict: Corrected, Code: d, How: HowLevel, Why: "area.corrected.level", Between: codes(os)}
	}
	return Match{Verdict: Ambiguous, Why: "area.ambiguous.name", Between: codes(os)}
}

// twins reports whether all candidates are communes of one district.
func twins(os []option) bool {
	for _, o := range os {
		if o.code.Level() != Commune || o.code.District() != os[0].code.District() {
			return false
		}
	}
	return true
}

func settled(o option) Match {
	if o.how == HowName {
		return Match{Verdict: Matched, Code: o.code, How: HowName, Why: "area.matched"}
	}
	return Match{Verdict: Corrected, Code: o.code, How: o.how, Why: "area.corrected." + string(o.how)}
}

// inside finds a commune by name in every district of a province, the best only.
func (g *Gazetteer) inside(p option, commune string, how How) []option {
	var os []option
	for _, d := range g.below(p.code) {
		if d.Code.Level() == District {
			os = append(os, below(option{d.Code, how}, g.named(d.Code, commune))...)
		}
	}
	return best(without(os, HowTypo))
}

// elsewhere finds the listed district (and commune) in the other provinces.
func (g *Gazetteer) elsewhere(n Names, p option) []option {
	var os []option
	for _, q := range g.below(p.code.Country()) {
		if q.Code.Level() != Province || q.Code == p.code {
			continue
		}
		for _, d := range g.named(q.Code, n.District) {
			if d.how == HowTypo {
				continue
			}
			if blank(n.Commune) {
				os = append(os, d)
			} else {
				os = append(os, below(d, g.named(d.code, n.Commune))...)
			}
		}
	}
	return best(os)
}

// district returns a district of any province that bears the listed name.
func (g *Gazetteer) district(n Names) Code {
	for _, q := range g.below(Code(n.Edition) * stepEdition) {
		if q.Code.Level() != Province {
			continue
		}
		if ds := without(g.named(q.Code, n.District), HowTypo); len(ds) > 0 {
			return ds[0].code
		}
	}
	return 0
}

func blank(s string) bool { return strings.TrimSpace(s) == "" }
