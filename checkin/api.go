package checkin

import (
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"khien/kernel/web"
)

// describe puts the plain handlers into the API's document, beside what package
// huma serves itself.
func (s *Service) describe(rt *web.Router) {
	doc := rt.API().OpenAPI()
	body := func(of any) *huma.RequestBody {
		schema := doc.Components.Schemas.Schema(reflect.TypeOf(of), true, "")
		return &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"application/json": {Schema: schema}}}
	}
	add := func(method, path, name, summary string, status string, in *huma.RequestBody, params ...*huma.Param) {
		doc.AddOperation(&huma.Operation{Method: method, Path: path, OperationID: name, Summary: summary, Tags: []string{"visits"}, RequestBody: in, Parameters: params,
			Responses: map[string]*huma.Response{status: {Description: http.StatusText(http.StatusOK), Content: map[string]*huma.MediaType{"application/json": {Schema: &huma.Schema{Type: "object"}}}}}})
	}
	at := func(name string) *huma.Param {
		return &huma.Param{Name: name, In: "path", Required: true, Schema: &huma.Schema{Type: "string", Format: "uuid"}}
	}
	asked := func(name, means string) *huma.Param {
		return &huma.Param{Name: name, In: "query", Description: means, Schema: &huma.Schema{Type: "string"}}
	}
	why := asked("purpose", "why, in the asker's words; it is written down")
	add("POST", "/visits", "check-in", "Check in by a poster's code, with a proven phone; the same id again answers as the first time", "201", body(visitBody{}))
	add("POST", "/visits/{id}/leave", "check-out", "End a visit, by the phone that told it or the place's keeper", "200", body(leaveBody{}), at("id"))
	add("GET", "/visits/mine", "my-visits", "What this phone told of today, and what is open yet", "200", nil)
	add("POST", "/places/{place}/visits", "deliver-visits", "Up to 200 visits that a keeper scanned or typed, now or hours ago; each row stands for itself", "200", body(deliveryBody{}), at("place"))
	add("GET", "/places/{place}/today", "place-today", "How many came today and are inside, for the keeper; never who", "200", nil, at("place"))
	add("POST", "/visits/{id}/withdraw", "withdraw-visit", "Take away a visit that is wrong (another person, never there), for staff of its area; audited", "204", body(reasonBody{}), at("id"))
	add("POST", "/visits/{id}/restore", "restore-visit", "Take a withdrawal back while the visit's 28 days last, for staff of its area; audited", "204", body(reasonBody{}), at("id"))
	add("GET", "/people/{id}/visits", "visits-of-person", "Where somebody was in the last 28 days, for tracers; audited", "200", nil, at("id"), why)
	add("GET", "/places/{place}/visits", "visits-of-place", "Who was at a place on a day, for tracers; audited", "200", nil, at("place"), asked("day", "yyyy-mm-dd, in Vietnam"), why)
}
