package person

import (
	"net/http"
	"slices"
	"strings"

	"khien/kernel/area"
	"khien/kernel/auth"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/store"
	"khien/kernel/web"
)

// editForm is the form of a person.
type editForm struct {
	Purpose     string    `form:"purpose,max=20"`
	Name        string    `form:"name,required,max=200"`
	OtherNames  string    `form:"other_names"`
	Birth       string    `form:"birth,max=10"`
	Sex         string    `form:"sex,max=10"`
	Phone       string    `form:"phone,max=30"`
	OtherPhones string    `form:"other_phones"`
	PaperKind   PaperKind `form:"paper_kind,max=20"`
	Paper       string    `form:"paper,max=40"`
	Area        area.Code `form:"area"`
	Address     string    `form:"address,max=300"`
	Household   string    `form:"household,max=40"`
	Nationality string    `form:"nationality,max=2"`
	Occupation  string    `form:"occupation,max=120"`
}

type editPage struct {
	Form                web.Form
	ID                  id.ID
	Purpose             string
	Sexes, Kinds, Areas []web.Choice
	Papers              []web.Cell
}

func (d *Desk) editPage(r *http.Request, f web.Form, p Person, purpose string) editPage {
	page := editPage{Form: f, ID: p.ID, Purpose: purpose, Sexes: choices(r, "person.sex.", Sexes), Kinds: choices(r, "person.paper.", Kinds), Areas: d.areaChoices(r)}
	if at := f.Value("area"); at != "" && !slices.ContainsFunc(page.Areas, func(c web.Choice) bool { return c.Value == at }) {
		page.Areas = append(page.Areas, web.Choice{Value: at, Text: d.Gazetteer.Title(p.Area)})
	}
	for _, x := range p.Papers {
		page.Papers = append(page.Papers, web.Cell{Name: web.T(r.Context(), "person.paper."+string(x.Kind)), Text: x.Number})
	}
	return page
}

func (d *Desk) getEdit(w http.ResponseWriter, r *http.Request) error {
	purpose := r.URL.Query().Get("purpose")
	p, _, err := d.read(r, auth.WritePeople, purpose)
	if err != nil {
		return err
	}
	f := web.NewForm("name", p.Name, "other_names", strings.Join(p.OtherNames, "\n"), "birth", birthText(p.Birth), "sex", p.Sex, "phone", p.Phone,
		"other_phones", strings.Join(p.OtherPhones, "\n"), "area", p.Area.String(), "address", p.Address, "household", p.Household,
		"nationality", p.Nationality, "occupation", p.Occupation)
	return d.Views.Render(w, r, http.StatusOK, "person/edit.html", d.editPage(r, f, p, purpose))
}

func (d *Desk) postEdit(w http.ResponseWriter, r *http.Request) error {
	var f editForm
	err := web.Decode(r, &f)
	p, sc, readErr := d.read(r, auth.WritePeople, f.Purpose)
	if readErr != nil {
		return readErr
	}
	if err == nil {
		var to Person
		if to, err = f.person(p); err == nil {
			err = d.DB.Tx(r.Context(), func(tx *store.Tx) error { return d.People.Change(tx, sc, to) })
		}
	}
	if len(web.Refused(err)) > 0 {
		return d.Views.Render(w, r, http.StatusUnprocessableEntity, "person/edit.html", d.editPage(r, web.FormOf(r, err), p, f.Purpose))
	}
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/people/"+p.ID.String()+"?purpose="+f.Purpose, "person.changed")
}

// person is what the form makes of p. A paper is added, never taken away: a
// wrong one is kept beside the right one, and says so.
func (f editForm) person(p Person) (Person, error) {
	p.Name, p.Birth, p.Sex, p.Phone, p.Address = f.Name, f.Birth, f.Sex, f.Phone, f.Address
	p.OtherNames, p.OtherPhones = lines(f.OtherNames), lines(f.OtherPhones)
	p.Household, p.Nationality, p.Occupation = f.Household, f.Nationality, f.Occupation
	if !f.Area.IsZero() {
		p.Area = f.Area
	}
	if f.Paper == "" {
		return p, nil
	}
	if !slices.Contains(Kinds, f.PaperKind) || len(p.Papers) >= listed {
		return p, fault.New(fault.Invalid, "person.paper").At("paper_kind", "")
	}
	number, err := normalPaper(f.Paper)
	if add := (Paper{f.PaperKind, number}); err == nil && !slices.Contains(p.Papers, add) {
		p.Papers = append(slices.Clone(p.Papers), add)
	}
	return p, err
}

// lines returns the lines of a text that say something; never nil.
func lines(s string) []string {
	all := []string{}
	for l := range strings.Lines(s) {
		if l = strings.TrimSpace(l); l != "" {
			all = append(all, l)
		}
	}
	return all
}

type phonesPage struct {
	Person  Person
	Purpose string
	Form    web.Form
	Phones  []Proven
}

// getPhones shows the phones that have proved a number of the person's.
func (d *Desk) getPhones(w http.ResponseWriter, r *http.Request) error {
	return d.showPhones(w, r, http.StatusOK, web.NewForm())
}

const confirming = "confirm"

func (d *Desk) showPhones(w http.ResponseWriter, r *http.Request, status int, f web.Form) error {
	p, sc, err := d.read(r, auth.WritePeople, confirming)
	if err != nil {
		return err
	}
	page := phonesPage{Person: p, Purpose: confirming, Form: f}
	for _, number := range append([]string{p.Phone}, p.OtherPhones...) {
		if number == "" || d.Phones == nil {
			continue
		}
		proven, err := d.Phones.ProvenOf(r.Context(), sc, number)
		if err != nil {
			return err
		}
		page.Phones = append(page.Phones, proven...)
	}
	return d.Views.Render(w, r, status, "person/phones.html", page)
}

// postPhones ties a phone to the person: the officer saw the card, the person
// and the phone beside one another, and says so.
func (d *Desk) postPhones(w http.ResponseWriter, r *http.Request) error {
	var f struct {
		Device id.ID `form:"device,required"`
		Seen   bool  `form:"seen"`
	}
	err := web.Decode(r, &f)
	if err == nil && !f.Seen {
		err = fault.New(fault.Invalid, "person.seen").At("seen", "")
	}
	if len(web.Refused(err)) > 0 {
		return d.showPhones(w, r, http.StatusUnprocessableEntity, web.FormOf(r, err))
	}
	p, sc, err := d.read(r, auth.WritePeople, confirming)
	if err != nil {
		return err
	}
	if err := d.confirm(r, sc, p, f.Device); err != nil {
		return err
	}
	return web.Redirect(w, r, "/people/"+p.ID.String()+"?purpose="+confirming, "person.confirmed")
}

// confirm ties only a phone that has proved a number which stands with the person.
func (d *Desk) confirm(r *http.Request, sc auth.Scope, p Person, device id.ID) error {
	for _, number := range append([]string{p.Phone}, p.OtherPhones...) {
		if number == "" || d.Phones == nil {
			continue
		}
		proven, err := d.Phones.ProvenOf(r.Context(), sc, number)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(proven, func(x Proven) bool { return x.ID == device }) {
			return d.DB.Tx(r.Context(), func(tx *store.Tx) error { return d.Phones.Confirm(tx, sc, device, p.ID) })
		}
	}
	return fault.New(fault.NotFound, "person.no_phone")
}
