package sseload_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"testing"
	"time"

	"khien/kernel/web/sseload"
)

// TestMain is the readers' process when it is told to be.
func TestMain(m *testing.M) {
	if url := os.Getenv("SSELOAD_URL"); url != "" {
		n, _ := strconv.Atoi(os.Getenv("SSELOAD_CLIENTS"))
		if err := sseload.Clients(context.Background(), url, n, os.Stdin, os.Stdout); err != nil {
			println(err.Error())
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func child(ctx context.Context, url string, n int) *exec.Cmd {
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), "SSELOAD_URL="+url, "SSELOAD_CLIENTS="+strconv.Itoa(n))
	return cmd
}

func TestFloor(t *testing.T) {
	l, err := sseload.Floor(t.Context(), sseload.Load{Readers: 50, Events: 3, Every: 50 * time.Millisecond}, child)
	if err != nil {
		t.Fatal(err)
	}
	if l.Count != 150 || l.Missed != 0 || l.At(0.99) <= 0 {
		t.Errorf("got %d readings, %d missed, p99 %v ms; want 150, 0 and some", l.Count, l.Missed, l.At(0.99))
	}
}

// Every reader of a stream is counted, what an event said is kept, also when it
// is longer than a reader's buffer, and who hears nothing counts as latest.
func TestHeard(t *testing.T) {
	long := fmt.Sprintf("%05000d", 7)
	var sent sync.WaitGroup
	sent.Add(5)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer sent.Done()
		fmt.Fprintf(w, "retry: 3000\n\nid: 5\nevent: delta\ndata: %s\n\n:\n\nid: 6\ndata: short\n\n", long)
		w.(http.Flusher).Flush()
	}))
	defer srv.Close()
	began := time.Now()
	crowd, err := sseload.Gather(t.Context(), srv.URL, 5, child)
	if err != nil {
		t.Fatal(err)
	}
	sent.Wait()
	h, err := crowd.Leave()
	if err != nil {
		t.Fatal(err)
	}
	if ids := h.IDs(); len(ids) != 2 || h.Data(5) != long || h.Data(6) != "short" {
		t.Errorf("got events %v, data of %d and %d bytes", ids, len(h.Data(5)), len(h.Data(6)))
	}
	var l sseload.Lateness
	h.Late(&l, 5, began)
	h.Late(&l, 7, began)
	if l.Count != 10 || l.Missed != 5 || l.At(1) < l.At(0.5) {
		t.Errorf("got %d readings, %d missed; want 10 and 5", l.Count, l.Missed)
	}
}

func TestLateness(t *testing.T) {
	var l sseload.Lateness
	l.Add(-time.Second, 1)
	l.Add(9*time.Millisecond, 98)
	l.Miss(1)
	if l.At(0.5) != 10 || l.At(0.99) != 10 || l.At(1) < 1000 || l.Count != 100 {
		t.Errorf("got p50 %v, p99 %v, all %v of %d", l.At(0.5), l.At(0.99), l.At(1), l.Count)
	}
}

func TestGatherRefused(t *testing.T) {
	srv := httptest.NewServer(http.NotFoundHandler())
	defer srv.Close()
	if _, err := sseload.Gather(t.Context(), srv.URL, 3, child); err == nil {
		t.Error("got no error from a server without a stream")
	}
}

// BenchmarkFloor is the full size: 10,000 readers. Run it alone:
//
//	go test -run '^$' -bench Floor -benchtime 1x ./kernel/web/sseload
func BenchmarkFloor(b *testing.B) {
	for b.Loop() {
		l, err := sseload.Floor(b.Context(), sseload.Load{}, child)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(l.At(0.5), "p50-ms")
		b.ReportMetric(l.At(0.99), "p99-ms")
	}
}
