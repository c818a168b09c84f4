package app

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"time"

	"khien/checkin"
	"khien/kernel/area"
	"khien/kernel/day"
	"khien/kernel/event"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/person"
	"khien/kernel/place"
	"khien/kernel/store"
	"khien/outbreak"
	"khien/sim"
	"khien/wire/qr"
)

// The places of the demo, their keeper and the people who go there.
const (
	demoKeeper   = "0900000001" // keeps all of them; the codes come to /demo/codes
	demoVisitors = 80
	demoVisits   = 240 // a day
)

// demoPlaces are invented, one in each of some communes.
var demoPlaces = []struct {
	name string
	kind place.Kind
}{
	{"Chợ phiên Bản Thí (dùng thử)", place.Market},
	{"Nhà hàng Phở chua Hoa Hồi (dùng thử)", place.Restaurant},
	{"Trạm y tế xã (dùng thử)", place.Health},
	{"Trường Tiểu học Hoa Đào (dùng thử)", place.School},
	{"Tạp hoá Mẫu Sơn (dùng thử)", place.Shop},
	{"Bến xe khách phía Bắc (dùng thử)", place.Transport},
	{"Xưởng hồi Nà Sầm (dùng thử)", place.Company},
	{"Uỷ ban nhân dân xã (dùng thử)", place.Office},
}

// fillDay gives the province places, people, a day of visits and two rows that
// may be one human being. Everything has an id of its own: another start on the
// same day adds only what has happened since.
func (d *demo) fillDay(ctx context.Context) error {
	places, err := d.openPlaces(ctx)
	if err != nil {
		return err
	}
	d.places = places
	people, err := d.meetPeople(ctx)
	if err != nil {
		return err
	}
	if err := d.app.Checkin.RecordAll(ctx, visitsOf(d.app.Now(), places, people)); err != nil {
		return err
	}
	return d.fallIll(ctx, places[0].Area, people[0])
}

// fallIll makes one of the visitors a probable case of today, whom the tracers
// find contacts of. It is not confirmed: the public map is about the spring of 2021.
func (d *demo) fallIll(ctx context.Context, at area.Code, who id.ID) error {
	today := day.Today(d.app.Now())
	_, err := d.app.Outbreak.Create(ctx, d.scope(), outbreak.Draft{Case: outbreak.Case{ID: demoID("case "+today.String(), 0), Number: "DT" + today.Time().Format("0201"),
		Person: who, Classification: outbreak.Probable, Area: at, Stay: at, Source: outbreak.Community, Onset: today - 1, Specimen: today, Reported: today}})
	if fault.Is(err, fault.Conflict) { // somebody has changed it since
		return nil
	}
	return err
}

func (d *demo) openPlaces(ctx context.Context) (all []place.Place, err error) {
	home, err := area.Of(area.Edition2021, d.app.Config.Province, "", "")
	if err != nil {
		return nil, err
	}
	communes := d.app.Gazetteer.Communes(home)
	phone, err := d.app.Phones.Index(demoKeeper)
	if err != nil || len(communes) == 0 {
		return nil, err
	}
	for i, p := range demoPlaces {
		made, err := d.app.Places.Create(ctx, d.scope(), place.Place{ID: demoID("place", i), Name: p.name, Kind: p.kind,
			Area: communes[i*17%len(communes)].Code, Hours: place.Always})
		if fault.Is(err, fault.Conflict) { // somebody has changed it since
			made, err = d.app.Places.Get(ctx, d.scope(), demoID("place", i))
		}
		if err == nil {
			err = d.app.Places.OfficerAddKeeper(ctx, d.scope(), made.ID, phone, demoKeeper)
		}
		if err != nil && !fault.Is(err, fault.Conflict) {
			return nil, err
		}
		all = append(all, made)
	}
	return all, nil
}

// meetPeople registers the visitors, and two whom a clerk has yet to tell apart.
func (d *demo) meetPeople(ctx context.Context) (ids []id.ID, err error) {
	humans, err := sim.People(d.app.Gazetteer, demoSeed, demoVisitors)
	if err != nil {
		return nil, err
	}
	all := make([]person.Person, 0, len(humans)+len(demoTwins))
	for i, h := range humans {
		h.ID = demoID("visitor", i)
		all = append(all, h.Person)
	}
	for i, p := range demoTwins {
		p.ID, p.Area = demoID("twin", i), humans[0].Area
		all = append(all, p)
	}
	err = d.app.DB.Tx(ctx, func(tx *store.Tx) error {
		ids = nil
		for _, p := range all {
			r, err := d.app.People.Register(tx, d.scope(), p)
			if err != nil {
				return err
			}
			ids = append(ids, r.ID)
		}
		return nil
	})
	return ids, err
}

// demoTwins are perhaps the same: a name without its marks, a birth year alone.
var demoTwins = []person.Person{
	{Name: "Hoàng Thị Hường", Birth: "1986-04-12", Sex: "female", Phone: "+84900000002"},
	{Name: "Hoang Thi Huong", Birth: "1986", Sex: "female", Phone: "+84900000002"},
}

// visitsOf draws the visits of today up to now, the same ones at every start.
func visitsOf(now time.Time, places []place.Place, people []id.ID) (all []checkin.Visit) {
	today := day.Today(now)
	r := rand.New(rand.NewPCG(demoSeed, uint64(today)))
	morning := today.Time().Add(6*time.Hour - 7*time.Hour) // six o'clock in Vietnam
	for n := range demoVisits {
		p, who := places[min(r.IntN(len(places)), r.IntN(len(places)))], people[r.IntN(len(people))]
		from := morning.Add(time.Duration(r.IntN(15*60)) * time.Minute)
		if from.After(now) {
			continue
		}
		all = append(all, checkin.Visit{ID: visitID(from, n), Place: p.ID, Person: who, Device: demoID("phone", n), Area: p.Area,
			From: from, Until: from.Add(p.UsualStay), Told: from, How: event.ByPoster, Ended: checkin.EndAssumed})
	}
	slices.SortFunc(all, func(a, b checkin.Visit) int { return a.From.Compare(b.From) })
	return all
}

// visitID is a UUIDv7 of its moment, the same for the same visit.
func visitID(from time.Time, n int) id.ID {
	i := demoID("visit", n)
	sum := sha256.Sum256(binary.BigEndian.AppendUint64(i[:], uint64(from.UnixMilli())))
	copy(i[6:], sum[:10])
	ms := binary.BigEndian.AppendUint64(nil, uint64(from.UnixMilli()))
	copy(i[:6], ms[2:])
	i[6], i[8] = i[6]&0x0f|0x70, i[8]&0x3f|0x80
	return i
}

// demoPoster is a place to be visited from the demo's page.
type demoPoster struct{ Name, Link string }

func (d *demo) posters() (all []demoPoster, err error) {
	for _, p := range d.places {
		u, err := d.app.Points.Codes().SignPlace(p)
		if err != nil {
			return nil, err
		}
		all = append(all, demoPoster{p.Name, "/v#" + u.Token()})
	}
	return all, nil
}

// demoCard is the text of an invented citizen card's code, for a hand scanner.
func demoCard() (string, error) {
	return qr.Citizen{Number: "020190012345", Name: "Lương Thị Thu Hà", Birth: "1990-08-21", Sex: "female",
		Address: "Thôn Nà Lầu, Lạng Sơn", Issued: "2021-07-01"}.Text()
}
