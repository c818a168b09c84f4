package web

import (
	"container/list"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Limiter lets each key (an account, a phone's hash, an address) act so many
// times a second, with a burst. It holds the newest maxKeys keys and forgets the
// one that was quiet longest. It is safe for concurrent use.
type Limiter struct {
	rate    rate.Limit
	burst   int
	maxKeys int

	mu    sync.Mutex
	keys  map[string]*list.Element
	order *list.List // the newest in front
}

type bucket struct {
	key     string
	limiter *rate.Limiter
}

// NewLimiter returns a Limiter of perSecond acts a second, burst at once, and at
// most maxKeys keys in memory (about 200 bytes each).
func NewLimiter(perSecond float64, burst, maxKeys int) *Limiter {
	return &Limiter{rate: rate.Limit(perSecond), burst: burst, maxKeys: maxKeys, keys: map[string]*list.Element{}, order: list.New()}
}

// Allow counts one act of key and reports whether it may be done; otherwise how
// long to wait (hand it to Rate). A refused act is not counted.
func (l *Limiter) Allow(key string) (ok bool, retryAfter time.Duration) {
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	res := l.bucket(key).ReserveN(now, 1)
	if !res.OK() {
		return false, time.Hour // burst 0: never
	}
	wait := res.DelayFrom(now)
	if wait > 0 {
		res.CancelAt(now)
	}
	return wait == 0, wait
}

func (l *Limiter) bucket(key string) *rate.Limiter {
	if e := l.keys[key]; e != nil {
		l.order.MoveToFront(e)
		return e.Value.(*bucket).limiter
	}
	if l.order.Len() >= l.maxKeys {
		oldest := l.order.Back()
		delete(l.keys, oldest.Value.(*bucket).key)
		l.order.Remove(oldest)
	}
	b := &bucket{key, rate.NewLimiter(l.rate, l.burst)}
	l.keys[key] = l.order.PushFront(b)
	return b.limiter
}
