package contact

import (
	"context"
	"time"

	"khien/kernel/auth"
	"khien/kernel/fault"
	"khien/kernel/id"
)

type traceIn struct {
	Body struct {
		Case    string    `json:"case,omitempty" doc:"the case; or a person"`
		Person  string    `json:"person,omitempty"`
		From    time.Time `json:"from,omitempty" doc:"of a person's window; a case has its own"`
		To      time.Time `json:"to,omitempty"`
		Purpose string    `json:"purpose" doc:"why it is asked, 4 to 200 characters" maxLength:"200"`
		Second  bool      `json:"f2,omitempty" doc:"also a page of the F2"`
		After   string    `json:"after,omitempty" doc:"next of the page before, of F2"`
	}
}

type hitJSON struct {
	Via       string `json:"via,omitempty" doc:"the F1 whom an F2 met"`
	Place     string `json:"place"`
	PlaceName string `json:"place_name,omitempty"`
	Kind      string `json:"kind"`
	From      string `json:"from"`
	To        string `json:"to"`
	Minutes   int    `json:"minutes"`
	Certainty string `json:"certainty" enum:"certain,probable,possible"`
}

type lineJSON struct {
	Person  string    `json:"person"`
	Name    string    `json:"name,omitempty"`
	Phone   string    `json:"phone,omitempty"`
	Area    string    `json:"area,omitempty"`
	First   string    `json:"first_exposure"`
	Hits    []hitJSON `json:"hits"`
	Contact string    `json:"contact,omitempty"`
	Status  string    `json:"status,omitempty"`
	Case    bool      `json:"is_case" doc:"they are a case of their own"`
}

type traceOut struct {
	Body struct {
		Rule     string     `json:"rule"`
		Verified bool       `json:"rule_verified" doc:"the rule's days were compared with its text"`
		From     string     `json:"from"`
		To       string     `json:"to"`
		F1       []lineJSON `json:"f1"`
		F1s      int        `json:"f1_count"`
		Hidden   int        `json:"f1_hidden" doc:"of another district: counted, not named"`
		F2       []lineJSON `json:"f2"`
		F2s      int        `json:"f2_count"`
		Next     string     `json:"next,omitempty"`
		Took     float64    `json:"took_ms"`
	}
}

func (in traceIn) query(now time.Time) (q Query, err error) {
	b := in.Body
	q = Query{From: b.From, To: b.To, Second: b.Second}
	if b.To.IsZero() {
		q.From, q.To = now.Add(-Kept/2), now
	}
	for _, x := range []struct {
		name, text string
		to         *id.ID
	}{{"case", b.Case, &q.Case}, {"person", b.Person, &q.Person}} {
		if x.text == "" {
			continue
		}
		if err := x.to.UnmarshalText([]byte(x.text)); err != nil {
			return q, fault.Of(err).At(x.name, x.text)
		}
	}
	if q.Case.IsZero() && q.Person.IsZero() {
		return q, errCase.At("case", "")
	}
	if b.After != "" {
		q.After = &F2Cursor{}
		err = q.After.UnmarshalText([]byte(b.After))
	}
	return q, err
}

func (s *Service) traceAPI(ctx context.Context, in *traceIn) (*traceOut, error) {
	sc, err := auth.ScopeOf(ctx, auth.Trace, in.Body.Purpose)
	if err != nil {
		return nil, err
	}
	q, err := in.query(s.now())
	if err != nil {
		return nil, err
	}
	a, err := s.Ask(ctx, sc, q)
	if err != nil {
		return nil, err
	}
	out := &traceOut{}
	b := &out.Body
	b.Rule, b.Verified, b.From, b.To = a.Rule.ID, a.Rule.Verified, rfc(a.Window.From), rfc(a.Window.To)
	b.F1, b.F1s, b.Hidden, b.F2, b.F2s = s.wireLines(a.F1), a.F1s, a.Hidden, s.wireLines(a.F2), a.F2s
	b.Took = float64(a.Took.Microseconds()) / 1000
	if a.Next != nil {
		b.Next = a.Next.String()
	}
	return out, nil
}

func (s *Service) wireLines(lines []Line) []lineJSON {
	all := []lineJSON{}
	for _, l := range lines {
		x := lineJSON{Person: l.Person.String(), Name: l.Who.Name, Phone: l.Who.Phone, Area: l.Area.String(), First: rfc(l.First), Contact: textOf(l.Contact),
			Status: string(l.Status), Case: l.Sick, Hits: []hitJSON{}}
		for _, h := range l.Hits {
			p, _ := s.Places.Book().Any(h.Locus)
			x.Hits = append(x.Hits, hitJSON{Via: textOf(h.Via), Place: h.Locus.String(), PlaceName: p.Name, Kind: h.Kind, From: rfc(h.From), To: rfc(h.To),
				Minutes: h.Minutes, Certainty: string(h.Certainty)})
		}
		all = append(all, x)
	}
	return all
}
