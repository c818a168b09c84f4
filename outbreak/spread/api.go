package spread

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"khien/kernel/area"
	"khien/kernel/auth"
	"khien/kernel/day"
	"khien/kernel/fault"
	"khien/kernel/web"
	"khien/outbreak/chain"
)

// chainsIn is the filter on the wire.
type chainsIn struct {
	Area string `query:"area" doc:"responsible area: it and everything below" example:"2021/20/186"`
	From string `query:"from" doc:"first day of onset, else of the next day known" example:"2021-05-01"`
	To   string `query:"to" doc:"last day"`
	Case string `query:"case" doc:"number or id of a case: its whole chain" maxLength:"80"`
}

type chainsOut struct{ Body chainsJSON }

// chainsJSON sums up chains on the wire.
type chainsJSON struct {
	chain.Figures
	Incubation     chain.Interval `json:"incubation" doc:"days from exposure to onset, where exposure is known"`
	GenerationTime chain.Interval `json:"generation_time" doc:"days from the exposure of a source to that of whom it infected"`
	Tracing        Tracing        `json:"tracing"`
}

// field is a text of a query and what it is read into.
type field struct {
	text string
	to   interface{ UnmarshalText([]byte) error }
}

// reads reads the fields that were given; what cannot be read comes back by field.
func reads(all map[string]field) error {
	errs := web.FieldErrors{}
	for name, f := range all {
		if f.text == "" {
			continue
		}
		if err := f.to.UnmarshalText([]byte(f.text)); err != nil {
			errs[name] = fault.Of(err).At(name, f.text)
		}
	}
	if len(errs) > 0 {
		return errs
	}
	return nil
}

func (in chainsIn) filter() (Filter, error) {
	f := Filter{Case: nameOf(in.Case)}
	err := reads(map[string]field{"area": {in.Area, &f.Area}, "from": {in.From, &f.From}, "to": {in.To, &f.To}})
	return f, err
}

type curveIn struct {
	By   string `query:"by" enum:"onset,confirmed,reported" default:"onset"`
	Step string `query:"step" enum:"day,week" default:"day"`
	Area string `query:"area" example:"2021/20/186"`
	From string `query:"from" example:"2021-05-01"`
	To   string `query:"to"`
}

type curveOut struct {
	Body struct {
		By      string       `json:"by"`
		Step    string       `json:"step"`
		Sum     int          `json:"sum"`
		Undated int          `json:"undated" doc:"confirmed cases without that day"`
		Columns []columnJSON `json:"columns" doc:"confirmed cases; columns without cases are left out"`
	}
}

type columnJSON struct {
	From day.Day        `json:"from"`
	To   day.Day        `json:"to"`
	Sum  int            `json:"sum"`
	By   map[string]int `json:"by_source" doc:"'' for an unknown source"`
}

// api registers the JSON operations.
func (s *Service) api(rt *web.Router) {
	security := []map[string][]string{{"session": {}}}
	huma.Register(rt.API(), huma.Operation{OperationID: "read-chains", Method: "GET", Path: "/chains", Security: security,
		Summary: "Who infected whom, summed up, and how well it is traced"}, s.chainsAPI)
	huma.Register(rt.API(), huma.Operation{OperationID: "read-curve", Method: "GET", Path: "/curves", Security: security,
		Summary: "Confirmed cases by day or week and source"}, s.curveAPI)
}

func (s *Service) chainsAPI(ctx context.Context, in *chainsIn) (*chainsOut, error) {
	sc, err := auth.ScopeOf(ctx, auth.ReadCases, "chains")
	if err != nil {
		return nil, err
	}
	f, err := in.filter()
	if err != nil {
		return nil, err
	}
	now, err := s.current(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.look(ctx, sc, "chain.look", f); err != nil {
		return nil, err
	}
	v := now.view(sc, f, s.today())
	return &chainsOut{chainsJSON{v.Figures.WithLists(), v.Incubation, v.Generation, v.Tracing}}, nil
}

func (s *Service) curveAPI(ctx context.Context, in *curveIn) (*curveOut, error) {
	sc, err := auth.ScopeOf(ctx, auth.ReadCases, "curves")
	if err != nil {
		return nil, err
	}
	form := curveForm{By: in.By, Step: in.Step}
	if err := reads(map[string]field{"area": {in.Area, &form.Area}, "from": {in.From, &form.From}, "to": {in.To, &form.To}}); err != nil {
		return nil, err
	}
	f, err := form.filter()
	if err != nil {
		return nil, err
	}
	now, err := s.current(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.look(ctx, sc, "curve.look", Filter{Area: f.Area, From: f.From, To: f.To}); err != nil {
		return nil, err
	}
	return curveJSON(now.curve(sc, f, s.today()), f), nil
}

func curveJSON(c *Curve, f CurveFilter) *curveOut {
	out := &curveOut{}
	out.Body.By, out.Body.Step, out.Body.Sum, out.Body.Undated, out.Body.Columns = string(f.By), string(f.Step), c.Sum, c.Undated, []columnJSON{}
	for _, col := range c.Columns {
		if col.Sum == 0 {
			continue
		}
		j := columnJSON{From: col.From, To: col.To, Sum: col.Sum, By: map[string]int{}}
		for i, n := range col.Of {
			if n > 0 {
				j.By[string(sources[i])] = n
			}
		}
		out.Body.Columns = append(out.Body.Columns, j)
	}
	return out
}

// NewCases counts the confirmed cases of the days from to to in each recording
// area, of the given sources; "" is not known.
func (s *Service) NewCases(ctx context.Context, from, to day.Day, of []string) (map[area.Code]int, error) {
	now, err := s.current(ctx)
	if err != nil {
		return nil, err
	}
	return now.newCases(from, to, of), nil
}

// Figures sums up every chain that the scope may read, and writes that it did.
func (s *Service) Figures(ctx context.Context, sc auth.Scope) (chain.Figures, error) {
	if !sc.Allows(auth.ReadCases) {
		return chain.Figures{}, fault.New(fault.Forbidden, "auth.act")
	}
	now, err := s.current(ctx)
	if err != nil {
		return chain.Figures{}, err
	}
	if err := s.look(ctx, sc, "chain.look", Filter{}); err != nil {
		return chain.Figures{}, err
	}
	return now.view(sc, Filter{}, s.today()).Figures.WithLists(), nil
}
