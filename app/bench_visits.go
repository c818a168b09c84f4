package app

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"khien/checkin"
	"khien/kernel/area"
	"khien/kernel/auth"
	"khien/kernel/config"
	"khien/kernel/event"
	"khien/kernel/id"
	"khien/kernel/phone"
	"khien/kernel/place"
	"khien/kernel/store"
	"khien/kernel/web"
	"khien/sim"
	"khien/wire/qr"
)

// The promises: durable visits a second, one a request, and rows of keepers' batches.
const (
	visitsSQLite   = 15_000
	visitsPostgres = 20_000
	visitsOfNull   = 0.4
	visitsOfFresh  = 0.6
	batchRows      = 25_000
)

// What the visits' benchmark makes.
const (
	visitPlaces  = 400
	visitConns   = 512 // at most
	phonesOfConn = 8   // no phone tells more than a few a second
	phonesOfLong = 64  // for runs of more than a minute
	phonesLeast  = 512
	keepersLeast = 64
	keepersMost  = 256
	batchConns   = 48 // keepers who deliver at once
	batchSize    = 50
	cardsOfConn  = 250
	unstoredPath = "/api/v1/bench/visits"
)

// visitBench is a node with places, phones and cards.
type visitBench struct {
	*benchNode
	conns   int
	each    int // phones of a connection
	places  []place.Place
	tokens  []string
	phones  []phone.Enrolled
	keepers []phone.Enrolled
	cards   []string
}

// benchVisits posts visits to a whole node, each in a request of its own that is
// answered when the visit is on disk, from phones that prove themselves by their
// cookie. Its peer is the same route without the storing, before and after. The
// load generator runs in this process, on the same processors; listeners are at
// work all the time.
//
//	acked_per_s       visits a second, answered
//	null_per_s        the same requests, checked and answered, nothing stored
//	ratio             of the two
//	p50_ms, p99_ms    of a visit
//	batch_rows_per_s  visits a second in keepers' deliveries of 50 scanned cards
//	lag_ms            until the listeners had heard everything, after the last
//	look_ms           middle of a tracer's look at where somebody was in 28 days, audited
//	stood             visits in the table before
//	fresh_per_s       with --onto: acked_per_s of ten seconds before those stood, when every phone has told a visit
func benchVisits(ctx context.Context, c *config.Config, o benchOptions) (f *figures, err error) {
	n, err := openForBench(ctx, c)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, n.close()) }()
	b := &visitBench{benchNode: n, conns: min(o.clients, visitConns), each: max(phonesOfConn, phonesLeast/max(1, o.clients))}
	if o.seconds > 60 {
		b.each = phonesOfLong
	}
	n.Router.With(phone.Require).Post(unstoredPath, n.Checkin.Unstored, web.MaxBody(2<<10), web.Quiet())
	if err := b.make(ctx); err != nil {
		return nil, err
	}
	if err := n.serve(ctx); err != nil {
		return nil, err
	}
	if _, err := b.lag(ctx); err != nil { // what was said of the phones is heard first
		return nil, err
	}
	d := o.long()
	if o.onto == 0 {
		return b.measure(ctx, d, 0)
	}
	first, err1 := b.single("/api/v1/visits").run(ctx, min(d, 15*time.Second)) // whom nobody knows yet costs more
	fresh, err2 := b.single("/api/v1/visits").run(ctx, min(d, 10*time.Second))
	if err := errors.Join(err1, err2); err != nil {
		return nil, err
	}
	if err := b.fill(ctx, o.onto); err != nil {
		return nil, err
	}
	if f, err = b.measure(ctx, d, o.onto+first.acts+fresh.acts); err != nil {
		return nil, err
	}
	f.values["fresh_per_s"] = fresh.perSecond
	f.atLeast(visitsOfFresh, promise{What: fmt.Sprintf("durable visits for %v onto %d, of those onto none", d, o.onto),
		Measured: round(f.values["acked_per_s"].(float64) / max(1, fresh.perSecond)), Peer: "fresh, 1/s", PeerIs: fresh.perSecond})
	return f, nil
}

func (b *visitBench) measure(ctx context.Context, d time.Duration, stood int) (*figures, error) {
	single, null := b.single("/api/v1/visits"), b.single(unstoredPath)
	short := min(d/4, 5*time.Second)
	before, err1 := null.run(ctx, short)
	acked, err2 := single.run(ctx, d)
	lag, err3 := b.lag(ctx)
	after, err4 := null.run(ctx, short)
	err5 := b.show(ctx)
	batch, err6 := b.batches().run(ctx, min(d, 10*time.Second))
	if err := errors.Join(err1, err2, err3, err4, err5, err6); err != nil {
		return nil, err
	}
	look, err := b.looks(ctx)
	if err != nil {
		return nil, err
	}
	rows := batch.perSecond * batchSize
	nulls := (before.perSecond + after.perSecond) / 2
	f := &figures{values: map[string]any{"acked_per_s": acked.perSecond, "null_per_s": nulls, "p50_ms": acked.took.quantile(0.5),
		"p99_ms": acked.took.quantile(0.99), "batch_rows_per_s": rows, "batch_p99_ms": batch.took.quantile(0.99), "acked": acked.acts,
		"seconds": d.Seconds(), "connections": b.conns, "lag_ms": ms(lag), "stood": stood, "look_ms": look}}
	least := float64(visitsSQLite)
	if b.DB.Engine() == store.Postgres {
		least = visitsPostgres
	}
	p := promise{Unit: "1/s", Peer: "the same without storing", PeerIs: nulls}
	if p.What, p.Measured = "durable visits, one a request", acked.perSecond; stood == 0 {
		f.atLeast(least, p)
		p.What, p.Measured = "durable visits in deliveries of 50", rows
		f.atLeast(batchRows, p)
	}
	p.What, p.Unit, p.Measured = "durable visits, of those not stored", "", round(acked.perSecond/max(1, nulls))
	f.atLeast(visitsOfNull, p)
	f.values["ratio"] = p.Measured
	return f, b.counted(ctx, acked.acts+stood)
}

// show has every card scanned once: a market sees mostly those whom it knows.
func (b *visitBench) show(ctx context.Context) error {
	p := b.batches()
	for n := range p.conns {
		all := p.requests(n)[:cardsOfConn/batchSize]
		if err := p.once(ctx, all); err != nil {
			return err
		}
	}
	return nil
}

// looks looks up where some of the people were.
func (b *visitBench) looks(ctx context.Context) (float64, error) {
	var took []float64
	for i := range min(50, len(b.phones)) {
		began := time.Now()
		if _, err := b.Checkin.OfPerson(ctx, b.console("bench visits"), b.phones[i].Person); err != nil {
			return 0, err
		}
		took = append(took, ms(time.Since(began)))
	}
	return middleOf(took), nil
}

// lag is how long the listeners need, from now on, until they have heard all.
func (b *visitBench) lag(ctx context.Context) (time.Duration, error) {
	began := time.Now()
	for ctx.Err() == nil {
		late, err := event.Lag(ctx, b.DB, b.Province, b.listeners(), b.Now())
		if err != nil || len(late) == 0 {
			return time.Since(began), err
		}
		if err := pause(ctx, 20*time.Millisecond); err != nil {
			return 0, err
		}
	}
	return 0, ctx.Err()
}

// counted holds that every visit that was answered stands.
func (b *visitBench) counted(ctx context.Context, least int) error {
	n, err := b.Checkin.Count(ctx, b.console("bench"))
	if err == nil && n < int64(least) {
		err = fmt.Errorf("bench: %d visits stand, %d were acknowledged", n, least)
	}
	return err
}

// make makes what visits need: places, phones whose holders have said who they
// are, keepers, cards.
func (b *visitBench) make(ctx context.Context) error {
	sc := b.console("bench")
	if err := b.makePlaces(ctx, sc); err != nil {
		return err
	}
	phones := b.conns * b.each
	people, err := sim.People(b.Gazetteer, 1, phones+min(b.conns, batchConns)*cardsOfConn)
	if err != nil {
		return err
	}
	if err := b.makePhones(ctx, sc, people[:phones]); err != nil {
		return err
	}
	for i, p := range people[phones:] {
		text, err := qr.Citizen{Number: fmt.Sprintf("0203%02d%06d", 60+i%40, i), Name: p.Name, Birth: fmt.Sprintf("19%d-05-14", 60+i%40), Sex: "female", Issued: "2021-07-01"}.Text()
		if err != nil {
			return err
		}
		b.cards = append(b.cards, text)
	}
	return nil
}

func (b *visitBench) makePlaces(ctx context.Context, sc auth.Scope) error {
	home, err := area.Of(area.Edition2021, b.Config.Province, "", "")
	if err != nil {
		return err
	}
	communes := b.Gazetteer.Communes(home)
	for i := range visitPlaces {
		p, err := b.Places.Create(ctx, sc, place.Place{Name: fmt.Sprintf("Chợ số %d", i), Kind: place.Market, Area: communes[i%len(communes)].Code, Hours: place.Always})
		if err != nil {
			return err
		}
		u, err := b.Points.Codes().SignPlace(p)
		if err != nil {
			return err
		}
		b.places, b.tokens = append(b.places, p), append(b.tokens, u.Token())
	}
	return nil
}

func (b *visitBench) makePhones(ctx context.Context, sc auth.Scope, people []sim.Human) error {
	var numbers []string
	for i := range len(people) + min(max(b.conns, keepersLeast), keepersMost) {
		numbers = append(numbers, fmt.Sprintf("09%08d", i))
	}
	all, err := b.Phones.EnrolForDemo(ctx, sc, numbers...)
	if err != nil {
		return err
	}
	b.phones, b.keepers = all[:len(people)], all[len(people):]
	for i, k := range b.keepers {
		if err := b.Places.OfficerAddKeeper(ctx, sc, b.places[i].ID, k.Number, numbers[len(people)+i]); err != nil {
			return err
		}
	}
	var done sync.WaitGroup
	errs := make([]error, 16)
	for part := range errs {
		done.Go(func() {
			for i := part; i < len(people) && errs[part] == nil; i += len(errs) {
				p := people[i]
				said, err := b.Phones.Say(ctx, b.phones[i].Device, phone.Identity{ID: id.New(), Self: true, Name: p.Name, Birth: p.Birth, Sex: p.Sex})
				b.phones[i].Person, errs[part] = said.Person, err
			}
		})
	}
	done.Wait()
	return firstOf(errs)
}

// fill records visits of the last 27 days, in the way of the rest.
func (b *visitBench) fill(ctx context.Context, visits int) error {
	const part = 512
	first := time.Now().Add(-27 * 24 * time.Hour)
	step := 26 * 24 * time.Hour / time.Duration(max(1, visits))
	for done := 0; done < visits; done += part {
		all := make([]checkin.Visit, min(part, visits-done))
		for i := range all {
			n := done + i
			p, d := b.places[n%len(b.places)], b.phones[(n*7919)%len(b.phones)]
			from := first.Add(time.Duration(n) * step)
			all[i] = checkin.Visit{ID: idAt(from), Place: p.ID, Person: d.Person, Device: d.ID, Area: p.Area, From: from, Until: from.Add(p.UsualStay),
				Told: from, How: event.ByPoster, Ended: checkin.EndAssumed}
		}
		if err := b.Checkin.RecordAll(ctx, all); err != nil {
			return err
		}
		if done%(200*part) == 0 {
			if err := b.hear(ctx); err != nil {
				return err
			}
		}
	}
	return b.hear(ctx)
}

// hear lets the listeners catch up and forgets the facts they have heard, which a
// node does after two weeks.
func (b *visitBench) hear(ctx context.Context) error {
	if err := b.Settle(ctx); err != nil {
		return err
	}
	_, err := event.Prune(ctx, b.DB, b.Province, b.listeners(), time.Now().Add(time.Hour))
	return err
}

func idAt(t time.Time) id.ID {
	i := id.New()
	ms := t.UnixMilli()
	for n := range 6 {
		i[n] = byte(ms >> (8 * (5 - n)))
	}
	return i
}

// The places in a request that are new in each: a nil id and a moment.
var (
	idMark = id.ID{1}.String()
	atMark = "2006-01-02T15:04:05.000Z"
)

// single posts one visit a request; every phone stays with its place.
func (b *visitBench) single(path string) poster {
	return poster{addr: b.addr, conns: b.conns, status: []byte(" 201 "), next: renew, requests: func(n int) (all [][]byte) {
		for i := n; i < len(b.phones); i += b.conns {
			body := fmt.Sprintf(`{"id":"%s","place":"%s","at":"%s"}`, idMark, b.tokens[i%len(b.tokens)], atMark)
			all = append(all, b.request(path, b.phones[i].Token, body))
		}
		return all
	}}
}

// batches posts deliveries of cards that keepers scanned, each connection those
// of its keepers in turn.
func (b *visitBench) batches() poster {
	conns := min(b.conns, batchConns)
	return poster{addr: b.addr, conns: conns, status: []byte(" 200 "), next: renew, requests: func(n int) (all [][]byte) {
		for keeper := n; keeper < len(b.keepers); keeper += conns {
			for first := n * batchSize; first < len(b.cards); first += conns * batchSize {
				all = append(all, b.delivery(keeper, b.cards[first:first+batchSize]))
			}
		}
		return all
	}}
}

func (b *visitBench) delivery(keeper int, cards []string) []byte {
	var rows []string
	for _, card := range cards {
		rows = append(rows, fmt.Sprintf(`{"id":"%s","at":"%s","code":%q}`, idMark, atMark, card))
	}
	path := "/api/v1/places/" + b.places[keeper].ID.String() + "/visits"
	return b.request(path, b.keepers[keeper].Token, `{"visits":[`+strings.Join(rows, ",")+`]}`)
}

func (b *visitBench) request(path, token, body string) []byte {
	return fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: %s\r\nCookie: khien_phone=%s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		path, b.addr, token, len(body), body)
}

var (
	beforeID = []byte(`{"id":"`)
	beforeAt = []byte(`"at":"`)
)

// renew puts a fresh id and this moment into every visit of a request.
func renew(request []byte) {
	for rest := request; ; {
		i := bytes.Index(rest, beforeID)
		if i < 0 {
			break
		}
		rest = rest[i+len(beforeID):]
		fresh := id.New()
		hex.Encode(rest[0:8], fresh[0:4])
		hex.Encode(rest[9:13], fresh[4:6])
		hex.Encode(rest[14:18], fresh[6:8])
		hex.Encode(rest[19:23], fresh[8:10])
		hex.Encode(rest[24:36], fresh[10:16])
		if i = bytes.Index(rest, beforeAt); i < 0 {
			break
		}
		rest = rest[i+len(beforeAt):]
		var at [40]byte // AppendFormat needs room for nanoseconds
		copy(rest, time.Now().UTC().AppendFormat(at[:0], atMark))
	}
}
