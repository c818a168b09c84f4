package area

// Keys returns every catalog entry that this package names: in Match.Why, in
// Problem.Why, and, each with "fault." before it, in the refusals of
// ReadBoundaries and Parse.
func Keys() (whys, problems, faults []string) {
	whys = []string{
		"area.matched",
		"area.corrected.spelling", "area.corrected.short", "area.corrected.marks", "area.corrected.alias", "area.corrected.kind",
		"area.corrected.typo", "area.corrected.district", "area.corrected.level",
		"area.ambiguous.name", "area.ambiguous.province",
		"area.rejected.province", "area.rejected.district", "area.rejected.commune", "area.rejected.nodistrict", "area.rejected.long",
	}
	problems = []string{
		"area.boundaries.nocode", "area.boundaries.unknown", "area.boundaries.several", "area.boundaries.twice",
		"area.boundaries.dropped", "area.boundaries.crossing", "area.boundaries.tangled", "area.boundaries.hole",
		"area.boundaries.area", "area.boundaries.sum",
	}
	faults = []string{
		"area.code",
		"area.boundaries.large", "area.boundaries.json", "area.boundaries.collection", "area.boundaries.empty",
		"area.boundaries.geometry", "area.boundaries.coordinates", "area.boundaries.flat", "area.boundaries.position",
		"area.boundaries.outside", "area.boundaries.swapped", "area.boundaries.open",
	}
	return whys, problems, faults
}
