package main

import (
	"sync"
	"time"
)

// idle holds connections that do nothing or, with max-wait-ms, wait in one fetch after the other at the end of an empty
// partition, where nothing comes. The seconds begin when all of them are connected.
func idle(o *options) (any, error) {
	if err := partitionsReady(o); err != nil {
		return nil, err
	}
	waiters := make([]*waiter, o.connections)
	for i := range waiters {
		connection, err := dial(o)
		if err != nil {
			return nil, err
		}
		defer connection.Close()
		waiters[i] = &waiter{answers: newAnswers(connection, 4096), frame: fetchFrame(o, i%o.partitions, 0)}
	}
	until := time.Now().Add(time.Duration(o.seconds * float64(time.Second)))
	if o.maxWaitMs == 0 {
		time.Sleep(time.Until(until))
		return &measured{Seconds: o.seconds}, nil
	}
	var group sync.WaitGroup
	for i, w := range waiters {
		// Not all at one time: consumers are not in step either.
		phase := time.Duration(i) * time.Duration(o.maxWaitMs) * time.Millisecond / time.Duration(len(waiters))
		group.Go(func() {
			time.Sleep(phase)
			w.run(until)
		})
	}
	group.Wait()
	result := &measured{Seconds: o.seconds}
	for _, w := range waiters {
		if w.err != nil {
			return nil, w.err
		}
		result.Requests += w.requests
	}
	return result, nil
}

type waiter struct {
	answers  *answers
	frame    []byte
	requests int64
	err      error
}

func (w *waiter) run(until time.Time) {
	for time.Now().Before(until) && w.err == nil {
		_, w.err = w.answers.connection.Write(w.frame)
		for answer := []byte(nil); answer == nil && w.err == nil; answer = w.answers.next() {
			w.err = w.answers.read()
		}
		w.requests++
	}
}
