package outbreak

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"khien/kernel/auth"
	"khien/kernel/id"
	"khien/kernel/store"
)

// templatesMost bounds the templates of a province.
const templatesMost = 200

func scanTemplate(s store.Scan) (t Template, err error) {
	var body string
	var ms int64
	if err := s(&t.ID, &t.Name, &body, &t.Version, &ms, &t.Actor); err != nil {
		return t, err
	}
	t.Changed = store.Time(ms)
	if err := json.Unmarshal([]byte(body), &t.Mapping); err != nil {
		return t, fmt.Errorf("outbreak: template %s: %w", t.ID, err)
	}
	t.Mapping.Name = t.Name
	return t, nil
}

func templates(ctx context.Context, q store.Querier, province int) ([]Template, error) {
	return store.All(ctx, q, scanTemplate, fmt.Sprintf(`select id, name, body, version, changed_ms, actor from outbreak_template
		where province = $1 order by name limit %d`, templatesMost), province)
}

func templateByName(tx *store.Tx, province int, name string) (Template, error) {
	return store.One(tx.Context(), tx, scanTemplate, `select id, name, body, version, changed_ms, actor from outbreak_template
		where province = $1 and name = $2`, province, name)
}

func templateByID(tx *store.Tx, province int, i id.ID) (Template, error) {
	return store.One(tx.Context(), tx, scanTemplate, `select id, name, body, version, changed_ms, actor from outbreak_template
		where province = $1 and id = $2`, province, i)
}

func writeTemplate(tx *store.Tx, province int, t Template) error {
	body, err := json.Marshal(t.Mapping)
	if err != nil {
		return fmt.Errorf("outbreak: template %s: %w", t.ID, err)
	}
	_, err = tx.Exec(`insert into outbreak_template (province, id, name, body, version, changed_ms, actor) values ($1, $2, $3, $4, $5, $6, $7)
		on conflict (province, id) do update set body = excluded.body, version = excluded.version, changed_ms = excluded.changed_ms, actor = excluded.actor`,
		province, t.ID, t.Name, string(body), t.Version, store.Millis(t.Changed), t.Actor)
	return err
}

func deleteTemplate(tx *store.Tx, province int, i id.ID) error {
	_, err := tx.Exec("delete from outbreak_template where province = $1 and id = $2", province, i)
	return err
}

func insertUpload(tx *store.Tx, sc auth.Scope, u upload) error {
	_, err := tx.Exec("insert into outbreak_upload (province, id, name, sealed, actor, at_ms) values ($1, $2, $3, $4, $5, $6)",
		sc.Province(), u.id, u.name, u.sealed, sc.Actor(), store.Millis(sc.Now()))
	return err
}

// uploadOf returns a list that the actor sent; nobody else's.
func uploadOf(ctx context.Context, q store.Querier, sc auth.Scope, i id.ID) (upload, error) {
	return store.One(ctx, q, func(s store.Scan) (u upload, err error) {
		err = s(&u.id, &u.name, &u.sealed)
		return u, err
	}, "select id, name, sealed from outbreak_upload where province = $1 and id = $2 and actor = $3", sc.Province(), i, sc.Actor())
}

func deleteUpload(tx *store.Tx, sc auth.Scope, i id.ID) error {
	_, err := tx.Exec("delete from outbreak_upload where province = $1 and id = $2 and actor = $3", sc.Province(), i, sc.Actor())
	return err
}

func deleteUploads(tx *store.Tx, sc auth.Scope, before time.Time) error {
	_, err := tx.Exec("delete from outbreak_upload where province = $1 and at_ms < $2", sc.Province(), store.Millis(before))
	return err
}
