package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"

	"khien/kernel/event"
	"khien/kernel/garbage"
	"khien/kernel/job"
	"khien/kernel/store"
	"khien/kernel/web"
)

// lagMost is how long a fact may wait before the node says that it is not ready.
const lagMost = time.Minute

// Serve takes the data folder, answers requests and runs listeners and jobs
// until ctx ends. started hears the address once connections are taken.
func (a *App) Serve(ctx context.Context, notices io.Writer, started func(net.Addr)) error {
	if a.Config.DB == "" {
		unlock, err := store.LockFolder(a.Config.Data)
		if err != nil {
			return err
		}
		defer unlock()
	}
	defer garbage.Rarely(garbage.Serving)()
	work, stop := context.WithCancel(ctx)
	defer stop()
	var all sync.WaitGroup
	defer all.Wait()
	defer stop()
	if a.Demo {
		d, err := a.startDemo(work)
		if err != nil {
			return err
		}
		all.Go(d.wait)
	}
	if err := a.sayFirstRun(ctx, notices); err != nil {
		return err
	}
	bus := &event.Bus{DB: a.DB, Province: a.Province, Listeners: a.listeners(), Log: a.Log}
	runner := &job.Runner{DB: a.DB, Province: a.Province, Jobs: a.jobs(), Now: a.Now, Log: a.Log}
	mapErr := make(chan error, 1)
	all.Go(func() { bus.Run(work) })
	all.Go(func() { runner.Run(work) })
	all.Go(func() { mapErr <- a.Map.Run(work) })
	all.Go(func() { a.Contacts.Run(work) })
	all.Go(func() { a.Places.Book().Run(work, a.Log) })
	all.Go(func() { a.Spread.Run(work) })
	if err := a.Hub.Register(a.Metrics); err != nil {
		return fmt.Errorf("app: metrics: %w", err)
	}
	err := web.Serve(ctx, web.Listen{Addr: a.Config.Addr, MetricsAddr: a.metricsAddr(), Metrics: a.Metrics, Checks: a.checks(),
		Hub: a.Hub, Log: a.Log, Started: started}, a.Router)
	stop()
	return errors.Join(err, <-mapErr)
}

// metricsAddr gives the default address up when another node on this machine
// has it; an address that somebody chose is theirs to mend.
func (a *App) metricsAddr() string {
	const usual = "127.0.0.1:9090"
	if a.Config.MetricsAddr != usual {
		return a.Config.MetricsAddr
	}
	l, err := net.Listen("tcp", usual)
	if err != nil {
		a.Log.Warn("the metrics address is taken; this node serves none", "addr", usual)
		return ""
	}
	_ = l.Close()
	return usual
}

// sayFirstRun prints the set-up link while there is no account.
func (a *App) sayFirstRun(ctx context.Context, notices io.Writer) error {
	link, err := a.Auth.FirstRun(ctx)
	if err != nil || link == "" {
		return err
	}
	_, err = fmt.Fprintf(notices, "\n%s\n\n    %s\n\n", a.Catalog.T("vi", "app.first_run"), link)
	return err
}

func (a *App) checks() []web.Check {
	return []web.Check{
		{Name: "database", Ask: a.DB.Ping},
		{Name: "facts", Ask: func(ctx context.Context) error {
			lag, err := event.Lag(ctx, a.DB, a.Province, a.listeners(), a.Now())
			for name, l := range lag {
				if l > lagMost {
					err = errors.Join(err, fmt.Errorf("listener %s is %v behind", name, l.Round(time.Second)))
				}
			}
			return err
		}},
		{Name: "memory", Ask: func(context.Context) error {
			if !a.Map.Warm() || !a.Spread.Warm() || !a.Contacts.Warm() {
				return errors.New("what pages are made of is still being read")
			}
			return nil
		}},
	}
}

// Settle delivers every fact that waits and brings the map up to date, without
// the servers: for commands and tests that want to see what came of their act.
func (a *App) Settle(ctx context.Context) error {
	bus := &event.Bus{DB: a.DB, Province: a.Province, Log: a.Log}
	for _, l := range a.listeners() {
		if err := bus.Drain(ctx, l); err != nil {
			return err
		}
	}
	if err := a.Contacts.Settle(ctx); err != nil {
		return err
	}
	_, err := a.Map.Refresh(ctx)
	return err
}
