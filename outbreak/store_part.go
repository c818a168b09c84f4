package outbreak

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"khien/kernel/auth"
	"khien/kernel/fault"
	"khien/kernel/id"
	"khien/kernel/store"
)

const partColumns = `p.id, p.of_case, p.kind, p.body, p.removed, p.version, p.changed_ms, p.actor`

func scanPart(s store.Scan) (p Part, err error) {
	var body string
	var removed int
	var changed int64
	if err := s(&p.ID, &p.Case, &p.Kind, &body, &removed, &p.Version, &changed, &p.Actor); err != nil {
		return p, err
	}
	p.Removed, p.Changed = removed == 1, store.Time(changed)
	stored := p
	if err := json.Unmarshal([]byte(body), &stored); err != nil {
		return p, fmt.Errorf("outbreak: part %s: %w", p.ID, err)
	}
	p.Symptom, p.Test, p.Hospital, p.Exposure = stored.Symptom, stored.Test, stored.Hospital, stored.Exposure
	return p, nil
}

// fromReadable joins the parts to the cases that the scope may read; the
// parameters of the predicate are the first after the province.
func fromReadable(sc auth.Scope) (string, []any) {
	mine, args := sc.Where("c.area", 2)
	staying, more := sc.Where("c.stay", 2+len(args))
	args = append([]any{sc.Province()}, append(args, more...)...)
	return " from outbreak_part p join outbreak_case c on c.province = p.province and c.id = p.of_case where p.province = $1 and (" +
		mine + " or " + staying + ")", args
}

// partsOf returns the parts of cases that the scope may read, by case, the first
// written first; removed ones only when asked for.
func partsOf(ctx context.Context, q store.Querier, sc auth.Scope, cases []id.ID, removed bool) (map[id.ID][]Part, error) {
	by := map[id.ID][]Part{}
	for some := range slices.Chunk(cases, 500) {
		from, args := fromReadable(sc)
		marks, args := store.Marks(some, args, store.Same)
		text := "select " + partColumns + from + " and p.of_case in (" + marks + ")"
		if !removed {
			text += " and p.removed = 0"
		}
		parts, err := store.All(ctx, q, scanPart, text+" order by p.of_case, p.id", args...)
		if err != nil {
			return nil, err
		}
		for _, p := range parts {
			by[p.Case] = append(by[p.Case], p)
		}
	}
	return by, nil
}

func partByID(tx *store.Tx, sc auth.Scope, i id.ID) (Part, error) {
	from, args := fromReadable(sc)
	args = append(args, i)
	return store.One(tx.Context(), tx, scanPart, "select "+partColumns+from+fmt.Sprintf(" and p.id = $%d", len(args)), args...)
}

// insertParts writes new parts of cases that the caller has checked for sc.
func insertParts(tx *store.Tx, sc auth.Scope, parts []Part) error {
	rows := make([][]any, len(parts))
	for i, p := range parts {
		body, err := p.body()
		if err != nil {
			return fmt.Errorf("outbreak: part %s: %w", p.ID, err)
		}
		ms := store.Millis(p.Changed)
		rows[i] = []any{sc.Province(), p.ID, p.Case, string(p.Kind), body, 0, p.Version, ms, ms, p.Actor}
	}
	b := store.Bulk{Table: "outbreak_part", Columns: []string{"province", "id", "of_case", "kind", "body", "removed", "version", "created_ms", "changed_ms", "actor"}}
	_, err := b.Insert(tx, slices.Values(rows))
	if store.IsDuplicate(err) {
		return fault.New(fault.Conflict, "outbreak.entered").Because(err)
	}
	return err
}

// updatePart writes p over version was and reports whether that still stood.
func updatePart(tx *store.Tx, sc auth.Scope, p Part, was int) (bool, error) {
	body, err := p.body()
	if err != nil {
		return false, fmt.Errorf("outbreak: part %s: %w", p.ID, err)
	}
	removed := 0
	if p.Removed {
		removed = 1
	}
	n, err := tx.Exec(`update outbreak_part set body = $4, removed = $5, version = $6, changed_ms = $7, actor = $8
		where province = $1 and id = $2 and of_case = $3 and version = $9`,
		sc.Province(), p.ID, p.Case, body, removed, p.Version, store.Millis(p.Changed), p.Actor, was)
	return n == 1, err
}

func insertJudgement(tx *store.Tx, sc auth.Scope, i id.ID, version int, j Judgement) error {
	_, err := tx.Exec(`insert into outbreak_judgement (province, of_case, version, was, now, rule, why, actor, at_ms)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		sc.Province(), i, version, string(j.Was), string(j.Is), j.Rule, j.Why, j.Actor, store.Millis(j.At))
	return err
}

// judgementsOf returns the history of a case that the caller has read by sc.
func judgementsOf(tx *store.Tx, sc auth.Scope, i id.ID) ([]Judgement, error) {
	return store.All(tx.Context(), tx, func(s store.Scan) (j Judgement, err error) {
		var ms int64
		err = s(&j.Was, &j.Is, &j.Rule, &j.Why, &j.Actor, &ms)
		j.At = store.Time(ms)
		return j, err
	}, `select was, now, rule, why, actor, at_ms from outbreak_judgement where province = $1 and of_case = $2 order by version`, sc.Province(), i)
}
