package main

import (
	"encoding/binary"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// fetch reads a partition on each connection, over and over from its beginning, one request at a time.
func fetch(o *options) (any, error) {
	if err := partitionsReady(o); err != nil {
		return nil, err
	}
	until := time.Now().Add(time.Duration(o.seconds * float64(time.Second)))
	fetchers := make([]*fetcher, o.connections)
	for i := range fetchers {
		connection, err := dial(o)
		if err != nil {
			return nil, err
		}
		defer connection.Close()
		fetchers[i] = &fetcher{answers: newAnswers(connection, 2*o.fetchBytes+65536), partition: i % o.partitions, o: o}
	}
	began := time.Now()
	var group sync.WaitGroup
	for _, f := range fetchers {
		group.Go(func() { f.run(until) })
	}
	group.Wait()
	result := &measured{Seconds: time.Since(began).Seconds()}
	all := &latencies{}
	for _, f := range fetchers {
		if f.err != nil {
			return nil, f.err
		}
		result.Requests += f.requests
		result.Bytes += f.bytes
		all.merge(&f.latencies)
	}
	all.into(result)
	return result, nil
}

type fetcher struct {
	answers   *answers
	partition int
	o         *options
	offset    int64
	requests  int64
	bytes     int64
	latencies latencies
	err       error
}

func (f *fetcher) run(until time.Time) {
	for now := time.Now(); now.Before(until) && f.err == nil; {
		_, f.err = f.answers.connection.Write(fetchFrame(f.o, f.partition, f.offset))
		var answer []byte
		for answer == nil && f.err == nil {
			f.err = f.answers.read()
			answer = f.answers.next()
		}
		if f.err != nil {
			return
		}
		f.take(answer)
		sent := now
		now = time.Now()
		f.latencies.add(now.Sub(sent))
		f.requests++
	}
}

// fetchFrame asks for a partition from an offset on.
func fetchFrame(o *options, index int, offset int64) []byte {
	request := kmsg.NewPtrFetchRequest()
	request.Version = fetchVersion
	request.ReplicaID = -1
	request.MaxWaitMillis = 500
	if o.maxWaitMs > 0 {
		request.MaxWaitMillis = int32(o.maxWaitMs)
	}
	request.MinBytes = 1
	request.MaxBytes = 50 << 20
	request.SessionEpoch = -1
	topic := kmsg.NewFetchRequestTopic()
	topic.Topic = o.topic
	partition := kmsg.NewFetchRequestTopicPartition()
	partition.Partition = int32(index)
	partition.CurrentLeaderEpoch = -1
	partition.FetchOffset = offset
	partition.PartitionMaxBytes = int32(o.fetchBytes)
	topic.Partitions = append(topic.Partitions, partition)
	request.Topics = append(request.Topics, topic)
	return frame(request)
}

// take goes on behind the last whole batch, by the headers of the batches alone.
func (f *fetcher) take(answer []byte) {
	response := kmsg.NewPtrFetchResponse()
	response.Version = fetchVersion
	if f.err = response.ReadFrom(answer[5:]); f.err != nil {
		return
	}
	partition := response.Topics[0].Partitions[0]
	if partition.ErrorCode != 0 {
		f.err = fmt.Errorf("fetch answered with error %d", partition.ErrorCode)
		return
	}
	records := partition.RecordBatches
	f.bytes += int64(len(records))
	for len(records) >= 61 {
		size := 12 + int(binary.BigEndian.Uint32(records[8:]))
		if size > len(records) {
			break
		}
		f.offset = int64(binary.BigEndian.Uint64(records)) + int64(binary.BigEndian.Uint32(records[23:])) + 1
		records = records[size:]
	}
	if f.offset >= partition.HighWatermark {
		f.offset = 0
	}
}
