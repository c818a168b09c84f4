package phone

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"khien/kernel/area"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/person"
	"khien/kernel/web"
)

// Routes registers the pages and the API. The Router also needs Use(s.Middleware).
func (s *Service) Routes(rt *web.Router) {
	rt.Get("/phone", s.getPhone)
	rt.Post("/phone/code", s.postCode)
	rt.Post("/phone/prove", s.postProve)
	own := rt.With(Require)
	own.Get("/phone/who", s.getWho)
	own.Post("/phone/who", s.postWho)
	own.Get("/phone/people", s.getOther)
	own.Post("/phone/people", s.postOther)
	own.Post("/phone/people/{id}/remove", s.postForget)
	own.Post("/phone/sign-off", s.postSignOff)
	own.Post("/phone/devices/{id}/withdraw", s.postWithdraw)
	own.Post("/phone/lost", s.postLost)
	s.api(rt.API())
}

// askPage is number.html and code.html.
type askPage struct {
	Form web.Form
	Next string
	Err  error // a refusal of no one field
}

// ownPage is phone.html.
type ownPage struct {
	Number  string
	Device  Device
	People  []shownIdentity
	Devices []Own
	Others  int
}

type shownIdentity struct {
	Identity
	AreaName  string
	BirthDate time.Time // zero: only the year or the month is known
}

func (s *Service) getPhone(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Next string `form:"next,max=2000"`
	}
	if err := web.Decode(r, &in); err != nil {
		return err
	}
	d, ok := DeviceOf(r.Context())
	if !ok {
		return s.Views.Render(w, r, http.StatusOK, "phone/number.html", askPage{Form: web.NewForm(), Next: nextOf(in.Next)})
	}
	number, err := s.Number(r.Context(), d)
	if err != nil {
		return err
	}
	p := ownPage{Device: d, Number: spaced(number)}
	people, err := s.Identities(r.Context(), d)
	if err != nil {
		return err
	}
	for _, i := range people {
		born, _ := time.Parse(time.DateOnly, i.Birth) // zero for what is less precise
		p.People = append(p.People, shownIdentity{i, s.Gazetteer.Title(i.Area), born})
	}
	if p.Devices, err = s.Devices(r.Context(), d); err != nil {
		return err
	}
	p.Others = len(p.Devices) - 1
	return s.Views.Render(w, r, http.StatusOK, "phone/phone.html", p)
}

// spaced writes a number as people read it out: 0912 345 678.
func spaced(number string) string {
	n, ours := strings.CutPrefix(number, "+84")
	if !ours || len(n) < 9 {
		return number
	}
	return "0" + n[:len(n)-6] + " " + n[len(n)-6:len(n)-3] + " " + n[len(n)-3:]
}

// nextOf is where to go on; the phone's own page unless a page of ours asked.
func nextOf(next string) string {
	if next = web.LocalPath(next); next == "/" {
		return "/phone"
	}
	return next
}

func (s *Service) postCode(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Number string `form:"phone,required,max=30"`
		Next   string `form:"next,max=2000"`
	}
	err := web.Decode(r, &in)
	if err == nil {
		err = s.AskCode(r.Context(), in.Number, web.AddrKey(r), web.Lang(r.Context()))
	}
	if err != nil {
		return s.again(w, r, "phone/number.html", in.Next, err)
	}
	return s.Views.Render(w, r, http.StatusOK, "phone/code.html", askPage{Form: web.NewForm("phone", in.Number), Next: nextOf(in.Next)})
}

// again shows a form with what was refused; a refusal of another kind is an error's page.
func (s *Service) again(w http.ResponseWriter, r *http.Request, page, next string, err error) error {
	f := fault.Of(err)
	if f == nil || f.Kind == fault.Busy && f.Err != nil {
		return err
	}
	p := askPage{Form: web.FormOf(r, err), Next: nextOf(next)}
	if len(p.Form.Errors) == 0 {
		p.Err = err
	}
	status := http.StatusUnprocessableEntity
	if f.Kind == fault.Busy {
		if status = http.StatusTooManyRequests; f.Key == errSender.Key {
			status = http.StatusServiceUnavailable
		}
	}
	return s.Views.Render(w, r, status, page, p)
}

func (s *Service) postProve(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Number string `form:"phone,required,max=30"`
		Code   string `form:"code,required,max=20"`
		Next   string `form:"next,max=2000"`
	}
	err := web.Decode(r, &in)
	if err != nil {
		return s.again(w, r, "phone/code.html", in.Next, err)
	}
	was, _ := DeviceOf(r.Context())
	token, d, err := s.Prove(r.Context(), Proof{in.Number, in.Code, web.AddrKey(r), r.UserAgent(), was})
	if err != nil {
		return s.again(w, r, "phone/code.html", in.Next, err)
	}
	http.SetCookie(w, cookie(web.Secure(r), token))
	next := nextOf(in.Next)
	if d.Person.IsZero() {
		next = "/phone/who?next=" + url.QueryEscape(next)
	}
	return web.Redirect(w, r, next, "phone.proved")
}

// whoPage is who.html.
type whoPage struct {
	Form         web.Form
	Next         string
	Action       string
	Self         bool
	Areas, Sexes []web.Choice
}

func (s *Service) whoPage(r *http.Request, f web.Form, next string, self bool) whoPage {
	p := whoPage{Form: f, Next: nextOf(next), Self: self, Action: "/phone/people", Areas: []web.Choice{{Text: web.T(r.Context(), "phone.elsewhere")}}}
	if self {
		p.Action = "/phone/who"
	}
	for _, c := range s.communes() {
		p.Areas = append(p.Areas, web.Choice{Value: c.String(), Text: s.Gazetteer.Short(c)})
	}
	for _, v := range append([]string{""}, person.Sexes...) {
		p.Sexes = append(p.Sexes, web.Choice{Value: v, Text: web.T(r.Context(), "phone.sex."+v)})
	}
	return p
}

// communes lists the communes of the province.
func (s *Service) communes() (all []area.Code) {
	for _, u := range s.Gazetteer.Children(s.Home) {
		if u.Code.Level() == area.Commune {
			all = append(all, u.Code)
			continue
		}
		for _, c := range s.Gazetteer.Children(u.Code) {
			all = append(all, c.Code)
		}
	}
	return all
}

func (s *Service) getWho(w http.ResponseWriter, r *http.Request) error {
	d, _ := DeviceOf(r.Context())
	people, err := s.Identities(r.Context(), d)
	if err != nil {
		return err
	}
	f := web.NewForm()
	if len(people) > 0 && people[0].Self {
		i := people[0]
		f = web.NewForm("name", i.Name, "birth", i.Birth, "sex", i.Sex, "area", i.Area.String(), "address", i.Address, "paper", i.Paper)
	}
	return s.Views.Render(w, r, http.StatusOK, "phone/who.html", s.whoPage(r, f, r.URL.Query().Get("next"), true))
}

func (s *Service) getOther(w http.ResponseWriter, r *http.Request) error {
	return s.Views.Render(w, r, http.StatusOK, "phone/who.html", s.whoPage(r, web.NewForm(), r.URL.Query().Get("next"), false))
}

func (s *Service) postWho(w http.ResponseWriter, r *http.Request) error { return s.postSay(w, r, true) }

func (s *Service) postOther(w http.ResponseWriter, r *http.Request) error {
	return s.postSay(w, r, false)
}

func (s *Service) postSay(w http.ResponseWriter, r *http.Request, self bool) error {
	var in struct {
		ID      id.ID     `form:"id,required"`
		Name    string    `form:"name,required,max=200"`
		Birth   string    `form:"birth,required,max=10"`
		Sex     string    `form:"sex"`
		Area    area.Code `form:"area"`
		Address string    `form:"address,max=200"`
		Paper   string    `form:"paper,max=20"`
		Next    string    `form:"next,max=2000"`
	}
	d, _ := DeviceOf(r.Context())
	err := web.Decode(r, &in)
	if err == nil {
		_, err = s.Say(r.Context(), d, Identity{ID: in.ID, Self: self, Name: in.Name, Birth: in.Birth, Sex: in.Sex, Area: in.Area, Address: in.Address, Paper: in.Paper})
	}
	if err == nil {
		return web.Redirect(w, r, nextOf(in.Next), "phone.said")
	}
	if len(web.Refused(err)) == 0 {
		return err
	}
	return s.Views.Render(w, r, http.StatusUnprocessableEntity, "phone/who.html", s.whoPage(r, web.FormOf(r, err), in.Next, self))
}

// named reads the id of the path and hands it to an act of the phone's holder.
func named(r *http.Request, none error, act func(Device, id.ID) error) error {
	i, err := id.Parse(r.PathValue("id"))
	if err != nil {
		return none
	}
	if err := web.Decode(r, &struct{}{}); err != nil {
		return err
	}
	d, _ := DeviceOf(r.Context())
	return act(d, i)
}

func (s *Service) postForget(w http.ResponseWriter, r *http.Request) error {
	err := named(r, fault.New(fault.NotFound, "phone.identity"), func(d Device, i id.ID) error { return s.Forget(r.Context(), d, i) })
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/phone", "phone.forgotten")
}

func (s *Service) postWithdraw(w http.ResponseWriter, r *http.Request) error {
	err := named(r, errDevice, func(d Device, i id.ID) error { return s.Withdraw(r.Context(), d, i) })
	if err != nil {
		return err
	}
	return web.Redirect(w, r, "/phone", "phone.withdrawn")
}

func (s *Service) postLost(w http.ResponseWriter, r *http.Request) error {
	if err := web.Decode(r, &struct{}{}); err != nil {
		return err
	}
	d, _ := DeviceOf(r.Context())
	if _, err := s.WithdrawOthers(r.Context(), d); err != nil {
		return err
	}
	return web.Redirect(w, r, "/phone", "phone.lost")
}

func (s *Service) postSignOff(w http.ResponseWriter, r *http.Request) error {
	if err := web.Decode(r, &struct{}{}); err != nil {
		return err
	}
	d, _ := DeviceOf(r.Context())
	if err := s.Withdraw(r.Context(), d, d.ID); err != nil {
		return err
	}
	http.SetCookie(w, cookie(web.Secure(r), ""))
	return web.Redirect(w, r, "/phone", "phone.signed_off")
}
