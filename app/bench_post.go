package app

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"slices"
	"strconv"
	"sync"
	"time"
)

// poster posts JSON bodies on connections that each wait for their answer, with
// as little of the processors as can be: they are the server's, too. Requests
// are made beforehand, but for the bytes that next sets.
type poster struct {
	addr   string
	conns  int
	status []byte // " 201 "
	// requests returns what connection n posts in turn.
	requests func(n int) [][]byte
	next     func(request []byte) // sets ids and times in place
}

// posted is what came of a run: acts a second, and how long they took.
type posted struct {
	acts      int
	perSecond float64
	took      durations
}

// run posts for a time. An answer of another status ends it with an error.
func (p poster) run(ctx context.Context, d time.Duration) (posted, error) {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	var all sync.WaitGroup
	took := make([]durations, p.conns)
	errs := make([]error, p.conns)
	began := time.Now()
	for n := range p.conns {
		all.Go(func() { errs[n] = p.postOn(ctx, p.requests(n), &took[n]) })
	}
	all.Wait()
	took[0].add(took[1:]...)
	acts := took[0].count()
	return posted{acts: acts, perSecond: math.Floor(float64(acts) / time.Since(began).Seconds()), took: took[0]}, firstOf(errs)
}

// firstOf returns the first error; those of the other connections say the same.
func firstOf(errs []error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// once posts each of some requests.
func (p poster) once(ctx context.Context, requests [][]byte) error {
	var took durations
	return p.post(ctx, requests, len(requests), &took)
}

func (p poster) postOn(ctx context.Context, requests [][]byte, took *durations) error {
	return p.post(ctx, requests, math.MaxInt, took)
}

func (p poster) post(ctx context.Context, requests [][]byte, most int, took *durations) error {
	c, err := net.Dial("tcp", p.addr)
	if err != nil {
		return err
	}
	defer c.Close()
	r := bufio.NewReaderSize(c, 32<<10)
	for n := 0; n < most && ctx.Err() == nil; n++ {
		request := requests[n%len(requests)]
		p.next(request)
		began := time.Now()
		if _, err := c.Write(request); err != nil {
			return err
		}
		if err := p.readAnswer(r); err != nil {
			return err
		}
		took.note(time.Since(began))
	}
	return nil
}

var contentLength = []byte("Content-Length: ")

// readAnswer reads one answer by its Content-Length.
func (p poster) readAnswer(r *bufio.Reader) error {
	length, bad := -1, ""
	for line := 0; ; line++ {
		b, err := r.ReadSlice('\n')
		if err != nil {
			return err
		}
		if line == 0 && !bytes.Contains(b, p.status) {
			bad = string(b)
		}
		if v, ok := bytes.CutPrefix(b, contentLength); ok {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(v))); err != nil {
				return err
			}
		}
		if len(b) > 2 {
			continue
		}
		if bad != "" {
			body, _ := r.Peek(max(0, min(length, r.Buffered())))
			return fmt.Errorf("bench: answered %q %q", bad, body)
		}
		if length < 0 {
			return errors.New("bench: an answer without a length")
		}
		_, err = r.Discard(length)
		return err
	}
}

// durations is a histogram of 64 steps an octave from a microsecond on: an error
// of about one in a hundred.
type durations struct{ steps [64 * 26]int32 }

const octave = 64

func (d *durations) note(t time.Duration) {
	us := max(1, float64(t.Nanoseconds())/1000)
	d.steps[min(int(math.Log2(us)*octave), len(d.steps)-1)]++
}

func (d *durations) add(others ...durations) {
	for i := range others {
		for step, n := range others[i].steps {
			d.steps[step] += n
		}
	}
}

func (d *durations) count() (n int) {
	for _, s := range d.steps {
		n += int(s)
	}
	return n
}

// quantile returns the time, in milliseconds, that the part q took at most; 0 of none.
func (d *durations) quantile(q float64) float64 {
	rest := int(math.Ceil(q * float64(d.count())))
	at := slices.IndexFunc(d.steps[:], func(n int32) bool {
		rest -= int(n)
		return rest <= 0
	})
	if d.count() == 0 || at < 0 {
		return 0
	}
	return round(math.Exp2(float64(at+1)/octave) / 1000)
}
