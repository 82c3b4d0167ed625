package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// transact commits small transactions with the whole of franz-go, as a program would: one producer for each connection,
// each with a transactional id of its own, and one record for each partition in every transaction.
func transact(o *options) (any, error) {
	producers := make([]*kgo.Client, o.connections)
	for i := range producers {
		producer, err := kgo.NewClient(
			kgo.SeedBrokers(o.broker),
			kgo.TransactionalID(fmt.Sprintf("%s-%d", o.topic, i)),
			kgo.ProducerLinger(0),
			kgo.RecordPartitioner(kgo.ManualPartitioner()),
		)
		if err != nil {
			return nil, err
		}
		defer producer.Close()
		producers[i] = producer
		// The coordinator is found and the id is known before the time runs.
		if err := transaction(o, producer); err != nil {
			return nil, err
		}
	}
	results := make([]measured, o.connections)
	spans := make([]latencies, o.connections)
	failures := make([]error, o.connections)
	began := time.Now()
	until := began.Add(time.Duration(o.seconds * float64(time.Second)))
	var running sync.WaitGroup
	for i, producer := range producers {
		running.Go(func() {
			for time.Now().Before(until) && failures[i] == nil {
				start := time.Now()
				failures[i] = transaction(o, producer)
				spans[i].add(time.Since(start))
				results[i].Requests++
			}
		})
	}
	running.Wait()
	all, together := &measured{Seconds: time.Since(began).Seconds()}, &latencies{}
	for i := range producers {
		if failures[i] != nil {
			return nil, failures[i]
		}
		all.Requests += results[i].Requests
		together.merge(&spans[i])
	}
	all.Records = all.Requests * int64(o.partitions)
	all.Bytes = all.Records * int64(o.recordBytes)
	together.into(all)
	return all, nil
}

func transaction(o *options, producer *kgo.Client) error {
	if err := producer.BeginTransaction(); err != nil {
		return err
	}
	records := make([]*kgo.Record, o.partitions)
	for i := range records {
		records[i] = &kgo.Record{Topic: o.topic, Partition: int32(i), Value: make([]byte, o.recordBytes)}
	}
	if err := producer.ProduceSync(context.Background(), records...).FirstErr(); err != nil {
		return err
	}
	return producer.EndTransaction(context.Background(), kgo.TryCommit)
}
