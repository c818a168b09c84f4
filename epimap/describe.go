package epimap

import (
	"reflect"

	"github.com/danielgtaylor/huma/v2"
)

// describe adds the map's JSON routes to the OpenAPI document. They are answered
// from memory, past huma, but documented with everything else.
func describe(doc *huma.OpenAPI) {
	schemas := doc.Components.Schemas
	doc.AddOperation(&huma.Operation{
		OperationID: "map-areas", Method: "GET", Path: pathAreas, Tags: []string{"map"},
		Summary:     "Số liệu công khai của một ngày · Public numbers of one day",
		Description: "What the map shows: for each unit the new cases of 1, 7 and 14 days and the total. Unannounced cases below k are hidden.",
		Parameters:  append(layerParams(), parentParam(), dayParam()),
		Responses:   answers("application/json", schemas.Schema(reflect.TypeFor[areasWire](), true, "MapAreas")),
	})
	doc.AddOperation(&huma.Operation{
		OperationID: "map-series", Method: "GET", Path: pathSeries, Tags: []string{"map"},
		Summary:     "Số liệu công khai theo ngày · Public numbers of every day",
		Description: "All days of each unit, and the days on which hidden cases may stand behind them. With part=recent the last 28 days, and the sum of those before.",
		Parameters:  append(layerParams(), parentParam(), partParam()),
		Responses:   answers("application/json", schemas.Schema(reflect.TypeFor[seriesWire](), true, "MapSeries")),
	})
	doc.AddOperation(&huma.Operation{
		OperationID: "map-stream", Method: "GET", Path: pathStream, Tags: []string{"map"},
		Summary: "Thay đổi của bản đồ, trực tiếp · Changes of the map, live",
		Description: "Server-sent events. `delta`: {v, from, as_of, last_day, cells: [[code, day, cases]], hidden: [[code, [day], text of hidden cases alone]]}, absolute values upon version from. " +
			"They speak of the units and of the unit above them. " +
			"`reset`: fetch the series again. The event id is the version; Last-Event-ID or since brings what was missed.",
		Parameters: append(layerParams(), &huma.Param{Name: paramSince, In: "query", Description: "the version that you have", Schema: &huma.Schema{Type: "integer"}}),
		Responses:  answers("text/event-stream", &huma.Schema{Type: "string"}),
	})
}

func partParam() *huma.Param {
	return &huma.Param{Name: paramPart, In: "query", Description: "recent: the last 28 days only; left out: every day", Schema: &huma.Schema{Type: "string", Enum: []any{"recent"}}}
}

func layerParams() []*huma.Param {
	return []*huma.Param{
		{Name: paramEdition, In: "query", Description: "the list of administrative units: 2021, or that since 2025-07-01",
			Schema: &huma.Schema{Type: "string", Enum: []any{"2021", "2025"}}},
		{Name: paramLevel, In: "query", Description: "commune by default; district only in 2021",
			Schema: &huma.Schema{Type: "string", Enum: []any{"commune", "district", "province"}}},
	}
}

func parentParam() *huma.Param {
	return &huma.Param{Name: paramParent, In: "query", Description: "code of the unit above, by default the province of this installation",
		Example: "2021/20/186", Schema: &huma.Schema{Type: "string"}}
}

func dayParam() *huma.Param {
	return &huma.Param{Name: paramDay, In: "query", Description: "by default the last day with numbers",
		Schema: &huma.Schema{Type: "string", Format: "date"}}
}

func answers(kind string, schema *huma.Schema) map[string]*huma.Response {
	return map[string]*huma.Response{
		"200": {Description: "OK", Content: map[string]*huma.MediaType{kind: {Schema: schema}}},
		"304": {Description: "unchanged since If-None-Match"},
		"422": {Description: "a parameter is not valid (application/problem+json)"},
	}
}
