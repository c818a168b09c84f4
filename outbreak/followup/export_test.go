package followup

// ReadBoundary reads a zone's boundary and writes it again, for tests.
func ReadBoundary(text []byte) (again string, drawn string, err error) {
	ps, err := readPolygons(text)
	if err != nil {
		return "", "", err
	}
	drawn, _ = ps.drawn()
	return ps.geoJSON(), drawn, nil
}
