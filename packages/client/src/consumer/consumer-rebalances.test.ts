import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  ConsumerGroupHeartbeat,
  JoinGroup,
  LeaveGroup,
  OffsetCommit,
  OffsetFetch,
  type ProtocolError,
  decodeSubscription,
  errorCode,
} from '@gregor/protocol'
import { CommitFailedError, KafkaError } from '../errors.ts'
import { FakeBrokers, shown } from './consumer-fixture.ts'
import type { Consumer } from './consumer.ts'
import type { ConsumerOptions } from './consumer-options.ts'
import type { TopicPartition } from './partition-set.ts'

const first = { topic: 'events', partition: 0 }
const second = { topic: 'events', partition: 1 }

describe('Consumer, in a group', () => {
  for (const groupProtocol of ['classic', 'consumer'] as const) {
    it(`joins, begins at committed offsets, commits and leaves when it is closed (${groupProtocol})`, async () => {
      const { brokers, consumer, told } = member({ groupProtocol })
      brokers.append('events', ['a', 'b'])
      brokers.offsets.set('events-0', { offset: 1, leaderEpoch: 5, metadata: '' })
      assert.deepEqual(shown(await brokers.run(consumer.poll({ timeoutMs: 2_000 }))), ['events-0@1=b'])
      assert.deepEqual(consumer.assignment, [first])
      assert.deepEqual(consumer.subscription, ['events'])
      assert.equal(consumer.groupMetadata().groupId, 'g')
      assert.equal(consumer.groupMetadata().generationId, 1)
      assert.equal(brokers.requests(OffsetFetch)[0]?.requireStable, true)
      await brokers.run(consumer.close())
      assert.deepEqual(told, ['assigned events-0', 'revoking events-0'])
      assert.deepEqual(brokers.offsets.get('events-0'), { offset: 2, leaderEpoch: 5, metadata: '' })
      const left =
        groupProtocol === 'classic'
          ? brokers.requests(LeaveGroup).length
          : brokers.requests(ConsumerGroupHeartbeat).filter(({ memberEpoch }) => memberEpoch === -1).length
      assert.equal(left, 1)
    })

    it(`begins where the listener seeks (${groupProtocol})`, async () => {
      const { brokers, consumer } = member({ groupProtocol, autoOffsetReset: 'latest' }, { isSubscribed: false })
      brokers.append('events', ['a', 'b', 'c'])
      consumer.subscribe(['events'], { assigned: (partitions) => partitions.forEach((one) => consumer.seek(one, 2)) })
      assert.deepEqual(shown(await brokers.run(consumer.poll({ timeoutMs: 2_000 }))), ['events-0@2=c'])
    })

    it(`loses everything when it was thrown out, and comes again (${groupProtocol})`, async () => {
      const { brokers, consumer, told } = member({
        groupProtocol,
        heartbeatIntervalMs: groupProtocol === 'classic' ? 3_000 : undefined,
      })
      await brokers.run(consumer.poll({ timeoutMs: 100 }))
      brokers.heartbeatError = 'UNKNOWN_MEMBER_ID'
      await brokers.run(brokers.pause(4_000))
      brokers.heartbeatError = 'NONE'
      brokers.memberEpoch = 7
      await brokers.run(consumer.poll({ timeoutMs: 1_000 }))
      assert.deepEqual(told, ['assigned events-0', 'lost events-0', 'assigned events-0'])
    })

    it(`warns of a slow owner, leaves without him, and comes again when he polls (${groupProtocol})`, async () => {
      const { brokers, consumer, told } = member({ groupProtocol, maxPollIntervalMs: 10_000 })
      brokers.append('events', ['a'])
      await brokers.run(consumer.poll({ timeoutMs: 100 }))
      await brokers.run(brokers.pause(8_500))
      assert.deepEqual(brokers.lines, ['WARN no poll for long: soon this member leaves its group'])
      await brokers.run(brokers.pause(3_000))
      assert.equal(brokers.lines.length, 2)
      const isGoodbye = ({ api, request }: { api: string; request: unknown }): boolean =>
        api === 'LeaveGroup' ||
        (api === 'ConsumerGroupHeartbeat' && (request as { memberEpoch: number }).memberEpoch === -1)
      assert.equal(brokers.asked.filter(isGoodbye).length, 1)
      await brokers.run(brokers.pause(60_000))
      assert.deepEqual(told, ['assigned events-0'])
      brokers.append('events', ['b'])
      // The offset of what was lost was not committed: it is read again.
      assert.deepEqual(shown(await brokers.run(consumer.poll({ timeoutMs: 1_000 }))), ['events-0@0=a', 'events-0@1=b'])
      assert.deepEqual(told, ['assigned events-0', 'lost events-0', 'assigned events-0'])
    })
  }

  it('beats while its owner is at work', async () => {
    const { brokers, consumer } = member({ heartbeatIntervalMs: 1_000 })
    await brokers.run(consumer.poll({ timeoutMs: 100 }))
    const before = brokers.asked.filter(({ api }) => api === 'Heartbeat').length
    await brokers.run(brokers.pause(10_000))
    const beats = brokers.asked.filter(({ api }) => api === 'Heartbeat').length - before
    assert.ok(beats >= 9 && beats <= 10, `${beats}`)
  })

  it('gives up and takes when its owner polls, not before, and commits what is given up', async () => {
    const { brokers, consumer, told } = member({ heartbeatIntervalMs: 1_000 })
    brokers.append('events', ['a'])
    await brokers.run(consumer.poll({ timeoutMs: 1_000 }))
    brokers.given = [['events', 1]]
    brokers.heartbeatError = 'REBALANCE_IN_PROGRESS'
    await brokers.run(brokers.pause(5_000))
    assert.deepEqual(told, ['assigned events-0'])
    assert.equal(brokers.requests(OffsetCommit).length, 0)
    await brokers.run(consumer.poll({ timeoutMs: 1_000 }))
    assert.deepEqual(told, ['assigned events-0', 'revoking events-0', 'assigned events-1'])
    assert.equal(brokers.offsets.get('events-0')?.offset, 1)
    assert.deepEqual(consumer.assignment, [second])
  })

  it('keeps what stays with it, if all its assignors are cooperative', async () => {
    const { brokers, consumer, told } = member({
      heartbeatIntervalMs: 1_000,
      partitionAssignmentStrategy: ['cooperative-sticky'],
    })
    brokers.given = [
      ['events', 0],
      ['events', 1],
    ]
    await brokers.run(consumer.poll({ timeoutMs: 1_000 }))
    brokers.given = [['events', 1]]
    brokers.heartbeatError = 'REBALANCE_IN_PROGRESS'
    await brokers.run(brokers.pause(2_000))
    await brokers.run(consumer.poll({ timeoutMs: 1_000 }))
    assert.deepEqual(told, ['assigned events-0 events-1', 'revoking events-0'])
    const last = brokers.requests(JoinGroup).at(-1)?.protocols[0]?.metadata
    assert.deepEqual(decodeSubscription(Buffer.from(last ?? [])).ownedPartitions, [
      { topic: 'events', partitions: [1] },
    ])
  })

  it('offers what the Java client offers, in its order', async () => {
    const { brokers, consumer } = member({ clientRack: 'b' })
    await brokers.run(consumer.poll({ timeoutMs: 100 }))
    const offered = brokers.requests(JoinGroup).at(-1)?.protocols ?? []
    assert.deepEqual(
      offered.map(({ name }) => name),
      ['range', 'cooperative-sticky'],
    )
    const said = decodeSubscription(Buffer.from(offered[0]?.metadata ?? []))
    assert.deepEqual([said.topics, said.rackId, said.userData], [['events'], 'b', null])
  })

  it('remains a static member when it is closed, unless it is told to leave', async () => {
    for (const leave of [undefined, true]) {
      const { brokers, consumer } = member({ groupInstanceId: 'fixed' })
      await brokers.run(consumer.poll({ timeoutMs: 100 }))
      await brokers.run(consumer.close(leave === undefined ? {} : { leave }))
      assert.equal(brokers.requests(LeaveGroup).length, leave === true ? 1 : 0)
    }
  })

  it('follows a RegExp as topics come, and leaves internal ones out', async () => {
    const { brokers, consumer } = member({}, { isSubscribed: false })
    brokers.addTopic('__events')
    consumer.subscribe(/event/)
    await brokers.run(consumer.poll({ timeoutMs: 100 }))
    assert.deepEqual(consumer.subscription, ['events'])
    brokers.addTopic('more-events')
    brokers.metadata.changed()
    await brokers.run(consumer.poll({ timeoutMs: 1_000 }))
    const metadata = brokers.requests(JoinGroup).at(-1)?.protocols[0]?.metadata
    assert.deepEqual(decodeSubscription(Buffer.from(metadata ?? [])).topics, ['events', 'more-events'])
  })

  it('has the coordinator match a pattern, in the consumer protocol only', async () => {
    const { brokers, consumer } = member({ groupProtocol: 'consumer' }, { isSubscribed: false })
    consumer.subscribe({ pattern: 'event.*' })
    await brokers.run(consumer.poll({ timeoutMs: 100 }))
    assert.equal(brokers.requests(ConsumerGroupHeartbeat)[0]?.subscribedTopicRegex, 'event.*')
    const classic = member({}, { isSubscribed: false }).consumer
    assert.throws(() => classic.subscribe({ pattern: 'event.*' }), /needs group.protocol=consumer/)
  })

  it('commits, from time to time, what earlier polls handed out', async () => {
    const { brokers, consumer } = member({ autoCommitIntervalMs: 5_000 })
    brokers.append('events', ['a'])
    await brokers.run(consumer.poll({ timeoutMs: 1_000 }))
    brokers.append('events', ['b'])
    await brokers.run(brokers.pause(6_000))
    assert.equal(brokers.offsets.size, 0)
    await brokers.run(consumer.poll({ timeoutMs: 1_000 }))
    await brokers.run(brokers.pause(10))
    assert.equal(brokers.offsets.get('events-0')?.offset, 1)
    // Nothing new, nothing to commit.
    await brokers.run(consumer.commit())
    const before = brokers.requests(OffsetCommit).length
    await brokers.run(brokers.pause(6_000))
    await brokers.run(consumer.poll({ timeoutMs: 1_000 }))
    await brokers.run(brokers.pause(10))
    assert.equal(brokers.requests(OffsetCommit).length, before)
  })

  it('refuses to poll for a time that is none', async () => {
    const { consumer } = member()
    for (const timeoutMs of [-1, Number.NaN]) {
      await assert.rejects(consumer.poll({ timeoutMs }), { code: 'INVALID_REQUEST', message: /does not wait/ })
    }
  })

  it('is closed when the time for that is up, whatever its listener does', async () => {
    const { brokers, consumer } = member({}, { isSubscribed: false })
    consumer.subscribe('events', { revoking: () => new Promise(() => undefined) })
    await brokers.run(consumer.poll({ timeoutMs: 1_000 }))
    const startedMs = brokers.world.time.nowMs
    const outcome = await brokers.run(
      Promise.race([consumer.close({ timeoutMs: 2_000 }), brokers.pause(60_000).then(() => 'never')]),
    )
    assert.equal(outcome, undefined)
    assert.ok(brokers.world.time.nowMs - startedMs <= 2_100)
  })

  it('commits what it is told to, with metadata, and finds it again', async () => {
    const { brokers, consumer } = member({ enableAutoCommit: false })
    await brokers.run(consumer.poll({ timeoutMs: 100 }))
    await brokers.run(consumer.commit([{ ...second, offset: 42, leaderEpoch: 3, metadata: 'half-way' }]))
    const found = await brokers.run(consumer.committed([first, second]))
    assert.deepEqual(found, [undefined, { ...second, offset: 42, leaderEpoch: 3, metadata: 'half-way' }])
    await brokers.run(consumer.close())
    assert.equal(brokers.offsets.has('events-0'), false)
  })

  const outcomes: readonly (readonly [ProtocolError, 'again' | 'CommitFailedError' | 'KafkaError'])[] = [
    ['COORDINATOR_LOAD_IN_PROGRESS', 'again'],
    ['NOT_COORDINATOR', 'again'],
    ['REQUEST_TIMED_OUT', 'again'],
    ['STALE_MEMBER_EPOCH', 'again'],
    ['UNKNOWN_MEMBER_ID', 'CommitFailedError'],
    ['ILLEGAL_GENERATION', 'CommitFailedError'],
    ['FENCED_INSTANCE_ID', 'CommitFailedError'],
    ['REBALANCE_IN_PROGRESS', 'CommitFailedError'],
    ['GROUP_AUTHORIZATION_FAILED', 'KafkaError'],
    ['OFFSET_METADATA_TOO_LARGE', 'KafkaError'],
  ]
  for (const [error, then] of outcomes) {
    it(`answers a commit that is refused with ${error} by ${then}`, async () => {
      const { brokers, consumer } = member({ enableAutoCommit: false })
      await brokers.run(consumer.poll({ timeoutMs: 100 }))
      let refusals = then === 'again' ? 1 : Infinity
      brokers.respond = (api, request: { topics: { topicId: string }[] }) =>
        api.key === OffsetCommit.key && refusals-- > 0 ? refusal(request.topics[0]?.topicId ?? '', error) : undefined
      const commit = brokers.run(consumer.commit([{ ...first, offset: 1 }], { timeoutMs: 5_000 }))
      if (then === 'again') {
        await commit
        assert.equal(brokers.offsets.get('events-0')?.offset, 1)
        return
      }
      const type = then === 'CommitFailedError' ? CommitFailedError : KafkaError
      await assert.rejects(commit, (thrown) => thrown instanceof type && thrown.code === error)
    })
  }

  it('does not let an older commit overtake a newer one', async () => {
    const { brokers, consumer } = member({ enableAutoCommit: false })
    await brokers.run(consumer.poll({ timeoutMs: 100 }))
    let refusals = 1
    brokers.respond = (api, request: { topics: { topicId: string }[] }) =>
      api.key === OffsetCommit.key && refusals-- > 0
        ? refusal(request.topics[0]?.topicId ?? '', 'COORDINATOR_LOAD_IN_PROGRESS')
        : undefined
    const older = consumer.commit([{ ...first, offset: 1 }])
    const newer = consumer.commit([{ ...first, offset: 2 }])
    await brokers.run(Promise.all([older, newer]))
    assert.equal(brokers.offsets.get('events-0')?.offset, 2)
  })

  it('tells what ended its membership, with what the coordinator said', async () => {
    const { brokers, consumer, told } = member({ groupProtocol: 'consumer' })
    await brokers.run(consumer.poll({ timeoutMs: 100 }))
    brokers.heartbeatError = 'UNSUPPORTED_ASSIGNOR'
    await brokers.run(brokers.pause(4_000))
    await assert.rejects(
      brokers.run(consumer.poll({ timeoutMs: 100 })),
      (error) =>
        error instanceof KafkaError &&
        error.code === 'UNSUPPORTED_ASSIGNOR' &&
        /said the coordinator/.test(error.message),
    )
    assert.deepEqual(told, ['assigned events-0', 'lost events-0'])
    // It may begin anew.
    brokers.heartbeatError = 'NONE'
    await brokers.run(consumer.unsubscribe())
    consumer.subscribe('events')
    brokers.memberEpoch = 9
    await brokers.run(consumer.poll({ timeoutMs: 1_000 }))
    assert.deepEqual(consumer.assignment, [first])
  })

  it('joins nothing after it was told to read by hand instead', async () => {
    const { brokers, consumer } = member()
    const polled = consumer.poll({ timeoutMs: 500 })
    await brokers.run(brokers.pause(0.1))
    await brokers.run(consumer.unsubscribe())
    consumer.assign([second])
    await brokers.run(polled)
    assert.equal(brokers.requests(JoinGroup).length, 0)
    assert.deepEqual(consumer.assignment, [second])
  })

  it('lets what a listener throws come out of poll, and goes on', async () => {
    const { brokers, consumer } = member({}, { isSubscribed: false })
    brokers.append('events', ['a'])
    consumer.subscribe('events', {
      assigned: () => {
        throw new RangeError('mine')
      },
    })
    await assert.rejects(brokers.run(consumer.poll({ timeoutMs: 1_000 })), RangeError)
    assert.equal((await brokers.run(consumer.poll({ timeoutMs: 1_000 }))).length, 1)
  })

  it('has the group share out anew, and tells why', async () => {
    const { brokers, consumer } = member()
    assert.throws(() => consumer.enforceRebalance(), /subscribe and poll first/)
    await brokers.run(consumer.poll({ timeoutMs: 100 }))
    consumer.enforceRebalance('because')
    await brokers.run(consumer.poll({ timeoutMs: 1_000 }))
    assert.equal(brokers.requests(JoinGroup).at(-1)?.reason, 'because')
  })
})

function member(
  options: ConsumerOptions = {},
  { isSubscribed = true }: { isSubscribed?: boolean } = {},
): { readonly brokers: FakeBrokers; readonly consumer: Consumer; readonly told: string[] } {
  const brokers = new FakeBrokers()
  brokers.addTopic('events', 2)
  brokers.given = [['events', 0]]
  const consumer = brokers.consumer({ groupId: 'g', autoOffsetReset: 'earliest', ...options })
  const told: string[] = []
  const tell = (word: string) => (partitions: readonly TopicPartition[]) => {
    told.push([word, ...partitions.map(({ topic, partition }) => `${topic}-${partition}`)].join(' '))
  }
  const listener = { assigned: tell('assigned'), revoking: tell('revoking'), lost: tell('lost') }
  if (isSubscribed) consumer.subscribe('events', listener)
  return { brokers, consumer, told }
}

function refusal(topicId: string, error: ProtocolError): unknown {
  const partitions = [{ partitionIndex: 0, errorCode: errorCode(error) }]
  return { throttleTimeMs: 0, topics: [{ name: '', topicId, partitions }] }
}
