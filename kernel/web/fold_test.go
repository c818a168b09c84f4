package web

import (
	"bytes"
	"html/template"
	"strings"
	"testing"
	"testing/fstest"

	"khien/kernel/i18n"
)

// TestFoldedIsTheSame renders texts wherever a template may ask for one, as they
// stand and folded: each is escaped for its place, what is missing is still counted.
func TestFoldedIsTheSame(t *testing.T) {
	const texts = `{"x.plain": "Họ và tên", "x.sharp": "a <b> \"c\" 'd' & e", "x.of": "của {who}", "x.never": "không"}`
	cat, err := i18n.New(fstest.MapFS{"pages/vi.json": {Data: []byte(texts)}, "pages/en.json": {Data: []byte(texts)}})
	if err != nil {
		t.Fatal(err)
	}
	const page = `{{define "part"}}<i title="{{.}}">{{.}}</i>{{t "x.plain"}}{{end}}{{define "main"}}{{t "x.sharp"}}<a title="{{t "x.sharp"}}" href="/?q={{t "x.sharp"}}">
<script>var a = {{t "x.sharp"}}, b = "{{t "x.sharp"}}"</script>{{template "part" (t "x.sharp")}}{{$v := t "x.plain"}}{{$v}}{{with t "x.plain"}}{{.}}{{else}}{{t "x.never"}}{{end}}
{{range .}}{{if eq (t "x.plain") .}}same{{else}}{{printf "%s!" (t "x.plain") | print "p" | len}}{{end}}{{end}}{{"x.plain" | t}}{{t "x.plain" | printf "%s-%s" "y"}}
{{t "x.of" "who" (t "x.plain")}}{{t (print "x." "plain")}}{{or "" (t "x.sharp")}}{{t "x.missing"}}{{end}}`
	calls := 0
	render := func(folded bool) string {
		calls = 0
		all := template.Must(template.New("").Funcs(template.FuncMap{"t": func(key string, args ...any) string {
			calls++
			return cat.T(i18n.VI, key, args...)
		}}).Parse(page))
		if folded {
			fold(cat, i18n.VI, all)
		}
		var b bytes.Buffer
		if err := all.ExecuteTemplate(&b, "main", []string{"Họ và tên", "khác"}); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	plain, called := render(false), calls
	folded := render(true)
	if plain != folded {
		t.Errorf("as it stands:\n%s\nfolded:\n%s", plain, folded)
	}
	if !strings.Contains(folded, "&lt;b&gt;") || called != 19 || calls != 4 {
		t.Errorf("%d calls, folded %d, not 19 and 4:\n%s", called, calls, folded)
	}
	if missing := cat.Missing(); len(missing) != 1 || missing[0] != "x.missing" {
		t.Errorf("what is missing is not counted: %v", missing)
	}
}
