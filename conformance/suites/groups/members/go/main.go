// A member of a group, by franz-go or by sarama (see ../../member.ts).
package main

import (
	"encoding/json"
	"io"
	"os"
	"sync"
)

type member struct {
	bootstrap, topic, group string
	sessionMs               int
	ended                   chan struct{}
}

var output = struct {
	sync.Mutex
	*json.Encoder
}{Encoder: json.NewEncoder(os.Stdout)}

func tellAssigned(partitions []int32) {
	tell(map[string]any{"assigned": append([]int32{}, partitions...)})
}

func tellConsumed(partition int32, offset int64) {
	tell(map[string]any{"consumed": [][2]int64{{int64(partition), offset}}})
}

func tell(what any) {
	output.Lock()
	defer output.Unlock()
	output.Encode(what)
}

func main() {
	own := member{bootstrap: os.Args[2], topic: os.Args[3], group: os.Args[4], ended: make(chan struct{})}
	if err := json.Unmarshal([]byte(os.Args[6]), &own.sessionMs); err != nil {
		panic(err)
	}
	go func() {
		io.Copy(io.Discard, os.Stdin)
		close(own.ended)
	}()
	map[string]func(member){"franz-go": franz, "sarama": saramaMember}[os.Args[1]](own)
}
