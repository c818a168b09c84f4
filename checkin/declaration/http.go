package declaration

import (
	"bytes"
	"encoding/base64"
	"html/template"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"net/url"
	"strings"
	"time"

	qrcode "rsc.io/qr"

	"khien/kernel/fault"
	"khien/kernel/i18n"
	"khien/kernel/id"
	"khien/kernel/phone"
	"khien/kernel/web"
)

// Routes registers the pages and the API.
func (s *Service) Routes(rt *web.Router) {
	rt.Get("/d", s.getCode)
	own := rt.With(phone.Require)
	own.Get("/declare", s.getStart)
	own.Get("/declare/form", s.getForm)
	own.Post("/declare/form", s.postForm)
	own.Get("/declare/mine", s.getMine)
	own.Get("/declare/{id}", s.getOne)
	own.Get("/declare/{id}/correct", s.getCorrect)
	own.Post("/declare/{id}/correct", s.postCorrect)
	own.Post("/declare/{id}/withdraw", s.postWithdraw)
	s.officerRoutes(rt)
	s.api(rt)
}

// formBytes bounds a form that is sent: a hundred answers of a thousand runes.
const formBytes = 512 << 10

func (s *Service) getCode(w http.ResponseWriter, r *http.Request) error {
	return s.Views.Render(w, r, http.StatusOK, "declaration/code.html", nil)
}

// startPage is start.html: for whom, and which form.
type startPage struct {
	People []phone.Identity
	Kinds  []Kind
	Latest []shown
}

// shown is a declaration of this phone as a list shows it.
type shown struct {
	Declaration
	Name  string
	Valid bool
}

func (s *Service) getStart(w http.ResponseWriter, r *http.Request) error {
	d, _ := phone.DeviceOf(r.Context())
	people, err := s.Phones.Identities(r.Context(), d)
	if err != nil {
		return err
	}
	if len(people) == 0 {
		return web.Redirect(w, r, "/phone/who?next=/declare", "")
	}
	mine, err := s.mine(r, d)
	if err != nil {
		return err
	}
	return s.Views.Render(w, r, http.StatusOK, "declaration/start.html", startPage{people, Kinds, mine[:min(3, len(mine))]})
}

func (s *Service) mine(r *http.Request, d phone.Device) (all []shown, err error) {
	ds, cs, err := s.MineAll(r.Context(), d)
	for i := range ds {
		all = append(all, shown{ds[i], cs[i].Who.Name, ds[i].Valid(s.now())})
	}
	return all, err
}

func (s *Service) getMine(w http.ResponseWriter, r *http.Request) error {
	d, _ := phone.DeviceOf(r.Context())
	mine, err := s.mine(r, d)
	if err != nil {
		return err
	}
	return s.Views.Render(w, r, http.StatusOK, "declaration/mine.html", mine)
}

// sent is what a form sent.
type sent struct {
	ID      id.ID `form:"id,required"`
	Kind    Kind  `form:"kind"`
	Form    int   `form:"form"`
	For     id.ID `form:"for"`
	Version int   `form:"version"`
	answers Answers
}

// read takes the answers, "q.<key>", out of a form's fields and decodes the rest.
func readForm(r *http.Request, dst any) (Answers, error) {
	if err := r.ParseForm(); err != nil {
		return nil, web.Decode(r, dst) // says what is wrong with it
	}
	rest, answers := url.Values{}, Answers{}
	for name, v := range r.PostForm {
		if key, ok := strings.CutPrefix(name, "q."); ok {
			answers[key] = v
			continue
		}
		rest[name] = v
	}
	return answers, web.DecodeValues(rest, dst)
}

// identity returns whom of this phone's people an id names, its holder for none.
func (s *Service) identity(r *http.Request, d phone.Device, i id.ID) (phone.Identity, error) {
	people, err := s.Phones.Identities(r.Context(), d)
	if err != nil {
		return phone.Identity{}, err
	}
	for _, p := range people {
		if p.ID == i || i.IsZero() && p.Self {
			return p, nil
		}
	}
	return phone.Identity{}, fault.New(fault.NotFound, "phone.identity")
}

func whoOf(i phone.Identity, number string) Who {
	w := Who{Name: i.Name, Birth: i.Birth, Sex: i.Sex, Paper: i.Paper, Area: i.Area, Address: i.Address}
	if i.Self {
		w.Phone = number
	}
	return w
}

func (s *Service) getForm(w http.ResponseWriter, r *http.Request) error {
	var in struct {
		Kind Kind  `form:"kind,required"`
		For  id.ID `form:"for"`
	}
	if err := web.Decode(r, &in); err != nil {
		return err
	}
	d, _ := phone.DeviceOf(r.Context())
	who, err := s.identity(r, d, in.For)
	if err != nil {
		return err
	}
	form, err := s.Form(r.Context(), in.Kind)
	if err != nil {
		return err
	}
	last, err := s.Last(r.Context(), d, who.Person)
	if err != nil {
		return err
	}
	p := formPage{Action: "/declare/form", ID: id.New().String(), Person: who.Name, For: who.ID.String()}
	p.fill(web.Lang(r.Context()), form, last.Answers, nil)
	return s.Views.Render(w, r, http.StatusOK, "declaration/form.html", p)
}

func (s *Service) postForm(w http.ResponseWriter, r *http.Request) error {
	var in sent
	var err error
	in.answers, err = readForm(r, &in)
	d, _ := phone.DeviceOf(r.Context())
	if err != nil {
		return err
	}
	who, err := s.identity(r, d, in.For)
	if err != nil {
		return err
	}
	number, err := s.Phones.Number(r.Context(), d)
	if err != nil {
		return err
	}
	made, err := s.Declare(r.Context(), By{Device: d}, Draft{ID: in.ID, Kind: in.Kind, Form: in.Form, Person: who.Person, Lang: web.Lang(r.Context()),
		Content: Content{whoOf(who, number), in.answers}})
	if err == nil {
		return web.Redirect(w, r, "/declare/"+made.ID.String(), "declaration.made")
	}
	p := formPage{Action: "/declare/form", ID: in.ID.String(), Person: who.Name, For: who.ID.String()}
	return s.again(w, r, p, in, err)
}

// again shows a form with what was refused.
func (s *Service) again(w http.ResponseWriter, r *http.Request, p formPage, in sent, err error) error {
	f := fault.Of(err)
	if f == nil || f.Kind != fault.Invalid && f.Kind != fault.Conflict {
		return err
	}
	form, formErr := s.Form(r.Context(), in.Kind)
	if formErr != nil {
		return formErr
	}
	errs := web.Refused(err)
	if len(errs) == 0 {
		p.Err = err
	}
	p.fill(web.Lang(r.Context()), form, in.answers, errs)
	return s.Views.Render(w, r, http.StatusUnprocessableEntity, "declaration/form.html", p)
}

// onePage is one.html: what came of a declaration, with its code.
type onePage struct {
	Declaration
	Who         Who
	Birth       string
	AreaName    string
	Valid       bool
	Code        template.URL
	ShortShown  string
	Why, Do     string
	RuleFrom    time.Time
	RuleSource  string
	FormTitle   string
	Lines       []line
	Correctable bool
}

func (s *Service) getOne(w http.ResponseWriter, r *http.Request) error {
	i, err := pathID(r)
	if err != nil {
		return err
	}
	d, _ := phone.DeviceOf(r.Context())
	dec, c, err := s.Mine(r.Context(), d, i)
	if err != nil {
		return err
	}
	p := s.onePage(web.Lang(r.Context()), dec, c)
	if p.Valid {
		text, err := s.Code(dec)
		if err != nil {
			return err
		}
		if p.Code, err = picture(text); err != nil {
			return err
		}
	}
	return s.Views.Render(w, r, http.StatusOK, "declaration/one.html", p)
}

func (s *Service) onePage(l i18n.Lang, d Declaration, c Content) onePage {
	n, rules := s.ruleLine(d, c.Answers)
	form, _ := s.book.version(d.Kind, d.Form)
	return onePage{Declaration: d, Who: c.Who, Birth: birth(l, c.Who.Birth), AreaName: s.Gazetteer.Title(c.Who.Area), Valid: d.Valid(s.now()), ShortShown: d.Short[:5] + "-" + d.Short[5:],
		Why: n.Why.In(l), Do: n.Do.In(l), RuleFrom: rules.From.Time(), RuleSource: rules.Source, FormTitle: form.Title.In(l), Lines: s.lines(l, d, c.Answers),
		Correctable: d.Valid(s.now()) && d.Version < versionsMost}
}

// pathID reads the id of the path; what is none is nobody's declaration.
func pathID(r *http.Request) (id.ID, error) {
	i, err := id.Parse(r.PathValue("id"))
	if err != nil {
		return i, errNone
	}
	return i, nil
}

// A code's picture: pixels of a module, and the white around it in modules (ISO/IEC 18004).
const (
	modulePixels = 8
	quietModules = 4
)

// picture draws a QR code of level M as a PNG in an address.
func picture(text string) (template.URL, error) {
	code, err := qrcode.Encode(text, qrcode.M)
	if err != nil {
		return "", err
	}
	side := (code.Size + 2*quietModules) * modulePixels
	whole := image.NewPaletted(image.Rect(0, 0, side, side), color.Palette{color.White, color.Black})
	for y := range side {
		for x := range side {
			if code.Black(x/modulePixels-quietModules, y/modulePixels-quietModules) { // none outside
				whole.SetColorIndex(x, y, 1)
			}
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, whole); err != nil {
		return "", err
	}
	return template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(b.Bytes())), nil
}

func (s *Service) getCorrect(w http.ResponseWriter, r *http.Request) error {
	i, err := pathID(r)
	if err != nil {
		return err
	}
	d, _ := phone.DeviceOf(r.Context())
	dec, c, err := s.Mine(r.Context(), d, i)
	if err != nil {
		return err
	}
	form, err := s.Form(r.Context(), dec.Kind)
	if err != nil {
		return err
	}
	p := formPage{Action: "/declare/" + i.String() + "/correct", ID: i.String(), Person: c.Who.Name, Version: dec.Version}
	p.fill(web.Lang(r.Context()), form, c.Answers, nil)
	return s.Views.Render(w, r, http.StatusOK, "declaration/form.html", p)
}

func (s *Service) postCorrect(w http.ResponseWriter, r *http.Request) error {
	i, err := pathID(r)
	if err != nil {
		return err
	}
	d, _ := phone.DeviceOf(r.Context())
	dec, c, err := s.Mine(r.Context(), d, i)
	if err != nil {
		return err
	}
	var in sent
	if in.answers, err = readForm(r, &in); err != nil {
		return err
	}
	in.Kind = dec.Kind
	_, err = s.Correct(r.Context(), d, in.Version, Draft{ID: i, Form: in.Form, Lang: web.Lang(r.Context()), Content: Content{Answers: in.answers}})
	if err == nil {
		return web.Redirect(w, r, "/declare/"+i.String(), "declaration.corrected")
	}
	p := formPage{Action: "/declare/" + i.String() + "/correct", ID: i.String(), Person: c.Who.Name, Version: in.Version}
	return s.again(w, r, p, in, err)
}

func (s *Service) postWithdraw(w http.ResponseWriter, r *http.Request) error {
	i, err := pathID(r)
	if err != nil {
		return err
	}
	if err := web.Decode(r, &struct{}{}); err != nil {
		return err
	}
	d, _ := phone.DeviceOf(r.Context())
	if err := s.Withdraw(r.Context(), d, i); err != nil {
		return err
	}
	return web.Redirect(w, r, "/declare/"+i.String(), "declaration.withdrawn")
}
