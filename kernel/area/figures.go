package area

import "strconv"

// readFigures reads population and area: edition, number, population, year,
// km², source. An empty field is unknown.
func (g *Gazetteer) readFigures() {
	rows("figures.tsv", func(f []string) {
		e, _ := strconv.Atoi(f[0])
		i, ok := g.byCode[g.official[Edition(e)][f[1]]]
		if !ok {
			panic("area: embedded figures: no unit " + f[1] + " in " + f[0])
		}
		u := &g.units[i]
		if n, err := strconv.Atoi(f[2]); err == nil {
			u.Population = n
			u.PopulationYear, _ = strconv.Atoi(f[3])
		}
		if km2, err := strconv.ParseFloat(f[4], 64); err == nil {
			u.AreaKm2 = km2
		}
	})
}
