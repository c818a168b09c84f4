// Command pgrun starts a PostgreSQL of its own, runs a command with its URL in
// KHIEN_TEST_PG, and stops the server again.
//
//	go run ./kernel/store/pgrun [-durable] go test ./...
//
// It installs what is missing when it may; package pgserver says how it runs.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"khien/kernel/store/pgserver"
)

func main() {
	durable := flag.Bool("durable", false, "sync every commit to disk")
	flag.Parse()
	if flag.NArg() == 0 {
		fmt.Fprintln(os.Stderr, "usage: pgrun [-durable] COMMAND [ARGUMENT...]")
		os.Exit(2)
	}
	code, err := run(*durable, flag.Args())
	if err != nil {
		fmt.Fprintln(os.Stderr, "pgrun:", err)
		os.Exit(1)
	}
	os.Exit(code)
}

func run(durable bool, command []string) (code int, err error) {
	s, err := pgserver.Start(durable)
	if errors.Is(err, pgserver.ErrMissing) {
		if err = pgserver.Install(); err == nil {
			s, err = pgserver.Start(durable)
		}
	}
	if err != nil {
		return 0, err
	}
	defer s.Stop()
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	c := exec.CommandContext(ctx, command[0], command[1:]...)
	c.Cancel = func() error { return c.Process.Signal(syscall.SIGTERM) }
	c.Env = append(os.Environ(), "KHIEN_TEST_PG="+s.URL)
	c.Stdout, c.Stderr = os.Stdout, os.Stderr
	err = c.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return max(exit.ExitCode(), 1), nil
	}
	return 0, err
}
