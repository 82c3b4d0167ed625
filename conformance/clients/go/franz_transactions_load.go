package main

import (
	"context"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// One transaction after the other, whatever happens to the server, until it is told to stop.
type franzTransactions struct {
	seeds     kgo.Opt
	wanted    given
	stop      chan struct{}
	done      chan struct{}
	Committed []int `json:"committed"`
	Aborted   []int `json:"aborted"`
	Unknown   []int `json:"unknown"`
}

func startFranzTransactions(seeds kgo.Opt, wanted given) *franzTransactions {
	load := &franzTransactions{seeds: seeds, wanted: wanted, stop: make(chan struct{}), done: make(chan struct{})}
	load.Committed, load.Aborted, load.Unknown = []int{}, []int{}, []int{}
	go load.run()
	return load
}

func (load *franzTransactions) run() {
	defer close(load.done)
	var client *kgo.Client
	for number := 0; ; number++ {
		select {
		case <-load.stop:
			// What was left open is ended by a new producer with the same id.
			for client == nil {
				client = load.open()
			}
			client.Close()
			return
		default:
		}
		if client == nil {
			if client = load.open(); client == nil {
				continue
			}
		}
		ended, err := load.transact(client, number)
		if err != nil {
			load.Unknown = append(load.Unknown, number)
			client.Close()
			client = nil
		} else if ended == kgo.TryCommit {
			load.Committed = append(load.Committed, number)
		} else {
			load.Aborted = append(load.Aborted, number)
		}
	}
}

// Nil: the server could not be asked.
func (load *franzTransactions) open() *kgo.Client {
	client, err := kgo.NewClient(load.seeds, kgo.TransactionalID(load.wanted.TransactionalID),
		kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.RequestRetries(1000),
		kgo.RetryBackoffFn(func(int) time.Duration { return 50 * time.Millisecond }))
	if err != nil {
		panic(err)
	}
	if _, _, err := client.ProducerID(context.Background()); err != nil {
		client.Close()
		return nil
	}
	return client
}

func (load *franzTransactions) transact(client *kgo.Client, number int) (kgo.TransactionEndTry, error) {
	if err := client.BeginTransaction(); err != nil {
		return kgo.TryAbort, err
	}
	records := []*kgo.Record{}
	for index := 0; index < load.wanted.Count; index++ {
		value := []byte(fmt.Sprintf("%d:%d", number, index))
		records = append(records, &kgo.Record{Topic: load.wanted.Topic, Partition: int32(index % 2), Value: value})
	}
	end := kgo.TryCommit
	if err := client.ProduceSync(context.Background(), records...).FirstErr(); err != nil || number%4 == 3 {
		end = kgo.TryAbort
	}
	return end, client.EndTransaction(context.Background(), end)
}

func (load *franzTransactions) end() (any, error) {
	close(load.stop)
	<-load.done
	return load, nil
}
