package app

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"khien/kernel/config"
	"khien/kernel/web"
)

// mapLimit is the promise: answers of the areas' snapshot a second.
const mapLimit = 10_000

// What the map's benchmark asks for.
const (
	areasPath    = "/api/v1/map/areas?edition=2021&level=commune"
	constantPath = "/bench/constant"
	mapConns     = 64 // at most
	mapRounds    = 3
)

// load is one kind of request.
type load struct {
	request []byte
	status  []byte // " 304 "
	rates   []float64
}

// benchMap asks a whole node for the numbers of all communes, from this process,
// on up to 64 connections that each wait for their answer. Its peer is a constant
// of the same size on the same Router. The three kinds take turns, so that what
// else the machine does hits all of them; the middle turn counts.
//
//	same_per_s      answers 304 to a reader who has the snapshot
//	full_per_s      answers 200 with the snapshot, compressed
//	constant_per_s  answers 200 with the constant
//	bytes, gz_bytes the snapshot's size
func benchMap(ctx context.Context, c *config.Config, o benchOptions) (f *figures, err error) {
	n, err := openFilled(ctx, c, o)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, n.close()) }()
	var constant atomic.Pointer[[]byte]
	n.Router.Get(constantPath, func(w http.ResponseWriter, _ *http.Request) error {
		return writeConstant(w, *constant.Load())
	}, web.Quiet())
	if err := n.serve(ctx); err != nil {
		return nil, err
	}
	etag, body, plain, err := n.areas(ctx)
	if err != nil {
		return nil, err
	}
	constant.Store(&body)
	conns := min(o.clients, mapConns)
	same, full, peer := n.load(areasPath, etag), n.load(areasPath, ""), n.load(constantPath, "")
	turn := o.long() / (3 * mapRounds)
	for range mapRounds {
		for _, l := range []*load{same, full, peer} {
			if err := l.hammer(ctx, n.addr, conns, turn); err != nil {
				return nil, err
			}
		}
	}
	return mapFigures(same, full, peer, map[string]any{"connections": conns, "bytes": plain, "gz_bytes": len(body)}), nil
}

func mapFigures(same, full, peer *load, values map[string]any) *figures {
	values["same_per_s"], values["full_per_s"], values["constant_per_s"] = same.middle(), full.middle(), peer.middle()
	values["requests_per_s"] = min(same.middle(), full.middle())
	f := &figures{values: values}
	p := promise{Unit: "1/s", Peer: "a constant of the same size", PeerIs: peer.middle()}
	p.What, p.Measured = "map snapshot with ETag: 304", same.middle()
	f.atLeast(mapLimit, p)
	p.What, p.Measured = "map snapshot: 200, gzip", full.middle()
	f.atLeast(mapLimit, p)
	return f
}

func writeConstant(w http.ResponseWriter, body []byte) error {
	h := w.Header()
	h["Content-Type"], h["Content-Encoding"] = []string{"application/json"}, []string{"gzip"}
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	_, err := w.Write(body)
	return err
}

// areas fetches the snapshot once: its ETag, its compressed bytes, its plain size.
func (n *benchNode) areas(ctx context.Context) (etag string, gz []byte, plain int, err error) {
	get := func(encoding string) (*http.Response, []byte, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+n.addr+areasPath, nil)
		if err != nil {
			return nil, nil, err
		}
		req.Header.Set("Accept-Encoding", encoding)
		r, err := http.DefaultClient.Do(req)
		if err != nil {
			return nil, nil, err
		}
		defer r.Body.Close()
		b, err := io.ReadAll(r.Body)
		if err == nil && r.StatusCode != http.StatusOK {
			err = fmt.Errorf("bench: %s answered %s", areasPath, r.Status)
		}
		return r, b, err
	}
	_, whole, err1 := get("identity")
	r, gz, err2 := get("gzip")
	if err := errors.Join(err1, err2); err != nil {
		return "", nil, 0, err
	}
	return r.Header.Get("ETag"), gz, len(whole), nil
}

// version returns the version of the map that the node shows.
func (n *benchNode) version(ctx context.Context) (v uint64, err error) {
	r, err := http.Get("http://" + n.addr + areasPath)
	if err != nil {
		return 0, err
	}
	defer r.Body.Close()
	var answer struct {
		Version uint64 `json:"version"`
	}
	return answer.Version, json.NewDecoder(r.Body).Decode(&answer)
}

// load makes a kind of request; with an ETag every answer must be 304.
func (n *benchNode) load(path, etag string) *load {
	text := fmt.Sprintf("GET %s HTTP/1.1\r\nHost: %s\r\nAccept-Encoding: gzip\r\n", path, n.addr)
	l := &load{status: []byte(" 200 ")}
	if etag != "" {
		text += "If-None-Match: " + etag + "\r\n"
		l.status = []byte(" 304 ")
	}
	l.request = []byte(text + "\r\n")
	return l
}

func (l *load) middle() float64 {
	return math.Floor(middleOf(l.rates))
}

// hammer asks on conns connections, one request at a time each, and notes the
// answers a second.
func (l *load) hammer(ctx context.Context, addr string, conns int, d time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	var answers atomic.Int64
	var all sync.WaitGroup
	errs := make(chan error, conns)
	began := time.Now()
	for range conns {
		all.Go(func() {
			if err := l.askOn(ctx, addr, &answers); err != nil {
				errs <- err
			}
		})
	}
	all.Wait()
	close(errs)
	l.rates = append(l.rates, float64(answers.Load())/time.Since(began).Seconds())
	return <-errs
}

func (l *load) askOn(ctx context.Context, addr string, answers *atomic.Int64) error {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	defer c.Close()
	r := bufio.NewReaderSize(c, 64<<10)
	for ctx.Err() == nil {
		if _, err := c.Write(l.request); err != nil {
			return err
		}
		if err := l.readAnswer(r); err != nil {
			return err
		}
		answers.Add(1)
	}
	return nil
}

// readAnswer reads one answer by its Content-Length; a 304 has no body.
func (l *load) readAnswer(r *bufio.Reader) error {
	length := -1
	for line := 0; ; line++ {
		b, err := r.ReadSlice('\n')
		if err != nil {
			return err
		}
		if line == 0 && !bytes.Contains(b, l.status) {
			return fmt.Errorf("bench: answered %q", b)
		}
		if v, ok := bytes.CutPrefix(b, []byte("Content-Length: ")); ok {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(v))); err != nil {
				return err
			}
		}
		if len(b) > 2 {
			continue
		}
		if bytes.Equal(l.status, []byte(" 304 ")) {
			return nil
		}
		if length <= 0 {
			return errors.New("bench: an answer without a body")
		}
		_, err = r.Discard(length)
		return err
	}
}
