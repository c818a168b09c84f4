package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"khien/kernel/config"
	"khien/kernel/phone"
)

// gateway hands short messages to the province's SMS provider, or to a bridge
// before it: POST {"to":"+84912345678","text":"…"} as JSON, with the token as
// bearer. Any 2xx means taken. What SMS providers themselves speak (SMPP and
// the rest) comes with package outreach.
type gateway struct {
	url    string
	token  string
	client *http.Client
}

// sender returns the gateway that the settings name; nil when they name none.
func sender(c *config.Config) (phone.Sender, error) {
	if c.SMSURL == "" {
		return nil, nil
	}
	g := &gateway{url: c.SMSURL, client: &http.Client{CheckRedirect: stay}}
	if c.SMSTokenFile == "" {
		return g, nil
	}
	b, err := os.ReadFile(c.SMSTokenFile)
	if err != nil {
		return nil, config.Usage{Err: fmt.Errorf("app: token of the SMS gateway: %w", err)}
	}
	if g.token = strings.TrimSpace(string(b)); g.token == "" || strings.ContainsAny(g.token, "\r\n") {
		return nil, config.Usage{Err: errors.New("app: token of the SMS gateway: want one line")}
	}
	return g, nil
}

// stay follows no redirect: numbers, texts and the token go where the settings say.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// Send hands one message over. Its errors hold neither number nor text.
func (g *gateway) Send(ctx context.Context, number, text string) error {
	body, err := json.Marshal(map[string]string{"to": number, "text": text})
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, g.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	if g.token != "" {
		r.Header.Set("Authorization", "Bearer "+g.token)
	}
	answer, err := g.client.Do(r)
	if err != nil {
		return fmt.Errorf("app: SMS gateway: %w", err)
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, 64<<10)) // so that the connection is used again
	if answer.StatusCode/100 != 2 {
		return fmt.Errorf("app: SMS gateway: %s", answer.Status)
	}
	return nil
}
