import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { simulatedEnvironment } from '@gregor/testkit/simulation'
import { type ProducerOptions, type ProducerSettings, readProducerOptions } from './producer-options.ts'

function read(options: ProducerOptions): ProducerSettings {
  return readProducerOptions(options, { random: simulatedEnvironment(1).random })
}

describe('readProducerOptions', () => {
  it('has the defaults of Kafka 4.3', () => {
    const { partitioner, ...settings } = read({})
    assert.ok(partitioner.usesLoad)
    assert.deepEqual(settings, {
      acks: -1,
      isIdempotent: true,
      transactionalId: undefined,
      transactionTimeoutMs: 60_000,
      batchBytes: 16_384,
      lingerMs: 5,
      bufferBytes: 33_554_432,
      requestBytesMax: 1_048_576,
      compression: { type: 'none', level: undefined },
      inFlightMax: 5,
      retries: 2_147_483_647,
      deliveryTimeoutMs: 120_000,
      requestTimeoutMs: 30_000,
      blockMsMax: 60_000,
      topicIdleMsMax: 300_000,
      availabilityTimeoutMs: 0,
      backoff: { backoffMs: 100, backoffMaxMs: 1000 },
      onDeliveryFailure: undefined,
    })
  })

  it('takes Kafka’s names, and properties behind them', () => {
    const properties = new Map([
      ['linger.ms', '7'],
      ['acks', '1'],
      ['bootstrap.servers', 'somewhere:9092'],
    ])
    const settings = read({ 'linger.ms': 9, properties })
    assert.equal(settings.lingerMs, 9)
    assert.equal(settings.acks, 1)
    assert.equal(settings.isIdempotent, false)
  })

  it('gives each codec its own level', () => {
    assert.equal(read({ compressionType: 'gzip', compressionGzipLevel: 9 }).compression.level, 9)
    assert.equal(read({ compressionType: 'gzip' }).compression.level, undefined)
    assert.equal(read({ compressionType: 'zstd' }).compression.level, 3)
    assert.equal(read({ compressionType: 'snappy' }).compression.level, undefined)
  })

  it('is not idempotent where something that was said rules it out', () => {
    assert.equal(read({ acks: '0' }).isIdempotent, false)
    assert.equal(read({ retries: 0 }).isIdempotent, false)
    assert.equal(read({ maxInFlightRequestsPerConnection: 6 }).isIdempotent, false)
    assert.equal(read({ enableIdempotence: false }).isIdempotent, false)
  })

  it('waits for a delivery as long as linger and one request take at least, unless told so', () => {
    assert.equal(read({ requestTimeoutMs: 200_000 }).deliveryTimeoutMs, 200_005)
  })

  for (const [options, message] of [
    [{ lingerMS: 1 }, /there is no option lingerMS\. Did you mean lingerMs\?/],
    [{ enableIdempotence: true, acks: '1' }, /For an idempotent producer acks is 1; it must be all/],
    [{ transactionalId: 'x', retries: 0 }, /retries is 0/],
    [{ transactionalId: 'x', enableIdempotence: false }, /transactions need idempotence/],
    [{ enableIdempotence: true, maxInFlightRequestsPerConnection: 6 }, /it must be 5 at most/],
    [{ deliveryTimeoutMs: 1000 }, /must be at least linger\.ms \+ request\.timeout\.ms \(5 \+ 30000\)/],
    [{ partitionerClass: 'com.example.Mine' }, /It is one of built-in, round-robin, manual/],
    [{ transactionTwoPhaseCommitEnable: true }, /KIP-939/],
    [{ compressionGzipLevel: 10 }, /between 1 and 9/],
    [{ transactionalId: '' }, /transactional\.id/],
  ] as const) {
    it(`refuses ${JSON.stringify(options)}`, () => {
      assert.throws(() => read(options as ProducerOptions), { name: 'ConfigError', message })
    })
  }

  it('knows the Java name of a partitioner, and takes one of your own', () => {
    const named = read({ partitionerClass: 'org.apache.kafka.clients.producer.RoundRobinPartitioner' }).partitioner
    const topic = { name: 't', partitionCount: 3, availablePartitions: [0, 1, 2] }
    const record = { key: null, value: null }
    assert.notEqual(named.partition(topic, record), named.partition(topic, record))
    assert.equal(read({ partitioner: () => 2 }).partitioner.partition(topic, record), 2)
  })
})
