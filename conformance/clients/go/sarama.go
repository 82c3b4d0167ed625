package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/IBM/sarama"
)

var saramaCodecs = map[string]sarama.CompressionCodec{
	"none": sarama.CompressionNone, "gzip": sarama.CompressionGZIP, "snappy": sarama.CompressionSnappy,
	"lz4": sarama.CompressionLZ4, "zstd": sarama.CompressionZSTD,
}

func saramaClient(bootstrap string) map[string]operation {
	brokers := []string{bootstrap}
	operations := saramaAdmin(brokers)
	operations["produce"] = func(wanted given) (any, error) { return saramaProduce(brokers, wanted) }
	operations["consume"] = func(wanted given) (any, error) { return saramaConsume(brokers, wanted, saramaConfig()) }
	operations["consumeCommitted"] = func(wanted given) (any, error) {
		config := saramaConfig()
		config.Consumer.IsolationLevel = sarama.ReadCommitted
		return saramaConsume(brokers, wanted, config)
	}
	operations["group"] = func(wanted given) (any, error) { return saramaGroup(brokers, wanted) }
	operations["transaction"] = func(wanted given) (any, error) { return nil, saramaTransaction(brokers, wanted) }
	operations["transfer"] = func(wanted given) (any, error) { return saramaTransfer(brokers, wanted) }
	operations["fence"] = func(wanted given) (any, error) { return saramaFence(brokers, wanted) }
	operations["walkthrough"] = func(wanted given) (any, error) { return saramaW5(brokers, wanted.Topic) }
	return operations
}

// Its default is a protocol of 2021.
func saramaConfig() *sarama.Config {
	config := sarama.NewConfig()
	config.Producer.Return.Successes = true
	config.Consumer.Return.Errors = true
	config.Consumer.Offsets.Initial = sarama.OffsetOldest
	return config
}

func saramaProduce(brokers []string, wanted given) (any, error) {
	config := saramaConfig()
	config.Producer.Compression = saramaCodecs[wanted.Codec]
	config.Producer.RequiredAcks = map[string]sarama.RequiredAcks{
		"all": sarama.WaitForAll, "1": sarama.WaitForLocal, "0": sarama.NoResponse,
	}[wanted.Acks]
	if wanted.Idempotent {
		config.Producer.Idempotent = true
		config.Net.MaxOpenRequests = 1
	}
	if len(wanted.Records) > 0 && wanted.Records[0].Partition != nil {
		config.Producer.Partitioner = sarama.NewManualPartitioner
	}
	producer, err := sarama.NewSyncProducer(brokers, config)
	if err != nil {
		return nil, err
	}
	defer producer.Close()
	return saramaSend(producer, wanted.Topic, wanted.Records)
}

func saramaSend(producer sarama.SyncProducer, topic string, records []record) ([]place, error) {
	messages := make([]*sarama.ProducerMessage, len(records))
	for index, from := range records {
		messages[index] = saramaMessage(topic, from)
	}
	if err := producer.SendMessages(messages); err != nil {
		return nil, fmt.Errorf("%w: %v", err, err.(sarama.ProducerErrors)[0].Err)
	}
	places := make([]place, len(records))
	for index, message := range messages {
		places[index] = place{message.Partition, message.Offset}
	}
	return places, nil
}

func saramaMessage(topic string, from record) *sarama.ProducerMessage {
	to := &sarama.ProducerMessage{Topic: topic}
	if from.Key != nil {
		to.Key = sarama.ByteEncoder(from.Key)
	}
	if from.Value != nil {
		to.Value = sarama.ByteEncoder(from.Value)
	}
	if from.Partition != nil {
		to.Partition = *from.Partition
	}
	if from.Timestamp != nil {
		to.Timestamp = time.UnixMilli(*from.Timestamp)
	}
	for _, header := range from.Headers {
		to.Headers = append(to.Headers, sarama.RecordHeader{Key: []byte(*header[0]), Value: bytesFrom(header[1])})
	}
	return to
}

func saramaConsume(brokers []string, wanted given, config *sarama.Config) (any, error) {
	consumer, err := sarama.NewConsumer(brokers, config)
	if err != nil {
		return nil, err
	}
	defer consumer.Close()
	start, isEarliest := wanted.startsAt()
	if isEarliest {
		start = sarama.OffsetOldest
	}
	partition, err := consumer.ConsumePartition(wanted.Topic, wanted.Partition, start)
	if err != nil {
		return nil, err
	}
	defer partition.AsyncClose()
	taken := []record{}
	for late := time.After(wait); len(taken) < wanted.Count; {
		select {
		case message := <-partition.Messages():
			taken = append(taken, saramaRecord(message))
		case problem := <-partition.Errors():
			return nil, problem
		case <-late:
			return taken, nil
		}
	}
	return taken, nil
}

func saramaRecord(from *sarama.ConsumerMessage) record {
	timestamp := from.Timestamp.UnixMilli()
	to := record{&from.Partition, from.Offset, &timestamp, from.Key, from.Value, [][]*string{}}
	for _, header := range from.Headers {
		name := string(header.Key)
		to.Headers = append(to.Headers, []*string{&name, textFrom(header.Value)})
	}
	return to
}

type saramaMember struct {
	taken  []record
	wanted int
	stop   context.CancelFunc
	// To whoever reads in a transaction.
	leavesOffsets bool
}

func (*saramaMember) Setup(sarama.ConsumerGroupSession) error   { return nil }
func (*saramaMember) Cleanup(sarama.ConsumerGroupSession) error { return nil }
func (member *saramaMember) ConsumeClaim(session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	for {
		select {
		case message, open := <-claim.Messages():
			if !open {
				return nil
			}
			member.taken = append(member.taken, saramaRecord(message))
			if !member.leavesOffsets {
				session.MarkMessage(message, "")
			}
			if len(member.taken) == member.wanted {
				if !member.leavesOffsets {
					session.Commit()
				}
				member.stop()
				return nil
			}
		case <-session.Context().Done():
			return nil
		}
	}
}

func saramaGroup(brokers []string, wanted given) (any, error) {
	config := saramaConfig()
	config.Consumer.Offsets.AutoCommit.Enable = false
	group, err := sarama.NewConsumerGroup(brokers, wanted.Group, config)
	if err != nil {
		return nil, err
	}
	defer group.Close()
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	member := &saramaMember{taken: []record{}, wanted: wanted.Count, stop: cancel}
	for ctx.Err() == nil {
		if err := group.Consume(ctx, []string{wanted.Topic}, member); err != nil && !errors.Is(err, context.Canceled) {
			return nil, err
		}
	}
	return member.taken, nil
}

// W5: a synchronous producer that waits for all, and a consumer of one partition that starts at its end.
func saramaW5(brokers []string, topic string) (any, error) {
	config := sarama.NewConfig()
	config.Producer.RequiredAcks = sarama.WaitForAll
	config.Producer.Retry.Max = 5
	config.Producer.Return.Successes = true
	producer, err := sarama.NewSyncProducer(brokers, config)
	if err != nil {
		return nil, err
	}
	defer producer.Close()
	send := func(text string) (place, error) {
		message := &sarama.ProducerMessage{Topic: topic, Value: sarama.StringEncoder(text)}
		partition, offset, err := producer.SendMessage(message)
		return place{partition, offset}, err
	}
	first, err := send("before")
	if err != nil {
		return nil, err
	}
	consumer, err := sarama.NewConsumer(brokers, nil)
	if err != nil {
		return nil, err
	}
	defer consumer.Close()
	partition, err := consumer.ConsumePartition(topic, 0, sarama.OffsetNewest)
	if err != nil {
		return nil, err
	}
	defer partition.Close()
	second, err := send("after")
	if err != nil {
		return nil, err
	}
	select {
	case message := <-partition.Messages():
		return []any{first, second, string(message.Value)}, nil
	case <-time.After(wait):
		return nil, errors.New("the consumer got nothing")
	}
}
