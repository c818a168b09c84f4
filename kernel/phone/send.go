package phone

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"khien/kernel/audit"
	"khien/kernel/id"
	"khien/kernel/job"
	"khien/kernel/store"
)

// Sender hands a short text to a telephone number in E.164. What it returns an
// error for is not tried again: a code that comes twice or late helps nobody,
// and its owner can ask for another. It is called from several goroutines.
type Sender interface {
	Send(ctx context.Context, number, text string) error
}

// How messages are sent.
const (
	sendMost  = 64               // at one go
	sendAside = 8                // beside one another
	sendTime  = 10 * time.Second // one message
)

// States of a message, as stored.
const (
	messageReady   = "ready"
	messageSending = "sending" // handed over, perhaps: never again
	messageSent    = "sent"
	messageFailed  = "failed"
	messageLate    = "late" // it would have come after its code's end
)

// message is one to be sent.
type message struct {
	id                       id.ID
	number, text             string
	numberSealed, textSealed []byte
	until                    time.Time
	state                    string
}

// send is the job: it takes what waits, whoever asked for the run, and sends
// each at most once. The row says "sending" before anything leaves.
func (s *Service) send(ctx context.Context, _ job.Run) error {
	for {
		var ms []message
		err := s.DB.Tx(ctx, func(tx *store.Tx) (err error) {
			ms, err = claimMessages(tx, s.own, sendMost)
			if err != nil {
				return err
			}
			return s.noteSends(tx, "phone.send", ms)
		})
		if err != nil || len(ms) == 0 {
			return err
		}
		s.sendAll(ctx, ms)
		err = s.DB.Tx(context.WithoutCancel(ctx), func(tx *store.Tx) error {
			for _, m := range ms {
				if err := settleMessage(tx, s.own, m.id, m.state, s.now()); err != nil {
					return err
				}
			}
			return s.noteSends(tx, "phone.sent", ms)
		})
		if err != nil {
			return err
		}
	}
}

// noteSends writes into the audit chain how many messages leave, or left, in one row.
func (s *Service) noteSends(tx *store.Tx, act string, ms []message) error {
	if len(ms) == 0 {
		return nil
	}
	states := map[string]int{}
	for _, m := range ms {
		states[m.state]++
	}
	return audit.Append(tx, s.own.Entry(act, "message", ms[0].id.String(), 0, map[string]any{"count": len(ms), "states": states}))
}

func (s *Service) sendAll(ctx context.Context, ms []message) {
	var all sync.WaitGroup
	free := make(chan struct{}, sendAside)
	for i := range ms {
		free <- struct{}{}
		all.Go(func() {
			s.sendOne(ctx, &ms[i])
			<-free
		})
	}
	all.Wait()
}

func (s *Service) sendOne(ctx context.Context, m *message) {
	number, err := s.Keys.OpenSealed("phone message", m.numberSealed, messagePlace(s.Province, m.id, "number"))
	if err == nil {
		var text []byte
		text, err = s.Keys.OpenSealed("phone message", m.textSealed, messagePlace(s.Province, m.id, "text"))
		m.number, m.text = string(number), string(text)
	}
	if err == nil && s.now().After(m.until) {
		m.state = messageLate
		return
	}
	if err == nil {
		ctx, cancel := context.WithTimeout(ctx, sendTime)
		defer cancel()
		err = s.Sender.Send(ctx, m.number, m.text)
	}
	if m.state = messageSent; err != nil {
		m.state = messageFailed
		s.Log.Warn("a message could not be sent", "message", m.id.String(), "err", m.hide(err))
	}
}

// hide takes number and text out of what a gateway says: neither is ever logged.
func (m *message) hide(err error) slog.Value {
	said := err.Error()
	words := append(strings.Fields(m.text), m.number, strings.TrimPrefix(m.number, "+"), strings.TrimPrefix(m.number, "+84"))
	for _, w := range words {
		if len(w) >= codeDigits && strings.ContainsAny(w, "0123456789") {
			said = strings.ReplaceAll(said, strings.Trim(w, ",."), "…")
		}
	}
	return slog.StringValue(said)
}

// Shown is a message that a Box holds.
type Shown struct {
	Number, Text string
	At           time.Time
}

// Box is the Sender of a demo: it keeps the last messages, to be shown on this
// machine. Its zero value is empty.
type Box struct {
	mu    sync.Mutex
	shown []Shown
}

// boxMost bounds a Box.
const boxMost = 50

// Send puts a message into the box.
func (b *Box) Send(_ context.Context, number, text string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.shown = append(b.shown, Shown{number, text, time.Now().UTC()})
	if len(b.shown) > boxMost {
		b.shown = slices.Delete(b.shown, 0, len(b.shown)-boxMost)
	}
	return nil
}

// Shown returns what the box holds, the newest first.
func (b *Box) Shown() []Shown {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := slices.Clone(b.shown)
	slices.Reverse(all)
	return all
}
