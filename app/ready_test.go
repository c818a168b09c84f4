package app_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"khien/app"
)

// TestReadyWhenRead asks a node that has just begun, without a rest: it may call
// itself ready only when what its pages are made of has been read.
func TestReadyWhenRead(t *testing.T) {
	warm := func(a *app.App) bool { return a.Map.Warm() && a.Spread.Warm() && a.Contacts.Warm() }
	each(t, func(t *testing.T, n *node) {
		ctx, end := context.WithTimeout(t.Context(), 30*time.Second)
		defer end()
		for ctx.Err() == nil {
			res, err := http.Get(n.url + "/readyz")
			if err != nil {
				t.Fatal(err)
			}
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				if !warm(n.App) {
					t.Error("ready before everything is read")
				}
				return
			}
		}
		t.Error("never ready")
	})
}
