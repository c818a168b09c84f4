package declaration

import (
	"strings"
	"time"

	"khien/kernel/i18n"
)

// say writes answers to a question as people read them.
func (q Question) say(l i18n.Lang, values []string) string {
	said := make([]string, len(values))
	for i, v := range values {
		said[i] = q.sayOne(l, v)
	}
	return strings.Join(said, ", ")
}

// yesNo are the words of a yes and a no in the languages of forms.
var yesNo = map[string]Text{"yes": {i18n.VI: "Có", i18n.EN: "Yes", i18n.ZH: "是"}, "no": {i18n.VI: "Không", i18n.EN: "No", i18n.ZH: "否"}}

func (q Question) sayOne(l i18n.Lang, v string) string {
	switch q.Type {
	case TypeYesNo:
		return yesNo[v].In(l)
	case TypeDay:
		if t, err := time.Parse(time.DateOnly, v); err == nil {
			return i18n.Date(l, t)
		}
	case TypeChoice, TypeMany:
		for _, c := range q.Choices {
			if c.Value == v {
				return c.Text.In(l)
			}
		}
	}
	return v
}

// birth writes a birth date as people do, as precisely as it is known.
func birth(l i18n.Lang, s string) string {
	if t, err := time.Parse(time.DateOnly, s); err == nil {
		return i18n.Date(l, t)
	}
	return s
}

// line is one question and its answer, as a page or a sheet shows them.
type line struct{ Question, Answer string }

// lines writes what was answered in a version of a form, in its order.
func (s *Service) lines(l i18n.Lang, d Declaration, a Answers) (all []line) {
	form, _ := s.book.version(d.Kind, d.Form)
	form.all(func(q Question) {
		if said := q.say(l, a[q.Key]); said != "" {
			all = append(all, line{q.Text.In(l), said})
		}
	})
	return all
}

// ruleLine returns the line of the rules that graded a declaration, and its rules.
func (s *Service) ruleLine(d Declaration, a Answers) (Line, Rules) {
	r, ok := s.book.ruleVersion(d.Rule)
	if !ok {
		return Line{Grade: d.Grade}, Rules{}
	}
	return r.Grade(d.Kind, a), r
}
