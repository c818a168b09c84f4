package web

import (
	"errors"
	"fmt"
	"html/template"
	"net/url"
	"strings"
	"time"

	"khien/kernel/fault"
	"khien/kernel/i18n"
	"khien/kernel/id"
)

// funcs are what templates may call; texts, days and numbers come out in l.
//
//	{{t "outbreak.title"}}                  a text; pairs fill it: {{t "x" "who" .Name}}
//	{{tn "outbreak.cases" .N}}              a text of a counted thing, {n} = .N
//	{{number .N}} {{date .T}} {{datetime .T}} {{clock .T}} {{day .T}}
//	{{asset "app.css"}} {{hasAsset "map.js"}}
//	{{lang}}                                "vi" or "en"
//	{{path "/cases" .ID "edit"}}            a path of escaped parts
//	{{query .Path "after" .Next}}           a path with query parameters set; "" takes one away
//	{{dict "k" v …}} {{list a b}}           arguments for a component
//	{{newid}}                               a fresh id: the idempotency key of a form
//	{{fault .Err}} {{label "phone"}}        a refusal's sentence; a field's label
func (v *Views) funcs(l i18n.Lang) template.FuncMap {
	return template.FuncMap{
		"t":        func(key string, args ...any) string { return v.catalog.T(l, key, args...) },
		"tn":       func(key string, n any, args ...any) string { return v.catalog.T(l, key, append(args, "n", n)...) },
		"number":   func(n any) string { return i18n.Number(l, n) },
		"date":     func(t time.Time) string { return i18n.Date(l, t) },
		"datetime": func(t time.Time) string { return i18n.DateTime(l, t) },
		"clock":    func(t time.Time) string { return i18n.Clock(l, t) },
		"day":      func(t time.Time) string { return i18n.Day(l, t) },
		"iso":      isoTime,
		"lang":     func() string { return string(l) },
		"asset":    v.asset,
		"hasAsset": func(name string) bool { return v.assets != nil && v.assets.Has(name) },
		"path":     joinPath,
		"query":    setQuery,
		"dict":     dict,
		"list":     func(xs ...any) []any { return xs },
		"newid":    func() string { return id.New().String() },
		"fault":    func(err error) string { return v.sentence(l, err) },
		"label":    func(name string) string { return v.catalog.Field(l, name) },
		"under":    under,
	}
}

func (v *Views) asset(name string) string {
	if v.assets == nil {
		return ""
	}
	return v.assets.URL(name)
}

// sentence says a refusal; what is none it calls our own trouble.
func (v *Views) sentence(l i18n.Lang, err error) string {
	switch f := fault.Of(err); {
	case err == nil:
		return ""
	case f != nil:
		return v.catalog.Fault(l, f)
	}
	return v.catalog.T(l, "web.status.500")
}

// isoTime writes the moment for <time datetime>, RFC 3339 in Vietnam's time.
func isoTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(i18n.Zone).Format(time.RFC3339)
}

// joinPath appends parts to base, each escaped: an id, a name, a number.
func joinPath(base string, parts ...any) string {
	for _, p := range parts {
		base = strings.TrimSuffix(base, "/") + "/" + url.PathEscape(fmt.Sprint(p))
	}
	return base
}

// setQuery returns the path p with the query parameters of pairs set.
func setQuery(p string, pairs ...any) (string, error) {
	u, err := url.Parse(p)
	if err != nil {
		return "", fmt.Errorf("query: %w", err)
	}
	q := u.Query()
	for i := 0; i+1 < len(pairs); i += 2 {
		name, value := fmt.Sprint(pairs[i]), fmt.Sprint(pairs[i+1])
		if q.Set(name, value); value == "" {
			q.Del(name)
		}
	}
	u.RawQuery = q.Encode()
	return u.String(), nil
}

var errDict = errors.New("dict: wants name, value pairs")

// dict makes a map of name, value pairs, to hand several things to a component.
func dict(pairs ...any) (map[string]any, error) {
	if len(pairs)%2 != 0 {
		return nil, errDict
	}
	m := make(map[string]any, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		name, ok := pairs[i].(string)
		if !ok {
			return nil, errDict
		}
		m[name] = pairs[i+1]
	}
	return m, nil
}

// under reports whether the page at path belongs to the menu entry href.
func under(path, href string) bool {
	return path == href || href != "/" && strings.HasPrefix(path, strings.TrimSuffix(href, "/")+"/")
}
