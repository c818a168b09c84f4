package phone

import (
	"context"
	"encoding/base64"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"khien/kernel/id"
	"khien/kernel/web"
)

// api registers /api/v1/phone/…, for pages that work with scripts and for programs.
func (s *Service) api(api huma.API) {
	about := func(summary, description string) func(*huma.Operation) {
		return func(o *huma.Operation) { o.Summary, o.Description, o.Tags = summary, description, []string{"phone"} }
	}
	huma.Post(api, "/phone/codes", s.apiAsk, about("Send a one-time code",
		"The answer is the same for every number. Ten codes a day for one number, each after a longer wait; 429 says how long."))
	huma.Post(api, "/phone/devices", s.apiProve, about("Prove a number",
		"A right code makes this browser a device: the answer sets its cookie. A code has five tries and lives five minutes."))
	huma.Get(api, "/phone/device", s.apiDevice, about("This device", "Who it says to be, and whether an officer has confirmed it."))
	huma.Delete(api, "/phone/device", s.apiSignOff, about("Sign this device off", ""))
	huma.Get(api, "/phone/secret", s.apiSecret, about("Handle and secret of the code that changes",
		"What docs/qr.md calls handle and secret, base64url, with the server's time to set the code's clock by. Keep the secret where scripts cannot read it (WebCrypto, not extractable)."))
}

type apiAskInput struct {
	Body struct {
		Number string `json:"number" maxLength:"30" example:"0912345678"`
	}
}

func (s *Service) apiAsk(ctx context.Context, in *apiAskInput) (*struct{}, error) {
	return nil, s.AskCode(ctx, in.Body.Number, callerOf(ctx).from, web.Lang(ctx))
}

type apiProveInput struct {
	Body struct {
		Number string `json:"number" maxLength:"30"`
		Code   string `json:"code" maxLength:"20"`
	}
}

type deviceBody struct {
	ID        id.ID     `json:"id"`
	Said      bool      `json:"said" doc:"its holder has said who they are"`
	Confirmed bool      `json:"confirmed" doc:"an officer has seen the citizen card beside this phone"`
	Since     time.Time `json:"since"`
	Number    string    `json:"number" doc:"its last three digits"`
}

type apiProveOutput struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
	Body      deviceBody
}

type apiDeviceOutput struct{ Body deviceBody }

func (s *Service) apiProve(ctx context.Context, in *apiProveInput) (*apiProveOutput, error) {
	c := callerOf(ctx)
	was, _ := DeviceOf(ctx)
	token, d, err := s.Prove(ctx, Proof{in.Body.Number, in.Body.Code, c.from, c.agent, was})
	if err != nil {
		return nil, err
	}
	body, err := s.body(ctx, d)
	return &apiProveOutput{*cookie(c.secure, token), body}, err
}

func (s *Service) body(ctx context.Context, d Device) (deviceBody, error) {
	number, err := s.Number(ctx, d)
	if err != nil {
		return deviceBody{}, err
	}
	return deviceBody{d.ID, !d.Person.IsZero(), d.Confirmed, d.Since, "…" + number[len(number)-3:]}, nil
}

func (s *Service) apiDevice(ctx context.Context, _ *struct{}) (*apiDeviceOutput, error) {
	d, ok := DeviceOf(ctx)
	if !ok {
		return nil, web.ErrProve
	}
	body, err := s.body(ctx, d)
	return &apiDeviceOutput{body}, err
}

type apiSignOffOutput struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
}

func (s *Service) apiSignOff(ctx context.Context, _ *struct{}) (*apiSignOffOutput, error) {
	d, ok := DeviceOf(ctx)
	if !ok {
		return nil, web.ErrProve
	}
	return &apiSignOffOutput{*cookie(callerOf(ctx).secure, "")}, s.Withdraw(ctx, d, d.ID)
}

type apiSecretOutput struct {
	Body struct {
		Handle string    `json:"handle"`
		Secret string    `json:"secret"`
		Now    time.Time `json:"now"`
	}
}

func (s *Service) apiSecret(ctx context.Context, _ *struct{}) (*apiSecretOutput, error) {
	d, ok := DeviceOf(ctx)
	if !ok {
		return nil, web.ErrProve
	}
	sec, err := s.Secret(ctx, d)
	if err != nil {
		return nil, err
	}
	out := &apiSecretOutput{}
	out.Body.Handle = base64.RawURLEncoding.EncodeToString(sec.Handle[:])
	out.Body.Secret = base64.RawURLEncoding.EncodeToString(sec.Secret)
	out.Body.Now = s.now()
	return out, nil
}
