package app

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/pquerna/otp/totp"

	"khien/kernel/id"
)

// client speaks to a server as any program does.
type client struct {
	http  *http.Client
	base  string
	token string
}

func newClient(base string) *client {
	return &client{http: &http.Client{Timeout: 5 * time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 16}}, base: strings.TrimSuffix(base, "/")}
}

func escape(s string) string { return url.QueryEscape(s) }

// answerMost bounds an answer.
const answerMost = 32 << 20

func (c *client) send(ctx context.Context, method, path, kind string, body io.Reader, dst any) error {
	r, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", kind)
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	a, err := c.http.Do(r)
	if err != nil {
		return err
	}
	defer a.Body.Close()
	b, err := io.ReadAll(io.LimitReader(a.Body, answerMost))
	if err != nil {
		return err
	}
	if a.StatusCode >= 300 {
		return fmt.Errorf("%s %s answered %s %.300s", method, path, a.Status, b)
	}
	switch dst := dst.(type) {
	case nil:
		return nil
	case *string:
		*dst = string(b)
		return nil
	}
	return json.Unmarshal(b, dst)
}

func (c *client) get(ctx context.Context, path string, dst any) error {
	return c.send(ctx, http.MethodGet, path, "", http.NoBody, dst)
}

func (c *client) post(ctx context.Context, path string, body, dst any) error {
	b, err := json.Marshal(body)
	if err != nil {
		return err
	}
	return c.send(ctx, http.MethodPost, path, "application/json", bytes.NewReader(b), dst)
}

func (c *client) form(ctx context.Context, path string, fields url.Values) error {
	return c.send(ctx, http.MethodPost, path, "application/x-www-form-urlencoded", strings.NewReader(fields.Encode()), nil)
}

func (c *client) upload(ctx context.Context, path, field, name string, file []byte) error {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	part, err := w.CreateFormFile(field, name)
	if err == nil {
		_, err = part.Write(file)
	}
	if err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return c.send(ctx, http.MethodPost, path, w.FormDataContentType(), &b, nil)
}

// signIn signs in as one of the demo's accounts.
func (l *loading) signIn(ctx context.Context) error {
	b, err := os.ReadFile(l.accounts)
	if err != nil {
		return err
	}
	var accounts []demoAccount
	if err := json.Unmarshal(b, &accounts); err != nil {
		return err
	}
	for _, a := range accounts {
		if a.Login != l.login {
			continue
		}
		code, err := totp.GenerateCode(a.Secret, time.Now())
		if err != nil {
			return err
		}
		var answer struct{ Token string }
		err = l.post(ctx, "/api/v1/session", map[string]string{"login": a.Login, "password": a.Password, "code": code}, &answer)
		l.token = answer.Token
		return err
	}
	return fmt.Errorf("%s has no account %s", l.accounts, l.login)
}

// provePhones proves phones by the one-time codes of the demo's page, says who
// holds them, and has each check in with a poster.
func (l *loading) provePhones(ctx context.Context) error {
	for i := range l.phones {
		jar, err := cookiejar.New(nil)
		if err != nil {
			return err
		}
		p := newClient(l.base)
		p.http.Jar = jar
		p.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		if err := l.provePhone(ctx, p, fmt.Sprintf("0999%06d", i), i); err != nil {
			return err
		}
		l.result.PhonesProven++
	}
	return nil
}

func (l *loading) provePhone(ctx context.Context, p *client, number string, i int) error {
	if err := p.post(ctx, "/api/v1/phone/codes", map[string]string{"number": number}, nil); err != nil {
		return err
	}
	code, err := p.codeOf(ctx, number)
	if err != nil {
		return err
	}
	if err := p.post(ctx, "/api/v1/phone/devices", map[string]string{"number": number, "code": code}, nil); err != nil {
		return err
	}
	who := url.Values{"id": {id.New().String()}, "name": {"Người Thử " + string(rune('A'+i))}, "birth": {fmt.Sprint(1960 + i)}, "next": {"/"}}
	if err := p.form(ctx, "/phone/who", who); err != nil && !strings.Contains(err.Error(), "303") {
		return err
	}
	return p.post(ctx, "/api/v1/visits", map[string]any{"id": id.New(), "place": l.places[i%len(l.places)].Token, "at": time.Now().UTC()}, nil)
}

// codeOf waits for the message to a number on the demo's page.
func (c *client) codeOf(ctx context.Context, number string) (string, error) {
	message := regexp.MustCompile(`\+84` + number[1:] + `</code></td><td>[^<]*?\b(\d{6})\b`)
	for range 100 {
		var page string
		if err := c.get(ctx, "/demo/codes", &page); err != nil {
			return "", err
		}
		if m := message.FindStringSubmatch(html.UnescapeString(page)); m != nil {
			return m[1], nil
		}
		select {
		case <-ctx.Done():
			return "", ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
	return "", fmt.Errorf("no code came to %s", number)
}

// settled waits until a visit is found that was made just now: then those before
// it are found, too.
func (l *loading) settled(ctx context.Context) error {
	var today struct{ Visits int }
	for range 600 {
		was := today.Visits
		if err := l.get(ctx, "/api/v1/places/"+l.places[0].ID.String()+"/today", &today); err != nil {
			return err
		}
		if today.Visits > 0 && today.Visits == was {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Second):
		}
	}
	return fmt.Errorf("the server does not count its visits")
}
