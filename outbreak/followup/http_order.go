package followup

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"khien/kernel/area"
	"khien/kernel/auth"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/web"
)

func (s *Service) orderRoutes(rt *web.Router) {
	read, order := rt.With(auth.Require(auth.ReadContacts)), rt.With(auth.Require(auth.Order))
	read.Get("/orders", s.getOrders)
	read.Get("/orders/print", s.getOrdersPaper, web.Timeout(2*time.Minute))
	read.Get("/orders/{id}", s.getOrder)
	read.Get("/orders/{id}/order.pdf", s.getOrderPaper)
	order.Post("/followups/{id}/orders", s.postOrder)
	order.Post("/orders/sign", s.postSign)
	order.Post("/orders/draft", s.postDraftAll, web.Timeout(2*time.Minute))
	order.Post("/orders/{id}/withdraw", s.postWithdraw)
	order.Post("/orders/{id}/discard", s.postDiscard)
	rt.Get("/order/{token}", s.getStanding)
}

// Badge is the stylesheet's word for the state.
func (o Order) Badge() string {
	switch o.State {
	case Signed:
		return "good"
	case Withdrawn:
		return "bad"
	}
	return "warn"
}

type orderForm struct {
	State OrderState `form:"state"`
	Kind  OrderKind  `form:"order_kind"`
	Area  area.Code  `form:"area"`
	After id.ID      `form:"after"`
}

func (f orderForm) filter() OrderFilter { return OrderFilter(f) }

type ordersPage struct {
	Tabs          []web.Choice
	Path          string
	Form          web.Form
	Sign          web.Form
	Err           error
	States, Kinds []web.Choice
	Areas         []web.Choice
	Orders        []orderRow
	Pager         web.Pager
	Print         string // "" when there is nothing to print
	MaySign       bool
	Drafts        bool
	MayDraft      bool
	Draftable     []web.Choice
	Filtered      bool
}

type orderRow struct {
	Order
	AreaName string
}

func (s *Service) getOrders(w http.ResponseWriter, r *http.Request) error {
	var f orderForm
	if err := web.Decode(r, &f); err != nil {
		return err
	}
	return s.showOrders(w, r, http.StatusOK, f, web.NewForm(), nil)
}

func (s *Service) showOrders(w http.ResponseWriter, r *http.Request, status int, f orderForm, sign web.Form, refusal error) error {
	sc, err := auth.ScopeOf(r.Context(), auth.ReadContacts, "order_list")
	if err != nil {
		return err
	}
	page, err := s.Orders(r.Context(), sc, f.filter())
	if err != nil {
		return err
	}
	if sign.Value("sign_as") == "" && sign.Errors == nil {
		title, err := s.LastTitle(r.Context(), sc)
		if err != nil {
			return err
		}
		sign = web.NewForm("sign_as", title)
	}
	q := url.Values{}
	for name, v := range map[string]string{"state": string(f.State), "order_kind": string(f.Kind), "area": f.Area.String()} {
		if v != "" {
			q.Set(name, v)
		}
	}
	p := ordersPage{Tabs: tabs(r), Path: "/orders", Sign: sign, Err: refusal, MaySign: sc.Allows(auth.Order), MayDraft: sc.Allows(auth.Order) && sc.Allows(auth.ReadPeople), Draftable: choices(r, "followup.order.kind.", OrderKinds[:3])[1:], Filtered: len(q) > 0, Areas: sc.AreaChoices(r, s.Gazetteer, s.Home, "followup.all_areas"),
		Form:   web.NewForm("state", string(f.State), "order_kind", string(f.Kind), "area", f.Area.String()),
		States: choices(r, "followup.order.state.", OrderStates), Kinds: choices(r, "followup.order.kind.", OrderKinds)}
	for _, o := range page.Orders {
		p.Orders = append(p.Orders, orderRow{o, s.Gazetteer.Short(o.Area)})
		p.Drafts = p.Drafts || o.State == Draft
	}
	if len(p.Orders) > 0 {
		p.Print = "/orders/print?" + q.Encode()
	}
	if !f.After.IsZero() {
		p.Pager.First = "/orders?" + q.Encode()
	}
	if !page.Next.IsZero() {
		q.Set("after", page.Next.String())
		p.Pager.Next = "/orders?" + q.Encode()
	}
	return s.Views.Render(w, r, status, "followup/orders.html", p)
}

// postDraftAll drafts for everybody of an area who has no such order yet.
func (s *Service) postDraftAll(w http.ResponseWriter, r *http.Request) error {
	sc, err := auth.ScopeOf(r.Context(), auth.Order, "order_draft")
	if err != nil {
		return err
	}
	var f struct {
		ID    id.ID     `form:"id"`
		Kind  OrderKind `form:"order_kind,required"`
		Area  area.Code `form:"area"`
		Place string    `form:"order_place,max=300"`
	}
	if err = web.Decode(r, &f); err == nil {
		_, err = s.PrepareAll(r.Context(), sc, f.Area, Ready{Kind: f.Kind, Place: f.Place})
	}
	if err == nil {
		return web.Redirect(w, r, "/orders?state=draft", "followup.drafted")
	}
	form := web.FormOf(r, err)
	if len(form.Errors) == 0 {
		return err
	}
	return s.showOrders(w, r, http.StatusUnprocessableEntity, orderForm{Area: f.Area}, form, nil)
}

// choices are the options of a list of constants, after one for all of them.
func choices[T ~string](r *http.Request, prefix string, all []T) []web.Choice {
	cs := []web.Choice{{Value: "", Text: web.T(r.Context(), "followup.all")}}
	for _, v := range all {
		cs = append(cs, web.Choice{Value: string(v), Text: web.T(r.Context(), prefix+string(v))})
	}
	return cs
}

type orderPage struct {
	Order
	AreaName string
	Form     web.Form
	Err      error
	MaySign  bool
}

func (s *Service) getOrder(w http.ResponseWriter, r *http.Request) error {
	return s.showOrder(w, r, http.StatusOK, web.NewForm(), nil)
}

func (s *Service) showOrder(w http.ResponseWriter, r *http.Request, status int, f web.Form, refusal error) error {
	sc, err := auth.ScopeOf(r.Context(), auth.ReadContacts, "order_page")
	if err != nil {
		return err
	}
	i, err := id.Parse(r.PathValue("id"))
	if err != nil {
		return errOrder
	}
	o, err := s.Order(r.Context(), sc, i)
	if err != nil {
		return err
	}
	if f.Value("sign_as") == "" {
		title, err := s.LastTitle(r.Context(), sc)
		if err != nil {
			return err
		}
		f.Values.Set("sign_as", title)
	}
	return s.Views.Render(w, r, status, "followup/order.html", orderPage{o, s.Gazetteer.Title(o.Area), f, refusal, sc.Allows(auth.Order)})
}

func (s *Service) postOrder(w http.ResponseWriter, r *http.Request) error {
	sc, err := auth.ScopeOf(r.Context(), auth.Order, "order_draft")
	if err != nil {
		return err
	}
	i, err := pathID(r)
	if err != nil {
		return err
	}
	var f struct {
		ID    id.ID     `form:"id,required"`
		Kind  OrderKind `form:"order_kind,required"`
		Place string    `form:"order_place,max=300"`
	}
	var o Order
	if err = web.Decode(r, &f); err == nil {
		o, err = s.Prepare(r.Context(), sc, Ready{f.ID, i, f.Kind, f.Place})
	}
	if err != nil {
		return s.refuse(w, r, err)
	}
	return web.Redirect(w, r, "/orders/"+o.ID.String(), "followup.order")
}

func (s *Service) postSign(w http.ResponseWriter, r *http.Request) error {
	sc, err := auth.ScopeOf(r.Context(), auth.Order, "order_sign")
	if err != nil {
		return err
	}
	var f struct {
		Orders []id.ID `form:"orders"`
		Title  string  `form:"sign_as,max=120"`
	}
	var all []Order
	if err = web.Decode(r, &f); err == nil {
		all, err = s.Sign(r.Context(), sc, f.Orders, signatureOf(r.Context(), f.Title))
	}
	if len(all) == 1 && err == nil {
		return web.Redirect(w, r, "/orders/"+all[0].ID.String(), "followup.signed")
	}
	if err == nil {
		return web.Redirect(w, r, "/orders?state=signed", "followup.signed")
	}
	if k := fault.KindOf(err); k != fault.Invalid && k != fault.Conflict {
		return err
	}
	form := web.FormOf(r, err)
	if form.Errors["orders"] != nil || len(form.Errors) > 0 {
		return s.showOrders(w, r, http.StatusUnprocessableEntity, orderForm{State: Draft}, form, nil)
	}
	return s.showOrders(w, r, http.StatusConflict, orderForm{State: Draft}, form, err)
}

func (s *Service) postWithdraw(w http.ResponseWriter, r *http.Request) error {
	sc, err := auth.ScopeOf(r.Context(), auth.Order, "order_withdraw")
	if err != nil {
		return err
	}
	i, err := id.Parse(r.PathValue("id"))
	if err != nil {
		return errOrder
	}
	var f struct {
		Reason string `form:"watch_reason,max=500"`
	}
	if err = web.Decode(r, &f); err == nil {
		_, err = s.Withdraw(r.Context(), sc, i, f.Reason)
	}
	if err == nil {
		return web.Redirect(w, r, "/orders/"+i.String(), "followup.withdrawn")
	}
	if k := fault.KindOf(err); k != fault.Invalid && k != fault.Conflict {
		return err
	}
	form := web.FormOf(r, err)
	if len(form.Errors) > 0 {
		err = nil
	}
	return s.showOrder(w, r, http.StatusUnprocessableEntity, form, err)
}

func (s *Service) postDiscard(w http.ResponseWriter, r *http.Request) error {
	sc, err := auth.ScopeOf(r.Context(), auth.Order, "order_discard")
	if err != nil {
		return err
	}
	i, err := id.Parse(r.PathValue("id"))
	if err != nil {
		return errOrder
	}
	if err := web.Decode(r, &struct{}{}); err != nil {
		return err
	}
	if err := s.Discard(r.Context(), sc, i); err != nil {
		return err
	}
	return web.Redirect(w, r, "/orders", "followup.discarded")
}

func (s *Service) getOrderPaper(w http.ResponseWriter, r *http.Request) error {
	sc, err := auth.ScopeOf(r.Context(), auth.ReadContacts, "order_print")
	if err != nil {
		return err
	}
	i, err := id.Parse(r.PathValue("id"))
	if err != nil {
		return errOrder
	}
	return sendPDF(r.Context(), w, "khien-quyet-dinh.pdf", func(ctx context.Context, out io.Writer) error { return s.Print(ctx, out, sc, i) })
}

func (s *Service) getOrdersPaper(w http.ResponseWriter, r *http.Request) error {
	sc, err := auth.ScopeOf(r.Context(), auth.ReadContacts, "order_print")
	if err != nil {
		return err
	}
	var f orderForm
	if err := web.Decode(r, &f); err != nil {
		return err
	}
	return sendPDF(r.Context(), w, "khien-quyet-dinh.pdf", func(ctx context.Context, out io.Writer) error { return s.PrintAll(ctx, out, sc, f.filter()) })
}

// sendPDF makes a document whole before its first byte is sent.
func sendPDF(ctx context.Context, w http.ResponseWriter, name string, print func(context.Context, io.Writer) error) error {
	var out bytes.Buffer
	if err := print(ctx, &out); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "application/pdf")
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	h.Set("Content-Length", strconv.Itoa(out.Len()))
	_, err := out.WriteTo(w)
	return err
}

// getStanding says to anybody who holds a paper whether it stands.
func (s *Service) getStanding(w http.ResponseWriter, r *http.Request) error {
	if ok, wait := s.tries.Allow(web.AddrKey(r)); !ok {
		return web.Rate(wait)
	}
	st, err := s.Standing(r.Context(), r.PathValue("token"))
	if err != nil {
		return err
	}
	return s.Views.Render(w, r, http.StatusOK, "followup/standing.html", st)
}
