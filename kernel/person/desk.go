package person

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"

	"khien/kernel/area"
	"khien/kernel/audit"
	"khien/kernel/auth"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/store"
	"khien/kernel/web"
)

// Purposes are why staff look at people; whoever looks chooses one, and the
// person may read it. Texts are "person.purpose.<value>".
var Purposes = []string{"trace", "case", "care", "correct", "confirm", "complaint"}

// PurposeChoices are the Purposes as a form offers them, with an empty one first.
func PurposeChoices(r *http.Request) []web.Choice { return choices(r, "person.purpose.", Purposes) }

// Kinds lists the kinds of papers in the order of a form; texts are "person.paper.<value>".
var Kinds = []PaperKind{CitizenCard, OldCard, TravelPaper, InsuranceTag}

// choices are the options of constants, with an empty one first.
func choices[T ~string](r *http.Request, prefix string, all []T) []web.Choice {
	cs := []web.Choice{{Text: web.T(r.Context(), prefix)}}
	for _, v := range all {
		cs = append(cs, web.Choice{Value: string(v), Text: web.T(r.Context(), prefix+string(v))})
	}
	return cs
}

// scope is the scope of a page on which somebody looks at people for a purpose.
func scope(r *http.Request, act auth.Act, purpose string) (auth.Scope, error) {
	if !slices.Contains(Purposes, purpose) {
		return auth.Scope{}, errPurpose
	}
	return auth.ScopeOf(r.Context(), act, purpose)
}

var errPurpose = fault.New(fault.Invalid, "person.reason").At("purpose", "")

// searchForm is what staff look for. Paper counts before phone, phone before name.
type searchForm struct {
	Name    string `form:"name,max=200"`
	Phone   string `form:"phone,max=30"`
	Paper   string `form:"paper,max=40"`
	Year    int    `form:"birth_year"`
	Purpose string `form:"purpose,max=20"`
}

type searchPage struct {
	Form     web.Form
	Purposes []web.Choice
	Asked    bool
	Found    []foundRow
	More     bool
	MayWrite bool
	Open     int // reviews
}

// foundRow is somebody as a list of them shows: enough to choose whom to open.
type foundRow struct {
	ID                     id.ID
	Name, Year, Area, Tail string
	Purpose                string
}

func (d *Desk) searchPage(r *http.Request, f web.Form) searchPage {
	p := searchPage{Form: f, Purposes: PurposeChoices(r)}
	if sc, err := auth.ScopeOf(r.Context(), auth.WritePeople, "search_page"); err == nil {
		p.MayWrite = true
		p.Open, _, _ = d.People.ReviewCount(r.Context(), d.DB, sc, d.Now()) // without it the page only says less
	}
	return p
}

func (d *Desk) getSearch(w http.ResponseWriter, r *http.Request) error {
	return d.Views.Render(w, r, http.StatusOK, "person/search.html", d.searchPage(r, web.NewForm()))
}

// postSearch answers in place: what is looked for stands in no address.
func (d *Desk) postSearch(w http.ResponseWriter, r *http.Request) error {
	var f searchForm
	err := web.Decode(r, &f)
	var people []Person
	if err == nil {
		people, err = d.search(r, f)
	}
	if len(web.Refused(err)) > 0 {
		return d.Views.Render(w, r, http.StatusUnprocessableEntity, "person/search.html", d.searchPage(r, web.FormOf(r, err)))
	}
	if err != nil {
		return err
	}
	p := d.searchPage(r, web.FormOf(r, nil))
	p.Asked, p.More = true, len(people) == found
	for _, x := range people {
		row := foundRow{ID: x.ID, Name: x.Name, Year: x.Birth[:min(4, len(x.Birth))], Area: d.Gazetteer.Title(x.Area), Purpose: f.Purpose}
		if n := len(x.Phone); n > 3 {
			row.Tail = "…" + x.Phone[n-3:]
		}
		p.Found = append(p.Found, row)
	}
	return d.Views.Render(w, r, http.StatusOK, "person/search.html", p)
}

func (d *Desk) search(r *http.Request, f searchForm) ([]Person, error) {
	ctx := r.Context()
	sc, err := scope(r, auth.ReadPeople, f.Purpose)
	if err != nil {
		return nil, err
	}
	switch {
	case f.Paper != "":
		return d.People.FindByPaper(ctx, d.DB, sc, f.Paper)
	case f.Phone != "":
		return d.People.FindByPhone(ctx, d.DB, sc, f.Phone)
	case f.Name != "" && f.Year != 0:
		return d.People.FindByNameAndYear(ctx, d.DB, sc, f.Name, f.Year)
	case f.Name != "":
		return d.People.FindByName(ctx, d.DB, sc, f.Name)
	}
	return nil, fault.New(fault.Invalid, "person.nothing").At("name", "")
}

type personPage struct {
	Person    Person
	Purpose   string
	Purposes  []web.Choice // asked for, when there is none yet
	ID        id.ID
	Facts     []web.Cell
	Flaws     []string
	Household []foundRow
	Merges    []Merged
	Reviews   int
	More      []web.Link
	MayWrite  bool
}

// read reads the person that the path names. Who is not there, or not in scope,
// is written down as well.
func (d *Desk) read(r *http.Request, act auth.Act, purpose string) (Person, auth.Scope, error) {
	sc, err := scope(r, act, purpose)
	if err != nil {
		return Person{}, sc, err
	}
	i, err := id.Parse(r.PathValue("id"))
	if err != nil {
		return Person{}, sc, errNone
	}
	p, err := d.People.Get(r.Context(), d.DB, sc, i)
	if fault.Is(err, fault.NotFound) {
		missed := d.DB.Tx(r.Context(), func(tx *store.Tx) error {
			return audit.Append(tx, sc.Entry("person.miss", "person", i.String(), 0, nil))
		})
		return p, sc, cmp.Or(missed, err)
	}
	return p, sc, err
}

func (d *Desk) getPerson(w http.ResponseWriter, r *http.Request) error {
	purpose := r.URL.Query().Get("purpose")
	if !slices.Contains(Purposes, purpose) {
		i, err := id.Parse(r.PathValue("id"))
		if err != nil {
			return errNone
		}
		return d.Views.Render(w, r, http.StatusOK, "person/person.html", personPage{ID: i, Purposes: PurposeChoices(r)})
	}
	p, sc, err := d.read(r, auth.ReadPeople, purpose)
	if err != nil {
		return err
	}
	page := personPage{Person: p, ID: p.ID, Purpose: purpose, Facts: d.facts(r, p), Flaws: flaws(r, p), More: d.More,
		MayWrite: sc.Allows(auth.WritePeople)}
	family, err := d.People.Household(r.Context(), d.DB, sc, p)
	if err != nil {
		return err
	}
	for _, f := range family {
		page.Household = append(page.Household, foundRow{ID: f.ID, Name: f.Name, Year: f.Birth[:min(4, len(f.Birth))], Purpose: purpose})
	}
	if page.Merges, err = d.People.Merges(r.Context(), d.DB, sc, p.ID); err != nil {
		return err
	}
	if page.Reviews, err = d.People.OpenReviews(r.Context(), d.DB, sc, p.ID); err != nil {
		return err
	}
	return d.Views.Render(w, r, http.StatusOK, "person/person.html", page)
}

// facts are the lines of a person; what is not known is left out.
func (d *Desk) facts(r *http.Request, p Person) (cells []web.Cell) {
	add := func(key, text string) {
		if text != "" {
			cells = append(cells, web.Cell{Name: web.T(r.Context(), key), Text: text})
		}
	}
	for _, f := range d.fields(p) {
		text := f.Text
		if f.Key != "" {
			text = web.T(r.Context(), f.Key)
		}
		add(f.Label, text)
	}
	return cells
}

// fields are what is known of somebody, in the order of a form.
func (d *Desk) fields(p Person) (all []HeldField) {
	add := func(label, text, key string) {
		if text != "" || key != "" {
			all = append(all, HeldField{label, text, key})
		}
	}
	add("person.name", p.Name, "")
	add("person.other_names", strings.Join(p.OtherNames, "; "), "")
	add("person.birth", birthText(p.Birth), "")
	if p.Sex != "" {
		add("person.sex", "", "person.sex."+p.Sex)
	}
	add("person.phone", p.Phone, "")
	add("person.other_phones", strings.Join(p.OtherPhones, "; "), "")
	for _, x := range p.Papers {
		add("person.paper."+string(x.Kind), x.Number, "")
	}
	add("person.area", d.Gazetteer.Title(p.Area), "")
	add("person.address", p.Address, "")
	add("person.household", p.Household, "")
	add("person.nationality", p.Nationality, "")
	add("person.occupation", p.Occupation, "")
	return all
}

// birthText writes a birth date as Vietnam does, as precise as it is known.
func birthText(b string) string {
	parts := strings.Split(b, "-")
	slices.Reverse(parts)
	return strings.Join(parts, "/")
}

// flaws says what the papers' numbers say against the person, a sentence each.
func flaws(r *http.Request, p Person) (all []string) {
	for _, x := range p.Papers {
		for _, f := range p.Flaws(x) {
			all = append(all, web.T(r.Context(), "person.flaw."+string(f), "paper", web.T(r.Context(), "person.paper."+string(x.Kind)), "number", x.Number))
		}
	}
	return all
}

// postUndoMerge takes back a merge into the person whose page it is.
func (d *Desk) postUndoMerge(w http.ResponseWriter, r *http.Request) error {
	var f struct {
		Gone    id.ID  `form:"gone,required"`
		Purpose string `form:"purpose,max=20"`
	}
	if err := web.Decode(r, &f); err != nil {
		return err
	}
	sc, err := scope(r, auth.WritePeople, f.Purpose)
	if err != nil {
		return err
	}
	if err := d.DB.Tx(r.Context(), func(tx *store.Tx) error { return d.People.Undo(tx, sc, f.Gone) }); err != nil {
		return err
	}
	return web.Redirect(w, r, "/people/"+r.PathValue("id")+"?purpose="+f.Purpose, "person.undone")
}

// areaChoices are the communes of the province, each behind its district.
func (d *Desk) areaChoices(r *http.Request) []web.Choice {
	cs := []web.Choice{{Text: web.T(r.Context(), "person.area.none")}}
	var add func(c area.Code)
	add = func(c area.Code) {
		for _, u := range d.Gazetteer.Children(c) {
			if u.Code.Level() == area.Commune {
				cs = append(cs, web.Choice{Value: u.Code.String(), Text: d.Gazetteer.Title(u.Code)})
			}
			add(u.Code)
		}
	}
	add(d.Home)
	return cs
}

func (d *Desk) roleText(ctx context.Context, account id.ID) string {
	if account.IsZero() || d.JobOf == nil {
		return web.T(ctx, "person.actor.system")
	}
	role, at, err := d.JobOf(ctx, account)
	if err != nil {
		return web.T(ctx, "person.actor.unknown")
	}
	return web.T(ctx, "role."+string(role)) + " · " + d.Gazetteer.Title(at)
}
