// Command khien is the whole of Khiên: the server and its tools.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"khien/app"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(app.Main(ctx, os.Args[1:], os.Environ(), os.Stdout, os.Stderr))
}
