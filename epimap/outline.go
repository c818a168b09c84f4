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
	"sync/atomic"
	"time"
	"unicode/utf8"

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
	Code  area.Code
	D     string
	Label *[2]int // where an archipelago's name is written
}

// outlines are made when first asked for, and anew when the boundaries have
// another version; that is asked when somebody imported some, and once a minute.
type outlines struct {
	units   sync.Map // layer to []area.Unit
	mu      sync.Mutex
	layers  map[layer]*outline
	asked   map[layer]time.Time
	country map[area.Edition]*country
	made    atomic.Int64 // how many times one was made: pages that show them are kept so long
}

func (o *outlines) init() {
	o.layers, o.asked, o.country = map[layer]*outline{}, map[layer]time.Time{}, map[area.Edition]*country{}
}

// forget lets the boundaries be asked for again at once.
func (o *outlines) forget() {
	o.mu.Lock()
	defer o.mu.Unlock()
	clear(o.asked)
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
	if la.level == area.Province {
		shapes = append(shapes, s.archipelagos(la.edition)...)
	}
	made := sketched(approximate, sketch{s.gazetteer, la, version}, func() *outline { return s.newOutline(shapes, approximate, version) })
	o.layers[la] = made
	o.made.Add(1)
	return made
}

// sketch names an outline of schematic shapes, or the country as one province
// sees it. They come from the gazetteer alone.
type sketch struct {
	gazetteer *area.Gazetteer
	layer     layer // of the country: the province
	version   string
}

// sketches are kept as long as the gazetteer: every Service of the process shows
// the same.
var sketches sync.Map // sketch to *outline or *country

// sketched returns what stands under key, made if nothing does; kept only where
// it is a sketch. What is returned is to be read only.
func sketched[T any](kept bool, key sketch, make func() T) T {
	if !kept {
		return make()
	}
	if known, ok := sketches.Load(key); ok {
		return known.(T)
	}
	made := make()
	sketches.Store(key, made)
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
	if err == nil && len(shapes) == 0 && la.level == area.Province {
		shapes, approximate, version = s.gazetteer.Vietnam(la.edition), true, "country-"+countryVersion
	}
	shapes = slices.DeleteFunc(slices.Clone(shapes), func(sh area.Shape) bool { return !la.has(sh.Code) })
	return shapes, approximate, version, err
}

func (s *Service) newOutline(shapes []area.Shape, approximate bool, version string) *outline {
	o := &outline{version: version, approximate: approximate}
	fine := area.Simplify(shapes, fineM)
	geo, err := s.geoJSON(fine, fineDigits, func(_ area.Shape, name string) string {
		return strings.TrimPrefix(name, archipelago) // short enough for the script to find room
	})
	if err != nil {
		s.log.Error("boundaries cannot be written", "err", err)
	}
	for _, sh := range fine {
		if sh.Source != "" && !slices.Contains(o.sources, sh.Source) {
			o.sources = append(o.sources, sh.Source)
		}
	}
	o.geo = geo
	o.file = web.NewSnapshot(o.geo, "application/geo+json", immutable)
	o.drawing = coarse(fine)
	s.label(&o.drawing, fine)
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

// label says where the names of the archipelagos stand: below their islands.
func (s *Service) label(d *drawing, shapes []area.Shape) {
	if len(shapes) == 0 || shapes[0].Code.Level() != area.Province {
		return
	}
	b := boxOf(shapes)
	top, down := mercator(b.Max[1]), float64(d.Height)/(mercator(b.Max[1])-mercator(b.Min[1]))
	for i, sh := range shapes {
		if sh.Code.Level() == area.Province || i >= len(d.Paths) {
			continue
		}
		box := sh.Box()
		x := ((box.Min[0]+box.Max[0])/2 - b.Min[0]) / (b.Max[0] - b.Min[0]) * drawnWidth
		d.Paths[i].Label = &[2]int{int(x), min(d.Height-6, int((top-mercator(box.Min[1]))*down)+16)}
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
		d.Paths = append(d.Paths, drawnPath{Code: s.Code, D: pathOf(s, place)})
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

// insetLabel is a name, written around the middle X and standing on Y.
type insetLabel struct {
	X, Y int
	Name string
}

const (
	insetWidth = 110
	insetText  = 14   // height of a name, as map.css has it
	insetM     = 6000 // metres of tolerance
)

func (s *Service) country(e area.Edition) *country {
	o := &s.outlines
	o.mu.Lock()
	defer o.mu.Unlock()
	if known := o.country[e]; known != nil {
		return known
	}
	c := sketched(true, sketch{s.gazetteer, layer{e, area.Province, s.home[e]}, "inset"}, func() *country { return s.newCountry(e) })
	o.country[e] = c
	return c
}

func (s *Service) newCountry(e area.Edition) *country {
	shapes := s.gazetteer.Vietnam(e)
	geo, err := s.geoJSON(shapes, 3, func(sh area.Shape, name string) string {
		if sh.Code.Level() == area.Province {
			return "" // the script writes every name that it finds, and the province's own map is below
		}
		return name
	})
	if err != nil {
		s.log.Error("the country cannot be written", "err", err)
	}
	c := &country{file: web.NewSnapshot(geo, "application/geo+json", immutable)}
	if len(shapes) > 0 {
		c.inset = s.newInset(shapes, s.home[e])
	}
	return c
}

// archipelagos returns Hoàng Sa and Trường Sa, which every map of the country
// shows: they have the codes of what they are, a district or a special zone.
func (s *Service) archipelagos(e area.Edition) (islands []area.Shape) {
	for _, sh := range s.gazetteer.Vietnam(e) {
		if sh.Code.Level() != area.Province {
			islands = append(islands, sh)
		}
	}
	return islands
}

// archipelago is how an island group's name begins.
const archipelago = "Quần đảo "

// nameOf is what a map writes upon a shape.
func (s *Service) nameOf(c area.Code) string {
	u, _ := s.gazetteer.Unit(c)
	for _, island := range s.archipelagos(c.Edition()) {
		if island.Code == c {
			return archipelago + u.Name
		}
	}
	return u.FullName
}

// geoJSON writes shapes; say decides what a shape is called, "" for nothing.
func (s *Service) geoJSON(shapes []area.Shape, decimals int, say func(sh area.Shape, name string) string) ([]byte, error) {
	var b bytes.Buffer
	if err := area.WriteGeoJSON(&b, s.gazetteer, shapes, decimals); err != nil {
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
		if name := say(sh, s.nameOf(sh.Code)); name != "" {
			c.Features[i].Properties["name"] = name
		}
	}
	return json.Marshal(c)
}

// newInset draws the provinces coarsely and names the archipelagos.
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
	in := inset{Width: insetWidth, Height: d.Height + insetText + 4}
	for _, p := range d.Paths {
		in.Land += p.D
		if p.Code == home {
			in.Here = p.D
		}
	}
	for _, sh := range islands {
		u, _ := s.gazetteer.Unit(sh.Code)
		in.Labels = append(in.Labels, labelOf(sh.Box(), box, d.Height, u.Name))
	}
	return in
}

// labelOf sets a name where there is sea: above islands that lie beside the
// mainland, below those at the southern end of the map.
func labelOf(islands, all area.Box, height int, name string) insetLabel {
	x := func(lon float64) float64 { return (lon - all.Min[0]) / (all.Max[0] - all.Min[0]) * insetWidth }
	y := func(lat float64) int {
		top, low := mercator(all.Max[1]), mercator(all.Min[1])
		return int((top - mercator(lat)) / (top - low) * float64(height))
	}
	half := float64(utf8.RuneCountInString(name)) * insetText * 0.29 // a letter is some 0.58 of its height wide
	l := insetLabel{X: int(min((x(islands.Min[0])+x(islands.Max[0]))/2, insetWidth-half)), Y: y(islands.Max[1]) - 4, Name: name}
	if islands.Min[1]-all.Min[1] < 2 {
		l.Y = y(islands.Min[1]) + insetText - 2
	}
	return l
}
