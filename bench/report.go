package main

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// noticed is the share of the processors from which others' work is worth a word.
const noticed = 0.2

// report writes the table as Markdown. It names no host and no folder.
func report(l lists, all []job) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# Speed\n\nWritten by `make bench`%s: %d processors, %s of memory, %s, %s. Every figure is of one run on that machine, and what stands beside it of the same; a ratio of 1 or more keeps the promise.\n\n",
		when(all), runtime.NumCPU(), memory(), runtime.Version(), runtime.GOOS+"/"+runtime.GOARCH)
	b.WriteString("| what | measured | limit | ratio | beside it, in the same run | engine | others' load |\n|---|---:|---:|---:|---|---|---:|\n")
	for _, j := range all {
		j.rows(&b)
	}
	fmt.Fprintf(&b, "\n%s\n\n%s\n", listsOf(l), busyOf(all))
	b.WriteString(`
- Import: the file's bytes read, every name matched, numbers, facts and audit row durable (SQLite ` + "`synchronous=FULL`" + `, PostgreSQL with fsync), each time into an empty database.
- Map snapshot: 64 connections of one process, which also serves.
- Live map: a whole node; once a second a case is entered or a number announced; late is the time from the act's answer to the last byte of its event at each
  of the readers, who live in two processes of their own on the same machine. Memory is what the node's process and the kernel's sockets (both ends) grow by.
- People: a million written as clerks write, loaded without matching; then a tenth as many as citizens write themselves, four in five of whom stand, each compared with whoever may be meant and durable in parts of 1,000.
  Look-ups open what they find; an officer's is durable on the audit trail before it is shown. Precision and recall are counted against the truth that the generator knows.
- First load: Chromium on a line of 1.6 Mbit/s with 150 ms there and back and a processor four times slower; everything that comes is weighed as it comes, heads included.
`)
	return b.Bytes()
}

// when says on which days the benchmarks ended, from the first to the last.
func when(all []job) string {
	var first, last time.Time
	for _, j := range all {
		if at := j.at.UTC(); !j.at.IsZero() {
			if first.IsZero() || at.Before(first) {
				first = at
			}
			if at.After(last) {
				last = at
			}
		}
	}
	if first.IsZero() {
		return ""
	}
	return " from " + first.Format("2006-01-02 15:04") + " to " + last.Format("2006-01-02 15:04 MST")
}

// rows writes a row a promise, or one that says why there is none.
func (j job) rows(b *bytes.Buffer) {
	if j.err != nil {
		fmt.Fprintf(b, "| %s | did not run: %s | | **0** | | | %s |\n", j.args[0], strings.ReplaceAll(j.err.Error(), "|", "/"), percent(j.others))
		return
	}
	for _, p := range j.promises {
		what := p.What
		if j.name != "" {
			what += " (" + j.name + ")"
		}
		ratio := number(p.Ratio)
		if p.Ratio < 1 {
			ratio = "**" + ratio + "**"
		}
		fmt.Fprintf(b, "| %s | %s %s | %s %s | %s | %s: %s | %s | %s |\n", what, number(p.Measured), p.Unit, p.Bound, number(p.Limit), ratio,
			p.Peer, number(p.PeerIs), j.engine, percent(j.others))
	}
}

// number writes two decimals below 100, none above, thousands apart: 1.24, 41,900.
func number(f float64) string {
	if math.Abs(f) < 100 {
		return strconv.FormatFloat(math.Round(f*100)/100, 'f', -1, 64)
	}
	digits := strconv.FormatFloat(math.Round(f), 'f', 0, 64)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

func percent(share float64) string { return fmt.Sprintf("%.0f %%", 100*share) }

func listsOf(l lists) string {
	if l.counts == "" {
		return "The published list was not beside the checkout: the numbers are invented, on real places, as many rows."
	}
	return "The numbers are the published ones of spring 2021, by commune."
}

// busyOf says whether the machine was ours.
func busyOf(all []job) string {
	most := 0.0
	for _, j := range all {
		most = max(most, j.others)
	}
	what := "Others' load is the share of the processors that neither khien nor its readers and browser had while a benchmark ran (PostgreSQL and the network's interrupts are in it). "
	if most < noticed {
		return what + "The machine did little else: at most " + percent(most) + "."
	}
	return what + "The machine was also busy with other work, up to " + percent(most) + ": these figures are on the slow side."
}

// ticks is how much the machine's processors have worked and lived, in hundredths of a second.
type ticks struct{ work, all int64 }

// machine reads proc_stat(5); nothing where there is none.
func machine() (t ticks) {
	b, err := os.ReadFile("/proc/stat")
	if err != nil {
		return t
	}
	line, _, _ := strings.Cut(string(b), "\n")
	for i, word := range strings.Fields(line) {
		if i == 0 || i > 8 { // the guests' share is in the others
			continue
		}
		n, _ := strconv.ParseInt(word, 10, 64)
		t.all += n
		if i != 4 && i != 5 { // idle, waiting for a disk
			t.work += n
		}
	}
	return t
}

func (t ticks) since(before ticks) ticks { return ticks{t.work - before.work, t.all - before.all} }

// without returns the share of the processors that was not the work of a process
// that has ended, nor of those that it waited for; 0 where nothing is known.
func (t ticks) without(p *os.ProcessState) float64 {
	if t.all <= 0 || p == nil {
		return 0
	}
	own := (p.UserTime() + p.SystemTime()).Milliseconds() / 10
	return float64(max(0, t.work-own)) / float64(t.all)
}

// memory reads how much the machine has, from proc_meminfo(5).
func memory() string {
	b, _ := os.ReadFile("/proc/meminfo")
	for line := range strings.Lines(string(b)) {
		if words := strings.Fields(line); len(words) > 1 && words[0] == "MemTotal:" {
			kb, _ := strconv.ParseFloat(words[1], 64)
			return fmt.Sprintf("%.0f GiB", kb/(1<<20))
		}
	}
	return "unknown size"
}
