package main

import (
	"context"

	"github.com/twmb/franz-go/pkg/kgo"
)

// Reads, sends on, and ends both in one transaction: the client's own session does so.
func franzTransfer(seeds kgo.Opt, wanted given) (any, error) {
	session, err := kgo.NewGroupTransactSession(seeds, kgo.TransactionalID(wanted.TransactionalID),
		kgo.ConsumerGroup(wanted.Group), kgo.ConsumeTopics(wanted.Source), kgo.RequireStableFetchOffsets(),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		return nil, err
	}
	defer session.Close()
	if err := session.Begin(); err != nil {
		return nil, err
	}
	taken, err := franzTake(session.Client(), wanted.Count)
	if err != nil {
		return nil, err
	}
	offsets := []int64{}
	for _, from := range taken {
		offsets = append(offsets, from.Offset)
		to := &kgo.Record{Topic: wanted.Topic, Partition: 0, Value: from.Value}
		if err := session.ProduceSync(context.Background(), to).FirstErr(); err != nil {
			return nil, err
		}
	}
	end := kgo.TryAbort
	if wanted.Commits {
		end = kgo.TryCommit
	}
	_, err = session.End(context.Background(), end)
	return offsets, err
}

func franzFence(seeds kgo.Opt, wanted given) (any, error) {
	clients := []*kgo.Client{}
	for _, each := range []record{wanted.Zombie, wanted.Heir} {
		client, err := kgo.NewClient(seeds, kgo.TransactionalID(wanted.TransactionalID),
			kgo.RecordPartitioner(kgo.ManualPartitioner()))
		if err != nil {
			return nil, err
		}
		defer client.Close()
		clients = append(clients, client)
		if err := client.BeginTransaction(); err != nil {
			return nil, err
		}
		if _, err := franzSend(client, wanted.Topic, []record{each}); err != nil {
			return nil, err
		}
	}
	if err := clients[1].EndTransaction(context.Background(), kgo.TryCommit); err != nil {
		return nil, err
	}
	if err := clients[0].EndTransaction(context.Background(), kgo.TryCommit); err != nil {
		return err.Error(), nil
	}
	return "nothing", nil
}
