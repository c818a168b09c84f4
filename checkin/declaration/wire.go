package declaration

import (
	"encoding/json"
	"time"

	"khien/kernel/area"
	"khien/kernel/fault"
	"khien/kernel/i18n"
	"khien/kernel/id"
	"khien/kernel/web"
)

// whoJSON is the person of a declaration on the wire.
type whoJSON struct {
	Name        string `json:"name" maxLength:"200"`
	Birth       string `json:"birth" maxLength:"10" doc:"1988, 1988-05 or 1988-05-14" example:"1988-05-14"`
	Sex         string `json:"sex,omitempty" enum:",female,male,other"`
	Nationality string `json:"nationality,omitempty" maxLength:"2" doc:"ISO 3166-1 alpha-2"`
	Paper       string `json:"paper,omitempty" maxLength:"20" doc:"number of a citizen card, passport or insurance card"`
	Phone       string `json:"phone,omitempty" maxLength:"30"`
	Area        string `json:"area,omitempty" maxLength:"40" doc:"where the person stays" example:"2021/20/186/06412"`
	Address     string `json:"address,omitempty" maxLength:"300"`
}

// draftJSON is a declaration to be made.
type draftJSON struct {
	ID      string                     `json:"id" format:"uuid" doc:"UUIDv7, made by the sender: the idempotency key"`
	Kind    string                     `json:"kind" enum:"everyone,domestic,entry"`
	Form    int                        `json:"form,omitempty" minimum:"0" doc:"version that was filled in; left out: the one in force"`
	At      string                     `json:"at,omitempty" maxLength:"40" doc:"accounts only: when it was declared, RFC 3339, at most 28 days ago"`
	For     string                     `json:"for,omitempty" maxLength:"36" doc:"phones only: one of the people of this phone; left out, and no who: its holder"`
	Who     *whoJSON                   `json:"who,omitempty"`
	Answers map[string]json.RawMessage `json:"answers" doc:"by question: a text, or a list of texts where many may be chosen"`
}

// declarationJSON is a declaration that stands.
type declarationJSON struct {
	ID        string   `json:"id"`
	Kind      string   `json:"kind"`
	Form      int      `json:"form" doc:"version of the form"`
	Grade     string   `json:"grade" enum:"green,yellow,red"`
	Rule      int      `json:"rule" doc:"version of the rules that graded it"`
	Made      string   `json:"made"`
	Until     string   `json:"until" doc:"valid until then"`
	Version   int      `json:"version" doc:"one more with each correction"`
	Withdrawn string   `json:"withdrawn,omitempty"`
	Short     string   `json:"short" doc:"to be read out where no camera is"`
	Code      string   `json:"code,omitempty" doc:"text of the QR code (docs/qr.md)"`
	Why       string   `json:"why,omitempty"`
	Do        string   `json:"do,omitempty" doc:"what the person is to do"`
	Who       *whoJSON `json:"who,omitempty"`
	Answers   Answers  `json:"answers,omitempty"`
}

type oneOut struct{ Body declarationJSON }

// draft reads the wire form; what cannot be read comes back by field.
func (j draftJSON) draft(l i18n.Lang) (d Draft, err error) {
	d = Draft{Kind: Kind(j.Kind), Form: j.Form, Lang: l}
	errs := web.FieldErrors{}
	if d.ID, err = id.Parse(j.ID); err != nil {
		errs["id"] = fault.Of(err).At("id", j.ID)
	}
	if j.At != "" {
		if d.At, err = time.Parse(time.RFC3339, j.At); err != nil {
			errs["at"] = fault.New(fault.Invalid, "declaration.at").At("at", j.At)
		}
	}
	raw, err := json.Marshal(j.Answers)
	if err == nil {
		err = d.Answers.UnmarshalJSON(raw)
	}
	if err != nil {
		errs["answers"] = fault.New(fault.Invalid, "declaration.answers").At("answers", "")
	}
	if j.Who != nil {
		if d.Who, err = j.Who.who(); err != nil {
			errs["area"] = fault.New(fault.Invalid, "phone.area").At("area", "")
		}
	}
	if len(errs) > 0 {
		return Draft{}, errs
	}
	return d, nil
}

func (j whoJSON) who() (Who, error) {
	w := Who{j.Name, j.Birth, j.Sex, j.Nationality, j.Paper, j.Phone, 0, j.Address}
	if j.Area == "" {
		return w, nil
	}
	c, err := area.Parse(j.Area)
	w.Area = c
	return w, err
}

func wireWho(w Who) *whoJSON {
	return &whoJSON{w.Name, w.Birth, w.Sex, w.Nationality, w.Paper, w.Phone, w.Area.String(), w.Address}
}

func wire(d Declaration) declarationJSON {
	j := declarationJSON{ID: d.ID.String(), Kind: string(d.Kind), Form: d.Form, Grade: string(d.Grade), Rule: d.Rule, Made: stamp(d.Made), Until: stamp(d.Until),
		Version: d.Version, Short: d.Short}
	if !d.Withdrawn.IsZero() {
		j.Withdrawn = stamp(d.Withdrawn)
	}
	return j
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
