package contact

import (
	"context"
	"fmt"
	"time"

	"khien/kernel/auth"
	"khien/kernel/event"
	"khien/kernel/id"
	"khien/kernel/store"
)

// kase is a case as its facts say it, and what came of tracing it.
type kase struct {
	event.CaseChanged
	Found, Stored int // F1 of the last tracing, and how many of them stand as contacts
	Traced        time.Time
	Rule          string
}

// open reports whether tracing counts the case.
func (k kase) open() bool {
	return !k.Person.IsZero() && (k.Classification == "confirmed" || k.Classification == "probable")
}

const caseColumns = `id, version, person, classification, area, onset, specimen, confirmed, reported, outcome_on, rule, found, stored, traced_ms`

func scanCase(s store.Scan) (k kase, err error) {
	var traced int64
	err = s(&k.Case, &k.Version, &k.Person, &k.Classification, &k.Area, &k.Onset, &k.Specimen, &k.Confirmed, &k.Reported, &k.OutcomeOn,
		&k.Rule, &k.Found, &k.Stored, &traced)
	k.Traced = store.Time(traced)
	return k, err
}

// putCase writes what a fact says unless a later one stands, and leaves the case due.
func putCase(tx *store.Tx, sc auth.Scope, c event.CaseChanged, to time.Time) error {
	_, err := tx.Exec(`insert into contact_case (province, id, version, person, classification, area, onset, specimen, confirmed, reported,
		outcome_on, due, rule, to_ms, found, stored, traced_ms) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 1, '', $12, 0, 0, 0)
		on conflict (province, id) do update set version = excluded.version, person = excluded.person, classification = excluded.classification,
		area = excluded.area, onset = excluded.onset, specimen = excluded.specimen, confirmed = excluded.confirmed, reported = excluded.reported,
		outcome_on = excluded.outcome_on, due = 1, to_ms = excluded.to_ms where contact_case.version < excluded.version`,
		sc.Province(), c.Case, c.Version, c.Person, c.Classification, c.Area, c.Onset, c.Specimen, c.Confirmed, c.Reported, c.OutcomeOn, store.Millis(to))
	return err
}

func caseByID(ctx context.Context, q store.Querier, sc auth.Scope, i id.ID) (kase, error) {
	return store.One(ctx, q, scanCase, "select "+caseColumns+" from contact_case where province = $1 and id = $2", sc.Province(), i)
}

// casesByID returns those of the cases that stand, by id.
func casesByID(ctx context.Context, q store.Querier, sc auth.Scope, ids []id.ID) (map[id.ID]kase, error) {
	all := make(map[id.ID]kase, len(ids))
	err := store.EachPart(sc.Province(), ids, func(marks string, args []any) error {
		some, err := store.All(ctx, q, scanCase, "select "+caseColumns+" from contact_case where province = $1 and id in ("+marks+")", args...)
		for _, k := range some {
			all[k.Case] = k
		}
		return err
	})
	return all, err
}

// casesOf returns the open cases of people.
func casesOf(ctx context.Context, q store.Querier, sc auth.Scope, people []id.ID) (all []kase, err error) {
	err = store.EachPart(sc.Province(), people, func(marks string, args []any) error {
		some, err := store.All(ctx, q, scanCase, "select "+caseColumns+` from contact_case where province = $1
			and classification in ('confirmed', 'probable') and person in (`+marks+")", args...)
		all = append(all, some...)
		return err
	})
	return all, err
}

// openCases returns the cases whose windows end after a moment.
func openCases(ctx context.Context, q store.Querier, sc auth.Scope, since time.Time) ([]id.ID, error) {
	return store.All(ctx, q, store.ID, `select id from contact_case where province = $1 and to_ms > $2 and classification in ('confirmed', 'probable')
		order by id`, sc.Province(), store.Millis(since))
}

// dueCases returns cases that wait for tracing.
func dueCases(ctx context.Context, q store.Querier, sc auth.Scope, most int) ([]id.ID, error) {
	return store.All(ctx, q, store.ID, fmt.Sprintf("select id from contact_case where province = $1 and due = 1 order by id limit %d", most), sc.Province())
}

// markDue leaves cases to be traced.
func markDue(tx *store.Tx, sc auth.Scope, cases []id.ID) error {
	return store.EachPart(sc.Province(), cases, func(marks string, args []any) error {
		_, err := tx.Exec("update contact_case set due = 1 where province = $1 and id in ("+marks+")", args...)
		return err
	})
}

// markDueOf leaves the cases to be traced whose person is one of people, or a
// contact of which one is, also of an exposure that does not hold.
func markDueOf(tx *store.Tx, sc auth.Scope, people []id.ID) error {
	return store.EachPart(sc.Province(), people, func(marks string, args []any) error {
		_, err := tx.Exec("update contact_case set due = 1 where province = $1 and person in ("+marks+")", args...)
		if err != nil {
			return err
		}
		_, err = tx.Exec(`update contact_case set due = 1 where province = $1 and id in (select e.case_id from contact_exposure e
			join contact_contact c on c.province = e.province and c.id = e.contact where e.province = $1 and c.person in (`+marks+"))", args...)
		return err
	})
}

// casesAbout returns the cases that markDueOf marks.
func casesAbout(ctx context.Context, q store.Querier, sc auth.Scope, people []id.ID) (all []id.ID, err error) {
	err = store.EachPart(sc.Province(), people, func(marks string, args []any) error {
		some, err := store.All(ctx, q, store.ID, "select id from contact_case where province = $1 and person in ("+marks+`) union
			select e.case_id from contact_exposure e join contact_contact c on c.province = e.province and c.id = e.contact
			where e.province = $1 and c.person in (`+marks+")", args...)
		all = append(all, some...)
		return err
	})
	return all, err
}

// lockCase writes what came of tracing a case that still is at its version, and
// holds its row until the transaction ends; false when it is at another.
func lockCase(tx *store.Tx, sc auth.Scope, k kase) (bool, error) {
	n, err := tx.Exec(`update contact_case set due = 0, rule = $4, found = $5, stored = $6, traced_ms = $7
		where province = $1 and id = $2 and version = $3`, sc.Province(), k.Case, k.Version, k.Rule, k.Found, k.Stored, store.Millis(k.Traced))
	return n == 1, err
}

const exposureColumns = `id, contact, case_id, via, as_person, with_person, locus, kind, area, from_ms, to_ms, as_begun_ms, with_begun_ms, minutes, certainty, origin,
	held, rule, noted_ms, actor`

func scanExposure(s store.Scan) (e Exposure, err error) {
	var from, to, as, with, noted int64
	var held int
	err = s(&e.ID, &e.Contact, &e.Case, &e.Via, &e.As, &e.With, &e.Locus, &e.Kind, &e.Area, &from, &to, &as, &with, &e.Minutes, &e.Certainty, &e.Origin,
		&held, &e.Rule, &noted, &e.Actor)
	if as != 0 && with != 0 {
		e.Begun = Begun{store.Time(as), store.Time(with)}
	}
	e.From, e.To, e.Noted, e.Held = store.Time(from), store.Time(to), store.Time(noted), held == 1
	return e, err
}

func exposuresOfCase(ctx context.Context, q store.Querier, sc auth.Scope, kase id.ID) ([]Exposure, error) {
	return store.All(ctx, q, scanExposure, "select "+exposureColumns+" from contact_exposure where province = $1 and case_id = $2 order by from_ms, id", sc.Province(), kase)
}

// exposuresOf returns the exposures of contacts, the withdrawn ones too, by contact.
func exposuresOf(ctx context.Context, q store.Querier, sc auth.Scope, contacts []id.ID) (map[id.ID][]Exposure, error) {
	all := map[id.ID][]Exposure{}
	err := store.EachPart(sc.Province(), contacts, func(marks string, args []any) error {
		some, err := store.All(ctx, q, scanExposure, "select "+exposureColumns+" from contact_exposure where province = $1 and contact in ("+marks+") order by from_ms, id", args...)
		for _, e := range some {
			all[e.Contact] = append(all[e.Contact], e)
		}
		return err
	})
	return all, err
}

func insertExposures(tx *store.Tx, sc auth.Scope, all []Exposure) error {
	if len(all) == 0 {
		return nil
	}
	b := store.Bulk{Table: "contact_exposure", Columns: []string{"province", "id", "contact", "case_id", "via", "as_person", "with_person", "locus", "kind", "area",
		"from_ms", "to_ms", "as_begun_ms", "with_begun_ms", "minutes", "certainty", "origin", "held", "rule", "noted_ms", "actor"}}
	province := sc.Province()
	_, err := b.Insert(tx, func(yield func([]any) bool) {
		for _, e := range all {
			if !yield([]any{province, e.ID, e.Contact, e.Case, e.Via, e.As, e.With, e.Locus, e.Kind, e.Area, store.Millis(e.From), store.Millis(e.To), millisOrNone(e.Begun.As), millisOrNone(e.Begun.With), e.Minutes,
				string(e.Certainty), e.Origin, number(e.Held), e.Rule, store.Millis(e.Noted), e.Actor}) {
				return
			}
		}
	})
	return err
}

func updateExposure(tx *store.Tx, sc auth.Scope, e Exposure) error {
	_, err := tx.Exec(`update contact_exposure set to_ms = $3, minutes = $4, certainty = $5, held = $6, contact = $7, via = $8, as_person = $9,
		with_person = $10, as_begun_ms = $11, with_begun_ms = $12 where province = $1 and id = $2`, sc.Province(), e.ID, store.Millis(e.To), e.Minutes, string(e.Certainty),
		number(e.Held), e.Contact, e.Via, e.As, e.With, millisOrNone(e.Begun.As), millisOrNone(e.Begun.With))
	return err
}

func millisOrNone(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return store.Millis(t)
}

func number(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// origin is which case an exposure is of, and who told it.
type origin struct {
	kase  id.ID
	actor string
}

// exposuresStanding returns those of the exposures that stand, by id.
func exposuresStanding(ctx context.Context, q store.Querier, sc auth.Scope, ids []id.ID) (map[id.ID]origin, error) {
	all := make(map[id.ID]origin, len(ids))
	return all, store.EachPart(sc.Province(), ids, func(marks string, args []any) error {
		_, err := store.All(ctx, q, func(s store.Scan) (i id.ID, err error) {
			var o origin
			err = s(&i, &o.kase, &o.actor)
			all[i] = o
			return i, err
		}, "select id, case_id, actor from contact_exposure where province = $1 and id in ("+marks+")", args...)
		return err
	})
}

func exposureByID(ctx context.Context, q store.Querier, sc auth.Scope, i id.ID) (Exposure, error) {
	return store.One(ctx, q, scanExposure, "select "+exposureColumns+" from contact_exposure where province = $1 and id = $2", sc.Province(), i)
}
