import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ZERO_UUID } from '@gregor/base'
import { UNASSIGNED_DIRECTORY } from '@gregor/metadata'
import {
  AssignReplicasToDirs,
  DescribeLogDirs,
  FindCoordinator,
  Metadata,
  OffsetFetch,
  Produce,
  errorName,
} from '@gregor/protocol'
import { BrokerFixture } from '../broker-fixture.ts'
import { ControllerCalls } from '../metadata/controller-calls.ts'
import {
  decodedAnswer,
  fetchFrom,
  idempotentBatch,
  produceRequest,
  produceTo,
  producedOf,
  sentBatch,
  type Produced,
  type SentTo,
} from '../produce-fixture.ts'

const synced = { 'flush.messages': '1' }

async function topic(fixture: BrokerFixture, name: string, configs: Record<string, string> = {}): Promise<SentTo> {
  return { topic: name, topicId: await fixture.createTopic(name, { configs }) }
}

/** Syncs, and what else goes through the pool, take so long from now on. */
function slowDisk({ environment }: BrokerFixture, ms: number): void {
  environment.disk.setLatency({ minMs: ms, maxMs: ms })
}

async function begun(fixture: BrokerFixture, to: SentTo, records: Buffer): Promise<Produced> {
  return producedOf(decodedAnswer(Produce, await fixture.begin(Produce, produceRequest(to, records))))
}

describe('a topic with flush.messages=1', () => {
  it('acknowledges nothing, and shows nothing to anybody, before it is synced', async () => {
    await using fixture = await BrokerFixture.start()
    const to = await topic(fixture, 'safe', synced)
    for (const acks of [1, -1]) {
      const { baseOffset: before } = await produceTo(fixture, to, sentBatch(['before']))
      slowDisk(fixture, 100)
      let isAnswered = false
      const answer = begun(fixture, { ...to, acks }, sentBatch(['a'])).finally(() => {
        isAnswered = true
      })
      await fixture.advance(50)
      assert.equal(isAnswered, false)
      const early = await fetchFrom(fixture, { ...to, offset: before })
      assert.deepEqual([early.values, early.highWatermark], [['before'], before + 1])
      assert.equal((await fixture.run(answer)).baseOffset, before + 1)
      assert.deepEqual((await fetchFrom(fixture, { ...to, offset: before })).values, ['before', 'a'])
      fixture.environment.disk.setLatency(undefined)
    }
  })

  it('syncs for all that waits at once', async () => {
    await using fixture = await BrokerFixture.start()
    const to = await topic(fixture, 'safe', synced)
    await produceTo(fixture, to, sentBatch(['first']))
    slowDisk(fixture, 100)
    const startMs = fixture.environment.clock.monotonicMs()
    const answers = Array.from({ length: 50 }, (_, index) => begun(fixture, to, sentBatch([`r${index}`])))
    const offsets = (await fixture.run(Promise.all(answers))).map(({ baseOffset }) => baseOffset)
    assert.deepEqual(
      offsets,
      Array.from({ length: 50 }, (_, index) => index + 1),
    )
    const tookMs = fixture.environment.clock.monotonicMs() - startMs
    assert.ok(tookMs >= 100 && tookMs < 350, `${tookMs} ms`)
  })

  it('wakes a waiting reader when the records are synced', async () => {
    await using fixture = await BrokerFixture.start()
    const to = await topic(fixture, 'safe', synced)
    slowDisk(fixture, 100)
    const startMs = fixture.environment.clock.monotonicMs()
    const answer = begun(fixture, to, sentBatch(['a']))
    const read = await fetchFrom(fixture, { ...to, maxWaitMs: 10_000 })
    assert.deepEqual(read.values, ['a'])
    const tookMs = fixture.environment.clock.monotonicMs() - startMs
    assert.ok(tookMs >= 100 && tookMs < 350, `${tookMs} ms`)
    assert.equal((await fixture.run(answer)).error, 'NONE')
  })

  it('says REQUEST_TIMED_OUT when the sync takes longer than the client waits, though the records stay', async () => {
    await using fixture = await BrokerFixture.start()
    const to = await topic(fixture, 'safe', synced)
    slowDisk(fixture, 5_000)
    const answer = await produceTo(fixture, { ...to, timeoutMs: 300 }, sentBatch(['late']))
    assert.equal(answer.error, 'REQUEST_TIMED_OUT')
    assert.equal(answer.baseOffset, -1)
    assert.equal((await fetchFrom(fixture, to)).highWatermark, 0)
    await fixture.advance(20_000)
    const { values, highWatermark } = await fetchFrom(fixture, to)
    assert.deepEqual([values, highWatermark], [['late'], 1])
  })

  it('does not acknowledge a repetition before the first one is synced', async () => {
    await using fixture = await BrokerFixture.start()
    const to = await topic(fixture, 'safe', synced)
    slowDisk(fixture, 100)
    const batch = (): Buffer => idempotentBatch(['once'], { producerId: 1, baseSequence: 0 })
    const first = begun(fixture, to, batch())
    let isAnswered = false
    const second = begun(fixture, to, batch()).finally(() => {
      isAnswered = true
    })
    await fixture.advance(50)
    assert.equal(isAnswered, false)
    const answers = await fixture.run(Promise.all([first, second]))
    assert.deepEqual(
      answers.map(({ error, baseOffset }) => [error, baseOffset]),
      [
        ['NONE', 0],
        ['NONE', 0],
      ],
    )
    assert.deepEqual((await fetchFrom(fixture, to)).values, ['once'])
  })

  it('answers acks 0 with nothing, synced or not', async () => {
    await using fixture = await BrokerFixture.start()
    const to = await topic(fixture, 'safe', synced)
    slowDisk(fixture, 100)
    const answer = await fixture.run(fixture.begin(Produce, produceRequest({ ...to, acks: 0 }, sentBatch(['a']))))
    assert.equal(answer, null)
    await fixture.advance(1_000)
    assert.deepEqual((await fetchFrom(fixture, to)).values, ['a'])
  })
})

describe('a topic whose policy changes while it is written to', () => {
  it('shows at once what had waited for a sync, once it need not wait', async () => {
    await using fixture = await BrokerFixture.start()
    const to = await topic(fixture, 'events')
    assert.equal((await produceTo(fixture, to, sentBatch(['a']))).error, 'NONE')
    const [partition] = fixture.broker.services.replicas.all()
    assert.ok(partition !== undefined)
    partition.configure({ ...partition.config, flushMessages: 1 })
    slowDisk(fixture, 5_000)
    const answer = begun(fixture, { ...to, timeoutMs: 60_000 }, sentBatch(['b']))
    await fixture.advance(50)
    partition.configure({ ...partition.config, flushMessages: Infinity })
    assert.deepEqual((await fetchFrom(fixture, to)).values, ['a', 'b'])
    assert.equal((await fixture.run(answer)).error, 'NONE')
  })
})

describe('a disk that fails', () => {
  const properties = { 'log.dirs': '/one,/two', 'metadata.log.dir': '/meta' }

  /** A topic in each directory. */
  async function inBoth(fixture: BrokerFixture): Promise<{ one: SentTo; two: SentTo }> {
    const placed: Record<string, SentTo> = {}
    for (const name of ['t1', 't2', 't3', 't4']) {
      const to = await topic(fixture, name, synced)
      const found = fixture.broker.services.replicas.hosted(name, 0)
      assert.ok(typeof found !== 'string')
      placed[found.log.directory.split('/')[1] ?? ''] ??= to
    }
    const { one, two } = placed
    assert.ok(one !== undefined && two !== undefined)
    return { one, two }
  }

  async function directoryErrors(fixture: BrokerFixture): Promise<Record<string, string>> {
    const { results } = await fixture.call(DescribeLogDirs, { topics: null })
    return Object.fromEntries(results.map(({ logDir, errorCode }) => [logDir, errorName(errorCode)]))
  }

  async function partitionsOf(fixture: BrokerFixture, sent: readonly SentTo[]) {
    const topics = sent.map(({ topic: name }) => ({ topicId: ZERO_UUID, name: name ?? null }))
    const answer = await fixture.call(Metadata, { topics, allowAutoTopicCreation: false })
    return sent.map(({ topic: name }) => {
      const [partition] = answer.topics.find((one) => one.name === name)?.partitions ?? []
      assert.ok(partition !== undefined)
      const { errorCode: code, leaderId, offlineReplicas } = partition
      return { error: errorName(code), leaderId, offlineReplicas }
    })
  }

  it('goes offline after a failed sync, which is not tried again, while the other goes on', async () => {
    await using fixture = await BrokerFixture.start({ properties })
    const { one, two } = await inBoth(fixture)
    await produceTo(fixture, one, sentBatch(['kept']))
    fixture.environment.disk.faults.add({ operation: 'sync', path: /^\/one\/t.*\.log$/ })
    assert.equal((await produceTo(fixture, one, sentBatch(['lost']))).error, 'KAFKA_STORAGE_ERROR')
    fixture.environment.disk.faults.clear()
    assert.equal((await produceTo(fixture, one, sentBatch(['again']))).error, 'KAFKA_STORAGE_ERROR')
    assert.equal((await fetchFrom(fixture, one)).error, 'KAFKA_STORAGE_ERROR')
    assert.equal((await fetchFrom(fixture, one, { version: 5 })).error, 'NOT_LEADER_OR_FOLLOWER')
    assert.equal((await directoryErrors(fixture))['/one'], 'KAFKA_STORAGE_ERROR')
    assert.equal((await directoryErrors(fixture))['/two'], 'NONE')
    assert.equal((await produceTo(fixture, two, sentBatch(['a']))).error, 'NONE')
    assert.deepEqual((await fetchFrom(fixture, two)).values, ['a'])
  })

  it('leaves its partitions without a leader, as Metadata tells, until the node starts again', async () => {
    const first = await BrokerFixture.start({ properties })
    const { one, two } = await inBoth(first)
    assert.equal((await produceTo(first, one, sentBatch(['kept']))).error, 'NONE')
    first.environment.disk.faults.add({ operation: 'sync', path: /^\/one\/t.*\.log$/ })
    assert.equal((await produceTo(first, one, sentBatch(['lost']))).error, 'KAFKA_STORAGE_ERROR')
    await first.advance(10_000)
    const told = await partitionsOf(first, [one, two])
    assert.deepEqual(told, [
      { error: 'LEADER_NOT_AVAILABLE', leaderId: -1, offlineReplicas: [1] },
      { error: 'NONE', leaderId: 1, offlineReplicas: [] },
    ])
    for (const name of ['t5', 't6']) {
      await first.createTopic(name)
      const found = first.broker.services.replicas.hosted(name, 0)
      assert.ok(typeof found !== 'string' && found.log.directory.startsWith('/two/'))
    }
    await first[Symbol.asyncDispose]()
    await using second = await BrokerFixture.start({ properties, environment: first.environment })
    await second.advance(1_000)
    assert.deepEqual(await partitionsOf(second, [one, two]), [
      { error: 'NONE', leaderId: 1, offlineReplicas: [] },
      { error: 'NONE', leaderId: 1, offlineReplicas: [] },
    ])
    assert.deepEqual((await fetchFrom(second, one)).values[0], 'kept')
  })

  it('that is not there at the next start keeps its partitions, which are made nowhere else', async () => {
    const first = await BrokerFixture.start({ properties })
    const { environment } = first
    const { one, two } = await inBoth(first)
    await produceTo(first, one, sentBatch(['kept']))
    await first.advance(1_000)
    await first[Symbol.asyncDispose]()
    environment.disk.faults.add({ operation: 'lock', path: /^\/one/ })
    const second = await BrokerFixture.start({ properties, environment })
    await second.advance(1_000)
    assert.deepEqual(await partitionsOf(second, [one, two]), [
      { error: 'LEADER_NOT_AVAILABLE', leaderId: -1, offlineReplicas: [1] },
      { error: 'NONE', leaderId: 1, offlineReplicas: [] },
    ])
    assert.equal((await produceTo(second, one, sentBatch(['elsewhere']))).error, 'KAFKA_STORAGE_ERROR')
    assert.equal((await produceTo(second, two, sentBatch(['a']))).error, 'NONE')
    assert.equal(environment.disk.stat(`/two/${one.topic}-0`), undefined)
    await second[Symbol.asyncDispose]()
    await using third = await BrokerFixture.start({ properties, environment })
    assert.deepEqual((await fetchFrom(third, one)).values, ['kept'])
    assert.equal((await produceTo(third, one, sentBatch(['again']))).error, 'NONE')
  })

  it('that is not there at the next start keeps what was not assigned to any directory yet, too', async () => {
    const first = await BrokerFixture.start({ properties })
    const { environment } = first
    const { one } = await inBoth(first)
    await produceTo(first, one, sentBatch(['kept']))
    await first.advance(1_000)
    const { controller, clock, metadata } = first.broker.services
    const brokerEpoch = metadata.image.brokers.get(1)?.epoch ?? -1
    // A node that stops tells no more where its logs are.
    const stopped = first.broker.stop()
    const topics = [{ topicId: one.topicId ?? '', partitions: [{ partitionIndex: 0 }] }]
    const directories = [{ id: UNASSIGNED_DIRECTORY, topics }]
    const request = { brokerId: 1, brokerEpoch, directories }
    await first.run(new ControllerCalls(controller, clock).call(AssignReplicasToDirs, request, { timeoutMs: 1_000 }))
    await first.run(stopped)
    environment.disk.faults.add({ operation: 'lock', path: /^\/one/ })
    const second = await BrokerFixture.start({ properties, environment })
    const { image } = second.broker.services.metadata
    assert.deepEqual(image.topics.byName.get(one.topic ?? '')?.partitions[0]?.directories, [UNASSIGNED_DIRECTORY])
    assert.equal((await produceTo(second, one, sentBatch(['elsewhere']))).error, 'KAFKA_STORAGE_ERROR')
    assert.equal(environment.disk.stat(`/two/${one.topic}-0`), undefined)
    await second[Symbol.asyncDispose]()
    await using third = await BrokerFixture.start({ properties, environment })
    assert.deepEqual((await fetchFrom(third, one)).values, ['kept'])
  })

  it('answers every request that waited for the sync', async () => {
    await using fixture = await BrokerFixture.start({ properties })
    const { one } = await inBoth(fixture)
    slowDisk(fixture, 50)
    fixture.environment.disk.faults.add({ operation: 'sync', path: /^\/one\/t.*\.log$/, times: Infinity })
    const answers = await fixture.run(
      Promise.all([0, 1, 2].map((index) => begun(fixture, one, sentBatch([`r${index}`])))),
    )
    assert.deepEqual(
      answers.map(({ error }) => error),
      ['KAFKA_STORAGE_ERROR', 'KAFKA_STORAGE_ERROR', 'KAFKA_STORAGE_ERROR'],
    )
  })

  it('goes offline after a failed write', async () => {
    await using fixture = await BrokerFixture.start({ properties })
    const { one, two } = await inBoth(fixture)
    fixture.environment.disk.faults.add({ operation: 'write', path: /^\/one\/t.*\.log$/ })
    assert.equal((await produceTo(fixture, one, sentBatch(['a']))).error, 'KAFKA_STORAGE_ERROR')
    assert.equal((await directoryErrors(fixture))['/one'], 'KAFKA_STORAGE_ERROR')
    assert.equal((await produceTo(fixture, two, sentBatch(['a']))).error, 'NONE')
  })

  it('wakes who waits for records of it, with the error', async () => {
    await using fixture = await BrokerFixture.start({ properties })
    const { one } = await inBoth(fixture)
    fixture.environment.disk.faults.add({ operation: 'sync', path: /^\/one\/t.*\.log$/ })
    const startMs = fixture.environment.clock.monotonicMs()
    const produced = begun(fixture, one, sentBatch(['a']))
    const read = await fetchFrom(fixture, { ...one, maxWaitMs: 60_000 })
    assert.equal(read.error, 'KAFKA_STORAGE_ERROR')
    assert.ok(fixture.environment.clock.monotonicMs() - startMs < 1_000)
    await fixture.run(produced)
  })
})

describe('a disk that is full', () => {
  it('refuses writes, takes back what was written of them, lets reads go on, and takes writes when there is space', async () => {
    await using fixture = await BrokerFixture.start()
    const to = await topic(fixture, 'events')
    await produceTo(fixture, to, idempotentBatch(['a'], { producerId: 1, baseSequence: 0 }))
    const { disk } = fixture.environment
    disk.faults.add({ operation: 'write', path: /events-0\/.*\.log$/, code: 'ENOSPC', writtenBytes: 30, times: 2 })
    const next = (): Buffer => idempotentBatch(['b'], { producerId: 1, baseSequence: 1 })
    for (const version of [3, 13]) {
      const answer = await produceTo(fixture, to, next(), { version })
      assert.equal(answer.error, 'KAFKA_STORAGE_ERROR')
      assert.deepEqual((await fetchFrom(fixture, to)).values, ['a'])
    }
    assert.equal((await produceTo(fixture, to, next())).baseOffset, 1)
    assert.deepEqual((await fetchFrom(fixture, to)).values, ['a', 'b'])
  })

  it('brings new partitions up once there is space, and their coordinators', async () => {
    await using fixture = await BrokerFixture.start()
    const { disk } = fixture.environment
    disk.faults.add({ operation: 'write', path: /-\d+\/partition\.metadata/, code: 'ENOSPC', times: Infinity })
    const to = await topic(fixture, 'events')
    const asked = { keyType: 0, coordinatorKeys: ['g'] }
    await fixture.call(FindCoordinator, asked)
    await fixture.advance(2_500)
    assert.equal((await produceTo(fixture, to, sentBatch(['a']))).error, 'KAFKA_STORAGE_ERROR')
    disk.faults.clear()
    await fixture.advance(1_500)
    assert.equal((await produceTo(fixture, to, sentBatch(['a']))).error, 'NONE')
    assert.deepEqual((await fetchFrom(fixture, to)).values, ['a'])
    assert.equal((await fixture.call(FindCoordinator, asked)).coordinators[0]?.errorCode, 0)
    const { groups } = await fixture.call(OffsetFetch, { groups: [{ groupId: 'g', topics: null }] })
    assert.equal(groups[0]?.errorCode, 0)
  })
})
