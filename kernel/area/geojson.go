package area

import (
	"bufio"
	"encoding/json"
	"io"
	"math"
	"strconv"

	"khien/kernel/fault"
)

// maxGeoJSON is the most that is read: a province of 65 communes at 20 m takes 3 MB.
const maxGeoJSON = 64 << 20

type feature struct {
	Type       string
	Properties map[string]any
	Geometry   struct {
		Type        string
		Coordinates json.RawMessage
	}
}

// readFeatures reads an RFC 7946 FeatureCollection.
func readFeatures(r io.Reader) ([]feature, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxGeoJSON+1))
	if err != nil {
		return nil, err
	}
	if len(b) > maxGeoJSON {
		return nil, fault.New(fault.Invalid, "area.boundaries.large").With("mb", maxGeoJSON>>20)
	}
	var c struct {
		Type     string
		Features []feature
		CRS      json.RawMessage
	}
	if err := json.Unmarshal(b, &c); err != nil {
		return nil, fault.New(fault.Invalid, "area.boundaries.json").Because(err)
	}
	if c.Type != "FeatureCollection" {
		return nil, fault.New(fault.Invalid, "area.boundaries.collection").At("type", c.Type)
	}
	if len(c.Features) == 0 {
		return nil, fault.New(fault.Invalid, "area.boundaries.empty")
	}
	return c.Features, nil
}

// flatKm2 is a square metre: less is no ground.
const flatKm2 = 1e-6

// polygons reads the geometry of a Polygon or MultiPolygon, without the rings
// that have no ground (less than four positions, or all in a line): rounding
// leaves such, and their numbers come back in flat. A refusal says the ring,
// counted from 1 through the whole feature.
func (f *feature) polygons() (out [][]Ring, flat []int, bad *fault.Error) {
	var raw [][][][]float64
	var err error
	switch f.Geometry.Type {
	case "MultiPolygon":
		err = json.Unmarshal(f.Geometry.Coordinates, &raw)
	case "Polygon":
		raw = make([][][][]float64, 1)
		err = json.Unmarshal(f.Geometry.Coordinates, &raw[0])
	default:
		return nil, nil, fault.New(fault.Invalid, "area.boundaries.geometry").At("type", f.Geometry.Type)
	}
	if err != nil {
		return nil, nil, fault.New(fault.Invalid, "area.boundaries.coordinates").Because(err)
	}
	ring := 0
	for _, p := range raw {
		var rings []Ring
		for i, line := range p {
			ring++
			r, bad := readRing(line)
			if bad != nil {
				return nil, nil, bad.With("ring", ring)
			}
			if len(r) < 4 || math.Abs(r.areaKm2()) < flatKm2 {
				flat = append(flat, ring)
				if i == 0 {
					ring += len(p) - 1
					break // its holes have nothing to be in
				}
				continue
			}
			rings = append(rings, r)
		}
		if len(rings) > 0 {
			out = append(out, rings)
		}
	}
	if len(out) == 0 {
		return nil, nil, fault.New(fault.Invalid, "area.boundaries.flat")
	}
	return out, flat, nil
}

// Vietnam with its islands and seas, generously: what lies outside is a mistake.
var aroundVietnam = Box{Point{101, 6}, Point{118, 24}}

func readRing(line [][]float64) (Ring, *fault.Error) {
	r := make(Ring, 0, len(line))
	for _, p := range line {
		if len(p) < 2 || len(p) > 4 {
			return nil, fault.New(fault.Invalid, "area.boundaries.position")
		}
		if math.IsNaN(p[0]+p[1]) || math.IsInf(p[0]+p[1], 0) {
			return nil, fault.New(fault.Invalid, "area.boundaries.position")
		}
		if !aroundVietnam.has(Point{p[0], p[1]}) {
			why := "area.boundaries.outside"
			if aroundVietnam.has(Point{p[1], p[0]}) {
				why = "area.boundaries.swapped"
			}
			at := strconv.FormatFloat(p[0], 'f', -1, 64) + ", " + strconv.FormatFloat(p[1], 'f', -1, 64)
			return nil, fault.New(fault.Invalid, why).At("coordinates", at)
		}
		r = append(r, Point{p[0], p[1]})
	}
	if len(r) > 0 && r[0] != r[len(r)-1] {
		return nil, fault.New(fault.Invalid, "area.boundaries.open")
	}
	return r, nil
}

func (b Box) has(p Point) bool {
	return p[0] >= b.Min[0] && p[0] <= b.Max[0] && p[1] >= b.Min[1] && p[1] <= b.Max[1]
}

// WriteGeoJSON writes the shapes as an RFC 7946 FeatureCollection with the
// properties code, name, label (a point inside), approximate and source, and
// coordinates to so many decimals (4 are 11 m). Points that rounding makes
// equal are written once. g gives the names.
func WriteGeoJSON(w io.Writer, g *Gazetteer, shapes []Shape, decimals int) error {
	b := bufio.NewWriter(w)
	b.WriteString(`{"type":"FeatureCollection","features":[`)
	for i, s := range shapes {
		if i > 0 {
			b.WriteByte(',')
		}
		props := map[string]any{"code": s.Code.String(), "label": json.RawMessage(appendPoint(nil, s.LabelPoint(), decimals))}
		if u, ok := g.Unit(s.Code); ok {
			props["name"] = u.FullName
		}
		if s.Approximate {
			props["approximate"] = true
		}
		if s.Source != "" {
			props["source"] = s.Source
		}
		p, err := json.Marshal(props)
		if err != nil {
			return err
		}
		b.WriteString(`{"type":"Feature","properties":`)
		b.Write(p)
		b.WriteString(`,"geometry":{"type":"MultiPolygon","coordinates":`)
		b.Write(appendPolygons(nil, s.Polygons, decimals))
		b.WriteString(`}}`)
	}
	b.WriteString("]}\n")
	return b.Flush()
}

func appendPolygons(b []byte, ps [][]Ring, decimals int) []byte {
	b = append(b, '[')
	for i, rings := range ps {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '[')
		for j, r := range rings {
			if j > 0 {
				b = append(b, ',')
			}
			b = appendRing(b, r, decimals)
		}
		b = append(b, ']')
	}
	return append(b, ']')
}

func appendRing(b []byte, r Ring, decimals int) []byte {
	b = append(b, '[')
	last, written := "", 0
	for i, p := range r {
		s := string(appendPoint(nil, p, decimals))
		if s == last && i < len(r)-1 && len(r)-i > 4-written {
			continue
		}
		if written > 0 {
			b = append(b, ',')
		}
		b = append(b, s...)
		last = s
		written++
	}
	return append(b, ']')
}

func appendPoint(b []byte, p Point, decimals int) []byte {
	f := math.Pow10(decimals)
	b = append(b, '[')
	b = strconv.AppendFloat(b, math.Round(p[0]*f)/f, 'f', -1, 64)
	b = append(b, ',')
	b = strconv.AppendFloat(b, math.Round(p[1]*f)/f, 'f', -1, 64)
	return append(b, ']')
}
