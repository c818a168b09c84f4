package spread

import (
	"cmp"
	"slices"

	"khien/kernel/auth"
	"khien/kernel/day"
	"khien/kernel/id"
	"khien/outbreak"
	"khien/outbreak/chain"
)

// nobody is the number of a name that no case has.
const nobody = -1

// world is every case and link of the province at one moment. It does not change;
// what is made of it is kept with it.
type world struct {
	number   int64
	cases    []outbreak.Brief // by id
	names    []string         // of each: its number, else its id
	byNumber map[string]int32
	byID     map[id.ID]int32
	links    []resolved
	graph    *chain.Graph
	kept     keep
}

// resolved is a link with the cases that its ends mean, nobody for a name alone.
type resolved struct {
	Link
	from, to int32
}

func newWorld(number int64, cases []outbreak.Brief, links []Link) *world {
	w := &world{number: number, cases: cases, names: make([]string, len(cases)), byNumber: make(map[string]int32, len(cases)),
		byID: make(map[id.ID]int32, len(cases)), links: make([]resolved, len(links))}
	told := make([]chain.Case, len(cases))
	for i, c := range cases {
		w.names[i] = cmp.Or(c.Number, c.ID.String())
		w.byID[c.ID] = int32(i)
		if c.Number != "" {
			w.byNumber[c.Number] = int32(i)
		}
		told[i] = chain.Case{ID: w.names[i], Onset: c.Onset}
	}
	edges := make([]chain.Edge, len(links))
	for i, l := range links {
		w.links[i] = resolved{l, w.caseOf(l.From), w.caseOf(l.To)}
		edges[i] = chain.Edge{From: w.nameOf(w.links[i].from, l.From), To: w.nameOf(w.links[i].to, l.To)}
	}
	w.graph = chain.New(told, edges)
	return w
}

// caseOf finds the case that a name means.
func (w *world) caseOf(name string) int32 {
	if n, ok := w.byNumber[name]; ok {
		return n
	}
	if i, err := id.Parse(name); err == nil {
		if n, ok := w.byID[i]; ok {
			return n
		}
	}
	return nobody
}

// nameOf is what the graph calls an end of a link.
func (w *world) nameOf(n int32, told string) string {
	if n == nobody {
		return told
	}
	return w.names[n]
}

// dayOf is when a case stands in a drawing or a period: its onset, else the next best.
func dayOf(c outbreak.Brief) day.Day { return cmp.Or(c.Onset, c.Specimen, c.Confirmed, c.Reported) }

// covers reports whether the scope may read a case, by number.
func (w *world) covers(sc auth.Scope, n int32) bool {
	return n != nobody && (sc.Covers(w.cases[n].Area) || w.cases[n].Stay != 0 && sc.Covers(w.cases[n].Stay))
}

// sources says of each case whether a link tells who infected it.
func (w *world) sources() []bool {
	has := make([]bool, len(w.cases))
	for _, l := range w.links {
		if l.to != nobody && l.from != l.to {
			has[l.to] = true
		}
	}
	return has
}

// linksOf are the links at a case, the first told first.
func (w *world) linksOf(n int32) (of []resolved) {
	for _, l := range w.links {
		if l.from == n || l.to == n {
			of = append(of, l)
		}
	}
	return of
}

// cluster are the cases of the chain that a case stands in, itself included.
func (w *world) cluster(n int32) []bool {
	in := make([]bool, len(w.cases))
	in[n] = true
	for _, name := range w.graph.ClusterOf(w.names[n]) {
		if m := w.caseOf(name); m != nobody {
			in[m] = true
		}
	}
	return in
}

// byDay orders numbers of cases by day, then by name.
func (w *world) byDay(ns []int32) {
	slices.SortFunc(ns, func(a, b int32) int {
		return cmp.Or(cmp.Compare(dayOf(w.cases[a]), dayOf(w.cases[b])), cmp.Compare(w.names[a], w.names[b]))
	})
}
