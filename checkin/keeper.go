package checkin

import (
	"context"
	"time"

	"khien/kernel/event"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/place"
)

// rowsMost bounds the rows of one delivery.
const rowsMost = 200

// State says what became of a row. The values are sent as written.
type State string

// The states.
const (
	Recorded State = "recorded"
	Known    State = "known"   // delivered before; nothing has changed
	Refused  State = "refused" // see Why
)

// result is what became of one row.
type result struct {
	ID    id.ID    `json:"id"`
	State State    `json:"state"`
	Why   string   `json:"why,omitempty"` // catalog key of the refusal, without "fault."
	Who   string   `json:"who,omitempty"` // initials
	Until string   `json:"until,omitempty"`
	Flags []string `json:"flags"`
}

func refuse(i id.ID, err error) result {
	r := result{ID: i, State: Refused, Why: "web.internal", Flags: []string{}}
	if f := fault.Of(err); f != nil {
		r.Why = f.Key
	}
	return r
}

// delivery is a keeper's rows on their way.
type delivery struct {
	place   place.Place
	device  id.ID
	sent    time.Time // the device's clock; zero: not said
	rows    []row
	results []result
}

// Deliver notes what a keeper scanned or typed, now or hours ago. Each row stands
// for itself: one that is refused changes nothing of the others. An error means
// that none may count as delivered; they can all be sent again.
func (s *Service) deliver(ctx context.Context, d *delivery) error {
	ids := make([]id.ID, 0, len(d.rows))
	for _, r := range d.rows {
		ids = append(ids, r.ID)
	}
	stands, err := visitsByID(ctx, s.DB, s.system, ids)
	if err != nil {
		return err
	}
	d.results = make([]result, len(d.rows))
	var visits []Visit
	var at []int
	for i, r := range d.rows {
		if was, ok := stands[r.ID]; ok && !r.Leave {
			d.results[i] = again(d, was)
			continue
		}
		if r.Leave {
			continue
		}
		v, res, err := s.visitOf(ctx, d, r)
		if err != nil {
			return err
		}
		if d.results[i] = res; res.State != Refused {
			visits, at = append(visits, v), append(at, i)
		}
	}
	if err := s.settle(ctx, d, visits, at); err != nil {
		return err
	}
	return s.leaves(ctx, d, stands)
}

// settle records the new visits of a delivery.
func (s *Service) settle(ctx context.Context, d *delivery, visits []Visit, at []int) error {
	if len(visits) == 0 {
		return nil
	}
	fresh, err := s.record(ctx, visits)
	if err != nil {
		return err
	}
	for i, f := range fresh {
		if !f { // twice in this delivery, or from another tab at this moment
			was, err := visitByID(ctx, s.DB, s.system, visits[i].ID)
			if err != nil {
				return err
			}
			d.results[at[i]] = again(d, was)
		}
	}
	return nil
}

// again answers for a row whose id stands already: as the first time, if it was
// this place's and device's; nothing of anybody else's visit is said.
func again(d *delivery, was Visit) result {
	if was.Device != d.device || was.Place != d.place.ID {
		return refuse(was.ID, errTaken)
	}
	return result{ID: was.ID, State: Known, Flags: was.Flags.Names(), Until: was.Until.Format(time.RFC3339)}
}

// visitOf makes the visit of a row. What is wrong with the row is in the result;
// an error is ours.
func (s *Service) visitOf(ctx context.Context, d *delivery, r row) (Visit, result, error) {
	from, flags, err := s.check(r, d.sent)
	if err != nil {
		return Visit{}, refuse(r.ID, err), nil
	}
	who, err := s.identify(ctx, d.place, r, from)
	if err != nil {
		if k := fault.KindOf(err); k == "" || k == fault.Busy {
			return Visit{}, result{}, err
		}
		return Visit{}, refuse(r.ID, err), nil
	}
	v := s.visit(d.place, r.ID, from, r.At)
	v.Person, v.Device, v.How, v.Flags = who.person, d.device, who.how, v.Flags|flags|who.flags
	return v, result{ID: v.ID, State: Recorded, Who: who.who, Flags: v.Flags.Names(), Until: v.Until.Format(time.RFC3339)}, nil
}

// check reads what any telling has: its id and its moment.
func (s *Service) check(r row, sent time.Time) (time.Time, Flags, error) {
	if r.ID[6]>>4 != 7 || r.ID[8]>>6 != 2 {
		return time.Time{}, 0, errID.At("id", r.ID.String())
	}
	if r.At.IsZero() {
		return time.Time{}, 0, errAt.At("at", "")
	}
	return moment(r.At, sent, s.now())
}

// visit is what every way of checking in has in common.
func (s *Service) visit(p place.Place, i id.ID, from, told time.Time) Visit {
	v := Visit{ID: i, Place: p.ID, Area: p.Area, From: from, Until: from.Add(p.UsualStay), Told: told, How: event.ByPoster, Ended: EndAssumed}
	if !p.Hours.Open(from) {
		v.Flags |= ClosedHours
	}
	return v
}

// leaves ends the visits that the delivery's other rows end. They come last:
// somebody may have come and gone before the network was back.
func (s *Service) leaves(ctx context.Context, d *delivery, stands map[id.ID]Visit) error {
	for i, r := range d.rows {
		if !r.Leave {
			continue
		}
		res, err := s.leave(ctx, d, r, stands)
		if k := fault.KindOf(err); err != nil && (k == "" || k == fault.Busy) {
			return err
		}
		if err != nil {
			res = refuse(r.ID, err)
		}
		d.results[i] = res
	}
	return nil
}

// leave ends the visit that the row names by its id, or that of the person whose
// code it has.
func (s *Service) leave(ctx context.Context, d *delivery, r row, stands map[id.ID]Visit) (result, error) {
	at, _, err := s.check(r, d.sent)
	if err != nil {
		return result{}, err
	}
	var who scanned
	v, named := stands[r.ID]
	if r.Code != "" || r.Name != "" {
		if who, err = s.identify(ctx, d.place, r, at); err == nil {
			v, err = s.inside(ctx, who.person, d.place.ID, at)
		}
	} else if !named || v.Place != d.place.ID {
		err = errNone
	}
	if err != nil {
		return result{}, err
	}
	state := Recorded
	if v.Ended != EndAssumed {
		state = Known
	}
	if v, err = s.Leave(ctx, v, at, EndKeeper); err != nil {
		return result{}, err
	}
	return result{ID: r.ID, State: state, Who: who.who, Flags: v.Flags.Names(), Until: v.Until.Format(time.RFC3339)}, nil
}
