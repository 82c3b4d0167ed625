// The load of the benchmarks: the same program against every server. Requests are made by franz-go’s encoder; what is
// sent often is encoded once, so that the generator, which shares the cores with the server, takes as little as it can.
// Each command prints one JSON object. Latencies are from when a request was due, not from when it could be sent.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

type options struct {
	broker      string
	topic       string
	partitions  int
	connections int
	inFlight    int
	batchBytes  int
	recordBytes int
	codec       string
	acks        int
	seconds     float64
	rate        float64
	fetchBytes  int
	totalBytes  int64
	maxWaitMs   int
	groups      int
	members     int
	heartbeatMs int
	configs     configs
}

type configs map[string]*string

func (c configs) String() string { return "" }
func (c configs) Set(text string) error {
	for i := range text {
		if text[i] == '=' {
			value := text[i+1:]
			c[text[:i]] = &value
			return nil
		}
	}
	return fmt.Errorf("%q is not key=value", text)
}

var commands = map[string]func(*options) (any, error){
	"create":   create,
	"delete":   remove,
	"produce":  produce,
	"fetch":    fetch,
	"client":   client,
	"echo":     echo,
	"idle":     idle,
	"commit":   commit,
	"stable":   stable,
	"leave":    leave,
	"transact": transact,
}

func main() {
	given := &options{configs: configs{}}
	flags := flag.NewFlagSet("load", flag.ExitOnError)
	flags.StringVar(&given.broker, "broker", "127.0.0.1:9092", "host:port")
	flags.StringVar(&given.topic, "topic", "bench", "topic")
	flags.IntVar(&given.partitions, "partitions", 1, "how many partitions, of the first on")
	flags.IntVar(&given.connections, "connections", 1, "how many connections")
	flags.IntVar(&given.inFlight, "in-flight", 5, "requests of a connection that wait for their answers")
	flags.IntVar(&given.batchBytes, "batch-bytes", 16384, "bytes of a record batch, before it is compressed")
	flags.IntVar(&given.recordBytes, "record-bytes", 1000, "bytes of a record’s value")
	flags.StringVar(&given.codec, "codec", "none", "none or lz4")
	flags.IntVar(&given.acks, "acks", 1, "-1, 0 or 1")
	flags.Float64Var(&given.seconds, "seconds", 3, "how long")
	flags.Float64Var(&given.rate, "rate", 0, "requests a second of all connections; 0: as fast as they are answered")
	flags.IntVar(&given.fetchBytes, "fetch-bytes", 1<<20, "bytes that a fetch asks for of a partition")
	flags.Int64Var(&given.totalBytes, "total-bytes", 0, "stop after so many; 0: by time alone")
	flags.IntVar(&given.maxWaitMs, "max-wait-ms", 0, "how long a fetch may wait; of idle, 0: nothing is asked")
	flags.IntVar(&given.groups, "groups", 1, "how many groups")
	flags.IntVar(&given.members, "members", 1, "how many members each group has")
	flags.IntVar(&given.heartbeatMs, "heartbeat-ms", 50, "how often a member beats")
	flags.Var(given.configs, "config", "key=value of the topic; may be repeated")
	if len(os.Args) < 2 || commands[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "load create|delete|produce|fetch|client|echo|idle|commit|stable|leave|transact [options]")
		os.Exit(2)
	}
	flags.Parse(os.Args[2:])
	result, err := commands[os.Args[1]](given)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	json.NewEncoder(os.Stdout).Encode(result)
}

func create(o *options) (any, error) {
	request := kmsg.NewPtrCreateTopicsRequest()
	topic := kmsg.NewCreateTopicsRequestTopic()
	topic.Topic = o.topic
	topic.NumPartitions = int32(o.partitions)
	topic.ReplicationFactor = 1
	for name, value := range o.configs {
		config := kmsg.NewCreateTopicsRequestTopicConfig()
		config.Name = name
		config.Value = value
		topic.Configs = append(topic.Configs, config)
	}
	request.Topics = append(request.Topics, topic)
	return administer(o, func(ctx context.Context, client *kgo.Client) error {
		response, err := request.RequestWith(ctx, client)
		if err != nil {
			return err
		}
		return kerr.ErrorForCode(response.Topics[0].ErrorCode)
	})
}

func remove(o *options) (any, error) {
	request := kmsg.NewPtrDeleteTopicsRequest()
	topic := kmsg.NewDeleteTopicsRequestTopic()
	topic.Topic = &o.topic
	request.TopicNames = []string{o.topic}
	request.Topics = append(request.Topics, topic)
	return administer(o, func(ctx context.Context, client *kgo.Client) error {
		response, err := request.RequestWith(ctx, client)
		if err != nil {
			return err
		}
		return kerr.ErrorForCode(response.Topics[0].ErrorCode)
	})
}

func administer(o *options, act func(context.Context, *kgo.Client) error) (any, error) {
	client, err := kgo.NewClient(kgo.SeedBrokers(o.broker))
	if err != nil {
		return nil, err
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := act(ctx, client); err != nil {
		return nil, err
	}
	return map[string]string{"topic": o.topic}, nil
}
