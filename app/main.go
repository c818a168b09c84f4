package app

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/user"
	"strings"

	"khien/kernel/auth"
	"khien/kernel/config"
	"khien/kernel/fault"
	"khien/kernel/i18n"
)

// Exit statuses of a command.
const (
	exitDone    = 0
	exitRefused = 1 // refused or failed
	exitUsage   = 2
)

// call is one command as it was typed.
type call struct {
	ctx     context.Context
	environ []string
	out     io.Writer // one object with --json, else what was asked for
	err     io.Writer // messages
	flags   *flag.FlagSet
	json    bool
	lang    string
	config  *config.Config
	args    []string // after the flags
}

// command is one of khien's commands.
type command struct {
	name  string // "audit verify"
	args  string // as usage shows them
	help  string
	flags func(*flag.FlagSet) func(*call) error // declares flags, returns what runs
}

// commands in the order of a new administrator's days.
var commands = []command{
	{"serve", "[--demo]", "answer requests until interrupted", serveCommand},
	{"import cases-by-area", "FILE", "import published counts by day and area (CSV, XLSX)", importCountsCommand},
	{"import cases", "FILE", "import a list of cases with our own headings (CSV, XLSX, JSON)", importCasesCommand},
	{"import linelist", "FILE [--map FILE] [--try]", "import anybody's line list, its columns mapped or known (CSV, XLSX, JSON)", importLineListCommand},
	{"import contacts", "FILE", "enter the contacts of a list, each with their case (CSV, XLSX)", importContactsCommand},
	{"import edges", "FILE", "import who infected whom (CSV, XLSX: from, to)", importEdgesCommand},
	{"chains", "", "sum up the chains: generations, clusters, R, k, intervals", chainsCommand},
	{"import people", "FILE", "register the people of a list, each matched with who stands (CSV, XLSX)", importPeopleCommand},
	{"import places", "FILE", "register the places of a list (CSV, XLSX)", importPlacesCommand},
	{"replay", "FILE [--speed 1d/s]", "publish a list of counts day by day, so that the map moves", replayCommand},
	{"area import-boundaries", "FILE [--of 2025]", "import boundaries (GeoJSON, RFC 7946)", boundariesCommand},
	{"area find", "TEXT", "find units of the gazetteer", findAreaCommand},
	{"declaration form", "FILE", "add a version of a form of declarations, or of the rules that grade them (JSON)", defineCommand},
	{"declaration show", "everyone|domestic|entry|rules", "print the newest version of a form or of the rules", showDefinitionCommand},
	{"person match", "", "compare two people, a JSON array on standard input", personMatchCommand},
	{"qr read", "--text TEXT [--key FILE]", "say which code a text is, and what it says", qrCommand},
	{"audit verify", "[--since-seq N --since-hash HEX]", "check the chain of the audit trail", verifyCommand},
	{"backup", "FILE", "write a whole copy of the embedded database, while the server runs", backupCommand},
	{"account link", "[LOGIN]", "make a one-time set-up link for an account, or for the first administrator", linkCommand},
	{"config", "", "show the settings", configCommand},
	{"sim load", "--to URL [--places N] [--declarations N]", "send an invented province to a demo's server and count what it has", simLoadCommand},
	{"bench", "NAME [--seconds N]", "run a benchmark: import, map, sse, page, visits, people, match, lists, trace, chains, live", benchCommand},
	{"version", "", "show the version", versionCommand},
}

// Main runs the command line and returns the exit status.
func Main(ctx context.Context, args, environ []string, out, errOut io.Writer) int {
	c := &call{ctx: ctx, environ: environ, out: out, err: errOut}
	cmd, rest := find(args)
	if cmd == nil {
		usage(errOut)
		if len(args) > 0 && (args[0] == "help" || args[0] == "--help" || args[0] == "-h") {
			return exitDone
		}
		return exitUsage
	}
	return c.finish(c.run(cmd, rest))
}

// find returns the command that args begin with, and what follows it.
func find(args []string) (*command, []string) {
	for i := range commands {
		words := strings.Fields(commands[i].name)
		if len(args) >= len(words) && strings.Join(args[:len(words)], " ") == commands[i].name {
			return &commands[i], args[len(words):]
		}
	}
	return nil, nil
}

func usage(w io.Writer) {
	fmt.Fprintln(w, "khien: the one system with which a province stands up to an epidemic")
	fmt.Fprintln(w)
	for _, c := range commands {
		fmt.Fprintf(w, "  khien %-60s %s\n", c.name+" "+c.args, c.help)
	}
	fmt.Fprintln(w, "\nkhien COMMAND --help lists a command's flags; every setting is a flag, a KHIEN_ variable or a line of --config FILE.")
}

func (c *call) run(cmd *command, args []string) error {
	c.flags = flag.NewFlagSet("khien "+cmd.name, flag.ContinueOnError)
	c.flags.SetOutput(c.err)
	c.flags.BoolVar(&c.json, "json", false, "print one JSON object on standard output")
	c.flags.StringVar(&c.lang, "lang", "vi", "language of the messages: vi or en")
	run := cmd.flags(c.flags)
	cfg, rest, err := config.Load(c.flags, interleaved(c.flags, args), c.environ)
	if err != nil {
		return err
	}
	c.config, c.args = cfg, rest
	return run(c)
}

// interleaved moves the flags before the other arguments, so that
// `khien import cases-by-area FILE --json` means what it says.
func interleaved(fs *flag.FlagSet, args []string) []string {
	var flags, rest []string
	for i := 0; i < len(args); i++ {
		a := args[i]
		if a == "--" {
			rest = append(rest, args[i+1:]...)
			break
		}
		if !strings.HasPrefix(a, "-") || a == "-" {
			rest = append(rest, a)
			continue
		}
		flags = append(flags, a)
		name := strings.TrimLeft(a, "-")
		if takesValue(fs, name) && i+1 < len(args) {
			i++
			flags = append(flags, args[i])
		}
	}
	return append(append(flags, "--"), rest...)
}

// takesValue reports whether the argument after --name is its value. Settings
// are declared later, by config, and all take one; help takes none.
func takesValue(fs *flag.FlagSet, name string) bool {
	if strings.Contains(name, "=") || name == "h" || name == "help" {
		return false
	}
	f := fs.Lookup(name)
	if f == nil {
		return true
	}
	b, ok := f.Value.(interface{ IsBoolFlag() bool })
	return !ok || !b.IsBoolFlag()
}

// finish says an error once and returns the exit status.
func (c *call) finish(err error) int {
	var u config.Usage
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, flag.ErrHelp):
		return exitDone
	case errors.As(err, &u):
		fmt.Fprintln(c.err, "khien:", u.Err)
		return exitUsage
	case errors.Is(err, errRefused): // what was refused is in the answer
		return exitRefused
	}
	sentence := c.sentence(err)
	fmt.Fprintln(c.err, "khien:", sentence)
	if c.json {
		e := map[string]any{"error": sentence}
		if f := fault.Of(err); f != nil {
			e = map[string]any{"error": sentence, "kind": f.Kind, "key": f.Key, "row": f.Row, "field": f.Field, "value": f.Value}
		}
		_ = c.print(e)
	}
	return exitRefused
}

// errRefused ends a command whose answer has been printed and says no.
var errRefused = errors.New("refused")

// sentence says an error in the user's language; what is no fault is said as it is.
func (c *call) sentence(err error) string {
	f := fault.Of(err)
	if f == nil {
		return err.Error()
	}
	cat, cerr := Catalog()
	if cerr != nil {
		return err.Error()
	}
	return cat.Fault(i18n.Lang(c.lang), f)
}

// print writes one JSON object.
func (c *call) print(v any) error {
	e := json.NewEncoder(c.out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// open opens the App of the call's settings; logs go to standard error.
func (c *call) open() (*App, error) {
	return Open(c.ctx, c.config, c.logger())
}

func (c *call) logger() *slog.Logger {
	o := &slog.HandlerOptions{Level: c.config.Log.Level}
	if c.config.Log.JSON {
		return slog.New(slog.NewJSONHandler(c.err, o))
	}
	return slog.New(slog.NewTextHandler(c.err, o))
}

// with opens the App, runs fn and closes it.
func (c *call) with(fn func(*App) error) error {
	a, err := c.open()
	if err != nil {
		return err
	}
	return errors.Join(fn(a), a.Close())
}

// console is the scope of who runs the command on this machine.
func (a *App) console(purpose string) auth.Scope {
	name := "?"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	return auth.Console(a.Province, name, purpose)
}

// oneFile returns the file that the command names, open; "-" is standard input.
func (c *call) oneFile() (*os.File, error) {
	if len(c.args) != 1 {
		return nil, config.Usage{Err: fmt.Errorf("%s wants one FILE, got %d arguments", c.flags.Name(), len(c.args))}
	}
	if c.args[0] == "-" {
		return os.Stdin, nil
	}
	return os.Open(c.args[0])
}

// quietLog drops everything: benchmarks print figures only.
func quietLog() *slog.Logger { return slog.New(slog.DiscardHandler) }
