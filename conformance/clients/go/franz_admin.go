package main

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/kadm"
)

func franzAdmin(admin *kadm.Client) map[string]operation {
	ctx := context.Background()
	return map[string]operation{
		"create": func(wanted given) (any, error) {
			configs := map[string]*string{}
			for name, value := range wanted.Configs {
				configs[name] = &value
			}
			_, err := admin.CreateTopic(ctx, wanted.Partitions, 1, configs, wanted.Topic)
			return nil, err
		},
		"topics": func(given) (any, error) {
			topics, err := admin.ListTopics(ctx)
			return topics.Names(), err
		},
		"describe": func(wanted given) (any, error) {
			topics, err := admin.ListTopics(ctx, wanted.Topic)
			if err != nil {
				return nil, err
			}
			return len(topics[wanted.Topic].Partitions), topics.Error()
		},
		"grow": func(wanted given) (any, error) {
			answers, err := admin.UpdatePartitions(ctx, int(wanted.Partitions), wanted.Topic)
			if err != nil {
				return nil, err
			}
			return nil, answers.Error()
		},
		"config": func(wanted given) (any, error) {
			resources, err := admin.DescribeTopicConfigs(ctx, wanted.Topic)
			if err != nil {
				return nil, err
			}
			resource, err := resources.On(wanted.Topic, nil)
			if err != nil {
				return nil, err
			}
			for _, config := range resource.Configs {
				if config.Key == wanted.Name {
					return config.MaybeValue(), resource.Err
				}
			}
			return nil, fmt.Errorf("no config %s", wanted.Name)
		},
		"alter": func(wanted given) (any, error) {
			change := []kadm.AlterConfig{{Op: kadm.SetConfig, Name: wanted.Name, Value: &wanted.Value}}
			answers, err := admin.AlterTopicConfigs(ctx, change, wanted.Topic)
			if err != nil {
				return nil, err
			}
			answer, err := answers.On(wanted.Topic, nil)
			if err != nil {
				return nil, err
			}
			return nil, answer.Err
		},
		"deleteRecords": func(wanted given) (any, error) {
			before := kadm.Offsets{}
			before.AddOffset(wanted.Topic, wanted.Partition, wanted.Before, -1)
			answers, err := admin.DeleteRecords(ctx, before)
			if err != nil {
				return nil, err
			}
			answer, err := answers.On(wanted.Topic, wanted.Partition, nil)
			return answer.LowWatermark, err
		},
		"delete": func(wanted given) (any, error) {
			_, err := admin.DeleteTopic(ctx, wanted.Topic)
			return nil, err
		},
		"offsets": func(wanted given) (any, error) { return franzOffsets(admin, wanted) },
	}
}

func franzOffsets(admin *kadm.Client, wanted given) (any, error) {
	ctx := context.Background()
	first, err := admin.ListStartOffsets(ctx, wanted.Topic)
	if err != nil {
		return nil, err
	}
	last, err := admin.ListEndOffsets(ctx, wanted.Topic)
	if err != nil {
		return nil, err
	}
	// Where no record is that late, it answers with the end.
	timed, err := admin.ListOffsetsAfterMilli(ctx, wanted.Timestamp, wanted.Topic)
	if err != nil {
		return nil, err
	}
	found := [3]int64{}
	for index, listed := range []kadm.ListedOffsets{first, last, timed} {
		one, known := listed.Lookup(wanted.Topic, wanted.Partition)
		if !known || one.Err != nil {
			return nil, fmt.Errorf("no offset of %s-%d: %v", wanted.Topic, wanted.Partition, one.Err)
		}
		found[index] = one.Offset
	}
	return offsets{found[0], found[1], found[2]}, nil
}
