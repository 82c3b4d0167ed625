package main

import (
	"fmt"
	"net"
	"sync"
	"time"
)

// produce keeps a number of requests in flight on each connection, or sends at a rate.
func produce(o *options) (any, error) {
	if err := partitionsReady(o); err != nil {
		return nil, err
	}
	records, recordCount := batch(o)
	producers := make([]*producer, o.connections)
	for i := range producers {
		connection, err := dial(o)
		if err != nil {
			return nil, err
		}
		defer connection.Close()
		one := produceFrame(o, i%o.partitions, records)
		producers[i] = newProducer(connection, one, o.inFlight, producedError)
	}
	return runAll(o, producers, int64(len(records)), int64(recordCount))
}

// runAll keeps all of them busy; each request brings so many bytes and records.
func runAll(o *options, producers []*producer, bytesOfEach, recordsOfEach int64) (any, error) {
	began := time.Now()
	until := began.Add(time.Duration(o.seconds * float64(time.Second)))
	var group sync.WaitGroup
	for i, p := range producers {
		group.Go(func() {
			if o.rate > 0 {
				p.atRate(began, until, o.rate/float64(len(producers)), float64(i)/float64(len(producers)))
			} else {
				p.closedLoop(until, o.totalBytes/bytesOfEach/int64(len(producers)))
			}
		})
	}
	group.Wait()
	result := &measured{Seconds: time.Since(began).Seconds()}
	all := &latencies{}
	for _, p := range producers {
		if p.err != nil {
			return nil, p.err
		}
		result.Requests += p.answered
		all.merge(&p.latencies)
	}
	result.Bytes = result.Requests * bytesOfEach
	result.Records = result.Requests * recordsOfEach
	all.into(result)
	return result, nil
}

type producer struct {
	answers   *answers
	one       []byte
	many      []byte
	inFlight  int
	answered  int64
	latencies latencies
	err       error
	// placeOfError decodes the first answer, and says where in all of them the error code is.
	placeOfError func(answer []byte) (int, error)
	errorAt      int
}

func newProducer(connection *net.TCPConn, one []byte, inFlight int, placeOfError func([]byte) (int, error)) *producer {
	p := &producer{answers: newAnswers(connection, 1<<18), one: one, inFlight: inFlight, placeOfError: placeOfError}
	// As many as are in flight lie one behind the other: any number of them is one write.
	for range inFlight {
		p.many = append(p.many, one...)
	}
	return p
}

func producedError(answer []byte) (int, error) {
	// Correlation id and tags; lengths of three arrays and of the topic’s name; the partition.
	return 5 + 1 + 1 + int(answer[6]) - 1 + 1 + 4, decodeProduce(answer)
}

func (p *producer) send(count int) {
	if p.err == nil {
		_, p.err = p.answers.connection.Write(p.many[:count*len(p.one)])
	}
}

// check looks at the error code, whose place is that of the first answer, which is decoded.
func (p *producer) check(answer []byte) {
	if p.errorAt == 0 {
		p.errorAt, p.err = p.placeOfError(answer)
	}
	if p.err == nil && answer[p.errorAt] != 0 || answer[p.errorAt+1] != 0 {
		p.err = fmt.Errorf("a request was answered with error %d", answer[p.errorAt+1])
	}
}

func (p *producer) closedLoop(until time.Time, requestsMax int64) {
	sentAt := newTimes(p.inFlight)
	now := time.Now()
	sentAt.push(now, p.inFlight)
	p.send(p.inFlight)
	waiting, sent := p.inFlight, int64(p.inFlight)
	for waiting > 0 && p.err == nil {
		if p.err = p.answers.read(); p.err != nil {
			return
		}
		now = time.Now()
		done := 0
		for answer := p.answers.next(); answer != nil; answer = p.answers.next() {
			p.check(answer)
			done++
		}
		sentAt.pop(done, func(at time.Time, count int) { p.latencies.addMany(now.Sub(at), int64(count)) })
		p.answered += int64(done)
		waiting -= done
		if done == 0 || now.After(until) || (requestsMax > 0 && sent >= requestsMax) {
			continue
		}
		sentAt.push(now, done)
		p.send(done)
		waiting += done
		sent += int64(done)
	}
}

// atRate sends each request when it is due, however late the answers are, and counts from when it was due.
func (p *producer) atRate(began, until time.Time, rate, phase float64) {
	interval := time.Duration(float64(time.Second) / rate)
	due := began.Add(time.Duration(phase * float64(interval)))
	dueTimes := make(chan time.Time, 1<<20)
	go func() {
		defer close(dueTimes)
		for ; due.Before(until) && p.err == nil; due = due.Add(interval) {
			if wait := time.Until(due); wait > 0 {
				time.Sleep(wait)
			}
			dueTimes <- due
			p.send(1)
		}
	}()
	for due := range dueTimes {
		answer := p.answers.next()
		for ; answer == nil && p.err == nil; answer = p.answers.next() {
			p.err = p.answers.read()
		}
		if p.err != nil {
			return
		}
		p.check(answer)
		p.latencies.add(time.Since(due))
		p.answered++
	}
}

// times is a queue of (time, how many were sent then).
type times struct {
	entries []timesEntry
	first   int
}

type timesEntry struct {
	at    time.Time
	count int
}

func newTimes(capacity int) *times { return &times{entries: make([]timesEntry, 0, 2*capacity+16)} }

func (t *times) push(at time.Time, count int) {
	if t.first > 0 && len(t.entries) == cap(t.entries) {
		t.entries = t.entries[:copy(t.entries, t.entries[t.first:])]
		t.first = 0
	}
	t.entries = append(t.entries, timesEntry{at, count})
}

func (t *times) pop(count int, each func(time.Time, int)) {
	for count > 0 {
		entry := &t.entries[t.first]
		taken := min(count, entry.count)
		each(entry.at, taken)
		entry.count -= taken
		count -= taken
		if entry.count == 0 {
			t.first++
		}
	}
}
