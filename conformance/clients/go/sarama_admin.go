package main

import (
	"fmt"

	"github.com/IBM/sarama"
)

func saramaAdmin(brokers []string) map[string]operation {
	client, err := sarama.NewClient(brokers, saramaConfig())
	if err != nil {
		panic(err)
	}
	admin, err := sarama.NewClusterAdminFromClient(client)
	if err != nil {
		panic(err)
	}
	return map[string]operation{
		"create": func(wanted given) (any, error) {
			configs := map[string]*string{}
			for name, value := range wanted.Configs {
				configs[name] = &value
			}
			detail := &sarama.TopicDetail{NumPartitions: wanted.Partitions, ReplicationFactor: 1, ConfigEntries: configs}
			return nil, admin.CreateTopic(wanted.Topic, detail, false)
		},
		"topics": func(given) (any, error) {
			topics, err := admin.ListTopics()
			names := []string{}
			for name := range topics {
				names = append(names, name)
			}
			return names, err
		},
		"describe": func(wanted given) (any, error) {
			topics, err := admin.DescribeTopics([]string{wanted.Topic})
			if err != nil {
				return nil, err
			}
			return len(topics[0].Partitions), nil
		},
		"grow": func(wanted given) (any, error) {
			return nil, admin.CreatePartitions(wanted.Topic, wanted.Partitions, nil, false)
		},
		"config": func(wanted given) (any, error) {
			resource := sarama.ConfigResource{
				Type: sarama.TopicResource, Name: wanted.Topic, ConfigNames: []string{wanted.Name},
			}
			entries, err := admin.DescribeConfig(resource)
			if err != nil {
				return nil, err
			}
			for _, entry := range entries {
				if entry.Name == wanted.Name {
					return entry.Value, nil
				}
			}
			return nil, fmt.Errorf("no config %s", wanted.Name)
		},
		"alter": func(wanted given) (any, error) {
			change := sarama.IncrementalAlterConfigsEntry{
				Operation: sarama.IncrementalAlterConfigsOperationSet, Value: &wanted.Value,
			}
			changes := map[string]sarama.IncrementalAlterConfigsEntry{wanted.Name: change}
			return nil, admin.IncrementalAlterConfig(sarama.TopicResource, wanted.Topic, changes, false)
		},
		"deleteRecords": func(wanted given) (any, error) {
			before := map[int32]int64{wanted.Partition: wanted.Before}
			return wanted.Before, admin.DeleteRecords(wanted.Topic, before)
		},
		"delete": func(wanted given) (any, error) { return nil, admin.DeleteTopic(wanted.Topic) },
		"offsets": func(wanted given) (any, error) {
			if err := client.RefreshMetadata(wanted.Topic); err != nil {
				return nil, err
			}
			found := [3]int64{}
			for index, time := range []int64{sarama.OffsetOldest, sarama.OffsetNewest, wanted.Timestamp} {
				offset, err := client.GetOffset(wanted.Topic, wanted.Partition, time)
				if err != nil {
					return nil, err
				}
				found[index] = offset
			}
			return offsets{found[0], found[1], found[2]}, nil
		},
	}
}
