package person

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"time"

	"khien/kernel/audit"
	"khien/kernel/auth"
	"khien/kernel/fault"
	"khien/kernel/i18n"
	"khien/kernel/id"
	"khien/kernel/store"
	"khien/kernel/web"
)

type ownPage struct {
	Asker      Asker
	Held       []heldItem
	Looks      []actOn
	Challenges []Challenge
	Form       web.Form
	Abouts     []web.Choice
}

// heldItem is one thing held, in words.
type heldItem struct {
	ID     string      `json:"id,omitempty"`
	What   string      `json:"what"`
	At     time.Time   `json:"at"`
	Fields []heldField `json:"fields"`
	Dies   time.Time   `json:"dies,omitzero"`
	Rule   string      `json:"rule,omitempty"`
	key    string
}

type heldField struct {
	Label string `json:"label"`
	Text  string `json:"text"`
}

// actOn is one act of staff on the person: by role and place, not by name. An
// officer who only did their duty is not handed to whoever is angry; whoever has
// a reason to know the name files a challenge, and the authority answers.
type actOn struct {
	At      time.Time `json:"at"`
	Who     string    `json:"who"`
	Act     string    `json:"act"`
	Purpose string    `json:"purpose"`
}

func today(now time.Time) time.Time {
	y, m, day := now.In(i18n.Zone).Date()
	return time.Date(y, m, day, 0, 0, 0, 0, i18n.Zone)
}

// ownScope is the program's own: what it may show of an asker is decided by
// what the asker has proved.
func (d *Desk) ownScope() auth.Scope { return auth.System(d.Province, "own_data").WithClock(d.Now) }

// held gathers what all holders hold about the asker, the newest first.
func (d *Desk) held(ctx context.Context, a Asker) (all []Held, err error) {
	all, err = d.registryHeld(ctx, a)
	for _, h := range d.Holders {
		if err != nil {
			return nil, err
		}
		var some []Held
		some, err = h.HeldAbout(ctx, a)
		all = append(all, some...)
	}
	slices.SortStableFunc(all, func(x, y Held) int { return y.At.Compare(x.At) })
	return all, err
}

// registryHeld is the registry's own record of somebody confirmed. A claim
// shows nothing: what a phone said of itself its own capability shows.
func (d *Desk) registryHeld(ctx context.Context, a Asker) ([]Held, error) {
	if !a.Confirmed || a.Person.IsZero() {
		return nil, nil
	}
	p, err := d.People.Get(ctx, d.DB, d.ownScope(), a.Person)
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	at, err := selectCreated(ctx, d.DB, d.ownScope(), p.ID)
	return []Held{{ID: p.ID, What: "person.held.person", At: at, Fields: d.fields(p), Rule: "person.dies.person"}}, err
}

// inWords says what is held in the reader's language.
func inWords(ctx context.Context, all []Held) []heldItem {
	items := []heldItem{}
	for _, h := range all {
		item := heldItem{What: web.T(ctx, h.What), At: h.At, Dies: h.Dies, Fields: []heldField{}, key: h.What}
		if h.Rule != "" {
			item.Rule = web.T(ctx, h.Rule)
		}
		if !h.ID.IsZero() {
			item.ID = h.ID.String()
		}
		for _, f := range h.Fields {
			text := f.Text
			if f.Key != "" {
				text = web.T(ctx, f.Key)
			}
			item.Fields = append(item.Fields, heldField{web.T(ctx, f.Label), text})
		}
		items = append(items, item)
	}
	return items
}

// lookActs are the acts on a person that say something to them; texts are
// "person.act.<value>".
var lookActs = []string{"person.read", "person.find", "person.change", "person.learn", "person.merge", "person.undo", "person.register", "person.create",
	"person.distinct", "person.challenge_read", "person.answer", "phone.confirm", "visit.of_person", "contact.ask", "declaration.read", "declaration.check",
	"card.issue", "card.withdraw", "order.draft", "order.read", "order.sign", "order.withdraw"}

// looksShown bounds the rows that the page shows.
const looksShown = 200

// looks are the acts of staff on a confirmed person, under all their ids, the newest first.
func (d *Desk) looks(ctx context.Context, a Asker) ([]actOn, error) {
	all := []actOn{}
	if !a.Confirmed || a.Person.IsZero() {
		return all, nil
	}
	sc := d.ownScope()
	_, ids, err := d.People.Aliases(ctx, d.DB, sc, []id.ID{a.Person})
	if err != nil {
		return nil, err
	}
	for _, i := range ids {
		rows, err := audit.List(ctx, d.DB, sc, audit.Filter{ObjectKind: "person", ObjectID: i.String(), Limit: looksShown})
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			if row.ActorKind == "system" || !slices.Contains(lookActs, row.Act) {
				continue
			}
			purpose := row.Purpose
			if slices.Contains(Purposes, purpose) || slices.Contains(pagePurposes, purpose) {
				purpose = web.T(ctx, "person.purpose."+purpose)
			}
			all = append(all, actOn{row.At, d.roleText(ctx, row.Actor), web.T(ctx, "person.act."+row.Act), purpose})
		}
	}
	slices.SortStableFunc(all, func(x, y actOn) int { return y.At.Compare(x.At) })
	return all[:min(len(all), looksShown)], nil
}

// pagePurposes are purposes that a page gives, not a choice; texts as Purposes'.
var pagePurposes = []string{reviewing, "case_page", "case_form", "case_list", "challenge_page",
	"declaration_page", "declaration_search", "declaration_gate",
	"followup_list", "followup_page", "followup_call", "order_list", "order_page", "order_draft", "order_sign", "order_withdraw", "order_print"}

func (d *Desk) getOwn(w http.ResponseWriter, r *http.Request) error {
	return d.showOwn(w, r, http.StatusOK, web.NewForm())
}

func (d *Desk) showOwn(w http.ResponseWriter, r *http.Request, status int, f web.Form) error {
	ctx := r.Context()
	a, _ := d.AskerOf(ctx)
	page := ownPage{Asker: a, Form: f}
	held, err := d.held(ctx, a)
	if err != nil {
		return err
	}
	page.Held = inWords(ctx, held)
	if page.Looks, err = d.looks(ctx, a); err != nil {
		return err
	}
	if page.Challenges, err = d.People.ChallengesOf(ctx, d.DB, d.ownScope(), a); err != nil {
		return err
	}
	page.Abouts = []web.Choice{{Text: web.T(ctx, "person.challenge.about_any")}}
	for _, h := range page.Held {
		if c := (web.Choice{Value: h.key, Text: h.What}); !slices.Contains(page.Abouts, c) {
			page.Abouts = append(page.Abouts, c)
		}
	}
	return d.Views.Render(w, r, status, "person/own.html", page)
}

// getOwnJSON is the export: everything that the page shows, for programs.
func (d *Desk) getOwnJSON(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	a, _ := d.AskerOf(ctx)
	held, err := d.held(ctx, a)
	if err != nil {
		return err
	}
	looks, err := d.looks(ctx, a)
	if err != nil {
		return err
	}
	challenges, err := d.People.ChallengesOf(ctx, d.DB, d.ownScope(), a)
	if err != nil {
		return err
	}
	type challengeJSON struct {
		Filed    time.Time `json:"filed"`
		Text     string    `json:"text"`
		Answer   string    `json:"answer,omitempty"`
		Answered time.Time `json:"answered,omitzero"`
	}
	filed := []challengeJSON{}
	for _, c := range challenges {
		filed = append(filed, challengeJSON{c.Filed, c.Text, c.Answer, c.Answered})
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="khien-du-lieu-cua-toi.json"`)
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(map[string]any{"at": d.Now().UTC(), "confirmed": a.Confirmed, "held": inWords(ctx, held), "looks": looks, "challenges": filed})
}

func (d *Desk) postChallenge(w http.ResponseWriter, r *http.Request) error {
	var f struct {
		ID    id.ID  `form:"id,required"`
		About string `form:"about,max=80"`
		Text  string `form:"text,required,max=2000"`
	}
	a, _ := d.AskerOf(r.Context())
	err := web.Decode(r, &f)
	if err == nil {
		f.About, err = d.about(r.Context(), a, f.About)
	}
	if err == nil {
		err = d.DB.Tx(r.Context(), func(tx *store.Tx) error {
			return d.People.File(tx, d.ownScope(), a, Challenge{ID: f.ID, About: f.About, Text: f.Text})
		})
	}
	if len(web.Refused(err)) > 0 {
		return d.showOwn(w, r, http.StatusUnprocessableEntity, web.FormOf(r, err))
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/me/data", "person.challenge.filed")
}

// about is the kind of what is held that a form names, else "": what strangers
// make up is no key of a text, and would stand in logs as one that is missing.
func (d *Desk) about(ctx context.Context, a Asker, named string) (string, error) {
	if named == "" {
		return "", nil
	}
	held, err := d.held(ctx, a)
	if !slices.ContainsFunc(held, func(h Held) bool { return h.What == named }) {
		named = ""
	}
	return named, err
}

type challengesPage struct {
	All   []challengeItem
	Form  web.Form
	Wrong id.ID // whose answer was refused
}

type challengeItem struct {
	Challenge
	AboutText, AreaName string
}

func (d *Desk) getChallenges(w http.ResponseWriter, r *http.Request) error {
	return d.showChallenges(w, r, http.StatusOK, web.NewForm(), id.ID{})
}

func (d *Desk) showChallenges(w http.ResponseWriter, r *http.Request, status int, f web.Form, wrong id.ID) error {
	sc, err := auth.ScopeOf(r.Context(), auth.WritePeople, "challenge_page")
	if err != nil {
		return err
	}
	all, err := d.People.Challenges(r.Context(), d.DB, sc)
	if err != nil {
		return err
	}
	page := challengesPage{Form: f, Wrong: wrong}
	for _, c := range all {
		item := challengeItem{Challenge: c, AreaName: d.Gazetteer.Title(c.Area)}
		if c.About != "" {
			item.AboutText = web.T(r.Context(), c.About)
		}
		page.All = append(page.All, item)
	}
	return d.Views.Render(w, r, status, "person/challenges.html", page)
}

func (d *Desk) postAnswer(w http.ResponseWriter, r *http.Request) error {
	sc, err := auth.ScopeOf(r.Context(), auth.WritePeople, "challenge_page")
	if err != nil {
		return err
	}
	var f struct {
		Challenge id.ID  `form:"challenge,required"`
		Text      string `form:"text,required,max=2000"`
	}
	if err = web.Decode(r, &f); err == nil {
		err = d.DB.Tx(r.Context(), func(tx *store.Tx) error { return d.People.Answer(tx, sc, f.Challenge, f.Text) })
	}
	if len(web.Refused(err)) > 0 {
		return d.showChallenges(w, r, http.StatusUnprocessableEntity, web.FormOf(r, err), f.Challenge)
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/people/challenges", "person.answered_done")
}
