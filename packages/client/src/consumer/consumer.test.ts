import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  ConnectionError,
  CorruptRecordError,
  KafkaError,
  LogTruncationError,
  NoOffsetError,
  OffsetOutOfRangeError,
  SerializationError,
} from '../errors.ts'
import { Fetch, ListOffsets, OffsetForLeaderEpoch, controlBatch, errorCode } from '@gregor/protocol'
import { FakeBrokers, shown } from './consumer-fixture.ts'
import type { Consumer } from './consumer.ts'
import type { ConsumerOptions } from './consumer-options.ts'

const first = { topic: 'events', partition: 0 }
const second = { topic: 'events', partition: 1 }

describe('Consumer, with what it was assigned by hand', () => {
  it('hands out records with all they have, and knows where it is and what is left', async () => {
    const { brokers, consumer } = reading()
    brokers.append('events', ['a', 'b'], { timestamp: 7_000 })
    const [batch] = await brokers.run(consumer.poll({ timeoutMs: 1_000 }))
    const [a, b] = batch?.records ?? []
    assert.deepEqual([...(batch ?? [])].length, 2)
    assert.deepEqual(JSON.parse(JSON.stringify({ ...a?.toJSON(), key: String(a?.key), value: String(a?.value) })), {
      topic: 'events',
      partition: 0,
      offset: 0,
      timestamp: 7_000,
      key: 'k-a',
      value: 'a',
      headers: [],
    })
    assert.deepEqual(
      [b?.offset, b?.leaderEpoch, b?.timestampType, b?.keyBytes, b?.valueBytes],
      [1, 5, 'CreateTime', 3, 1],
    )
    assert.deepEqual(batch?.next, { offset: 2, leaderEpoch: 5 })
    assert.deepEqual([batch?.highWatermark, batch?.lag], [2, 0])
    assert.equal(await consumer.position(first), 2)
    assert.equal(consumer.lag(first), 0)
    const { 'records-consumed-total': records, 'fetch-total': fetches, 'records-lag-max': lag } = consumer.metrics()
    assert.deepEqual([records, fetches, lag], [2, 1, 0])
  })

  it('hands out no more than max.poll.records at once, and comes to every partition', async () => {
    const { brokers, consumer } = reading({ maxPollRecords: 2 }, [first, second])
    brokers.append('events', ['a', 'b', 'c'])
    brokers.append('events', ['x', 'y', 'z'], { partition: 1 })
    assert.deepEqual(shown(await brokers.run(consumer.poll({ timeoutMs: 1_000 }))), ['events-0@0=a', 'events-0@1=b'])
    assert.deepEqual(shown(await brokers.run(consumer.poll({ timeoutMs: 1_000 }))), ['events-1@0=x', 'events-1@1=y'])
    assert.deepEqual(shown(await brokers.run(consumer.poll({ timeoutMs: 1_000 }))), ['events-0@2=c', 'events-1@2=z'])
  })

  it('returns nothing when the time is up', async () => {
    const { brokers, consumer } = reading()
    assert.deepEqual(await brokers.run(consumer.poll({ timeoutMs: 200 })), [])
  })

  it('is woken by a signal, and goes on with the next poll', async () => {
    const { brokers, consumer } = reading()
    const stop = new AbortController()
    brokers.world.time.after(50, 'stop', () => stop.abort(new Error('enough')))
    await assert.rejects(brokers.run(consumer.poll({ timeoutMs: 60_000, signal: stop.signal })), /enough/)
    brokers.append('events', ['a'])
    assert.equal((await brokers.run(consumer.poll({ timeoutMs: 1_000 }))).length, 1)
  })

  it('tells a node within a session only what has changed', async () => {
    const { brokers, consumer } = reading({}, [first, second])
    brokers.append('events', ['a'])
    await brokers.run(consumer.poll({ timeoutMs: 1_000 }))
    await brokers.run(consumer.poll({ timeoutMs: 1_200 }))
    const [opening, then, later] = brokers.requests(Fetch)
    const said = (request: typeof opening): readonly number[] =>
      request?.topics.flatMap(({ partitions }) => partitions.map(({ partition }) => partition)) ?? []
    assert.deepEqual([opening?.sessionId, opening?.sessionEpoch, said(opening)], [0, 0, [0, 1]])
    assert.deepEqual([then?.sessionId, then?.sessionEpoch, said(then)], [77, 1, [0]])
    assert.deepEqual([later?.sessionEpoch, said(later)], [2, []])
  })

  it('fetches ahead no more than prefetch.bytes of a partition while nobody polls', async () => {
    const { brokers, consumer } = reading({ prefetchBytes: 100, maxPartitionFetchBytes: 1 })
    for (let index = 0; index < 10; index++) brokers.append('events', [`value ${index}`])
    await brokers.run(consumer.poll({ timeoutMs: 1_000 }))
    await brokers.run(brokers.pause(5_000))
    const fetches = brokers.requests(Fetch).length
    assert.equal(fetches, 3)
    await brokers.run(brokers.pause(5_000))
    assert.equal(brokers.requests(Fetch).length, fetches)
    assert.equal((await brokers.run(consumer.poll({ timeoutMs: 1_000 })))[0]?.records[0]?.offset, 1)
  })

  it('hands out nothing of what is paused, and keeps what was fetched of it', async () => {
    const { brokers, consumer } = reading({ maxPollRecords: 1 }, [first])
    brokers.append('events', ['a', 'b'])
    await brokers.run(consumer.poll({ timeoutMs: 1_000 }))
    consumer.pause([first])
    assert.deepEqual(consumer.paused, [first])
    assert.deepEqual(await brokers.run(consumer.poll({ timeoutMs: 2_000 })), [])
    consumer.resume([first])
    assert.deepEqual(shown(await brokers.run(consumer.poll({ timeoutMs: 0 }))), ['events-0@1=b'])
  })

  it('goes where it is told to seek, and drops what was fetched of elsewhere', async () => {
    const { brokers, consumer } = reading({ maxPollRecords: 1 })
    brokers.append('events', ['a', 'b', 'c'])
    await brokers.run(consumer.poll({ timeoutMs: 1_000 }))
    consumer.seek(first, 2)
    assert.deepEqual(shown(await brokers.run(consumer.poll({ timeoutMs: 1_000 }))), ['events-0@2=c'])
    consumer.seekToBeginning()
    assert.deepEqual(shown(await brokers.run(consumer.poll({ timeoutMs: 1_000 }))), ['events-0@0=a'])
    consumer.seekToEnd([first])
    assert.equal(await brokers.run(consumer.position(first)), 3)
    assert.throws(() => consumer.seek(second, 0), /events-1 is not assigned/)
    assert.throws(() => consumer.seek(first, -1), /-1 is no offset/)
  })

  it('begins a duration ago, or at the end where nothing is that young', async () => {
    const { brokers, consumer } = reading({ autoOffsetReset: 'by_duration:PT1M' }, [first, second])
    const wallMs = brokers.world.node('client').environment.clock.wallMs()
    brokers.append('events', ['old'], { timestamp: wallMs - 120_000 })
    brokers.append('events', ['young'], { timestamp: wallMs - 30_000 })
    brokers.append('events', ['old'], { partition: 1, timestamp: wallMs - 120_000 })
    assert.deepEqual(shown(await brokers.run(consumer.poll({ timeoutMs: 1_000 }))), ['events-0@1=young'])
    assert.equal(await brokers.run(consumer.position(second)), 1)
  })

  it('tells that there is no offset to begin at, and begins where it is told', async () => {
    const { brokers, consumer } = reading({ autoOffsetReset: 'none' })
    brokers.append('events', ['a'])
    await assert.rejects(brokers.run(consumer.poll({ timeoutMs: 1_000 })), NoOffsetError)
    consumer.seek(first, 0)
    assert.equal((await brokers.run(consumer.poll({ timeoutMs: 1_000 }))).length, 1)
  })

  it('goes on at the start when its offset is no more, or tells it', async () => {
    for (const autoOffsetReset of ['earliest', 'none']) {
      const { brokers, consumer } = reading({ autoOffsetReset })
      brokers.append('events', ['a', 'b', 'c'])
      brokers.log('events').startOffset = 2
      consumer.seek(first, 1)
      const polled = brokers.run(consumer.poll({ timeoutMs: 2_000 }))
      if (autoOffsetReset === 'earliest') assert.deepEqual(shown(await polled), ['events-0@2=c'])
      else await assert.rejects(polled, (error) => error instanceof OffsetOutOfRangeError && error.offset === 1)
    }
  })

  it('goes to the new leader that an answer names, and has it say that the log is the same', async () => {
    const { brokers, consumer } = reading()
    brokers.append('events', ['a'])
    await brokers.run(consumer.poll({ timeoutMs: 1_000 }))
    Object.assign(brokers.log('events'), { leaderId: 3, leaderEpoch: 6 })
    brokers.metadata.changed()
    brokers.append('events', ['b'])
    assert.deepEqual(shown(await brokers.run(consumer.poll({ timeoutMs: 3_000 }))), ['events-0@1=b'])
    assert.equal(brokers.asked.findLast(({ api }) => api === 'Fetch')?.nodeId, 3)
    const [asked] = brokers.requests(OffsetForLeaderEpoch).at(-1)?.topics[0]?.partitions ?? []
    assert.deepEqual(asked, { partition: 0, currentLeaderEpoch: 6, leaderEpoch: 5 })
  })

  it('notices that the log was cut behind it, and goes on where the logs part, or tells it', async () => {
    for (const autoOffsetReset of ['earliest', 'none']) {
      const { brokers, consumer } = reading({ autoOffsetReset })
      consumer.seek(first, 0)
      brokers.append('events', ['a'])
      brokers.append('events', ['b'])
      await brokers.run(consumer.poll({ timeoutMs: 1_000 }))
      const log = brokers.log('events')
      log.batches.pop()
      Object.assign(log, { leaderId: 3, leaderEpoch: 6, endOffset: 1 })
      brokers.append('events', ['another'])
      brokers.respond = (api) => (api.key === OffsetForLeaderEpoch.key ? endOfEpoch(1) : undefined)
      brokers.metadata.changed()
      const polled = brokers.run(consumer.poll({ timeoutMs: 2_000 }))
      if (autoOffsetReset === 'earliest') assert.deepEqual(shown(await polled), ['events-0@1=another'])
      else await assert.rejects(polled, (error) => error instanceof LogTruncationError && error.divergentOffset === 1)
    }
  })

  it('reads from the nearest replica that the leader names, and from the leader again when that fails', async () => {
    const { brokers, consumer } = reading({ clientRack: 'b' })
    brokers.append('events', ['a'])
    let isNamed = false
    brokers.respond = (api, _request, nodeId) => {
      if (api.key !== Fetch.key) return undefined
      if (nodeId === 1 && !isNamed) {
        isNamed = true
        return fetchAnswer(brokers, { preferredReadReplica: 3 })
      }
      return nodeId === 3 ? fetchAnswer(brokers, { errorCode: errorCode('OFFSET_OUT_OF_RANGE') }) : undefined
    }
    assert.deepEqual(shown(await brokers.run(consumer.poll({ timeoutMs: 2_000 }))), ['events-0@0=a'])
    const nodes = brokers.asked.filter(({ api }) => api === 'Fetch').map(({ nodeId }) => nodeId)
    assert.deepEqual(nodes.slice(0, 3), [1, 3, 1])
    assert.equal(brokers.requests(Fetch)[0]?.rackId, 'b')
  })

  it('hands out what is before a damaged batch, then tells where to go on', async () => {
    const { brokers, consumer } = reading()
    brokers.append('events', ['good'])
    brokers.append('events', ['bad', 'worse'])
    brokers.append('events', ['fine'])
    const damaged = brokers.log('events').batches[1]?.bytes
    if (damaged !== undefined) damaged[damaged.length - 1] = 0xff
    assert.deepEqual(shown(await brokers.run(consumer.poll({ timeoutMs: 1_000 }))), ['events-0@0=good'])
    const expected = (error: unknown): boolean =>
      error instanceof CorruptRecordError && error.offset === 1 && error.nextOffset === 3
    await assert.rejects(brokers.run(consumer.poll({ timeoutMs: 1_000 })), expected)
    // It tries again, and says it again.
    await assert.rejects(brokers.run(consumer.poll({ timeoutMs: 1_000 })), expected)
    consumer.seek(first, 3)
    assert.deepEqual(shown(await brokers.run(consumer.poll({ timeoutMs: 1_000 }))), ['events-0@3=fine'])
  })

  it('leaves out what was aborted and is still open, and control records always', async () => {
    for (const isolationLevel of ['read_committed', 'read_uncommitted'] as const) {
      const { brokers, consumer } = reading({ isolationLevel })
      const transaction = { isTransactional: true, producerEpoch: 0, baseSequence: 0 }
      const producerId = 9
      brokers.append('events', ['aborted'], { ...transaction, producerId })
      brokers.append('events', ['plain'])
      const marker = [{ type: 'Abort' as const, value: Buffer.alloc(6) }]
      const options = { producerId, producerEpoch: 0, isTransactional: true }
      brokers.appendBytes('events', controlBatch(marker, 1_000, { ...options, baseOffset: 2 }), 1)
      brokers.append('events', ['committed'], { ...transaction, producerId })
      brokers.append('events', ['open'], { ...transaction, producerId: 10 })
      Object.assign(brokers.log('events'), { aborted: [{ producerId, firstOffset: 0 }], stableOffset: 4 })
      const polled = shown(await brokers.run(consumer.poll({ timeoutMs: 1_000 })))
      if (isolationLevel === 'read_committed') {
        assert.deepEqual(polled, ['events-0@1=plain', 'events-0@3=committed'])
        assert.deepEqual(await brokers.run(consumer.endOffsets([first])), [
          { ...first, offset: 4, timestamp: -1, leaderEpoch: 5 },
        ])
      } else {
        assert.deepEqual(polled, ['events-0@0=aborted', 'events-0@1=plain', 'events-0@3=committed', 'events-0@4=open'])
      }
    }
  })

  it('tries again where a connection broke, and opens another session', async () => {
    const { brokers, consumer } = reading()
    brokers.append('events', ['a'])
    let failures = 2
    brokers.respond = (api) => (api.key === Fetch.key && failures-- > 0 ? new ConnectionError('gone') : undefined)
    assert.equal((await brokers.run(consumer.poll({ timeoutMs: 5_000 }))).length, 1)
    assert.deepEqual(
      brokers
        .requests(Fetch)
        .slice(0, 3)
        .map(({ sessionEpoch }) => sessionEpoch),
      [0, 0, 0],
    )
  })

  it('tells that it may not read, each time it is polled', async () => {
    const { brokers, consumer } = reading()
    const answer = fetchAnswer(brokers, { errorCode: errorCode('TOPIC_AUTHORIZATION_FAILED') })
    brokers.respond = (api) => (api.key === Fetch.key ? answer : undefined)
    for (let time = 0; time < 2; time++) {
      await assert.rejects(
        brokers.run(consumer.poll({ timeoutMs: 5_000 })),
        (error) => error instanceof KafkaError && error.code === 'TOPIC_AUTHORIZATION_FAILED',
      )
    }
  })

  it('deserializes when it is asked, and names the record that cannot be', async () => {
    const brokers = newBrokers()
    const value = {
      deserialize: (bytes: Buffer | null): number => {
        if (bytes?.toString() === 'b') throw new RangeError('no number')
        return Number(bytes)
      },
    }
    const consumer = brokers.consumer({ autoOffsetReset: 'earliest', value })
    consumer.assign([first])
    brokers.append('events', ['12', 'b'])
    const [batch] = await brokers.run(consumer.poll({ timeoutMs: 1_000 }))
    const [number, broken] = batch?.records ?? []
    assert.equal(number?.value, 12)
    assert.throws(
      () => broken?.value,
      (error) =>
        error instanceof SerializationError && /events-0@1/.test(error.message) && error.cause instanceof RangeError,
    )
  })

  it('finds offsets by time, and both ends of a log', async () => {
    const { brokers, consumer } = reading({}, [first, second])
    brokers.append('events', ['a'], { timestamp: 100 })
    brokers.append('events', ['b'], { timestamp: 200 })
    const at = await brokers.run(
      consumer.offsetsForTimes([
        { ...first, timestamp: 150 },
        { ...second, timestamp: 150 },
      ]),
    )
    assert.deepEqual(at, [{ ...first, offset: 1, timestamp: 200, leaderEpoch: 5 }, undefined])
    const [begin] = await brokers.run(consumer.beginningOffsets([first]))
    const [end] = await brokers.run(consumer.endOffsets([first]))
    assert.deepEqual([begin?.offset, end?.offset], [0, 2])
    assert.equal(brokers.requests(ListOffsets)[0]?.isolationLevel, 0)
    const partitions = await brokers.run(consumer.partitionsFor('events'))
    assert.deepEqual(
      partitions.map(({ partition }) => partition),
      [0, 1],
    )
    assert.deepEqual(
      (await brokers.run(consumer.listTopics())).map(({ name }) => name),
      ['events'],
    )
  })

  it('refuses what makes no sense', async () => {
    const { brokers, consumer } = reading()
    assert.throws(() => consumer.subscribe('events'), /set group.id/)
    assert.throws(() => consumer.groupMetadata(), /set group.id/)
    const polled = consumer.poll({ timeoutMs: 10 })
    await assert.rejects(consumer.poll({ timeoutMs: 10 }), /a poll is under way/)
    await brokers.run(polled)
    await brokers.run(consumer.unsubscribe())
    await assert.rejects(consumer.poll({ timeoutMs: 10 }), /nothing is subscribed/)
    await brokers.run(consumer.close())
    await brokers.run(consumer.close())
    await assert.rejects(consumer.poll({ timeoutMs: 10 }), /the consumer was closed/)
    assert.throws(() => brokers.consumer({ enableAutoCommit: true }), /there is no group.id to commit for/)
    assert.throws(() => brokers.consumer({ groupId: 'g', autoOffsetReset: 'somewhere' }), /by_duration/)
    assert.throws(() => brokers.consumer({ groupId: 'g', partitionAssignmentStrategy: ['fair'] }), /no assignor fair/)
    assert.throws(
      () => brokers.consumer({ groupId: 'g', groupProtocol: 'consumer', sessionTimeoutMs: 10 }),
      /session.timeout.ms cannot be set/,
    )
  })
})

function newBrokers(): FakeBrokers {
  const brokers = new FakeBrokers()
  brokers.addTopic('events', 2)
  return brokers
}

function reading(
  options: ConsumerOptions = {},
  partitions: readonly { topic: string; partition: number }[] = [first],
): { readonly brokers: FakeBrokers; readonly consumer: Consumer } {
  const brokers = newBrokers()
  const consumer = brokers.consumer({ autoOffsetReset: 'earliest', ...options })
  consumer.assign(partitions)
  return { brokers, consumer }
}

function endOfEpoch(endOffset: number): unknown {
  return {
    throttleTimeMs: 0,
    topics: [{ topic: 'events', partitions: [{ errorCode: 0, partition: 0, leaderEpoch: 5, endOffset }] }],
  }
}

function fetchAnswer(brokers: FakeBrokers, fields: object): unknown {
  const partition = {
    partitionIndex: 0,
    errorCode: 0,
    highWatermark: 1,
    lastStableOffset: -1,
    logStartOffset: 0,
    currentLeader: { leaderId: -1, leaderEpoch: -1 },
    abortedTransactions: null,
    preferredReadReplica: -1,
    records: null,
    ...fields,
  }
  const topicId = brokers.topics.get('events')?.topicId ?? ''
  return {
    throttleTimeMs: 0,
    errorCode: 0,
    sessionId: 0,
    responses: [{ topic: '', topicId, partitions: [partition] }],
    nodeEndpoints: [],
  }
}
