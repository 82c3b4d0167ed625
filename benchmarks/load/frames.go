package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math/rand"
	"net"
	"time"

	"github.com/pierrec/lz4/v4"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// Of the requests that are encoded once: flexible, with topic names.
const (
	produceVersion = 11
	fetchVersion   = 12
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// batch builds one record batch of about o.batchBytes, with as many records as that takes, at least one.
func batch(o *options) ([]byte, int) {
	random := rand.New(rand.NewSource(7))
	var records []byte
	count := 0
	for count == 0 || 61+len(records)+o.recordBytes+10 <= o.batchBytes {
		value := make([]byte, o.recordBytes)
		fill(random, value)
		var body []byte
		body = append(body, 0)                         // attributes
		body = binary.AppendVarint(body, 0)            // timestamp delta
		body = binary.AppendVarint(body, int64(count)) // offset delta
		body = binary.AppendVarint(body, -1)           // no key
		body = binary.AppendVarint(body, int64(len(value)))
		body = append(body, value...)
		body = binary.AppendVarint(body, 0) // no headers
		records = binary.AppendVarint(records, int64(len(body)))
		records = append(records, body...)
		count++
	}
	attributes := uint16(0)
	if o.codec == "lz4" {
		records = compressed(records)
		attributes = 3
	}
	now := uint64(time.Now().UnixMilli())
	b := make([]byte, 61, 61+len(records))
	binary.BigEndian.PutUint32(b[8:], uint32(49+len(records)))
	binary.BigEndian.PutUint32(b[12:], 0xffffffff)
	b[16] = 2
	binary.BigEndian.PutUint16(b[21:], attributes)
	binary.BigEndian.PutUint32(b[23:], uint32(count-1))
	binary.BigEndian.PutUint64(b[27:], now)
	binary.BigEndian.PutUint64(b[35:], now)
	binary.BigEndian.PutUint64(b[43:], 0xffffffffffffffff) // no producer id
	binary.BigEndian.PutUint16(b[51:], 0xffff)
	binary.BigEndian.PutUint32(b[53:], 0xffffffff)
	binary.BigEndian.PutUint32(b[57:], uint32(count))
	b = append(b, records...)
	binary.BigEndian.PutUint32(b[17:], crc32.Checksum(b[21:], castagnoli))
	return b, count
}

// fill makes values that compress about as JSON does, to a half of their size by lz4: names that come again and again,
// and numbers that do not.
func fill(random *rand.Rand, value []byte) {
	names := []string{"customer", "amount", "currency", "timestamp", "status", "reference", "country", "items"}
	for at := 0; at < len(value); {
		at += copy(value[at:], fmt.Sprintf(`{"%s":"%d",`, names[random.Intn(len(names))], random.Int63n(1_000_000)))
	}
}

func compressed(records []byte) []byte {
	out := new(sink)
	writer := lz4.NewWriter(out)
	writer.Apply(lz4.BlockSizeOption(lz4.Block64Kb), lz4.ChecksumOption(false))
	writer.Write(records)
	writer.Close()
	return out.bytes
}

type sink struct{ bytes []byte }

func (s *sink) Write(b []byte) (int, error) {
	s.bytes = append(s.bytes, b...)
	return len(b), nil
}

func frame(request kmsg.Request) []byte {
	return kmsg.NewRequestFormatter(kmsg.FormatterClientID("load")).AppendRequest(nil, request, 1)
}

func produceFrame(o *options, partition int, records []byte) []byte {
	request := kmsg.NewPtrProduceRequest()
	request.Version = produceVersion
	request.Acks = int16(o.acks)
	request.TimeoutMillis = 30_000
	topic := kmsg.NewProduceRequestTopic()
	topic.Topic = o.topic
	data := kmsg.NewProduceRequestTopicPartition()
	data.Partition = int32(partition)
	data.Records = records
	topic.Partitions = append(topic.Partitions, data)
	request.Topics = append(request.Topics, topic)
	return frame(request)
}

// dial connects to the leader of all partitions: there is only one node.
func dial(o *options) (*net.TCPConn, error) {
	connection, err := net.Dial("tcp", o.broker)
	if err != nil {
		return nil, err
	}
	tcp := connection.(*net.TCPConn)
	return tcp, tcp.SetNoDelay(true)
}

// answers reads whole frames from a connection into one buffer and hands them out, one after the other.
type answers struct {
	connection *net.TCPConn
	buffer     []byte
	start, end int
}

func newAnswers(connection *net.TCPConn, size int) *answers {
	return &answers{connection: connection, buffer: make([]byte, size)}
}

// next returns a frame that is there; nil where the next one is not whole yet.
func (a *answers) next() []byte {
	if a.end-a.start < 4 {
		return nil
	}
	size := 4 + int(binary.BigEndian.Uint32(a.buffer[a.start:]))
	if a.end-a.start < size {
		return nil
	}
	frame := a.buffer[a.start+4 : a.start+size]
	a.start += size
	return frame
}

// read waits for bytes.
func (a *answers) read() error {
	if a.start > 0 && (a.start == a.end || len(a.buffer)-a.end < 65536) {
		a.end = copy(a.buffer, a.buffer[a.start:a.end])
		a.start = 0
	}
	if a.end == len(a.buffer) {
		larger := make([]byte, 2*len(a.buffer))
		copy(larger, a.buffer[:a.end])
		a.buffer = larger
	}
	count, err := a.connection.Read(a.buffer[a.end:])
	a.end += count
	return err
}

func decodeProduce(answer []byte) error {
	response := kmsg.NewPtrProduceResponse()
	response.Version = produceVersion
	if err := response.ReadFrom(answer[5:]); err != nil {
		return err
	}
	for _, topic := range response.Topics {
		for _, partition := range topic.Partitions {
			if partition.ErrorCode != 0 {
				return fmt.Errorf("produce answered with error %d", partition.ErrorCode)
			}
		}
	}
	return nil
}

// partitionsReady waits until the node serves all partitions of the topic: it may name itself leader before that.
func partitionsReady(o *options) error {
	client, err := kgo.NewClient(kgo.SeedBrokers(o.broker))
	if err != nil {
		return err
	}
	defer client.Close()
	request := kmsg.NewPtrListOffsetsRequest()
	topic := kmsg.NewListOffsetsRequestTopic()
	topic.Topic = o.topic
	for index := range o.partitions {
		partition := kmsg.NewListOffsetsRequestTopicPartition()
		partition.Partition = int32(index)
		partition.Timestamp = -1
		topic.Partitions = append(topic.Partitions, partition)
	}
	request.Topics = append(request.Topics, topic)
	for began := time.Now(); time.Since(began) < 30*time.Second; time.Sleep(20 * time.Millisecond) {
		response, err := request.RequestWith(context.Background(), client)
		if err != nil {
			continue
		}
		ready := 0
		for _, topic := range response.Topics {
			for _, partition := range topic.Partitions {
				if partition.ErrorCode == 0 {
					ready++
				}
			}
		}
		if ready >= o.partitions {
			return nil
		}
	}
	return fmt.Errorf("the partitions of %s have no leader", o.topic)
}
