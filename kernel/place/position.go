package place

import (
	"math"
	"strconv"
	"strings"

	"khien/kernel/fault"
)

// earthRadiusM is the mean radius (IUGG).
const earthRadiusM = 6_371_008.8

// String writes "21.853056, 106.761111", "" for none.
func (p Position) String() string {
	if p.IsZero() {
		return ""
	}
	return strconv.FormatFloat(p.Lat, 'f', 6, 64) + ", " + strconv.FormatFloat(p.Lon, 'f', 6, 64)
}

// UnmarshalText reads latitude and longitude with comma, semicolon or space
// between, as maps on phones copy them. "" is none.
func (p *Position) UnmarshalText(b []byte) error {
	text := strings.TrimSpace(string(b))
	if text == "" {
		*p = Position{}
		return nil
	}
	parts := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(",; \t", r) })
	bad := fault.New(fault.Invalid, "place.position").At("position", text)
	if len(parts) != 2 {
		return bad
	}
	lat, errLat := strconv.ParseFloat(parts[0], 64)
	lon, errLon := strconv.ParseFloat(parts[1], 64)
	read := Position{lat, lon}
	if errLat != nil || errLon != nil || read.IsZero() || read.check() != nil {
		return bad
	}
	*p = read
	return nil
}

// DistanceM returns the metres between two known positions on a sphere; -1 when
// one is not known.
func (p Position) DistanceM(q Position) float64 {
	if p.IsZero() || q.IsZero() {
		return -1
	}
	rad := func(deg float64) float64 { return deg * math.Pi / 180 }
	sinLat, sinLon := math.Sin(rad(q.Lat-p.Lat)/2), math.Sin(rad(q.Lon-p.Lon)/2)
	h := sinLat*sinLat + math.Cos(rad(p.Lat))*math.Cos(rad(q.Lat))*sinLon*sinLon
	return 2 * earthRadiusM * math.Asin(math.Min(1, math.Sqrt(h)))
}
