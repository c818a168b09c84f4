package spread

import (
	"math"
	"net/http"
	"strconv"

	"khien/kernel/auth"
	"khien/kernel/i18n"
	"khien/kernel/web"
	"khien/outbreak"
	"khien/outbreak/chain"
)

// numbersOf are the figures of a view in the reader's words.
func numbersOf(r *http.Request, v *view) []web.Cell {
	lang := web.Lang(r.Context())
	f := v.Figures
	t := func(key string, args ...any) string { return web.T(r.Context(), key, args...) }
	cells := []web.Cell{
		{Name: t("spread.cases"), Text: i18n.Number(lang, f.Cases)},
		{Name: t("spread.edges"), Text: i18n.Number(lang, f.Edges)},
		{Name: t("spread.clusters"), Text: t("spread.clusters.of", "n", f.Clusters, "largest", f.LargestCluster)},
		{Name: t("spread.r"), Text: decimal(lang, f.R)},
		{Name: t("spread.k"), Text: t("spread.k.none")},
		{Name: t("spread.serial"), Text: intervalText(r, f.SerialInterval)},
		{Name: t("spread.incubation"), Text: intervalText(r, v.Incubation)},
		{Name: t("spread.generation_time"), Text: intervalText(r, v.Generation)},
	}
	if f.K != nil {
		cells[4].Text = decimal(lang, *f.K)
	}
	if f.Edges == 0 {
		cells[4].Text = t("spread.unknown")
	}
	return cells
}

// generation is one bar of the generations.
type generation struct{ Number, Cases, Percent int }

// Bars are the generations, each with its share of the largest.
func (p chainsPage) Bars() (bars []generation) {
	most := 1
	for _, n := range p.Generations {
		most = max(most, n)
	}
	for i, n := range p.Generations {
		bars = append(bars, generation{i, n, n * 100 / most})
	}
	return bars
}

func decimal(lang i18n.Lang, x float64) string { return i18n.Number(lang, math.Round(x*100)/100) }

// intervalText says days: middle, spread and how many pairs tell them.
func intervalText(r *http.Request, i chain.Interval) string {
	if i.N == 0 {
		return web.T(r.Context(), "spread.unknown")
	}
	lang := web.Lang(r.Context())
	return web.T(r.Context(), "spread.interval", "mean", decimal(lang, i.Mean), "sd", decimal(lang, i.SD), "median", decimal(lang, i.Median), "n", i.N)
}

// qualityRow is one indicator of the tracing.
type qualityRow struct{ Name, Text, Hint string }

func qualityOf(r *http.Request, v *view) []qualityRow {
	t := func(key string, args ...any) string { return web.T(r.Context(), key, args...) }
	q := v.Tracing
	count := func(n int) string { return i18n.Number(web.Lang(r.Context()), n) }
	row := func(key, text string) qualityRow {
		return qualityRow{t("spread.quality." + key), text, t("spread.quality." + key + ".hint")}
	}
	return []qualityRow{
		row("new", count(q.New)),
		row("sourced", share(r, q.NewSourced, q.New)),
		row("in_chains", share(r, q.NewInChains, q.New)),
		row("active", count(q.Active)),
		row("sourceless", share(r, q.Sourceless, v.Figures.Cases)),
		row("to_specimen", intervalText(r, q.ToSpecimen)),
		row("to_confirmed", intervalText(r, q.ToConfirmed)),
		row("to_report", intervalText(r, q.ToReport)),
		row("gaps", count(q.LongGaps)),
		row("backwards", count(q.Backwards)),
	}
}

// share says a part of a whole, with its percentage where there is a whole.
func share(r *http.Request, n, of int) string {
	if of == 0 {
		return web.T(r.Context(), "spread.unknown")
	}
	return web.T(r.Context(), "spread.share", "n", n, "of", of, "percent", (n*100+of/2)/of)
}

// focusPage is one case and its links.
type focusPage struct {
	Name, Href string
	Links      []linkRow
	Members    []memberRow
	More       int // members that are not listed
}

// linkRow is a link at a case as its page shows it.
type linkRow struct {
	ID                  string
	From, To            string // "" out of scope
	FromHref, ToHref    string
	FromFocus, ToFocus  bool
	Certainty, On, Note string
	Badge               string
	Removable, Odd      bool
}

// memberRow is a case of the chain.
type memberRow struct {
	Name, Href, Area, Day string
	Out                   int
}

// membersShown bounds the list of a chain's cases; the drawing has them all.
const membersShown = 100

func (s *Service) focusOf(r *http.Request, w *world, sc auth.Scope, v *view) *focusPage {
	p := &focusPage{Name: w.names[v.Focus], Href: "/cases/" + w.cases[v.Focus].ID.String()}
	seen := w.namesSeen(sc)
	name := func(n int32, told string) (string, string) {
		switch {
		case w.covers(sc, n):
			return w.names[n], "/chains?case=" + w.cases[n].ID.String()
		case n == nobody && seen[told]:
			return told, ""
		}
		return "", ""
	}
	mayWrite := sc.Allows(auth.WriteCases)
	for _, l := range w.linksOf(v.Focus) {
		row := linkRow{ID: l.ID.String(), Certainty: web.T(r.Context(), "spread.certainty."+string(l.Certainty)), Badge: badges[l.Certainty],
			Note: l.Note, FromFocus: l.from == v.Focus, ToFocus: l.to == v.Focus, Odd: l.from == l.to,
			Removable: mayWrite && (sc.Whole() || w.areaOf(sc, l.Link) != 0)}
		row.From, row.FromHref = name(l.from, l.From)
		row.To, row.ToHref = name(l.to, l.To)
		if l.On != 0 {
			row.On = i18n.Date(web.Lang(r.Context()), l.On.Time())
		}
		p.Links = append(p.Links, row)
	}
	s.members(r, w, v, p)
	return p
}

var badges = map[outbreak.Certainty]string{outbreak.Certain: "good", outbreak.Probably: "info", outbreak.Possibly: "muted"}

// members lists the first cases of the chain that the reader may see.
func (s *Service) members(r *http.Request, w *world, v *view, p *focusPage) {
	var ns []int32
	for i, in := range v.picked {
		if in {
			ns = append(ns, int32(i))
		}
	}
	w.byDay(ns)
	out := map[string]int{}
	for _, n := range v.Layout.Nodes {
		out[n.ID] = int(n.Out)
	}
	for i, n := range ns {
		if i == membersShown {
			p.More = len(ns) - i
			return
		}
		c := w.cases[n]
		p.Members = append(p.Members, memberRow{Name: w.names[n], Href: "/cases/" + c.ID.String(), Area: s.cases.AreaName(c.Area),
			Day: i18n.Date(web.Lang(r.Context()), dayOf(c).Time()), Out: out[w.names[n]]})
	}
}

func certaintyChoices(r *http.Request) (cs []web.Choice) {
	for _, c := range Certainties {
		cs = append(cs, web.Choice{Value: string(c), Text: web.T(r.Context(), "spread.certainty."+string(c))})
	}
	return cs
}

// columnText is a column's days in the reader's words.
func columnText(lang i18n.Lang, c Column) string {
	if c.From == c.To {
		return i18n.Date(lang, c.From.Time())
	}
	return i18n.Date(lang, c.From.Time()) + " – " + i18n.Date(lang, c.To.Time())
}

func num(n int) string { return strconv.Itoa(n) }
