package chain

import "math"

// Dispersion is the k of a negative binomial with the sample's mean that makes
// the numbers of offspring most likely (Lloyd-Smith et al. 2005). ok is false
// where the sample is no more dispersed than a Poisson one, so that likelihood
// rises for ever with k, and for an empty sample or one of zeros.
func Dispersion(offspring []int) (k float64, ok bool) {
	n, m, counts := float64(len(offspring)), mean(offspring), tally(offspring)
	variance := 0.0
	for x, c := range counts {
		variance += float64(c) * (float64(x) - m) * (float64(x) - m)
	}
	if m == 0 || variance/n <= m {
		return 0, false
	}
	// The slope of the likelihood in k falls from above zero to below: bisect on log k.
	slope := func(k float64) float64 {
		s, harmonic := n*math.Log(k/(k+m)), 0.0
		for x := 1; x < len(counts); x++ {
			harmonic += 1 / (k + float64(x-1)) // ψ(k+x) − ψ(k)
			s += float64(counts[x]) * harmonic
		}
		return s // the rest, n − n·(k+m)/(k+m), is zero at the sample's mean
	}
	lo, hi := math.Log(1e-9), math.Log(1e9)
	for range 200 {
		mid := (lo + hi) / 2
		if slope(math.Exp(mid)) > 0 {
			lo = mid
		} else {
			hi = mid
		}
	}
	return math.Exp(lo), true
}

// tally counts how often each number occurs.
func tally(ns []int) (counts []int) {
	for _, n := range ns {
		for len(counts) <= n {
			counts = append(counts, 0)
		}
		counts[n]++
	}
	return counts
}
