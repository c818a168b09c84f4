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
	officer bool      // device is an account, not a phone
	sent    time.Time // the device's clock; zero: not said
	rows    []row
	results []result
}

// draft is a row on its way to being a visit, or the end of one.
type draft struct {
	row   int
	at    time.Time
	flags Flags
	who   scanned
	comer *newcomer
}

// deliver notes what a keeper scanned or typed, now or hours ago. Each row stands
// for itself: one that is refused changes nothing of the others. An error means
// that none may count as delivered; they can all be sent again.
func (s *Service) deliver(ctx context.Context, d *delivery) error {
	ids := make([]id.ID, 0, len(d.rows))
	for _, r := range d.rows {
		ids = append(ids, r.ID)
	}
	stands, err := toldVisits(ctx, s.DB, s.system, ids)
	if err != nil {
		return err
	}
	d.results = make([]result, len(d.rows))
	drafts, err := s.drafts(ctx, d, stands)
	if err != nil {
		return err
	}
	if err := s.settle(ctx, d, drafts); err != nil {
		return err
	}
	return s.leaves(ctx, d, drafts, stands)
}

// drafts reads the rows and finds out who they are about; those that are known
// or refused have their results then.
func (s *Service) drafts(ctx context.Context, d *delivery, stands map[id.ID]Visit) ([]draft, error) {
	var drafts []draft
	var comers []*newcomer
	for i, r := range d.rows {
		if was, ok := stands[r.ID]; ok && !r.Leave {
			d.results[i] = again(d, was)
			continue
		}
		f := draft{row: i}
		var err error
		f.at, f.flags, err = s.check(r, d.sent)
		if err == nil && d.place.Closed && !r.Leave && f.at.After(d.place.Changed) {
			err = errClosed
		}
		if err == nil && !(r.Leave && r.Code == "" && r.Name == "") {
			f.who, f.comer, err = s.identify(ctx, d.place, r, f.at)
		}
		if err != nil {
			if isOurs(err) {
				return nil, err
			}
			d.results[i] = refuse(r.ID, err)
			continue
		}
		if f.comer != nil {
			if ok, _ := s.comers.Allow(d.device.String()); !ok && !d.officer { // this row alone: it can be sent again
				d.results[i] = refuse(r.ID, errMany)
				continue
			}
			comers = append(comers, f.comer)
		}
		drafts = append(drafts, f)
	}
	return s.registered(ctx, d, drafts, comers)
}

// registered returns the drafts whose people are known now.
func (s *Service) registered(ctx context.Context, d *delivery, drafts []draft, comers []*newcomer) ([]draft, error) {
	errs := s.register(ctx, comers)
	kept := drafts[:0]
	for _, f := range drafts {
		if f.comer != nil {
			err := errs[0]
			errs = errs[1:]
			if err != nil && isOurs(err) {
				return nil, err
			}
			if err != nil {
				d.results[f.row] = refuse(d.rows[f.row].ID, err)
				continue
			}
			f.who = f.comer.found
		}
		kept = append(kept, f)
	}
	return kept, nil
}

// isOurs reports whether an error is ours to mend, or passes, rather than a
// refusal of what was sent.
func isOurs(err error) bool {
	k := fault.KindOf(err)
	return k == "" || k == fault.Busy
}

// settle records the new visits of a delivery.
func (s *Service) settle(ctx context.Context, d *delivery, drafts []draft) error {
	var visits []Visit
	var at []int
	for _, f := range drafts {
		if r := d.rows[f.row]; !r.Leave {
			v := s.visit(d.place, r.ID, f.at, r.At)
			v.Person, v.Device, v.How, v.Flags = f.who.person, d.device, f.who.how, v.Flags|f.flags|f.who.flags
			visits, at = append(visits, v), append(at, f.row)
			d.results[f.row] = result{ID: v.ID, State: Recorded, Who: f.who.who, Flags: v.Flags.Names(), Until: v.Until.Format(time.RFC3339)}
		}
	}
	if len(visits) == 0 {
		return nil
	}
	fresh, err := s.record(ctx, visits)
	if err != nil {
		return err
	}
	for i, f := range fresh {
		if !f { // twice in this delivery, or from another tab at this moment
			was, err := toldVisit(ctx, s.DB, s.system, visits[i].ID)
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
func (s *Service) leaves(ctx context.Context, d *delivery, drafts []draft, stands map[id.ID]Visit) error {
	for _, f := range drafts {
		r := d.rows[f.row]
		if !r.Leave {
			continue
		}
		res, err := s.leave(ctx, d, r, f, stands)
		if err != nil && isOurs(err) {
			return err
		}
		if err != nil {
			res = refuse(r.ID, err)
		}
		d.results[f.row] = res
	}
	return nil
}

// leave ends the visit that the row names by its id, or that of the person whose
// code it has.
func (s *Service) leave(ctx context.Context, d *delivery, r row, f draft, stands map[id.ID]Visit) (result, error) {
	v, named := stands[r.ID]
	var err error
	if !f.who.person.IsZero() {
		v, err = s.inside(ctx, f.who.person, d.place.ID, f.at)
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
	if v, err = s.Leave(ctx, v, f.at, EndKeeper); err != nil {
		return result{}, err
	}
	return result{ID: r.ID, State: state, Who: f.who.who, Flags: v.Flags.Names(), Until: v.Until.Format(time.RFC3339)}, nil
}
