package main

import (
	"context"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// echo measures from produce to consume, one record at a time, at a low rate: latency where nothing queues.
func echo(o *options) (any, error) {
	if err := partitionsReady(o); err != nil {
		return nil, err
	}
	offsets := map[string]map[int32]kgo.Offset{o.topic: {0: kgo.NewOffset().AtEnd()}}
	consumer, err := kgo.NewClient(kgo.SeedBrokers(o.broker), kgo.ConsumePartitions(offsets))
	if err != nil {
		return nil, err
	}
	defer consumer.Close()
	producer, err := kgo.NewClient(
		kgo.SeedBrokers(o.broker),
		kgo.DefaultProduceTopic(o.topic),
		kgo.ProducerBatchCompression(kgo.NoCompression()),
		kgo.ProducerLinger(0),
		kgo.RecordPartitioner(kgo.ManualPartitioner()),
	)
	if err != nil {
		return nil, err
	}
	defer producer.Close()
	arrived := make(chan time.Time, 1024)
	go func() {
		for {
			fetches := consumer.PollFetches(context.Background())
			if fetches.IsClientClosed() {
				return
			}
			at := time.Now()
			fetches.EachRecord(func(*kgo.Record) { arrived <- at })
		}
	}()
	if err := warm(producer, arrived); err != nil {
		return nil, err
	}
	value := make([]byte, o.recordBytes)
	interval := time.Duration(float64(time.Second) / max(o.rate, 1))
	all := &latencies{}
	result := &measured{}
	began := time.Now()
	for due := began; time.Since(began).Seconds() < o.seconds; due = due.Add(interval) {
		time.Sleep(time.Until(due))
		sent := time.Now()
		producer.Produce(context.Background(), &kgo.Record{Value: value}, nil)
		select {
		case at := <-arrived:
			all.add(at.Sub(sent))
		case <-time.After(10 * time.Second):
			return nil, fmt.Errorf("a record did not arrive")
		}
		result.Records++
	}
	result.Seconds = time.Since(began).Seconds()
	all.into(result)
	return result, nil
}

// warm sends records until one arrives: the consumer has found the end of the partition by then.
func warm(producer *kgo.Client, arrived chan time.Time) error {
	for range 100 {
		if err := producer.ProduceSync(context.Background(), &kgo.Record{Value: []byte("warm")}).FirstErr(); err != nil {
			return err
		}
		select {
		case <-arrived:
			time.Sleep(100 * time.Millisecond)
			for len(arrived) > 0 {
				<-arrived
			}
			return nil
		case <-time.After(100 * time.Millisecond):
		}
	}
	return fmt.Errorf("no record arrives")
}
