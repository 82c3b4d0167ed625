// One of two Go clients, franz-go or sarama, told what to do line by line (see ../driver.ts).
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"time"
)

const wait = 15 * time.Second

type record struct {
	Partition *int32      `json:"partition,omitempty"`
	Offset    int64       `json:"offset"`
	Timestamp *int64      `json:"timestamp,omitempty"`
	Key       []byte      `json:"key"`
	Value     []byte      `json:"value"`
	Headers   [][]*string `json:"headers"`
}

type place struct {
	Partition int32 `json:"partition"`
	Offset    int64 `json:"offset"`
}

type offsets struct {
	Earliest int64 `json:"earliest"`
	Latest   int64 `json:"latest"`
	AtTime   int64 `json:"atTime"`
}

// The union of what the operations are given.
type given struct {
	Operation       string            `json:"operation"`
	Topic           string            `json:"topic"`
	Partition       int32             `json:"partition"`
	Partitions      int32             `json:"partitions"`
	Codec           string            `json:"codec"`
	Acks            string            `json:"acks"`
	Idempotent      bool              `json:"idempotent"`
	Records         []record          `json:"records"`
	From            any               `json:"from"`
	Count           int               `json:"count"`
	Timestamp       int64             `json:"timestamp"`
	Configs         map[string]string `json:"configs"`
	Name            string            `json:"name"`
	Value           string            `json:"value"`
	Before          int64             `json:"before"`
	Group           string            `json:"group"`
	TransactionalID string            `json:"transactionalId"`
	Commit          []record          `json:"commit"`
	Abort           []record          `json:"abort"`
	PerSecond       int               `json:"perSecond"`
	Source          string            `json:"source"`
	Commits         bool              `json:"commits"`
	Zombie          record            `json:"zombie"`
	Heir            record            `json:"heir"`
}

type operation func(given) (any, error)

func main() {
	clients := map[string]func(string) map[string]operation{"franz-go": franz, "sarama": saramaClient}
	operations := clients[os.Args[1]](os.Args[2])
	lines := bufio.NewReaderSize(os.Stdin, 1<<20)
	output := json.NewEncoder(os.Stdout)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		var wanted given
		if err := json.Unmarshal(line, &wanted); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		run, known := operations[wanted.Operation]
		if !known {
			output.Encode(map[string]string{"error": "no operation " + wanted.Operation})
			continue
		}
		if result, err := run(wanted); err != nil {
			output.Encode(map[string]string{"error": err.Error()})
		} else {
			output.Encode(map[string]any{"result": result})
		}
	}
}

func (wanted given) startsAt() (offset int64, isEarliest bool) {
	if number, is := wanted.From.(float64); is {
		return int64(number), false
	}
	return 0, true
}
