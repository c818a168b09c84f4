package followup

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"khien/kernel/area"
	"khien/kernel/audit"
	"khien/kernel/auth"
	"khien/kernel/day"
	"khien/kernel/fault"
	"khien/kernel/i18n"
	"khien/kernel/id"
	"khien/kernel/store"
	"khien/wire/paper"
)

// ZoneState is where a lockdown zone stands. The values are stored and sent as written.
type ZoneState string

// The states.
const (
	ZoneDraft   ZoneState = "draft"
	ZoneInForce ZoneState = "in_force"
	ZoneLifted  ZoneState = "lifted"
)

// ZoneStates lists them in the order in which a form shows them.
var ZoneStates = []ZoneState{ZoneInForce, ZoneDraft, ZoneLifted}

// Kinds of the orders of zones; they are of no person and carry no code.
const (
	zoneOrder OrderKind = "zone"
	zoneLift  OrderKind = "zone_lift"
)

func (k OrderKind) ofZone() bool { return k == zoneOrder || k == zoneLift }

// Zone is an area closed off by an order, and opened by another.
type Zone struct {
	ID         id.ID // made by whoever drafts it: the idempotency key
	Name       string
	Reason     string
	Area       area.Code
	Boundary   string // GeoJSON polygons; "" when Listed says what is closed
	Listed     string // hamlets or households, as text
	Households int
	People     int
	From       day.Day
	Until      day.Day // planned
	State      ZoneState
	Year       int
	Number     int // of the order; 0: a draft
	Signed     time.Time
	Signer     string
	Title      string
	LiftYear   int
	LiftNumber int
	Lifted     day.Day // last day of the lockdown
	LiftedAt   time.Time
	LiftReason string
	Lifter     string
	LiftTitle  string
	Version    int
	Created    time.Time
	Actor      string

	sealed []byte
}

// Numbered is the number of the order that closed the zone; "" for a draft.
func (z Zone) Numbered() string { return numbered(z.Number) }

// LiftNumbered is the number of the order that lifted it.
func (z Zone) LiftNumbered() string { return numbered(z.LiftNumber) }

func numbered(n int) string { return Order{Number: n, Series: seriesDecision}.Numbered() }

// Badge is the stylesheet's word for the state.
func (z Zone) Badge() string {
	switch z.State {
	case ZoneInForce:
		return "bad"
	case ZoneDraft:
		return "warn"
	}
	return "muted"
}

var errZone = fault.New(fault.NotFound, "followup.zone")

// zoneDaysMost bounds a planned lockdown.
const zoneDaysMost = 60

func (s *Service) checkZone(z *Zone) error {
	z.Name, z.Reason, z.Listed = strings.TrimSpace(z.Name), strings.TrimSpace(z.Reason), strings.TrimSpace(z.Listed)
	switch {
	case z.Name == "":
		return fault.New(fault.Invalid, "form.required").At("zone_name", "")
	case z.Reason == "":
		return fault.New(fault.Invalid, "form.required").At("zone_reason", "")
	case z.From == 0 || z.Until < z.From || z.Until > z.From+zoneDaysMost:
		return fault.New(fault.Invalid, "followup.zone_days").At("zone_until", z.Until.String()).With("most", zoneDaysMost)
	case z.Households < 0 || z.Households > 1_000_000 || z.People < z.Households && z.People != 0 || z.People < 0 || z.People > 1_000_000:
		return fault.New(fault.Invalid, "followup.zone_people").At("zone_people", fmt.Sprint(z.People))
	case z.Boundary == "" && z.Listed == "":
		return fault.New(fault.Invalid, "followup.zone_where").At("zone_listed", "")
	}
	if _, ok := s.Gazetteer.Unit(z.Area); !ok || z.Area.Level() == area.Country {
		return fault.New(fault.Invalid, "followup.zone_area").At("zone_area", z.Area.String())
	}
	if z.Boundary != "" {
		polygons, err := readPolygons([]byte(z.Boundary))
		if err != nil {
			return err
		}
		z.Boundary = polygons.geoJSON()
	}
	return nil
}

const zoneLists = "followup zone list" // names the purpose with which they are sealed

func zonePlace(i id.ID) []byte { return []byte("followup_zone|" + i.String() + "|listed") }

// DraftZone writes a zone that is not in force yet. The same ID by the same account
// answers as the first time.
func (s *Service) DraftZone(ctx context.Context, sc auth.Scope, z Zone) (kept Zone, err error) {
	if err := sc.Check(auth.Order, z.Area); err != nil {
		return z, err
	}
	if err := s.checkZone(&z); err != nil {
		return z, err
	}
	err = s.DB.Tx(ctx, func(tx *store.Tx) error {
		first, err := zoneByID(tx.Context(), tx, sc, z.ID)
		if err == nil && first.Actor == sc.Actor() {
			kept = first
			return s.openZone(&kept)
		}
		if err == nil || !fault.Is(err, fault.NotFound) {
			return orConflict(err)
		}
		if z.ID.IsZero() {
			z.ID = id.New()
		}
		z.State, z.Version, z.Actor, z.Created = ZoneDraft, 1, sc.Actor(), store.Time(store.Millis(sc.Now()))
		if z.Listed != "" {
			z.sealed = s.Keys.Seal(zoneLists, []byte(z.Listed), zonePlace(z.ID))
		}
		kept = z
		if err := insertZone(tx, sc, z); err != nil {
			return err
		}
		return audit.Append(tx, sc.Entry("zone.draft", "zone", z.ID.String(), z.Area, nil))
	})
	return kept, err
}

// SignZone puts a zone in force under its own number.
func (s *Service) SignZone(ctx context.Context, sc auth.Scope, i id.ID, by Signature) (Zone, error) {
	return s.zoneAct(ctx, sc, i, by, "zone.sign", func(tx *store.Tx, z *Zone) (bool, error) {
		if z.State != ZoneDraft {
			return false, nil
		}
		z.State, z.Signer, z.Title, z.Signed = ZoneInForce, by.Name, by.Title, store.Time(store.Millis(sc.Now()))
		z.Year = day.Today(z.Signed).Time().Year()
		var err error
		z.Number, err = nextNumber(tx, sc, seriesDecision, z.Year)
		return true, err
	})
}

// LiftZone ends a zone by an order of its own.
func (s *Service) LiftZone(ctx context.Context, sc auth.Scope, i id.ID, on day.Day, reason string, by Signature) (Zone, error) {
	if reason = strings.TrimSpace(reason); reason == "" {
		return Zone{}, fault.New(fault.Invalid, "form.required").At("zone_reason", "")
	}
	return s.zoneAct(ctx, sc, i, by, "zone.lift", func(tx *store.Tx, z *Zone) (bool, error) {
		if z.State == ZoneLifted {
			return false, nil
		}
		if z.State != ZoneInForce {
			return false, errOrderState
		}
		if on < z.From || on > s.today()+zoneDaysMost {
			return false, fault.New(fault.Invalid, "followup.zone_days").At("lifted_on", on.String()).With("most", zoneDaysMost)
		}
		z.State, z.Lifted, z.LiftReason, z.Lifter, z.LiftTitle, z.LiftedAt = ZoneLifted, on, reason, by.Name, by.Title, store.Time(store.Millis(sc.Now()))
		z.LiftYear = day.Today(z.LiftedAt).Time().Year()
		var err error
		z.LiftNumber, err = nextNumber(tx, sc, seriesDecision, z.LiftYear)
		return true, err
	})
}

// zoneAct changes a zone in scope; what is done already stays as it is.
func (s *Service) zoneAct(ctx context.Context, sc auth.Scope, i id.ID, by Signature, act string, to func(*store.Tx, *Zone) (bool, error)) (z Zone, err error) {
	if !sc.Allows(auth.Order) {
		return z, errAct
	}
	if strings.TrimSpace(by.Title) == "" || len([]rune(by.Title)) > 120 {
		return z, fault.New(fault.Invalid, "form.required").At("sign_as", "")
	}
	err = s.DB.Tx(ctx, func(tx *store.Tx) error {
		if z, err = zoneByID(tx.Context(), tx, sc, i); err != nil {
			return err
		}
		was := z.Version
		changed, err := to(tx, &z)
		if err != nil || !changed {
			return err
		}
		z.Version++
		done, err := updateZone(tx, sc, z, was)
		if err != nil {
			return err
		}
		if !done {
			return errChanged
		}
		return audit.Append(tx, sc.Entry(act, "zone", z.ID.String(), z.Area, map[string]any{"number": z.Numbered(), "lift": z.LiftNumbered()}))
	})
	return z, err
}

// Zone returns a zone in scope and writes that it was read.
func (s *Service) Zone(ctx context.Context, sc auth.Scope, i id.ID) (z Zone, err error) {
	if !sc.Allows(auth.ReadContacts) {
		return z, errAct
	}
	err = s.DB.Tx(ctx, func(tx *store.Tx) error {
		if z, err = zoneByID(tx.Context(), tx, sc, i); err != nil {
			return err
		}
		if err := s.openZone(&z); err != nil {
			return err
		}
		return audit.Append(tx, sc.Entry("zone.read", "zone", i.String(), z.Area, nil))
	})
	return z, err
}

func (s *Service) openZone(z *Zone) error {
	if len(z.sealed) == 0 {
		return nil
	}
	b, err := s.Keys.OpenSealed(zoneLists, z.sealed, zonePlace(z.ID))
	z.Listed = string(b)
	return err
}

// ZoneFilter picks zones of a scope.
type ZoneFilter struct {
	State ZoneState
	Area  area.Code
	After id.ID
}

// Zones returns a page of the zones in scope, the newest first, without their
// lists, and the id after which the next page begins; zero on the last page.
func (s *Service) Zones(ctx context.Context, sc auth.Scope, f ZoneFilter) (all []Zone, next id.ID, err error) {
	if !sc.Allows(auth.ReadContacts) {
		return nil, next, errAct
	}
	err = s.DB.Tx(ctx, func(tx *store.Tx) error {
		next = id.ID{}
		if all, err = listZones(tx.Context(), tx, sc, f, PageSize+1); err != nil {
			return err
		}
		if len(all) > PageSize {
			all = all[:PageSize]
			next = all[PageSize-1].ID
		}
		return audit.Append(tx, sc.Entry("zone.list", "zone", "", f.Area, map[string]any{"zones": len(all)}))
	})
	return all, next, err
}

// PrintZone writes the order that closed a zone, or the one that lifted it, as PDF.
func (s *Service) PrintZone(ctx context.Context, out io.Writer, sc auth.Scope, i id.ID, lift bool) error {
	z, err := s.Zone(ctx, sc, i)
	if err != nil {
		return err
	}
	if lift && z.State != ZoneLifted {
		return errOrderState
	}
	o := Order{Kind: zoneOrder, State: Draft, Series: seriesDecision, Number: z.Number, Signed: z.Signed, Signer: z.Signer, Title: z.Title,
		Content: Content{Name: z.Name, Authority: s.authority(z.Area), Town: s.town(z.Area), Basis: basis}}
	if z.State != ZoneDraft {
		o.State = Signed
	}
	text := s.zoneText(z)
	if lift {
		o.Kind, o.Number, o.Signed, o.Signer, o.Title = zoneLift, z.LiftNumber, z.LiftedAt, z.Lifter, z.LiftTitle
		text = []string{s.say("followup.paper.zone_lift.first", "name", z.Name, "number", z.Numbered(), "until", vn(z.Lifted)), s.say("followup.paper.zone.because", "reason", z.LiftReason)}
	}
	doc := paper.New(paper.Serif, z.Name, latest(z.Created, o.Signed))
	if err := s.draw(doc, o, append(text, s.say("followup.paper.zone.force", "authority", o.Content.Authority))); err != nil {
		return err
	}
	return doc.Write(out)
}

// listedMost is how much of a list of households the order itself has room for; the
// rest is its annex, on the page of the zone.
const listedMost = 600

func (s *Service) zoneText(z Zone) []string {
	text := []string{s.say("followup.paper.zone.first", "name", z.Name, "area", s.Gazetteer.Title(z.Area), "from", vn(z.From), "until", vn(z.Until)),
		s.say("followup.paper.zone.because", "reason", z.Reason)}
	if z.Households > 0 || z.People > 0 {
		text = append(text, s.say("followup.paper.zone.count", "households", i18n.Number(i18n.VI, z.Households), "people", i18n.Number(i18n.VI, z.People)))
	}
	if z.Listed != "" {
		text = append(text, s.say("followup.paper.zone.listed", "list", fault.Cut(strings.Join(strings.Fields(z.Listed), " "), listedMost)))
	}
	if z.Boundary != "" {
		text = append(text, s.say("followup.paper.zone.boundary"))
	}
	return append(text, s.say("followup.paper.zone.second"))
}
