package web

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// apiDoc is what the page /api/v1/docs shows.
type apiDoc struct {
	Prefix string
	Routes []apiRoute
}

type apiRoute struct {
	Method, Path, Summary, Description string
	Parameters                         [][]Cell
	Answers                            []string
}

// getDocs shows every route of the API from its OpenAPI document, in our own
// page: huma's viewers come from other hosts.
func (rt *Router) getDocs(w http.ResponseWriter, r *http.Request) error {
	doc := apiDoc{Prefix: apiPrefix}
	paths := rt.api.OpenAPI().Paths
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		item := paths[path]
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
			if op != nil && !op.Hidden {
				doc.Routes = append(doc.Routes, routeOf(path, op))
			}
		}
	}
	return rt.Views.Render(w, r, http.StatusOK, "web/api.html", doc)
}

func routeOf(path string, op *huma.Operation) apiRoute {
	ro := apiRoute{Method: strings.ToUpper(op.Method), Path: apiPrefix + path, Summary: op.Summary, Description: op.Description}
	for _, p := range op.Parameters {
		ro.Parameters = append(ro.Parameters, []Cell{{Text: p.Name}, {Text: p.In}, {Text: typeOf(p.Schema)}, {Text: p.Description}})
	}
	if op.RequestBody != nil {
		for kind, m := range op.RequestBody.Content {
			ro.Parameters = append(ro.Parameters, []Cell{{Text: kind}, {Text: "body"}, {Text: typeOf(m.Schema)}, {Text: op.RequestBody.Description}})
		}
	}
	for _, status := range slices.Sorted(maps.Keys(op.Responses)) {
		ro.Answers = append(ro.Answers, strings.TrimSpace(status+" "+op.Responses[status].Description))
	}
	return ro
}

func typeOf(s *huma.Schema) string {
	switch {
	case s == nil:
		return ""
	case s.Ref != "":
		return s.Ref[strings.LastIndex(s.Ref, "/")+1:]
	case s.Format != "":
		return s.Type + " (" + s.Format + ")"
	}
	return s.Type
}
