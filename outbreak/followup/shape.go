package followup

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"

	"khien/kernel/fault"
)

// polygons are the rings of a zone, longitude before latitude, each closed.
type polygons [][][][2]float64

// Bounds of a boundary: what a hamlet or a commune needs, within Vietnam.
const (
	pointsMost    = 5000
	west, east    = 102.0, 110.0
	south, north  = 8.0, 24.0
	boundaryBytes = 512 << 10
	drawnWide     = 600.0
)

var errBoundary = fault.New(fault.Invalid, "followup.boundary").At("zone_boundary", "")

// shapeJSON is any of the objects of RFC 7946 that may hold polygons.
type shapeJSON struct {
	Type        string          `json:"type"`
	Features    []shapeJSON     `json:"features"`
	Geometry    *shapeJSON      `json:"geometry"`
	Geometries  []shapeJSON     `json:"geometries"`
	Coordinates json.RawMessage `json:"coordinates"`
}

// readPolygons reads the polygons of a GeoJSON text; everything else in it is left
// out. What holds none, or leaves Vietnam, is fault.Invalid.
func readPolygons(text []byte) (polygons, error) {
	if len(text) > boundaryBytes {
		return nil, errBoundary
	}
	var sh shapeJSON
	if err := json.Unmarshal(text, &sh); err != nil {
		return nil, errBoundary.Because(err)
	}
	var all polygons
	if err := sh.gather(&all); err != nil {
		return nil, err
	}
	points := 0
	for _, rings := range all {
		if len(rings) == 0 {
			return nil, errBoundary
		}
		for _, ring := range rings {
			if points += len(ring); !isRing(ring) {
				return nil, errBoundary
			}
		}
	}
	if points == 0 || points > pointsMost {
		return nil, errBoundary
	}
	return all, nil
}

func (sh shapeJSON) gather(all *polygons) error {
	switch sh.Type {
	case "Polygon":
		var p [][][2]float64
		if json.Unmarshal(sh.Coordinates, &p) != nil {
			return errBoundary
		}
		*all = append(*all, p)
	case "MultiPolygon":
		var ps polygons
		if json.Unmarshal(sh.Coordinates, &ps) != nil {
			return errBoundary
		}
		*all = append(*all, ps...)
	}
	within := append(sh.Features, sh.Geometries...)
	if sh.Geometry != nil {
		within = append(within, *sh.Geometry)
	}
	for _, in := range within {
		if err := in.gather(all); err != nil {
			return err
		}
	}
	return nil
}

// isRing reports whether a ring is closed, has an inside and lies in Vietnam.
func isRing(ring [][2]float64) bool {
	if len(ring) < 4 || ring[0] != ring[len(ring)-1] {
		return false
	}
	for _, p := range ring {
		if !(p[0] >= west && p[0] <= east && p[1] >= south && p[1] <= north) {
			return false
		}
	}
	return true
}

// geoJSON writes the polygons as one MultiPolygon, to the decimetre.
func (ps polygons) geoJSON() string {
	for _, rings := range ps {
		for _, ring := range rings {
			for i := range ring {
				ring[i] = [2]float64{round(ring[i][0]), round(ring[i][1])}
			}
		}
	}
	b, err := json.Marshal(map[string]any{"type": "MultiPolygon", "coordinates": ps})
	if err != nil {
		panic(err) // plain numbers
	}
	return string(b)
}

func round(x float64) float64 { return math.Round(x*1e6) / 1e6 }

// drawn is the path of an SVG 600 wide, north up, and its height with the line around it; "" without polygons.
func (ps polygons) drawn() (path string, high int) {
	x0, x1, y0, y1 := east, west, north, south
	for _, rings := range ps {
		for _, ring := range rings {
			for _, p := range ring {
				x0, x1, y0, y1 = min(x0, p[0]), max(x1, p[0]), min(y0, p[1]), max(y1, p[1])
			}
		}
	}
	squeeze := math.Cos((y0 + y1) / 2 * math.Pi / 180) // a degree of longitude is shorter than one of latitude
	scale := drawnWide / max((x1-x0)*squeeze, (y1-y0)/2, 1e-6)
	var b strings.Builder
	for _, rings := range ps {
		for _, ring := range rings {
			for i, p := range ring {
				letter := "L"
				if i == 0 {
					letter = "M"
				}
				fmt.Fprintf(&b, "%s%.1f %.1f", letter, (p[0]-x0)*squeeze*scale, (y1-p[1])*scale)
			}
			b.WriteString("Z")
		}
	}
	return b.String(), int((y1-y0)*scale) + 13
}
