package app

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"khien/kernel/config"
)

func TestGateway(t *testing.T) {
	for _, tt := range []struct {
		name   string
		answer int
		ok     bool
	}{{"taken", 202, true}, {"refused", 401, false}, {"led elsewhere", 307, false}, {"broken", 500, false}} {
		t.Run(tt.name, func(t *testing.T) {
			var got, token string
			elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the message went elsewhere") }))
			defer elsewhere.Close()
			provider := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				b, _ := io.ReadAll(r.Body)
				got, token = string(b), r.Header.Get("Authorization")
				w.Header().Set("Location", elsewhere.URL)
				w.WriteHeader(tt.answer)
			}))
			defer provider.Close()
			s := gatewayFor(t, provider.URL)
			err := s.Send(t.Context(), "+84912345678", "Mã: 123456")
			if (err == nil) != tt.ok || got != `{"text":"Mã: 123456","to":"+84912345678"}` || token != "Bearer bí-mật" {
				t.Errorf("got %v, body %s, token %q", err, got, token)
			}
			if err != nil && (strings.Contains(err.Error(), "84912345678") || strings.Contains(err.Error(), "123456")) {
				t.Errorf("the error tells who or what: %v", err)
			}
		})
	}
}

func gatewayFor(t *testing.T, url string) interface {
	Send(context.Context, string, string) error
} {
	t.Helper()
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("bí-mật\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := sender(&config.Config{SMSURL: url, SMSTokenFile: file})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestGatewaySettings(t *testing.T) {
	if s, err := sender(&config.Config{}); s != nil || err != nil {
		t.Errorf("none named: got %v, %v", s, err)
	}
	if _, err := sender(&config.Config{SMSURL: "https://sms", SMSTokenFile: "/nonexistent"}); err == nil {
		t.Error("a token file that is not there: got no error")
	}
}
