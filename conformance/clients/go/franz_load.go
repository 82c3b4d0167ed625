package main

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// Sends numbered records to two partitions in turns, whatever happens to the server, until it is told to stop.
type franzLoad struct {
	client       *kgo.Client
	stop         chan struct{}
	done         chan struct{}
	lock         sync.Mutex
	Sent         int        `json:"sent"`
	Acknowledged [][3]int64 `json:"acknowledged"`
	Failures     []string   `json:"failures"`
}

func startFranzLoad(seeds kgo.Opt, wanted given) (*franzLoad, error) {
	client, err := kgo.NewClient(seeds, kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.ProducerLinger(5*time.Millisecond), kgo.RequestRetries(1000),
		kgo.RetryBackoffFn(func(int) time.Duration { return 50 * time.Millisecond }))
	if err != nil {
		return nil, err
	}
	load := &franzLoad{client: client, stop: make(chan struct{}), done: make(chan struct{})}
	load.Acknowledged, load.Failures = [][3]int64{}, []string{}
	go load.run(wanted.Topic, wanted.PerSecond)
	return load, nil
}

func (load *franzLoad) run(topic string, perSecond int) {
	defer close(load.done)
	filler := strings.Repeat("x", 100)
	for begun := time.Now(); ; load.Sent++ {
		select {
		case <-load.stop:
			return
		default:
		}
		number := int64(load.Sent)
		value := []byte(fmt.Sprintf("%d:%s", number, filler))
		one := &kgo.Record{Topic: topic, Partition: int32(number % 2), Value: value}
		load.client.Produce(context.Background(), one, func(sent *kgo.Record, err error) {
			load.lock.Lock()
			defer load.lock.Unlock()
			if err != nil {
				load.Failures = append(load.Failures, fmt.Sprintf("%d: %v", number, err))
			} else {
				load.Acknowledged = append(load.Acknowledged, [3]int64{number, int64(sent.Partition), sent.Offset})
			}
		})
		if ahead := time.Duration(load.Sent)*time.Second/time.Duration(perSecond) - time.Since(begun); ahead > 5*time.Millisecond {
			time.Sleep(ahead)
		}
	}
}

func (load *franzLoad) end() (any, error) {
	close(load.stop)
	<-load.done
	err := load.client.Flush(context.Background())
	load.client.Close()
	return load, err
}
