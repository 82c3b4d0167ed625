package main

import (
	"context"
	"errors"

	"github.com/IBM/sarama"
)

func saramaTransactional(brokers []string, id string) (sarama.SyncProducer, error) {
	config := saramaConfig()
	config.Producer.Idempotent = true
	config.Producer.Transaction.ID = id
	config.Producer.RequiredAcks = sarama.WaitForAll
	config.Producer.Partitioner = sarama.NewManualPartitioner
	config.Net.MaxOpenRequests = 1
	return sarama.NewSyncProducer(brokers, config)
}

func saramaTransaction(brokers []string, wanted given) error {
	producer, err := saramaTransactional(brokers, wanted.TransactionalID)
	if err != nil {
		return err
	}
	defer producer.Close()
	for _, each := range []struct {
		records []record
		end     func() error
	}{{wanted.Commit, producer.CommitTxn}, {wanted.Abort, producer.AbortTxn}} {
		if err := producer.BeginTxn(); err != nil {
			return err
		}
		if _, err := saramaSend(producer, wanted.Topic, each.records); err != nil {
			return err
		}
		if err := each.end(); err != nil {
			return err
		}
	}
	return nil
}

// Reads in the group without committing there: the producer sends the offsets.
func saramaTransfer(brokers []string, wanted given) (any, error) {
	config := saramaConfig()
	config.Consumer.Offsets.AutoCommit.Enable = false
	config.Consumer.IsolationLevel = sarama.ReadCommitted
	group, err := sarama.NewConsumerGroup(brokers, wanted.Group, config)
	if err != nil {
		return nil, err
	}
	defer group.Close()
	producer, err := saramaTransactional(brokers, wanted.TransactionalID)
	if err != nil {
		return nil, err
	}
	defer producer.Close()
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	member := &saramaMember{taken: []record{}, wanted: wanted.Count, stop: cancel, leavesOffsets: true}
	for ctx.Err() == nil {
		if err := group.Consume(ctx, []string{wanted.Source}, member); err != nil && !errors.Is(err, context.Canceled) {
			return nil, err
		}
	}
	if err := producer.BeginTxn(); err != nil {
		return nil, err
	}
	offsets := []int64{}
	next := map[int32]*sarama.PartitionOffsetMetadata{}
	partition := int32(0)
	for _, from := range member.taken {
		offsets = append(offsets, from.Offset)
		next[*from.Partition] = &sarama.PartitionOffsetMetadata{Partition: *from.Partition, Offset: from.Offset + 1}
		to := record{Partition: &partition, Value: from.Value}
		if _, err := saramaSend(producer, wanted.Topic, []record{to}); err != nil {
			return nil, err
		}
	}
	ends := map[string][]*sarama.PartitionOffsetMetadata{}
	for _, end := range next {
		ends[wanted.Source] = append(ends[wanted.Source], end)
	}
	if err := producer.AddOffsetsToTxn(ends, wanted.Group); err != nil {
		return nil, err
	}
	if wanted.Commits {
		return offsets, producer.CommitTxn()
	}
	return offsets, producer.AbortTxn()
}

func saramaFence(brokers []string, wanted given) (any, error) {
	producers := []sarama.SyncProducer{}
	for _, each := range []record{wanted.Zombie, wanted.Heir} {
		producer, err := saramaTransactional(brokers, wanted.TransactionalID)
		if err != nil {
			return nil, err
		}
		defer producer.Close()
		producers = append(producers, producer)
		if err := producer.BeginTxn(); err != nil {
			return nil, err
		}
		if _, err := saramaSend(producer, wanted.Topic, []record{each}); err != nil {
			return nil, err
		}
	}
	if err := producers[1].CommitTxn(); err != nil {
		return nil, err
	}
	if err := producers[0].CommitTxn(); err != nil {
		return err.Error(), nil
	}
	return "nothing", nil
}
