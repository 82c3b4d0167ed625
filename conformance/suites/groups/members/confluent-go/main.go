// A member of a group, and a producer of W7, by confluent-kafka-go (see ../../member.ts).
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"sync/atomic"

	"github.com/confluentinc/confluent-kafka-go/v2/kafka"
)

var output = json.NewEncoder(os.Stdout)

func main() {
	bootstrap, topic, group, protocol, sessionMs := os.Args[1], os.Args[2], os.Args[3], os.Args[4], os.Args[5]
	options := kafka.ConfigMap{
		"bootstrap.servers":  bootstrap,
		"group.id":           group,
		"group.protocol":     protocol,
		"auto.offset.reset":  "earliest",
		"enable.auto.commit": false,
		"log_level":          0,
	}
	if protocol == "classic" {
		options["session.timeout.ms"] = sessionMs
		options["heartbeat.interval.ms"] = 1000
	}
	consumer, err := kafka.NewConsumer(&options)
	if err != nil {
		panic(err)
	}
	if err := consumer.Subscribe(topic, tellAssigned); err != nil {
		panic(err)
	}
	var isEnded atomic.Bool
	go func() {
		io.Copy(io.Discard, os.Stdin)
		isEnded.Store(true)
	}()
	for !isEnded.Load() {
		message, is := consumer.Poll(200).(*kafka.Message)
		if !is {
			continue
		}
		output.Encode(map[string]any{
			"consumed": [][2]int64{{int64(message.TopicPartition.Partition), int64(message.TopicPartition.Offset)}},
		})
		if _, err := consumer.Commit(); err != nil {
			// Others read on from the last commit.
			fmt.Fprintln(os.Stderr, err)
		}
	}
	consumer.Close()
}

var assigned = map[int32]bool{}

func tellAssigned(_ *kafka.Consumer, event kafka.Event) error {
	switch change := event.(type) {
	case kafka.AssignedPartitions:
		for _, each := range change.Partitions {
			assigned[each.Partition] = true
		}
	case kafka.RevokedPartitions:
		for _, each := range change.Partitions {
			delete(assigned, each.Partition)
		}
	}
	partitions := slices.AppendSeq([]int32{}, maps.Keys(assigned))
	return output.Encode(map[string]any{"assigned": partitions})
}
