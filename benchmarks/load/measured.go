package main

import (
	"math/bits"
	"time"
)

// measured is what a command prints.
type measured struct {
	Seconds  float64 `json:"seconds"`
	Requests int64   `json:"requests"`
	Bytes    int64   `json:"bytes"`
	Records  int64   `json:"records"`
	P50      float64 `json:"p50Us"`
	P99      float64 `json:"p99Us"`
	P999     float64 `json:"p999Us"`
}

// latencies counts durations in buckets a sixteenth apart.
type latencies struct {
	counts [64 * 16]int64
	total  int64
}

func (l *latencies) add(d time.Duration) { l.addMany(d, 1) }

func (l *latencies) addMany(d time.Duration, count int64) {
	if d < 16 {
		d = 16
	}
	high := bits.Len64(uint64(d)) - 1
	l.counts[high*16+int(uint64(d)>>(high-4))&15] += count
	l.total += count
}

func (l *latencies) merge(other *latencies) {
	for i, count := range other.counts {
		l.counts[i] += count
	}
	l.total += other.total
}

// quantileUs is the upper end of the bucket in which the quantile lies.
func (l *latencies) quantileUs(quantile float64) float64 {
	rank := int64(quantile * float64(l.total))
	var seen int64
	for i, count := range l.counts {
		seen += count
		if seen > rank {
			return float64(uint64(16+i%16+1)<<(i/16)) / 16 / 1000
		}
	}
	return 0
}

func (l *latencies) into(m *measured) {
	m.P50, m.P99, m.P999 = l.quantileUs(0.5), l.quantileUs(0.99), l.quantileUs(0.999)
}
