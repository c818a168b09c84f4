package app_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"khien/kernel/auth"
)

// Who a route is for, beside those who may do an act.
const (
	public = auth.Act("public")
	signed = auth.Act("signed in")
	proved = auth.Act("proved a phone") // no account is one
)

// routes says of every route of the program whom it is for. One that is not
// here fails the test: whoever adds it says who may.
var routes = map[string]auth.Act{
	"GET /{$}": public, "GET /area/{code...}": public, "GET /map.csv": public, "GET /map.geojson": public, "GET /map/shapes/{edition}/{file}": public,
	"GET /assets/": public, "GET /api/v1/map/areas": public, "GET /api/v1/map/series": public, "GET /api/v1/map/stream": public,
	"GET /api/v1/openapi.json": public, "GET /api/v1/openapi.yaml": public, "GET /api/v1/docs": public,
	"GET /sign-in": public, "POST /sign-in": public, "POST /sign-in/code": public, "POST /sign-out": public,
	"GET /set-up/{token}": public, "POST /set-up/{token}": public, "POST /api/v1/session": public, "DELETE /api/v1/session": public,

	"GET /api/v1/code-keys": public,

	"GET /phone": public, "POST /phone/code": public, "POST /phone/prove": public,
	"POST /api/v1/phone/codes": public, "POST /api/v1/phone/devices": public,
	"GET /phone/who": proved, "POST /phone/who": proved, "GET /phone/people": proved, "POST /phone/people": proved,
	"POST /phone/people/{id}/remove": proved, "POST /phone/sign-off": proved, "POST /phone/devices/{id}/withdraw": proved, "POST /phone/lost": proved,
	"GET /api/v1/phone/device": proved, "DELETE /api/v1/phone/device": proved, "GET /api/v1/phone/secret": proved,

	"POST /api/v1/visits": proved, "POST /api/v1/visits/{id}/leave": proved, "GET /api/v1/visits/mine": proved,
	"POST /api/v1/visits/{id}/withdraw": auth.WritePeople, "POST /api/v1/visits/{id}/restore": auth.WritePeople,
	"POST /api/v1/places/{place}/visits": auth.KeepPlaces, "GET /api/v1/places/{place}/today": auth.KeepPlaces,
	"GET /api/v1/people/{id}/visits": auth.ReadPeople, "GET /api/v1/places/{place}/visits": auth.ReadPeople,
	"GET /api/v1/places/{place}/visits.csv": auth.Export,

	"GET /v": public, "GET /keep": public, "GET /me/code": public, "GET /keep/manifest.webmanifest": public, "GET /sw.js": public, // empty shells
	"POST /api/v1/places/of-code": public, "GET /api/v1/places/kept": auth.KeepPlaces,
	"GET /keeper": proved, "GET /keeper/new": proved, "POST /keeper/places": proved, "GET /keeper/{id}": proved, "GET /keeper/{id}/code.svg": proved,
	"GET /keeper/{id}/poster.pdf": proved, "GET /keeper/{id}/edit": proved, "POST /keeper/{id}": proved, "POST /keeper/{id}/close": proved,
	"POST /keeper/{id}/reopen": proved, "POST /keeper/{id}/reissue": proved, "POST /keeper/{id}/keepers": proved, "POST /keeper/{id}/keepers/remove": proved,

	"GET /people": auth.ReadPeople, "POST /people": auth.ReadPeople, "GET /people/{id}": auth.ReadPeople,
	"GET /people/{id}/edit": auth.WritePeople, "POST /people/{id}": auth.WritePeople, "POST /people/{id}/undo": auth.WritePeople,
	"GET /people/{id}/phones": auth.WritePeople, "POST /people/{id}/phones": auth.WritePeople,
	"GET /people/reviews": auth.WritePeople, "POST /people/reviews": auth.WritePeople, "POST /people/reviews/undo": auth.WritePeople,
	"GET /people/challenges": auth.WritePeople, "POST /people/challenges": auth.WritePeople,
	"GET /me/data": proved, "GET /me/data.json": proved, "POST /me/challenges": proved,

	"GET /d": public, "GET /api/v1/declarations/forms": public,
	"GET /declare": proved, "GET /declare/form": proved, "POST /declare/form": proved, "GET /declare/mine": proved, "GET /declare/{id}": proved,
	"GET /declare/{id}/correct": proved, "POST /declare/{id}/correct": proved, "POST /declare/{id}/withdraw": proved,
	"GET /api/v1/declarations": proved, "GET /api/v1/declarations/{id}": proved, "PUT /api/v1/declarations/{id}": proved, "DELETE /api/v1/declarations/{id}": proved,
	"GET /declarations": auth.ReadDeclarations, "POST /declarations": auth.ReadDeclarations, "GET /declarations/{id}": auth.ReadPeople,
	"POST /api/v1/declarations/verify": auth.ReadDeclarations, "GET /declarations/export": auth.Export,
	"GET /declarations/new": auth.WriteDeclarations, "POST /declarations/new": auth.WriteDeclarations,
	"POST /api/v1/declarations": auth.WriteDeclarations, "POST /api/v1/declarations/batch": auth.WriteDeclarations,

	"GET /profile": signed, "POST /profile/password": signed, "GET /profile/authenticator": signed, "POST /profile/authenticator": signed,
	"POST /profile/sign-out-everywhere": signed,

	"GET /contacts": auth.ReadContacts, "GET /contacts/{id}": auth.ReadContacts, "GET /contacts/new": auth.WriteContacts, "POST /contacts": auth.WriteContacts,
	"POST /contacts/{id}": auth.WriteContacts, "GET /trace": auth.Trace, "POST /trace": auth.Trace, "POST /trace/take": auth.Trace,
	"GET /api/v1/contacts": auth.ReadContacts, "GET /api/v1/contacts/{id}": auth.ReadContacts, "POST /api/v1/contacts": auth.WriteContacts,
	"POST /api/v1/contacts/{id}/decisions": auth.WriteContacts, "POST /api/v1/trace": auth.Trace,

	"GET /cases": auth.ReadCases, "GET /cases/{id}": auth.ReadCases, "GET /announcements": auth.ReadCases,
	"GET /api/v1/cases": auth.ReadCases, "GET /api/v1/cases/{id}": auth.ReadCases,
	"GET /chains": auth.ReadCases, "GET /chains/tiles/{level}/{x}/{y}": auth.ReadCases, "GET /chains/drawing": auth.ReadCases, "GET /chains/at": auth.ReadCases,
	"GET /levels": auth.ReadCases, "GET /levels/of/{code...}": auth.ReadCases, "GET /api/v1/levels": auth.ReadCases,
	"POST /levels": auth.DecideLevel, "POST /levels/{id}/undo": auth.DecideLevel, "POST /levels/standing": auth.WriteCases,
	"GET /curves": auth.ReadCases, "GET /api/v1/chains": auth.ReadCases, "GET /api/v1/curves": auth.ReadCases,
	"POST /chains/links": auth.WriteCases, "POST /chains/links/{id}/remove": auth.WriteCases, "POST /chains/links/{id}/restore": auth.WriteCases,
	"GET /cases/new": auth.WriteCases, "POST /cases": auth.WriteCases, "GET /cases/{id}/edit": auth.WriteCases, "POST /cases/{id}": auth.WriteCases,
	"POST /api/v1/cases": auth.WriteCases, "PUT /api/v1/cases/{id}": auth.WriteCases,
	"GET /cases/{id}/parts/new": auth.WriteCases, "POST /cases/{id}/parts": auth.WriteCases, "GET /cases/{id}/parts/{part}": auth.WriteCases,
	"POST /cases/{id}/parts/{part}": auth.WriteCases, "POST /cases/{id}/parts/{part}/remove": auth.WriteCases, "POST /cases/{id}/parts/{part}/restore": auth.WriteCases,
	"POST /cases/{id}/classify": auth.WriteCases, "GET /api/v1/cases/{id}/whole": auth.ReadCases, "PUT /api/v1/cases/{id}/parts/{part}": auth.WriteCases,
	"DELETE /api/v1/cases/{id}/parts/{part}": auth.WriteCases, "POST /api/v1/cases/{id}/parts/{part}/restore": auth.WriteCases,
	"POST /api/v1/cases/{id}/classification": auth.WriteCases,
	"GET /lists/{id}":                        auth.Import, "POST /lists/{id}": auth.Import, "POST /lists/templates/{id}/remove": auth.Import,
	"GET /cases/export": auth.Export, "GET /cases/import": auth.Import, "POST /cases/import": auth.Import,
	"POST /announcements": auth.Announce, "POST /api/v1/announcements": auth.Announce,

	"GET /places": auth.ReadPlaces, "GET /places/posters": auth.ReadPlaces, "GET /places/{id}": auth.ReadPlaces, "GET /places/{id}/code.svg": auth.ReadPlaces,
	"GET /places/{id}/poster.pdf": auth.ReadPlaces, "GET /places/export": auth.Export, "GET /places/import": auth.Import, "POST /places/import": auth.Import,
	"GET /places/new": auth.WritePlaces, "POST /places": auth.WritePlaces, "GET /places/{id}/edit": auth.WritePlaces, "POST /places/{id}": auth.WritePlaces,
	"POST /places/{id}/close": auth.WritePlaces, "POST /places/{id}/reopen": auth.WritePlaces, "POST /places/{id}/seen": auth.WritePlaces,
	"POST /places/{id}/reissue": auth.WritePlaces, "POST /places/{id}/keepers": auth.WritePlaces, "POST /places/{id}/keepers/remove": auth.WritePlaces,

	"GET /api/v1/places": auth.ReadPlaces, "GET /api/v1/places/{place}": auth.ReadPlaces, "POST /api/v1/places": auth.WritePlaces, "PUT /api/v1/places/{place}": auth.WritePlaces,
	"GET /n": public, "GET /people/{id}/visits": auth.WritePeople, "POST /people/{id}/visits": auth.WritePeople, "GET /people/{id}/cards": auth.ReadPeople, "POST /people/{id}/cards": auth.WritePeople, "POST /cards/{id}/withdraw": auth.WritePeople,
	"GET /cards/{id}/card.pdf": auth.ReadPeople, "GET /cards/batches/{id}/cards.pdf": auth.ReadPeople,
	"GET /cards/list": auth.WritePeople, "POST /cards/list": auth.WritePeople,

	"GET /followups": auth.ReadContacts, "GET /followups/{id}": auth.ReadContacts, "GET /followups/{id}/days": auth.WriteContacts, "POST /followups/{id}/days": auth.WriteContacts,
	"POST /followups/{id}/checks": auth.WriteContacts, "GET /followups/{id}/call": auth.WriteContacts, "POST /followups/{id}/call": auth.WriteContacts,
	"POST /followups/{id}/link": auth.WriteContacts, "POST /followups/{id}/change": auth.WriteContacts, "POST /followups/{id}/proposal": auth.WriteContacts,
	"POST /followups/{id}/release": auth.WriteContacts, "POST /followups/{id}/handled": auth.WriteContacts, "POST /followups/{id}/resume": auth.WriteContacts, "POST /checks/{id}/undo": auth.WriteContacts,
	"GET /f/{token}": public, "POST /f/{token}": public, "POST /f/{token}/undo": public, "GET /order/{token}": public,
	"GET /orders": auth.ReadContacts, "GET /orders/print": auth.ReadContacts, "GET /orders/{id}": auth.ReadContacts, "GET /orders/{id}/order.pdf": auth.ReadContacts,
	"POST /followups/{id}/orders": auth.Order, "POST /orders/sign": auth.Order, "POST /orders/draft": auth.Order, "POST /orders/{id}/withdraw": auth.Order, "POST /orders/{id}/discard": auth.Order,
	"GET /api/v1/followups": auth.ReadContacts, "GET /api/v1/followups/{id}": auth.ReadContacts, "POST /api/v1/followups/{id}/checks": auth.WriteContacts,
	"POST /api/v1/checks/{id}/undo": auth.WriteContacts, "PUT /api/v1/followups/{id}/days": auth.WriteContacts, "POST /api/v1/followups/{id}/change": auth.WriteContacts,
	"POST /api/v1/followups/{id}/proposal": auth.WriteContacts, "POST /api/v1/followups/{id}/release": auth.WriteContacts, "POST /api/v1/followups/{id}/handled": auth.WriteContacts,
	"POST /api/v1/followups/{id}/resume": auth.WriteContacts,
	"GET /api/v1/orders":                 auth.ReadContacts, "POST /api/v1/followups/{id}/orders": auth.Order, "POST /api/v1/orders/sign": auth.Order, "POST /api/v1/orders/{id}/withdraw": auth.Order,
	"GET /api/v1/zones": auth.ReadContacts, "POST /api/v1/zones": auth.Order, "POST /api/v1/zones/{id}/sign": auth.Order, "POST /api/v1/zones/{id}/lift": auth.Order,

	"GET /zones": auth.ReadContacts, "GET /zones/new": auth.Order, "POST /zones": auth.Order, "GET /zones/{id}": auth.ReadContacts,
	"GET /zones/{id}/order.pdf": auth.ReadContacts, "GET /zones/{id}/lift.pdf": auth.ReadContacts, "POST /zones/{id}/sign": auth.Order, "POST /zones/{id}/lift": auth.Order,

	"GET /accounts": auth.ManageAccounts, "GET /accounts/new": auth.ManageAccounts, "POST /accounts": auth.ManageAccounts,
	"GET /accounts/{id}": auth.ManageAccounts, "POST /accounts/{id}": auth.ManageAccounts, "POST /accounts/{id}/disable": auth.ManageAccounts,
	"POST /accounts/{id}/enable": auth.ManageAccounts, "POST /accounts/{id}/reset": auth.ManageAccounts,
	"GET /audit": auth.ReadAudit, "POST /audit": auth.ReadAudit,
}

// bodies are what the API must be sent to ask for rights rather than for fields.
var bodies = map[string]any{
	"POST /api/v1/cases":                           map[string]any{"classification": "confirmed", "area": "2021/20/187", "reported": "2021-05-14"},
	"PUT /api/v1/cases/{id}":                       map[string]any{"classification": "confirmed", "area": "2021/20/187", "reported": "2021-05-14"},
	"POST /api/v1/places":                          map[string]any{"name": "Chợ", "kind": "market", "area": "2021/20/187"},
	"PUT /api/v1/places/{place}":                   map[string]any{"name": "Chợ", "kind": "market", "area": "2021/20/187", "version": 1},
	"POST /api/v1/announcements":                   map[string]any{"id": nobody, "ground": "2021/20/187", "through": "2021-05-14"},
	"PUT /api/v1/declarations/{id}":                map[string]any{"version": 1, "answers": map[string]any{}},
	"POST /api/v1/declarations":                    map[string]any{"id": nobody, "kind": "everyone", "answers": map[string]any{}},
	"POST /api/v1/declarations/verify":             map[string]any{"text": "x"},
	"POST /api/v1/followups/{id}/checks":           map[string]any{"id": nobody, "source": "officer", "answered": true},
	"PUT /api/v1/followups/{id}/days":              map[string]any{"version": 1, "protected": false, "place": "home", "reason": "x"},
	"POST /api/v1/followups/{id}/change":           map[string]any{"version": 1, "stay": 0, "to": "2021-08-01", "reason": "x"},
	"POST /api/v1/followups/{id}/proposal":         map[string]any{"version": 1, "accept": true, "reason": "x"},
	"POST /api/v1/followups/{id}/release":          map[string]any{"version": 1, "on": "2021-08-01", "reason": "x"},
	"POST /api/v1/followups/{id}/resume":           map[string]any{"version": 1, "reason": "x"},
	"POST /api/v1/followups/{id}/handled":          map[string]any{"version": 1, "reason": "x"},
	"POST /api/v1/followups/{id}/orders":           map[string]any{"id": nobody, "kind": "end"},
	"POST /api/v1/orders/sign":                     map[string]any{"orders": []string{nobody}, "title": "x"},
	"POST /api/v1/orders/{id}/withdraw":            map[string]any{"reason": "x"},
	"POST /api/v1/zones":                           map[string]any{"id": nobody, "name": "x", "reason": "x", "area": "2021/20/187", "from": "2021-08-01", "until": "2021-08-02", "listed": "x"},
	"POST /api/v1/zones/{id}/sign":                 map[string]any{"title": "x"},
	"POST /api/v1/zones/{id}/lift":                 map[string]any{"on": "2021-08-01", "reason": "x", "title": "x"},
	"POST /api/v1/declarations/batch":              map[string]any{"declarations": []any{map[string]any{"id": nobody, "kind": "everyone", "answers": map[string]any{}}}},
	"PUT /api/v1/cases/{id}/parts/{part}":          map[string]any{"kind": "symptom", "symptom": map[string]any{"code": "fever"}},
	"DELETE /api/v1/cases/{id}/parts/{part}":       map[string]any{},
	"POST /api/v1/cases/{id}/parts/{part}/restore": map[string]any{},
	"POST /api/v1/cases/{id}/classification":       map[string]any{"version": 1, "classification": "confirmed"},
	"POST /api/v1/contacts":                        map[string]any{"id": nobody, "case": nobody, "name": "Nông Thị Gặp", "from": "2021-05-14T08:00:00Z", "to": "2021-05-14T09:00:00Z"},
	"POST /api/v1/contacts/{id}/decisions":         map[string]any{"act": "confirm", "version": 1},
	"POST /api/v1/trace":                           map[string]any{"case": nobody, "purpose": "truy vết"},
}

const nobody = "01890a5d-ac96-774b-bcce-b302099a8057"

// Every role at every route: those who may not are told so and nothing else, and
// those who may are never told so. Objects are guessed, areas another district's.
func TestEveryRoleAtEveryRoute(t *testing.T) {
	each(t, func(t *testing.T, n *node) {
		for _, pattern := range n.Router.Patterns() {
			if _, known := routes[pattern]; !known {
				t.Errorf("%s: say in this test whom it is for", pattern)
			}
		}
		who := map[auth.Role]*browser{"": n.stranger(t)}
		for _, role := range auth.Roles {
			login := strings.ReplaceAll(string(role), "_", "-")
			n.account(t, login, role, "2021/20/186")
			who[role] = n.signIn(t, login)
		}
		for pattern, act := range routes {
			if act == public || act == signed && !strings.HasPrefix(pattern, "GET ") { // these end sessions
				continue
			}
			for role, b := range who {
				status := ask(b, pattern)
				if act == proved {
					if status != http.StatusSeeOther && status != http.StatusUnauthorized {
						t.Errorf("%q without a phone at %s: got %d", role, pattern, status)
					}
					continue
				}
				switch may := act == signed && role != "" || auth.Can(role, act); {
				case role == "" && status != http.StatusSeeOther && status != http.StatusUnauthorized:
					t.Errorf("a stranger at %s: got %d", pattern, status)
				case role != "" && !may && status != http.StatusForbidden:
					t.Errorf("%s at %s: got %d, want 403", role, pattern, status)
				case may && slices.Contains([]int{303, 401, 500}, status):
					t.Errorf("%s at %s: got %d", role, pattern, status)
				case may && status == http.StatusForbidden && bodies[pattern] == nil:
					t.Errorf("%s at %s: refused", role, pattern)
				}
			}
		}
	})
}

// ask sends one request to a route and returns the status.
func ask(b *browser, pattern string) int {
	method, path, _ := strings.Cut(pattern, " ")
	path = strings.NewReplacer("{id}", nobody, "{place}", nobody, "{part}", nobody).Replace(path)
	switch {
	case bodies[pattern] != nil:
		return b.json(method, path, bodies[pattern]).status
	case method == "POST":
		return b.form(path, nil).status
	}
	return b.get(path).status
}
