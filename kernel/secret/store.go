package secret

import (
	"context"
	"embed"
	"io/fs"

	"khien/kernel/fault"
	"khien/kernel/store"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations returns the table that says which key a database needs, for
// store.DB.Migrate("secret", …).
func Migrations() fs.FS { return store.MigrationFiles(files) }

// selectKeyID returns the id of the key the province's rows were first sealed with, or "".
func selectKeyID(ctx context.Context, q store.Querier, province int) (string, error) {
	id, err := store.One(ctx, q, store.Text, "select key_id from secret_key where province = $1", province)
	if fault.Is(err, fault.NotFound) {
		return "", nil
	}
	return id, err
}

// noteKeyID writes the id down unless another node was first, and returns the one that stands.
func noteKeyID(ctx context.Context, db *store.DB, province int, id string) (string, error) {
	err := db.Tx(ctx, func(tx *store.Tx) error {
		_, err := tx.Exec("insert into secret_key (province, key_id) values ($1, $2) on conflict (province) do nothing", province, id)
		return err
	})
	if err != nil {
		return "", err
	}
	return selectKeyID(ctx, db, province)
}
