package main

import (
	"context"
	"fmt"
	"math/rand"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// client produces with the whole of franz-go, as a program would: idempotent, batches made by the client.
func client(o *options) (any, error) {
	codec := kgo.NoCompression()
	if o.codec == "lz4" {
		codec = kgo.Lz4Compression()
	}
	producer, err := kgo.NewClient(
		kgo.SeedBrokers(o.broker),
		kgo.DefaultProduceTopic(o.topic),
		kgo.ProducerBatchCompression(codec),
		kgo.ProducerBatchMaxBytes(int32(o.batchBytes)),
		kgo.MaxBufferedRecords(64*1024),
		kgo.RecordPartitioner(kgo.RoundRobinPartitioner()),
	)
	if err != nil {
		return nil, err
	}
	defer producer.Close()
	value := make([]byte, o.recordBytes)
	fill(rand.New(rand.NewSource(7)), value)
	var failed atomic.Pointer[error]
	var records int64
	began := time.Now()
	until := began.Add(time.Duration(o.seconds * float64(time.Second)))
	for time.Now().Before(until) && (o.totalBytes == 0 || records*int64(o.recordBytes) < o.totalBytes) {
		for range 100 {
			producer.Produce(context.Background(), &kgo.Record{Value: value}, func(_ *kgo.Record, err error) {
				if err != nil {
					failed.Store(&err)
				}
			})
		}
		records += 100
	}
	if err := producer.Flush(context.Background()); err != nil {
		return nil, err
	}
	if err := failed.Load(); err != nil {
		return nil, fmt.Errorf("a record was not taken: %w", *err)
	}
	return &measured{Seconds: time.Since(began).Seconds(), Records: records, Bytes: records * int64(o.recordBytes)}, nil
}
