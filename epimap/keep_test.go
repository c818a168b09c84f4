package epimap

import (
	"errors"
	"sync"
	"testing"
)

// Whoever asks for something kept does not wait for another thing that is being made.
func TestAnAnswerInTheMakingHoldsNobodyUp(t *testing.T) {
	var k keep[string, int]
	if v, err := k.get("front", func() (int, int, error) { return 1, 1, nil }); v != 1 || err != nil {
		t.Fatalf("got %d, %v", v, err)
	}
	making, done := make(chan struct{}), make(chan struct{})
	var slow sync.WaitGroup
	slow.Go(func() {
		_, _ = k.get("slow", func() (int, int, error) { close(making); <-done; return 2, 1, nil })
	})
	<-making
	v, err := k.get("front", func() (int, int, error) { t.Error("made again"); return 0, 0, nil })
	if v != 1 || err != nil {
		t.Errorf("got %d, %v, want 1", v, err)
	}
	close(done)
	slow.Wait()
}

func TestKeptIsMadeOnce(t *testing.T) {
	var k keep[string, int]
	var made, all sync.WaitGroup
	made.Add(1)
	for range 50 {
		all.Go(func() {
			v, err := k.get("a", func() (int, int, error) { made.Done(); return 7, 1, nil }) // a second Done panics
			if v != 7 || err != nil {
				t.Errorf("got %d, %v, want 7", v, err)
			}
		})
	}
	all.Wait()
}

func TestKeptForgets(t *testing.T) {
	var k keep[int, int]
	for i := range 100 {
		if _, err := k.get(i, func() (int, int, error) { return i, keptBytes / 10, nil }); err != nil {
			t.Fatal(err)
		}
	}
	if len(k.made) > 10 || k.bytes > keptBytes {
		t.Errorf("keeps %d things of %d bytes", len(k.made), k.bytes)
	}
	errNo := errors.New("no")
	if _, err := k.get(-1, func() (int, int, error) { return 0, 0, errNo }); !errors.Is(err, errNo) {
		t.Errorf("got %v, want the error", err)
	}
	if v, err := k.get(-1, func() (int, int, error) { return 5, 1, nil }); v != 5 || err != nil {
		t.Errorf("after an error: got %d, %v, want 5", v, err)
	}
	func() {
		defer func() { _ = recover() }()
		_, _ = k.get(-2, func() (int, int, error) { panic("bug") })
	}()
	if v, err := k.get(-2, func() (int, int, error) { return 6, 1, nil }); v != 6 || err != nil {
		t.Errorf("after a panic: got %d, %v, want 6", v, err)
	}
}
