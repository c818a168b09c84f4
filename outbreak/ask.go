package outbreak

import (
	"context"
	"net/http"

	"khien/kernel/area"
	"khien/kernel/auth"
	"khien/kernel/day"
	"khien/kernel/id"
	"khien/kernel/web"
)

// Topic is what a transaction wakes that enters or changes a case: whoever holds
// cases in memory reads them anew.
const Topic = "outbreak"

// Brief is a case without its person: what chains, curves and levels count by.
type Brief struct {
	ID             id.ID
	Number         string
	Classification Classification
	Area, Stay     area.Code
	Source         Source
	Onset          day.Day
	Specimen       day.Day
	Confirmed      day.Day
	Reported       day.Day
}

// Every calls visit for each case of the scope that is not discarded, in the order
// of their ids, in constant memory. It is for the program's own projections: it
// tells no person and writes no audit row.
func (s *Service) Every(ctx context.Context, sc auth.Scope, visit func(Brief) error) error {
	return eachBrief(ctx, s.db, sc, visit)
}

// NumberOf is a case's number as it is stored and looked up.
func NumberOf(text string) string { return normalNumber(text) }

// AreaChoices are the units of the home province that the scope covers, for the
// forms of the packages below.
func (s *Service) AreaChoices(r *http.Request, sc auth.Scope, none string) []web.Choice {
	return s.areaChoices(r, sc, none)
}

// AreaName is a unit and the one above it, as a list has room for.
func (s *Service) AreaName(c area.Code) string { return s.gazetteer.Short(c) }

// CasesNumbered returns the cases of numbers, as NumberOf writes them, that the
// scope may read: for lists that name cases so. It tells nothing else of them.
func (s *Service) CasesNumbered(ctx context.Context, sc auth.Scope, numbers []string) (map[string]id.ID, error) {
	return casesNumbered(ctx, s.db, sc, numbers)
}
