package outbreak

import (
	"net/http"

	"khien/kernel/web"
)

// Tabs are the pages that look at cases, side by side, for the component "tabs".
func Tabs(r *http.Request) []web.Choice {
	return []web.Choice{
		{Value: "/cases", Text: web.T(r.Context(), "outbreak.nav")},
		{Value: "/chains", Text: web.T(r.Context(), "outbreak.tab.chains")},
		{Value: "/curves", Text: web.T(r.Context(), "outbreak.tab.curves")},
		{Value: "/levels", Text: web.T(r.Context(), "outbreak.tab.levels")},
	}
}
