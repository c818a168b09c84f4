package declaration

import (
	"slices"

	"khien/kernel/i18n"
	"khien/kernel/web"
)

// formPage is form.html, for phones and for officers.
type formPage struct {
	Action       string
	Title        string
	Form         Form
	ID           string
	Version      int  // of the declaration that is corrected; 0: a new one
	Officer      bool // who the person is stands in the form
	Who          web.Form
	Person       string // whose declaration it is
	For          string
	Sections     []shownSection
	Errors       []shownError
	Err          error // a refusal of no one field
	Areas, Sexes []web.Choice
	Kinds        []web.Choice
}

type shownSection struct {
	Number, Of int
	Title      string
	Questions  []shownQuestion
}

type shownQuestion struct {
	Name, Type, Text, Hint string
	Required               bool
	When                   string // the question and answer on which it hangs
	Above                  string // the same, of a question of the same section: its answer
	Max                    int
	Value                  string
	Choices                []shownChoice
	Err                    error
}

type shownChoice struct {
	Value, Text string
	Chosen      bool
}

type shownError struct {
	Href string
	Err  error
}

// fill puts a form's questions, answers and refusals into a page.
func (p *formPage) fill(l i18n.Lang, f Form, a Answers, errs web.FieldErrors) {
	p.Form, p.Title = f, f.Title.In(l)
	texts := map[string]Question{}
	for i, sec := range f.Sections {
		shown := shownSection{Number: i + 1, Of: len(f.Sections), Title: sec.Title.In(l)}
		var above []string
		for _, q := range sec.Questions {
			texts[q.Key] = q
			shown.Questions = append(shown.Questions, q.show(l, a[q.Key], errs, texts, above))
			above = append(above, q.Key)
		}
		p.Sections = append(p.Sections, shown)
	}
	for _, f := range (web.Form{Errors: errs}).Sorted() {
		p.Errors = append(p.Errors, shownError{"#f-" + f.Field, f})
	}
}

func (q Question) show(l i18n.Lang, given []string, errs web.FieldErrors, before map[string]Question, above []string) shownQuestion {
	v := shownQuestion{Name: "q." + q.Key, Type: string(q.Type), Text: q.Text.In(l), Hint: q.Hint.In(l), Required: q.Required && q.If == nil, Max: q.max()}
	if e := errs[v.Name]; e != nil {
		v.Err = e
	}
	if len(given) > 0 {
		v.Value = given[0]
	}
	choices := q.Choices
	if q.Type == TypeYesNo {
		choices = []Choice{{"yes", yesNo["yes"]}, {"no", yesNo["no"]}}
	}
	for _, c := range choices {
		chosen := false
		for _, g := range given {
			chosen = chosen || g == c.Value
		}
		v.Choices = append(v.Choices, shownChoice{c.Value, c.Text.In(l), chosen})
	}
	if q.If != nil {
		on := before[q.If.Question]
		if v.When = on.Text.In(l) + " " + on.say(l, q.If.Is); slices.Contains(above, q.If.Question) {
			v.When, v.Above = "", on.say(l, q.If.Is)
		}
	}
	return v
}
