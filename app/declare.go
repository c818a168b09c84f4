package app

import (
	"errors"
	"flag"
	"fmt"

	"khien/kernel/config"
	"khien/kernel/i18n"
)

// defineCommand adds a version of a form of declarations, or of the rules that
// grade them, from its file; a server that runs asks it at once.
func defineCommand(*flag.FlagSet) func(*call) error {
	return func(c *call) error {
		f, err := c.oneFile()
		if err != nil {
			return err
		}
		defer f.Close()
		return c.with(func(a *App) error {
			what, version, err := a.Declared.Define(c.ctx, a.console("declaration form"), f)
			if err != nil {
				return err
			}
			if c.json {
				return c.print(map[string]any{"what": what, "version": version})
			}
			fmt.Fprintln(c.out, a.Catalog.T(i18n.Lang(c.lang), "app.defined", "what", what, "version", version))
			return nil
		})
	}
}

// showDefinitionCommand prints the newest version of a form or of the rules, to
// begin the next one with.
func showDefinitionCommand(*flag.FlagSet) func(*call) error {
	return func(c *call) error {
		if len(c.args) != 1 {
			return config.Usage{Err: errors.New("declaration show wants one of everyone, domestic, entry, rules")}
		}
		return c.with(func(a *App) error {
			v, err := a.Declared.Newest(c.ctx, c.args[0])
			if err != nil {
				return err
			}
			return c.print(v)
		})
	}
}
