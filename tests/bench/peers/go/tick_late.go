package main

import (
	"slices"
	"time"
)

const period = 5 * time.Millisecond

// tickLate receives ticks, and returns by how many microseconds that share of them was late at
// most. A tick that is later than a whole period counts as one of the next.
func tickLate(count int, share float64) float64 {
	late := make([]time.Duration, count)
	started := time.Now()
	ticker := time.NewTicker(period)
	for i := range late {
		fired := <-ticker.C
		late[i] = time.Since(started) - fired.Sub(started)/period*period
	}
	slices.Sort(late)
	return float64(late[min(int(share*float64(count)), count-1)]) / 1000
}
