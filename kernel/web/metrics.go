package web

import (
	"fmt"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// meter counts answers by route pattern: a handful of series a route, whatever
// strangers ask for.
type meter struct {
	seconds *prometheus.HistogramVec
}

func newMeter(reg prometheus.Registerer) (*meter, error) {
	m := &meter{
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "khien_http_request_seconds",
			Help:    "Time from the request's headers to the end of its answer, by route pattern and status.",
			Buckets: []float64{.001, .005, .025, .1, .5, 2, 10},
		}, []string{"route", "status"}),
	}
	if err := reg.Register(m.seconds); err != nil {
		return nil, fmt.Errorf("web: metrics: %w", err)
	}
	return m, nil
}

func (m *meter) answered(route string, status int, took time.Duration) {
	m.seconds.WithLabelValues(route, strconv.Itoa(status)).Observe(took.Seconds())
}
