package followup

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"khien/kernel/area"
	"khien/kernel/auth"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/web"
)

func (s *Service) orderAPI(api huma.API) {
	huma.Get(api, "/orders", s.apiOrders, staff)
	huma.Post(api, "/followups/{id}/orders", s.apiPrepare, staff)
	huma.Post(api, "/orders/sign", s.apiSign, staff)
	huma.Post(api, "/orders/{id}/withdraw", s.apiWithdraw, staff)
	huma.Get(api, "/zones", s.apiZones, staff)
	huma.Post(api, "/zones", s.apiDraftZone, staff, web.Limits(web.MaxBody(boundaryBytes+64<<10)))
	huma.Post(api, "/zones/{id}/sign", s.apiSignZone, staff)
	huma.Post(api, "/zones/{id}/lift", s.apiLiftZone, staff)
}

type orderJSON struct {
	ID       string `json:"id" format:"uuid"`
	Followup string `json:"followup" format:"uuid"`
	Kind     string `json:"kind" enum:"quarantine_home,quarantine_facility,isolation,end,certificate"`
	State    string `json:"state" enum:"draft,signed,withdrawn"`
	Number   string `json:"number,omitempty" example:"12/QĐ-UBND"`
	Name     string `json:"name,omitempty"`
	From     string `json:"from"`
	Until    string `json:"until"`
	Signed   string `json:"signed,omitempty"`
	Signer   string `json:"signer,omitempty"`
	Title    string `json:"title,omitempty"`
	Code     string `json:"code,omitempty" doc:"text of the QR code, for a signed order"`
}

func wireOrder(o Order) orderJSON {
	return orderJSON{ID: o.ID.String(), Followup: o.Watch.String(), Kind: string(o.Kind), State: string(o.State), Number: o.Numbered(), Name: o.Content.Name,
		From: o.From.String(), Until: o.Until.String(), Signed: stamp(o.Signed), Signer: o.Signer, Title: o.Title}
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339)
}

type ordersIn struct {
	State string `query:"state" enum:"draft,signed,withdrawn"`
	Kind  string `query:"kind" enum:"quarantine_home,quarantine_facility,isolation,end,certificate"`
	Area  string `query:"area" doc:"it and everything below"`
	After string `query:"after" doc:"next of the page before" format:"uuid"`
}

type ordersOut struct {
	Body struct {
		Orders []orderJSON `json:"orders"`
		Next   string      `json:"next,omitempty"`
	}
}

func (s *Service) apiOrders(ctx context.Context, in *ordersIn) (*ordersOut, error) {
	sc, err := auth.ScopeOf(ctx, auth.ReadContacts, "order_list")
	if err != nil {
		return nil, err
	}
	f := OrderFilter{State: OrderState(in.State), Kind: OrderKind(in.Kind)}
	if f.Area, f.After, err = where(in.Area, in.After); err != nil {
		return nil, err
	}
	page, err := s.Orders(ctx, sc, f)
	if err != nil {
		return nil, err
	}
	out := &ordersOut{}
	out.Body.Orders = []orderJSON{}
	for _, o := range page.Orders {
		j := wireOrder(o)
		if o.State != Draft {
			if j.Code, err = s.Code(o); err != nil {
				return nil, err
			}
		}
		out.Body.Orders = append(out.Body.Orders, j)
	}
	if !page.Next.IsZero() {
		out.Body.Next = page.Next.String()
	}
	return out, nil
}

// where reads an area and the id after which a page begins, each of which may be "".
func where(in, after string) (a area.Code, i id.ID, err error) {
	if in != "" {
		if a, err = area.Parse(in); err != nil {
			return a, i, fault.Of(err).At("area", in)
		}
	}
	if err := i.UnmarshalText([]byte(after)); err != nil {
		return a, i, fault.Of(err).At("after", after)
	}
	return a, i, nil
}

type orderOut struct{ Body orderJSON }

func (s *Service) apiPrepare(ctx context.Context, in *struct {
	idIn
	Body struct {
		ID    string `json:"id" format:"uuid" doc:"UUIDv7: the idempotency key"`
		Kind  string `json:"kind" enum:"quarantine_home,quarantine_facility,isolation,end,certificate"`
		Place string `json:"place,omitempty" maxLength:"300" doc:"of a facility"`
	}
}) (*orderOut, error) {
	sc, err := auth.ScopeOf(ctx, auth.Order, "order_draft")
	if err != nil {
		return nil, err
	}
	i, err := in.id()
	if err != nil {
		return nil, err
	}
	r := Ready{Watch: i, Kind: OrderKind(in.Body.Kind), Place: in.Body.Place}
	if r.ID, err = id.Parse(in.Body.ID); err != nil {
		return nil, err
	}
	o, err := s.Prepare(ctx, sc, r)
	if err != nil {
		return nil, err
	}
	return &orderOut{wireOrder(o)}, nil
}

// signatureOf is the name of the account that asks.
func signatureOf(ctx context.Context, title string) Signature {
	v, _ := auth.SessionOf(ctx)
	return Signature{Name: v.Account().Name, Title: title}
}

func (s *Service) apiSign(ctx context.Context, in *struct {
	Body struct {
		Orders []string `json:"orders" minItems:"1" maxItems:"300" nullable:"false"`
		Title  string   `json:"title" maxLength:"120" doc:"as what the account signs; the name is the account's"`
	}
}) (*ordersOut, error) {
	sc, err := auth.ScopeOf(ctx, auth.Order, "order_sign")
	if err != nil {
		return nil, err
	}
	var ids []id.ID
	for _, text := range in.Body.Orders {
		i, err := id.Parse(text)
		if err != nil {
			return nil, errOrder
		}
		ids = append(ids, i)
	}
	all, err := s.Sign(ctx, sc, ids, signatureOf(ctx, in.Body.Title))
	if err != nil {
		return nil, err
	}
	out := &ordersOut{}
	for _, o := range all {
		j := wireOrder(o)
		if j.Code, err = s.Code(o); err != nil {
			return nil, err
		}
		out.Body.Orders = append(out.Body.Orders, j)
	}
	return out, nil
}

func (s *Service) apiWithdraw(ctx context.Context, in *struct {
	idIn
	Body struct {
		Reason string `json:"reason" maxLength:"500"`
	}
}) (*orderOut, error) {
	sc, err := auth.ScopeOf(ctx, auth.Order, "order_withdraw")
	if err != nil {
		return nil, err
	}
	i, err := in.id()
	if err != nil {
		return nil, err
	}
	o, err := s.Withdraw(ctx, sc, i, in.Body.Reason)
	if err != nil {
		return nil, err
	}
	return &orderOut{wireOrder(o)}, nil
}

type zoneJSON struct {
	ID         string `json:"id" format:"uuid" doc:"UUIDv7: the idempotency key"`
	Name       string `json:"name" maxLength:"200"`
	Reason     string `json:"reason" maxLength:"1000"`
	Area       string `json:"area" example:"2021/20/186/06427"`
	Boundary   string `json:"boundary,omitempty" doc:"GeoJSON polygons (RFC 7946), as text" maxLength:"500000"`
	Listed     string `json:"listed,omitempty" doc:"hamlets or households" maxLength:"20000"`
	Households int    `json:"households,omitempty" minimum:"0"`
	People     int    `json:"people,omitempty" minimum:"0"`
	From       string `json:"from"`
	Until      string `json:"until" doc:"planned"`
	State      string `json:"state,omitempty" readOnly:"true"`
	Number     string `json:"number,omitempty" readOnly:"true"`
	Lifted     string `json:"lifted,omitempty" readOnly:"true"`
	LiftNumber string `json:"lift_number,omitempty" readOnly:"true"`
}

func wireZone(z Zone) zoneJSON {
	return zoneJSON{z.ID.String(), z.Name, z.Reason, z.Area.String(), z.Boundary, z.Listed, z.Households, z.People, z.From.String(), z.Until.String(), string(z.State),
		z.Numbered(), z.Lifted.String(), z.LiftNumbered()}
}

type zonesOut struct {
	Body struct {
		Zones []zoneJSON `json:"zones"`
		Next  string     `json:"next,omitempty"`
	}
}

func (s *Service) apiZones(ctx context.Context, in *struct {
	State string `query:"state" enum:"draft,in_force,lifted"`
	Area  string `query:"area" doc:"it and everything below"`
	After string `query:"after" format:"uuid"`
}) (*zonesOut, error) {
	sc, err := auth.ScopeOf(ctx, auth.ReadContacts, "zone_list")
	if err != nil {
		return nil, err
	}
	f := ZoneFilter{State: ZoneState(in.State)}
	if f.Area, f.After, err = where(in.Area, in.After); err != nil {
		return nil, err
	}
	all, next, err := s.Zones(ctx, sc, f)
	if err != nil {
		return nil, err
	}
	out := &zonesOut{}
	out.Body.Zones = []zoneJSON{}
	for _, z := range all {
		out.Body.Zones = append(out.Body.Zones, wireZone(z))
	}
	if !next.IsZero() {
		out.Body.Next = next.String()
	}
	return out, nil
}

type zoneOut struct{ Body zoneJSON }

func zoneDid(z Zone, err error) (*zoneOut, error) {
	if err != nil {
		return nil, err
	}
	return &zoneOut{wireZone(z)}, nil
}

func (s *Service) apiDraftZone(ctx context.Context, in *struct{ Body zoneJSON }) (*zoneOut, error) {
	sc, err := auth.ScopeOf(ctx, auth.Order, "zone_form")
	if err != nil {
		return nil, err
	}
	j := in.Body
	errs := web.FieldErrors{}
	d := days(errs, map[string]string{"from": j.From, "until": j.Until})
	if len(errs) > 0 {
		return nil, errs
	}
	z := Zone{Name: j.Name, Reason: j.Reason, Boundary: j.Boundary, Listed: j.Listed, Households: j.Households, People: j.People, From: d["from"], Until: d["until"]}
	if z.ID, err = id.Parse(j.ID); err != nil {
		return nil, err
	}
	if z.Area, err = area.Parse(j.Area); err != nil {
		return nil, err
	}
	return zoneDid(s.DraftZone(ctx, sc, z))
}

func (s *Service) apiSignZone(ctx context.Context, in *struct {
	idIn
	Body struct {
		Title string `json:"title" maxLength:"120"`
	}
}) (*zoneOut, error) {
	sc, err := auth.ScopeOf(ctx, auth.Order, "zone_sign")
	if err != nil {
		return nil, err
	}
	i, err := in.id()
	if err != nil {
		return nil, err
	}
	return zoneDid(s.SignZone(ctx, sc, i, signatureOf(ctx, in.Body.Title)))
}

func (s *Service) apiLiftZone(ctx context.Context, in *struct {
	idIn
	Body struct {
		On     string `json:"on" doc:"the last day of the lockdown"`
		Reason string `json:"reason" maxLength:"1000"`
		Title  string `json:"title" maxLength:"120"`
	}
}) (*zoneOut, error) {
	sc, err := auth.ScopeOf(ctx, auth.Order, "zone_sign")
	if err != nil {
		return nil, err
	}
	i, err := in.id()
	if err != nil {
		return nil, err
	}
	errs := web.FieldErrors{}
	d := days(errs, map[string]string{"on": in.Body.On})
	if len(errs) > 0 {
		return nil, errs
	}
	return zoneDid(s.LiftZone(ctx, sc, i, d["on"], in.Body.Reason, signatureOf(ctx, in.Body.Title)))
}
