package sim

import (
	"math"
	"math/rand/v2"
)

// Presence is one invented person at one invented locus, in minutes from the
// beginning of the window.
type Presence struct {
	Person, Locus uint32
	From, To      int32
}

// Crowd says how many presences of how many people at how many loci, over how
// many days.
type Crowd struct {
	Seed           uint64
	Presences      int
	People, Loci   int
	Days           int
	FavouriteLoci  int     // that a person mostly goes to
	FavouriteShare float64 // of their presences
}

// Province is the crowd of the speed promises: a province over two weeks.
func Province(presences int) Crowd {
	return Crowd{Seed: 20, Presences: presences, People: 800_000, Loci: 4293, Days: 14, FavouriteLoci: 5, FavouriteShare: 0.7}
}

// Stays: log-normal with a median of 40 minutes, at most 12 hours. Opening hours
// have two peaks a day.
const (
	stayMedianMinutes = 40
	staySigma         = 0.8
	stayMostMinutes   = 12 * 60
	skew              = 0.8 // of the loci's popularity, Zipf
)

// Invent makes the presences them, the same ones for the same crowd.
func (c Crowd) Invent() []Presence {
	r := rand.New(rand.NewPCG(c.Seed, 1432))
	pick := newPopularity(r, c.Loci)
	favourites := make([]uint32, c.People*c.FavouriteLoci)
	for i := range favourites {
		favourites[i] = pick.draw()
	}
	all := make([]Presence, c.Presences)
	for i := range all {
		p := uint32(r.IntN(c.People))
		locus := pick.draw()
		if r.Float64() < c.FavouriteShare {
			locus = favourites[int(p)*c.FavouriteLoci+r.IntN(c.FavouriteLoci)]
		}
		from := int32(r.IntN(c.Days))*24*60 + minuteOfDay(r)
		stay := int32(stayMedianMinutes * math.Exp(staySigma*r.NormFloat64()))
		all[i] = Presence{Person: p, Locus: locus, From: from, To: from + min(max(1, stay), stayMostMinutes)}
	}
	return all
}

// minuteOfDay has a peak at 9 and one at 17 o'clock.
func minuteOfDay(r *rand.Rand) int32 {
	peak := 9 * 60.0
	if r.IntN(2) == 1 {
		peak = 17 * 60
	}
	m := int32(peak + 150*r.NormFloat64())
	return min(max(0, m), 24*60-1)
}

// popularity draws loci, a few of them often.
type popularity struct {
	r    *rand.Rand
	upTo []float64
}

func newPopularity(r *rand.Rand, n int) popularity {
	p := popularity{r: r, upTo: make([]float64, n)}
	sum := 0.0
	for i := range p.upTo {
		sum += 1 / math.Pow(float64(i+10), skew)
		p.upTo[i] = sum
	}
	return p
}

func (p popularity) draw() uint32 {
	u := p.r.Float64() * p.upTo[len(p.upTo)-1]
	lo, hi := 0, len(p.upTo)-1
	for lo < hi {
		if mid := (lo + hi) / 2; p.upTo[mid] < u {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return uint32(lo)
}
