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
	if os.Args[1] == "produce" {
		produce(os.Args[2], os.Args[3])
		return
	}
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

// produce sends what its guide does, and waits for the reports.
func produce(bootstrap, topic string) {
	producer, err := kafka.NewProducer(&kafka.ConfigMap{"bootstrap.servers": bootstrap, "log_level": 0})
	if err != nil {
		panic(err)
	}
	defer producer.Close()
	delivered := make(chan kafka.Event, 10)
	for _, word := range []string{"Welcome", "to", "the", "Confluent", "Kafka", "Golang", "client"} {
		place := kafka.TopicPartition{Topic: &topic, Partition: kafka.PartitionAny}
		if err := producer.Produce(&kafka.Message{TopicPartition: place, Value: []byte(word)}, delivered); err != nil {
			panic(err)
		}
		report := (<-delivered).(*kafka.Message).TopicPartition
		if report.Error != nil {
			panic(report.Error)
		}
		output.Encode(map[string]any{"produced": [2]int64{int64(report.Partition), int64(report.Offset)}})
	}
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
