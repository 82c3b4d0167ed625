import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AlterClientQuotas,
  CreatePartitions,
  CreateTopics,
  DeleteTopics,
  errorCode,
  Fetch,
  Metadata,
  Produce,
} from '@gregor/protocol'
import { batchOf, BrokerFixture, FixtureConnection } from '../broker-fixture.ts'

type Entity = readonly (readonly [type: string, name: string | null])[]

async function limit(fixture: BrokerFixture, entity: Entity, key: string, value: number | 'none'): Promise<void> {
  const { entries } = await fixture.call(AlterClientQuotas, {
    entries: [
      {
        entity: entity.map(([entityType, entityName]) => ({ entityType, entityName })),
        ops: [{ key, value: value === 'none' ? 0 : value, remove: value === 'none' }],
      },
    ],
    validateOnly: false,
  })
  assert.equal(entries[0]?.errorCode, 0, entries[0]?.errorMessage ?? '')
}

function produceRequest(topicId: string, acks: number, byteCount: number) {
  const records = batchOf(['x'.repeat(byteCount)])
  return {
    transactionalId: null,
    acks,
    timeoutMs: 1000,
    topicData: [{ topicId, partitionData: [{ index: 0, records }] }],
  }
}

const fetchRequest = (topicId: string, fetchOffset = 0) => ({
  maxWaitMs: 0,
  minBytes: 1,
  topics: [{ topicId, partitions: [{ partition: 0, fetchOffset, partitionMaxBytes: 1_000_000 }] }],
})

describe('the quota on bytes produced', () => {
  it('lets the answer out at once, says how long to wait, and leaves the connection unread for so long', async () => {
    await using fixture = await BrokerFixture.start()
    const topicId = await fixture.createTopic('t')
    await limit(fixture, [['client-id', 'greedy']], 'producer_byte_rate', 1_000)
    const connection = new FixtureConnection()
    const caller = { clientId: 'greedy', connection }
    const before = fixture.environment.clock.monotonicMs()
    const answer = await fixture.call(Produce, produceRequest(topicId, 1, 20_000), caller)
    assert.equal(answer.responses[0]?.partitionResponses[0]?.errorCode, 0)
    // About 20,100 bytes within a window of 10 s: twice of what is allowed, so 10 s too many.
    assert.ok(answer.throttleTimeMs > 10_000 && answer.throttleTimeMs < 10_400, `${answer.throttleTimeMs}`)
    assert.deepEqual(connection.throttledMs, [answer.throttleTimeMs])
    assert.equal(fixture.environment.clock.monotonicMs(), before)
  })

  it('holds for acks=0, too, of which the client learns by not being read', async () => {
    await using fixture = await BrokerFixture.start()
    const topicId = await fixture.createTopic('t')
    await limit(fixture, [['client-id', null]], 'producer_byte_rate', 1_000)
    const connection = new FixtureConnection()
    assert.equal(await fixture.run(fixture.begin(Produce, produceRequest(topicId, 0, 20_000), { connection })), null)
    assert.equal(connection.throttledMs.length, 1)
  })

  it('leaves others alone, and everybody once it is taken back', async () => {
    await using fixture = await BrokerFixture.start()
    const topicId = await fixture.createTopic('t')
    await limit(fixture, [['client-id', 'greedy']], 'producer_byte_rate', 1_000)
    const modest = await fixture.call(Produce, produceRequest(topicId, 1, 20_000), { clientId: 'modest' })
    assert.equal(modest.throttleTimeMs, 0)
    await limit(fixture, [['client-id', 'greedy']], 'producer_byte_rate', 'none')
    const free = await fixture.call(Produce, produceRequest(topicId, 1, 20_000), { clientId: 'greedy' })
    assert.equal(free.throttleTimeMs, 0)
  })

  it('is there again after a restart', async () => {
    const first = await BrokerFixture.start()
    const topicId = await first.createTopic('t')
    await limit(first, [['user', null]], 'producer_byte_rate', 1_000)
    await first[Symbol.asyncDispose]()
    await using second = await BrokerFixture.start({ environment: first.environment })
    assert.ok((await second.call(Produce, produceRequest(topicId, 1, 20_000))).throttleTimeMs > 0)
  })
})

describe('the quota on bytes fetched', () => {
  it('answers a fetch that is over it with nothing, which does not count, and with all of it later', async () => {
    await using fixture = await BrokerFixture.start()
    const topicId = await fixture.createTopic('t')
    for (const letter of ['a', 'b', 'c']) await fixture.produce(topicId, 0, [letter.repeat(8_000)])
    await limit(fixture, [['user', 'ANONYMOUS']], 'consumer_byte_rate', 1_000)
    const connection = new FixtureConnection()
    const ask = (offset: number) => fixture.call(Fetch, fetchRequest(topicId, offset), { version: 13, connection })
    const first = await ask(0)
    assert.equal(first.throttleTimeMs, 0)
    const second = await ask(1)
    assert.ok(second.throttleTimeMs > 0)
    assert.deepEqual([second.errorCode, second.sessionId, second.responses], [0, 0, []])
    assert.deepEqual(connection.throttledMs, [second.throttleTimeMs])
    await fixture.advance(20_000)
    const third = await ask(1)
    assert.equal(third.throttleTimeMs, 0)
    assert.ok((third.responses[0]?.partitions[0]?.records?.length ?? 0) > 8_000)
  })

  it('never reads more at once than the window allows', async () => {
    await using fixture = await BrokerFixture.start()
    const topicId = await fixture.createTopic('t')
    for (const letter of ['a', 'b', 'c']) await fixture.produce(topicId, 0, [letter.repeat(6_000)])
    await limit(fixture, [['user', 'ANONYMOUS']], 'consumer_byte_rate', 1_000)
    const { responses } = await fixture.call(Fetch, fetchRequest(topicId), { version: 13 })
    const byteCount = responses[0]?.partitions[0]?.records?.length ?? 0
    // One of three batches: 10 samples of 1,000 bytes are 10,000.
    assert.ok(byteCount > 6_000 && byteCount < 10_000, `${byteCount}`)
  })

  it('goes on with the session of an incremental fetch', async () => {
    await using fixture = await BrokerFixture.start()
    const topicId = await fixture.createTopic('t')
    await fixture.produce(topicId, 0, ['a'.repeat(8_000)])
    const { sessionId } = await fixture.call(Fetch, { ...fetchRequest(topicId), sessionId: 0, sessionEpoch: 0 })
    assert.notEqual(sessionId, 0)
    await limit(fixture, [['user', 'ANONYMOUS']], 'consumer_byte_rate', 100)
    const over = await fixture.call(Fetch, { maxWaitMs: 0, minBytes: 1, topics: [], sessionId, sessionEpoch: 1 })
    assert.ok(over.throttleTimeMs > 0)
    assert.deepEqual([over.sessionId, over.responses.length], [sessionId, 0])
    await limit(fixture, [['user', 'ANONYMOUS']], 'consumer_byte_rate', 'none')
    const next = await fixture.call(Fetch, { maxWaitMs: 0, minBytes: 1, topics: [], sessionId, sessionEpoch: 2 })
    assert.deepEqual([next.errorCode, next.responses.length], [0, 1])
  })
})

describe('the quota on the time of requests', () => {
  it('throttles by a second at most whoever takes more than a share of a thread', async () => {
    await using fixture = await BrokerFixture.start()
    await limit(fixture, [['user', 'ANONYMOUS']], 'request_percentage', 1)
    const { clock } = fixture.environment
    // A thread that works: each look at the clock finds it half a second later.
    const monotonicMs = clock.monotonicMs.bind(clock)
    let workedMs = 0
    clock.monotonicMs = () => monotonicMs() + (workedMs += 500)
    const connection = new FixtureConnection()
    const { throttleTimeMs } = await fixture.call(Metadata, { topics: [] }, { connection })
    clock.monotonicMs = monotonicMs
    assert.deepEqual([throttleTimeMs, connection.throttledMs], [1_000, [1_000]])
  })
})

describe('the quota on changes of topics', () => {
  const topic = (name: string) => ({ name, numPartitions: 10, replicationFactor: 1, assignments: [], configs: [] })
  const outcome = (topics: readonly { readonly name: string | null; readonly errorCode: number }[]) =>
    topics.map(({ name, errorCode: code }) => [name, code])
  const exceeded = errorCode('THROTTLING_QUOTA_EXCEEDED')

  it('refuses what is over it, topic by topic, and throttles', async () => {
    await using fixture = await BrokerFixture.start()
    await limit(fixture, [['user', 'ANONYMOUS']], 'controller_mutation_rate', 1)
    const connection = new FixtureConnection()
    const request = { topics: ['a', 'b', 'c', 'd'].map(topic), timeoutMs: 1000 }
    const answer = await fixture.call(CreateTopics, request, { connection })
    // 11 tokens: the second topic overdraws them by 9.
    assert.deepEqual(outcome(answer.topics), [
      ['a', 0],
      ['b', 0],
      ['c', exceeded],
      ['d', exceeded],
    ])
    assert.deepEqual([answer.throttleTimeMs, connection.throttledMs], [9_000, [9_000]])
    await fixture.advance(10_000)
    const later = await fixture.call(CreateTopics, { topics: [topic('c')], timeoutMs: 1000 })
    assert.deepEqual(outcome(later.topics), [['c', 0]])
  })

  it('counts partitions that are added and topics that are deleted', async () => {
    await using fixture = await BrokerFixture.start()
    await fixture.createTopic('t', { partitions: 10 })
    await limit(fixture, [['user', 'ANONYMOUS']], 'controller_mutation_rate', 1)
    const more = { topics: [{ name: 't', count: 30, assignments: null }], timeoutMs: 1000, validateOnly: false }
    assert.deepEqual(outcome((await fixture.call(CreatePartitions, more)).results), [['t', 0]])
    const all = { topics: [{ name: 't', topicId: 'AAAAAAAAAAAAAAAAAAAAAA' }], timeoutMs: 1000 }
    const deletion = await fixture.call(DeleteTopics, all)
    assert.deepEqual(outcome(deletion.responses), [['t', exceeded]])
    assert.ok(deletion.throttleTimeMs > 0)
  })

  it('carries out what older versions ask for, and throttles afterwards', async () => {
    await using fixture = await BrokerFixture.start()
    await limit(fixture, [['user', 'ANONYMOUS']], 'controller_mutation_rate', 1)
    const request = { topics: ['a', 'b', 'c'].map(topic), timeoutMs: 1000 }
    const answer = await fixture.call(CreateTopics, request, { version: 5 })
    assert.deepEqual(outcome(answer.topics), [
      ['a', 0],
      ['b', 0],
      ['c', 0],
    ])
    assert.equal(answer.throttleTimeMs, 19_000)
  })
})
