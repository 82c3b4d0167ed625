package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

const commitVersion = 8

// commit keeps commits in flight, each connection for a group of its own, of all partitions at once.
func commit(o *options) (any, error) {
	if err := partitionsReady(o); err != nil {
		return nil, err
	}
	if err := coordinated(o); err != nil {
		return nil, err
	}
	producers := make([]*producer, o.connections)
	for i := range producers {
		connection, err := dial(o)
		if err != nil {
			return nil, err
		}
		defer connection.Close()
		producers[i] = newProducer(connection, commitFrame(o, fmt.Sprintf("%s-%d", o.topic, i)), o.inFlight, committedError)
	}
	return runAll(o, producers, 1, int64(o.partitions))
}

func commitFrame(o *options, group string) []byte {
	request := kmsg.NewPtrOffsetCommitRequest()
	request.Version = commitVersion
	request.Group = group
	request.Generation = -1
	topic := kmsg.NewOffsetCommitRequestTopic()
	topic.Topic = o.topic
	for index := range o.partitions {
		partition := kmsg.NewOffsetCommitRequestTopicPartition()
		partition.Partition = int32(index)
		partition.Offset = 4711
		partition.LeaderEpoch = 0
		topic.Partitions = append(topic.Partitions, partition)
	}
	request.Topics = append(request.Topics, topic)
	return frame(request)
}

func committedError(answer []byte) (int, error) {
	response := kmsg.NewPtrOffsetCommitResponse()
	response.Version = commitVersion
	if err := response.ReadFrom(answer[5:]); err != nil {
		return 0, err
	}
	for _, topic := range response.Topics {
		for _, partition := range topic.Partitions {
			if partition.ErrorCode != 0 {
				return 0, fmt.Errorf("OffsetCommit answered with error %d", partition.ErrorCode)
			}
		}
	}
	// Correlation id and tags; throttle time; lengths of two arrays and of the topic’s name; the partition.
	return 5 + 4 + 1 + int(answer[10]) + 1 + 4, nil
}

// coordinated waits until there is a coordinator for every group.
func coordinated(o *options) error {
	_, err := administer(o, func(ctx context.Context, client *kgo.Client) error {
		request := kmsg.NewPtrDescribeGroupsRequest()
		for i := range max(o.groups, o.connections) {
			request.Groups = append(request.Groups, fmt.Sprintf("%s-%d", o.topic, i))
		}
		// The first to ask makes the topic, which takes its time.
		for {
			if _, err := request.RequestWith(ctx, client); err == nil || ctx.Err() != nil {
				return err
			}
			time.Sleep(100 * time.Millisecond)
		}
	})
	return err
}

// stable measures from the first JoinGroup until every group has all of its members in one generation, each with its
// assignment. The members come all at once.
func stable(o *options) (any, error) {
	return withMembers(o, func(groups []*group) (*measured, error) {
		began := time.Now()
		for _, each := range groups {
			for _, one := range each.members {
				one.start()
			}
		}
		for _, each := range groups {
			if err := each.untilShared(o.members); err != nil {
				return nil, err
			}
		}
		return &measured{Seconds: time.Since(began).Seconds(), Requests: int64(len(groups))}, nil
	})
}

// leave measures, of one stable group after the other, from the LeaveGroup of a member until all others have their new
// assignment.
func leave(o *options) (any, error) {
	pauses := &latencies{}
	result := &measured{}
	for i := range o.groups {
		one := *o
		one.groups, one.topic = 1, fmt.Sprintf("%s-%d", o.topic, i)
		_, err := withMembers(&one, func(groups []*group) (*measured, error) {
			pause, err := groups[0].pauseOfLeaving()
			pauses.add(pause)
			result.Seconds += pause.Seconds()
			result.Requests++
			return result, err
		})
		if err != nil {
			return nil, err
		}
	}
	pauses.into(result)
	return result, nil
}

func (g *group) pauseOfLeaving() (time.Duration, error) {
	for _, one := range g.members {
		one.start()
	}
	if err := g.untilShared(len(g.members)); err != nil {
		return 0, err
	}
	began := time.Now()
	if err := g.members[len(g.members)-1].leave(); err != nil {
		return 0, err
	}
	err := g.untilShared(len(g.members) - 1)
	return time.Since(began), err
}

func withMembers(o *options, measure func([]*group) (*measured, error)) (any, error) {
	if err := coordinated(o); err != nil {
		return nil, err
	}
	heartbeat := time.Duration(o.heartbeatMs) * time.Millisecond
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	groups := make([]*group, o.groups)
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	for i := range groups {
		each := &group{name: fmt.Sprintf("%s-%d", o.topic, i), ctx: ctx, has: map[*member]int32{}, changed: make(chan struct{}, 1)}
		for range o.members {
			client, err := kgo.NewClient(kgo.SeedBrokers(o.broker))
			if err != nil {
				return nil, err
			}
			defer client.Close()
			// Known addresses and open connections are no part of what is measured.
			if err := client.Ping(ctx); err != nil {
				return nil, err
			}
			own, stop := context.WithCancel(ctx)
			one := &member{group: each, client: client, ctx: own, stop: stop, running: &running, heartbeat: heartbeat}
			each.members = append(each.members, one)
		}
		groups[i] = each
	}
	return measure(groups)
}

type group struct {
	name    string
	ctx     context.Context
	members []*member
	mutex   sync.Mutex
	// The generation in which a member was last given its assignment.
	has     map[*member]int32
	err     error
	changed chan struct{}
}

func (g *group) tell(change func()) {
	g.mutex.Lock()
	change()
	g.mutex.Unlock()
	select {
	case g.changed <- struct{}{}:
	default:
	}
}

// untilShared waits until so many members have an assignment of the same generation.
func (g *group) untilShared(count int) error {
	for {
		g.mutex.Lock()
		isShared, err := g.isShared(count), g.err
		g.mutex.Unlock()
		if err != nil || isShared {
			return err
		}
		select {
		case <-g.changed:
		case <-g.ctx.Done():
			return fmt.Errorf("group %s is not stable in time", g.name)
		}
	}
}

func (g *group) isShared(count int) bool {
	generations := map[int32]int{}
	for _, generation := range g.has {
		generations[generation]++
	}
	return len(g.has) == count && len(generations) == 1
}

// member of a classic group: joins, assigns if it leads, and beats until it is told to join again.
type member struct {
	group      *group
	client     *kgo.Client
	ctx        context.Context
	stop       context.CancelFunc
	running    *sync.WaitGroup
	ended      chan struct{}
	id         string
	generation int32
	// What a member does not ask it does not learn: this bounds from below how soon a rebalance is known.
	heartbeat time.Duration
}

func (m *member) start() {
	m.ended = make(chan struct{})
	m.running.Go(func() {
		defer close(m.ended)
		for m.ctx.Err() == nil {
			err := m.share()
			if err == nil {
				err = m.beat()
			}
			if err != nil && m.ctx.Err() == nil && !errors.Is(err, kerr.RebalanceInProgress) {
				m.group.tell(func() { m.group.err = err })
				return
			}
		}
	})
}

// leave stops the member, and takes it out of its group.
func (m *member) leave() error {
	m.stop()
	<-m.ended
	m.group.tell(func() { clear(m.group.has) })
	request := kmsg.NewPtrLeaveGroupRequest()
	request.Group = m.group.name
	leaver := kmsg.NewLeaveGroupRequestMember()
	leaver.MemberID = m.id
	request.Members = append(request.Members, leaver)
	response, err := request.RequestWith(m.group.ctx, m.client)
	if err != nil {
		return err
	}
	return kerr.ErrorForCode(response.ErrorCode)
}

// share joins, and returns once the member has its assignment.
func (m *member) share() error {
	joined, err := m.join()
	if err != nil {
		return err
	}
	request := kmsg.NewPtrSyncGroupRequest()
	request.Group = m.group.name
	request.MemberID = m.id
	request.Generation = m.generation
	request.ProtocolType = kmsg.StringPtr("consumer")
	request.Protocol = kmsg.StringPtr("range")
	for index, each := range joined.Members {
		assigned := kmsg.NewSyncGroupRequestGroupAssignment()
		assigned.MemberID = each.MemberID
		assigned.MemberAssignment = assignment(index)
		request.GroupAssignment = append(request.GroupAssignment, assigned)
	}
	response, err := request.RequestWith(m.ctx, m.client)
	if err != nil {
		return err
	}
	if err := kerr.ErrorForCode(response.ErrorCode); err != nil {
		return err
	}
	m.group.tell(func() { m.group.has[m] = m.generation })
	return nil
}

func (m *member) join() (*kmsg.JoinGroupResponse, error) {
	for {
		request := kmsg.NewPtrJoinGroupRequest()
		request.Group = m.group.name
		request.MemberID = m.id
		request.SessionTimeoutMillis = 45_000
		request.RebalanceTimeoutMillis = 60_000
		request.ProtocolType = "consumer"
		protocol := kmsg.NewJoinGroupRequestProtocol()
		protocol.Name = "range"
		protocol.Metadata = subscription
		request.Protocols = append(request.Protocols, protocol)
		response, err := request.RequestWith(m.ctx, m.client)
		if err != nil {
			return nil, err
		}
		err = kerr.ErrorForCode(response.ErrorCode)
		if response.MemberID != "" {
			m.id = response.MemberID
		}
		if !errors.Is(err, kerr.MemberIDRequired) {
			m.generation = response.Generation
			return response, err
		}
	}
}

func (m *member) beat() error {
	for {
		select {
		case <-m.ctx.Done():
			return m.ctx.Err()
		case <-time.After(m.heartbeat):
		}
		request := kmsg.NewPtrHeartbeatRequest()
		request.Group = m.group.name
		request.MemberID = m.id
		request.Generation = m.generation
		response, err := request.RequestWith(m.ctx, m.client)
		if err != nil {
			return err
		}
		if err := kerr.ErrorForCode(response.ErrorCode); err != nil {
			return err
		}
	}
}

var subscription = func() []byte {
	metadata := kmsg.NewConsumerMemberMetadata()
	metadata.Version = 1
	metadata.Topics = []string{"bench"}
	return metadata.AppendTo(nil)
}()

func assignment(partition int) []byte {
	assigned := kmsg.NewConsumerMemberAssignment()
	topic := kmsg.NewConsumerMemberAssignmentTopic()
	topic.Topic = "bench"
	topic.Partitions = []int32{int32(partition)}
	assigned.Topics = append(assigned.Topics, topic)
	return assigned.AppendTo(nil)
}
