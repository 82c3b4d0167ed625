import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import {
  BATCH_HEADER_BYTES,
  FindCoordinator,
  InitProducerId,
  Produce,
  crcAt,
  setAttributes,
  setBaseOffset,
  setMaxTimestamp,
  type ProtocolError,
} from '@gregor/protocol'
import { beginningMs, SimulatedWorld } from '@gregor/testkit/simulation'
import { BrokerFixture, frameOf } from '../broker-fixture.ts'
import {
  broken,
  fetchFrom,
  idempotentBatch,
  produceRequest,
  produceTo,
  sentBatch,
  type SentTo,
} from '../produce-fixture.ts'
import { FixtureProducer, produceInTransaction } from './transaction-fixture.ts'

const versions = [3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]
const unknownId = 'AAAAAAAAAAAAAAAAAAAAZg'
const hourMs = 3_600_000

async function topic(fixture: BrokerFixture, name: string, configs: Record<string, string> = {}): Promise<SentTo> {
  return { topic: name, topicId: await fixture.createTopic(name, { configs }) }
}

describe('Produce', () => {
  let fixture: BrokerFixture
  let orders: SentTo
  before(async () => {
    fixture = await BrokerFixture.start({ properties: { 'offsets.topic.num.partitions': '1' } })
    orders = await topic(fixture, 'orders')
  })
  after(() => fixture[Symbol.asyncDispose]())

  it('answers every version with the offset of the first record', async () => {
    const counts = await topic(fixture, 'counts')
    for (const [index, version] of versions.entries()) {
      const answer = await produceTo(fixture, counts, sentBatch(['a', 'b']), { version })
      assert.equal(answer.error, 'NONE', `version ${version}`)
      assert.equal(answer.baseOffset, index * 2)
      assert.equal(answer.logAppendTimeMs, -1)
      assert.equal(answer.logStartOffset, version >= 5 ? 0 : -1)
    }
  })

  it('closes the connection for versions 0 to 2, which it only advertises', async () => {
    for (const version of [0, 1, 2]) {
      const frame = frameOf(Produce, 3, produceRequest(orders, sentBatch(['a']), 3))
      frame.writeInt16BE(version, 2)
      assert.equal(await fixture.exchange(frame), 'close')
    }
  })

  interface Refusal {
    readonly records: Buffer | null
    readonly error: ProtocolError
    readonly versions?: readonly number[]
  }
  const good = sentBatch(['a', 'b', 'c'])
  const refusals: Record<string, Refusal> = {
    'no records': { records: null, error: 'INVALID_RECORD' },
    'empty records': { records: Buffer.alloc(0), error: 'INVALID_RECORD' },
    'less than a header': { records: good.subarray(0, 16), error: 'INVALID_RECORD' },
    'a batch that is cut off': { records: good.subarray(0, good.length - 1), error: 'INVALID_RECORD' },
    'a message of magic 1': { records: broken((batch) => batch.writeInt8(1, 16)), error: 'INVALID_RECORD' },
    'two batches': { records: Buffer.concat([good, good]), error: 'INVALID_RECORD' },
    'zstd below version 7': {
      records: sentBatch(['a'], { compression: 'zstd' }),
      error: 'UNSUPPORTED_COMPRESSION_TYPE',
      versions: [3, 4, 5, 6],
    },
    'a base offset that is not 0': { records: broken((batch) => setBaseOffset(batch, 0, 1)), error: 'INVALID_RECORD' },
    'a batch above max.message.bytes': { records: sentBatch(['x'.repeat(1_048_589)]), error: 'MESSAGE_TOO_LARGE' },
    'a wrong checksum': { records: flipped(good, good.length - 1), error: 'CORRUPT_MESSAGE' },
    'a size below that of the header': { records: shorter(good), error: 'CORRUPT_MESSAGE' },
    'no record declared': { records: broken((batch) => batch.writeInt32BE(0, 57)), error: 'INVALID_RECORD' },
    'a negative number of records': { records: broken((batch) => batch.writeInt32BE(-1, 57)), error: 'INVALID_RECORD' },
    'an offset range below 0': { records: broken((batch) => batch.writeInt32BE(-1, 23)), error: 'INVALID_RECORD' },
    'another number than the offset range has': {
      records: broken((batch) => batch.writeInt32BE(5, 23)),
      error: 'INVALID_RECORD',
    },
    'fewer records than declared': { records: declaring(4), error: 'INVALID_RECORD' },
    'more records than declared': { records: declaring(2), error: 'INVALID_RECORD' },
    'a control batch': { records: broken((batch) => setAttributes(batch, 0, 0x20)), error: 'INVALID_RECORD' },
    'a codec that does not exist': { records: broken((batch) => setAttributes(batch, 0, 6)), error: 'INVALID_RECORD' },
    'a producer id without a sequence': {
      records: sentBatch(['a'], { producerId: 7, producerEpoch: 0, baseSequence: -1 }),
      error: 'INVALID_RECORD',
    },
    'varints that do not end': {
      records: broken((batch) => batch.fill(0xff, BATCH_HEADER_BYTES)),
      error: 'INVALID_RECORD',
    },
    'a batch that claims lz4 and is not': {
      records: broken((batch) => setAttributes(batch, 0, 3)),
      error: 'INVALID_RECORD',
    },
    'records far in the future': {
      records: sentBatch([{ value: 'a', timestamp: beginningMs + 2 * hourMs }]),
      error: 'INVALID_TIMESTAMP',
    },
    'the timestamp type of a broker': {
      records: sentBatch(['a'], { logAppendTimeMs: beginningMs }),
      error: 'INVALID_TIMESTAMP',
    },
    'a producer id beyond 2^53': {
      records: broken((batch) => batch.writeBigInt64BE(2n ** 53n + 1n, 43)),
      error: 'INVALID_RECORD',
    },
    'a base timestamp beyond 2^53': {
      records: broken((batch) => batch.writeBigInt64BE(2n ** 62n, 27)),
      error: 'INVALID_TIMESTAMP',
    },
    'a largest timestamp beyond 2^53': {
      records: broken((batch) => setMaxTimestamp(batch, 0, 2 ** 60)),
      error: 'INVALID_TIMESTAMP',
    },
  }
  for (const [what, { records, error, versions: some = versions }] of Object.entries(refusals)) {
    it(`answers ${what} with ${error}`, async () => {
      for (const version of some) {
        const answer = await produceTo(fixture, orders, records, { version })
        assert.equal(answer.error, error, `version ${version}`)
        if (error !== 'NONE') assert.equal(answer.baseOffset, -1)
        if (error !== 'NONE' && version >= 8) assert.notEqual(answer.errorMessage, '')
      }
    })
  }

  it('takes zstd from version 7 on, and every other codec in all versions', async () => {
    for (const compression of ['gzip', 'snappy', 'lz4', 'zstd'] as const) {
      for (const version of versions.filter((one) => one >= 7 || compression !== 'zstd')) {
        const answer = await produceTo(fixture, orders, sentBatch(['a'], { compression }), { version })
        assert.equal(answer.error, 'NONE', `${compression} in version ${version}`)
      }
    }
  })

  it('refuses an unknown topic, partition or id, and goes on with the others', async () => {
    assert.equal(
      (await produceTo(fixture, { topic: 'none', topicId: '' }, good, { version: 12 })).error,
      'UNKNOWN_TOPIC_OR_PARTITION',
    )
    assert.equal((await produceTo(fixture, { ...orders, partition: 1 }, good)).error, 'UNKNOWN_TOPIC_OR_PARTITION')
    assert.equal((await produceTo(fixture, { topic: '', topicId: unknownId }, good)).error, 'UNKNOWN_TOPIC_ID')
    const { responses } = await fixture.call(Produce, {
      acks: -1,
      timeoutMs: 1000,
      topicData: [
        { topicId: unknownId, partitionData: [{ index: 0, records: good }] },
        {
          topicId: orders.topicId,
          partitionData: [
            { index: 0, records: broken((batch) => setBaseOffset(batch, 0, 1)) },
            { index: 0, records: good },
            { index: -1, records: good },
          ],
        },
      ],
    })
    assert.deepEqual(
      responses.map(({ topicId, partitionResponses }) => [topicId, partitionResponses.map((one) => one.errorCode)]),
      [
        [unknownId, [100]],
        [orders.topicId, [87, 0, 3]],
      ],
    )
  })

  it('refuses all partitions where acks is none of -1, 0 and 1', async () => {
    for (const version of versions) {
      assert.equal((await produceTo(fixture, { ...orders, acks: 2 }, good, { version })).error, 'INVALID_REQUIRED_ACKS')
    }
  })

  it('answers nothing with acks 0, and closes the connection after an error', async () => {
    for (const version of versions) {
      const frame = (records: Buffer | null): Buffer =>
        frameOf(Produce, version, produceRequest({ ...orders, acks: 0 }, records, version))
      assert.equal(await fixture.exchange(frame(good)), null)
      assert.equal(await fixture.exchange(frame(null)), 'close')
    }
  })

  it('lets only Kafka’s own tools write to internal topics', async () => {
    await fixture.call(FindCoordinator, { keyType: 0, coordinatorKeys: ['g'] })
    const offsets = { topic: '__consumer_offsets', topicId: '' }
    assert.equal((await produceTo(fixture, offsets, good, { version: 12 })).error, 'INVALID_TOPIC_EXCEPTION')
    const admin = { version: 12, clientId: '__admin_client' }
    const tombstone = sentBatch([{ key: 'k' }])
    assert.equal((await produceTo(fixture, offsets, tombstone, admin)).error, 'NONE')
  })

  it('refuses the whole request where a transactional batch comes without a transactional id', async () => {
    const batch = sentBatch(['a'], { isTransactional: true, producerId: 5, producerEpoch: 0, baseSequence: 0 })
    for (const version of versions) {
      const { error } = await produceTo(fixture, orders, batch, { version })
      assert.equal(error, 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED')
    }
  })

  it('refuses a transactional batch of a transaction that does not include the partition', async () => {
    const batch = sentBatch(['a'], { isTransactional: true, producerId: 5, producerEpoch: 0, baseSequence: 0 })
    const answers = []
    for (const version of [3, 10, 11, 12]) {
      const { error } = await produceTo(fixture, { ...orders, transactionalId: 't' }, batch, { version })
      answers.push(error)
    }
    // Nobody has asked for a coordinator: there is none. Clients try again.
    assert.deepEqual(
      answers,
      Array.from({ length: 4 }, () => 'NOT_ENOUGH_REPLICAS'),
    )
    const producer = new FixtureProducer(fixture, 't', { bumpsEpoch: false })
    await producer.init()
    producer.add = () => Promise.resolve('NONE')
    assert.equal(await producer.send(orders, ['a']), 'TRANSACTION_ABORTABLE')
    const { producerId, producerEpoch } = producer
    const old = { transactionalId: 't', producerId, producerEpoch, version: 10 }
    const { error, errorMessage } = await produceInTransaction(fixture, orders, ['a'], old)
    assert.deepEqual([error, errorMessage], ['INVALID_TXN_STATE', 'The transaction does not include this partition.'])
    const stranger = await produceInTransaction(fixture, orders, ['a'], { ...old, producerId: producerId + 9 })
    assert.equal(stranger.error, 'INVALID_PRODUCER_ID_MAPPING')
  })

  it('refuses transactional batches of several producers in one request', async () => {
    const of = (producerId: number): Buffer =>
      sentBatch(['a'], { isTransactional: true, producerId, producerEpoch: 0, baseSequence: 0 })
    const { responses } = await fixture.call(Produce, {
      transactionalId: 't',
      acks: -1,
      timeoutMs: 1000,
      topicData: [
        {
          topicId: orders.topicId,
          partitionData: [
            { index: 0, records: of(5) },
            { index: 0, records: of(6) },
          ],
        },
      ],
    })
    assert.deepEqual(
      responses[0]?.partitionResponses.map((one) => one.errorCode),
      [49, 49],
    )
  })

  it('stamps batches of a LogAppendTime topic, and says so', async () => {
    const stamped = await topic(fixture, 'stamped', { 'message.timestamp.type': 'LogAppendTime' })
    const answer = await produceTo(fixture, stamped, sentBatch([{ value: 'a', timestamp: 5 }]))
    assert.equal(answer.error, 'NONE')
    assert.equal(answer.logAppendTimeMs, fixture.environment.clock.wallMs())
  })

  it('names the records without a key in a compacted topic, from version 8 on', async () => {
    const compacted = await topic(fixture, 'compacted', { 'cleanup.policy': 'compact' })
    const records = sentBatch([{ key: 'a' }, 'no key', { key: 'b' }, 'none either'])
    for (const compression of ['none', 'lz4'] as const) {
      const sent =
        compression === 'none' ? records : sentBatch([{ key: 'a' }, 'no key', { key: 'b' }, 'none'], { compression })
      for (const version of versions) {
        const answer = await produceTo(fixture, compacted, sent, { version })
        assert.equal(answer.error, 'INVALID_RECORD')
        assert.deepEqual(
          answer.recordErrors.map(({ batchIndex }) => batchIndex),
          version >= 8 ? [1, 3] : [],
        )
        assert.equal(answer.errorMessage === null, version < 8)
      }
    }
  })

  it('names the records whose time is not within the bounds of the topic', async () => {
    const bounded = await topic(fixture, 'bounded', { 'message.timestamp.before.max.ms': String(hourMs) })
    const records = sentBatch([
      { value: 'in time' },
      { value: 'too old', timestamp: beginningMs - 2 * hourMs },
      { value: 'too new', timestamp: beginningMs + 2 * hourMs },
    ])
    const answer = await produceTo(fixture, bounded, records)
    assert.equal(answer.error, 'INVALID_TIMESTAMP')
    assert.deepEqual(
      answer.recordErrors.map(({ batchIndex }) => batchIndex),
      [1, 2],
    )
  })

  it('refuses a batch that is larger than a segment may be', async () => {
    const short = await topic(fixture, 'short', { 'segment.bytes': '1048576', 'max.message.bytes': '2097152' })
    const { error } = await produceTo(fixture, short, sentBatch(['x'.repeat(1_048_576)]))
    assert.equal(error, 'RECORD_LIST_TOO_LARGE')
  })

  it('checks the size again after it packed a batch as the topic wants it', async () => {
    const plain = await topic(fixture, 'plain', { 'compression.type': 'uncompressed', 'max.message.bytes': '1000' })
    const { error } = await produceTo(fixture, plain, sentBatch(['x'.repeat(2_000)], { compression: 'gzip' }))
    assert.equal(error, 'MESSAGE_TOO_LARGE')
  })

  it('does not write into the frame of a request that it refuses', async () => {
    const records = broken((batch) => setBaseOffset(batch, 0, 1))
    const before = crcAt(records, 0)
    await produceTo(fixture, orders, records)
    assert.equal(crcAt(records, 0), before)
  })
})

describe('Produce of an idempotent producer', () => {
  it('is refused with a gap in the sequence or an epoch of the past', async () => {
    await using fixture = await BrokerFixture.start()
    const orders = await topic(fixture, 'orders')
    const { producerId } = await fixture.call(InitProducerId, { transactionalId: null, transactionTimeoutMs: -1 })
    const send = async (baseSequence: number, producerEpoch = 0): Promise<string> =>
      (await produceTo(fixture, orders, idempotentBatch(['a'], { producerId, baseSequence, producerEpoch }))).error
    assert.equal(await send(0), 'NONE')
    assert.equal(await send(2), 'OUT_OF_ORDER_SEQUENCE_NUMBER')
    assert.equal(await send(1, 1), 'OUT_OF_ORDER_SEQUENCE_NUMBER')
    assert.equal(await send(0, 1), 'NONE')
    assert.equal(await send(1, 0), 'INVALID_PRODUCER_EPOCH')
  })

  it('goes on at 0 after the largest sequence', async () => {
    await using fixture = await BrokerFixture.start()
    const orders = await topic(fixture, 'orders')
    const send = (baseSequence: number): Promise<{ error: string }> =>
      produceTo(fixture, orders, idempotentBatch(['a'], { producerId: 4, baseSequence }))
    assert.equal((await send(0x7fff_ffff)).error, 'NONE')
    assert.equal((await send(0)).error, 'NONE')
  })

  it('is answered with the first offset where it repeats one of its last five batches, after any restart', async () => {
    const node = new SimulatedWorld({ seed: 1 }).node('node')
    const first = await BrokerFixture.start({ environment: node.environment })
    const orders = await topic(first, 'orders')
    const batches = [0, 1, 2, 3, 4, 5].map((baseSequence) => idempotentBatch(['a'], { producerId: 9, baseSequence }))
    for (const [offset, batch] of batches.entries()) {
      assert.equal((await produceTo(first, orders, batch)).baseOffset, offset)
    }
    await assertRepeats(first, orders)
    await first[Symbol.asyncDispose]()

    const second = await BrokerFixture.start({ environment: node.environment })
    await assertRepeats(second, orders)
    node.kill()

    await using third = await BrokerFixture.start({ environment: node.environment })
    await assertRepeats(third, orders)

    async function assertRepeats(fixture: BrokerFixture, to: SentTo): Promise<void> {
      for (const baseSequence of [1, 2, 3, 4, 5]) {
        const answer = await produceTo(fixture, to, idempotentBatch(['a'], { producerId: 9, baseSequence }))
        assert.deepEqual([answer.error, answer.baseOffset], ['NONE', baseSequence])
      }
      const forgotten = await produceTo(fixture, to, idempotentBatch(['a'], { producerId: 9, baseSequence: 0 }))
      assert.equal(forgotten.error, 'OUT_OF_ORDER_SEQUENCE_NUMBER')
      assert.equal((await fetchFrom(fixture, to)).values.length, 6)
    }
  })
})

function flipped(batch: Buffer, at: number): Buffer {
  const copy = Buffer.from(batch)
  copy[at] = (copy[at] ?? 0) ^ 1
  return copy
}

function shorter(batch: Buffer): Buffer {
  const copy = Buffer.from(batch)
  copy.writeInt32BE(40, 8)
  return copy
}

/** Three records in a batch that declares another number, offset range included. */
function declaring(count: number): Buffer {
  return broken((batch) => {
    batch.writeInt32BE(count, 57)
    batch.writeInt32BE(count - 1, 23)
  })
}
