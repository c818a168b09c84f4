package epimap

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"khien/kernel/area"
	"khien/kernel/web"
)

// Sizes of outlines.
const (
	fineM      = 60      // tolerance of the outlines that the script loads, metres
	fineDigits = 4       // decimals of a degree: 11 m
	coarseMost = 9 << 10 // bytes, compressed, of the paths in the page
	drawnWidth = 640     // of the viewBox; assets.Patterns are drawn for it
	askAgain   = time.Minute
)

// outline is where the units of a layer lie, made ready for the page and the script.
type outline struct {
	version     string
	approximate bool
	sources     []string
	geo         []byte // GeoJSON at fineM
	file        *web.Snapshot
	drawing     drawing
}

// drawing is a layer in the page's SVG.
type drawing struct {
	Height int
	Bounds string // west,south,east,north
	Paths  []drawnPath
}

type drawnPath struct {
	Code area.Code
	D    string
}

// outlines are made when first asked for, and anew when the boundaries have
// another version; that is asked once a minute.
type outlines struct {
	units   sync.Map // layer to []area.Unit
	mu      sync.Mutex
	layers  map[layer]*outline
	asked   map[layer]time.Time
	country map[area.Edition]*country
}

func (o *outlines) init() {
	o.layers, o.asked, o.country = map[layer]*outline{}, map[layer]time.Time{}, map[area.Edition]*country{}
}

// outline returns where the units of a layer lie; one without shapes where that
// is not known. Boundaries that cannot be read are logged: the numbers still stand.
func (s *Service) outline(ctx context.Context, la layer) *outline {
	o := &s.outlines
	o.mu.Lock()
	defer o.mu.Unlock()
	known := o.layers[la]
	if known != nil && time.Since(o.asked[la]) < askAgain {
		return known
	}
	shapes, approximate, version, err := s.shapes(ctx, la)
	o.asked[la] = time.Now()
	switch {
	case err != nil && known != nil:
		s.log.Error("boundaries cannot be read", "layer", la.topic(), "err", err)
		return known
	case err != nil:
		s.log.Error("boundaries cannot be read", "layer", la.topic(), "err", err)
	case known != nil && known.version == version:
		return known
	}
	made := s.newOutline(shapes, approximate, version)
	o.layers[la] = made
	return made
}

// shapes asks for those of the whole province, or country, and picks.
func (s *Service) shapes(ctx context.Context, la layer) (shapes []area.Shape, approximate bool, version string, err error) {
	if s.boundaries == nil {
		return nil, false, "none", nil
	}
	parent := la.parent
	if p := parent.Province(); p != 0 {
		parent = p
	}
	shapes, approximate, version, err = s.boundaries.Shapes(ctx, la.edition, la.level, parent)
	shapes = slices.DeleteFunc(slices.Clone(shapes), func(sh area.Shape) bool { return !la.has(sh.Code) })
	return shapes, approximate, version, err
}

func (s *Service) newOutline(shapes []area.Shape, approximate bool, version string) *outline {
	o := &outline{version: version, approximate: approximate}
	fine := area.Simplify(shapes, fineM)
	var b bytes.Buffer
	if err := area.WriteGeoJSON(&b, s.gazetteer, fine, fineDigits); err != nil {
		s.log.Error("boundaries cannot be written", "err", err)
	}
	for _, sh := range fine {
		if sh.Source != "" && !slices.Contains(o.sources, sh.Source) {
			o.sources = append(o.sources, sh.Source)
		}
	}
	o.geo = b.Bytes()
	o.file = web.NewSnapshot(o.geo, "application/geo+json", immutable)
	o.drawing = coarse(fine)
	return o
}

// coarse draws the shapes as finely as coarseMost allows.
func coarse(shapes []area.Shape) drawing {
	if len(shapes) == 0 {
		return drawing{}
	}
	b := boxOf(shapes)
	for toleranceM := 150.0; ; toleranceM *= 1.5 {
		shapes = area.Simplify(shapes, toleranceM)
		d := draw(shapes, b, drawnWidth)
		if d.packed() <= coarseMost || toleranceM > 5000 {
			return d
		}
	}
}

func (d drawing) packed() int {
	var b bytes.Buffer
	z, _ := gzip.NewWriterLevel(&b, 5) // the level is valid
	for _, p := range d.Paths {
		_, _ = z.Write([]byte(p.D)) // a Buffer takes everything
	}
	_ = z.Close()
	return b.Len()
}

func boxOf(shapes []area.Shape) area.Box {
	b := shapes[0].Box()
	for _, s := range shapes[1:] {
		c := s.Box()
		for i := range b.Min {
			b.Min[i], b.Max[i] = min(b.Min[i], c.Min[i]), max(b.Max[i], c.Max[i])
		}
	}
	return b
}

// draw projects the shapes by Mercator into a viewBox of a width that the box
// fills to its edges. Coordinates are in tenths, each from the one before.
func draw(shapes []area.Shape, b area.Box, width float64) drawing {
	top := mercator(b.Max[1])
	scale := width / ((b.Max[0] - b.Min[0]) * math.Pi / 180)
	d := drawing{Height: int(math.Round((top - mercator(b.Min[1])) * scale))}
	down := float64(d.Height) / (top - mercator(b.Min[1]))
	for i, v := range []float64{b.Min[0], b.Min[1], b.Max[0], b.Max[1]} {
		if i > 0 {
			d.Bounds += ","
		}
		d.Bounds += strconv.FormatFloat(v, 'f', 5, 64)
	}
	place := func(p area.Point) (x, y int) {
		return int(math.Round((p[0] - b.Min[0]) * math.Pi / 180 * scale * 10)), int(math.Round((top - mercator(p[1])) * down * 10))
	}
	for _, s := range shapes {
		d.Paths = append(d.Paths, drawnPath{s.Code, pathOf(s, place)})
	}
	return d
}

func mercator(lat float64) float64 { return math.Log(math.Tan(math.Pi/4 + lat*math.Pi/360)) }

// pathOf writes all rings of a shape as one path.
func pathOf(s area.Shape, place func(area.Point) (x, y int)) string {
	var b strings.Builder
	for _, rings := range s.Polygons {
		for _, r := range rings {
			writeRing(&b, r, place)
		}
	}
	return b.String()
}

func writeRing(b *strings.Builder, r area.Ring, place func(area.Point) (x, y int)) {
	var x0, y0 int
	for i, p := range r[:max(0, len(r)-1)] {
		x, y := place(p)
		switch {
		case i == 0:
			b.WriteByte('M')
		case x == x0 && y == y0:
			continue
		case i > 0:
			b.WriteByte('l')
		}
		dx, dy := x, y
		if i > 0 {
			dx, dy = x-x0, y-y0
		}
		b.WriteString(tenths(dx))
		if dy >= 0 {
			b.WriteByte(' ')
		}
		b.WriteString(tenths(dy))
		x0, y0 = x, y
	}
	b.WriteByte('z')
}

// tenths writes n/10 as short as it goes: -7 is "-.7".
func tenths(n int) string {
	sign := ""
	if n < 0 {
		sign, n = "-", -n
	}
	whole := ""
	if n >= 10 || n == 0 {
		whole = strconv.Itoa(n / 10)
	}
	if n%10 == 0 {
		return sign + whole
	}
	return sign + whole + "." + strconv.Itoa(n%10)
}

// country is Vietnam with Hoàng Sa and Trường Sa: the inset, and the file that
// the script draws.
type country struct {
	file  *web.Snapshot
	inset inset
}

// inset is the small map of Vietnam in the page's corner.
type inset struct {
	Width, Height int
	Land          string // all provinces and islands
	Here          string // the province
	Labels        []insetLabel
}

type insetLabel struct {
	X, Y int
	Name string
}

const (
	insetWidth = 160
	insetM     = 6000 // metres of tolerance
)

func (s *Service) country(e area.Edition) *country {
	o := &s.outlines
	o.mu.Lock()
	defer o.mu.Unlock()
	if known := o.country[e]; known != nil {
		return known
	}
	shapes := s.gazetteer.Vietnam(e)
	geo, err := s.countryJSON(shapes)
	if err != nil {
		s.log.Error("the country cannot be written", "err", err)
	}
	c := &country{file: web.NewSnapshot(geo, "application/geo+json", immutable)}
	if len(shapes) > 0 {
		c.inset = s.newInset(shapes, s.home[e])
	}
	o.country[e] = c
	return c
}

// archipelago is how an island group's name begins on a map.
const archipelago = "Quần đảo "

// countryJSON writes the country's outlines; the archipelagos alone have names,
// for the script writes every name that it finds on the map.
func (s *Service) countryJSON(shapes []area.Shape) ([]byte, error) {
	var b bytes.Buffer
	if err := area.WriteGeoJSON(&b, s.gazetteer, shapes, 3); err != nil {
		return nil, err
	}
	var c struct {
		Type     string `json:"type"`
		Features []struct {
			Type       string          `json:"type"`
			Properties map[string]any  `json:"properties"`
			Geometry   json.RawMessage `json:"geometry"`
		} `json:"features"`
	}
	if err := json.Unmarshal(b.Bytes(), &c); err != nil {
		return nil, err
	}
	for i, sh := range shapes {
		delete(c.Features[i].Properties, "name")
		if u, ok := s.gazetteer.Unit(sh.Code); ok && sh.Code.Level() != area.Province {
			c.Features[i].Properties["name"] = archipelago + u.Name
		}
	}
	return json.Marshal(c)
}

// newInset draws the provinces coarsely and names the archipelagos, which have
// the codes of what they are: a district, or a special zone.
func (s *Service) newInset(shapes []area.Shape, home area.Code) inset {
	box := boxOf(shapes)
	var land, islands []area.Shape
	for _, sh := range shapes {
		if sh.Code.Level() == area.Province {
			land = append(land, sh)
		} else {
			islands = append(islands, sh)
		}
	}
	d := draw(append(area.Simplify(land, insetM), islands...), box, insetWidth)
	in := inset{Width: insetWidth, Height: d.Height}
	for _, p := range d.Paths {
		in.Land += p.D
		if p.Code == home {
			in.Here = p.D
		}
	}
	top := mercator(box.Max[1])
	for _, sh := range islands {
		u, _ := s.gazetteer.Unit(sh.Code)
		c := boxOf([]area.Shape{sh})
		x := (c.Min[0] + c.Max[0]) / 2
		in.Labels = append(in.Labels, insetLabel{
			X:    int((x - box.Min[0]) / (box.Max[0] - box.Min[0]) * insetWidth),
			Y:    int((top-mercator(c.Max[1]))/(top-mercator(box.Min[1]))*float64(d.Height)) - 4,
			Name: u.Name,
		})
	}
	return in
}
