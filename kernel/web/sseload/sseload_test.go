package sseload_test

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"strconv"
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

func TestBench(t *testing.T) {
	r, err := sseload.Bench(t.Context(), sseload.Options{Clients: 50, Seconds: 1, Every: 100 * time.Millisecond, Settle: 200 * time.Millisecond}, child)
	if err != nil {
		t.Fatal(err)
	}
	if r.Clients != 50 || r.Events == 0 || r.Missed != 0 || r.Dropped != 0 || r.P99Ms <= 0 {
		t.Errorf("got %+v", r)
	}
}

// BenchmarkHub is the full size: 10,000 readers. Run it alone:
//
//	go test -run '^$' -bench Hub -benchtime 1x ./kernel/web/sseload
func BenchmarkHub(b *testing.B) {
	for b.Loop() {
		r, err := sseload.Bench(b.Context(), sseload.Options{Seconds: 10}, child)
		if err != nil {
			b.Fatal(err)
		}
		line, _ := json.Marshal(r)
		b.Logf("%s", line)
		b.ReportMetric(r.P50Ms, "p50-ms")
		b.ReportMetric(r.P99Ms, "p99-ms")
		b.ReportMetric(r.MemoryKB, "KB/client")
		b.ReportMetric(r.ProcessKB, "processKB/client")
	}
}
