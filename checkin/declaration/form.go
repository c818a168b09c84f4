package declaration

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"khien/kernel/day"
	"khien/kernel/fault"
	"khien/kernel/i18n"
	"khien/kernel/web"
)

// Text is one text in the languages of forms: vi and en always, zh where it is.
type Text map[i18n.Lang]string

// In returns the text in a language, English for one that it lacks.
func (t Text) In(l i18n.Lang) string {
	if s := t[l]; s != "" {
		return s
	}
	return t[i18n.EN]
}

// Form is one version of the form of a kind.
type Form struct {
	Kind     Kind      `json:"kind"`
	Version  int       `json:"version"` // from 1
	From     day.Day   `json:"from"`    // first day in force
	Source   string    `json:"source"`  // who ordered it so
	Title    Text      `json:"title"`
	Sections []Section `json:"sections"`
}

// Section is a part of a form, with the questions that stand together.
type Section struct {
	Title     Text       `json:"title"`
	Questions []Question `json:"questions"`
}

// Question is one question.
type Question struct {
	Key      string       `json:"key"` // names the answer for ever
	Type     QuestionType `json:"type"`
	Required bool         `json:"required,omitempty"`
	Text     Text         `json:"text"`
	Hint     Text         `json:"hint,omitempty"`
	Choices  []Choice     `json:"choices,omitempty"`
	If       *Condition   `json:"if,omitempty"`  // asked only when it holds
	Max      int          `json:"max,omitempty"` // runes of a text; 0: 200
}

// QuestionType says what an answer may be. The values are stored as written.
type QuestionType string

// The types.
const (
	TypeText   QuestionType = "text"
	TypeLines  QuestionType = "lines"  // several lines
	TypeYesNo  QuestionType = "yesno"  // "yes" or "no"
	TypeChoice QuestionType = "choice" // one of Choices
	TypeMany   QuestionType = "many"   // any of Choices
	TypeDay    QuestionType = "day"    // yyyy-mm-dd when stored
)

var types = []QuestionType{TypeText, TypeLines, TypeYesNo, TypeChoice, TypeMany, TypeDay}

// Choice is one answer that may be chosen.
type Choice struct {
	Value string `json:"value"`
	Text  Text   `json:"text"`
}

// Condition holds when one of the answers to a question is one of Is.
type Condition struct {
	Question string   `json:"question"`
	Is       []string `json:"is"`
}

func (c Condition) holds(a Answers) bool {
	return slices.ContainsFunc(a[c.Question], func(v string) bool { return slices.Contains(c.Is, v) })
}

// Answers holds the answers by their question's key.
type Answers map[string][]string

// MarshalJSON writes one answer as a text, several as a list.
func (a Answers) MarshalJSON() ([]byte, error) {
	m := make(map[string]any, len(a))
	for k, v := range a {
		if m[k] = v; len(v) == 1 {
			m[k] = v[0]
		}
	}
	return json.Marshal(m)
}

// UnmarshalJSON reads texts and lists of texts.
func (a *Answers) UnmarshalJSON(b []byte) error {
	var m map[string]json.RawMessage
	if err := json.Unmarshal(b, &m); err != nil {
		return err
	}
	*a = make(Answers, len(m))
	for k, raw := range m {
		var one string
		var many []string
		if json.Unmarshal(raw, &one) == nil {
			many = []string{one}
		} else if err := json.Unmarshal(raw, &many); err != nil {
			return fmt.Errorf("declaration: answer %.40q: %w", k, errors.New("neither a text nor a list of texts"))
		}
		(*a)[k] = many
	}
	return nil
}

// Bounds of a form and of answers.
const (
	questionsMost = 100
	choicesMost   = 300
	textMost      = 200
	linesMost     = 1000
)

var keyForm = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)

// all calls do for every question in turn.
func (f Form) all(do func(Question)) {
	for _, s := range f.Sections {
		for _, q := range s.Questions {
			do(q)
		}
	}
}

// check says what is wrong with a form that somebody wrote.
func (f Form) check() error {
	known := map[string]bool{}
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if !slices.Contains(Kinds, f.Kind) || f.Version < 1 || f.From == 0 || f.Source == "" {
		bad("a form needs kind, version, from and source")
	}
	f.all(func(q Question) {
		switch {
		case !keyForm.MatchString(q.Key) || known[q.Key]:
			bad("question %q: the key is not of small letters, digits and _, or stands twice", q.Key)
		case !slices.Contains(types, q.Type):
			bad("question %s: type %q", q.Key, q.Type)
		case q.Text[i18n.VI] == "" || q.Text[i18n.EN] == "":
			bad("question %s: no text in vi and en", q.Key)
		case (q.Type == TypeChoice || q.Type == TypeMany) != (len(q.Choices) > 0) || len(q.Choices) > choicesMost:
			bad("question %s: %d choices", q.Key, len(q.Choices))
		case q.If != nil && !known[q.If.Question]:
			bad("question %s: its condition is of a question that does not stand before it", q.Key)
		}
		known[q.Key] = true
	})
	if len(known) == 0 || len(known) > questionsMost {
		bad("%d questions", len(known))
	}
	return errors.Join(errs...)
}

// Check brings answers into the one form in which they are stored. An answer to
// a question that its condition rules out is dropped. What is wrong comes back
// as web.FieldErrors by "q.<key>", saying question and reason in language l.
func (f Form) Check(l i18n.Lang, given Answers, today day.Day) (Answers, error) {
	clean, errs := Answers{}, web.FieldErrors{}
	known := map[string]bool{}
	f.all(func(q Question) {
		known[q.Key] = true
		if q.If != nil && !q.If.holds(clean) {
			return
		}
		values, err := q.read(given[q.Key], today)
		if err == nil && len(values) == 0 && q.Required {
			err = fault.New(fault.Invalid, "declaration.required")
		}
		if err != nil {
			errs["q."+q.Key] = err.At("q."+q.Key, err.Value).With("question", q.Text.In(l))
			return
		}
		if len(values) > 0 {
			clean[q.Key] = values
		}
	})
	for key := range given {
		if !known[key] {
			key = fault.Cut(key, 40)
			errs["q."+key] = fault.New(fault.Invalid, "declaration.unknown").At("q."+key, "").With("question", key)
		}
	}
	if len(errs) > 0 {
		return nil, errs
	}
	return clean, nil
}

// read reads the answers to one question.
func (q Question) read(given []string, today day.Day) ([]string, *fault.Error) {
	var values []string
	for _, g := range given {
		v, err := q.readOne(g, today)
		if err != nil {
			return nil, err
		}
		if v != "" && !slices.Contains(values, v) {
			values = append(values, v)
		}
	}
	if len(values) > 1 && q.Type != TypeMany || len(given) > choicesMost {
		return nil, fault.New(fault.Invalid, "declaration.one")
	}
	return values, nil
}

func (q Question) readOne(s string, today day.Day) (string, *fault.Error) {
	if !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' }) {
		return "", fault.New(fault.Invalid, "declaration.letters")
	}
	s = strings.TrimSpace(strings.ReplaceAll(norm.NFC.String(s), "\r\n", "\n"))
	if s == "" {
		return "", nil
	}
	switch q.Type {
	case TypeYesNo:
		if s != "yes" && s != "no" {
			return "", fault.New(fault.Invalid, "declaration.choice").At("", s)
		}
	case TypeChoice, TypeMany:
		if !slices.ContainsFunc(q.Choices, func(c Choice) bool { return c.Value == s }) {
			return "", fault.New(fault.Invalid, "declaration.choice").At("", s)
		}
	case TypeDay:
		return readDay(s, today)
	default:
		if n := utf8.RuneCountInString(s); n > q.max() {
			return "", fault.New(fault.Invalid, "declaration.long").With("max", q.max())
		}
	}
	return s, nil
}

// max is how many runes a text may have.
func (q Question) max() int {
	switch {
	case q.Max > 0:
		return min(q.Max, linesMost)
	case q.Type == TypeLines:
		return linesMost
	}
	return textMost
}

// readDay reads a day of the last two years or the next one: a journey, a test.
func readDay(s string, today day.Day) (string, *fault.Error) {
	for _, layout := range []string{time.DateOnly, "2/1/2006"} {
		t, err := time.Parse(layout, s)
		if err != nil {
			continue
		}
		if d := day.On(t.Date()); d >= today-730 && d <= today+366 {
			return t.Format(time.DateOnly), nil
		}
		return "", fault.New(fault.Invalid, "declaration.day_far").At("", s)
	}
	return "", fault.New(fault.Invalid, "declaration.day").At("", s)
}
