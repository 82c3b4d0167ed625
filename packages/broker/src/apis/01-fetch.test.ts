import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { DeleteRecords, DeleteTopics, Fetch, batchSizeAt, errorName } from '@gregor/protocol'
import type { RequestInput, ResponseOf } from '@gregor/protocol'
import { BrokerFixture, FixtureConnection, type Caller } from '../broker-fixture.ts'
import {
  decodedAnswer,
  fetchFrom,
  fetchRequest,
  fetchedOf,
  idempotentBatch,
  produceTo,
  sentBatch,
  valuesOf,
  type FetchedFrom,
  type SentTo,
} from '../produce-fixture.ts'

const versions = [4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18]
const unknownId = 'AAAAAAAAAAAAAAAAAAAAZg'

async function topic(fixture: BrokerFixture, name: string, partitions = 1): Promise<SentTo> {
  return { topic: name, topicId: await fixture.createTopic(name, { partitions }) }
}

describe('Fetch', () => {
  let fixture: BrokerFixture
  let letters: SentTo
  before(async () => {
    fixture = await BrokerFixture.start()
    letters = await topic(fixture, 'letters')
    for (const values of [['a', 'b'], ['c'], ['d', 'e', 'f']]) await produceTo(fixture, letters, sentBatch(values))
  })
  after(() => fixture[Symbol.asyncDispose]())

  it('gives the records from an offset on, in every version', async () => {
    for (const version of versions) {
      const answer = await fetchFrom(fixture, { ...letters, offset: 2 }, { version })
      assert.equal(answer.error, 'NONE', `version ${version}`)
      assert.deepEqual(answer.values, ['c', 'd', 'e', 'f'])
      assert.equal(answer.highWatermark, 6)
      assert.equal(answer.lastStableOffset, 6)
      assert.equal(answer.logStartOffset, version >= 5 ? 0 : -1)
      assert.equal(answer.abortedTransactions, null)
    }
  })

  it('begins with the batch that holds the offset', async () => {
    const { records } = await fetchFrom(fixture, { ...letters, offset: 4 })
    assert.deepEqual(valuesOf(records ?? Buffer.alloc(0)), ['d', 'e', 'f'])
  })

  it('gives nothing at the end of the log, and refuses what is not within it', async () => {
    assert.deepEqual((await fetchFrom(fixture, { ...letters, offset: 6 })).values, [])
    for (const version of versions) {
      for (const offset of [7, -1]) {
        const answer = await fetchFrom(fixture, { ...letters, offset }, { version })
        assert.equal(answer.error, 'OFFSET_OUT_OF_RANGE')
        assert.equal(answer.highWatermark, -1)
      }
    }
  })

  it('refuses what it does not know', async () => {
    const none = { topic: 'none', topicId: unknownId }
    assert.equal((await fetchFrom(fixture, none, { version: 12 })).error, 'UNKNOWN_TOPIC_OR_PARTITION')
    assert.equal((await fetchFrom(fixture, none)).error, 'UNKNOWN_TOPIC_ID')
    const { error, abortedTransactions } = await fetchFrom(fixture, { ...letters, partition: 1 })
    assert.deepEqual([error, abortedTransactions], ['UNKNOWN_TOPIC_OR_PARTITION', []])
  })

  it('gives whole batches within the bytes asked for, but at least one', async () => {
    const first = sentBatch(['a', 'b']).length
    const second = sentBatch(['c']).length
    const read = async (partitionMaxBytes: number): Promise<readonly string[]> =>
      (await fetchFrom(fixture, { ...letters, partitionMaxBytes })).values
    assert.deepEqual(await read(0), ['a', 'b'])
    assert.deepEqual(await read(1), ['a', 'b'])
    assert.deepEqual(await read(first + second - 1), ['a', 'b'])
    assert.deepEqual(await read(first + second), ['a', 'b', 'c'])
  })

  it('tells a client whose leader epoch is not that of this leader', async () => {
    const read = async (currentLeaderEpoch: number, version: number): Promise<string> =>
      (await fetchFrom(fixture, { ...letters, currentLeaderEpoch }, { version })).error
    for (const version of versions.filter((one) => one >= 9)) {
      assert.equal(await read(0, version), 'NONE')
      assert.equal(await read(1, version), 'UNKNOWN_LEADER_EPOCH')
    }
  })

  it('sends a client away whose records are of an epoch that is newer than any here', async () => {
    for (const version of versions.filter((one) => one >= 12)) {
      const newer = await fetchFrom(fixture, { ...letters, offset: 6, lastFetchedEpoch: 1 }, { version })
      assert.equal(newer.error, 'OFFSET_OUT_OF_RANGE')
      const same = await fetchFrom(fixture, { ...letters, offset: 6, lastFetchedEpoch: 0 }, { version })
      assert.deepEqual([same.error, same.divergingEpoch], ['NONE', { epoch: -1, endOffset: -1 }])
    }
  })

  it('answers a fetch of nothing at once', async () => {
    const answer = await fixture.call(Fetch, { ...fetchRequest(letters), topics: [], maxWaitMs: 60_000 })
    assert.deepEqual([answer.errorCode, answer.responses], [0, []])
  })

  it('lists no aborted transactions to who reads everything, and those there are, none here, to who does not', async () => {
    for (const version of versions) {
      const committed = await fetchFrom(fixture, { ...letters, isolationLevel: 1 }, { version })
      assert.deepEqual([committed.values.length, committed.abortedTransactions], [6, []])
      const atEnd = await fetchFrom(fixture, { ...letters, offset: 6, isolationLevel: 1 }, { version })
      assert.deepEqual(atEnd.abortedTransactions, [])
    }
  })
})

describe('Fetch of a log of several epochs', () => {
  it('tells a client where its log parted from this one', async () => {
    const first = await BrokerFixture.start()
    const to = await topic(first, 'events')
    await produceTo(first, to, sentBatch(['a', 'b']))
    await first[Symbol.asyncDispose]()
    await using second = await BrokerFixture.start({ environment: first.environment })
    await produceTo(second, to, sentBatch(['c']))
    for (const version of versions.filter((one) => one >= 12)) {
      const parted = await fetchFrom(second, { ...to, offset: 3, lastFetchedEpoch: 0 }, { version })
      assert.deepEqual([parted.error, parted.values], ['NONE', []])
      assert.deepEqual(parted.divergingEpoch, { epoch: 0, endOffset: 2 })
      const within = await fetchFrom(second, { ...to, offset: 2, lastFetchedEpoch: 0 }, { version })
      assert.deepEqual(within.values, ['c'])
    }
  })

  it('fences a client that knows an older leader', async () => {
    const first = await BrokerFixture.start()
    const to = await topic(first, 'events')
    await first[Symbol.asyncDispose]()
    await using second = await BrokerFixture.start({ environment: first.environment })
    for (const version of versions.filter((one) => one >= 9)) {
      const answer = await second.call(Fetch, fetchRequest({ ...to, currentLeaderEpoch: 0 }, version), { version })
      assert.equal(fetchedOf(answer).error, 'FENCED_LEADER_EPOCH')
      const { leaderId, leaderEpoch } = fetchedOf(answer).currentLeader
      assert.equal(leaderId, version >= 16 ? 1 : -1)
      assert.equal(leaderEpoch > 0, version >= 16)
      assert.equal(answer.nodeEndpoints.length, version >= 16 ? 1 : 0)
    }
  })
})

describe('Fetch of several partitions', () => {
  it('shares the bytes in the order of the request, the first that has records first', async () => {
    await using fixture = await BrokerFixture.start()
    const to = await topic(fixture, 'events', 3)
    const batch = sentBatch(['x'.repeat(1_000)])
    for (const partition of [1, 2]) await produceTo(fixture, { ...to, partition }, batch)
    const read = async (order: readonly number[], maxBytes: number): Promise<Record<number, number>> => {
      const response = await fixture.call(Fetch, {
        ...fetchRequest(to),
        maxBytes,
        topics: [{ topicId: to.topicId, partitions: order.map((partition) => asked(partition)) }],
      })
      const partitions = response.responses[0]?.partitions ?? []
      return Object.fromEntries(partitions.map(({ partitionIndex, records }) => [partitionIndex, records?.length ?? 0]))
    }
    assert.deepEqual(await read([0, 1, 2], 1 << 20), { 0: 0, 1: batch.length, 2: batch.length })
    assert.deepEqual(await read([0, 1, 2], batch.length), { 0: 0, 1: batch.length, 2: 0 })
    assert.deepEqual(await read([2, 1, 0], 1), { 0: 0, 1: 0, 2: batch.length })
    assert.deepEqual(await read([0, 1, 2], 2 * batch.length - 1), { 0: 0, 1: batch.length, 2: 0 })
  })

  it('is answered at once where one of them has an error', async () => {
    await using fixture = await BrokerFixture.start()
    const to = await topic(fixture, 'events')
    const before = fixture.environment.clock.monotonicMs()
    const response = await fixture.call(Fetch, {
      ...fetchRequest({ ...to, maxWaitMs: 10_000 }),
      topics: [{ topicId: to.topicId, partitions: [asked(0), asked(9)] }],
    })
    assert.deepEqual(
      response.responses[0]?.partitions.map(({ errorCode }) => errorName(errorCode)),
      ['NONE', 'UNKNOWN_TOPIC_OR_PARTITION'],
    )
    assert.equal(fixture.environment.clock.monotonicMs(), before)
  })
})

describe('Fetch that waits', () => {
  it('is answered when its time is over', async () => {
    await using fixture = await BrokerFixture.start()
    const to = await topic(fixture, 'events')
    const before = fixture.environment.clock.monotonicMs()
    const answer = await fetchFrom(fixture, { ...to, maxWaitMs: 500 })
    assert.deepEqual([answer.error, answer.values], ['NONE', []])
    const took = fixture.environment.clock.monotonicMs() - before
    assert.ok(took >= 500 && took < 520, `${took} ms`)
    assertNothingHeld(fixture)
  })

  it('is answered as soon as there are as many bytes as it wants', async () => {
    await using fixture = await BrokerFixture.start()
    const to = await topic(fixture, 'events')
    const batch = sentBatch(['a'])
    const waiting = begun(fixture, { ...to, maxWaitMs: 60_000, minBytes: 2 * batch.length })
    assert.equal(fixture.broker.services.fetchWaiters.waitingCount, 1)
    await produceTo(fixture, to, batch)
    await fixture.advance(100)
    assert.equal(fixture.broker.services.fetchWaiters.waitingCount, 1)
    await produceTo(fixture, to, sentBatch(['b']))
    assert.deepEqual((await fixture.run(waiting)).values, ['a', 'b'])
    assertNothingHeld(fixture)
  })

  it('misses nothing that comes while it reads from the disk', async () => {
    const first = await BrokerFixture.start()
    const to = await topic(first, 'events')
    const batch = sentBatch(['a'])
    await produceTo(first, to, batch)
    await first[Symbol.asyncDispose]()
    await using fixture = await BrokerFixture.start({ environment: first.environment })
    fixture.environment.disk.setLatency({ minMs: 50, maxMs: 50 })
    const startMs = fixture.environment.clock.monotonicMs()
    const waiting = begun(fixture, { ...to, maxWaitMs: 60_000, minBytes: 2 * batch.length })
    await fixture.advance(10)
    await produceTo(fixture, to, sentBatch(['b']))
    assert.deepEqual((await fixture.run(waiting)).values, ['a', 'b'])
    assert.ok(fixture.environment.clock.monotonicMs() - startMs < 1_000)
    assertNothingHeld(fixture)
  })

  it('never wants more than it may get', async () => {
    await using fixture = await BrokerFixture.start()
    const to = await topic(fixture, 'events')
    const waiting = begun(fixture, { ...to, maxWaitMs: 60_000, minBytes: 1 << 20, maxBytes: 50 })
    await produceTo(fixture, to, sentBatch(['a']))
    assert.deepEqual((await fixture.run(waiting)).values, ['a'])
  })

  it('does not wait for more where there is more than its answer may hold', async () => {
    await using fixture = await BrokerFixture.start()
    const to = await topic(fixture, 'events')
    for (let i = 0; i < 3; i++) await produceTo(fixture, to, sentBatch(['x'.repeat(400)]))
    const startMs = fixture.environment.clock.monotonicMs()
    const answer = await fetchFrom(fixture, { ...to, maxWaitMs: 500, minBytes: 1_000, partitionMaxBytes: 1_000 })
    assert.equal(answer.values.length, 2)
    assert.equal(fixture.environment.clock.monotonicMs(), startMs)
  })

  it('takes no more memory than all may have, however many wait for it', async () => {
    await using fixture = await BrokerFixture.start()
    const to = await topic(fixture, 'large')
    const { readMemory } = fixture.broker.services
    await produceTo(fixture, to, sentBatch(['x'.repeat(1_000_000)]))
    const taken = readMemory.take(24 * 1_048_576)
    const waiting = Array.from({ length: 40 }, () => begun(fixture, { ...to, partitionMaxBytes: 1_048_576 }))
    let lentBytesMax = 0
    const take = readMemory.take.bind(readMemory)
    readMemory.take = (byteCount) => {
      const slab = take(byteCount)
      lentBytesMax = Math.max(lentBytesMax, readMemory.lentBytes)
      return slab
    }
    readMemory.give(taken)
    for (const { values } of await fixture.run(Promise.all(waiting))) assert.equal(values.length, 1)
    assert.ok(lentBytesMax <= 26 * 1_048_576, `${lentBytesMax} bytes were lent`)
    assertNothingHeld(fixture)
  })

  it('is told that its topic was deleted', async () => {
    await using fixture = await BrokerFixture.start()
    const to = await topic(fixture, 'events')
    const waiting = begun(fixture, { ...to, maxWaitMs: 600_000 })
    await fixture.call(DeleteTopics, { topics: [{ name: null, topicId: to.topicId }], timeoutMs: 1000 })
    const answer = await fixture.run(waiting)
    assert.notEqual(answer.error, 'NONE')
    assertNothingHeld(fixture)
  })

  it('leaves nothing behind when its connection is closed', async () => {
    await using fixture = await BrokerFixture.start()
    const to = await topic(fixture, 'events')
    await produceTo(fixture, to, sentBatch(['a']))
    const connection = new FixtureConnection()
    const answer = fixture.begin(Fetch, fetchRequest({ ...to, maxWaitMs: 600_000, minBytes: 1000 }), { connection })
    assert.equal(fixture.broker.services.fetchWaiters.waitingCount, 1)
    connection.close()
    await fixture.run(answer)
    assertNothingHeld(fixture)
  })

  it('holds no memory while it waits', async () => {
    await using fixture = await BrokerFixture.start()
    const to = await topic(fixture, 'events')
    await produceTo(fixture, to, sentBatch(['x'.repeat(10_000)]))
    const waiting = begun(fixture, { ...to, maxWaitMs: 500, minBytes: 100_000 })
    await fixture.advance(10)
    assert.equal(fixture.broker.services.readMemory.lentBytes, 0)
    assert.equal((await fixture.run(waiting)).values.length, 1)
  })

  it('reads less while others have not taken what was read for them, and waits where that is too much', async () => {
    await using fixture = await BrokerFixture.start()
    const to = await topic(fixture, 'large')
    for (let i = 0; i < 3; i++) await produceTo(fixture, to, sentBatch(['x'.repeat(60_000)]))
    const { readMemory } = fixture.broker.services
    // Of 24 MiB half of one is left: 128 KiB for each answer.
    const taken = [20, 3.5].map((mebibytes) => readMemory.take(mebibytes * 1_048_576))
    const some = await fetchFrom(fixture, { ...to, partitionMaxBytes: 1_048_576 })
    assert.equal(some.values.length, 2)
    taken.push(readMemory.take(524_288))
    const waiting = begun(fixture, { ...to, partitionMaxBytes: 1_048_576 })
    let isAnswered = false
    void waiting.then(() => (isAnswered = true))
    await fixture.advance(60_000)
    assert.equal(isAnswered, false)
    for (const slab of taken) readMemory.give(slab)
    assert.equal((await fixture.run(waiting)).values.length, 3)
    assertNothingHeld(fixture)
  })
})

describe('Fetch beside DeleteRecords', () => {
  it('begins where the log begins now', async () => {
    await using fixture = await BrokerFixture.start()
    const to = await topic(fixture, 'events')
    for (const value of ['a', 'b', 'c']) await produceTo(fixture, to, sentBatch([value]))
    await fixture.call(DeleteRecords, {
      topics: [{ name: 'events', partitions: [{ partitionIndex: 0, offset: 2 }] }],
      timeoutMs: 1000,
    })
    assert.equal((await fetchFrom(fixture, { ...to, offset: 1 })).error, 'OFFSET_OUT_OF_RANGE')
    const rest = await fetchFrom(fixture, { ...to, offset: 2 })
    assert.deepEqual([rest.values, rest.logStartOffset, rest.highWatermark], [['c'], 2, 3])
  })
})

describe('Fetch in a session', () => {
  interface Told {
    readonly error: string
    readonly sessionId: number
    readonly partitions: Readonly<Record<string, readonly string[]>>
  }

  /** `asked`: partition and offset. */
  async function inSession(
    fixture: BrokerFixture,
    to: SentTo,
    given: { id: number; epoch: number; asked?: Record<number, number>; forgotten?: readonly number[] },
    version = 18,
  ): Promise<Told> {
    const { id, epoch, asked: wanted = {}, forgotten = [] } = given
    const place = version >= 13 ? { topicId: to.topicId } : { topic: to.topic }
    const partitions = Object.entries(wanted).map(([partition, offset]) => asked(Number(partition), offset))
    const request: RequestInput<typeof Fetch> = {
      ...fetchRequest(to, version),
      sessionId: id,
      sessionEpoch: epoch,
      topics: partitions.length === 0 ? [] : [{ ...place, partitions }],
      forgottenTopicsData: forgotten.length === 0 ? [] : [{ ...place, partitions: [...forgotten] }],
    }
    return toldBy(await fixture.call(Fetch, request, { version }))
  }

  function toldBy(response: ResponseOf<typeof Fetch>): Told {
    const partitions = response.responses.flatMap((one) => one.partitions)
    return {
      error: errorName(response.errorCode),
      sessionId: response.sessionId,
      partitions: Object.fromEntries(
        partitions.map(({ partitionIndex, records }) => [partitionIndex, valuesOf(records ?? Buffer.alloc(0))]),
      ),
    }
  }

  it('is told only what is new, from version 7 on', async () => {
    for (const version of versions.filter((one) => one >= 7)) {
      await using fixture = await BrokerFixture.start()
      const to = await topic(fixture, 'events', 2)
      await produceTo(fixture, to, sentBatch(['a']))
      const full = await inSession(fixture, to, { id: 0, epoch: 0, asked: { 0: 0, 1: 0 } }, version)
      assert.notEqual(full.sessionId, 0)
      assert.deepEqual(full.partitions, { 0: ['a'], 1: [] })
      const id = full.sessionId
      const second = await inSession(fixture, to, { id, epoch: 1, asked: { 0: 1 } }, version)
      assert.deepEqual([second.sessionId, second.partitions], [id, {}])
      await produceTo(fixture, { ...to, partition: 1 }, sentBatch(['b']))
      const third = await inSession(fixture, to, { id, epoch: 2 }, version)
      assert.deepEqual(third.partitions, { 1: ['b'] })
      const closed = await inSession(fixture, to, { id, epoch: -1, asked: { 1: 0 } }, version)
      assert.deepEqual([closed.sessionId, closed.partitions], [0, { 1: ['b'] }])
      assert.equal((await inSession(fixture, to, { id, epoch: 3 }, version)).error, 'FETCH_SESSION_ID_NOT_FOUND')
    }
  })

  it('is refused with an epoch that is not the next, an unknown id, and ids mixed with names', async () => {
    await using fixture = await BrokerFixture.start()
    const to = await topic(fixture, 'events')
    const { sessionId: id } = await inSession(fixture, to, { id: 0, epoch: 0, asked: { 0: 0 } })
    assert.equal((await inSession(fixture, to, { id, epoch: 2 })).error, 'INVALID_FETCH_SESSION_EPOCH')
    assert.equal((await inSession(fixture, to, { id: id + 1, epoch: 1 })).error, 'FETCH_SESSION_ID_NOT_FOUND')
    assert.equal((await inSession(fixture, to, { id, epoch: 1 }, 12)).error, 'FETCH_SESSION_TOPIC_ID_ERROR')
    assert.equal((await inSession(fixture, to, { id, epoch: 1 })).error, 'NONE')
  })

  it('leaves out partitions that were forgotten, and ends with the last of them', async () => {
    await using fixture = await BrokerFixture.start()
    const to = await topic(fixture, 'events', 2)
    const { sessionId: id } = await inSession(fixture, to, { id: 0, epoch: 0, asked: { 0: 0, 1: 0 } })
    for (const partition of [0, 1]) await produceTo(fixture, { ...to, partition }, sentBatch(['a']))
    const without = await inSession(fixture, to, { id, epoch: 1, forgotten: [0] })
    assert.deepEqual(without.partitions, { 1: ['a'] })
    const empty = await inSession(fixture, to, { id, epoch: 2, forgotten: [1] })
    assert.deepEqual([empty.sessionId, empty.partitions], [0, {}])
    assert.equal(fixture.broker.services.fetchSessions.sessionCount, 0)
  })

  it('takes turns: what was served goes to the end of the line', async () => {
    await using fixture = await BrokerFixture.start()
    const to = await topic(fixture, 'events', 2)
    for (const partition of [0, 1]) await produceTo(fixture, { ...to, partition }, sentBatch(['x'.repeat(1_000)]))
    const partitions = [asked(0), asked(1)]
    const request = { ...fetchRequest(to), sessionEpoch: 0, topics: [{ topicId: to.topicId, partitions }] }
    const { sessionId } = await fixture.call(Fetch, { ...request, maxBytes: 1 << 20 })
    const next = async (sessionEpoch: number): Promise<number | undefined> => {
      const answer = await fixture.call(Fetch, {
        ...fetchRequest(to),
        topics: [],
        maxBytes: 1,
        sessionId,
        sessionEpoch,
      })
      return answer.responses[0]?.partitions.find(({ records }) => (records?.length ?? 0) > 0)?.partitionIndex
    }
    assert.deepEqual([await next(1), await next(2), await next(3)], [0, 1, 0])
  })

  it('tells of an error again and again', async () => {
    await using fixture = await BrokerFixture.start()
    const to = await topic(fixture, 'events')
    await produceTo(fixture, to, sentBatch(['a']))
    const { sessionId: id } = await inSession(fixture, to, { id: 0, epoch: 0, asked: { 0: 5 } })
    for (const epoch of [1, 2]) {
      assert.deepEqual(Object.keys((await inSession(fixture, to, { id, epoch })).partitions), ['0'])
    }
  })
})

describe('Fetch of what an idempotent producer sent', () => {
  it('gives the batches as they were sent, with offset and epoch of the log', async () => {
    await using fixture = await BrokerFixture.start()
    const to = await topic(fixture, 'events')
    const batch = idempotentBatch(['a', 'b'], { producerId: 3, baseSequence: 0 })
    await produceTo(fixture, to, sentBatch(['first']))
    await produceTo(fixture, to, batch)
    const { records } = await fetchFrom(fixture, { ...to, offset: 1 })
    const expected = Buffer.from(batch)
    expected.writeBigInt64BE(1n, 0)
    expected.writeInt32BE(0, 12)
    assert.equal(records?.toString('hex'), expected.toString('hex'))
    assert.equal(batchSizeAt(records ?? Buffer.alloc(0), 0), batch.length)
  })
})

function asked(
  partition: number,
  fetchOffset = 0,
): { partition: number; fetchOffset: number; partitionMaxBytes: number } {
  return { partition, fetchOffset, partitionMaxBytes: 1 << 20 }
}

async function begun(
  fixture: BrokerFixture,
  from: FetchedFrom,
  caller: Caller = {},
): Promise<ReturnType<typeof fetchedOf>> {
  const answer = await fixture.begin(Fetch, fetchRequest(from, caller.version), caller)
  return fetchedOf(decodedAnswer(Fetch, answer, caller.version), from.offset)
}

function assertNothingHeld(fixture: BrokerFixture): void {
  const { fetchWaiters, readMemory, replicas } = fixture.broker.services
  assert.equal(fetchWaiters.waitingCount, 0)
  assert.equal(readMemory.lentBytes, 0)
  for (const { waiters } of replicas.all()) assert.equal(waiters.size, 0)
}
