package spread

import (
	"bytes"
	"context"
	"io"
	"time"

	"khien/kernel/auth"
	"khien/outbreak"
	"khien/outbreak/chain"
)

// Seen is what a filter shows a reader, for tests of the rights.
type Seen struct {
	Figures chain.Figures
	Tracing Tracing
	Layout  *chain.Layout
	SVG     string // drawn near enough for names
	Alone   int
}

// See makes the view of a filter.
func (s *Service) See(ctx context.Context, sc auth.Scope, f Filter) (Seen, error) {
	w, err := s.current(ctx)
	if err != nil {
		return Seen{}, err
	}
	v := w.view(sc, f, s.today())
	var b bytes.Buffer
	at := picture(chain.LevelMost, 0, 0)
	at.Width, at.Height = 4000, 4000
	err = v.Layout.Draw(&b, at, inks["light"])
	return Seen{v.Figures, v.Tracing, v.Layout, b.String(), v.alone}, err
}

// CurveOf counts for a reader.
func (s *Service) CurveOf(ctx context.Context, sc auth.Scope, f CurveFilter) (*Curve, error) {
	w, err := s.current(ctx)
	if err != nil {
		return nil, err
	}
	return w.curve(sc, f, s.today()), nil
}

// ReadEdges reads a list without writing it.
func ReadEdges(r io.Reader) ([]outbreak.Link, Report, error) {
	return (&Service{now: time.Now}).readEdges(r)
}
