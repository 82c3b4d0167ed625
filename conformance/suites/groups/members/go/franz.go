package main

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

func franz(own member) {
	var mutex sync.Mutex
	var assigned []int32
	lost := func(_ context.Context, _ *kgo.Client, gone map[string][]int32) {
		mutex.Lock()
		defer mutex.Unlock()
		assigned = slices.DeleteFunc(assigned, func(one int32) bool { return slices.Contains(gone[own.topic], one) })
		tellAssigned(assigned)
	}
	client, err := kgo.NewClient(
		kgo.SeedBrokers(own.bootstrap),
		kgo.ConsumerGroup(own.group),
		kgo.ConsumeTopics(own.topic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.DisableAutoCommit(),
		kgo.SessionTimeout(time.Duration(own.sessionMs)*time.Millisecond),
		kgo.HeartbeatInterval(time.Second),
		kgo.OnPartitionsAssigned(func(_ context.Context, _ *kgo.Client, more map[string][]int32) {
			mutex.Lock()
			defer mutex.Unlock()
			assigned = append(assigned, more[own.topic]...)
			tellAssigned(assigned)
		}),
		kgo.OnPartitionsRevoked(lost),
		kgo.OnPartitionsLost(lost),
	)
	if err != nil {
		panic(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		<-own.ended
		cancel()
	}()
	for ctx.Err() == nil {
		fetches := client.PollFetches(ctx)
		fetches.EachRecord(func(record *kgo.Record) { tellConsumed(record.Partition, record.Offset) })
		client.CommitUncommittedOffsets(ctx)
	}
	client.Close()
}
