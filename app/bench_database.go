package app

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/jackc/pgx/v5"

	"khien/kernel/id"
)

// ownDatabase makes an empty database on the server of a postgres:// URL, whose
// user must be allowed to, and returns its URL and what drops it.
func ownDatabase(ctx context.Context, base string) (own string, drop func() error, err error) {
	u, err := url.Parse(base)
	if err != nil {
		return "", nil, fmt.Errorf("bench: database: %w", err)
	}
	name := "khien_bench_" + strings.ReplaceAll(id.New().String(), "-", "")
	if err := tellServer(ctx, base, "create database "+name); err != nil {
		return "", nil, fmt.Errorf("bench: a database of its own: %w", err)
	}
	u.Path = "/" + name
	return u.String(), func() error {
		return tellServer(context.WithoutCancel(ctx), base, "drop database if exists "+name+" with (force)")
	}, nil
}

func tellServer(ctx context.Context, url, text string) error {
	c, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer c.Close(context.WithoutCancel(ctx))
	_, err = c.Exec(ctx, text)
	return err
}
