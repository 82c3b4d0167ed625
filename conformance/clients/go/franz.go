package main

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

var franzCodecs = map[string]kgo.CompressionCodec{
	"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(), "snappy": kgo.SnappyCompression(),
	"lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression(),
}

func franz(bootstrap string) map[string]operation {
	seeds := kgo.SeedBrokers(bootstrap)
	client, err := kgo.NewClient(seeds)
	if err != nil {
		panic(err)
	}
	operations := franzAdmin(kadm.NewClient(client))
	operations["produce"] = func(wanted given) (any, error) { return franzProduce(seeds, wanted) }
	operations["consume"] = func(wanted given) (any, error) { return franzConsume(seeds, wanted) }
	operations["consumeCommitted"] = func(wanted given) (any, error) {
		return franzConsume(seeds, wanted, kgo.FetchIsolationLevel(kgo.ReadCommitted()))
	}
	operations["group"] = func(wanted given) (any, error) { return franzGroup(seeds, wanted) }
	operations["transaction"] = func(wanted given) (any, error) { return nil, franzTransaction(seeds, wanted) }
	operations["transfer"] = func(wanted given) (any, error) { return franzTransfer(seeds, wanted) }
	operations["fence"] = func(wanted given) (any, error) { return franzFence(seeds, wanted) }
	var load *franzLoad
	operations["startLoad"] = func(wanted given) (any, error) {
		load, err = startFranzLoad(seeds, wanted)
		return nil, err
	}
	operations["stopLoad"] = func(given) (any, error) { return load.end() }
	var transactions *franzTransactions
	operations["startTransactions"] = func(wanted given) (any, error) {
		transactions = startFranzTransactions(seeds, wanted)
		return nil, nil
	}
	operations["stopTransactions"] = func(given) (any, error) { return transactions.end() }
	return operations
}

func franzProduce(seeds kgo.Opt, wanted given) (any, error) {
	options := []kgo.Opt{seeds, kgo.ProducerBatchCompression(franzCodecs[wanted.Codec]), kgo.AllowAutoTopicCreation(),
		// What the broker takes; its own default is a little less.
		kgo.ProducerBatchMaxBytes(1048588)}
	options = append(options, kgo.RecordPartitioner(franzPartitioner(wanted.Records)))
	if !wanted.Idempotent {
		options = append(options, kgo.DisableIdempotentWrite())
	}
	switch wanted.Acks {
	case "0":
		options = append(options, kgo.RequiredAcks(kgo.NoAck()))
	case "1":
		options = append(options, kgo.RequiredAcks(kgo.LeaderAck()))
	}
	client, err := kgo.NewClient(options...)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	return franzSend(client, wanted.Topic, wanted.Records)
}

func franzPartitioner(records []record) kgo.Partitioner {
	if len(records) > 0 && records[0].Partition != nil {
		return kgo.ManualPartitioner()
	}
	return kgo.StickyKeyPartitioner(nil)
}

func franzSend(client *kgo.Client, topic string, records []record) ([]place, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*wait)
	defer cancel()
	places := make([]place, len(records))
	problems := make([]error, len(records))
	var sending sync.WaitGroup
	for index, one := range records {
		sending.Add(1)
		client.Produce(ctx, franzRecord(topic, one), func(sent *kgo.Record, err error) {
			places[index], problems[index] = place{sent.Partition, sent.Offset}, err
			sending.Done()
		})
	}
	sending.Wait()
	return places, errors.Join(problems...)
}

func franzRecord(topic string, from record) *kgo.Record {
	to := &kgo.Record{Topic: topic, Key: from.Key, Value: from.Value}
	if from.Partition != nil {
		to.Partition = *from.Partition
	}
	if from.Timestamp != nil {
		to.Timestamp = time.UnixMilli(*from.Timestamp)
	}
	for _, header := range from.Headers {
		to.Headers = append(to.Headers, kgo.RecordHeader{Key: *header[0], Value: bytesFrom(header[1])})
	}
	return to
}

func franzConsume(seeds kgo.Opt, wanted given, more ...kgo.Opt) (any, error) {
	start := kgo.NewOffset().AtStart()
	if offset, isEarliest := wanted.startsAt(); !isEarliest {
		start = kgo.NewOffset().At(offset)
	}
	parts := map[string]map[int32]kgo.Offset{wanted.Topic: {wanted.Partition: start}}
	client, err := kgo.NewClient(append(more, seeds, kgo.ConsumePartitions(parts))...)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	return franzTake(client, wanted.Count)
}

func franzTake(client *kgo.Client, count int) ([]record, error) {
	ctx, cancel := context.WithTimeout(context.Background(), wait)
	defer cancel()
	taken := []record{}
	for len(taken) < count {
		fetches := client.PollRecords(ctx, count-len(taken))
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			break
		}
		if err := fetches.Err0(); err != nil {
			return nil, err
		}
		for _, problem := range fetches.Errors() {
			return nil, fmt.Errorf("%s-%d: %w", problem.Topic, problem.Partition, problem.Err)
		}
		fetches.EachRecord(func(from *kgo.Record) {
			timestamp := from.Timestamp.UnixMilli()
			to := record{&from.Partition, from.Offset, &timestamp, from.Key, from.Value, [][]*string{}}
			for _, header := range from.Headers {
				to.Headers = append(to.Headers, []*string{&header.Key, textFrom(header.Value)})
			}
			taken = append(taken, to)
		})
	}
	return taken, nil
}

func franzGroup(seeds kgo.Opt, wanted given) (any, error) {
	client, err := kgo.NewClient(seeds, kgo.ConsumerGroup(wanted.Group), kgo.ConsumeTopics(wanted.Topic),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.DisableAutoCommit())
	if err != nil {
		return nil, err
	}
	defer client.Close()
	taken, err := franzTake(client, wanted.Count)
	if err != nil {
		return nil, err
	}
	return taken, client.CommitUncommittedOffsets(context.Background())
}

func franzTransaction(seeds kgo.Opt, wanted given) error {
	client, err := kgo.NewClient(seeds, kgo.TransactionalID(wanted.TransactionalID),
		kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		return err
	}
	defer client.Close()
	for _, each := range []struct {
		records []record
		end     kgo.TransactionEndTry
	}{{wanted.Commit, kgo.TryCommit}, {wanted.Abort, kgo.TryAbort}} {
		if err := client.BeginTransaction(); err != nil {
			return err
		}
		if _, err := franzSend(client, wanted.Topic, each.records); err != nil {
			return err
		}
		if err := client.EndTransaction(context.Background(), each.end); err != nil {
			return err
		}
	}
	return nil
}

// Of a header: base64, or nothing at all.
func bytesFrom(text *string) []byte {
	if text == nil {
		return nil
	}
	data, err := base64.StdEncoding.DecodeString(*text)
	if err != nil {
		panic(err)
	}
	return data
}

func textFrom(data []byte) *string {
	if data == nil {
		return nil
	}
	text := base64.StdEncoding.EncodeToString(data)
	return &text
}
